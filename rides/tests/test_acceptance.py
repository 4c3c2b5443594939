"""Hitch acceptance (R5): the order of its checks, and fifty drivers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts.models import Account
from conftest import Rides
from core.models import PolicyVersion, TimelineEntry
from core.tests.factories import set_policy
from drivers.models import Driver, FaceCheck, Hold
from drivers.selectors import driver_of
from drivers.services import hold_driver
from drivers.states import HoldKind
from drivers.tests.factories import face_token
from governance.demo import make_world
from rides import services
from rides.curfew import CURFEW
from rides.models import Itinerary, LineInCity, Trip
from rides.policies import DAILY_TRIPS
from rides.tests.factories import hold_out, make_drivers

FIFTY = 50


def accept(driver, trip, way, token=""):
    return services.accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token
    ).refusal


def test_everything_is_wrong_and_each_refusal_comes_in_its_turn(rides, people):
    """Line, driver, curfew, face, seat: mended one after the other, the next one speaks."""
    way, trip = rides.itinerary(seats=1), rides.booked()
    driver = driver_of(people("driver"))
    other = rides.booked("passenger2")
    hold_out(way, other)
    assert accept(driver, other, way, face_token(driver, other.code)) is None  # the only seat is taken
    hold_out(way, trip)
    valid = LineInCity.objects.filter(line="hitch").values_list("permit_until", flat=True)[0]
    LineInCity.objects.filter(line="hitch").update(permit_until=valid - timedelta(days=3_650))
    with transaction.atomic():
        hold = hold_driver(
            actor=people("agent").actor, driver=driver, kind=HoldKind.STAFF, source="x", citation="D8", covert=False
        )  # fmt: skip
    set_policy(CURFEW, {"from": "11:00", "to": "13:00"})
    said = []

    def ask(token=""):
        refusal = accept(driver, trip, way, token)
        said.append(refusal.code)
        assert str(refusal.detail)

    ask()
    LineInCity.objects.filter(line="hitch").update(permit_until=valid)
    ask()
    Hold.objects.filter(pk=hold.pk).delete()
    set_policy(DAILY_TRIPS, 1)
    ask()
    PolicyVersion.objects.filter(key=DAILY_TRIPS.key).delete()
    ask()
    PolicyVersion.objects.filter(key=CURFEW.key).delete()
    ask()
    token = face_token(driver, trip.code)
    ask(token)
    assert said == ["line_not_running", "driver_held", "daily_limit", "curfew", "face_required", "no_seat"]
    assert FaceCheck.objects.get(subject=trip.code).token_used_at is None  # a refusal uses up no face
    Itinerary.objects.filter(code=way).update(seats=2)
    hold_out(way, trip)
    assert accept(driver, trip, way, token) is None
    assert FaceCheck.objects.get(subject=trip.code).token_used_at
    kept = TimelineEntry.objects.filter(kind="trip.accept_refused", trip=trip.code).order_by("pk")
    assert [row.facts["code"] for row in kept] == said


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_drivers_accept_one_request_and_one_wins(noon):
    make_world(password="a password of tests")
    with transaction.atomic():
        make_drivers(FIFTY)
    rides = Rides(lambda name: Account.objects.get(code=name))
    trip = rides.booked()
    drivers = list(Driver.objects.filter(account__code__startswith="x").select_related("account"))
    ways = [rides.itinerary(driver.account.code) for driver in drivers]
    tokens = [face_token(driver, trip.code) for driver in drivers]
    together = Barrier(FIFTY)

    def try_it(driver, way, token):
        try:
            together.wait(120)
            return accept(driver, trip, way, token)
        finally:
            connection.close()

    with ThreadPoolExecutor(FIFTY) as pool:
        said = list(pool.map(try_it, drivers, ways, tokens))
    assert said.count(None) == 1
    assert {refusal.code for refusal in said if refusal} == {"no_longer_available"}
    assert len({str(refusal.detail) for refusal in said if refusal}) == 1
    winner = drivers[said.index(None)]
    assert Trip.objects.get(pk=trip.pk).driver == winner
    used = FaceCheck.objects.filter(subject=trip.code, token_used_at__isnull=False)
    assert [check.driver for check in used] == [winner]
