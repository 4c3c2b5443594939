"""Versions of policies: which one holds, how a new one comes, and what in the stored ones cannot be read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

import structlog
from django.db import DatabaseError, connection
from django.db.models import Max, QuerySet
from django.db.models.query import RawQuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, retry
from core.actors import Actor
from core.errors import DomainError, InvalidInput
from core.models import FailedWork, PolicyVersion
from core.policy.declared import InForce, Policy, SpanPolicy, of_key
from core.policy.kinds import Fault
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
        if row is None and known:
            if key not in self.history:
                self.history[key] = list(_newest_first().filter(key=key))
            row = _first(self.history[key], at)
        return row


_read: ContextVar[_Once | None] = ContextVar("policies_read", default=None)
_said: set[tuple[str, int]] = set()


def _newest_first() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.order_by("-effective_from", "-number")


_AT = Read(lambda key, at: _newest_first().filter(key=key, effective_from__lte=at)[:1], str, datetime)
_TABLE = PolicyVersion._meta.db_table
# As it stands, because whatever is done begins with it: to make it anew took longer than to answer it.
_LIVE = f"""
SELECT * FROM {_TABLE} WHERE effective_from > %s OR id IN (
    SELECT DISTINCT ON (key) id FROM {_TABLE} WHERE effective_from <= %s ORDER BY key, effective_from DESC, number DESC
) ORDER BY effective_from DESC, number DESC
"""  # noqa: S608 - a table of ours


@rehearse
def _live_now() -> Statement:
    return _LIVE, [clock.now()] * 2


def _live() -> "RawQuerySet[PolicyVersion]":
    """Of each policy the version that holds now, and those that will: what was before may be many and is seldom asked for."""
    now = clock.now()
    return PolicyVersion.objects.raw(_LIVE, [now, now])


def _first(rows: list[PolicyVersion], at: datetime) -> PolicyVersion | None:
    return next((row for row in rows if row.effective_from <= at), None)


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
        return _AT.first(key, at)
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


def _in_force(policy: Policy[T], at: datetime) -> InForce[T]:
    row = _row(policy.key, at)
    if row is None:
        return InForce(policy.default, f"{policy.key} v0")
    found, faults = policy.read(row.value)
    _tell(row, faults)
    return InForce(found, f"{policy.key} v{row.number}")


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
) -> PolicyVersion:
    """Write the next version of a policy, to hold from a time on, now by default. The only writer of versions.

    `value` is of the policy's type or the same in JSON, whole: what it lacks is not guessed. Raises
    `PolicyValueRefused`, `SecondPersonNeeded` where one person proposes and approves, `BackdatedPolicy`,
    `InvalidInput` without a reason.
    """
    at = clock.now()
    since = effective_from or at
    four_eyes.another(approved_by.code, proposed_by.code)
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
    last = PolicyVersion.objects.filter(key=policy.key).aggregate(last=Max("number"))["last"] or 0
    row = PolicyVersion.objects.create(
        key=policy.key,
        number=last + 1,
        value=raw,
        effective_from=since,
        proposed_by=proposed_by.code,
        approved_by=approved_by.code,
        reason=reason.strip(),
    )
    audit.record(
        approved_by,
        "core.policy_adopted",
        f"{policy.key} v{row.number}",
        reason=row.reason,
        proposed_by=proposed_by.code,
        effective_from=since.isoformat(),
        value=raw,
    )
    once = _read.get()
    if once is not None:
        once.written = True
    return row


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
