"""One recorded trip through the monitor's detectors on a simulated clock. Writes nothing, sends nothing."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core import facts, policy
from rides.geometry import Point, distance, route_length
from rides.positions import shard_stream
from rides.routing import SPEED, GreatCircle, Source
from rides.selectors import WatchedTrip
from rides.states import Line, Party, TripState
from rides.trails import Fix
from safety.monitor.memory import MEETING, Detection, WatchTable, limits_in_force
from safety.monitor.rules.signal_lost import SILENCE
from safety.policies import THRESHOLD, WEIGHTS, ended_far
from safety.states import SignalKind

TICK = 5.0  # seconds between two looks at the clock, as long as phones take between two batches
CODE = "T-REPLAY"
STREAM = shard_stream("")


@dataclass(frozen=True, slots=True)
class ScoredSignal:
    """A signal with the score of the trip after it."""

    kind: SignalKind
    detection: Detection
    score: int


@dataclass(slots=True)
class Replay:
    """What came of it. `incident_at` is the time at which the score reached the threshold."""

    raised: list[ScoredSignal] = field(default_factory=list)
    incident_at: float | None = None
    score: int = 0
    one_phone: bool = False

    def add(self, found: Detection) -> None:
        if found.kind is None or (self.one_phone and found.detail == Party.PASSENGER):
            return
        known = {(each.detection.kind, each.detection.detail) for each in self.raised}
        if (found.kind, found.detail) in known:
            return
        self.score += policy.value(WEIGHTS)[found.kind]
        self.raised.append(ScoredSignal(found.kind, found, self.score))
        if self.incident_at is None and self.score >= policy.value(THRESHOLD):
            self.incident_at = found.at


@dataclass(frozen=True, slots=True)
class ReplayedTrip:
    """What is replayed. `cancelled_at` is Unix seconds, or None where nobody cancels.

    Without a `route` no router was there: the straight line to the destination stands for it.
    """

    trail: list[Fix]
    destination: Point
    route: list[Point] | None = None
    passenger: list[Fix] | None = None
    cancelled_at: float | None = None
    cancelled_on_meeting: bool = False


def replay(story: ReplayedTrip) -> Replay:
    """Feed a story through the detectors: the trail is the driver's phone, `passenger` the other one.

    Without a second phone the trail stands for both, and its silence is one signal, not two.
    """
    trip, found = _trip(story), Replay(one_phone=story.passenger is None)
    cancelled_at = story.cancelled_at
    if cancelled_at is not None or story.cancelled_on_meeting:
        trip = replace(trip, state=TripState.ACCEPTED)
    table = WatchTable(limits_in_force())
    table.put([trip], {})
    now = story.trail[0].at
    for party, fix in _in_order(story):
        while fix.at - now > TICK:
            now += TICK
            _take(found, table.tick({STREAM: now}))
        now = fix.at
        if cancelled_at is not None and trip.state == TripState.ACCEPTED and now >= cancelled_at:
            trip = replace(trip, state=TripState.CANCELLED, met=True)
            table.put([trip], {})
        seen = table.observe([(CODE, party, False, [(fix.at, *fix.point, fix.accuracy or 0.0)])])
        if story.cancelled_on_meeting and any(each.rule == MEETING for _code, each in seen):
            trip = replace(trip, state=TripState.CANCELLED, met=True)
            table.put([trip], {})
        _take(found, seen)
        _take(found, table.tick({STREAM: now}))
    if trip.state == TripState.IN_PROGRESS:
        _end(story, found, table, now)
    return found


def _end(story: ReplayedTrip, found: Replay, table: WatchTable, now: float) -> None:
    """The last position. Far from the destination nobody can tell an end from a phone that went off: it is both."""
    last = story.trail[-1]
    here = (last.latitude, last.longitude)
    away = distance(here, story.destination)
    first = story.trail[0]
    if not ended_far(away, distance((first.latitude, first.longitude), story.destination)):
        return
    kind = SignalKind.ENDED_FAR
    found.add(Detection(kind, kind, "", facts.of(kind, metres=away), last.at, here))
    until = now + table.limits[SILENCE] + TICK
    while now < until:
        now += TICK
        _take(found, table.tick({STREAM: now}))


def _take(found: Replay, seen: list[tuple[str, Detection]]) -> None:
    for _code, each in seen:
        found.add(each)


def _trip(story: ReplayedTrip) -> WatchedTrip:
    first = story.trail[0]
    origin = (first.latitude, first.longitude)
    if story.route:
        way, source, seconds = story.route, Source.CLIENT, route_length(story.route) / SPEED
    else:
        drawn = GreatCircle().route([origin, story.destination])
        way, source, seconds = drawn.points, drawn.source, drawn.seconds
    return WatchedTrip(
        pk=0,
        code=CODE,
        city="",
        line=Line.HITCH,
        state=TripState.IN_PROGRESS,
        driver_state_since=datetime.fromtimestamp(first.at, tz=UTC),
        route=way,
        route_source=source,
        origin=origin,
        destination=story.destination,
        met=False,
        cancelled_at=None,
        planned_seconds=seconds,
        places=(origin, story.destination),
    )


def _in_order(story: ReplayedTrip) -> list[tuple[Party, Fix]]:
    """The positions of both phones by time."""
    driver = [(Party.DRIVER, fix) for fix in story.trail]
    passenger = [(Party.PASSENGER, fix) for fix in story.trail if story.passenger is None]
    passenger += [(Party.PASSENGER, fix) for fix in story.passenger or []]
    return sorted([*passenger, *driver], key=lambda each: each[1].at)
