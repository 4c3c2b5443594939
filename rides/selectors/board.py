"""What the rectification board asks."""

from datetime import datetime

from rides.models import (
    Trip,
)
from rides.states import Line, PlateCheck, TripState


def boarded_since(at: datetime) -> tuple[int, int]:
    """(trips boarded since, of which without the plate compared and not presumed boarded)."""
    rows = Trip.objects.filter(boarded_at__gte=at)
    return rows.count(), rows.exclude(plate_check="same").exclude(presumed_boarded=True).count()


def cancelled_after_boarding() -> int:
    """Trips that are cancelled although somebody had boarded: the law says none."""
    return Trip.objects.filter(state=TripState.CANCELLED, boarded_at__isnull=False).count()


def hitch_accepted_since(at: datetime) -> list[Trip]:
    return list(Trip.objects.filter(line=Line.HITCH, accepted_at__gte=at).order_by("pk"))


def mismatches_since(at: datetime) -> list[tuple[str, TripState, datetime]]:
    """(trip code, state now, reported at) of every 'not this car' and 'not this driver' since a time."""
    rows = Trip.objects.filter(
        plate_check__in=[PlateCheck.DIFFERS, PlateCheck.OTHER_DRIVER], cancelled_at__gte=at
    ).order_by("pk")
    return [
        (code, TripState(state), when)
        for code, state, when in rows.values_list("code", "state", "cancelled_at")
        if when
    ]


def accepted_since(at: datetime) -> list[tuple[str, str, datetime]]:
    """(trip, driver's account code, accepted at) of every acceptance since a time."""
    rows = Trip.objects.filter(accepted_at__gte=at, driver__isnull=False).order_by("pk")
    return [
        (code, driver, when)
        for code, driver, when in rows.values_list("code", "driver__account__code", "accepted_at")
        if when
    ]
