"""What the rectification board asks."""

from datetime import datetime

from django.db.models import F, Q

from rides.curfew import runs_into_curfew
from rides.models import Trip
from rides.selectors.trips import all_trips
from rides.states import Line, Party, PlateCheck, TripState


def boarded_since(at: datetime) -> tuple[int, int]:
    """(trips boarded since, of which without the plate compared and not presumed boarded)."""
    rows = Trip.objects.counted().filter(boarded_at__gte=at)
    return rows.count(), rows.exclude(plate_check="same").exclude(presumed_boarded=True).count()


def cancelled_after_boarding() -> int:
    """Trips that are cancelled although somebody had boarded: the law says none."""
    return Trip.objects.filter(state=TripState.CANCELLED, boarded_at__isnull=False).count()


def hitch_accepted_since(at: datetime) -> list[Trip]:
    return list(Trip.objects.counted().filter(line=Line.HITCH, accepted_at__gte=at).order_by("pk"))


def hitch_unverified_since(at: datetime) -> list[str]:
    """Hitch trips ordered since by somebody whose real name was not verified when they ordered (A2)."""
    rows = Trip.objects.filter(line=Line.HITCH, requested_at__gte=at, passenger__is_drill=False)
    late = Q(passenger__verified_at=None) | Q(passenger__verified_at__gt=F("requested_at"))
    return list(rows.filter(late).order_by("pk").values_list("code", flat=True))


def mismatches_since(at: datetime) -> list[tuple[str, TripState, datetime]]:
    """(trip code, state now, reported at) of every 'not this car' and 'not this driver' since a time."""
    rows = (
        Trip.objects.counted()
        .filter(plate_check__in=[PlateCheck.DIFFERS, PlateCheck.OTHER_DRIVER], cancelled_at__gte=at)
        .order_by("pk")
    )
    return [
        (code, TripState(state), when)
        for code, state, when in rows.values_list("code", "state", "cancelled_at")
        if when
    ]


def accepted_since(at: datetime) -> list[tuple[str, str, datetime]]:
    """(trip, driver's account code, accepted at) of every acceptance since a time."""
    rows = Trip.objects.counted().filter(accepted_at__gte=at, driver__isnull=False).order_by("pk")
    return [
        (code, driver, when)
        for code, driver, when in rows.values_list("code", "driver__account__code", "accepted_at")
        if when
    ]


def night_departures(at: datetime) -> tuple[int, list[str]]:
    """Hitch trips departed since that were estimated to run into the curfew: how many, and which left although a side
    had neither read its reminder nor been called before (R4)."""
    rows = Trip.objects.counted().filter(line=Line.HITCH, departed_at__gte=at).prefetch_related("reminders")
    night = [trip for trip in rows.order_by("pk") if runs_into_curfew(trip)]
    unread = []
    for trip in night:
        told = {
            row.party
            for row in trip.reminders.all()
            for moment in (row.acknowledged_at, row.called_at)
            if moment and trip.departed_at and moment <= trip.departed_at
        }
        if told != set(Party):
            unread.append(trip.code)
    return len(night), unread


def newest_with_driver(at: datetime, *, limit: int = 10) -> list[Trip]:
    """The newest trips that were accepted since, for a look at what each side sees of them."""
    rows = all_trips().filter(accepted_at__gte=at, driver__isnull=False, passenger__is_drill=False)
    contacts = [f"{side}__emergency_contacts" for side in ("passenger", "driver__account")]
    return list(rows.prefetch_related(*contacts).order_by("-accepted_at", "-pk")[:limit])


def places_with_numbers(at: datetime) -> list[str]:
    """Trips requested since whose places are named with a run of digits like a phone's: words in disguise (A4)."""
    rows = Trip.objects.filter(requested_at__gte=at).filter(
        Q(origin_name__regex=r"\d{7}") | Q(destination_name__regex=r"\d{7}")
    )
    return list(rows.order_by("pk").values_list("code", flat=True)[:20])
