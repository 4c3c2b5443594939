"""What the rectification board asks."""

from datetime import datetime, time

from django.db.models import Q

from core import policy
from rides.curfew import CITY_TIME
from rides.models import Trip
from rides.policies import REAL_NAME_FROM
from rides.selectors.trips import all_trips
from rides.states import PlateCheck, TripState


def cancelled_after_boarding() -> int:
    """Trips that are cancelled although somebody had boarded: the law says none."""
    return Trip.objects.filter(state=TripState.CANCELLED, boarded_at__isnull=False).count()


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


def newest_with_driver(at: datetime, *, limit: int = 10) -> list[Trip]:
    """The newest trips that were accepted since, for a look at what each side sees of them."""
    rows = all_trips().filter(accepted_at__gte=at, driver__isnull=False, passenger__is_drill=False)
    contacts = [f"{side}__emergency_contacts" for side in ("passenger", "driver__account")]
    return list(rows.prefetch_related(*contacts).order_by("-accepted_at", "-pk")[:limit])


def places_with_numbers(at: datetime) -> list[str]:
    """Trips requested since whose places are named with a run of digits like a phone's: words in disguise (A4)."""
    rows = (
        Trip.objects.counted()
        .filter(requested_at__gte=at)
        .filter(Q(origin_name__regex=r"\d{7}") | Q(destination_name__regex=r"\d{7}"))
    )
    return list(rows.order_by("pk").values_list("code", flat=True)[:20])


def real_names_from() -> datetime:
    """The midnight, where we are, from which on nobody rides without a verified real name on any line (A2)."""
    return datetime.combine(policy.value(REAL_NAME_FROM), time.min, CITY_TIME)
