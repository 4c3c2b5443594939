"""What happened, in one list that every app writes and one page shows.

An app registers its kinds as a `TextChoices` whose labels are sentences, with `%(name)s` for the facts of a line.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, TypeVar

from django.db import models
from django.db.models import Count, Min, Q, Window
from django.db.models.fields.json import KT
from django.db.models.functions import RowNumber
from django.utils.functional import Promise

from core import clock, danger, formats, inserts, live
from core.actors import Actor, NoPerson
from core.models import TimelineEntry
from core.reads import Read
from core.transactions import joins_transaction

K = TypeVar("K", bound=type[models.TextChoices])
_sentences: dict[str, str | Promise] = {}
_apps: dict[str, str] = {}
_vocabulary: dict[str, dict[str, str | Promise]] = {}
# A fact is named after its unit, or after what it is; each is written in the reader's form of that.
_formats: dict[str, Callable[[Any], str]] = {
    "fen": formats.money,
    "metres": formats.distance,
    "seconds": formats.span,
    "sent_at": partial(formats.moment, form="second"),
    "origin": formats.place,
    "destination": formats.place,
    "agency": formats.place,
}
_vocabulary["role"] = dict(zip(NoPerson.values, NoPerson.labels, strict=True))
# Kinds that come again and again of one alarm: pages show the newest of each alarm, and how many there were.
_folded: set[str] = set()
# What stands for a fact that lines of an earlier release do not have.
_lacking: dict[str, str | Promise] = {}
# Kinds whose words staff wrote of themselves. All other words are read for danger, also those of kinds to come.
_by_staff: set[str] = set()


def kinds(choices: K) -> K:
    """Class decorator: make the members known as kinds of lines. Raises `ValueError` for a kind that is known already."""
    for member in choices:
        if member.value in _sentences:
            raise ValueError(f"two kinds of lines are called {member.value}")
        _sentences[member.value] = member.label
        _apps[member.value] = choices.__module__.partition(".")[0]
    return choices


def app_of(kind: str) -> str:
    """The app that declared this kind of line; empty for one that none has."""
    return _apps.get(kind, "")


def vocabulary(**choices: type[models.TextChoices]) -> None:
    """Say which facts hold a value of which choices, so that a line is told in the reader's words, not the writer's.

    Several may share the name of a fact. Raises `ValueError` where they call one value by two words.
    """
    for name, members in choices.items():
        known = _vocabulary.setdefault(name, {})
        for value, label in zip(members.values, members.labels, strict=True):
            if known.setdefault(value, label) != label:
                raise ValueError(f"the fact {name} has two words for {value}")


def forms(**functions: Callable[[Any], str]) -> None:
    """Say how facts are written that are neither words of a vocabulary nor a plain number or code.

    Raises `ValueError` for a fact that is written in a way already.
    """
    if again := sorted(_formats.keys() & functions.keys()):
        raise ValueError(f"{', '.join(again)} is written in a way already")
    _formats.update(functions)


def lacking(**words: str | Promise) -> None:
    """Say what stands for a fact in lines of an earlier release, which do not have it. Raises `ValueError` for a second word."""
    if again := sorted(_lacking.keys() & words.keys()):
        raise ValueError(f"{', '.join(again)} has a word already")
    _lacking.update(words)


def folds(*kinds: str) -> None:
    """Say which kinds are folded on pages, one line for each value of the fact `alarm`."""
    _folded.update(str(kind) for kind in kinds)


def by_staff(*kinds: str) -> None:
    """Say of which kinds the words are staff's own: notes, reasons, answers. They are not read for danger."""
    _by_staff.update(str(kind) for kind in kinds)


@joins_transaction
def add(
    kind: str,
    actor: Actor,
    *,
    trip: str = "",
    incident: str = "",
    case: str = "",
    person: str = "",
    at: datetime | None = None,
    position: tuple[float, float] | None = None,
    words: str = "",
    **facts: Any,
) -> None:
    """Write one line. `at` is when it happened, if not now; `position` is (latitude, longitude) in WGS-84.

    Words of people are read for danger here, whichever page they came by; the line keeps what was found.
    """
    if kind not in _sentences:
        raise KeyError(kind)
    now = clock.now()
    if words and kind not in _by_staff:
        facts |= danger.read(words).facts()
    line = TimelineEntry(
        at=at or now,
        recorded_at=now,
        kind=kind,
        trip=trip,
        incident=incident,
        case=case,
        person=person,
        actor=actor.code,
        role=actor.role,
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
        facts=facts,
        words=words,
    )
    live.wrote(kind)
    inserts.keep(line)


@joins_transaction
def add_each(kind: str, actor: Actor, facts: Mapping[str, Mapping[str, Any]]) -> None:
    """One line of a kind for each trip, by its code, written together."""
    if kind not in _sentences:
        raise KeyError(kind)
    now = clock.now()
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            at=now, recorded_at=now, kind=kind, trip=trip, actor=actor.code, role=actor.role, facts=dict(each)
        )
        for trip, each in facts.items()
    )


def of(*, trip: str = "", incident: str = "", case: str = "", last: int = 0) -> list[TimelineEntry]:
    """All lines of a trip, an incident and a case, oldest first; the `last` so many of them where that is given."""
    wanted = {"trip": trip, "incident": incident, "case": case}
    known = {name: code for name, code in wanted.items() if code}
    if not known:
        return []
    found = _lines(tuple(known), last).all(*known.values())
    return found[::-1] if last else found


@dataclass(frozen=True, slots=True)
class Folded:
    """What a page shows as one line: the newest of `times` that say the same, the first of them at `since`."""

    line: TimelineEntry
    times: int
    since: datetime


def on_page(*, trip: str = "", incident: str = "", case: str = "", last: int = 0) -> list[Folded]:
    """As `of`, newest first. Lines of one alarm are one, and take no room from the `last` so many others."""
    wanted = {"trip": trip, "incident": incident, "case": case}
    known = {name: code for name, code in wanted.items() if code}
    if not known:
        return []
    found = [Folded(each, 1, each.at) for each in _others(tuple(known), last).all(*known.values())]
    found += [Folded(each, each.times, each.since) for each in _newest(known)]
    return sorted(found, key=lambda each: (each.line.at, each.line.pk), reverse=True)


def _newest(known: Mapping[str, str]) -> Iterable[Any]:
    """Of each alarm the newest line, with how many there are and when the first was."""
    of_one: dict[str, Any] = {"partition_by": ["kind", "incident", "case", KT("facts__alarm")]}
    rows = TimelineEntry.objects.filter(Q(*known.items(), _connector=Q.OR), kind__in=sorted(_folded))
    return rows.annotate(
        times=Window(Count("pk"), **of_one),
        since=Window(Min("at"), **of_one),
        place=Window(RowNumber(), order_by=["-at", "-pk"], **of_one),
    ).filter(place=1)


@cache
def _others(wanted: tuple[str, ...], last: int) -> Read[TimelineEntry]:
    """Lines of any of what is `wanted` that are not folded, newest first; the `last` so many where that is given."""

    def rows(*codes: str) -> models.QuerySet[TimelineEntry]:
        found = TimelineEntry.objects.filter(Q(*zip(wanted, codes, strict=True), _connector=Q.OR))
        found = found.exclude(kind__in=sorted(_folded)).order_by("-at", "-pk")
        return found[:last] if last else found

    return Read(rows, *[str] * len(wanted))


@cache
def _lines(wanted: tuple[str, ...], last: int) -> Read[TimelineEntry]:
    """Lines of any of what is `wanted`, oldest first; the `last` so many, newest first, where that is given."""

    def rows(*codes: str) -> models.QuerySet[TimelineEntry]:
        found = TimelineEntry.objects.filter(Q(*zip(wanted, codes, strict=True), _connector=Q.OR))
        return found.order_by("-at", "-pk")[:last] if last else found.order_by("at", "pk")

    return Read(rows, *[str] * len(wanted))


def sentence(entry: TimelineEntry) -> str:
    """The line in the reader's language."""
    text = str(_sentences.get(entry.kind, entry.kind))
    facts = {name: str(word) for name, word in _lacking.items()}
    facts |= {name: _told(name, value) for name, value in entry.facts.items()}
    try:
        return text % facts
    except (KeyError, ValueError):
        return text


def word(name: str, value: str) -> str:
    """A value of a vocabulary in the reader's language; what is in none stays as it is."""
    return str(_vocabulary.get(name, {}).get(value, value))


def _told(name: str, value: Any) -> str:
    """A fact in the reader's words; `?` for what nobody knew."""
    if value is None:
        return "?"
    if isinstance(value, str) and value in _vocabulary.get(name, {}):
        return word(name, value)
    try:
        return _formats.get(name, str)(value)
    except (TypeError, ValueError):  # a line of the past with a fact of another shape is still read
        return str(value)
