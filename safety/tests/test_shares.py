"""Sharing a trip (S4): by a link that nobody can guess, with what may be shown and no more, until it is over or ended."""

import re
from datetime import timedelta

import pytest

from accounts.services import add_emergency_contact, answer_as_contact, set_trip_sharing
from core import disclosures as told
from core.errors import NotFound
from core.models import Notification
from drivers.selectors import driver_of
from rides import services as rides_services
from rides.models import Trip
from rides.selectors import position_key
from rides.services import PhoneFixes, end_trip
from rides.states import Party
from rides.tests.test_maps import drawn_by
from rides.tokens import TripKey
from rides.trails import Fix
from safety import services
from safety.models import TripShare

HER = Party.PASSENGER


def key_of(trip, party=HER):
    return TripKey(trip.code, party, "wenzhou")


def at_position(trip, latitude, longitude, at):
    rides_services.store_positions(
        [PhoneFixes(trip.pk, Party.DRIVER, [Fix(at, latitude, longitude)], away=False)]
    )


def test_whoever_has_the_link_sees_car_name_and_place_and_nothing_of_the_passenger(
    rides, signed_in, people, noon
):
    trip = rides.under_way()
    share = services.share_trip(key=key_of(trip))
    at_position(trip, 28.2, 121.0, trip.requested_at.timestamp() + 60)
    answer = signed_in("").get(f"/share/{share.token}/")
    page = answer.content.decode()
    for shown in (trip.plate_registered, trip.driver.account.real_name, "121.0"):
        assert shown in page
    for hidden in (
        trip.passenger.real_name,
        trip.passenger.phone,
        trip.driver.account.phone,
        trip.boarding_code,
        trip.code,
    ):
        assert hidden not in page
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"


def test_a_link_cannot_be_guessed_and_the_database_holds_none_in_the_clear(rides):
    from django.db import connection

    share = services.share_trip(key=key_of(rides.under_way()))
    assert len(share.token) >= 32
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM safety_tripshare s")
        assert share.token not in cursor.fetchone()[0]


@pytest.mark.parametrize("token", ["x", "A" * 32, "../admin"])
def test_a_wrong_link_is_not_found(world, signed_in, token):
    assert signed_in("").get(f"/share/{token}/").status_code == 404


def test_an_ended_link_opens_nothing_and_another_side_cannot_end_it(rides, signed_in):
    trip, other = rides.under_way(), rides.under_way("passenger2", "driver2")
    share = services.share_trip(key=key_of(trip))
    for stranger in (key_of(trip, Party.DRIVER), key_of(other)):
        with pytest.raises(NotFound):
            services.revoke_share(key=stranger, number=share.pk)
    page = f"/trips/{trip.code}/shares/"
    for number in ("²", "9" * 40, "-1", "x"):
        answer = signed_in("").post(page, {"key": position_key(trip, HER), "revoke": number})
        assert answer.status_code == 400, number
    services.revoke_share(key=key_of(trip), number=share.pk)
    services.revoke_share(key=key_of(trip), number=share.pk)
    assert signed_in("").get(f"/share/{share.token}/").status_code == 404


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_client_ends_a_link_by_the_key_in_a_header(rides, signed_in, where):
    trip = rides.under_way()
    key, client = position_key(trip, HER), signed_in("")
    share = services.share_trip(key=key_of(trip))
    at = f"/api/v1/trips/{trip.code}/shares/{share.pk}/"
    assert client.delete(at, headers={"x-trip-key": "x"}).status_code == 401
    if where == "header":
        assert client.delete(at, headers={"x-trip-key": key}).status_code == 204
    else:
        assert client.delete(at, {"key": key}, content_type="application/json").status_code == 204
    assert signed_in("").get(f"/share/{share.token}/").status_code == 404


def test_the_driver_cannot_share_the_passengers_trip_and_sees_no_shares(rides, signed_in):
    trip = rides.under_way()
    services.share_trip(key=key_of(trip))
    with pytest.raises(NotFound):
        services.share_trip(key=key_of(trip, Party.DRIVER))
    page = signed_in("driver").get(
        f"/trips/{trip.code}/shares/", headers={"x-trip-key": position_key(trip, Party.DRIVER)}
    )
    assert page.content.strip() == b""


def test_positions_end_with_the_trip_and_the_page_a_day_later(rides, people, signed_in, noon):
    trip = rides.under_way()
    share = services.share_trip(key=key_of(trip))
    at_position(trip, 28.2, 121.0, trip.requested_at.timestamp() + 60)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    page = signed_in("").get(f"/share/{share.token}/")
    assert drawn_by(page, "share-map-data")["points"] == []
    assert trip.plate_registered in page.content.decode()
    noon.shift(timedelta(hours=24, seconds=1))
    assert signed_in("").get(f"/share/{share.token}/").status_code == 404


def test_after_her_own_call_for_help_positions_go_on_when_the_driver_ends_the_trip(
    rides, people, signed_in, noon
):
    trip = rides.under_way()
    share = services.share_trip(key=key_of(trip))
    at_position(trip, 28.2, 121.0, trip.requested_at.timestamp() + 60)
    services.raise_sos(key=key_of(trip))
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    assert "121.0" in signed_in("").get(f"/share/{share.token}/").content.decode()


def test_sos_sends_each_contact_a_link_and_shows_that_it_was_seen(rides, people, signed_in, deliver):
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110001")
    trip = rides.under_way()
    services.raise_sos(key=key_of(trip))
    deliver()
    message = Notification.objects.get(key__startswith="sos:")
    link = re.search(r"https?://\S+/share/\S+", message.text)[0]
    page, key = f"/trips/{trip.code}/sos/", {"x-trip-key": position_key(trip, HER)}
    assert "seen" not in signed_in("").get(page, headers=key).content.decode()
    assert signed_in("").get("/share/" + link.rsplit("/share/", 1)[1]).status_code == 200
    assert "seen" in signed_in("").get(page, headers=key).content.decode()
    # A second tap sends no second link.
    services.raise_sos(key=key_of(trip))
    deliver()
    assert TripShare.objects.count() == 1


def test_contacts_who_agreed_follow_by_themselves_where_she_wants_it_so(rides, people, deliver):
    passenger = people("passenger")
    for number in ("13911110001", "13911110002"):
        add_emergency_contact(account=passenger, name="a", phone=number)
    secret = Notification.objects.order_by("pk").first().text.split("/contact/")[1].split("/")[0]
    answer_as_contact(secret=secret, accepts=True)
    rides.accepted()
    deliver()
    assert not TripShare.objects.exists()
    set_trip_sharing(account=passenger, on=True)
    Trip.objects.all().update(
        state="ended",
        boarded_at="2026-03-02T00:00Z",
        fare=1,
        ended_at="2026-03-02T00:00Z",
        plate_check="same",
    )
    rides.accepted()
    deliver()
    assert TripShare.objects.count() == 1
    assert Notification.objects.filter(key__startswith="share:").count() == 1


def test_her_own_list_says_what_she_shared_and_his_says_nothing_of_it(rides, people):
    trip = rides.under_way()
    services.share_trip(key=key_of(trip))
    assert any("whoever has the link" in row.whom or "链接" in row.whom for row in told.of("passenger"))
    assert not any("link" in row.whom or "链接" in row.whom for row in told.of("driver"))


def test_the_way_comes_once_to_who_follows_her_and_to_the_page_after_sos(signed_in, rides):
    trip = rides.under_way()
    share = services.share_trip(key=key_of(trip))
    hers, friend = signed_in("passenger"), signed_in("")
    hers.post(f"/trips/{trip.code}/sos/", {"key": position_key(trip, Party.PASSENGER)})
    pages = (
        (hers, f"/trips/{trip.code}/sos/status/", "sos-map-data"),
        (friend, f"/share/{share.token}/", "share-map-data"),
    )
    for browser, address, name in pages:
        first = drawn_by(browser.get(address), name)
        assert first["route"]
        again = drawn_by(browser.get(address, {"way": first["way"]}), name)
        assert "route" not in again
        assert again["ends"] == first["ends"]
