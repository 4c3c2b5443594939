"""What the monitor sees: pure functions over what it remembers of one trip. No I/O.

Times are Unix seconds; positions are (latitude, longitude) in degrees, WGS-84; lengths are metres.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rides.geometry import Point, distance, in_words, place_on_route, route_length
from rides.routing import is_drawn
from rides.selectors import WatchedTrip
from rides.states import ABOARD, BEFORE_BOARDING, Party, TripState
from rides.trails import Fix
from safety.states import SignalKind

MEETING_METRES = 100.0
MEETING_SECONDS = 90.0
TOGETHER_METRES = 200.0
TRAVELLED_METRES = 500.0
AFTER_CANCEL_METRES = 300.0
ALONE_AFTER_CANCEL_METRES = 1000.0
CLOSER = 2.0  # a trip on a line that was suspended meanwhile is held to half of each limit (R1)
# Where no router drew the way, the straight line stands for it: wide, and wider on long trips.
STRAIGHT_LEAST_METRES = 1500.0
STRAIGHT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy values, in seconds and metres."""

    silence: float
    silence_away: float
    off_route_metres: float
    off_route_seconds: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal to keep."""

    kind: SignalKind
    detail: str = ""
    why: str = ""
    position: Point | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Both phones are at one place before boarding."""

    position: Point


@dataclass(frozen=True, slots=True)
class TravelTogether:
    """Both phones travel together although no code was entered."""

    position: Point


Seen = Finding | Meeting | TravelTogether


@dataclass(slots=True)
class Watch:
    """What the monitor remembers of one trip."""

    trip: WatchedTrip
    last: dict[Party, Fix] = field(default_factory=dict)
    away: dict[Party, bool] = field(default_factory=dict)
    off_since: dict[Party, float] = field(default_factory=dict)
    met_at: Point | None = None
    at_cancel: dict[Party, Point] = field(default_factory=dict)
    # What was raised already; the database keeps each once as well.
    reported: set[tuple[SignalKind, str]] = field(default_factory=set)

    def observe(self, party: Party, fix: Fix, limits: Limits) -> Iterator[Seen]:
        """Take one position into account; a repeated or older one changes nothing."""
        known = self.last.get(party)
        if known and fix.at <= known.at:
            return
        self.last[party] = fix
        if self.trip.state in ABOARD:
            yield from self._off_route(party, fix, limits)
        elif self.trip.state in BEFORE_BOARDING:
            yield from self._meeting()
        elif self.trip.state == TripState.CANCELLED:
            yield from self._after_cancel(party, fix, limits)

    def tick(self, now: float, limits: Limits) -> Iterator[Seen]:
        """What silence says. Phones are asked for only once somebody is aboard."""
        if self.trip.state not in ABOARD:
            return
        for party in Party:
            last = self.last.get(party)
            began = self.trip.driver_state_since.timestamp()
            silent = now - max(last.at if last else began, began)
            limit = limits.silence_away if self.away.get(party) else limits.silence
            limit /= CLOSER if self.trip.closer else 1
            if silent > limit:
                position = (last.latitude, last.longitude) if last else None
                yield Finding(SignalKind.SIGNAL_LOST, party, f"{party}: {silent:.0f} s", position)

    def _off_route(self, party: Party, fix: Fix, limits: Limits) -> Iterator[Seen]:
        here = (fix.latitude, fix.longitude)
        away, _along = place_on_route(here, self.trip.route)
        if away <= self._tolerance(limits):
            self.off_since.pop(party, None)
            return
        since = self.off_since.setdefault(party, fix.at)
        if fix.at - since >= limits.off_route_seconds:
            drawn = "planned way" if is_drawn(self.trip.route_source) else "straight line"
            yield Finding(SignalKind.OFF_ROUTE, "", f"{in_words(away)} from the {drawn} ({party})", here)

    def _tolerance(self, limits: Limits) -> float:
        if is_drawn(self.trip.route_source):
            return limits.off_route_metres / (CLOSER if self.trip.closer else 1)
        return max(STRAIGHT_LEAST_METRES, STRAIGHT_SHARE * route_length(self.trip.route))

    def _apart(self) -> tuple[float, Point] | None:
        """(metres between the phones, where) when both have spoken at about the same time."""
        passenger, driver = self.last.get(Party.PASSENGER), self.last.get(Party.DRIVER)
        if not passenger or not driver or abs(passenger.at - driver.at) > MEETING_SECONDS:
            return None
        here = (passenger.latitude, passenger.longitude)
        return distance(here, (driver.latitude, driver.longitude)), here

    def _meeting(self) -> Iterator[Seen]:
        found = self._apart()
        if found is None:
            return
        apart, here = found
        if apart <= MEETING_METRES and self.met_at is None:
            self.met_at = here
            if not self.trip.met:
                yield Meeting(here)
        elif apart <= TOGETHER_METRES and self.met_at and distance(self.met_at, here) > TRAVELLED_METRES:
            yield TravelTogether(here)

    def _after_cancel(self, party: Party, fix: Fix, limits: Limits) -> Iterator[Seen]:
        here = (fix.latitude, fix.longitude)
        start = self.at_cancel.setdefault(party, here)
        moved = distance(start, here)
        found = self._apart()
        if found and found[0] <= TOGETHER_METRES and moved > AFTER_CANCEL_METRES:
            yield Finding(
                SignalKind.MOVING_AFTER_CANCEL,
                "",
                f"both phones {in_words(moved)} on, {in_words(found[0])} apart",
                here,
            )
        passenger = self.last.get(Party.PASSENGER)
        silent = fix.at - passenger.at if passenger else limits.silence + 1
        # A silent phone is never proof that she left (R6).
        if (
            party == Party.DRIVER
            and self.trip.met
            and silent > limits.silence
            and moved > ALONE_AFTER_CANCEL_METRES
        ):
            yield Finding(
                SignalKind.MOVING_AFTER_CANCEL,
                "",
                f"driver {in_words(moved)} on, her phone silent for {silent:.0f} s",
                here,
            )
