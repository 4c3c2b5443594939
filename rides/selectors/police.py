"""What the police ask by."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from drivers.selectors import plate_key
from rides.geometry import Point, distance
from rides.models import (
    TrailMinute,
    Trip,
)
from rides.selectors.trips import all_trips
from rides.trails import unpack

if TYPE_CHECKING:
    from accounts.models import Account


def _recent(at: datetime) -> Q:
    """Trips with a driver that were under way at a time, with an hour of leeway on either side."""
    leeway = timedelta(hours=1)
    still = (
        Q(ended_at=None, cancelled_at=None) | Q(ended_at__gte=at - leeway) | Q(cancelled_at__gte=at - leeway)
    )
    return Q(accepted_at__lte=at + leeway, driver__isnull=False) & still


def trips_by_plate(plate: str, at: datetime) -> list[Trip]:
    """Trips under way at a time whose registered or seen plate is this one."""
    wanted = plate_key(plate)
    rows = (
        all_trips()
        .filter(_recent(at))
        .filter(Q(plate_registered__endswith=plate[-4:]) | Q(plate_seen__endswith=plate[-4:]))
    )
    return [
        trip
        for trip in rows.order_by("-pk")
        if wanted in {plate_key(trip.plate_registered), plate_key(trip.plate_seen)}
    ]


def trips_by_person(account: "Account", at: datetime) -> list[Trip]:
    """Trips under way at a time in which somebody was passenger or driver."""
    return list(
        all_trips()
        .filter(_recent(at))
        .filter(Q(passenger=account) | Q(driver__account=account))
        .order_by("-pk")
    )


def trips_near(place: Point, at: datetime, *, metres: float = 1000, minutes: int = 10) -> list[Trip]:
    """Trips of which a phone was within `metres` of a place within `minutes` of a time."""
    span = timedelta(minutes=minutes)
    degrees = 0.05
    rows = TrailMinute.objects.filter(
        minute__range=(at - span, at + span),
        latitude__range=(place[0] - degrees, place[0] + degrees),
        longitude__range=(place[1] - degrees, place[1] + degrees),
    )
    near = {
        row.trip_id
        for row in rows
        for fix in unpack(row.minute_packed)
        if distance((fix.latitude, fix.longitude), place) <= metres
    }
    return list(all_trips().filter(pk__in=near).order_by("-pk"))
