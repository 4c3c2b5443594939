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
TINY = 1e-7  # of a leg
CLOSE_CALL = 1e-3  # metres or seconds: nearer to a limit than this both answers are right


def degrees(x, y):
    """A point of the plane as (latitude, longitude)."""
    return 28.1 + y / SCALE, 120.8 + x / SCALE / math.cos(math.radians(28.1))


def passages(way, point):
    """Brute force in plain Python: (distance, length up to there, sure) of each passage of a point.

    A passage is where the way comes no nearer shortly before or after; at a vertex, or straight beside one, rounding
    says whether there is a second one, and such are not `sure`.
    """
    x, y = point
    legs = [(a, b) for a, b in itertools.pairwise(way) if a != b] or [(way[0], way[0])]
    found, before, shares = [], 0.0, []
    for (ax, ay), (bx, by) in legs:
        squared = (bx - ax) ** 2 + (by - ay) ** 2
        shares.append(0.0 if squared == 0 else ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squared)
    for number, ((ax, ay), (bx, by)) in enumerate(legs):
        share, length = shares[number], math.hypot(bx - ax, by - ay)
        here = min(max(share, 0.0), 1.0)
        place = math.hypot(x - ax - here * (bx - ax), y - ay - here * (by - ay)), before + here * length
        before += length
        inside = TINY < share < 1 - TINY
        turns = share > 1 - TINY and (number + 1 == len(legs) or shares[number + 1] < TINY)
        begins = number == 0 and share < TINY
        if inside or turns or begins:
            found.append((*place, True))
        elif -TINY <= share <= 1 + TINY:
            found.append((*place, False))
    return found, before


def brute(way, wishes):
    """(those that fit, those that are too close to a limit to say)."""
    points = [tuple(vertex) for vertex in way.vertices.tolist()]
    fits, unclear = set(), set()
    for wish in wishes:
        if wish.seats > way.seats:
            continue
        ends = PLANE.project([wish.origin, wish.destination]).tolist()
        (froms, whole), (tos, _whole) = passages(points, ends[0]), passages(points, ends[1])
        pairs = []
        for (off, at, sure), (off_goal, at_goal, goal_sure) in itertools.product(froms, tos):
            passes = at / max(whole, 1e-9) * way.seconds
            margin = min(
                way.reach - off,
                way.reach - off_goal,
                at_goal - at,
                way.detour_limit - 2 * (off + off_goal),
                wish.end - way.start - passes,
                way.end + passes - wish.start,
            )
            pairs.append((margin, sure and goal_sure))
        if any(margin > CLOSE_CALL and sure for margin, sure in pairs):
            fits.add(wish.pk)
        elif any(margin > -CLOSE_CALL for margin, _sure in pairs):
            unclear.add(wish.pk)
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


@settings(max_examples=100)
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


@pytest.mark.long
@settings(max_examples=15)
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


# East, back over the same road, then north: the crossing at 10 km is passed at 10 and at 30 km.
THERE_AND_BACK = Way(
    np.array([[0.0, 0.0], [10_000.0, 0.0], [20_000.0, 0.0], [10_000.0, 0.0], [10_000.0, 15_000.0]]),
    4500, 0, 3600, 3, 2000, 4000,
)  # fmt: skip


def test_a_way_that_passes_a_place_twice_is_matched_at_the_passage_that_fits():
    """Out, back, and from the second passage on: the right order anywhere on the way counts."""
    wishes = {
        "out": Wish(1, degrees(2_000, 100), degrees(18_000, 100), 0, 7200, 1),
        "back": Wish(2, degrees(18_000, 100), degrees(12_000, 100), 0, 7200, 1),
        "round the corner": Wish(3, degrees(18_000, 100), degrees(10_100, 9_000), 0, 7200, 1),
        "before the corner": Wish(4, degrees(3_000, 100), degrees(10_100, 9_000), 0, 7200, 1),
    }
    for name, wish in wishes.items():
        assert fit(PLANE, THERE_AND_BACK, wish), name
    against = Wish(5, degrees(10_100, 9_000), degrees(3_000, 100), 0, 7200, 1)
    assert fit(PLANE, THERE_AND_BACK, against) is None


def test_the_passage_of_the_pickup_is_the_one_in_time():
    """The way passes there after 1 200 and after 2 800 seconds; who leaves later is met on the way back."""
    way = replace(THERE_AND_BACK, end=0)
    place, goal = degrees(12_000, 100), degrees(10_100, 9_000)
    early = fit(PLANE, way, Wish(1, place, goal, 1150, 1250, 1))
    late = fit(PLANE, way, Wish(2, place, goal, 2750, 2850, 1))
    assert early.pickup_at == pytest.approx(1200, abs=1)
    assert late.pickup_at == pytest.approx(2800, abs=1)
    assert late.overlap < early.overlap


def test_a_bend_is_no_second_passage():
    """Along a gently bent way nobody rides backwards, however near both ends lie."""
    turn = np.linspace(0, math.pi / 2, 60)
    way = replace(THERE_AND_BACK, vertices=np.column_stack([np.sin(turn), 1 - np.cos(turn)]) * 20_000)
    at = [degrees(*(np.array([math.sin(angle), 1 - math.cos(angle)]) * 20_000)) for angle in (0.7, 0.75)]
    assert fit(PLANE, way, Wish(1, at[0], at[1], 0, 7200, 1))
    assert fit(PLANE, way, Wish(2, at[1], at[0], 0, 7200, 1)) is None


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
            go_on.wait(120)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(120)
    second = rides_world.booked("passenger2")  # moves the horizon on, past the slow one's number
    assert [code for code, _each in _listed(way)] == [first.code, second.code]
    go_on.set()
    writer.join()
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
