"""A hitch trip: booking, acceptance, boarding, the end, and who may not."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from conftest import NOON, PICKUP, usual_journey
from core.errors import NotFound
from core.states import StaleState
from drivers.models import Driver, Hold
from drivers.selectors import driver_of
from drivers.services import agree_release, hold_driver, propose_release
from drivers.states import HoldKind
from drivers.tests.factories import face_token, ready_for_pickup
from rides import services
from rides.curfew import in_curfew
from rides.errors import CurfewHours, LineNotRunning, PlacesWrong, WindowWrong
from rides.models import LineInCity, Trip
from rides.states import CancelReason, PlateCheck
from rides.tests.factories import hold_out


@pytest.mark.parametrize(
    ("clock", "closed"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_the_curfew_begins_and_ends_on_the_minute(db, clock, closed):
    assert in_curfew(datetime.fromisoformat(f"2026-03-02T{clock}:00+08:00")) is closed


def _book(people, **changes):
    way = {"start": NOON, "end": NOON + timedelta(minutes=30)} | changes
    return services.book_trip(
        passenger=people("passenger"), journey=usual_journey(**way), seats=1, client_key="k"
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (
            {"start": NOON + timedelta(hours=10), "end": NOON + timedelta(hours=10, minutes=5)},
            CurfewHours,
        ),
        ({"start": NOON - timedelta(hours=2), "end": NOON - timedelta(hours=1)}, WindowWrong),
        ({"end": NOON + timedelta(hours=4)}, WindowWrong),
        ({"destination": PICKUP}, PlacesWrong),
        ({"destination": services.Place("Beijing", 39.9, 116.4)}, PlacesWrong),
    ],
)
def test_refuses_what_cannot_be_driven(people, changes, error):
    with pytest.raises(error):
        _book(people, **changes)
    assert not Trip.objects.exists()


def test_refuses_when_the_line_is_suspended(people):
    LineInCity.objects.update(state="suspended")
    with pytest.raises(LineNotRunning):
        _book(people)


def test_the_same_request_twice_is_one_trip(people):
    assert _book(people).pk == _book(people).pk


def test_an_accepted_trip_has_driver_car_and_plate(rides):
    trip = rides.accepted()
    assert (trip.state, trip.plate_registered) == ("accepted", "川A·H0001")
    assert len(trip.planned_route) == 6


def test_a_badge_is_six_digits_the_same_for_everybody_and_nothing_of_the_name(rides, people, signed_in):
    trip = rides.accepted()
    driver, other = driver_of(people("driver")), driver_of(people("driver2"))
    assert re.fullmatch(r"\d{6}", driver.badge)
    assert driver.badge != other.badge
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert f'<dd translate="no">{driver.badge}</dd>' in page
    assert driver.badge in signed_in("driver").get("/drive/").content.decode()


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda: LineInCity.objects.update(state="suspended"), "line_not_running"),
        (lambda: Driver.objects.update(state="applied"), "driver_not_vetted"),
    ],
)
def test_acceptance_is_refused_in_order(rides, people, break_it, code):
    way, trip = rides.itinerary(), rides.booked()
    break_it()
    outcome = services.accept_trip(
        driver=driver_of(people("driver")), trip_code=trip.code, itinerary_code=way
    )
    assert outcome.refusal.code == code
    assert Trip.objects.get().driver is None


def test_a_held_driver_accepts_nothing_until_released(rides, people):
    way, trip = rides.itinerary(), rides.booked()
    driver = driver_of(people("driver"))
    with transaction.atomic():
        hold = hold_driver(
            actor=people("vetting").actor,
            driver=driver,
            kind=HoldKind.STAFF,
            source="x",
            citation="D8",
            covert=False,
        )
    assert (
        services.accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way).refusal.code
        == "driver_held"
    )
    propose_release(account=people("vetting"), code=hold.code, reason="checked")
    assert (
        services.accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way).refusal.code
        == "driver_held"
    )
    agree_release(account=people("supervisor"), code=hold.code, agrees=True)
    token = face_token(driver, trip.code)
    outcome = services.accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token)
    assert outcome.refusal is None


def test_a_covert_hold_answers_like_a_lost_race(rides, people):
    way, trip = rides.itinerary(), rides.booked()
    driver = driver_of(people("driver"))
    with transaction.atomic():
        hold_driver(
            actor=people("agent").actor,
            driver=driver,
            kind=HoldKind.SAFETY,
            source="x",
            citation="S11",
            covert=True,
        )

    def answer(token):
        outcome = services.accept_trip(
            driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token
        )
        return outcome.refusal.code

    assert answer("") == "face_required"  # as everybody hears who has not shown a face
    assert answer(face_token(driver, trip.code)) == "no_longer_available"


def test_seats_run_out(rides, people):
    way = rides.itinerary(seats=1)
    first, second = rides.booked(), rides.booked("passenger2")
    driver = driver_of(people("driver"))
    outcome = services.accept_trip(
        driver=driver, trip_code=first.code, itinerary_code=way, face_token=face_token(driver, first.code)
    )
    assert outcome.refusal is None
    hold_out(way, second)
    assert (
        services.accept_trip(
            driver=driver,
            trip_code=second.code,
            itinerary_code=way,
            face_token=face_token(driver, second.code),
        ).refusal.code
        == "no_seat"
    )


def test_the_code_boards_only_after_the_plate_was_compared(rides, people):
    trip = rides.arrived()
    driver = driver_of(people("driver"))
    assert (
        services.board_trip(driver=driver, trip_code=trip.code, code=trip.boarding_code).refusal.code
        == "plate_not_compared"
    )
    services.confirm_car(passenger=people("passenger"), trip_code=trip.code)
    wrong = "0000" if trip.boarding_code != "0000" else "1111"
    assert (
        services.board_trip(driver=driver, trip_code=trip.code, code=wrong).refusal.code
        == "wrong_boarding_code"
    )
    assert services.board_trip(driver=driver, trip_code=trip.code, code=trip.boarding_code).refusal is None


@pytest.mark.parametrize("shown", [False, True])
def test_a_code_opens_no_second_door_past_face_and_plate(rides, people, shown):
    """Whoever sits at the wheel shows it before she is aboard, or there is no boarding by her code (D11)."""
    trip = rides.accepted()
    driver = driver_of(people("driver"))
    services.confirm_car(passenger=people("passenger"), trip_code=trip.code)
    if shown:
        ready_for_pickup(driver, trip.code)
    outcome = services.board_trip(driver=driver, trip_code=trip.code, code=trip.boarding_code)
    trip.refresh_from_db()
    if shown:
        assert (outcome.refusal, trip.state) == (None, "boarded")
    else:
        assert (outcome.refusal.code, trip.state, trip.wrong_codes) == ("pickup_check_needed", "accepted", 0)


def test_her_page_says_that_nobody_showed_face_and_plate_yet(rides, people, signed_in):
    trip = rides.accepted()
    hers = signed_in("passenger")
    path, words = f"/trips/{trip.code}/status/", "the driver has not shown face and car here yet"
    assert words in hers.get(path).content.decode()
    ready_for_pickup(driver_of(people("driver")), trip.code)
    assert words not in hers.get(path).content.decode()


def test_wrong_codes_are_counted_and_end(rides, people):
    trip = rides.arrived()
    services.confirm_car(passenger=people("passenger"), trip_code=trip.code)
    driver = driver_of(people("driver"))
    wrong = "0000" if trip.boarding_code != "0000" else "1111"
    codes = [
        services.board_trip(driver=driver, trip_code=trip.code, code=wrong).refusal.code for _ in range(6)
    ]
    assert codes == ["wrong_boarding_code"] * 5 + ["too_many_boarding_codes"]
    assert Trip.objects.get().wrong_codes == 5


def test_not_this_car_stops_the_trip_holds_the_driver_and_frees_the_others(rides, people):
    trip = rides.arrived()
    other = rides.booked("passenger2")
    driver = driver_of(people("driver"))
    services.accept_trip(
        driver=driver,
        trip_code=other.code,
        itinerary_code=trip.itinerary.code,
        face_token=face_token(driver, other.code),
    )
    services.report_mismatch(
        passenger=people("passenger"), trip_code=trip.code, what=PlateCheck.DIFFERS, plate_seen="川A F9999"
    )
    trip.refresh_from_db()
    other.refresh_from_db()
    assert (trip.state, trip.plate_registered, trip.plate_seen) == ("cancelled", "川A·H0001", "川A·F9999")
    assert (other.state, other.driver) == ("requested", None)
    assert Hold.objects.open().get().kind == "mismatch"


def test_another_persons_trip_is_not_found(rides, people):
    trip = rides.arrived()
    with pytest.raises(NotFound):
        services.confirm_car(passenger=people("passenger2"), trip_code=trip.code)
    with pytest.raises(NotFound):
        services.cancel_trip(
            account=people("passenger2"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS
        )
    with pytest.raises(NotFound):
        services.depart(driver=driver_of(people("driver2")), trip_code=trip.code)


def test_the_database_refuses_a_cancel_after_boarding(rides):
    trip = rides.boarded()
    with pytest.raises(IntegrityError, match="trip_cancelled_never_boarded"), transaction.atomic():
        Trip.objects.filter(pk=trip.pk).update(state="cancelled", cancelled_at=NOON)


def test_boarding_twice_is_boarding_once(rides, people):
    trip = rides.boarded()
    again = services.board_trip(
        driver=driver_of(people("driver")), trip_code=trip.code, code=trip.boarding_code
    )
    assert (again.refusal, again.trip.boarded_at) == (None, trip.boarded_at)
    cancelled = rides.accepted("passenger2", "driver2")
    services.cancel_trip(
        account=people("passenger2"), trip_code=cancelled.code, reason=CancelReason.CHANGED_PLANS
    )
    with pytest.raises(StaleState):
        services.board_trip(
            driver=driver_of(people("driver2")), trip_code=cancelled.code, code=cancelled.boarding_code
        )
