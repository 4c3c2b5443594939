"""Lines (R1): two people suspend, people who wait are told, trips under way are finished under closer watch."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import RealNameRequired
from accounts.models import Account
from conftest import NOON, usual_journey
from core import clock
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from core.models import Notification
from core.states import IllegalTransition
from core.tests.factories import set_policy
from rides import selectors, services
from rides.errors import AlreadySuspended, LineNotRunning
from rides.models import City, Itinerary, LineInCity, LineSuspension, Trip
from rides.states import Line


def propose(people, who="supervisor", **changes):
    wanted = {"line": Line.HITCH, "city": None, "at": None, "reason": "A passenger was killed."}
    return services.propose_suspension(account=people(who), **(wanted | changes))


def suspend(people, **changes):
    row = propose(people, **changes)
    return services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)


def runs(city="wenzhou", line=Line.HITCH):
    return selectors.line_runs(line, City.objects.get(code=city), clock.now())


@pytest.mark.parametrize(
    ("leaves", "needed"),
    [("2026-03-02T23:59+08:00", False), ("2026-03-03T00:00+08:00", True), ("2026-03-03T07:00+08:00", True)],
)
def test_from_the_day_of_the_rule_every_line_needs_a_real_name(rides, people, leaves, needed):
    """A2: the day is that of our cities, and of a ride the day on which it leaves, whenever it was booked."""
    set_policy("rides.real_name_from", "2026-03-03")
    at = datetime.fromisoformat(leaves)
    assert services.needs_real_name(Line.EXPRESS, at) is needed
    assert services.needs_real_name(Line.HITCH, at)
    Account.objects.filter(code="passenger").update(verified_at=None)
    journey = usual_journey(start=at, end=at + timedelta(minutes=20))
    if needed:
        with pytest.raises(RealNameRequired):
            rides.booked(line=Line.EXPRESS, journey=journey)
    else:
        assert rides.booked(line=Line.EXPRESS, journey=journey).line == Line.EXPRESS


def test_one_person_alone_suspends_nothing(people):
    row = propose(people)
    assert runs()
    with pytest.raises(SecondPersonNeeded):
        services.decide_suspension(account=people("supervisor"), code=row.code, agrees=True)
    assert runs()
    with pytest.raises(IntegrityError), transaction.atomic():
        LineSuspension.objects.filter(pk=row.pk).update(
            state="agreed", agreed_by="supervisor", agreed_at=clock.now()
        )


@pytest.mark.parametrize("who", ["agent", "vetting", "adjudicator", "passenger"])
def test_who_may_not_suspend(people, who):
    with pytest.raises(Forbidden):
        propose(people, who)
    row = propose(people)
    with pytest.raises(Forbidden):
        services.decide_suspension(account=people(who), code=row.code, agrees=True)


def test_a_reason_is_needed_and_a_line_that_stands_still_stays(people):
    with pytest.raises(InvalidInput):
        propose(people, reason=" ")
    suspend(people)
    with pytest.raises(AlreadySuspended):
        propose(people)


def test_nationwide_stops_every_city_and_one_city_stops_alone(people):
    suspend(people, city=City.objects.get(code="zhengzhou"))
    assert runs("wenzhou")
    assert not runs("zhengzhou")
    assert runs("zhengzhou", Line.EXPRESS)
    suspend(people)
    assert not runs("wenzhou")


def test_those_who_wait_are_told_with_the_reason_and_pay_nothing(rides, people, client):
    waiting, way = rides.booked(), rides.itinerary("driver2")
    suspend(people)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cancel_reason) == ("cancelled", "line_suspended")
    assert Itinerary.objects.get(code=way).closed_at
    told = Notification.objects.get(key__startswith="suspended:")
    assert told.recipient == people("passenger").phone
    assert "A passenger was killed." in told.text
    with pytest.raises(LineNotRunning):
        rides.booked("passenger2")
    with pytest.raises(LineNotRunning):
        rides.itinerary()


def test_from_a_set_time_on_and_not_before(rides, people, noon):
    suspend(people, at=NOON + timedelta(minutes=30))
    before = rides.booked()
    assert before.state == "requested"
    noon.move_to(NOON + timedelta(minutes=29, seconds=59))
    assert runs()
    noon.move_to(NOON + timedelta(minutes=30))
    assert not runs()  # at once, although no job has run yet
    with pytest.raises(LineNotRunning):
        rides.booked("passenger2")
    assert services.carry_out_suspensions(at=clock.now()) == 1
    before.refresh_from_db()
    assert before.cancel_reason == "line_suspended"
    assert LineInCity.objects.get(line="hitch", city__code="wenzhou").state == "suspended"
    assert services.carry_out_suspensions(at=clock.now()) == 0


def test_trips_under_way_are_finished_under_closer_watch(rides, people):
    under_way, later = rides.under_way(), None
    far = usual_journey(start=NOON + timedelta(hours=3), end=NOON + timedelta(hours=4))
    later = services.book_trip(passenger=people("passenger2"), journey=far, seats=1, client_key="later")
    Trip.objects.filter(pk=later.pk).update(
        state="accepted",
        driver=under_way.driver,
        vehicle=under_way.vehicle,
        plate_registered="x",
        accepted_at=NOON,
    )
    assert not next(iter(selectors.watched_trips())).closer
    suspend(people)
    under_way.refresh_from_db()
    later.refresh_from_db()
    assert under_way.state == "in_progress"
    assert later.cancel_reason == "line_suspended"  # it would have left in three hours
    assert [trip.closer for trip in selectors.watched_trips() if trip.code == under_way.code] == [True]
    assert Notification.objects.filter(key__startswith="suspended:").count() == 2  # passenger and driver


def test_an_accepted_trip_whose_people_may_have_met_goes_on(rides, people):
    trip = rides.accepted()
    Trip.objects.filter(pk=trip.pk).update(
        phones_met_at=NOON, window_start=NOON + timedelta(hours=5), window_end=NOON + timedelta(hours=6)
    )
    suspend(people)
    trip.refresh_from_db()
    assert trip.state == "accepted"


def test_a_withdrawn_proposal_does_nothing(people):
    row = propose(people)
    services.decide_suspension(account=people("supervisor"), code=row.code, agrees=False)
    assert runs()
    with pytest.raises(IllegalTransition):
        services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)


def test_a_permit_that_ran_out_stops_the_line(people):
    LineInCity.objects.update(permit_until=(NOON - timedelta(days=1)).date())
    assert not runs()
    LineInCity.objects.update(permit_until=NOON.date())
    assert runs()


def test_the_console_leads_through_both_steps(people, signed_in):
    supervisor, specialist = signed_in("supervisor"), signed_in("specialist")
    supervisor.post("/admin/lines/", {"line": "hitch", "city": "all", "at": "", "reason": "x"})
    row = LineSuspension.objects.get()
    assert f"/admin/lines/{row.code}/" in supervisor.get("/admin/lines/").content.decode()
    own = supervisor.post(f"/admin/lines/{row.code}/do/agree/", {"do": "1"})
    assert own.status_code == 409
    assert "Somebody else has to agree to this" in own.content.decode()
    assert runs()
    specialist.post(f"/admin/lines/{row.code}/do/agree/", {"do": "1"})
    assert not runs()
    bad = supervisor.post(
        "/admin/lines/", {"line": "hitch", "city": "all", "at": "2026-13-45T99:99", "reason": "of weight"}
    )
    assert bad.status_code == 400
    assert "of weight" in bad.content.decode()
    assert LineSuspension.objects.count() == 1


def test_a_line_that_stops_next_week_can_be_stopped_at_once(people, noon):
    suspend(people, at=NOON + timedelta(days=7))
    with pytest.raises(AlreadySuspended):
        propose(people, at=NOON + timedelta(days=8))
    assert runs()
    suspend(people)
    assert not runs()
