"""What the monitor needs of trips: all at once, or only what was changed since it looked last."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from core import clock, policy
from rides.geometry import Point
from rides.models import City, KnownPlace, LatestPosition, LineInCity, Trip, met_by_what_was_said
from rides.policies import WATCH_AFTER, WATCH_AFTER_END
from rides.states import OVER, WITH_DRIVER, LineState, Party, TripState

_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True, slots=True)
class WatchedTrip:
    """What the monitor needs of a trip."""

    pk: int
    code: str
    city: str
    line: str
    state: str
    driver_state_since: datetime
    route: list[Point]
    route_source: str
    origin: Point
    destination: Point
    met: bool  # both phones were at one place
    cancelled_at: datetime | None
    # The line was suspended after this trip had begun: it is finished under closer watch (R1).
    closer: bool = False
    planned_seconds: float = 0.0
    # Known places around the way: whoever is near one of them is not in a remote area.
    places: tuple[Point, ...] = ()
    # The trip itself says that driver and passenger stood face to face, wherever their phones were.
    said_met: bool = False
    by_driver: bool = False  # the driver cancelled it

    @property
    def has_met(self) -> bool:
        """As `Trip.has_met`: by their phones or by what was said and entered (R6)."""
        return self.met or self.said_met


@dataclass(frozen=True, slots=True)
class TripMark:
    """A trip's row in short: which transaction wrote it last, and whether it is watched now.

    `watched_until` is when a trip that is over is watched no more, where nothing else keeps it; None where a change of
    the row, or the end of what keeps it, will say it.
    """

    pk: int
    code: str
    changed_in: int
    city_id: int
    line: str
    watched: bool
    watched_until: datetime | None


@dataclass(frozen=True, slots=True)
class Unwatchable:
    """A trip whose row cannot be read as a trip to watch, and why."""

    pk: int
    code: str
    why: Exception


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a trip's watch depends on beside its row: each city's places, and the lines that are suspended there."""

    cities: dict[int, str] = field(default_factory=dict)
    places: dict[int, list[Point]] = field(default_factory=dict)
    stopped: frozenset[tuple[str, int]] = frozenset()


_followed: list[Callable[[], Iterable[int]]] = []
Lookup = Callable[[], Iterable[int]]


def follows_trips(lookup: Lookup) -> Lookup:
    """Function decorator for apps above: primary keys of trips that are followed also when they are over (R9)."""
    _followed.append(lookup)
    return lookup


def followed() -> set[int]:
    """The trips that something keeps in watch, over or not."""
    return {pk for lookup in _followed for pk in lookup()}


def is_followed(trip: Trip) -> bool:
    """Whether something keeps this trip in watch, over or not."""
    return trip.pk in followed()


def is_watched(trip: Trip) -> bool:
    """Whether both phones of this trip are watched now: the two may still be together (R9)."""
    return Trip.objects.filter(_watched(clock.now()), pk=trip.pk).exists()


def watched_trips() -> list[WatchedTrip]:
    """Trips whose phones are watched now: with a driver, over since a short time, or followed by something else.

    Raises what is wrong with the first one that cannot be read.
    """
    pks = list(Trip.objects.filter(_watched(clock.now())).order_by("pk").values_list("pk", flat=True))
    trips, bad = read_watched(pks, surroundings())
    for each in bad:
        raise each.why
    return trips


def watch_horizon() -> int:
    """The oldest transaction that the next look has to ask about: taken before the rows of this one are read."""
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def city_codes() -> dict[int, str]:
    """All cities by primary key."""
    return dict(City.objects.values_list("pk", "code"))


def changed_marks(cities: Collection[int], since: int) -> list[TripMark]:
    """Trips of these cities that were written by this transaction or a later one, watched or not."""
    return _marks(Trip.objects.filter(city_id__in=cities, changed_in__gte=since))


def watched_marks(cities: Collection[int]) -> list[TripMark]:
    """All watched trips of these cities."""
    return _marks(Trip.objects.filter(_watched(clock.now()), city_id__in=cities))


def marks_of(codes: Collection[str]) -> list[TripMark]:
    """The trips with these codes."""
    return _marks(Trip.objects.filter(code__in=codes))


def trip_keys(codes: Collection[str]) -> dict[str, int]:
    """The primary keys of the trips with these codes, watched or not."""
    sane = [code for code in codes if "\0" not in code]
    return dict(Trip.objects.filter(code__in=sane).values_list("code", "pk")) if sane else {}


def surroundings() -> Surroundings:
    """The surroundings of now."""
    places: dict[int, list[Point]] = defaultdict(list)
    rows = KnownPlace.objects.order_by("pk").values_list("city_id", "latitude", "longitude")
    for city, latitude, longitude in rows:
        places[city].append((latitude, longitude))
    return Surroundings(city_codes(), places, stopped_lines())


def stopped_lines() -> frozenset[tuple[str, int]]:
    """Lines that are not running now, as (line, city's primary key)."""
    at = clock.now()
    rows = LineInCity.objects.filter(Q(state=LineState.SUSPENDED) | Q(suspends_at__lte=at))
    return frozenset(rows.values_list("line", "city_id"))


def read_watched(pks: Iterable[int], around: Surroundings) -> tuple[list[WatchedTrip], list[Unwatchable]]:
    """Those of these trips that are watched now, and those whose row cannot be read as one."""
    found: list[WatchedTrip] = []
    bad: list[Unwatchable] = []
    rows = Trip.objects.filter(_watched(clock.now()), pk__in=list(pks))
    for row in rows.order_by("pk").values(*_COLUMNS):
        try:
            found.append(_read(row, around))
        except Exception as why:  # whatever stands in a row of somebody else's must not stop the others
            bad.append(Unwatchable(row["pk"], row["code"], why))
    return found, bad


def latest_positions_of(trip_ids: Collection[int]) -> dict[int, dict[str, LatestPosition]]:
    """The newest position of each side of these trips."""
    found: dict[int, dict[str, LatestPosition]] = defaultdict(dict)
    for row in LatestPosition.objects.filter(trip__in=trip_ids):
        found[row.trip_id][row.party] = row
    return found


def _watched(at: datetime) -> Q:
    since, ended = at - policy.span(WATCH_AFTER), at - policy.span(WATCH_AFTER_END)
    over = Q(cancelled_at__gt=since) | Q(ended_at__gt=ended) | Q(pk__in=followed(), state__in=OVER)
    return Q(state__in=WITH_DRIVER) | over & Q(driver__isnull=False)


def _marks(rows: "QuerySet[Trip]") -> list[TripMark]:
    after = {TripState.CANCELLED: policy.span(WATCH_AFTER), TripState.ENDED: policy.span(WATCH_AFTER_END)}
    columns = (
        "pk",
        "code",
        "changed_in",
        "city_id",
        "line",
        "state",
        "cancelled_at",
        "ended_at",
        "driver_id",
    )
    found, now, kept = [], clock.now(), None
    for pk, code, changed_in, city, line, state, cancelled_at, ended_at, driver in rows.values_list(*columns):
        watched, until = state in WITH_DRIVER, None
        if state in OVER and driver is not None:
            kept = followed() if kept is None else kept
            until = (ended_at or cancelled_at) + after[state]
            watched = until > now or pk in kept
            until = None if pk in kept else until
        found.append(TripMark(pk, code, changed_in, city, line, watched, until if watched else None))
    return found


_COLUMNS = (
    "pk",
    "code",
    "city_id",
    "line",
    "state",
    "departed_at",
    "boarded_at",
    "arrived_at",
    "accepted_at",
    "requested_at",
    "planned_route",
    "route_source",
    "route_seconds",
    "origin_latitude",
    "origin_longitude",
    "destination_latitude",
    "destination_longitude",
    "phones_met_at",
    "plate_check",
    "wrong_codes",
    "cancelled_at",
    "cancelled_by",
)


def _read(row: dict[str, Any], around: Surroundings) -> WatchedTrip:
    city = row["city_id"]
    origin = (row["origin_latitude"], row["origin_longitude"])
    destination = (row["destination_latitude"], row["destination_longitude"])
    return WatchedTrip(
        pk=row["pk"],
        code=row["code"],
        city=around.cities[city],
        line=row["line"],
        state=row["state"],
        driver_state_since=row["departed_at"]
        or row["boarded_at"]
        or row["arrived_at"]
        or row["accepted_at"]
        or row["requested_at"],
        route=[(lat, lon) for lat, lon in row["planned_route"]],
        route_source=row["route_source"],
        origin=origin,
        destination=destination,
        met=row["phones_met_at"] is not None,
        cancelled_at=row["cancelled_at"],
        closer=(row["line"], city) in around.stopped,
        planned_seconds=row["route_seconds"],
        places=(origin, destination, *around.places.get(city, ())),
        said_met=met_by_what_was_said(row["boarded_at"], row["plate_check"], row["wrong_codes"]),
        by_driver=row["cancelled_by"] == Party.DRIVER,
    )
