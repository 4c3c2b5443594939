"""'Never again' (R15): one tap, on all lines, untold, taken back by whoever said it, and strict under races."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from accounts.models import Account
from conftest import PICKUP, Rides
from core import clock
from core.models import AuditEntry
from core.states import StaleState
from core.tests.factories import set_policy
from drivers import services as drivers
from drivers.models import VettingCase
from drivers.selectors import driver_of
from drivers.states import CaseKind, CaseOutcome
from drivers.tests.factories import face_token
from governance.demo import make_world
from rides import selectors, services
from rides.models import City, NeverAgain, Offer, Trip
from rides.policies import NEVER_AGAIN_FOR, NEVER_AGAIN_MANY
from rides.services.apart import FORGOTTEN
from rides.states import Line
from rides.tests.factories import go_on_duty, hold_out


def accept(people, trip, way, driver="driver"):
    who = driver_of(people(driver))
    return services.accept_trip(
        driver=who, trip_code=trip.code, itinerary_code=way, face_token=face_token(who, trip.code)
    ).refusal


@pytest.mark.parametrize("who", ["passenger", "driver"])
def test_a_hitch_owner_and_a_passenger_are_not_brought_together(rides, people, who):
    """Whoever of both said it: not offered, not accepted; others are."""
    ended, way = rides.ended(), rides.itinerary()
    waiting = rides.booked()
    hold_out(way, waiting)
    services.never_again(account=people(who), trip_code=ended.code)
    refusal = accept(people, waiting, way)
    assert refusal.code == "no_longer_available"  # what losing a race says
    other = rides.booked("passenger2")
    hold_out(way, other)
    assert accept(people, other, way) is None


@pytest.mark.parametrize("who", ["passenger", "driver"])
def test_the_dispatcher_does_not_bring_them_together(rides, people, noon, who):
    ended = rides.ended()
    services.never_again(account=people(who), trip_code=ended.code)
    order = rides.booked(line=Line.EXPRESS)
    go_on_duty(driver_of(people("driver")), PICKUP.point)
    city = City.objects.get(code="wenzhou")
    assert services.dispatch_batch(city=city, line=Line.EXPRESS, at=clock.now()) == 0
    services.undo_never_again(account=people(who), trip_code=ended.code)
    assert services.dispatch_batch(city=city, line=Line.EXPRESS, at=clock.now()) == 1
    assert Offer.objects.get().trip == order


def test_an_order_held_out_before_is_taken_by_another_as_it_seems(rides, people, noon):
    ended = rides.ended()
    order = rides.booked(line=Line.EXPRESS)
    go_on_duty(driver_of(people("driver")), PICKUP.point)
    services.dispatch_batch(city=City.objects.get(code="wenzhou"), line=Line.EXPRESS, at=clock.now())
    services.never_again(account=people("passenger"), trip_code=ended.code)
    offer = Offer.objects.get(trip=order)
    outcome = services.accept_offer(driver=driver_of(people("driver")), code=offer.code)
    assert outcome.refusal.code == "no_longer_available"
    order.refresh_from_db()
    assert order.state == "requested"


def test_it_is_said_after_a_trip_lasts_and_runs_out(rides, people, noon):
    trip = rides.under_way()
    with pytest.raises(StaleState):
        services.never_again(account=people("passenger"), trip_code=trip.code)
    services.end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    set_policy(NEVER_AGAIN_FOR, 30)
    row = services.never_again(account=people("passenger"), trip_code=trip.code)
    pair = people("passenger").pk, people("driver").pk
    assert selectors.kept_apart(*pair)
    assert selectors.kept_apart(*reversed(pair))
    noon.shift(timedelta(days=10))
    again = services.never_again(
        account=people("passenger"), trip_code=trip.code
    )  # a second tap lasts from then
    assert (again.pk, again.until) == (row.pk, row.until + timedelta(days=10))
    noon.shift(timedelta(days=31))
    assert not selectors.kept_apart(*pair)
    assert FORGOTTEN.run(at=clock.now()).done == 1
    assert not NeverAgain.objects.exists()


def test_each_takes_back_only_what_they_said(rides, people):
    trip = rides.ended()
    for who in ("passenger", "driver"):
        services.never_again(account=people(who), trip_code=trip.code)
    services.undo_never_again(account=people("driver"), trip_code=trip.code)
    assert selectors.kept_apart(people("passenger").pk, people("driver").pk)
    services.undo_never_again(account=people("passenger"), trip_code=trip.code)
    assert not selectors.kept_apart(people("passenger").pk, people("driver").pk)
    assert AuditEntry.objects.filter(action="rides.never_again_undone").count() == 2


def test_it_is_one_tap_from_the_trip_and_from_the_history_for_both(rides, people, signed_in):
    trip = rides.ended()
    for who, page in (("passenger", "/"), ("driver", "/drive/")):
        client = signed_in(who)
        address = f"/trips/{trip.code}/never-again/"
        for where in (page, f"/trips/{trip.code}/"):
            assert address in client.get(where).content.decode()
        assert client.post(address, {"back": page.strip("/") or "home"}).url == page
        assert f"{address}undo/" in client.get(page).content.decode()
        assert client.get("/api/v1/me/never-again/").json()[0]["trip"] == trip.code
        client.post(f"{address}undo/")
        assert client.get("/api/v1/me/never-again/").json() == []


@pytest.mark.parametrize(("who", "other"), [("passenger", "driver"), ("driver", "passenger")])
def test_the_other_side_learns_nothing(rides, people, signed_in, who, other):
    """Every page and answer of theirs is the same before and after, with an old trip, an open one, and a waiting one."""
    ended = rides.ended()
    paths = [
        "/", "/drive/orders/", "/drive/", f"/trips/{ended.code}/", f"/trips/{ended.code}/status/", "/me/shared/",
        "/api/v1/trips/", f"/api/v1/trips/{ended.code}/", "/api/v1/driver/", "/api/v1/me/never-again/", "/me/",
    ]  # fmt: skip
    client = signed_in(other)

    def seen():
        pages = [client.get(path) for path in paths]
        return [(page.status_code, len(page.content)) for page in pages]

    before = seen()
    services.never_again(account=people(who), trip_code=ended.code)
    assert seen() == before


def test_staff_see_it_on_both_persons(rides, people, signed_in):
    trip = rides.ended()
    services.never_again(account=people("passenger"), trip_code=trip.code)
    client = signed_in("specialist")
    assert (
        "does not want to ride with driver again" in client.get("/admin/people/passenger/").content.decode()
    )
    assert "passenger does not want to ride with them" in client.get("/admin/people/driver/").content.decode()
    assert "Never again" not in client.get("/admin/people/passenger2/").content.decode()


def test_when_many_say_it_a_reviewer_looks_and_then_the_count_begins_anew(rides, people, signed_in):
    set_policy(NEVER_AGAIN_MANY, 2)
    first, second = rides.ended(), rides.ended("passenger2")
    services.never_again(account=people("driver"), trip_code=first.code)  # his own wish counts nothing
    services.never_again(account=people("passenger"), trip_code=first.code)
    services.never_again(account=people("passenger"), trip_code=first.code)  # one person counts once
    assert not VettingCase.objects.exists()
    services.never_again(account=people("passenger2"), trip_code=second.code)
    case = VettingCase.objects.get()
    assert (case.kind, case.facts["passengers"]) == (CaseKind.KEPT_AWAY, 2)
    assert "again" in signed_in("vetting").get(f"/admin/vetting/{case.code}/").content.decode()
    drivers.propose(account=people("vetting"), code=case.code, outcome=CaseOutcome.CLEARED, reason="x")
    drivers.agree(account=people("supervisor"), code=case.code, agrees=True)
    services.never_again(account=people("passenger2"), trip_code=second.code)
    assert VettingCase.objects.filter(state="open").count() == 0


@pytest.fixture
def world_of_its_own(transactional_db, noon):
    make_world(password="a password of tests")
    return Rides(lambda name: Account.objects.get(code=name))


@pytest.mark.django_db(transaction=True)
def test_who_is_kept_apart_while_an_acceptance_commits_is_not_accepted_afterwards(world_of_its_own):
    """The wish has been written and not committed; the acceptance waits for it and sees it."""
    rides = world_of_its_own
    ended, way = rides.ended(), rides.itinerary()
    waiting = rides.booked()
    hold_out(way, waiting)
    owner = driver_of(rides.people("driver"))
    token = face_token(owner, waiting.code)
    said, go_on = Event(), Event()

    def say():
        with transaction.atomic():
            connection.atomic_blocks[0]._from_testcase = True  # Django's mark for a test's own transaction
            services.never_again(account=rides.people("passenger"), trip_code=ended.code)
            said.set()
            go_on.wait(120)
        connection.close()

    def take():
        try:
            return services.accept_trip(
                driver=owner, trip_code=waiting.code, itinerary_code=way, face_token=token
            ).refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        saying = pool.submit(say)
        assert said.wait(120)
        taking = pool.submit(take)
        assert not taking.done()
        Event().wait(0.5)
        assert not taking.done()  # it waits for the wish
        go_on.set()
        saying.result(120)
        assert taking.result(120).code == "no_longer_available"
    assert Trip.objects.get(pk=waiting.pk).driver is None


@pytest.mark.django_db(transaction=True)
def test_said_and_accepted_at_once_is_either_first(world_of_its_own):
    """Of a wish and an acceptance at one moment: accepted before it was said, or not at all."""
    rides = world_of_its_own
    ended = rides.ended()
    owner = driver_of(rides.people("driver"))
    for _turn in range(6):
        way, waiting = rides.itinerary(), rides.booked()
        hold_out(way, waiting)
        token, together = face_token(owner, waiting.code), Barrier(2)

        def say(together=together):
            together.wait(120)
            try:
                services.never_again(account=rides.people("passenger"), trip_code=ended.code)
            finally:
                connection.close()

        def take(together=together, waiting=waiting, way=way, token=token):
            together.wait(120)
            try:
                return services.accept_trip(
                    driver=owner, trip_code=waiting.code, itinerary_code=way, face_token=token
                ).refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            saying, taking = pool.submit(say), pool.submit(take)
            saying.result(20)
            refusal = taking.result(20)
        waiting.refresh_from_db()
        row = NeverAgain.objects.get(undone_at=None)
        if refusal is None:
            assert waiting.accepted_at
            services.cancel_trip(
                account=rides.people("passenger"), trip_code=waiting.code, reason="changed_plans"
            )
        else:
            assert refusal.code == "no_longer_available"
            assert waiting.driver is None
        services.undo_never_again(account=rides.people("passenger"), trip_code=row.trip.code)
        services.close_itinerary(driver=owner, code=way)
