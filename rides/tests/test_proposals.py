"""No picking (R2): an owner has one request at a time, by fit alone; or the passenger chooses. No other way in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Account
from conftest import NOON, PICKUP, Rides, usual_journey
from core import clock
from core.models import AuditEntry
from core.tests.factories import set_policy
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from governance.demo import make_world
from rides import selectors, services
from rides.errors import NoLongerAvailable, OwnersNotChosen, RemotePickup
from rides.models import Itinerary, KnownPlace, Proposal, Trip
from rides.policies import (
    HITCH_CHOICE,
    HITCH_DECLINES,
    HITCH_LOT_WITHIN,
    HITCH_NEXT_AFTER,
    REMOTE_PICKUP_HOURS,
)
from rides.services import Place
from rides.services.proposals import LOTS, PROPOSALS_OVER, fitting_equally
from rides.states import CancelReason
from rides.tests.factories import hold_out

BESIDE = Place("x", PICKUP.latitude + 0.009, PICKUP.longitude)  # a kilometre beside the way


def held(people, driver="driver"):
    """The code of the request held out to an owner."""
    row = selectors.held_out_to(driver_of(people(driver)))
    return row.trip.code if row else None


def accept(people, code, way, driver="driver"):
    who = driver_of(people(driver))
    return services.accept_trip(
        driver=who, trip_code=code, itinerary_code=way, face_token=face_token(who, code)
    ).refusal


def draw():
    PROPOSALS_OVER.run(at=clock.now())
    LOTS.run(at=clock.now())


def test_one_request_is_held_out_and_no_other_can_be_taken(rides, people, signed_in):
    way = rides.itinerary()
    first, second, third = rides.booked(), rides.booked("passenger2"), rides.booked("passenger2")
    draw()
    assert held(people) == first.code
    client = signed_in("driver")
    answer = client.get(f"/api/v1/itineraries/{way}/request/")
    assert answer.json()["code"] == first.code
    assert set(answer.json()) == {
        "code", "origin_name", "destination_name", "seats", "detour_metres", "detour_minutes", "overlap_percent",
    }  # fmt: skip
    page = client.get("/drive/").content.decode()
    assert first.code in page
    assert second.code not in page
    assert "img" not in page.partition('id="orders"')[2].partition("</section>")[0]
    assert client.get(f"/api/v1/itineraries/{way}/requests/").status_code == 404
    assert client.get(f"/drive/requests/{second.code}/face/?itinerary={way}").status_code == 409
    assert accept(people, second.code, way).code == "no_longer_available"
    assert accept(people, first.code, way) is None
    # The next one for the seats that are left; what he tried to take by itself is lost to him.
    assert held(people) == third.code


def test_many_ways_at_once_are_no_list(rides, people):
    """An owner who offers ways again and again has one request held out on all of them together."""
    rides.booked(), rides.booked("passenger2")
    ways = [rides.itinerary() for _each in range(4)]
    draw()
    assert Proposal.objects.filter(state="open").count() == 1
    row = Proposal.objects.get(state="open")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.create(
            trip=row.trip, itinerary=Itinerary.objects.get(code=ways[1]), driver=row.driver, among=1,
            citation="x", made_at=clock.now(),
        )  # fmt: skip


def test_a_declined_request_is_counted_does_not_come_back_and_the_next_one_waits(rides, people, noon):
    set_policy(HITCH_NEXT_AFTER, 60)
    way, first = rides.itinerary(), rides.booked()
    second = rides.booked("passenger2")
    services.decline_request(driver=driver_of(people("driver")), trip_code=first.code, itinerary_code=way)
    draw()
    assert held(people) is None  # not at once
    noon.shift(61)
    draw()
    assert held(people) == second.code
    services.decline_request(driver=driver_of(people("driver")), trip_code=second.code, itinerary_code=way)
    noon.shift(61)
    draw()
    assert held(people) is None  # both were declined
    assert AuditEntry.objects.filter(action="rides.request_declined").count() == 2
    assert Trip.objects.get(pk=first.pk).state == "matched"  # it waits for others


def test_after_the_days_declines_nothing_more_comes_that_day(rides, people, noon, signed_in):
    set_policy(HITCH_DECLINES, 1)
    way, first = rides.itinerary(), rides.booked()
    rides.booked("passenger2")
    services.decline_request(driver=driver_of(people("driver")), trip_code=first.code, itinerary_code=way)
    noon.shift(600)
    draw()
    assert held(people) is None
    assert "The next one comes tomorrow" in signed_in("driver").get("/drive/").content.decode()


def test_closing_a_way_with_a_request_held_out_declines_it(rides, people, noon):
    """Who offers the way anew does not get another lot."""
    set_policy(HITCH_DECLINES, 1)
    way, first = rides.itinerary(), rides.booked()
    rides.booked("passenger2")
    services.close_itinerary(driver=driver_of(people("driver")), code=way)
    assert Proposal.objects.get(trip=first).state == "declined"
    noon.shift(120)
    rides.itinerary()
    draw()
    assert held(people) is None


@pytest.mark.long
def test_the_lot_is_drawn_among_the_least_detours_by_fit_alone(rides, people):
    """All within 10 % of the least detour come out, nobody else, and about equally often."""
    trips = [rides.booked("passenger" if number % 2 else "passenger2") for number in range(4)]
    beside = rides.booked(journey=usual_journey(origin=BESIDE))
    way = Itinerary.objects.select_related("city", "driver__account").get(code=rides.itinerary())
    drawn = {trip.code: 0 for trip in trips}
    owner = driver_of(people("driver"))
    for _turn in range(80):
        Proposal.objects.all().delete()
        draw()
        row = selectors.held_out_to(owner)
        assert row.among == 4
        drawn[row.trip.code] += 1
    assert min(drawn.values()) >= 5  # 20 each; fewer than 5 comes once in 100 000
    set_policy(HITCH_LOT_WITHIN, 1.0)
    along = selectors.requests_along(way)
    assert beside.code in {row.trip.code for row in along}
    assert len(fitting_equally(along)) <= len(along)


def test_what_others_take_or_withdraw_goes_and_the_next_one_comes(rides, people):
    ways = {name: rides.itinerary(name) for name in ("driver", "driver2")}
    first = rides.booked()
    second = rides.booked("passenger2")
    assert held(people) == held(people, "driver2") == first.code
    assert accept(people, first.code, ways["driver2"], "driver2") is None
    assert accept(people, first.code, ways["driver"]).code == "no_longer_available"
    draw()
    assert held(people) == second.code
    services.cancel_trip(
        account=people("passenger2"), trip_code=second.code, reason=CancelReason.CHANGED_PLANS
    )
    assert held(people) is None


def test_a_request_whose_way_is_over_makes_room_for_the_next(rides, people, noon):
    rides.itinerary()
    rides.booked(journey=usual_journey(start=NOON + timedelta(minutes=10), end=NOON + timedelta(hours=3)))
    noon.shift(timedelta(minutes=70))
    rides.booked("passenger2", journey=usual_journey(start=clock.now(), end=clock.now() + timedelta(hours=1)))
    services.offer_itinerary(
        driver=driver_of(people("driver")),
        journey=usual_journey(start=clock.now(), end=clock.now() + timedelta(hours=1)),
        seats=3,
        client_key="again",
    )
    draw()
    assert held(people)


# --- The passenger chooses -----------------------------------------------------------------------


def test_by_policy_the_passenger_chooses_among_owners(rides, people, signed_in):
    set_policy(HITCH_CHOICE, "passenger")
    ways = {name: rides.itinerary(name) for name in ("driver", "driver2")}
    trip = rides.booked()
    draw()
    assert held(people) is held(people, "driver2") is None
    client = signed_in("passenger")
    owners = client.get(f"/api/v1/trips/{trip.code}/owners/").json()
    assert [row["way"] for row in owners] == list(ways.values())
    assert set(owners[0]) == {"way", "trips", "months", "score", "pickup_at"}
    page = client.get(f"/trips/{trip.code}/").content.decode()
    assert "Choose an owner" in page
    for name in ("driver", "driver2"):
        assert people(name).real_name not in page
    client.post(f"/trips/{trip.code}/choose/", {"way": ways["driver"]})
    assert held(people) == trip.code
    client.post(
        f"/api/v1/trips/{trip.code}/owners/", {"way": ways["driver2"]}, content_type="application/json"
    )
    assert (held(people), held(people, "driver2")) == (None, trip.code)  # she changed her mind
    assert accept(people, trip.code, ways["driver"]).code == "no_longer_available"
    assert accept(people, trip.code, ways["driver2"], "driver2") is None


def test_where_the_lot_draws_nobody_chooses(rides, people, signed_in):
    way, trip = rides.itinerary(), rides.booked()
    assert signed_in("passenger").get(f"/api/v1/trips/{trip.code}/owners/").json() == []
    with pytest.raises(OwnersNotChosen):
        services.choose_owner(passenger=people("passenger"), trip_code=trip.code, way_code=way)


def test_who_is_kept_apart_is_neither_drawn_nor_to_be_chosen(rides, people):
    ended = rides.ended()
    services.never_again(account=people("driver"), trip_code=ended.code)
    rides.itinerary()
    trip = rides.booked()
    draw()
    assert held(people) is None
    set_policy(HITCH_CHOICE, "passenger")
    trip.refresh_from_db()
    assert selectors.owners_for(trip) == []
    with pytest.raises(NoLongerAvailable):
        services.choose_owner(
            passenger=people("passenger"), trip_code=trip.code, way_code=Itinerary.objects.last().code
        )


# --- Remote and late -----------------------------------------------------------------------------


def test_late_in_the_day_nobody_is_sent_to_a_remote_pickup(rides, people, noon):
    """By the hours of the policy: booked before, but not held out; booked within, refused with its reason."""
    KnownPlace.objects.all().delete()
    rides.itinerary()
    trip = rides.booked(journey=usual_journey(start=NOON + timedelta(minutes=10)))
    assert held(people) == trip.code
    Proposal.objects.all().delete()
    set_policy(REMOTE_PICKUP_HOURS, {"from": "12:05", "to": "06:00"})
    draw()
    assert held(people) is None
    with pytest.raises(RemotePickup):
        rides.booked("passenger2")
    city = trip.city
    KnownPlace.objects.create(
        city=city, name_zh="x", name_en="x", latitude=PICKUP.latitude, longitude=PICKUP.longitude
    )
    draw()
    assert held(people) == trip.code


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_drawn_by_several_at_once_an_owner_has_one(noon):
    make_world(password="a password of tests")
    rides = Rides(lambda name: Account.objects.get(code=name))
    rides.itinerary()
    rides.itinerary()
    together = Barrier(6)

    def book(number):
        try:
            together.wait(120)
            rides.booked("passenger" if number % 2 else "passenger2", client_key=f"at-once-{number}")
            draw()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(book, range(6)))
    assert Trip.objects.count() == 6
    assert Proposal.objects.filter(state="open").count() == 1


@pytest.mark.django_db(transaction=True)
def test_declined_and_accepted_at_once_is_one_of_both(noon):
    make_world(password="a password of tests")
    rides = Rides(lambda name: Account.objects.get(code=name))
    people, owner = rides.people, driver_of(rides.people("driver"))
    for _turn in range(5):
        way, trip = rides.itinerary(), rides.booked()
        hold_out(way, trip)
        together = Barrier(2)

        def decline(together=together, trip=trip, way=way):
            try:
                together.wait(120)
                services.decline_request(driver=owner, trip_code=trip.code, itinerary_code=way)
            finally:
                connection.close()

        def take(together=together, trip=trip, way=way):
            try:
                together.wait(120)
                return accept(people, trip.code, way)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            declining, taking = pool.submit(decline), pool.submit(take)
            declining.result(20)
            refusal = taking.result(20)
        state = Proposal.objects.get(trip=trip, itinerary__code=way).state
        assert (refusal is None) == (state == "accepted")
        assert refusal is None or (refusal.code, state) == ("no_longer_available", "declined")
        if refusal is None:
            services.cancel_trip(
                account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS
            )
        Proposal.objects.all().delete()
