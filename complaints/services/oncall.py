"""On-call staff are rung and written to while nobody takes what rings (S3+): no open page is needed for it.

Whom, and when, follows from the alarm's age and the roster alone: a run that was missed is made up for by the next one.
"""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from accounts.selectors import people_who_may
from complaints import messages
from complaints.policies import NEXT_ON_CALL
from complaints.selectors import on_shift
from complaints.states import ShiftLine
from core import alarms, audit, jobs, policy, retry, timeline
from core.actors import SYSTEM
from core.messages import outbox
from core.permissions import may
from core.recipients import write_to_each
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account
    from core.alarms import Alarm

SUPERVISE = "duty.supervise"
AT_ONCE = 3  # alarms of one kind that staff are rung about at a time
RINGING = retry.declare("complaints.ring_alarm", gettext_lazy("ringing staff on call"), law=retry.LIFE)


def ladder(alarm: "Alarm", at: datetime) -> "list[Account]":
    """Who is rung for an alarm, one after another, as the roster is now.

    Whoever has the case and has not looked; who is on call; where nobody is, who is at a desk; then supervisors, those
    on duty first. Where the roster knows nobody at all, everybody who can take it.
    """
    on = on_shift(at)
    called = [shift.account for shift in on if shift.on_call]
    there = [shift.account for shift in on if not shift.on_call]
    supervisors = people_who_may(SUPERVISE)
    everybody = [each for each in people_who_may(alarm.permission) if alarm.can_be_taken_by(each)]
    owner = [each for each in everybody if each.code == alarm.owner]
    staff = [each for each in called if not may(each, SUPERVISE)] or [
        each for each in there if not may(each, SUPERVISE)
    ]
    seniors = [each for each in (*called, *there, *supervisors) if may(each, SUPERVISE)]
    chosen = [
        each for each in (*owner, *staff, *seniors) if each.is_active and alarm.can_be_taken_by(each)
    ] or everybody
    return list({each.pk: each for each in chosen}.values())


def turns_of(alarm: "Alarm", at: datetime, people: int) -> range:
    """Which turns of the ladder have come: none within the alarm's limit, then a person more each time, round and round.

    After a pause of the job only the last round is made up for: nobody's telephone rings ten times at once.
    """
    late = at - alarm.since - alarm.within
    if late.total_seconds() < 0 or not people:
        return range(0)
    newest = late // policy.span(NEXT_ON_CALL)
    return range(max(0, newest + 1 - people), newest + 1)


def ring_on_call(*, at: datetime) -> int:
    """Ring whoever's turn has come for each alarm; returns how many alarms were rung about. One stops only itself."""
    late = _first([each for each in alarms.ringing(at) if at - each.since >= each.within])
    done = retry.each(
        RINGING,
        late,
        lambda each: _ring(each, at),
        key=lambda each: each.key[:60],
        life_safety=True,
        begins=True,
    )
    return done.done


def _first(late: "list[Alarm]") -> "list[Alarm]":
    """Of each kind those that stand first: in a storm one call brings somebody who sees the rest, and a hundred hinder messages of hers."""
    kinds: Counter[str] = Counter()
    chosen = []
    for each in late:
        kind = each.key.partition(":")[0]
        kinds[kind] += 1
        if kinds[kind] <= AT_ONCE:
            chosen.append(each)
    return chosen


@begins_transaction
def _ring(alarm: "Alarm", at: datetime) -> None:
    people = ladder(alarm, at)
    for turn in turns_of(alarm, at, len(people)):
        about = f"alarm:{alarm.key}:{turn}"
        if not outbox.count_keys(f"{about}:"):
            _tell(alarm, people[turn % len(people)], about)


def _tell(alarm: "Alarm", person: "Account", about: str) -> None:
    """Once by voice, which wakes, and once in writing, which leads there."""
    said = messages.NobodyTookIt(
        what=alarm.what, code=alarm.code, at=alarm.since, link=f"{settings.PUBLIC_URL}{alarm.link}"
    )

    def write(person: "Account") -> None:
        for channel in ("voice", "sms"):
            outbox.queue(
                said,
                key=f"{about}:{channel}",
                to=person.phone,
                language=person.language,
                channel=channel,
                subject="" if alarm.unsaid else alarm.code,
            )

    if write_to_each([person], write, about=about, life_safety=True):
        kind = ShiftLine.RUNG
        if alarm.unsaid:
            audit.record(SYSTEM, kind, who=person.code)
            return
        if alarm.caseless:
            audit.record(SYSTEM, kind, alarm.code, who=person.code)
            return
        incident = alarm.code if alarm.code.startswith("I") else ""
        case = "" if incident else alarm.code
        told: dict[str, Any] = {"who": person.code, "rang": alarm.words, "alarm": alarm.key}
        timeline.add(kind, SYSTEM, incident=incident, case=case, **told)
        audit.record(SYSTEM, kind, alarm.code, case=alarm.code, who=person.code)


ON_CALL = jobs.whole(
    "complaints.ring_on_call",
    gettext_lazy("ringing staff on call"),
    lambda at: ring_on_call(at=at),
    life_safety=True,
)
