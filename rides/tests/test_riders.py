"""Booking for somebody else, and for a child (A6): that person is the passenger of every safety function."""

import pytest
from django.db import IntegrityError, connection, transaction

from conftest import Rides
from core import clock
from core.errors import InvalidInput, NotFound, TooMany
from core.models import Notification
from core.states import StaleState
from core.typed.phone import InvalidPhone
from drivers.selectors import driver_of, mismatch_reported
from drivers.tests.factories import face_token
from rides import selectors, services
from rides.errors import CannotCancelAboard, ChildNeedsCompany
from rides.models import Trip
from rides.services import Rider
from rides.states import Line, Party, RiderKind
from rides.tokens import TripKey
from safety import services as safety
from safety.models import Incident

GRANDMA = Rider(RiderKind.OTHER, "李奶奶", "13911110077")
GRANDMA_PHONE = "+8613911110077"


def link(trip):
    text = Notification.objects.get(key=f"rider:{trip.code}").text
    return "/ride/" + text.rpartition("/ride/")[2]


@pytest.fixture
def for_grandma(rides):
    return rides.booked(rider=GRANDMA)


def test_who_travels_gets_the_page_by_message_and_the_row_is_encrypted(for_grandma):
    assert Notification.objects.get(key=f"rider:{for_grandma.code}").recipient == "+8613911110077"
    with connection.cursor() as cursor:
        cursor.execute("SELECT rider_name, rider_phone FROM rides_trip WHERE id = %s", [for_grandma.pk])
        stored = b"".join(bytes(value) for value in cursor.fetchone())
    assert "李奶奶".encode() not in stored
    assert b"13911110077" not in stored


def accepted(rides: Rides, trip):
    driver = driver_of(rides.people("driver"))
    way = rides.itinerary()
    outcome = services.accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way, face_token=face_token(driver, trip.code)
    )
    assert outcome.refusal is None
    return Trip.objects.get(pk=trip.pk)


def test_she_sees_car_and_code_without_an_account(rides, for_grandma, client):
    trip = accepted(rides, for_grandma)
    page = client.get(link(trip)).content.decode()
    assert trip.plate_registered in page
    assert trip.boarding_code not in page
    client.post(link(trip) + "confirm-car/")
    assert trip.boarding_code in client.get(link(trip)).content.decode()
    assert 'class="sos"' in page
    for mine in (rides.people("passenger").real_name, rides.people("passenger").phone):
        assert mine not in page


def test_her_page_cannot_do_what_is_the_accounts(rides, for_grandma, client):
    trip = accepted(rides, for_grandma)
    page = client.get(link(trip)).content.decode()
    for path in ("cancel", "say", "call", "rate"):
        assert f"/trips/{trip.code}/{path}/" not in page
        assert client.post(f"/trips/{trip.code}/{path}/").status_code in {302, 403}
    trip.refresh_from_db()
    assert trip.state == "accepted"


def test_not_this_car_from_her_page_stops_the_trip(rides, for_grandma, client):
    trip = accepted(rides, for_grandma)
    client.post(link(trip) + "mismatch/", {"what": "car", "plate_seen": "浙C·12345"})
    trip.refresh_from_db()
    assert (trip.state, trip.cancel_reason) == ("cancelled", "mismatch")


def aboard(rides: Rides, trip):
    accepted(rides, trip)
    Trip.objects.filter(pk=trip.pk).update(state="boarded", boarded_at=clock.now(), plate_check="same")
    return Trip.objects.get(pk=trip.pk)


def test_who_sits_in_another_car_says_so_quietly_from_her_page(rides, for_grandma, client):
    """D5, S11: aboard it is the same as for who booked for herself, and nothing changes on the driver's phone."""
    trip = aboard(rides, for_grandma)
    page = client.get(link(trip)).content.decode()
    assert 'id="report-mismatch"' in page
    assert f'action="{link(trip)}mismatch/"' in page
    assert f"/trips/{trip.code}/" not in page.partition('id="report-mismatch"')[2].partition("</details>")[0]
    assert client.post(link(trip) + "mismatch/", {"what": "driver", "plate_seen": ""}).status_code == 302
    trip.refresh_from_db()
    assert trip.state == "boarded"
    assert mismatch_reported(trip.code)
    page = client.get(link(trip)).content.decode()
    assert 'id="report-mismatch"' not in page
    assert "Noted." in client.get(link(trip), headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize("way", ["", "status/"])
def test_who_travels_complains_without_an_account(rides, for_grandma, client, way):
    """C1: the page of the account would ask her to sign in; her key opens a form of her own."""
    assert "complain" not in client.get(link(for_grandma) + way).content.decode()
    trip = aboard(rides, for_grandma)
    page = client.get(link(trip) + way).content.decode()
    assert f'href="{link(trip)}complaint/"' in page
    assert f"/trips/{trip.code}/complaint/" not in page


def test_a_key_of_another_kind_opens_nothing(rides, client):
    own = rides.accepted()
    for key in (
        selectors.position_key(own, Party.PASSENGER),  # booked for oneself
        selectors.position_key(own, Party.DRIVER),
        "nonsense",
    ):
        assert client.get(f"/ride/{key}/").status_code in {401, 404}


def test_a_friend_who_knows_only_her_phone_finds_the_trip(rides, for_grandma):
    trip = accepted(rides, for_grandma)
    safety.file_welfare_check(
        missing_phone="139 1111 0077", reporter_phone="13911110002", words="x", submission="s"
    )
    assert Incident.objects.get().trip == trip


def test_sos_names_her_to_the_contacts(rides, for_grandma, people, deliver):
    from accounts.services import add_emergency_contact

    trip = accepted(rides, for_grandma)
    add_emergency_contact(account=people("passenger"), name="妈妈", phone="13911110001")
    safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    deliver()
    told = Notification.objects.get(key__startswith="sos:").text
    assert "李奶奶" in told


def test_the_driver_learns_nothing_of_who_travels(rides, for_grandma, signed_in):
    trip = accepted(rides, for_grandma)
    client = signed_in("driver")
    for path in (f"/trips/{trip.code}/", f"/api/v1/trips/{trip.code}/", "/drive/", "/api/v1/driver/"):
        page = client.get(path).content.decode()
        assert "李奶奶" not in page
        assert "13911110077" not in page


def test_a_child_travels_in_company_or_on_another_line(rides):
    child = Rider(RiderKind.CHILD, "小明", "")
    with pytest.raises(ChildNeedsCompany):
        rides.booked(rider=child)
    assert rides.booked(rider=child, seats=2).rider_kind == "child"
    assert rides.booked(rider=child, line=Line.EXPRESS).rider_kind == "child"
    assert not Notification.objects.filter(key__startswith="rider:").exists()  # no phone, no message


def test_whoever_travels_is_named(rides):
    with pytest.raises(InvalidInput):
        rides.booked(rider=Rider(RiderKind.OTHER, " ", "13911110077"))
    with pytest.raises(Exception, match="invalid_phone"):
        rides.booked(rider=Rider(RiderKind.OTHER, "x", "12"))
    trip = rides.booked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Trip.objects.filter(pk=trip.pk).update(rider_kind="child")


@pytest.mark.parametrize("phone", ["0577-62345678", "95128"])
def test_a_number_that_no_message_reaches_is_refused(rides, phone):
    """Her page is in that message, with plate, code and SOS: without it she has none."""
    with pytest.raises(InvalidInput) as refused:
        rides.booked(rider=Rider(RiderKind.OTHER, "李奶奶", phone))
    assert refused.value.field == "rider_phone"
    assert not Trip.objects.exists()
    assert not Notification.objects.filter(key__startswith="rider:").exists()


def test_one_phone_is_written_to_about_so_many_rides(rides, for_grandma):
    """Who books and cancels sends a stranger no ten messages a day."""
    for _time in range(3):
        services.cancel_trip(
            account=rides.people("passenger"),
            trip_code=rides.booked(rider=GRANDMA).code,
            reason="changed_plans",
        )
    with pytest.raises(TooMany):
        rides.booked(rider=GRANDMA)
    assert Notification.objects.filter(key__startswith="rider:").count() == 4
    assert rides.booked(rider=Rider(RiderKind.OTHER, "别人", "13911110078"))
    assert rides.booked()


def test_a_ride_that_took_place_counts_no_more(rides, for_grandma):
    """Four a day are few for who sees to somebody's ways all day."""
    driver, trip = driver_of(rides.people("driver")), accepted(rides, for_grandma)
    for _time in range(3):
        rides.booked(rider=GRANDMA)
    Trip.objects.filter(pk=trip.pk).update(state="in_progress", boarded_at=clock.now(), presumed_boarded=True)
    services.end_trip(driver=driver, trip_code=for_grandma.code)
    services.end_trip(driver=driver, trip_code=for_grandma.code)  # said again it gives nothing more back
    assert rides.booked(rider=GRANDMA)
    with pytest.raises(TooMany):
        rides.booked(rider=GRANDMA)


def test_several_people_write_to_one_phone_so_often_in_all(rides, for_grandma):
    for who in ("passenger", "passenger2"):
        for _time in range(3 if who == "passenger" else 4):
            rides.booked(who, rider=GRANDMA)
    with pytest.raises(TooMany):
        rides.booked("driver2", rider=GRANDMA)


def test_another_car_instead_of_a_wrong_one_is_never_refused(rides, for_grandma):
    trip = accepted(rides, for_grandma)
    for _time in range(3):
        rides.booked(rider=GRANDMA)
    Trip.objects.filter(pk=trip.pk).update(
        state="cancelled", cancelled_at=clock.now(), cancel_reason="mismatch", plate_check="differs"
    )
    new = services.ask_again(passenger=rides.people("passenger"), trip_code=trip.code)
    assert new.rider_phone == "+8613911110077"
    assert Notification.objects.filter(key__startswith="rider:").count() == 4


# --- The number that was typed, shown back and put right ---


def test_a_wrong_number_is_shown_back_masked_and_put_right(rides, for_grandma, signed_in, client):
    booker, wrong = signed_in("passenger"), for_grandma
    page = booker.get(f"/trips/{wrong.code}/").content.decode()
    assert "139****0077" in page
    mends = booker.get(f"/trips/{wrong.code}/?mend=1").content.decode()
    assert 'value="139 1111 0077"' in mends
    sent = booker.post(f"/trips/{wrong.code}/rider/", {"rider_phone": "139-1111-0078"})
    new = Trip.objects.latest("pk")
    assert sent.url == f"/trips/{new.code}/"
    assert (new.rider_phone, new.rider_name, new.destination_name) == (
        "+8613911110078", "李奶奶", wrong.destination_name,
    )  # fmt: skip
    assert Notification.objects.get(key=f"rider:{new.code}").recipient == "+8613911110078"
    assert Trip.objects.get(pk=wrong.pk).state == "cancelled"
    # Whoever has the wrong number sees no car, and never will.
    trip, stranger = accepted(rides, new), client.get(link(wrong)).content.decode()
    assert trip.plate_registered not in stranger
    assert trip.plate_registered in client.get(link(new)).content.decode()
    # The same once more, late: what is.
    for _time in range(2):
        again = booker.post(f"/trips/{wrong.code}/rider/", {"rider_phone": "13911110078"})
        assert again.url == f"/trips/{new.code}/"
    assert Trip.objects.count() == 2


def test_the_same_number_books_nothing_anew(for_grandma, signed_in):
    booker = signed_in("passenger")
    sent = booker.post(f"/trips/{for_grandma.code}/rider/", {"rider_phone": "+86 139 1111 0077"})
    assert sent.url == f"/trips/{for_grandma.code}/"
    assert Trip.objects.get().state != "cancelled"


def test_what_cannot_be_a_number_stands_in_the_form_with_its_reason(for_grandma, signed_in):
    sent = signed_in("passenger").post(f"/trips/{for_grandma.code}/rider/", {"rider_phone": "12"})
    assert sent.status_code == 400
    assert 'value="12"' in sent.content.decode()
    assert Trip.objects.get().state != "cancelled"


def test_a_number_is_put_right_also_while_a_driver_comes(rides, for_grandma):
    trip = accepted(rides, for_grandma)
    new = services.mend_rider(passenger=rides.people("passenger"), trip_code=trip.code, phone="13911110078")
    assert (Trip.objects.get(pk=trip.pk).state, new.rider_phone) == ("cancelled", "+8613911110078")


def test_once_she_is_aboard_no_number_is_put_right(rides, for_grandma):
    trip = accepted(rides, for_grandma)
    Trip.objects.filter(pk=trip.pk).update(state="in_progress", boarded_at=clock.now(), presumed_boarded=True)
    with pytest.raises(StaleState):
        services.mend_rider(passenger=rides.people("passenger"), trip_code=trip.code, phone="13911110079")
    assert Trip.objects.count() == 1


def test_after_the_car_had_arrived_her_own_phone_is_asked_and_rung(rides, for_grandma, noon):
    trip = accepted(rides, for_grandma)
    Trip.objects.filter(pk=trip.pk).update(state="arrived", arrived_at=clock.now())
    new = services.mend_rider(passenger=rides.people("passenger"), trip_code=trip.code, phone="13911110078")
    old = Trip.objects.get(pk=trip.pk)
    assert old.cancel_is_doubted  # so that she is asked whether she is well
    assert selectors.phone_of_rider(old) == new.rider_phone == "+8613911110078"
    assert old.rider_phone_index == new.rider_phone_index
    again = services.mend_rider(passenger=rides.people("passenger"), trip_code=trip.code, phone="13911110078")
    assert again.pk == new.pk


def test_what_is_refused_leaves_the_number_as_it_is(rides, for_grandma, monkeypatch):
    trip = accepted(rides, for_grandma)

    def board(**asked):
        Trip.objects.filter(pk=trip.pk).update(
            state="in_progress", boarded_at=clock.now(), presumed_boarded=True
        )
        return services.booking.book_same_way(**asked)

    monkeypatch.setattr(services.riders, "book_same_way", board)
    with pytest.raises(CannotCancelAboard):
        services.mend_rider(passenger=rides.people("passenger"), trip_code=trip.code, phone="13911110078")
    assert Trip.objects.get(pk=trip.pk).rider_phone == GRANDMA_PHONE
    assert Trip.objects.latest("pk").state == "cancelled"


@pytest.mark.parametrize("phone", ["13911110078", "12"])
def test_once_she_is_aboard_the_page_says_why_nothing_is_put_right(rides, for_grandma, signed_in, phone):
    trip = accepted(rides, for_grandma)
    Trip.objects.filter(pk=trip.pk).update(state="in_progress", boarded_at=clock.now(), presumed_boarded=True)
    sent = signed_in("passenger").post(
        f"/trips/{trip.code}/rider/", {"rider_phone": phone}, headers={"accept-language": "en"}
    )
    assert sent.status_code in {400, 409}
    said = InvalidPhone.sentence if phone == "12" else StaleState.sentence
    assert str(said) in sent.content.decode()


def test_nobody_else_puts_it_right(rides, for_grandma, signed_in):
    trip = accepted(rides, for_grandma)
    for who in ("driver", "passenger2"):
        sent = signed_in(who).post(f"/trips/{trip.code}/rider/", {"rider_phone": "13911110078"})
        assert sent.status_code == 404
    own = rides.booked("passenger2")
    with pytest.raises(NotFound):
        services.mend_rider(passenger=rides.people("passenger2"), trip_code=own.code, phone="13911110078")


def test_a_number_is_put_right_by_api(rides, for_grandma, signed_in):
    sent = signed_in("passenger").post(
        f"/api/v1/trips/{for_grandma.code}/rider/",
        {"rider_phone": "13911110078"},
        content_type="application/json",
    )
    assert sent.status_code == 200
    assert Trip.objects.get(code=sent.json()["code"]).rider_phone == "+8613911110078"
