"""Changing a rule (G5): one proposes, another agrees to exactly what was read; urgent ones lapse; a rollback is a new version.

Nothing that was proposed is ever rewritten: who wants it otherwise withdraws it and proposes anew. What the second person
agrees to is known by its digest, which covers the value, its time, the value in force and every figure on the page.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import audit, clock, formats, four_eyes, idempotency, jobs, limits, live, policy
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.limits import Asker
from core.permissions import require
from core.policy import simulation
from core.progress import Progress
from core.states import move
from core.transactions import begins_transaction
from governance.errors import (
    ForADayAlready,
    RuleChangedMeanwhile,
    RuleChangeOver,
    RuleLeadPassed,
    RuleLeadTooShort,
    RuleMomentTaken,
    RuleNotSimulated,
    RuleTimePassed,
    RuleTimeTooClose,
    RuleUnchanged,
    UrgentAlready,
)
from governance.models import RuleChange
from governance.policies import ALONE, ALONE_LASTS, CHANGE, RULE_LEAD, TIGHTEN
from governance.states import PROPOSAL_TRANSITIONS, Mode, ProposalState

if TYPE_CHECKING:
    from accounts.models import Account

DAY = timedelta(hours=24)  # an urgent version of two people lapses then (G5+), by constraint
WEEK = timedelta(days=7)
SHADOW_EVERY = timedelta(hours=1)
LONGEST_REASON = 500
TYPED_IN = timedelta(minutes=5)  # whoever types a time to the minute sends it a little later
STAYS = (Mode.LATER, Mode.ALONE)  # what is agreed to holds until another version, so it is simulated before
live.moves("rules", "governance.rule_", "core.policy_")


def rule_of(key: str) -> policy.Policy[Any]:
    """Raises `NotFound` for a rule that this release does not have."""
    found = policy.of_key(key)
    if found is None:
        raise NotFound
    return found


def change_of(code: str) -> RuleChange:
    """Raises `NotFound`, also where the rule is of another release."""
    row = RuleChange.objects.filter(code=code).first()
    if row is None or policy.of_key(row.key) is None:
        raise NotFound
    return row


# --- What is read and signed ---------------------------------------------------------------------------------


def held_before(rule: policy.Policy[Any], change: RuleChange) -> policy.InForce[Any]:
    """What a proposal stands beside: what would hold at its time without it. What one person made stricter is to stay,
    so it stands beside what lasts, not beside what two people loosened for a day."""
    if change.mode == Mode.ALONE:
        return policy.lasting(rule)
    return policy.in_force(rule, at=max(change.effective_from or clock.now(), clock.now()))


def digest_of(change: RuleChange) -> str:
    """Of all that a second person reads before they agree."""
    rule = rule_of(change.key)
    held = held_before(rule, change)
    read = {
        "code": change.code,
        "key": change.key,
        "value": change.value,
        "mode": change.mode,
        "effective_from": change.effective_from.isoformat() if change.effective_from else None,
        "reason": change.reason,
        "beside": [held.citation, rule.kind.plain(held.value)],
        "simulated": change.simulated,
        "shadowed": change.shadowed,
    }
    written = json.dumps(read, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


# --- Proposing -----------------------------------------------------------------------------------------------


@begins_transaction
def propose(
    *,
    account: "Account",
    rule: policy.Policy[Any],
    value: Any,
    mode: str,
    reason: str,
    effective_from: datetime | None = None,
) -> RuleChange:
    """Propose a version of a rule: `value` in JSON, whole. Of `Mode.ALONE` it holds at once, until it lapses.

    Raises `Forbidden`, `InvalidInput` without a reason, `PolicyValueRefused`, `RuleUnchanged`, `RuleTimeTooClose`,
    `RuleLeadTooShort`, `RuleMomentTaken`, and of an urgent one by one person `NotSafer`, `UrgentAlready`, `TooMany`.
    """
    require(account, TIGHTEN if mode == Mode.ALONE else CHANGE)
    at, reason = clock.now(), reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidInput("reason")
    if mode not in Mode.values:
        raise InvalidInput("mode")
    if (mode == Mode.LATER) != (effective_from is not None):
        raise InvalidInput("effective_from")
    if effective_from is not None and effective_from <= at:
        raise RuleTimeTooClose("effective_from")
    found, faults = rule.read(value)
    if faults:
        raise policy.PolicyValueRefused(rule, faults)
    _alone_with(rule)
    with policy.read_anew():
        held = policy.in_force(rule, at=effective_from or at)
    raw = rule.kind.plain(found)
    if raw == rule.kind.plain(held.value):
        raise RuleUnchanged
    if effective_from is not None and (lead := _lead_missed(rule, held.value, found, effective_from - at)):
        raise RuleLeadTooShort("effective_from", lead=lead)
    if mode == Mode.ALONE:
        _against_again(rule, at)
    if mode == Mode.DAY:
        _against_day_by_day(rule, found, at)
    if _is_taken(rule, mode, effective_from, at):
        raise RuleMomentTaken("effective_from")
    urgent = _tighten(account, rule, raw, reason) if mode == Mode.ALONE else None
    row = RuleChange.objects.create(
        code=new_code("R"),
        key=rule.key,
        value=raw,
        mode=mode,
        effective_from=effective_from,
        reason=reason,
        base=held.citation,
        proposed_by=account.code,
        proposed_at=at,
        urgent_number=urgent,
    )
    audit.record(
        account.actor,
        "governance.rule_made_stricter" if urgent else "governance.rule_proposed",
        row.code,
        reason=reason,
        rule=rule.key,
        value=raw,
        effective_from=effective_from.isoformat() if effective_from else "",
    )
    return row


def _is_taken(rule: policy.Policy[Any], mode: str, moment: datetime | None, at: datetime) -> bool:
    """Whether a version is proposed, or agreed to, for this moment; of those that begin at once, whether one waits."""
    same = RuleChange.objects.filter(key=rule.key, mode=mode, effective_from=moment)
    if moment is not None:
        agreed = same.filter(state__in=[ProposalState.PROPOSED, ProposalState.APPROVED]).exists()
        return agreed or policy.planned(rule, moment)
    return any(not is_past(row, at) for row in same.filter(state=ProposalState.PROPOSED))


def _lead_missed(rule: policy.Policy[Any], held: Any, found: Any, ahead: timedelta) -> str:
    """The lead that is not kept, as it is said; empty where it is: a rule is not changed minutes ahead of those whom it
    meets, unless it protects better."""
    lead = policy.span(RULE_LEAD)
    if ahead >= lead - TYPED_IN or policy.is_safer(rule, held, found):
        return ""
    return formats.span(lead.total_seconds())


def _against_again(rule: policy.Policy[Any], at: datetime) -> None:
    """Raises `UrgentAlready`: nobody holds a rule by doing each day alone what lapses after a day."""
    before = RuleChange.objects.filter(key=rule.key, mode=Mode.ALONE, proposed_at__gt=at - WEEK)
    if before.exclude(state=ProposalState.APPROVED).exists():
        raise UrgentAlready


def _against_day_by_day(rule: policy.Policy[Any], found: Any, at: datetime) -> None:
    """Raises `ForADayAlready`: what lapses after a day, and is not simulated, is not made to last by renewing it."""
    before = RuleChange.objects.filter(key=rule.key, mode=Mode.DAY, decided_at__gt=at - WEEK)
    safer = policy.is_safer(rule, policy.lasting(rule, at=at).value, found)
    if not safer and before.filter(state=ProposalState.APPROVED).exists():
        raise ForADayAlready


def _tighten(account: "Account", rule: policy.Policy[Any], raw: Any, reason: str) -> int:
    limits.take(ALONE, Asker(person=account.code))
    lasts = policy.span(ALONE_LASTS)
    return policy.adopt_alone(rule, raw, by=account.actor, reason=reason, lasts=lasts).number


def _alone_with(rule: policy.Policy[Any]) -> None:
    """Of several who change one rule at once one is taken, and the others see what came of it."""
    idempotency.alone(f"rule:{rule.key}")


# --- The second person ---------------------------------------------------------------------------------------


def against(change: RuleChange, account: "Account", key: str) -> DomainError | None:
    """What is against `agree` or `withdraw`. Raises `KeyError` for no action."""
    if change.state != ProposalState.PROPOSED:
        return RuleChangeOver()
    if key == "withdraw":
        return None
    if change.proposed_by == account.code:
        return four_eyes.SecondPersonNeeded()
    return {"agree": _against_agreeing(change)}[key]


def _against_agreeing(change: RuleChange) -> DomainError | None:
    if is_past(change, clock.now()):
        return RuleTimePassed()
    rule = rule_of(change.key)
    if change.effective_from is not None:
        # Until somebody agrees nobody else knows that it comes: their time begins now.
        held, ahead = held_before(rule, change).value, change.effective_from - clock.now()
        if lead := _lead_missed(rule, held, rule.read(change.value)[0], ahead):
            return RuleLeadPassed(lead=lead)
    waits = change.mode in STAYS and simulation.of(rule) is not None
    return RuleNotSimulated() if waits and not _is_beside(rule, change, change.simulated) else None


def _is_beside(rule: policy.Policy[Any], change: RuleChange, figures: Mapping[str, Any] | None) -> bool:
    """Whether figures compare with what the proposal stands beside now: another version may have come between."""
    return figures is not None and figures.get("beside") == held_before(rule, change).citation


def is_past(change: RuleChange, at: datetime) -> bool:
    """Whether the time from which it was to hold, or for which it held, is over."""
    if change.mode == Mode.ALONE:
        return not any(
            row.number == change.urgent_number
            and row.ended_at is None
            and row.lapses_at
            and row.lapses_at > at
            for row in policy.history(rule_of(change.key))
        )
    if change.effective_from is None:
        return change.proposed_at <= at - DAY  # what was urgent then is looked at anew
    return change.effective_from <= at


def _locked(code: str) -> RuleChange:
    _alone_with(rule_of(change_of(code).key))
    return RuleChange.objects.select_for_update().get(code=code)


@begins_transaction
def agree(*, account: "Account", code: str, digest: str) -> RuleChange:
    """The second person agrees to what they read, known by its `digest`: it becomes a version.

    Raises `NotFound`, `Forbidden`, `RuleChangeOver`, `SecondPersonNeeded`, `RuleTimePassed`, `RuleLeadPassed`,
    `RuleNotSimulated`, `RuleChangedMeanwhile`, and what `policy.adopt` raises.
    """
    require(account, CHANGE)
    row = _locked(code)
    four_eyes.another(account.code, row.proposed_by)
    wrong = against(row, account, "agree")
    if wrong:
        raise wrong
    with policy.read_anew():
        if digest != digest_of(row):
            raise RuleChangedMeanwhile
    at, rule = clock.now(), rule_of(row.key)
    version = policy.adopt(
        rule,
        row.value,
        proposed_by=Actor(row.proposed_by, ""),
        approved_by=account.actor,
        reason=row.reason,
        effective_from=row.effective_from,
        lapses_at=at + DAY if row.mode == Mode.DAY else None,
    )
    if row.urgent_number is not None:
        policy.end(rule, row.urgent_number, by=account.actor, reason="agreed")
    move(
        row,
        PROPOSAL_TRANSITIONS,
        ProposalState.APPROVED,
        approved_by=account.code,
        decided_at=at,
        signed_digest=digest,
        number=version.number,
    )
    audit.record(
        account.actor,
        "governance.rule_agreed",
        row.code,
        rule=row.key,
        by=row.proposed_by,
        version=version.number,
        digest=digest,
        figures={"simulated": row.simulated, "shadowed": row.shadowed},
    )
    return row


@begins_transaction
def withdraw(*, account: "Account", code: str) -> RuleChange:
    """Withdraw a proposal, one's own or another's; what one person made stricter is ended: what two agreed to holds again.

    Raises `NotFound`, `Forbidden`, `RuleChangeOver`.
    """
    require(account, CHANGE)
    row = _locked(code)
    if row.state != ProposalState.PROPOSED:
        raise RuleChangeOver
    at = clock.now()
    if row.urgent_number is not None and not is_past(row, at):
        policy.end(rule_of(row.key), row.urgent_number, by=account.actor)
    move(row, PROPOSAL_TRANSITIONS, ProposalState.WITHDRAWN, decided_at=at)
    audit.record(account.actor, "governance.rule_withdrawn", row.code, rule=row.key, by=row.proposed_by)
    return row


def made_stricter_alone() -> list[RuleChange]:
    """What one person made stricter and nobody has looked at, oldest first."""
    rows = RuleChange.objects.filter(state=ProposalState.PROPOSED, mode=Mode.ALONE)
    return list(rows.order_by("pk"))


# --- Figures: written by jobs, read by people ----------------------------------------------------------------


def _open(pk: int) -> tuple[RuleChange, policy.Policy[Any], simulation.Simulation[Any]] | None:
    """A proposal that waits, with its rule's simulation; None where it was decided, or has none."""
    row = RuleChange.objects.filter(pk=pk, state=ProposalState.PROPOSED).first()
    rule = policy.of_key(row.key) if row else None
    found = simulation.of(rule) if rule else None
    return (row, rule, found) if row and rule and found else None


def _simulated_keys() -> list[str]:
    return [each.policy.key for each in simulation.known()]


def _compare(
    row: RuleChange,
    rule: policy.Policy[Any],
    how: simulation.Simulation[Any],
    since: datetime,
    until: datetime,
    *heard: Callable[[int], None],
) -> dict[str, Any]:
    held, new = held_before(rule, row), rule.read(row.value)[0]
    return simulation.simulate(how, held.value, new, since, until, *heard) | {"beside": held.citation}


def _waiting() -> Iterator[tuple[RuleChange, policy.Policy[Any]]]:
    """Proposals whose rules have a simulation, oldest first."""
    rows = RuleChange.objects.filter(state=ProposalState.PROPOSED, key__in=_simulated_keys()).order_by("pk")
    for row in rows:
        yield row, rule_of(row.key)


def _to_simulate(_at: datetime, limit: int) -> list[int]:
    return [row.pk for row, rule in _waiting() if not _is_beside(rule, row, row.simulated)][:limit]


def _simulate(pk: int, _at: datetime) -> None:
    """The week before it was proposed, by both values."""
    found = _open(pk)
    if found:
        row, _rule, how = found
        period, waits = (row.proposed_at - WEEK, row.proposed_at), RuleChange.objects.filter(pk=pk)
        waits.update(counting_since=clock.now(), rows_done=0, rows_of=simulation.count(how, *period))

        def tell(done: int) -> None:
            waits.update(rows_done=done)

        _keep(row, simulated=_compare(*found, *period, tell))


def progress_of(row: RuleChange, at: datetime) -> Progress | None:
    """How many rows are worked out of what it would have done; None where the figures are here, or there are none."""
    rule = rule_of(row.key)
    if simulation.of(rule) is None or _is_beside(rule, row, row.simulated):
        return None
    return Progress(row.rows_done, row.rows_of, row.counting_since, at)


@live.mark("rule_figures")
def _rows_done() -> int:
    rows = RuleChange.objects.filter(state=ProposalState.PROPOSED)
    return int(rows.aggregate(every=Coalesce(Sum("rows_done"), 0))["every"])


def _to_shadow(at: datetime, limit: int) -> list[int]:
    """Proposals whose shadow is an hour old, or beside another version: what happened since is compared as well."""
    due = []
    for row, rule in _waiting():
        last = datetime.fromisoformat(row.shadowed["until"]) if row.shadowed else row.proposed_at
        if last <= at - SHADOW_EVERY or (row.shadowed and not _is_beside(rule, row, row.shadowed)):
            due.append(row.pk)
    return due[:limit]


def _shadow(pk: int, at: datetime) -> None:
    """Since it was proposed, a week at most: one that nobody decides on is not counted longer each hour."""
    found = _open(pk)
    if found:
        row = found[0]
        _keep(row, shadowed=_compare(*found, max(row.proposed_at, at - WEEK), at))


@begins_transaction
def _keep(row: RuleChange, **figures: Mapping[str, Any]) -> None:
    """Unless it was decided meanwhile: what was signed stays as it was."""
    if RuleChange.objects.filter(pk=row.pk, state=ProposalState.PROPOSED).update(**figures):
        audit.record(SYSTEM, "governance.rule_figures", row.code, rule=row.key, kind=next(iter(figures)))


def _to_lapse(at: datetime, limit: int) -> list[int]:
    rows = RuleChange.objects.filter(state=ProposalState.PROPOSED).order_by("pk")
    return [row.pk for row in rows if policy.of_key(row.key) and is_past(row, at)][:limit]


@begins_transaction
def _lapse(pk: int, at: datetime) -> None:
    row = RuleChange.objects.select_for_update().filter(pk=pk, state=ProposalState.PROPOSED).first()
    if row and is_past(row, at):
        move(row, PROPOSAL_TRANSITIONS, ProposalState.LAPSED, decided_at=at)
        audit.record(SYSTEM, "governance.rule_lapsed", row.code, rule=row.key)


def _to_measure(at: datetime, limit: int) -> list[int]:
    """Versions that have held for seven days and whose effect nobody has counted."""
    rows = RuleChange.objects.filter(
        state=ProposalState.APPROVED,
        effect__isnull=True,
        key__in=_simulated_keys(),
        mode__in=STAYS,
    ).order_by("pk")
    return [row.pk for row in rows if began(row) <= at - WEEK][:limit]


def began(row: RuleChange) -> datetime:
    """When the version that was agreed to began to hold."""
    return row.effective_from or row.decided_at or row.proposed_at


def _measure(pk: int, at: datetime) -> None:
    """What the rule of then made of the week before, and the new one of the week after."""
    row = RuleChange.objects.filter(pk=pk, effect__isnull=True, state=ProposalState.APPROVED).first()
    rule = policy.of_key(row.key) if row else None
    how = simulation.of(rule) if rule else None
    if row is None or rule is None or how is None or began(row) > at - WEEK:
        return
    start = began(row)
    # Of one made stricter alone the urgent version held until it was agreed to: beside that nothing would differ.
    old = policy.lasting(rule, at=start - timedelta(microseconds=1)).value
    new = rule.read(row.value)[0]
    effect = {
        "before": simulation.simulate(how, old, new, start - WEEK, start),
        "after": simulation.simulate(how, old, new, start, start + WEEK),
    }
    _keep_effect(row, effect)


@begins_transaction
def _keep_effect(row: RuleChange, effect: dict[str, Any]) -> None:
    if RuleChange.objects.filter(pk=row.pk, effect__isnull=True).update(effect=effect):
        audit.record(SYSTEM, "governance.rule_effect", row.code, rule=row.key)


LONG = timedelta(minutes=5)  # a million rows, read part by part


def _job(kind: str, label: Any, due: Any, act: Any) -> jobs.Job[int]:
    return replace(jobs.rows(kind, label, due=due, act=act, key=int, batch=10), lease=LONG)


LAPSE = _job(
    "governance.rule_lapse", _("rules whose time passed before a second person agreed"), _to_lapse, _lapse
)
SIMULATE = _job(
    "governance.rule_simulate", _("what a proposed rule would have done last week"), _to_simulate, _simulate
)
SHADOW = _job("governance.rule_shadow", _("a proposed rule in shadow"), _to_shadow, _shadow)
MEASURE = _job("governance.rule_effect", _("the effect of a rule after seven days"), _to_measure, _measure)
