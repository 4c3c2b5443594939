"""Reads about cities, places and the lines that run in them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone

from core import typed
from core.errors import NotFound
from rides import maps
from rides.geometry import Point, bearing, distance, in_words
from rides.models import (
    City,
    KnownPlace,
    LineInCity,
    LineSuspension,
    Trip,
)
from rides.policies import in_share
from rides.states import WAITING, Line, LineState, SuspensionState, TripState

if TYPE_CHECKING:
    from accounts.models import Account


def cities() -> list[City]:
    return list(City.objects.order_by("pk"))


def places_of(city: City) -> list[KnownPlace]:
    return list(city.places.order_by("pk"))


def cities_with_lines() -> list[tuple[City, list[LineInCity], int]]:
    """Every city, its lines, and how many places people can choose there."""
    found = City.objects.annotate(place_count=Count("places")).prefetch_related("lines__city").order_by("pk")
    return [(city, sorted(city.lines.all(), key=lambda row: row.pk), city.place_count) for city in found]


def city_by_code(code: str) -> City:
    """Raises `NotFound`."""
    city = City.objects.filter(code=code).first()
    if city is None:
        raise NotFound("city")
    return city


def line_in_city(line: str, city: City) -> LineInCity | None:
    return LineInCity.objects.filter(line=line, city=city).first()


def all_lines() -> list[LineInCity]:
    """Every line in every city, for the console and the board."""
    return list(LineInCity.objects.select_related("city").order_by("pk"))


def line_runs(line: str, city: City, at: datetime) -> bool:
    """True where the line takes orders in the city at a time, and the company's permit is valid that day."""
    row = line_in_city(line, city)
    return row is not None and runs(row, at)


def runs(row: LineInCity, at: datetime) -> bool:
    """The same for a row that is at hand: the moment of a suspension counts, not the job that tells people."""
    return (
        (row.state == LineState.RUNNING or _is_looked_after(row, at))
        and (row.starts_at is None or row.starts_at <= at)
        and (row.suspends_at is None or at < row.suspends_at)
        and row.permit_until >= timezone.localtime(at).date()
    )


UNWATCHED = timedelta(seconds=60)


def _is_looked_after(row: LineInCity, at: datetime) -> bool:
    """A line on its way back takes orders only while somebody looks whether what it was let run on still holds."""
    looked = row.looked_at
    return row.state == LineState.RELAUNCHING and looked is not None and at - looked <= UNWATCHED


def admits(row: LineInCity, who: "Account") -> bool:
    """Whether somebody may order on a line that returns step by step (G2+). Marked people always may: they try it."""
    return row.share == 100 or who.is_drill or in_share(who.code, row.passage, row.share)


def tried_while_suspended(row: LineInCity, who: "Account") -> bool:
    """Whether somebody may order on a suspended line: marked people alone, who try it before it returns. Nobody can
    accept what they order: drivers are asked `runs`."""
    return row.state == LineState.SUSPENDED and who.is_drill


def lines_going() -> list[LineInCity]:
    """Lines that are not suspended, running or on their way back, with their cities."""
    rows = LineInCity.objects.exclude(state=LineState.SUSPENDED).select_related("city")
    return list(rows.order_by("pk"))


def looks_at_lines() -> dict[tuple[str, str], datetime | None]:
    """When each line on its way back was last looked after, by line and city."""
    rows = LineInCity.objects.filter(state=LineState.RELAUNCHING)
    return {(line, city): at for line, city, at in rows.values_list("line", "city__code", "looked_at")}


def suspended_rows() -> list[LineInCity]:
    """Lines that are suspended or on their way back, with their cities."""
    rows = LineInCity.objects.exclude(state=LineState.RUNNING).select_related("city")
    return list(rows.order_by("pk"))


def suspensions_since(line: str, city: str, since: datetime) -> int:
    """How often a line was suspended in a city, or everywhere, since a time."""
    rows = LineSuspension.objects.filter(line=line, state=SuspensionState.CARRIED_OUT, at__gte=since)
    return rows.filter(Q(city=None) | Q(city__code=city)).count()


def was_suspended_everywhere(line: str) -> bool:
    """Whether a line was ever suspended in the whole country: since then it begins nowhere without the relaunch gate."""
    rows = LineSuspension.objects.filter(line=line, city=None, state=SuspensionState.CARRIED_OUT)
    return rows.exists()


def stops_ahead(line: str, city: str) -> datetime | None:
    """From when on a line stops in a city because two people have agreed to it, None where nobody has."""
    rows = LineSuspension.objects.filter(line=line, state=SuspensionState.AGREED)
    rows = rows.filter(Q(city=None) | Q(city__code=city))
    return rows.order_by("at").values_list("at", flat=True).first()


def last_suspended(line: str, city: str) -> datetime | None:
    """From when on a line was suspended in a city, or everywhere, the last time; None where it never was."""
    rows = LineSuspension.objects.filter(line=line, state=SuspensionState.CARRIED_OUT)
    rows = rows.filter(Q(city=None) | Q(city__code=city))
    return rows.order_by("-at").values_list("at", flat=True).first()


def trips_ended(line: str, city: str, since: datetime) -> int:
    """How many trips of people, marked ones left out, were ordered on a line in a city since a time and have ended."""
    rows = Trip.objects.filter(line=line, city__code=city, state=TripState.ENDED, requested_at__gte=since)
    return rows.exclude(passenger__is_drill=True).count()


COMPASS = ("北 N", "东北 NE", "东 E", "东南 SE", "南 S", "西南 SW", "西 W", "西北 NW")
AT_PLACE = 300.0


def place_name(city: City, point: Point) -> str:
    """How a point is called: the known place it lies at, what our map has there, or the nearest known place with
    direction and distance."""
    places = places_of(city)
    if not places:
        return f"{point[0]:.4f}, {point[1]:.4f}"
    nearest = min(places, key=lambda row: distance((row.latitude, row.longitude), point))
    here = (nearest.latitude, nearest.longitude)
    metres = distance(here, point)
    if metres <= AT_PLACE:
        return nearest.names
    drawn = maps.named_at(city.code, point)
    if drawn is not None:
        return drawn.names
    direction = COMPASS[round(bearing(here, point) / 45) % 8]
    return f"{nearest.names}, {direction} {in_words(metres)}"


def find_places(city: City, words: str, *, limit: int = 8) -> list[KnownPlace]:
    """Known places whose Chinese or English name holds what somebody typed, the shortest name first."""
    wanted = typed.text.fold(words).strip()
    if not wanted:
        return places_of(city)[:limit]
    # What a suggestion writes into the field is both names together.
    rows = [row for row in places_of(city) if wanted in _folded(row) or wanted == typed.text.fold(row.names)]
    return sorted(rows, key=lambda row: (len(row.name_zh), row.pk))[:limit]


def _folded(place: KnownPlace) -> str:
    """Both names, with nothing between them that somebody types."""
    return f"{typed.text.fold(place.name_zh)}\n{typed.text.fold(place.name_en)}"


def is_named(place: KnownPlace, words: str) -> bool:
    """Whether these words are the whole name of a place, in either language or in both."""
    names = {typed.text.fold(name) for name in (place.name_zh, place.name_en, place.names)}
    return typed.text.fold(words).strip() in names


def lines_of(city: City, at: datetime, who: "Account") -> dict[Line, bool]:
    """Every line, and whether it takes this person's orders in a city now."""
    rows = {row.line: row for row in LineInCity.objects.filter(city=city)}
    return {line: line in rows and runs(rows[line], at) and admits(rows[line], who) for line in Line}


def suspended_lines(city: City, at: datetime) -> set[Line]:
    """Lines that ran in a city and were suspended; one that was never opened there is not among them."""
    rows = LineInCity.objects.filter(city=city)
    return {
        Line(row.line)
        for row in rows
        if row.state == LineState.SUSPENDED or (row.suspends_at is not None and row.suspends_at <= at)
    }


def open_suspensions() -> list[LineSuspension]:
    """Suspensions that wait for a second person or for their time, oldest first."""
    rows = LineSuspension.objects.filter(state__in=[SuspensionState.PROPOSED, SuspensionState.AGREED])
    return list(rows.select_related("city").order_by("pk"))


def suspension_by_code(code: str) -> LineSuspension:
    """A suspension, proposed or further. Raises `NotFound`."""
    row = LineSuspension.objects.select_related("city").filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def last_suspensions(*, limit: int = 20) -> list[LineSuspension]:
    """What was suspended or withdrawn lately, newest first."""
    rows = LineSuspension.objects.filter(state__in=[SuspensionState.CARRIED_OUT, SuspensionState.WITHDRAWN])
    return list(rows.select_related("city").order_by("-pk")[:limit])


def waiting_by_line() -> dict[str, int]:
    """How many requests wait on each line now, by its value: whom a suspension would tell."""
    rows = Trip.objects.filter(state__in=WAITING).values_list("line").annotate(count=Count("pk"))
    return dict(rows.order_by("line"))
