"""What other values of the rules of rides would have done to orders, offers and owners' ways (`core.policy.simulation`)."""

from datetime import time
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from core import policy
from core.policy import Unit, simulation
from core.policy.simulation import Column, Columns, Simulation, simulated
from rides.curfew import CURFEW, Hours
from rides.geometry import EARTH_RADIUS
from rides.policies import (
    BOOK_AHEAD,
    DAILY_TRIPS,
    DETOUR_LIMIT,
    DETOUR_MOST,
    FARE_SLACK,
    LONGEST_WINDOW,
    MORE_SEATS,
    OFFER_WITHIN,
    PATIENCE,
    SHORTEST_TRIP,
    TARIFF,
    Rates,
)
from rides.states import Line

DAY = 86_400
REFUSED = _("orders that are refused")
HITCH_ORDERS = _("hitch orders")
ORDERS = _("orders")
# Not what marked accounts do, the drill's and the demo city's.
_OF_TRIPS = (
    "FROM rides_trip t JOIN rides_city c ON c.id = t.city_id"
    " JOIN accounts_account p ON p.id = t.passenger_id WHERE NOT p.is_drill"
)
_TRIPS: dict[str, Any] = {"key": "t.id", "at": "t.requested_at", "city": "c.code", "line": "t.line"}


def _since_midnight(moment: str) -> str:
    return f"extract(epoch FROM ({moment} AT TIME ZONE 'Asia/Shanghai')::time)"


def _seconds(moment: str) -> str:
    return f"extract(epoch FROM {moment})"


def _of_day(value: time) -> int:
    return value.hour * 3600 + value.minute * 60


def within(hours: Hours, seconds: Column) -> Column:
    """As `Hours.hold`, for seconds of the day."""
    begins, ends = _of_day(hours.from_), _of_day(hours.to)
    if begins > ends:
        return (seconds >= begins) | (seconds < ends)
    return (seconds >= begins) & (seconds < ends)


simulated(
    Simulation(
        policy=CURFEW,
        passed_only=True,
        of=HITCH_ORDERS,
        counts=REFUSED,
        rows=f"{_OF_TRIPS} AND t.line = 'hitch'",
        columns={"begins": _since_midnight("t.window_start"), "ends": _since_midnight("t.window_end")},
        rule=lambda hours, rows: within(hours, rows["begins"]) | within(hours, rows["ends"]),
        hour="t.window_start",
        **_TRIPS,
    )
)


def _distance(rows: Columns) -> Column:
    """As `rides.geometry.distance`."""
    lat1, lon1, lat2, lon2 = (np.radians(rows[name]) for name in ("lat1", "lon1", "lat2", "lon2"))
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    found: Column = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(h))
    return found


simulated(
    Simulation(
        policy=SHORTEST_TRIP,
        passed_only=True,
        of=ORDERS,
        counts=REFUSED,
        rows=_OF_TRIPS,
        columns={
            "lat1": "t.origin_latitude",
            "lon1": "t.origin_longitude",
            "lat2": "t.destination_latitude",
            "lon2": "t.destination_longitude",
        },
        rule=lambda metres, rows: _distance(rows) < metres,
        **_TRIPS,
    )
)
simulated(
    Simulation(
        policy=LONGEST_WINDOW,
        passed_only=True,
        of=HITCH_ORDERS,
        counts=REFUSED,
        rows=f"{_OF_TRIPS} AND t.line = 'hitch'",
        columns={"length": f"{_seconds('t.window_end')} - {_seconds('t.window_start')}"},
        rule=lambda seconds, rows: rows["length"] > seconds,
        **_TRIPS,
    )
)
simulated(
    Simulation(
        policy=BOOK_AHEAD,
        passed_only=True,
        of=ORDERS,
        counts=REFUSED,
        rows=_OF_TRIPS,
        columns={"ahead": f"{_seconds('t.window_start')} - {_seconds('t.requested_at')}"},
        rule=lambda days, rows: rows["ahead"] > days * DAY,
        **_TRIPS,
    )
)
simulated(
    Simulation(
        policy=PATIENCE,
        passed_only=True,
        of=_("orders that found a driver"),
        counts=_("orders whose search is over before"),
        rows=f"{_OF_TRIPS} AND t.line <> 'hitch' AND t.accepted_at IS NOT NULL",
        columns={
            "waited": f"{_seconds('t.accepted_at')} - {_seconds('greatest(t.window_start, t.requested_at)')}"
        },
        rule=lambda seconds, rows: rows["waited"] > seconds,
        **_TRIPS,
    )
)

# --- Fares -----------------------------------------------------------------------------------------

_FARES = {"metres": "t.route_metres", "seconds": "t.route_seconds", "seats": "t.seats"}


def _fares(tariff: dict[str, Rates], more: float, rows: Columns) -> Column:
    """As `rides.fares.estimate`: in whole jiao, and to the even one where two are as near."""
    found = np.zeros(len(rows["metres"]))
    for line in Line.values:
        chosen, rates = rows["line"] == line, tariff[line]
        one = rates.base + rates.per_km * rows["metres"][chosen] / 1000
        one = np.maximum(one + rates.per_minute * rows["seconds"][chosen] / 60, rates.least)
        if rates.most is not None:
            one = np.minimum(one, rates.most)
        seats = rows["seats"][chosen] if line == Line.HITCH else np.ones(len(one))
        found[chosen] = np.round(one * (1 + more * (seats - 1)) / 10) * 10
    return found


simulated(
    Simulation(
        policy=TARIFF,
        of=ORDERS,
        counts=_("the estimates before the trips"),
        unit=Unit.FEN,
        rows=_OF_TRIPS,
        columns=_FARES,
        rule=lambda tariff, rows: _fares(tariff, policy.value(MORE_SEATS), rows),
        **_TRIPS,
    )
)
simulated(
    Simulation(
        policy=MORE_SEATS,
        of=HITCH_ORDERS,
        counts=_("the estimates before the trips"),
        unit=Unit.FEN,
        rows=f"{_OF_TRIPS} AND t.line = 'hitch'",
        columns=_FARES,
        rule=lambda share, rows: _fares(policy.value(TARIFF), share, rows),
        **_TRIPS,
    )
)
simulation.never(
    _("Of a fare that was cut off, what it would have been is not kept."),
    FARE_SLACK,
)

# --- Offers and owners -------------------------------------------------------------------------------

simulated(
    Simulation(
        policy=OFFER_WITHIN,
        passed_only=True,
        of=_("offers that drivers answered"),
        counts=_("answers that come too late"),
        rows=(
            "FROM rides_offer o JOIN rides_trip t ON t.id = o.trip_id JOIN rides_city c ON c.id = t.city_id"
            " JOIN accounts_account p ON p.id = t.passenger_id"
            " WHERE NOT p.is_drill AND o.state IN ('accepted', 'declined')"
        ),
        key="o.id",
        at="o.offered_at",
        city="c.code",
        line="t.line",
        columns={"took": f"{_seconds('o.answered_at')} - {_seconds('o.offered_at')}"},
        rule=lambda seconds, rows: rows["took"] > seconds,
    )
)
simulated(
    Simulation(
        policy=DAILY_TRIPS,
        passed_only=True,
        of=_("hitch parties that owners took"),
        counts=_("parties above the limit of their day"),
        # The day of an owner is counted whole, whichever part of it the period has.
        rows=(
            "FROM (SELECT t.id, t.accepted_at, t.line, t.city_id, t.passenger_id, row_number() OVER ("
            "PARTITION BY t.driver_id, (t.accepted_at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY t.accepted_at, t.id"
            ") AS nth FROM rides_trip t WHERE t.itinerary_id IS NOT NULL AND t.accepted_at IS NOT NULL"
            " AND t.state <> 'cancelled') t JOIN rides_city c ON c.id = t.city_id"
            " JOIN accounts_account p ON p.id = t.passenger_id WHERE NOT p.is_drill"
        ),
        columns={"nth": "t.nth"},
        rule=lambda most, rows: rows["nth"] > most,
        **_TRIPS | {"at": "t.accepted_at"},
    )
)
simulated(
    Simulation(
        policy=DETOUR_MOST,
        passed_only=True,
        of=_("ways that owners offered"),
        counts=_("ways that are refused"),
        rows=(
            "FROM rides_itinerary i JOIN rides_city c ON c.id = i.city_id JOIN drivers_driver d ON d.id = i.driver_id"
            " JOIN accounts_account p ON p.id = d.account_id WHERE NOT p.is_drill"
        ),
        key="i.id",
        at="i.created_at",
        city="c.code",
        line="'hitch'",
        columns={"detour": "i.detour_limit"},
        rule=lambda metres, rows: rows["detour"] > metres,
    )
)
simulation.never(
    _("Whether an owner named a detour or took the usual one is not kept."),
    DETOUR_LIMIT,
)
