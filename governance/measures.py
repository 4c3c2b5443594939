"""What was promised, claimed, learned or is asked by law, and the live check of each (G1).

`measures.json` holds the texts. A check is a function registered for a measure's id: it runs against the system and its
data and says kept, not kept, part done or that there is no evidence, with the facts it saw. Beside each stands its
*breaker*: it makes a marked violation that only this transaction sees, and the check has to turn red by it. A measure
without a check is red and says what is missing; a check without a breaker stops the start.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from core import clock, policy
from governance import evidence, shadow
from governance.promised import less_than_promised
from governance.states import Breaker, Status

log = structlog.get_logger()
DATE = re.compile(r"\d{4}-\d\d-\d\d")
ID = re.compile(r"[A-Z]\d{1,3}[a-z]?\+?")  # as it stands in addresses
REQUIREMENT = re.compile(r"[DRSCPAG]\d{1,2}[a-z]?\+?")
CHINESE = re.compile("[\u4e00-\u9fff]")
LONGEST = 4.0  # seconds that one check may take; one that needs more is red
WORDS = {
    "platform": _("the whole platform"),
    "hitch": _("hitch"),
    "express": _("express"),
    "premier": _("premier"),
    "luxury": _("luxury"),
    "relaunch": _("before a relaunch"),
    "open": _("no date"),
}
KINDS = {
    "promise": pgettext_lazy("measure", "promise"),
    "claim": pgettext_lazy("measure", "claim"),
    "question": pgettext_lazy("measure", "question to the public"),
    "lesson": pgettext_lazy("measure", "lesson"),
    "law": pgettext_lazy("measure", "law"),
    "rule": pgettext_lazy("measure", "rule of our own"),
}
# Whose office answers for it: names of offices, never of people.
OWNERS: dict[str, str | Promise] = {
    "hitch": _("head of hitch"),
    "rides": _("head of ride operations"),
    "safety": _("head of safety"),
    "drivers": _("head of driver vetting"),
    "care": _("head of customer care"),
    "police": _("head of police liaison"),
    "privacy": _("data protection officer"),
    "company": _("chief executive"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the board. `saves_lives`: it may never be waived at the gate of a relaunch."""

    id: str
    kind: str
    scope: str
    date: str
    due: str
    requirements: tuple[str, ...]
    zh: str
    en: str
    owner: str
    saves_lives: bool
    source_zh: str = ""
    source_en: str = ""

    @property
    def slug(self) -> str:
        """As it stands in addresses."""
        return self.id.lower().replace("+", "-plus")

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.zh if (get_language() or "").startswith("zh") else self.en

    @property
    def scope_label(self) -> str:
        return ", ".join(str(WORDS.get(word, word)) for word in self.scope.split(", "))

    @property
    def due_label(self) -> str:
        """A date, or what it waits for."""
        return str(WORDS.get(self.due, self.due))

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def owner_label(self) -> str:
        """The office that answers for it."""
        return str(OWNERS[self.owner])

    @property
    def source(self) -> str:
        """Where it was said first, in the reader's language; empty where the date says it all."""
        return self.source_zh if (get_language() or "").startswith("zh") else self.source_en


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, as facts (`governance.evidence`). `share` is done, from 0 to 1, where that means something."""

    status: Status
    facts: tuple[evidence.Facts, ...]
    share: float | None = None

    @property
    def evidence(self) -> str:
        """In the reader's language, with codes: for staff."""
        return evidence.told(self.facts)

    @property
    def public(self) -> str:
        """In the reader's language, with numbers in place of codes: for everybody."""
        return evidence.told([evidence.unnamed(each) for each in self.facts])


@dataclass(frozen=True, slots=True)
class Checked:
    """A measure with what its check found, and when. `broken` says that the check itself failed, or took too long."""

    measure: Measure
    found: Found
    checked_at: datetime
    broken: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of breaking a promise on purpose; `found` is what the check said of it, None where it was not asked.
    `seen` are the faults by which it noticed."""

    measure: Measure
    came: Breaker
    why: str = ""
    found: Found | None = None
    seen: tuple[evidence.Facts, ...] = ()


Check = Callable[[datetime], Found]
Break = Callable[["shadow.World"], Any]


@dataclass(frozen=True, slots=True)
class Breach:
    """One way to break a promise, and the faults of which its check has to name one: red for another reason proves nothing."""

    run: Break
    faults: frozenset[str]


_checks: dict[str, Check] = {}
_breakers: dict[str, list[Breach]] = {}

NO_CHECK = evidence.fault(
    "no_check", noop("Not built yet: %(requirements)s. There is no live check that could show it")
)
NOT_CHECKED = evidence.line("not_checked", noop("It could not be checked: %(why)s. The log says where."))
TOO_LONG = evidence.line(
    "too_long", noop("The check took longer than %(seconds)s s and was stopped: nobody knows.")
)


def live_check(measure_id: str) -> Callable[[Check], Check]:
    """Register the live check of a measure. Raises `ValueError` for no measure of ours, and for a second check of one."""
    if measure_id in _checks or measure_id not in {row.id for row in measures()}:
        why = (
            "has a live check already"
            if measure_id in _checks
            else "is no measure of governance/measures.json"
        )
        raise ValueError(f"{measure_id} {why}")

    def register(check: Check) -> Check:
        _checks[measure_id] = check
        return check

    return register


def breaks(measure_id: str, *faults: evidence.Sentence) -> Callable[[Break], Break]:
    """Register a way in which a measure is broken on purpose, and the faults by which its check may notice it; a measure
    may have several. Raises `ValueError` for a measure without a check, and for a way without a fault."""
    if measure_id not in _checks:
        raise ValueError(f"{measure_id} has no live check above its breaker")
    if not faults:
        raise ValueError(f"{measure_id}: no fault is named by which its check would notice the breaker")

    def register(run: Break) -> Break:
        _breakers.setdefault(measure_id, []).append(Breach(run, frozenset(each.rule for each in faults)))
        return run

    return register


def refuse_untried() -> None:
    """Raises `ValueError` where a check has no breaker: nobody could say that it ever turns red."""
    if untried := sorted(_checks.keys() - _breakers.keys()):
        raise ValueError(f"checks without a breaker: {', '.join(untried)}")


@lru_cache(maxsize=1)
def measures() -> tuple[Measure, ...]:
    """All measures, in the order of the file. Raises `ValueError`, which names the row, for one that is not whole."""
    return read_measures(json.loads((Path(__file__).parent / "measures.json").read_text())["measures"])


def read_measures(found: Sequence[Mapping[str, Any]]) -> tuple[Measure, ...]:
    """These rows as measures. Raises `ValueError`, which says what is wrong with which, for one that is not whole."""
    rows: dict[str, Measure] = {}
    for row in found:
        name = str(row.get("id", "a measure without id"))
        if wrong := _wrong_names(row) or _wrong_words(row) or (["a second one"] if name in rows else []):
            raise ValueError(f"governance/measures.json, {name}: {', '.join(wrong)}")
        rows[name] = Measure(**{**row, "requirements": tuple(row["requirements"])})
    return tuple(rows.values())


def _wrong_names(row: Mapping[str, Any]) -> list[str]:
    known = {each.name: each.default is MISSING for each in fields(Measure)}
    lacks = [f"lacks {name}" for name, needed in known.items() if needed and name not in row]
    return lacks + [f"no such field: {name}" for name in row if name not in known]


def _wrong_words(row: Mapping[str, Any]) -> list[str]:
    """What a reader would be told wrongly or not at all, and what the gate would never ask."""
    told = {
        "id": [] if ID.fullmatch(row["id"]) else [row["id"]],
        "kind": {row["kind"]} - KINDS.keys(),
        "owner": {row["owner"]} - OWNERS.keys(),
        "scope": {*row["scope"].split(", ")} - WORDS.keys(),
        "date": [] if _is_date(row["date"]) else [row["date"]],
        "due": [] if row["due"] in WORDS or _is_date(row["due"]) else [row["due"]],
        # The first one says to which branch of the tree it belongs.
        "requirements": [each for each in row["requirements"] or [""] if not REQUIREMENT.fullmatch(each)],
        "zh": [] if CHINESE.search(row["zh"]) else [row["zh"]],
        "en": [row["en"]] if not row["en"].strip() or CHINESE.search(row["en"]) else [],
        "saves_lives": [] if isinstance(row["saves_lives"], bool) else [row["saves_lives"]],
    }
    wrong = [f"{name} '{each}'" for name, words in told.items() for each in sorted(words)]
    if bool(row.get("source_zh")) != bool(row.get("source_en")):
        wrong.append("a source in one language only")
    return wrong


def _is_date(word: str) -> bool:
    """`2018-09-10`: they are compared as text."""
    try:
        return bool(DATE.fullmatch(word)) and bool(date.fromisoformat(word))
    except ValueError:
        return False


def measure_of(measure_id: str) -> Measure | None:
    """The measure of this id."""
    return next((row for row in measures() if row.id == measure_id), None)


@policy.read_once()
def check_measure(measure: Measure) -> Checked:
    """Run one check now, in a part of its own of the transaction: what it spoils there is undone, and stops only itself.

    A check that breaks, or takes longer than `LONGEST`, is a promise that could not be checked: never green.
    """
    at, begun = clock.now(), time.monotonic()
    check = _checks.get(measure.id)
    if check is None:
        missing = NO_CHECK(requirements=", ".join(measure.requirements))
        return Checked(measure, Found(Status.FAIL, (missing,)), at)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (usual,) = cursor.fetchone()
            _limit(cursor, str(int(LONGEST * 1000)))
            found = _by_its_rules(measure, check(at))
            _limit(cursor, usual)
    except OperationalError as why:
        if getattr(why.__cause__, "sqlstate", "") != "57014":  # query_canceled
            raise
        log.warning("governance.check_took_too_long", measure=measure.id, seconds=LONGEST)
        late = Found(Status.FAIL, (TOO_LONG(seconds=LONGEST),))
        return Checked(measure, late, at, broken=True, seconds=time.monotonic() - begun)
    except Exception as why:  # whatever broke, the promise is not shown to hold
        log.exception("governance.check_broke", measure=measure.id)
        said = Found(Status.FAIL, (NOT_CHECKED(why=type(why).__name__),))
        return Checked(measure, said, at, broken=True, seconds=time.monotonic() - begun)
    return Checked(measure, found, at, seconds=time.monotonic() - begun)


def _by_its_rules(measure: Measure, found: Found) -> Found:
    """What a check found, red where a rule that the measure rests on says less than was promised: by such a rule whatever
    happened is in time."""
    less = less_than_promised(measure.id)
    return Found(Status.FAIL, (*less, *found.facts), found.share) if less else found


def _limit(cursor: Any, milliseconds: str) -> None:
    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])


def has_check(measure_id: str) -> bool:
    return measure_id in _checks


def break_measure(measure: Measure) -> Tried:
    """Break a promise in a world of shadows that is gone afterwards, and see whether its check turns red.

    The shadows are tables of this transaction alone that stand before the real ones (`governance.shadow`): no row of the
    platform is touched, nobody else waits, and nothing is left. A measure without a check is red anyway. Of several ways
    to break it each has to be noticed, by a fault that it names.
    """
    tried = Tried(measure, Breaker.FAILED, "no breaker")
    seen: tuple[evidence.Facts, ...] = ()
    for breach in _breakers.get(measure.id, []):
        tried = _break(measure, breach)
        if tried.came != Breaker.TURNED:
            return tried
        seen += tried.seen
    return replace(tried, seen=seen)


def _break(measure: Measure, breach: Breach) -> Tried:
    try:
        with shadow.world(clock.now()) as world:
            breach.run(world)
            checked = check_measure(measure)
    except Exception as why:  # a breaker that does not work proves nothing
        log.exception("governance.breaker_broke", measure=measure.id)
        return Tried(measure, Breaker.FAILED, type(why).__name__)
    if checked.broken:
        return Tried(measure, Breaker.FAILED, "the check broke", checked.found)
    if checked.found.status != Status.FAIL:
        return Tried(measure, Breaker.STAYED, "", checked.found)
    seen = tuple(each for each in checked.found.facts if each.get("rule") in breach.faults)
    if not seen:
        return Tried(measure, Breaker.STAYED, "red for another reason", checked.found)
    return Tried(measure, Breaker.TURNED, "", checked.found, seen)
