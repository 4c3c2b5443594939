"""Versions of policies: which one holds, how a new one comes, and what in the stored ones cannot be read."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import structlog
from django.db import DatabaseError, connection
from django.db.models import Case, Max, Q, QuerySet, When
from django.db.models.query import RawQuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, retry
from core.actors import Actor
from core.errors import DomainError, InvalidInput
from core.models import FailedWork, PolicyVersion
from core.policy.declared import InForce, Policy, SpanPolicy, of_key
from core.policy.kinds import Fault
from core.policy.safety import require_as_safe, require_safer
from core.policy.units import SPANS
from core.reads import Read
from core.rehearsal import Statement, rehearse
from core.transactions import around, joins_transaction

VERSION = four_eyes.declare(
    "core.policy",
    _("A new version of a rule"),
    table="core.PolicyVersion",
    first="proposed_by",
    second="approved_by",
    law="policy_version_takes_two_people",
)

T = TypeVar("T")
log = structlog.get_logger()
MOST_SAID = 1_000  # faulty versions that a process has logged; a line for each read would bury the log


class PolicyValueRefused(DomainError):
    """A value that its policy's type or bounds do not allow. `fault` is the first thing wrong with it."""

    code, status, sentence = "policy_value_refused", 400, _("“%(name)s” cannot be set to this. %(fault)s")

    def __init__(self, policy: Policy[Any], faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("value", name=policy.name, fault=faults[0])


class PolicyMomentTaken(DomainError):
    code, status, sentence = (
        "policy_moment_taken",
        409,
        _("From this moment on another version of this rule holds already: which of the two is meant?"),
    )


class NothingUrgent(DomainError):
    code, status, sentence = "policy_not_urgent", 409, _("This urgent version does not hold any more.")


class BackdatedPolicy(DomainError):
    code: ClassVar[str] = "policy_backdated"
    status: ClassVar[int] = 400
    sentence: ClassVar[str | Promise] = _(
        "A rule holds from now on or from a later time. What was decided before is not judged by it."
    )


@dataclass(slots=True)
class _Once:
    """What one block has read, newest first: of each policy the version that holds and those that will, once it has
    asked for the first time; and all versions of a policy of which it has asked about a time before.

    `now` is what was made of those that held when it first asked for them.

    `written` once it has adopted one: its transaction may still be rolled back, so from then on each read asks.
    """

    live: dict[str, list[PolicyVersion]] | None = None
    history: dict[str, list[PolicyVersion]] = field(default_factory=dict)
    now: dict[str, InForce[Any]] = field(default_factory=dict)
    written: bool = False

    def find(self, key: str, at: datetime) -> PolicyVersion | None:
        if self.live is None:
            read: dict[str, list[PolicyVersion]] = {}
            for each in _live():
                read.setdefault(each.key, []).append(each)
            self.live = (
                read  # not before all are read: a reading that failed is tried again, and is no empty table
            )
        known = self.live.get(key, [])
        row: PolicyVersion | None = _first(known, at)
        if (
            row is None and known
        ):  # all that ever lapsed are among those known: what lapsed holds wherever it is found
            if key not in self.history:
                self.history[key] = list(_newest_first().filter(key=key))
            row = _first(self.history[key], at)
        return row


_read: ContextVar[_Once | None] = ContextVar("policies_read", default=None)
_said: set[tuple[str, int]] = set()


# An urgent version stands above the others until it lapses or is ended, whatever begins meanwhile.
_LASTS = Q(lapses_at=None)


def _newest_first() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.order_by(Case(When(_LASTS, then=1), default=0), "-effective_from", "-number")


_AT = Read(
    lambda key, begun, ended, lapsed: _newest_first().filter(
        _LASTS | Q(ended_at__gt=ended) | Q(ended_at=None, lapses_at__gt=lapsed),
        key=key,
        effective_from__lte=begun,
    )[:1],
    str,
    datetime,
    datetime,
    datetime,
)
_TABLE = PolicyVersion._meta.db_table
# As it stands, because whatever is done begins with it: to make it anew took longer than to answer it.
_LIVE = f"""
SELECT * FROM {_TABLE} WHERE effective_from > %s OR lapses_at IS NOT NULL OR id IN (
    SELECT DISTINCT ON (key) id FROM {_TABLE} WHERE effective_from <= %s AND lapses_at IS NULL
    ORDER BY key, effective_from DESC, number DESC
) ORDER BY (lapses_at IS NULL), effective_from DESC, number DESC
"""  # noqa: S608 - a table of ours


@rehearse
def _live_now() -> Statement:
    return _LIVE, [clock.now()] * 2


def _live() -> "RawQuerySet[PolicyVersion]":
    """Of each policy the version that holds now, those that will, and all urgent ones, which are few: what was before
    may be many and is seldom asked for."""
    now = clock.now()
    return PolicyVersion.objects.raw(_LIVE, [now, now])


def _first(rows: list[PolicyVersion], at: datetime) -> PolicyVersion | None:
    return next((row for row in rows if row.effective_from <= at and not _is_over(row, at)), None)


def _is_over(row: PolicyVersion, at: datetime) -> bool:
    ends = row.ended_at or row.lapses_at
    return ends is not None and ends <= at


@contextmanager
def read_once(*, offline: bool = False) -> Iterator[None]:
    """Read the versions once for what runs inside, when it first asks: a list of a hundred rows asks for its limits
    once, not for each. A version that is adopted inside is seen inside; a block in a block shares what was read.

    `offline` is for commands that also run where there is no database: the declared values hold then.
    """
    if _read.get() is not None:
        yield
        return
    once = _Once()
    if offline:
        try:
            once.find("", clock.now())
        except DatabaseError:
            once.live = {}
    token = _read.set(once)
    try:
        yield
    finally:
        _read.reset(token)


around(read_once)  # a transaction goes by the same versions from its first to its last step


def _row(key: str, at: datetime) -> PolicyVersion | None:
    once = _read.get()
    if once is None or once.written:
        return _AT.first(key, at, at, at)
    return once.find(key, at)


def in_force(policy: Policy[T], *, at: datetime | None = None) -> InForce[T]:
    """The version that holds at a time, now by default.

    Never raises for what is stored: where a version lacks a key, or a part of it cannot be read or lies outside of its
    bounds, the declared part holds, and staff are told (`examine`).
    """
    once = _read.get()
    if at is not None or once is None or once.written:
        return _in_force(policy, at or clock.now())
    if policy.key not in once.now:
        once.now[policy.key] = _in_force(policy, clock.now())
    return once.now[policy.key]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy stands: the version that holds (None: the original one), and those that will, the next one first."""

    row: PolicyVersion | None
    coming: list[PolicyVersion]


def standing() -> Callable[[Policy[Any]], Standing]:
    """How each policy stands now; the versions are those that the block around has read, where there is one."""
    at, once = clock.now(), _read.get()
    if once is None or once.written:
        once = _Once()
    once.find("", at)
    known = once.live or {}

    def of(policy: Policy[Any]) -> Standing:
        rows = known.get(policy.key, [])
        coming = sorted(
            (row for row in rows if row.effective_from > at), key=lambda row: (row.effective_from, row.number)
        )
        return Standing(_first(rows, at), coming)

    return of


def history(policy: Policy[Any]) -> list[PolicyVersion]:
    """All versions of a policy, the newest first."""
    return list(PolicyVersion.objects.filter(key=policy.key).order_by("-number"))


def _in_force(policy: Policy[T], at: datetime) -> InForce[T]:
    return _made(policy, _row(policy.key, at))


def _made(policy: Policy[T], row: PolicyVersion | None) -> InForce[T]:
    if row is None:
        return InForce(policy.default, f"{policy.key} v0")
    found, faults = policy.read(row.value)
    _tell(row, faults)
    return InForce(found, f"{policy.key} v{row.number}")


def lasting(policy: Policy[T], *, at: datetime | None = None) -> InForce[T]:
    """The version that would hold at a time, now by default, were there no urgent ones. Asks the database each time."""
    rows = PolicyVersion.objects.filter(_LASTS, key=policy.key, effective_from__lte=at or clock.now())
    return _made(policy, rows.order_by("-effective_from", "-number").first())


def agreed(policy: Policy[Any], at: datetime) -> PolicyVersion | None:
    """The version of two people that holds at a time, beneath what one alone made stricter. Asks the database each time."""
    return _first(list(_newest_first().filter(key=policy.key).exclude(approved_by="")), at)


def _lasting_within(policy: Policy[T], since: datetime, until: datetime) -> Iterator[T]:
    """What would hold at some time of a period, were there no urgent versions."""
    yield lasting(policy, at=since).value
    coming = PolicyVersion.objects.filter(
        _LASTS, key=policy.key, effective_from__gt=since, effective_from__lte=until
    )
    for row in coming:
        yield _made(policy, row).value


def value(policy: Policy[T], *, at: datetime | None = None) -> T:
    """The value that holds at a time, now by default."""
    return in_force(policy, at=at).value


def span(policy: SpanPolicy, *, at: datetime | None = None) -> timedelta:
    """The length of time that holds at a time, now by default, whatever unit it is declared in."""
    return value(policy, at=at) * SPANS[policy.kind.unit]  # type: ignore[attr-defined]  # a `Span`, see `declare`


def _serious(faults: list[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.serious]


def _tell(row: PolicyVersion, faults: list[Fault]) -> None:
    """Into the log, once a process: who asks for a limit may be answering an SOS, and writes nothing for this."""
    if faults and (row.key, row.number) not in _said and len(_said) < MOST_SAID and _serious(faults):
        _said.add((row.key, row.number))
        places = [f"{fault.where} {fault.code}".strip() for fault in _serious(faults)]
        log.error("policy.unreadable", key=row.key, number=row.number, faults=places)


@joins_transaction
def adopt(
    policy: Policy[T],
    value: T | Any,
    *,
    proposed_by: Actor,
    approved_by: Actor,
    reason: str,
    effective_from: datetime | None = None,
    lapses_at: datetime | None = None,
) -> PolicyVersion:
    """Write the next version of a policy, to hold from a time on, now by default. With `adopt_alone`, the only writer of
    versions.

    `value` is of the policy's type or the same in JSON, whole: what it lacks is not guessed. With `lapses_at`, at most a
    day later, it stands above the others until then. Raises `PolicyValueRefused`, `SecondPersonNeeded` where one person
    proposes and approves, `BackdatedPolicy`, `PolicyMomentTaken` where another version begins at the very moment that
    is given, `InvalidInput` without a reason.
    """
    four_eyes.another(approved_by.code, proposed_by.code)
    at = clock.now()
    return _write(policy, value, proposed_by, approved_by, reason, effective_from, lapses_at, at=at)


@joins_transaction
def adopt_alone(
    policy: Policy[T], value: T | Any, *, by: Actor, reason: str, lasts: timedelta
) -> PolicyVersion:
    """One person's version, from now on for so long, a day at most: it has to be safer than what holds (`policy.safer`).

    It stands above whatever begins in its hours, so it protects at least as well as each of those too, and as what
    comes back when an urgent version of two people lapses in them. Raises `NotSafer`, and what `adopt` raises.
    """
    raw = _plain(policy, value)
    found, faults = policy.read(raw)
    if faults:
        raise PolicyValueRefused(policy, faults)
    at = clock.now()
    with read_anew():
        require_safer(policy, in_force(policy, at=at).value, found)
        for held in _lasting_within(policy, at, at + lasts):
            require_as_safe(policy, held, found)
    return _write(policy, raw, by, None, reason, None, at + lasts, at=at)


def _write(
    policy: Policy[Any],
    value: Any,
    proposed_by: Actor,
    approved_by: Actor | None,
    reason: str,
    effective_from: datetime | None,
    lapses_at: datetime | None,
    *,
    at: datetime,
) -> PolicyVersion:
    """`at` is the one moment by which all of it is decided: a clock that is asked again has gone on."""
    since = effective_from or at
    if not reason.strip():
        raise InvalidInput("reason")
    if since < at:
        raise BackdatedPolicy("effective_from")
    raw = _plain(policy, value)
    _found, faults = policy.read(raw)
    if faults:
        raise PolicyValueRefused(policy, faults)
    with (
        connection.cursor() as cursor
    ):  # one writer of a policy at a time: the numbers of its versions have no gap
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"policy:{policy.key}"])
    if effective_from is not None and lapses_at is None and planned(policy, effective_from):
        raise PolicyMomentTaken("effective_from")
    last = PolicyVersion.objects.filter(key=policy.key).aggregate(last=Max("number"))["last"] or 0
    row = PolicyVersion.objects.create(
        key=policy.key,
        number=last + 1,
        value=raw,
        effective_from=since,
        proposed_by=proposed_by.code,
        approved_by=approved_by.code if approved_by else "",
        reason=reason.strip(),
        lapses_at=lapses_at,
    )
    audit.record(
        approved_by or proposed_by,
        "core.policy_adopted" if approved_by else "core.policy_adopted_alone",
        f"{policy.key} v{row.number}",
        reason=row.reason,
        proposed_by=proposed_by.code,
        effective_from=since.isoformat(),
        value=raw,
        lapses_at=lapses_at.isoformat() if lapses_at else "",
    )
    _written()
    return row


def planned(policy: Policy[Any], at: datetime) -> bool:
    """Whether a version of a policy that stays begins at this very moment."""
    return PolicyVersion.objects.filter(key=policy.key, effective_from=at, lapses_at=None).exists()


@joins_transaction
def end(policy: Policy[Any], number: int, *, by: Actor, reason: str = "") -> None:
    """End an urgent version before it lapses: what held before it holds again. Raises `NothingUrgent`."""
    at = clock.now()
    row = PolicyVersion.objects.filter(key=policy.key, number=number, lapses_at__gt=at, ended_at=None)
    if not row.update(ended_at=at):
        raise NothingUrgent
    audit.record(by, "core.policy_ended", f"{policy.key} v{number}", reason=reason)
    _written()


def _written() -> None:
    once = _read.get()
    if once is not None:
        once.written = True


@contextmanager
def read_anew() -> Iterator[None]:
    """What runs inside asks the database each time: who decides on a version looks at what holds at this moment."""
    token = _read.set(None)
    try:
        yield
    finally:
        _read.reset(token)


def _plain(policy: Policy[Any], value: Any) -> Any:
    """The value as JSON; what is none, and no value of the policy's type either, is left for `read` to find fault with."""
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        pass
    try:
        return policy.kind.plain(value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return value


def _check(name: str) -> None:
    """Raises `PolicyValueRefused` where a live version, `safety.weights v3`, cannot be read in full."""
    for row in _live():
        policy = of_key(row.key)
        if str(row) == name and policy is not None and (faults := _serious(policy.read(row.value)[1])):
            raise PolicyValueRefused(policy, faults)


UNREADABLE = retry.declare(
    "core.policies",
    _("rules whose stored value cannot be read: the original value holds instead"),
    again=_check,
)


def examine() -> int:
    """Look through the versions that hold or will: what cannot be read asks for a person; returns how many there are.

    It asks once for each, and is closed by itself when a version that can be read has followed.
    """
    bad: set[str] = set()
    for row in _live():
        policy = of_key(row.key)
        if policy is not None and (faults := _serious(policy.read(row.value)[1])):
            bad.add(str(row))
            if retry.since(UNREADABLE, str(row)) is None:
                places = ", ".join(f"{fault.where} {fault.code}".strip() for fault in faults)
                retry.failed(UNREADABLE, str(row), places, needs_person=True)
    known = FailedWork.objects.filter(kind=UNREADABLE.kind, closed_at=None).exclude(key__in=bad)
    for name in known.values_list("key", flat=True):
        retry.done(UNREADABLE, name)
    return len(bad)
