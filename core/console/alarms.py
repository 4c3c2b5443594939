"""What rings for the ground itself: that the witness of the journal did not sign."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.alarms import Alarm, alarm
from core.journal.checkpoints import REFUSALS
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
        )
        for row in rows
    ]
