"""Express dispatch (R3): the assignment by itself, and orders, offers and drivers under several dispatchers at once."""

import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from scipy.optimize import linear_sum_assignment

from accounts.models import Account
from conftest import GOAL, NOON, usual_journey
from core import clock
from drivers.selectors import driver_of
from drivers.services import hold_driver
from drivers.states import HoldKind
from governance.demo import make_world
from rides import dispatch, services
from rides.dispatch import Limits, assign, cell
from rides.geometry import distance
from rides.management.commands.dispatcher import turn
from rides.models import City, DriverOnDuty, Offer, Trip
from rides.states import CancelReason, Line
from rides.tests.factories import go_on_duty, make_drivers

LIMITS = Limits(reach=6000, speed=7, late_after=60)


def scattered(count, seed, spread=0.06):
    rng = np.random.default_rng(seed)
    middles = rng.normal(0, spread, (8, 2))
    points = middles[rng.integers(0, 8, count)] + rng.normal(0, 0.012, (count, 2))
    return [(28.1 + lat, 120.8 + lon) for lat, lon in points.tolist()]


@pytest.mark.parametrize("sizes", [(1, 1), (3, 40), (40, 3), (300, 300), (400, 250)])
def test_the_total_is_within_a_hair_of_the_optimum(sizes):
    orders, drivers = scattered(sizes[0], 1), scattered(sizes[1], 2)
    pairs = assign(orders, [0.0] * len(orders), drivers, LIMITS)
    assert len({pair.order for pair in pairs}) == len({pair.driver for pair in pairs}) == len(pairs)
    away = np.array([[min(distance(a, b), LIMITS.reach) for b in drivers] for a in orders])
    row, column = linear_sum_assignment(away)
    best = away[row, column].sum() + LIMITS.reach * max(0, len(orders) - len(drivers))
    ours = sum(pair.seconds for pair in pairs) * LIMITS.speed + LIMITS.reach * (len(orders) - len(pairs))
    assert ours <= best * 1.01
    assert all(distance(orders[pair.order], drivers[pair.driver]) < LIMITS.reach * 1.01 for pair in pairs)


def test_nobody_is_sent_farther_than_reach():
    assert assign([(28.1, 120.8)], [0], [(28.3, 120.8)], LIMITS) == []
    assert assign([], [], [(28.3, 120.8)], LIMITS) == []
    assert assign([(28.1, 120.8)], [0], [], LIMITS) == []


def test_who_waited_too_long_comes_before_everybody_nearer():
    """One driver beside the young order; the old one, farther away, gets them: nobody starves."""
    young, old, driver = (28.1000, 120.8), (28.1300, 120.8), (28.1001, 120.8)
    assert [pair.order for pair in assign([young, old], [0, 59], [driver], LIMITS)] == [0]
    assert [pair.order for pair in assign([young, old], [0, 60], [driver], LIMITS)] == [1]


def test_no_order_waits_for_ever_while_nearer_ones_keep_coming():
    """A driver comes free each turn, beside a fresh order; the far order is served once it is late, at the latest."""
    far, waited = (28.13, 120.8), 0
    while waited <= 70:
        pairs = assign([(28.1, 120.8), far], [0, waited], [(28.1, 120.8)], LIMITS)
        if pairs[0].order == 1:
            break
        waited += 2
    assert waited <= 60


def test_pairs_that_may_not_come_together_do_not():
    near, other = (28.1001, 120.8), (28.12, 120.8)
    assert assign([(28.1, 120.8)], [0], [near, other], LIMITS, {(0, 0)})[0].driver == 1
    assert assign([(28.1, 120.8)], [0], [near], LIMITS, {(0, 0)}) == []
    # Also over the network of cells, where nobody has an arc of their own.
    many = scattered(60, 3)
    pairs = assign(many, [0] * 60, many, LIMITS, {(each, each) for each in range(60)})
    assert all(pair.order != pair.driver for pair in pairs)


def test_every_driver_in_reach_lies_in_the_cells_that_are_asked_for():
    rng = random.Random(5)
    middle = (28.1, 120.8)
    cells = set(dispatch.cells_around(middle, 6000))
    for _each in range(2000):
        point = (28.1 + rng.uniform(-0.06, 0.06), 120.8 + rng.uniform(-0.07, 0.07))
        if distance(middle, point) <= 6000:
            assert cell(point) in cells


# --- Orders and drivers in the database ------------------------------------------------------------------


@pytest.fixture
def order(rides):
    def make(passenger="passenger", **changes):
        return rides.booked(passenger, line=Line.EXPRESS, **changes)

    return make


def later(noon, seconds):
    noon.shift(timedelta(seconds=seconds))


def test_an_order_goes_to_the_nearest_driver_and_becomes_a_trip(order, people, noon):
    near, far = driver_of(people("driver")), driver_of(people("driver2"))
    go_on_duty(near, (28.2130, 121.0270))
    go_on_duty(far, (28.2300, 121.0300))
    trip = order(journey=usual_journey(start=NOON, end=NOON))
    assert turn() == 1
    offer = Offer.objects.get()
    assert (offer.driver, offer.trip, offer.state) == (near, trip, "open")
    outcome = services.accept_offer(driver=near, code=offer.code)
    assert outcome.refusal is None
    trip.refresh_from_db()
    assert (trip.state, trip.driver, trip.plate_registered) == ("accepted", near, "川A·H0001")
    assert turn() == 0


def test_a_declined_order_goes_on_and_does_not_come_back(order, people, noon):
    near, far = driver_of(people("driver")), driver_of(people("driver2"))
    go_on_duty(near, (28.2130, 121.0270))
    go_on_duty(far, (28.2300, 121.0300))
    order()
    turn()
    services.decline_offer(driver=near, code=Offer.objects.get().code)
    assert Trip.objects.get().state == "requested"
    assert turn() == 1
    assert Offer.objects.get(state="open").driver == far
    services.decline_offer(driver=far, code=Offer.objects.get(state="open").code)
    assert turn() == 0  # both had it


def test_an_offer_that_nobody_answers_and_a_driver_who_vanishes(order, people, noon):
    near, far = driver_of(people("driver")), driver_of(people("driver2"))
    go_on_duty(near, (28.2130, 121.0270))
    order()
    turn()
    later(noon, 16)
    go_on_duty(far, (28.2300, 121.0300))
    assert turn() == 1
    first, second = Offer.objects.order_by("pk")
    assert (first.state, second.driver) == ("expired", far)
    later(noon, 5)
    DriverOnDuty.objects.filter(driver=far).delete()  # the phone is gone
    turn()
    second.refresh_from_db()
    assert second.state == "expired"
    assert services.accept_offer(driver=far, code=second.code).refusal.code == "no_longer_available"


def test_who_goes_offline_leaves_the_order_to_others(order, people, noon):
    near = driver_of(people("driver"))
    go_on_duty(near, (28.2130, 121.0270))
    order()
    turn()
    services.go_off_duty(driver=near)
    assert (Offer.objects.get().state, Trip.objects.get().state) == ("declined", "requested")
    assert not DriverOnDuty.objects.exists()


def test_the_page_of_who_is_on_duty_asks_by_itself(people, signed_in):
    go_on_duty(driver_of(people("driver")), (28.2, 121.0))
    page = signed_in("driver").get("/drive/").content.decode()
    assert "No orders now. This page asks again by itself" in page
    (asks,) = re.findall(r'hx-get="(/drive/orders/)"\s+hx-trigger="changed, every 2s"', page)
    assert signed_in("driver").get(asks).status_code == 200


@pytest.mark.parametrize("covert", [True, False])
def test_a_held_driver_gets_no_orders(order, people, noon, covert):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    with transaction.atomic():
        hold_driver(
            actor=people("agent").actor,
            driver=driver,
            kind=HoldKind.SAFETY,
            source="x",
            citation="S11",
            covert=covert,
        )
    order()
    assert turn() == 0


def test_a_hold_between_offer_and_answer_counts(order, people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    order()
    turn()
    with transaction.atomic():
        hold_driver(
            actor=people("agent").actor,
            driver=driver,
            kind=HoldKind.STAFF,
            source="x",
            citation="D8",
            covert=False,
        )
    assert services.accept_offer(driver=driver, code=Offer.objects.get().code).refusal.code == "driver_held"
    assert Trip.objects.get().state == "requested"


def test_nobody_drives_themselves_and_stale_positions_get_nothing(order, people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    order("driver")
    assert turn() == 0
    services.cancel_trip(
        account=people("driver"), trip_code=Trip.objects.get().code, reason=CancelReason.CHANGED_PLANS
    )
    order()
    later(noon, 61)
    assert turn() == 0


def test_an_order_for_later_waits_until_it_is_near(order, people, noon):
    driver = driver_of(people("driver"))
    order(journey=usual_journey(start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=1)))
    go_on_duty(driver, (28.2130, 121.0270))
    assert turn() == 0
    later(noon, 3000)
    DriverOnDuty.objects.update(at=clock.now())
    assert turn() == 1


def test_a_cancelled_order_takes_its_offer_with_it(order, people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    trip = order()
    turn()
    services.cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    offer = Offer.objects.get()
    assert offer.state == "withdrawn"
    assert services.accept_offer(driver=driver, code=offer.code).refusal.code == "no_longer_available"


def test_an_order_nobody_can_take_is_closed_and_said(order, people, noon):
    from core.models import Notification

    order()
    later(noon, 3601 + 660)
    services.close_unanswered(at=clock.now())
    assert Trip.objects.get().cancel_reason == "no_driver"
    assert Notification.objects.filter(key__startswith="unanswered:").count() == 1


def test_the_database_refuses_a_second_order_for_one_driver(order, people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    order()
    turn()
    services.accept_offer(driver=driver, code=Offer.objects.get().code)
    first = Trip.objects.get()
    other = order("passenger2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Trip.objects.filter(pk=other.pk).update(
            state="accepted", driver=driver, vehicle=first.vehicle, plate_registered="x"
        )


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_200_orders_150_drivers_and_four_dispatchers_make_no_double(noon):
    """All at once: dispatchers, drivers who accept, decline or stay silent, passengers who cancel (R3)."""
    make_world(password="a password of tests")
    with transaction.atomic():
        make_drivers(150)
    passenger, rng = Account.objects.get(code="passenger"), random.Random(2)
    city = City.objects.get(code="wenzhou")
    for number in range(200):
        at = (28.1 + rng.uniform(-0.05, 0.05), 120.8 + rng.uniform(-0.05, 0.05))
        journey = usual_journey(origin=services.named_place(city, at), destination=GOAL, start=NOON, end=NOON)
        services.book_trip(
            passenger=passenger, journey=journey, seats=1, client_key=f"o{number}", line=Line.EXPRESS
        )
    stop, trouble = threading.Event(), []

    def loop(step, seed):
        mine = random.Random(seed)
        try:
            while not stop.is_set():
                step(mine)
        except Exception as why:  # what goes wrong in a thread has to fail the test
            trouble.append(why)
        finally:
            connection.close()

    def answer(mine):
        open_offers = list(Offer.objects.filter(state="open").select_related("driver__account")[:50])
        if not open_offers:
            return
        offer = mine.choice(open_offers)
        if mine.random() < 0.25:
            services.decline_offer(driver=offer.driver, code=offer.code)
        else:
            services.accept_offer(driver=offer.driver, code=offer.code)

    def cancel(mine):
        waiting = list(Trip.objects.filter(state__in=["requested", "matched"])[:50])
        if waiting and mine.random() < 0.1:
            services.cancel_trip(
                account=passenger, trip_code=mine.choice(waiting).code, reason=CancelReason.CHANGED_PLANS
            )
        stop.wait(0.05)

    def send(mine):
        turn()
        stop.wait(mine.random() / 5)

    workers = [send] * 4 + [answer] * 4 + [cancel]
    with ThreadPoolExecutor(len(workers)) as pool:
        for seed, step in enumerate(workers):
            pool.submit(loop, step, seed)
        for _each in range(400):  # three minutes of real time at most, however busy the machine is
            if stop.wait(0.5) or trouble or Trip.objects.filter(state="accepted").count() >= 60:
                break
        stop.set()
    assert not trouble, trouble[0]
    taken = Trip.objects.filter(state="accepted")
    drivers = list(taken.values_list("driver", flat=True))
    assert len(drivers) == len(set(drivers)) >= 60
    for trip in taken:
        assert trip.offers.filter(state="accepted").count() == 1
        assert trip.offers.get(state="accepted").driver_id == trip.driver_id
    assert not Offer.objects.filter(state="open").exclude(trip__state="matched").exists()
    had = Offer.objects.values_list("trip", "driver")
    assert len(had) == len(set(had))  # nobody was offered the same order twice


def test_marked_people_are_among_themselves(order, people, noon):
    """A car of the demo's city is sent to nobody real, and no real one to a drill; the figures leave them out."""
    near, far = driver_of(people("driver")), driver_of(people("driver2"))
    go_on_duty(near, (28.2130, 121.0270))
    go_on_duty(far, (28.2300, 121.0300))
    Account.objects.filter(code__in=["driver", "passenger2"]).update(is_drill=True)
    real = order(journey=usual_journey(start=NOON, end=NOON))
    marked = order("passenger2", journey=usual_journey(start=NOON, end=NOON))
    assert turn() == 2
    assert {(offer.trip, offer.driver) for offer in Offer.objects.all()} == {(real, far), (marked, near)}
    for offer in Offer.objects.all():
        assert services.accept_offer(driver=offer.driver, code=offer.code).refusal is None
    assert list(Trip.objects.counted().filter(driver__isnull=False)) == [real]
