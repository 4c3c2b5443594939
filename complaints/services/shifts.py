"""The roster (C10): it cannot be saved with too few specialists, and a gap alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy

from accounts.selectors import account_by_code, people_who_may
from complaints import messages, rosters
from complaints.calendars import ZONE
from complaints.errors import NobodyThere, RosterThin, ShiftsOverlap
from complaints.models import RosterGap, Shift
from complaints.rosters import AHEAD
from complaints.selectors import roster_hours
from core import audit, clock, formats, jobs, live, policy
from core.errors import InvalidInput
from core.messages import outbox
from core.permissions import may, require
from core.recipients import write_to_each
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

ROSTER_LOCK = 0x524F5354  # one roster is written at a time
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift as it is planned: who, from when, for how many hours, on call or at the desk."""

    who: str
    starts_at: datetime
    hours: float
    on_call: bool = False


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


@begins_transaction
def save_roster(*, account: "Account", day: date, shifts: Sequence[Planned]) -> list[Shift]:
    """Replace the shifts that begin on a day. Refused where an hour of that day that is not over would have
    fewer specialists than it needs; nothing is then changed.

    Raises `Forbidden`, `NobodyThere`, `InvalidInput`, `ShiftsOverlap`, `RosterThin`.
    """
    require(account, "roster.plan")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROSTER_LOCK])
    at, begins = clock.now(), midnight(day)
    Shift.objects.filter(cancelled_at=None, starts_at__gte=begins, starts_at__lt=begins + DAY).update(
        cancelled_at=at
    )
    made = []
    for planned in shifts:
        person = account_by_code(planned.who)
        if person is None or not may(person, "complaints.work"):
            raise NobodyThere("who")
        if not (begins <= planned.starts_at < begins + DAY and 1 <= planned.hours <= 24):
            raise InvalidInput("hours")
        try:
            with transaction.atomic():
                made.append(
                    Shift.objects.create(
                        account=person,
                        starts_at=planned.starts_at,
                        ends_at=planned.starts_at + timedelta(hours=planned.hours),
                        on_call=planned.on_call,
                        made_by=account.code,
                        made_at=at,
                    )
                )
        except IntegrityError:
            raise ShiftsOverlap(who=person.code) from None
    _check_cover(begins)
    audit.record(account.actor, "shifts.roster", f"{day:%Y-%m-%d}", shifts=len(made))
    return made


def _check_cover(begins: datetime) -> None:
    # Whoever starts in the evening works into the next day: those hours belong to the next day's roster.
    # Nobody can be sent into an hour that is over, so the first day of a company begins in its middle.
    over = clock.now() - rosters.HOUR
    short = [hour for hour in roster_hours(begins, hours=24) if hour.short and hour.at > over]
    if short:
        raise RosterThin(
            gaps="; ".join(
                f"{formats.moment(hour.at, 'time')} {hour.have}/{hour.needed}" for hour in short[:6]
            )
            + (" …" if len(short) > 6 else "")
        )


def watch_roster(*, at: datetime) -> int:
    """Say each of the next hours that has too few, once, to every supervisor; returns how many."""
    start = at.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    short = [hour for hour in roster_hours(start, hours=policy.value(AHEAD)) if hour.short]
    known = set(RosterGap.objects.filter(hour__gte=start).values_list("hour", flat=True))
    new = [hour for hour in short if hour.at not in known]
    if new:
        _say(new, at)
    return len(new)


ROSTER = jobs.whole(
    "complaints.watch_roster", gettext_lazy("watching the roster"), lambda at: watch_roster(at=at)
)


@begins_transaction
def _say(hours: Sequence[rosters.Hour], at: datetime) -> None:
    RosterGap.objects.bulk_create(
        [RosterGap(hour=hour.at, needed=hour.needed, have=hour.have, told_at=at) for hour in hours],
        ignore_conflicts=True,
    )
    first = hours[0]

    thin = messages.RosterThin(have=first.have, needed=first.needed, hour=first.at, n=len(hours))

    def write(person: "Account") -> None:
        outbox.queue(
            thin,
            key=f"roster:{first.at:%Y%m%d%H}:{person.code}",
            to=person.phone,
            language=person.language,
            subject="roster",
        )

    write_to_each(
        people_who_may("duty.supervise"), write, about=f"roster:{first.at:%Y%m%d%H}", life_safety=True
    )
    live.changed_on_commit("console")
