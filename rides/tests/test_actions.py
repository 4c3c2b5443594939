"""Lines, the night and the driver's page act through their registries: what was not said is never a step."""

import pytest

from conftest import NOON
from core.states import IllegalTransition
from drivers.models import Hold
from rides import services
from rides.models import LatePickup, LineSuspension, Reminder, Trip
from rides.tests.test_lines import propose, suspend


def nothing(client, *paths, body=None):
    """Each old and new address refuses."""
    for path in paths:
        assert client.post(path, body or {}).status_code in {400, 404, 405}, path


def test_an_empty_request_about_a_suspension_withdraws_nothing(people, signed_in):
    at = f"/admin/lines/{propose(people).code}/"
    nothing(signed_in("specialist"), at, at + "do/agree/", at + "do/withdraw/", at + "do/resume/")
    assert LineSuspension.objects.get().state == "proposed"


def test_a_suspension_says_where(people, signed_in):
    """Nothing said is not the whole country."""
    desk = signed_in("supervisor")
    for body in ({}, {"line": "hitch", "reason": "x"}, {"line": "hitch", "city": "", "reason": "x"}):
        nothing(desk, "/admin/lines/", body=body)
    assert not LineSuspension.objects.exists()


def test_what_two_agreed_to_nobody_withdraws(people, signed_in):
    row = suspend(people, at=NOON.replace(hour=NOON.hour + 1))
    for who in ("supervisor", "specialist", "admin"):
        with pytest.raises(IllegalTransition):
            services.decide_suspension(account=people(who), code=row.code, agrees=False)
    page = signed_in("admin").post(f"/admin/lines/{row.code}/do/withdraw/", {"do": "1"})
    assert page.status_code == 409
    assert "This step does not follow from where things stand now." in page.content.decode()
    assert LineSuspension.objects.get().state == "agreed"


def test_empty_requests_about_the_night_do_nothing(rides, people, signed_in):
    trip = rides.accepted()
    Reminder.objects.create(trip=trip, party="driver", made_at=NOON, call_from=NOON)
    care = LatePickup.objects.create(code="L-1", trip=trip, opened_at=NOON)
    desk, at = signed_in("agent"), f"/admin/night/late/{care.code}/"
    nothing(desk, at, *(at + f"do/{key}/" for key in ("take", "safe", "other_line", "no_answer", "close")))
    at = f"/admin/night/calls/{trip.code}:driver/do/"
    nothing(desk, at + "spoken/", at + "no_answer/", at + "safe/")
    nothing(desk, f"/admin/night/calls/{trip.code}:nobody/do/spoken/", body={"do": "1"})
    care.refresh_from_db()
    assert (care.taken_by, care.closed_at) == ("", None)
    assert Reminder.objects.get(party="driver").called_at is None


def test_what_somebody_else_took_is_said_on_the_page(rides, people, signed_in):
    care = LatePickup.objects.create(code="L-1", trip=rides.accepted(), opened_at=NOON)
    services.take_late_pickup(account=people("specialist"), code=care.code)
    page = signed_in("agent").post("/admin/night/late/L-1/do/take/", {"do": "1"})
    assert page.status_code == 409
    assert "Somebody else has just changed this." in page.content.decode()


def test_nothing_is_done_on_the_drivers_page_that_was_not_said(rides, people, signed_in):
    trip, his = rides.arrived(), signed_in("driver")
    at = f"/drive/trips/{trip.code}/"
    nothing(his, *(at + f"{key}/" for key in ("arrive", "board", "depart", "end", "fly")))
    nothing(his, at + "fly/", body={"do": "1", "code": trip.boarding_code})
    assert Trip.objects.get().state == "arrived"


def test_a_wrong_code_stays_on_the_drivers_page(rides, signed_in):
    trip, his = rides.arrived(), signed_in("driver")
    wrong = "0000" if trip.boarding_code != "0000" else "1111"
    services.confirm_car(passenger=trip.passenger, trip_code=trip.code)
    page = his.post(f"/drive/trips/{trip.code}/board/", {"code": wrong})
    assert page.status_code in {400, 403, 409}
    assert f'value="{wrong}"' in page.content.decode()
    assert Trip.objects.get().wrong_codes == 1
    his.post(f"/drive/trips/{trip.code}/board/", {"code": trip.boarding_code})
    his.post(f"/drive/trips/{trip.code}/depart/", {"do": "1"})
    assert Trip.objects.get().state == "in_progress"


def test_only_the_trips_driver_acts_on_it(rides, signed_in):
    trip = rides.arrived()
    for who in ("passenger", "driver2", "agent"):
        answer = signed_in(who).post(f"/drive/trips/{trip.code}/board/", {"code": trip.boarding_code})
        assert answer.status_code in {403, 404}, who
    assert Trip.objects.get().state == "arrived"


def test_an_empty_request_neither_cancels_nor_accuses(rides, signed_in):
    trip = rides.arrived()
    for who in ("passenger", "driver"):
        nothing(signed_in(who), f"/trips/{trip.code}/cancel/")
        nothing(signed_in(who), f"/trips/{trip.code}/cancel/", body={"reason": "curfew"})
    nothing(signed_in("passenger"), f"/trips/{trip.code}/mismatch/")
    nothing(signed_in("passenger"), f"/trips/{trip.code}/mismatch/", body={"what": "both"})
    trip.refresh_from_db()
    assert (trip.state, trip.plate_check) == ("arrived", "")
    assert not Hold.objects.exists()
