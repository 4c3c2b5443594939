"""Each process's copy of the open hitch requests of a city, kept true by the database itself (R2).

A trigger writes into every trip the number of the transaction that wrote it last. A look asks for what was written by
any transaction that had not ended when the look before took its snapshot, and for nothing else. So no change is missed,
however long its transaction ran; what is seen twice changes nothing. A request that has gone meanwhile can still be
named for a moment: whoever shows or accepts candidates reads their rows again.
"""

from dataclasses import dataclass, field
from threading import Lock

from django.db import connection

from rides.matching import Candidate, CityPlane, OpenRequests, Way, Wish
from rides.models import City
from rides.states import WAITING, Line

_SINCE = """
    SELECT id, state, origin_latitude, origin_longitude, destination_latitude, destination_longitude,
           extract(epoch FROM window_start), extract(epoch FROM window_end), seats
    FROM rides_trip WHERE city_id = %s AND line = %s AND changed_in >= %s
"""
_OPEN = _SINCE + " AND state IN ('requested', 'matched')"
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass
class _Copy:
    """The open requests of one city, and the oldest transaction that the next look has to ask about."""

    requests: OpenRequests
    horizon: int = -1
    lock: Lock = field(default_factory=Lock)


_copies: dict[tuple[str, int], _Copy] = {}


def plane_of(city: City) -> CityPlane:
    """The plane in which a city's ways and requests are measured."""
    return CityPlane(city.latitude, city.longitude, float(city.radius))


def candidates(city: City, way: Way) -> list[Candidate]:
    """The open requests that fit a way, best first, as the database knows them now."""
    copy = _copies.setdefault(
        (str(connection.settings_dict["NAME"]), city.pk), _Copy(OpenRequests(plane_of(city)))
    )
    with copy.lock:
        _look(city, copy)
        return copy.requests.candidates(way)


def forget() -> None:
    """Begin anew: for tests, which empty the tables underneath."""
    _copies.clear()


def _look(city: City, copy: _Copy) -> None:
    with connection.cursor() as cursor:
        # The horizon is taken before the rows: what commits in between is asked for again next time.
        cursor.execute(_HORIZON)
        row = cursor.fetchone()
        horizon = int(row[0]) if row else 0
        cursor.execute(_SINCE if copy.horizon >= 0 else _OPEN, [city.pk, Line.HITCH, max(copy.horizon, 0)])
        rows = cursor.fetchall()
    gone = [pk for pk, state, *_rest in rows if state not in WAITING]
    for pk in gone:
        copy.requests.remove(pk)
    copy.requests.put(
        Wish(pk, (from_lat, from_lon), (to_lat, to_lon), float(start), float(end), seats)
        for pk, state, from_lat, from_lon, to_lat, to_lon, start, end, seats in rows
        if state in WAITING
    )
    copy.horizon = horizon
