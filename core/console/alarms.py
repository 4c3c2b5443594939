"""What rings for the ground itself: that the witness of the journal did not sign, and that a machine is refused at our door."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.alarms import Alarm, Rank, alarm
from core.journal.checkpoints import REFUSALS
from core.machines import REFUSED
from core.models import FailedWork

TAKEN_WITHIN = timedelta(minutes=5)


@alarm("journal_witness", permission="duty.answer")
def journal_witness(_at: datetime) -> list[Alarm]:
    """Refusals that nobody dealt with."""
    rows = FailedWork.objects.filter(kind=REFUSALS.kind, closed_at=None).order_by("first_at", "pk")
    return [
        Alarm(
            key=f"witness:{row.key}",
            code=row.key,
            what=_("The witness did not sign the journal"),
            link=reverse_lazy("failed_work:index"),
            since=row.first_at,
            within=TAKEN_WITHIN,
            caseless=True,
        )
        for row in rows
    ]


@alarm("machines_refused", permission="duty.answer")
def machines_refused(_at: datetime) -> list[Alarm]:
    """One for each network that is refused at a door of machines, until a person dealt with it."""
    rows = FailedWork.objects.filter(kind=REFUSED.kind, closed_at=None, needs_person_at__isnull=False)
    return [
        Alarm(
            key=f"machine:{row.pk}",
            code=row.key,
            what=_("A machine is refused at our door"),
            link=reverse_lazy("failed_work:index"),
            since=row.needs_person_at or row.first_at,
            within=TAKEN_WITHIN,
            rank=Rank.KNOWN if row.life_safety else Rank.OUTSIDE,
            caseless=True,
        )
        for row in rows.order_by("first_at", "pk")
    ]
