"""Simulations over columns say what the real rules say, row by row; and they count by city, hour and line."""

from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock, policy
from core.models import PolicyVersion
from core.policy import simulation
from core.tests.test_policy import ALL
from drivers.policies import FACE_ACCEPT, FACE_CHALLENGE_LIFE, FACE_TOKEN_LIFE
from rides import fares
from rides.curfew import CURFEW, Hours, window_meets_curfew
from rides.geometry import distance
from rides.models import Itinerary, Offer, Trip
from rides.policies import (
    BOOK_AHEAD,
    DAILY_TRIPS,
    DETOUR_MOST,
    LONGEST_WINDOW,
    MORE_SEATS,
    OFFER_WITHIN,
    PATIENCE,
    SHORTEST_TRIP,
    TARIFF,
    Rates,
)
from rides.states import Line
from safety.models import Incident, SafetyQuestion, Signal
from safety.policies import ANSWER_WITHIN, OWNED_WITHIN, TAKEN_WITHIN, THRESHOLD, WEIGHTS
from safety.states import SignalKind

CITY_TIME = ZoneInfo("Asia/Shanghai")
ROWS = 200


def holds_since_ever(rule, value):
    """As if this value had always held: the real rule is asked under it."""
    PolicyVersion.objects.filter(key=rule.key).delete()
    PolicyVersion.objects.create(
        key=rule.key, number=1, value=rule.kind.plain(value), proposed_by="a", approved_by="b",
        effective_from=datetime(2000, 1, 1, tzinfo=CITY_TIME),
    )  # fmt: skip


@pytest.fixture
def history(rides, noon):
    """Trips, offers, ways, signals, questions and incidents at all hours, of all lengths."""
    chance, first = Random(20), rides.ended()
    way = Itinerary.objects.order_by("pk").first() or first.itinerary
    begin = clock.now() - timedelta(days=7)
    trips = []
    for number in range(ROWS):
        asked = begin + timedelta(seconds=chance.randrange(7 * 86_400 - 1))
        start = asked + timedelta(
            seconds=chance.choice([0, 600, 86_400, 7 * 86_400, chance.randrange(9 * 86_400)])
        )
        end = start + timedelta(seconds=chance.choice([0, 600, 3 * 3_600, chance.randrange(5 * 3_600)]))
        if number < 12:  # the boundary minutes
            start = begin.astimezone(CITY_TIME).replace(
                hour=(22, 6, 21, 5)[number % 4], minute=(0, 0, 59, 59)[number % 4],
                second=0 if number % 4 < 2 else 59, microsecond=number % 2,
            )  # fmt: skip
            end = start
        hitch = number % 3 == 0
        trips.append(
            Trip(
                code=f"T-{number:010}", client_key=f"sim{number}", line="hitch" if hitch else chance.choice(Line.values[1:]),
                city=first.city, passenger=first.passenger, state="cancelled", cancelled_at=asked,
                origin_name="x", destination_name="x", boarding_code="0000",
                origin_latitude=28.0, origin_longitude=120.6 + chance.random() / 100,
                destination_latitude=28.0 + chance.random() / 50, destination_longitude=120.6,
                window_start=start, window_end=end, seats=chance.randrange(1, 4), requested_at=asked,
                accepted_at=asked + timedelta(seconds=chance.choice([1, 300, 599.5, 600, 601, 900])),
                route_metres=chance.random() * 80_000, route_seconds=chance.random() * 6_000,
            )
        )  # fmt: skip
    trips = Trip.objects.bulk_create(trips)
    driver = first.driver
    Offer.objects.bulk_create(
        Offer(
            code=f"O-{number:010}", trip=trip, driver=driver, state=chance.choice(["accepted", "declined", "expired"]),
            pickup_seconds=1, offered_at=trip.requested_at, expires_at=trip.requested_at + timedelta(seconds=15),
            answered_at=trip.requested_at + timedelta(seconds=chance.choice([1, 7.999, 8, 8.001, 14, 15])),
        )
        for number, trip in enumerate(trips)
    )  # fmt: skip
    for number in range(60):
        row = Itinerary.objects.get(pk=way.pk)
        row.pk, row.code, row.client_key = None, f"I-{number:010}", f"way{number}"
        row.detour_limit = chance.choice([0, 4_000, 5_000, 5_001, 10_000])
        row.created_at = begin + timedelta(hours=number)
        row.save(force_insert=True)
    kinds = SignalKind.values
    for trip in trips[:80]:
        for kind in chance.sample(kinds, 3):
            Signal.objects.create(
                trip=trip, kind=kind, score=chance.choice([0, 10, 20, 35, 50]), at=trip.requested_at
            )
        SafetyQuestion.objects.create(
            trip=trip, asked_at=trip.requested_at, expires_at=trip.requested_at, answer="fine",
            answered_at=trip.requested_at + timedelta(seconds=chance.choice([1, 29, 30, 30.5, 59])),
        )  # fmt: skip
        taken = chance.choice([None, 1, 9, 10, 10.5, 60])
        over = (
            {}
            if taken is None
            else {
                "state": "closed",
                "closed_at": clock.now(),
                "closed_by": "y",
                "resolved_by": "x",
                "taken_by": "z",
                "outcome": "false_alarm",
                "harm": "none",
                "harm_at": clock.now(),
                "taken_at": trip.requested_at + timedelta(seconds=taken),
            }
        )
        Incident.objects.create(
            code=f"S{trip.code[1:]}", trip=trip, origin="sos", has_sos=bool(trip.pk % 2), opened_at=trip.requested_at,
            opened_by="x", changed_at=trip.requested_at, **over,
        )  # fmt: skip
    # The trip and the way with which the world began lie before the period.
    long_ago = begin - timedelta(days=100)
    Trip.objects.filter(pk=first.pk).update(requested_at=long_ago, window_start=long_ago)
    Itinerary.objects.exclude(client_key__startswith="way").update(created_at=long_ago)
    return begin - timedelta(days=1), clock.now() + timedelta(days=20)


def both(rule, new, period):
    how = simulation.of(rule)
    return simulation.simulate(how, policy.value(rule), new, *period)["all"]


def slowly(rule, new, decide, rows):
    """The same by the real rule: rows, by the value in force, by the other, and for how many that differs."""
    rows = list(rows)
    found = []
    for value in (policy.value(rule), new):
        holds_since_ever(rule, value)
        with policy.read_once():
            found.append([float(decide(row)) for row in rows])
    PolicyVersion.objects.filter(key=rule.key).delete()
    old, other = found
    return [len(rows), sum(old), sum(other), sum(a != b for a, b in zip(old, other, strict=True))]


def trips(**changes):
    return Trip.objects.filter(client_key__startswith="sim", **changes)


def of_the_day(row):
    day = row.accepted_at.astimezone(CITY_TIME).date()
    before = [
        each
        for each in Trip.objects.filter(driver=row.driver, itinerary__isnull=False).exclude(state="cancelled")
        if each.accepted_at and each.accepted_at.astimezone(CITY_TIME).date() == day
        and (each.accepted_at, each.pk) < (row.accepted_at, row.pk)
    ]  # fmt: skip
    return len(before) >= policy.value(DAILY_TRIPS)


def total(trip):
    weights = policy.value(WEIGHTS)
    return sum(weights[row.kind] for row in trip.signals.all())


CASES = {
    CURFEW: (
        Hours(time(20, 30), time(7)),
        lambda row: window_meets_curfew(row.window_start, row.window_end),
        lambda: trips(line="hitch"),
    ),
    SHORTEST_TRIP: (
        1_000,
        lambda row: distance(row.origin, row.destination) < policy.value(SHORTEST_TRIP),
        trips,
    ),
    LONGEST_WINDOW: (
        3_600,
        lambda row: row.window_end > row.window_start + policy.span(LONGEST_WINDOW),
        lambda: trips(line="hitch"),
    ),
    BOOK_AHEAD: (1, lambda row: row.window_start > row.requested_at + policy.span(BOOK_AHEAD), trips),
    PATIENCE: (
        300,
        lambda row: row.accepted_at > max(row.window_start, row.requested_at) + policy.span(PATIENCE),
        lambda: trips().exclude(line="hitch"),
    ),
    TARIFF: (
        lambda old: old | {"hitch": Rates(350, 95, 10, 600, 9_000), "express": Rates(555, 183, 37, 905)},
        lambda row: fares.estimate(row.line, row.route_metres, row.route_seconds, seats=row.seats).fen,
        trips,
    ),
    MORE_SEATS: (
        0.55,
        lambda row: fares.estimate(row.line, row.route_metres, row.route_seconds, seats=row.seats).fen,
        lambda: trips(line="hitch"),
    ),
    OFFER_WITHIN: (
        8,
        lambda row: row.answered_at > row.offered_at + policy.span(OFFER_WITHIN),
        lambda: Offer.objects.filter(trip__client_key__startswith="sim", state__in=["accepted", "declined"]),
    ),
    DETOUR_MOST: (
        5_000,
        lambda row: not 0 <= row.detour_limit <= policy.value(DETOUR_MOST),
        lambda: Itinerary.objects.filter(client_key__startswith="way"),
    ),
    THRESHOLD: (
        40,
        lambda row: sum(each.score for each in row.signals.all()) >= policy.value(THRESHOLD),
        lambda: trips().filter(signals__isnull=False).distinct(),
    ),
    WEIGHTS: (
        lambda old: {key: min(100, value + 13) for key, value in old.items()},
        lambda row: total(row) >= policy.value(THRESHOLD),
        lambda: trips().filter(signals__isnull=False).distinct(),
    ),
    ANSWER_WITHIN: (
        30,
        lambda row: row.answered_at > row.asked_at + policy.span(ANSWER_WITHIN),
        lambda: SafetyQuestion.objects.all(),
    ),
    TAKEN_WITHIN: (
        9,
        lambda row: row.taken_at is None or row.taken_at > row.opened_at + policy.span(TAKEN_WITHIN),
        lambda: Incident.objects.filter(has_sos=True),
    ),
    OWNED_WITHIN: (
        9,
        lambda row: row.taken_at is None or row.taken_at > row.opened_at + policy.span(OWNED_WITHIN),
        lambda: Incident.objects.filter(has_sos=False),
    ),
}


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_what_is_simulated_is_what_the_real_rule_says(history, rule):
    new, decide, rows = CASES[rule]
    new = new(policy.value(rule)) if callable(new) else new
    slow = slowly(rule, new, decide, rows())
    assert both(rule, new, history) == pytest.approx(slow)
    assert slow[0] >= 30 and slow[3] > 0, "nothing differs: it proves nothing"


def test_parties_of_a_day_are_counted_by_their_day(rides, noon):
    first = rides.ended()
    begin = clock.now() - timedelta(days=2)
    for number in range(30):
        row = Trip.objects.get(pk=first.pk)
        row.pk, row.code, row.client_key = None, f"T-{number:010}", f"d{number}"
        row.accepted_at = begin + timedelta(hours=number)
        row.save(force_insert=True)
    rows = Trip.objects.filter(itinerary__isnull=False)
    slow = slowly(DAILY_TRIPS, 5, of_the_day, rows)
    assert both(DAILY_TRIPS, 5, (begin - timedelta(days=9), clock.now() + timedelta(days=9))) == slow
    assert slow[3] > 0


def test_figures_are_parted_by_city_hour_and_line(history):
    found = simulation.simulate(simulation.of(TARIFF), policy.value(TARIFF), policy.value(TARIFF), *history)
    for part in ("city", "hour", "line"):
        assert sum(each[0] for each in found[part].values()) == found["all"][0]
        assert sum(each[1] for each in found[part].values()) == pytest.approx(found["all"][1])
    assert set(found["line"]) == set(Line.values) and found["all"][3] == 0
    assert len(found["hour"]) > 12


def test_it_only_reads(history):
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        for how in simulation.known():
            simulation.simulate(how, policy.value(how.policy), policy.value(how.policy), *history)
    said = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert set(said) == {"SELECT"}


def test_a_period_is_read_part_by_part_and_each_row_once(history, monkeypatch):
    whole = both(CURFEW, Hours(time(20), time(7)), history)
    monkeypatch.setattr(simulation, "PART", 7)
    assert both(CURFEW, Hours(time(20), time(7)), history) == whole


def test_each_simulation_is_compared_with_the_real_rule():
    elsewhere = {DAILY_TRIPS, FACE_ACCEPT, FACE_TOKEN_LIFE, FACE_CHALLENGE_LIFE}
    assert {how.policy for how in simulation.known()} == set(CASES) | elsewhere
    assert {each.policy for each in simulation.known()} <= set(ALL)


@pytest.mark.parametrize("rule", [each.policy for each in simulation.known()], ids=str)
def test_no_rule_has_both_figures_and_an_excuse(rule):
    assert not simulation.why_none(rule)


def test_face_checks_are_counted_as_they_were_opened(rides, people):
    from drivers.models import FaceCheck

    rides.accepted()
    check = FaceCheck.objects.filter(token_used_at__isnull=False).first()
    if check is None:
        check = FaceCheck.objects.filter(state="passed").first()
    assert check is not None
    for number, seconds in enumerate((0, 59.999, 60, 60.001, 299)):
        FaceCheck.objects.create(
            code=f"F-{number:010}", driver=check.driver, purpose="accept", subject="x", challenge=[], state="passed",
            asked_at=check.asked_at, expires_at=check.asked_at, decided_at=check.asked_at, score=0.5,
            token_digest=str(number), token_used_at=check.asked_at + timedelta(seconds=seconds),
        )  # fmt: skip
    period = check.asked_at - timedelta(days=1), check.asked_at + timedelta(days=1)
    found = both(FACE_TOKEN_LIFE, 60, period)
    assert found[1] == 0 and found[2] == found[3] == 2
