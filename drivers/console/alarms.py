"""Photos of plates that a person must look at ring: a driver stands at the pick-up, and a passenger beside the car. So do
grave words in what somebody reports from the street or a driver appeals with, until a person looked at them."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core.alarms import Alarm, Rank, alarm
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


@alarm("street_danger", permission="vetting.see")
def street_danger(_at: datetime) -> list[Alarm]:
    """Whoever writes so may be anybody: until a person looked, nobody knows whom it is about."""
    return [
        Alarm(
            key=f"street:{row.code}",
            code=row.code,
            what=_("Danger in a report from the street: nobody looked at it"),
            link=reverse_lazy("drivers_console:desk"),
            since=row.reported_at,
            within=WITHIN,
            rank=Rank.CROWD if row.from_crowd else Rank.OUTSIDE,
        )
        for row in selectors.reports_that_ring()
    ]


@alarm("appeal_danger", permission="holds.release")
def appeal_danger(_at: datetime) -> list[Alarm]:
    """What a driver wrote, whatever the appeal is about."""
    return [
        Alarm(
            key=f"driver-appeal:{row.code}",
            code=row.code,
            what=_("Grave words in a driver's appeal: nobody looked at them"),
            link=reverse_lazy("drivers_console:appeal", args=[row.code]),
            since=row.filed_at,
            within=WITHIN,
        )
        for row in selectors.appeals_that_ring()
    ]
