"""What the police ask by."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q, QuerySet

from core import typed
from core.privacy import phone_index
from rides.geometry import Point, distance
from rides.models import (
    TrailMinute,
    Trip,
)
from rides.selectors.trips import all_trips
from rides.selectors.watched import followed
from rides.trails import unpack


def _under_way(at: datetime) -> Q:
    """Trips with a driver that were under way at a time, with an hour of leeway on either side."""
    leeway = timedelta(hours=1)
    still = (
        Q(ended_at=None, cancelled_at=None) | Q(ended_at__gte=at - leeway) | Q(cancelled_at__gte=at - leeway)
    )
    return Q(accepted_at__lte=at + leeway, driver__isnull=False) & still


def _over_and_followed(at: datetime) -> Q:
    """Trips with a driver that were over within the day before a time, and are followed all the same."""
    day = at - timedelta(days=1)
    over = Q(ended_at__gte=day) | Q(cancelled_at__gte=day)
    return Q(pk__in=followed(), accepted_at__lte=at, driver__isnull=False) & over


def _meant(
    rows: QuerySet[Trip], at: datetime, fits: Callable[[Trip], bool] = lambda _trip: True
) -> list[Trip]:
    """The trips under way at a time; where there are none, those that ended or were cancelled and are followed.

    Who is looked for is not in a trip under way when somebody said hours ago that she did not board.
    """
    for then in (_under_way(at), _over_and_followed(at)):
        found = [trip for trip in rows.filter(then).order_by("-pk") if fits(trip)]
        if found:
            return found
    return []


def trips_by_plate(plate: str, at: datetime) -> list[Trip]:
    """Trips meant by a plate, registered or seen: under way at a time, else over and still followed."""
    wanted = typed.plate.key(plate)
    if not wanted:
        return []
    like = Q(plate_registered__endswith=wanted[-4:]) | Q(plate_seen__endswith=wanted[-4:])
    return _meant(
        all_trips().filter(like),
        at,
        lambda trip: wanted in {typed.plate.key(trip.plate_registered), typed.plate.key(trip.plate_seen)},
    )


def trips_by_phone(phone: str, at: datetime) -> list[Trip]:
    """Trips meant by a normalised phone: under way at a time, else over and still followed.

    It is that of the passenger, of the driver, or of who travels, for whom somebody else booked (A6). Where it is nobody's
    on a trip, it may be that of an emergency contact: then the trip is hers who named it.
    """
    index = phone_index(phone)
    hers = Q(passenger__phone_index=index) | Q(rider_phone_index=index)
    aboard = _meant(all_trips().filter(hers | Q(driver__account__phone_index=index)), at)
    return aboard or _meant(all_trips().filter(passenger__emergency_contacts__phone_index=index), at)


MOST_AT_ONCE = 1000
_PAGE = 500


def trips_in(since: datetime, until: datetime, *, plate: str = "", phone: str = "") -> list[Trip]:
    """The newest thousand of `each_trip_in`."""
    return list(islice(each_trip_in(since, until, plate=plate, phone=phone), MOST_AT_ONCE))


def each_trip_in(since: datetime, until: datetime, *, plate: str = "", phone: str = "") -> Iterator[Trip]:
    """Every trip with a driver that lies in a span of time, of a plate, registered or seen, or of anybody's phone on it;
    the newest first."""
    rows = all_trips().filter(requested_at__lte=until, driver__isnull=False)
    rows = rows.exclude(Q(ended_at__lt=since) | Q(cancelled_at__lt=since))
    if phone:
        index = phone_index(phone)
        rows = rows.filter(
            Q(passenger__phone_index=index)
            | Q(rider_phone_index=index)
            | Q(driver__account__phone_index=index)
            | Q(passenger__emergency_contacts__phone_index=index)
        )
        yield from _paged(rows.distinct())
        return
    wanted = typed.plate.key(plate)
    if not wanted:
        return
    like = Q(plate_registered__endswith=wanted[-4:]) | Q(plate_seen__endswith=wanted[-4:])
    for trip in _paged(rows.filter(like)):
        # What somebody saw is kept as they wrote it: only `key` compares it.
        if wanted in {typed.plate.key(trip.plate_registered), typed.plate.key(trip.plate_seen)}:
            yield trip


def _paged(rows: QuerySet[Trip]) -> Iterator[Trip]:
    """All rows, some at a time, the newest first."""
    page = list(rows.order_by("-pk")[:_PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__lt=page[-1].pk).order_by("-pk")[:_PAGE])


def trips_near(
    place: Point,
    at: datetime,
    *,
    until: datetime | None = None,
    metres: float = 1000,
    minutes: int = 10,
) -> list[Trip]:
    """Trips of which a phone was within `metres` of a place within `minutes` of a time, or of a span of time."""
    span = timedelta(minutes=minutes)
    degrees = 0.05
    rows = TrailMinute.objects.filter(
        minute__range=(at - span, (until or at) + span),
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
