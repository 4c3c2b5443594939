"""Hitch matching (R2): the same candidates as brute force, in a stable order, with nothing about people in it."""

import itertools
import math
import threading
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account
from conftest import GOAL, PICKUP, Rides, usual_journey
from governance.demo import make_world
from rides import open_requests, selectors, services
from rides.matching import CityPlane, OpenRequests, Way, Wish, fit
from rides.models import City, Itinerary, Score, Trip
from rides.services import Place
from rides.states import CancelReason

PLANE = CityPlane(28.1, 120.8, 60_000.0)
SCALE = math.radians(1.0) * 6_371_008.8
CLOSE_CALL = 1e-3  # metres or seconds: nearer to a limit than this both answers are right


def degrees(x, y):
    """A point of the plane as (latitude, longitude)."""
    return 28.1 + y / SCALE, 120.8 + x / SCALE / math.cos(math.radians(28.1))


def place_on(way, point):
    """Brute force in plain Python: (distance to the way, length up to the first nearest point, length, tied).

    `tied` where the way passes equally near twice, as one that returns on itself does: rounding says which is nearer.
    """
    x, y = point
    best, along, before = math.inf, 0.0, 0.0
    passes = []
    for (ax, ay), (bx, by) in itertools.pairwise(way):
        dx, dy = bx - ax, by - ay
        length = math.hypot(dx, dy)
        share = 0.0 if length == 0 else ((x - ax) * dx + (y - ay) * dy) / length**2
        share = min(max(share, 0.0), 1.0)
        away = math.hypot(x - ax - share * dx, y - ay - share * dy)
        passes.append((away, before + share * length))
        if away < best - 1e-9:
            best, along = away, before + share * length
        before += length
    near = [at for away, at in passes if away < best + CLOSE_CALL]
    return best, along, before, max(near) - min(near) > CLOSE_CALL


def brute(way, wishes):
    """(those that fit, those that are too close to a limit to say)."""
    points = way.vertices.tolist()
    fits, unclear = set(), set()
    for wish in wishes:
        (ox, oy), (dx, dy) = PLANE.project([wish.origin, wish.destination]).tolist()
        off, at, whole, tied = place_on(points, (ox, oy))
        off_goal, at_goal, _whole, goal_tied = place_on(points, (dx, dy))
        passes = at / max(whole, 1e-9) * way.seconds
        margins = [
            way.reach - off,
            way.reach - off_goal,
            at_goal - at,
            way.detour_limit - 2 * (off + off_goal),
            wish.end - way.start - passes,
            way.end + passes - wish.start,
        ]
        if wish.seats > way.seats:
            continue
        if tied or goal_tied or any(abs(margin) < CLOSE_CALL for margin in margins):
            unclear.add(wish.pk)
        elif min(margins) > 0:
            fits.add(wish.pk)
    return fits, unclear


coordinate = st.floats(-55_000, 55_000, allow_nan=False)
point = st.tuples(coordinate, coordinate)
# Points on a coarse lattice meet each other, vertices, and the borders of cells.
lattice = st.tuples(*[st.integers(-20, 20).map(lambda step: step * 500.0)] * 2)
moment = st.integers(0, 8 * 3600).map(float)


@st.composite
def wishes_and_way(draw, points):
    start = draw(moment)
    vertices = draw(st.lists(points, min_size=2, max_size=8))
    way = Way(
        np.array(vertices, dtype=float),
        draw(st.floats(0, 5400)),
        start,
        start + draw(st.floats(0, 3 * 3600)),
        draw(st.integers(1, 4)),
        draw(st.sampled_from([200.0, 1999.0, 2000.0, 3500.0])),
        draw(st.sampled_from([0.0, 1500.0, 4000.0, 10_000.0])),
    )
    near = st.one_of(points, st.sampled_from(vertices))
    count = draw(st.integers(0, 40))
    wishes = []
    for pk in range(1, count + 1):
        begin = draw(moment)
        wishes.append(
            Wish(
                pk,
                degrees(*draw(near)),
                degrees(*draw(near)),
                begin,
                begin + draw(st.floats(0, 3 * 3600)),
                draw(st.integers(1, 4)),
            )
        )
    return way, wishes


@settings(max_examples=100, deadline=None)
@given(st.one_of(wishes_and_way(point), wishes_and_way(lattice)))
def test_the_candidates_are_those_of_brute_force(given_):
    way, wishes = given_
    requests = OpenRequests(PLANE)
    requests.put(wishes)
    found = requests.candidates(way)
    fits, unclear = brute(way, wishes)
    assert {each.pk for each in found} - unclear == fits - unclear
    cost = [(round(each.detour_seconds + each.wait_seconds), each.pk) for each in found]
    assert cost == sorted(cost)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_the_set_stays_true_while_requests_come_and_go(data):
    """Adding, replacing, removing and merging never lose or invent a request."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    requests, there = OpenRequests(PLANE), {}
    way = Way(np.array([[-30_000.0, 0.0], [30_000.0, 4_000.0]]), 3000, 3600, 7200, 4, 2000, 8000)
    for _turn in range(6):
        for _each in range(int(rng.integers(1, 900))):
            pk = int(rng.integers(1, 3000))
            if rng.random() < 0.3:
                requests.remove(pk)
                there.pop(pk, None)
                continue
            x, y = rng.uniform(-30_000, 20_000), rng.normal(0, 2_000)
            start = float(rng.integers(0, 9000))
            wish = Wish(pk, degrees(x, y), degrees(x + 8000, y), start, start + 900, 1)
            there[pk] = wish
            requests.put([wish])
        fits, unclear = brute(way, there.values())
        assert {each.pk for each in requests.candidates(way)} - unclear == fits - unclear
        assert len(requests) == len(there)


def test_a_candidate_says_why_it_is_there():
    way = Way(np.array([[0.0, 0.0], [20_000.0, 0.0]]), 1800, 1000, 1600, 2, 2000, 4000)
    found = fit(PLANE, way, Wish(7, degrees(5_000, 300), degrees(15_000, -200), 1500, 2400, 1))
    assert found.detour_metres == pytest.approx(1000, abs=0.01)
    assert found.detour_seconds == pytest.approx(90, abs=0.1)
    assert found.overlap == pytest.approx(0.5, abs=1e-6)
    assert found.pickup_at == pytest.approx(1500, abs=0.01)  # passing at 1450, she leaves at 1500
    assert found.wait_seconds == pytest.approx(50, abs=0.01)


def test_the_wrong_direction_is_no_candidate():
    way = Way(np.array([[0.0, 0.0], [20_000.0, 0.0]]), 1800, 1000, 1600, 2, 2000, 4000)
    assert fit(PLANE, way, Wish(7, degrees(15_000, 0), degrees(5_000, 0), 1500, 2400, 1)) is None


def _listed(way_code):
    itinerary = Itinerary.objects.select_related("city", "driver__account").get(code=way_code)
    return [(row.trip.code, row.candidate) for row in selectors.requests_along(itinerary)]


def test_nothing_about_the_person_changes_the_list(rides, people):
    """Pairs that differ only in who asks: gender in the ID number, name, language, score, photo of the account."""
    way = rides.itinerary()
    trips = [rides.booked("passenger"), rides.booked("passenger2")]
    before = [(code, replace(each, pk=0)) for code, each in _listed(way)]
    assert [code for code, _each in before] == [trip.code for trip in trips]
    woman, man = people("passenger"), people("passenger2")
    for account, number, name, stars in (
        (woman, "110101199001014120", "欧阳娜娜", 5),
        (man, "110101199001014113", "王建国", 25),
    ):
        account.id_number, account.real_name, account.language = number, name, "en"
        account.save(update_fields=["id_number", "real_name", "language"])
        Score.objects.update_or_create(account=account, defaults={"stars": stars, "count": 5})
    assert [(code, replace(each, pk=0)) for code, each in _listed(way)] == before
    Trip.objects.filter(pk=trips[0].pk).update(passenger=man)
    Trip.objects.filter(pk=trips[1].pk).update(passenger=woman)
    assert [(code, replace(each, pk=0)) for code, each in _listed(way)] == before


def test_equal_requests_keep_their_order(rides):
    way = rides.itinerary()
    codes = [rides.booked("passenger" if number % 2 else "passenger2").code for number in range(6)]
    assert [code for code, _each in _listed(way)] == codes
    assert [code for code, _each in _listed(way)] == codes


@pytest.mark.django_db(transaction=True)
def test_each_process_sees_what_others_commit_however_long_they_take(noon, rides_world):
    """A transaction that began before the last look and commits after it is not missed."""
    way = rides_world.itinerary()
    first = rides_world.booked()
    assert [code for code, _each in _listed(way)] == [first.code]
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            Trip.objects.filter(code=first.code).update(seats=4)
            begun.set()
            go_on.wait(10)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    begun.wait(10)
    second = rides_world.booked("passenger2")  # moves the horizon on, past the slow one's number
    assert [code for code, _each in _listed(way)] == [first.code, second.code]
    go_on.set()
    writer.join(10)
    assert [code for code, _each in _listed(way)] == [second.code]  # four seats do not fit any more


@pytest.fixture
def rides_world(transactional_db):
    make_world(password="a password of tests")
    return Rides(lambda name: Account.objects.get(code=name))


def test_the_board_and_the_acceptance_share_one_rule(rides, people):
    """What is listed can be accepted, what is not is refused, also for a request far down the list."""
    way = Itinerary.objects.select_related("city", "driver__account").get(code=rides.itinerary())
    beside = usual_journey(origin=Place("x", PICKUP.latitude + 0.1, PICKUP.longitude))
    trip = services.book_trip(passenger=people("passenger"), journey=beside, seats=1, client_key="far-away")
    assert trip.state == "requested"
    assert selectors.fit_of(trip, way) is None
    assert selectors.requests_along(way) == []


def test_a_copy_forgets_requests_that_left(rides, people):
    way, trip = rides.itinerary(), rides.booked()
    assert _listed(way)
    services.cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    assert not _listed(way)
    city = City.objects.get(code="wenzhou")
    key = next(iter(open_requests._copies))
    assert trip.pk not in open_requests._copies[key].requests
    assert selectors.place_name(city, GOAL.point) == "上塘 Shangtang"


def test_an_owner_without_time_left_sees_nobody(rides, noon):
    way = rides.itinerary()
    rides.booked()
    noon.shift(timedelta(hours=2))
    assert _listed(way) == []
