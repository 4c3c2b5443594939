"""What rings until somebody takes it: offered by apps, heard on every page of the console, and by telephone.

An app offers its alarms in `APP/console/alarms.py`, each a function from the time to what nobody has taken:

    @alarm("severe_complaints", permission="complaints.work")
    def severe_complaints(at: datetime) -> list[Alarm]: ...

Nothing is switched on and off: an alarm rings while its rows say so, and how loudly follows from its age. No job that
failed and no page that was closed can silence it. One that cannot be read rings as such.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

import structlog
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock, live, policy
from core.permissions import TABLE, may

if TYPE_CHECKING:
    from accounts.models import Account

log = structlog.get_logger()
Text = str | Promise
STEPS = 3
SHOWN = 8  # alarms that a page draws; of the others it says how many, and the first page has them all

LOUDER_AFTER = policy.declare(
    "core.alarm_louder_after",  # S3
    policy.Span(2, 600),
    10,
    name=pgettext_lazy("policy name", "Alarm of the console: louder"),
    about=_("An alarm that nobody takes rings louder after this time, and once more after twice this time."),
)


class Rank(IntEnum):
    """Which alarms stand before which, however old: anybody can send what comes from outside, as often as they like."""

    SOS = 0  # somebody on a trip calls for help
    # The police say that a life is in danger, or do not have a call for help, or somebody on a trip writes of danger: one
    # account, or phone, can send many of them.
    CALL = 1
    KNOWN = 2  # a trip, a case or a person of ours
    OUTSIDE = 3  # not known to be about anybody yet
    CROWD = 4  # the same, and one of many from the same sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something that a person has to take now.

    `key` names this one occurrence: what is new in the same case is another one. `within` is the time by which somebody
    must have it; after that, staff are rung by telephone. `owner` is who has the case already and has not looked at
    what is new: it rings for that person first, and from the next step on for everybody. `without` are those who cannot
    take it, because they had a part. `act` is an address that takes it by one request, where there is one, and `does`
    what its button says. `rank` says before which others it stands. The code of what is `unsaid` stands in no journal,
    timeline or list of messages: some who read those must not learn of it. What is `caseless` is the ground's own: its
    code names a door or a kind of alarm, however long, and there is no timeline in which it would be read.
    """

    key: str
    code: str
    what: Text
    link: Text
    since: datetime
    within: timedelta
    owner: str = ""
    without: frozenset[str] = frozenset()
    act: Text = ""
    does: Text = ""
    permission: str = ""
    rank: Rank = Rank.KNOWN
    unsaid: bool = False
    caseless: bool = False

    @property
    def words(self) -> str:
        """The sentence that `what` is registered by, which is no language's: a reader's language is chosen where it is read."""
        with translation.override(None):
            return str(self.what)

    def step(self, at: datetime) -> int:
        """0 while it is new, 1 once it should have been taken, 2 after twice that time."""
        louder = policy.span(LOUDER_AFTER)
        return min(STEPS - 1, max(0, (at - self.since) // louder))

    def can_be_taken_by(self, person: "Account") -> bool:
        """Whether it concerns this person at all."""
        return may(person, self.permission) and person.code not in self.without

    def rings_for(self, person: "Account", at: datetime) -> bool:
        """Whether this person's console rings."""
        first = not self.owner or self.owner == person.code or self.step(at) > 0
        return first and self.can_be_taken_by(person)


Query = Callable[[datetime], Iterable[Alarm]]
Sign = Callable[[], Sequence[object]]


@dataclass(slots=True)
class _Source:
    key: str
    permission: str
    query: Query
    sign: Sign | None = None
    failing_since: datetime | None = None


_sources: dict[str, _Source] = {}
_signs: dict[str, str] = {}  # as they were asked last


def alarm(key: str, *, permission: str, sign: Sign | None = None) -> Callable[[Query], Query]:
    """Function decorator: offer alarms to whoever has the permission. Raises `ValueError` for a key that is taken.

    `sign` is for what may ring by the hundred: values that are others whenever the alarms are, asked in less time than it
    takes to make these. Open consoles wait for the answer after each change.
    """

    def offer(query: Query) -> Query:
        if key in _sources:
            raise ValueError(f"two kinds of alarms are called {key}")
        if permission not in TABLE:
            raise ValueError(f"{key}: no permission {permission!r}")
        _sources[key] = _Source(key, permission, query, sign)
        return query

    return offer


@cache
def _discover() -> None:
    autodiscover_modules("console.alarms")


def sources() -> list[str]:
    """The keys of all kinds of alarms."""
    _discover()
    return sorted(_sources)


@policy.read_once()
def ringing(at: datetime) -> list[Alarm]:
    """All that rings, by rank, and in each the oldest first. What cannot be read is unknown, never quiet: it rings for whoever it concerns."""
    found = [each for key in sources() for each in _read(_sources[key], at)]
    return sorted(found, key=lambda each: (each.rank, each.since, each.key))


def ringing_for(person: "Account", at: datetime) -> list[Alarm]:
    """What rings on the console of somebody."""
    return [each for each in ringing(at) if each.rings_for(person, at)]


def _read(source: _Source, at: datetime) -> list[Alarm]:
    try:
        found = [
            each if each.permission else replace(each, permission=source.permission)
            for each in source.query(at)
        ]
    except Exception as why:  # an app's question may raise anything
        log.error("alarms.unreadable", alarms=source.key, error=type(why).__name__, exc_info=why)
        source.failing_since = source.failing_since or at
        return [
            Alarm(
                key=f"unreadable:{source.key}",
                code=source.key,
                what=_("Alarms that cannot be read"),
                link=reverse("admin:index"),
                since=source.failing_since,
                within=policy.span(LOUDER_AFTER),
                permission=source.permission,
                rank=Rank.CALL,
                caseless=True,
            )
        ]
    source.failing_since = None
    return found


def _sign(source: _Source, at: datetime) -> str:
    """What is another one for every other set of alarms of a kind."""
    if source.sign is not None:
        try:
            return repr(source.sign())
        except Exception as why:  # as of the alarms themselves, which say that they cannot be read
            log.error("alarms.unreadable", alarms=source.key, error=type(why).__name__, exc_info=why)
            return "unreadable"
    return "|".join(f"{each.rank}:{each.key}" for each in _read(source, at))


@live.mark("alarms")
@policy.read_once()
def what_rings() -> int:
    """Open consoles fetch what rings when this number changes: it is another one for every other set of alarms."""
    at = clock.now()
    for key in sources():
        source = _sources[key]
        app = source.query.__module__.partition(".")[0]
        if key not in _signs or live.may_have_changed(app):
            _signs[key] = _sign(source, at)
    return zlib.crc32("||".join(_signs[key] for key in sources()).encode())
