"""The night (R4): boundary minutes, policies that change, reminders, the agent's calls, late pick-ups."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from conftest import NOON, Rides, usual_journey
from core import clock
from core.errors import Forbidden, InvalidInput, NotFound
from core.models import Notification
from core.states import StaleState
from core.tests.factories import set_policy
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from rides import selectors, services
from rides.curfew import CURFEW
from rides.errors import CurfewHours, ReminderUnread
from rides.models import LatePickup, Reminder, Trip
from rides.services import Rider
from rides.states import CallOutcome, Line, Party, RiderKind
from safety.models import Signal


def at(text, day=2):
    return datetime.fromisoformat(f"2026-03-0{day}T{text}+08:00")


def book(people, start, end, passenger="passenger", **changes):
    return services.book_trip(
        passenger=people(passenger),
        journey=usual_journey(start=start, end=end),
        seats=1,
        client_key=f"{start}-{end}-{passenger}",
        **changes,
    )


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (at("21:30:00"), at("21:59:59"), False),
        (at("21:30:00"), at("22:00:00"), True),
        (at("22:00:00"), at("22:30:00"), True),
        (at("23:50:00"), at("00:10:00", 3), True),
        (at("04:00:00", 3), at("06:30:00", 3), True),
        (at("05:59:59", 3), at("07:00:00", 3), True),
        (at("06:00:00", 3), at("07:00:00", 3), False),
    ],
)
def test_no_departure_in_the_curfew_to_the_second(people, start, end, refused):
    if refused:
        with pytest.raises(CurfewHours):
            book(people, start, end)
    else:
        assert book(people, start, end).state == "requested"


def test_the_other_lines_drive_at_night(people, noon):
    noon.move_to(at("23:00:00"))
    assert book(people, clock.now(), clock.now(), line=Line.EXPRESS).state == "requested"


def test_at_night_a_line_that_departs_is_chosen_and_hitch_says_that_it_does_not(world, signed_in, noon):
    client = signed_in("passenger")

    def lines(page):
        return {
            value: ("checked" in label, "not at this hour" in label)
            for label in page.split('<label class="line"')[1:]
            for value in re.findall(r'value="(\w+)"', label)[:1]
        }

    day = lines(client.get("/").content.decode())
    assert (day["hitch"], day["express"]) == ((True, False), (False, False))
    noon.move_to(at("23:00:00"))
    night = lines(client.get("/").content.decode())
    assert (night["hitch"], night["express"]) == ((False, True), (True, False))
    later = {"city": "wenzhou", "line": "hitch", "when": "later", "window_start": "2026-03-03T09:00", "seats": 1,
             "rider_kind": "self", "client_key": "later", "origin": "", "destination": ""}  # fmt: skip
    morning = lines(client.post("/book/prices/", later).content.decode())
    assert morning["hitch"] == (True, False)


def change_curfew(begin, from_):
    set_policy(CURFEW, {"from": begin, "to": "06:00"}, effective_from=from_)


def test_a_policy_counts_that_is_in_force_when_the_trip_departs(people):
    change_curfew("20:00", at("00:00:00", 3))
    assert book(people, at("20:30:00"), at("21:00:00")).state == "requested"  # today's rule
    with pytest.raises(CurfewHours):
        book(people, at("20:30:00", 3), at("21:00:00", 3))  # tomorrow's


def test_a_policy_that_comes_between_booking_and_acceptance_counts(rides, people, noon):
    trip = book(people, at("20:30:00", 3), at("21:00:00", 3))
    way = services.offer_itinerary(
        driver=driver_of(people("driver")),
        journey=usual_journey(start=at("20:30:00", 3), end=at("21:00:00", 3)),
        seats=3,
        client_key="w",
    )
    change_curfew("20:00", NOON + timedelta(minutes=5))
    noon.shift(timedelta(minutes=6))
    driver = driver_of(people("driver"))
    outcome = services.accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way.code, face_token=face_token(driver, trip.code)
    )
    assert outcome.refusal.code == "curfew"


class Evening(Rides):
    """Trips that leave between 21:20 and 21:50, about an hour's drive: they run past 22:00."""

    def way(self):
        return {"journey": usual_journey(start=at("21:20:00"), end=at("21:50:00"))}

    def booked(self, passenger="passenger", **changes):
        return super().booked(passenger, **(self.way() | changes))

    def itinerary(self, driver="driver", seats=3):
        self.count += 1
        return services.offer_itinerary(
            driver=driver_of(self.people(driver)), seats=seats, client_key=f"e{self.count}", **self.way()
        ).code


@pytest.fixture
def evening(people, noon):
    noon.move_to(at("20:30:00"))
    return Evening(people)


def test_only_trips_that_may_run_past_the_hour_are_reminded(rides, evening):
    assert Reminder.objects.count() == 0
    evening.accepted()
    assert sorted(Reminder.objects.values_list("party", flat=True)) == ["driver", "passenger"]
    assert Notification.objects.filter(key__startswith="reminder:").count() == 2


def test_a_trip_at_noon_is_not_reminded(rides):
    rides.accepted()
    assert not Reminder.objects.exists()


def test_the_car_does_not_leave_before_both_have_read_it(evening, people, noon, signed_in):
    trip = evening.boarded()
    driver = driver_of(people("driver"))
    with pytest.raises(ReminderUnread):
        services.depart(driver=driver, trip_code=trip.code)
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert "I have read this" in page
    signed_in("passenger").post(f"/trips/{trip.code}/reminder/")
    with pytest.raises(ReminderUnread):
        services.depart(driver=driver, trip_code=trip.code)
    services.acknowledge_reminder(account=people("driver"), trip_code=trip.code)
    services.acknowledge_reminder(account=people("driver"), trip_code=trip.code)  # again changes nothing
    assert services.depart(driver=driver, trip_code=trip.code).state == "in_progress"


def test_a_stranger_has_no_reminder(evening, people):
    trip = evening.accepted()
    with pytest.raises(NotFound):
        services.acknowledge_reminder(account=people("passenger2"), trip_code=trip.code)


def test_who_does_not_answer_is_called_by_an_agent(evening, people, noon, signed_in):
    trip = evening.boarded()
    assert selectors.reminders_to_call(clock.now()) == []
    noon.move_to(at("21:00:00"))  # twenty minutes before the earliest departure
    calls = selectors.reminders_to_call(clock.now())
    assert [call.reminder.party for call in calls] == ["passenger", "driver"]
    assert people("passenger").phone not in str(calls)
    page = signed_in("agent").get("/admin/night/").content.decode()
    assert trip.code in page
    signed_in("agent").post(f"/admin/night/calls/{trip.code}:passenger/do/spoken/", {"do": "1"})
    services.acknowledge_reminder(account=people("driver"), trip_code=trip.code)
    assert selectors.reminders_to_call(clock.now()) == []
    services.depart(driver=driver_of(people("driver")), trip_code=trip.code)
    row = Reminder.objects.get(party="passenger")
    assert (row.called_by, row.outcome) == ("agent", "spoken")


def test_calls_are_for_responders_and_have_an_outcome(evening, people):
    trip = evening.accepted()
    for who, error in (("vetting", Forbidden), ("passenger", Forbidden)):
        with pytest.raises(error):
            services.record_reminder_call(
                account=people(who), trip_code=trip.code, party=Party.DRIVER, outcome=CallOutcome.SPOKEN
            )
    with pytest.raises(InvalidInput):
        services.record_reminder_call(
            account=people("agent"), trip_code=trip.code, party=Party.DRIVER, outcome=CallOutcome.SAFE
        )


def test_a_new_driver_is_reminded_anew(evening, people):
    trip = evening.accepted()
    services.acknowledge_reminder(account=people("passenger"), trip_code=trip.code)
    with transaction.atomic():
        services.give_to_others(actor=people("agent").actor, driver=driver_of(people("driver")))
    assert list(Reminder.objects.values_list("party", flat=True)) == ["passenger"]
    assert Reminder.objects.get().acknowledged_at


def late(evening, noon):
    trip = evening.accepted()
    noon.move_to(at("22:00:00"))
    assert services.open_late_pickups(at=clock.now()) == 1
    return trip, LatePickup.objects.get()


def test_a_pickup_that_slips_past_the_hour_is_looked_after(evening, people, noon, signed_in):
    evening.accepted()
    noon.move_to(at("21:59:59"))
    assert services.open_late_pickups(at=clock.now()) == 0
    noon.move_to(at("22:00:00"))
    assert services.open_late_pickups(at=clock.now()) == 1
    assert services.open_late_pickups(at=clock.now()) == 0
    trip, care = Trip.objects.get(), LatePickup.objects.get()
    assert Notification.objects.get(key=f"late:{trip.code}").life_safety
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert 'value="express"' in page
    assert trip.code in signed_in("agent").get("/admin/due/").content.decode()
    signed_in("agent").post(f"/admin/night/late/{care.code}/do/take/", {"do": "1"})
    care.refresh_from_db()
    assert care.taken_by == "agent"
    with pytest.raises(StaleState):
        services.take_late_pickup(account=people("specialist"), code=care.code)
    signed_in("agent").post(f"/admin/night/late/{care.code}/do/safe/", {"do": "1"})
    care.refresh_from_db()
    assert (care.outcome, care.closed_by) == ("safe", "agent")


def test_she_goes_on_with_another_line_and_the_hitch_trip_ends(evening, people, noon, signed_in):
    trip, care = late(evening, noon)
    signed_in("passenger").post(f"/trips/{trip.code}/other-line/", {"line": "express"})
    care.refresh_from_db()
    trip.refresh_from_db()
    assert (care.replacement.line, care.replacement.state) == ("express", "requested")
    assert (trip.state, trip.cancel_reason) == ("cancelled", "curfew")
    again = services.go_on_with_other_line(
        passenger=people("passenger"), trip_code=trip.code, line=Line.EXPRESS
    )
    assert again == care.replacement  # a second tap orders no second car


def test_not_back_to_hitch_and_not_for_others(evening, people, noon):
    trip, _care = late(evening, noon)
    with pytest.raises(InvalidInput):
        services.go_on_with_other_line(passenger=people("passenger"), trip_code=trip.code, line=Line.HITCH)
    with pytest.raises(NotFound):
        services.go_on_with_other_line(passenger=people("driver"), trip_code=trip.code, line=Line.EXPRESS)


def test_no_answer_goes_to_the_safety_desk(evening, people, noon, deliver):
    trip, care = late(evening, noon)
    services.close_late_pickup(account=people("agent"), code=care.code, outcome=CallOutcome.NO_ANSWER)
    deliver()
    assert Signal.objects.get(trip=trip).kind == "pickup_late"


def test_nobody_boards_hitch_in_the_curfew(evening, people, noon):
    trip = evening.arrived()
    services.confirm_car(passenger=people("passenger"), trip_code=trip.code)
    noon.move_to(at("22:00:01"))
    outcome = services.board_trip(
        driver=driver_of(people("driver")), trip_code=trip.code, code=trip.boarding_code
    )
    assert outcome.refusal.code == "curfew"


def test_who_travels_reads_the_reminder_and_goes_on_from_her_own_page(evening, people, noon, client):
    """Booked for somebody else (A6): reminder, late pick-up and the new ride are hers, without an account."""
    grandma = Rider(RiderKind.OTHER, "李奶奶", "13911110077")
    trip = evening.booked(rider=grandma)
    driver = driver_of(people("driver"))
    way = evening.itinerary()
    token = face_token(driver, trip.code)
    services.accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token)
    told = Notification.objects.get(key__startswith=f"reminder:{trip.code}:passenger")
    assert told.recipient == "+8613911110077"
    page = "/ride/" + told.text.rpartition("/ride/")[2]
    client.post(page + "reminder/")
    assert Reminder.objects.get(trip=trip, party="passenger").acknowledged_at
    noon.move_to(at("22:00:00"))
    services.open_late_pickups(at=clock.now())
    answer = client.post(page + "other-line/", {"line": "express"})
    new = LatePickup.objects.get().replacement
    assert (new.line, new.rider_name) == ("express", "李奶奶")
    assert client.get(answer.headers["location"]).status_code == 200
    assert Notification.objects.filter(key=f"rider:{new.code}").exists()


def test_who_waits_again_gets_time_to_be_found(rides, people, noon):
    """A trip taken from its driver after its window is not closed at once for want of one."""
    trip = rides.accepted()
    noon.shift(timedelta(hours=2))
    with transaction.atomic():
        services.give_to_others(actor=people("agent").actor, driver=driver_of(people("driver")))
    assert services.close_unanswered(at=clock.now()) == 0
    noon.shift(timedelta(minutes=12))
    assert services.close_unanswered(at=clock.now()) == 1
    trip.refresh_from_db()
    assert trip.cancel_reason == "no_driver"
