"""The rules made ready before anybody waits for them."""

from datetime import UTC, datetime

from rides.positions import shard_stream
from rides.selectors import WatchedTrip
from rides.states import Line, Party, TripState
from safety.monitor import declare
from safety.monitor.declare import Limits, Phase
from safety.monitor.memory import WatchTable


def warm_up() -> None:
    """Have the rules compiled, or read from the disk, before anybody waits for them: it takes seconds the first time.

    Trips of each phase go the way that real ones go, so that nothing is left to compile for the first real batch.
    """
    states = {
        Phase.BEFORE_BOARDING: TripState.ACCEPTED,
        Phase.ABOARD: TripState.IN_PROGRESS,
        Phase.CANCELLED: TripState.CANCELLED,
        Phase.ENDED: TripState.ENDED,
    }
    origin, destination = (28.0, 121.0), (28.1, 121.0)
    trips = [
        WatchedTrip(
            pk=0,
            code=phase.name,
            city="",
            line=Line.EXPRESS,
            state=states[phase],
            driver_state_since=datetime.fromtimestamp(0, tz=UTC),
            route=[origin, destination],
            route_source="",
            origin=origin,
            destination=destination,
            met=True,
            cancelled_at=None,
            planned_seconds=600,
            places=(origin, destination),
        )
        for phase in Phase
    ]
    *_columns, limits = declare.columns()
    table = WatchTable(Limits(**dict.fromkeys(limits.names, 1.0)))
    if wrong := table.put(trips, {}):
        raise ValueError(f"the rules cannot take an ordinary trip: {wrong}")
    pings = [(at, 28.0 + at / 1000, 121.0, 0.0) for at in (1.0, 20.0, 40.0)]
    table.observe((trip.code, party, False, pings) for trip in trips for party in Party)
    table.tick({shard_stream(""): 100_000.0})
    for fault in table.take_faults():
        raise fault.why
