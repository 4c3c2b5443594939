"""Photos of plates that a person must look at ring: a driver stands at the pick-up, and a passenger beside the car."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.alarms import Alarm, alarm
from drivers import selectors

WITHIN = timedelta(minutes=1)


@alarm("plates", permission="plates.read")
def plates(at: datetime) -> list[Alarm]:
    """Those with which a driver can still arrive; for the others nobody waits."""
    return [
        Alarm(
            key=f"plate:{row.photo.picture.code}",
            code=row.photo.subject,
            what=_("Plate to read"),
            link=reverse_lazy("drivers_console:desk"),
            since=row.photo.taken_at,
            within=WITHIN,
        )
        for row in selectors.plates_to_read(at)
        if row.until is not None
    ]
