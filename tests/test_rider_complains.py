"""Whoever travels on somebody else's account complains, and says 'never again', by the key that came to her phone (A6)."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from complaints.models import Complaint
from complaints.services import Caller, Filing, file_from_street
from complaints.states import Category
from core import alarms, clock
from core.messages import catalogue, outbox, transports
from core.models import Notification
from core.tests.factories import set_policy
from rides import selectors, services
from rides.models import NeverAgain, Trip
from rides.services import Rider
from rides.states import Party, RiderKind
from rides.tests.test_riders import aboard, accepted, link
from rides.tokens import TripKey
from safety import services as safety
from safety.errors import QuestionClosed
from safety.models import Incident
from safety.services.questions import ask_passenger
from safety.states import Answer

GRANDMA = Rider(RiderKind.OTHER, "李奶奶", "13911110077")


@pytest.fixture
def for_grandma(rides):
    return rides.booked(rider=GRANDMA)


def complain(client, trip, **changes):
    said = {"category": "dispute", "words": "司机一路骂人", "submission": "k-1"} | changes
    return client.post(link(trip) + "complaint/", said)


def ended(rides, trip):
    found = aboard(rides, trip)
    services.depart(driver=found.driver, trip_code=found.code)
    services.end_trip(driver=found.driver, trip_code=found.code)
    return Trip.objects.get(pk=found.pk)


def test_her_key_proves_who_complains_and_her_phone_gets_the_receipt(rides, for_grandma, client):
    trip = ended(rides, for_grandma)
    answer = complain(client, trip)
    row = Complaint.objects.get()
    assert answer["Location"].startswith(f"/complaints/{row.code}/")
    assert row.code in client.get(answer["Location"]).content.decode()
    assert (row.trip, row.accused, row.complainant) == (trip, trip.driver.account, None)
    assert (row.caller_phone, row.caller_name) == ("+8613911110077", "李奶奶")
    assert row.caller_verified_at  # no code is asked for
    sent = Notification.objects.get(key=f"complaint:{row.code}")
    assert sent.recipient == "+8613911110077"
    assert row.code in sent.text
    assert row.secret in sent.text
    again = complain(client, trip)
    assert again["Location"] == answer["Location"]  # one form sent twice


@pytest.fixture
def carried(monkeypatch):
    """A provider that takes whatever it is asked to carry."""
    provider = SimpleNamespace(name="carrier", hand_over=lambda letter: letter.key)
    monkeypatch.setattr(transports, "of_channel", lambda _channel: [provider])


def receipt(row):
    outbox.send(Notification.objects.get(key=f"complaint:{row.code}").pk)
    return Notification.objects.get(key=f"complaint:{row.code}")


def test_her_phone_does_not_light_up_beside_whom_she_complains_of(rides, for_grandma, client, noon, carried):
    trip = aboard(rides, for_grandma)
    complain(client, trip)
    row = Complaint.objects.get()
    asked = receipt(row)
    assert (asked.state, asked.sent_at) == ("queued", None)
    assert asked.not_before > clock.now() and not asked.undelivered
    services.depart(driver=trip.driver, trip_code=trip.code)
    services.end_trip(driver=trip.driver, trip_code=trip.code)
    assert receipt(row).state == "queued"  # he may stand beside her yet
    noon.shift(timedelta(minutes=30))
    assert receipt(row).state == "sent"


def test_nor_while_an_incident_of_the_trip_lives(rides, for_grandma, client, noon, carried, monkeypatch):
    trip = aboard(rides, for_grandma)
    complain(client, trip, words="救命，他要杀我")
    row = Complaint.objects.get()
    services.depart(driver=trip.driver, trip_code=trip.code)
    services.end_trip(driver=trip.driver, trip_code=trip.code)
    noon.shift(timedelta(hours=30))
    assert receipt(row).state == "queued"
    monkeypatch.setattr("rides.selectors.watched._followed", [])
    assert receipt(row).state == "sent"


def test_all_that_her_phone_is_told_of_a_complaint_waits():
    told = {entry.code for entry in catalogue.entries() if entry.app == "complaints"}
    to_staff_or_of_no_complaint = {
        "complaints.nobody_took_it", "complaints.limit_near", "complaints.limit_passed", "complaints.care_overdue",
        "complaints.roster_thin", "complaints.greeting",
        # An accident is known to both.
        "complaints.claim_filed", "complaints.claim_approved", "complaints.claim_refused",
    }  # fmt: skip
    waits = {entry.code for entry in catalogue.entries() if entry.betrays}
    assert told - to_staff_or_of_no_complaint <= waits


def test_a_stranger_learns_nothing_from_the_time_of_the_receipt(rides, cases_of_strangers, carried):
    trip, row = cases_of_strangers
    assert row.trip == trip
    assert receipt(row).state == "sent"


@pytest.fixture
def cases_of_strangers(rides):
    trip = rides.boarded()
    row = file_from_street(
        caller=Caller("王", "13955550001"),
        plate=trip.plate_registered,
        told=Filing(Category.DISPUTE, "he shouted", "k" * 20),
    )
    return trip, row


def test_grave_words_by_her_key_act_at_once_and_ring(rides, for_grandma, client, people):
    trip = aboard(rides, for_grandma)
    complain(client, trip, words="救命，他要杀我")
    row = Complaint.objects.get()
    assert row.level == "severe"
    assert row.stopped_at
    assert Incident.objects.filter(trip=trip).exists()
    assert any(each.code == row.code for each in alarms.ringing_for(people("agent"), clock.now()))


def test_by_her_key_one_tap_on_danger_is_a_call(rides, for_grandma, client):
    trip = aboard(rides, for_grandma)
    answer = complain(client, trip, category="danger", words="")
    assert answer.status_code == 302
    assert Complaint.objects.get().stopped_at and Incident.objects.filter(trip=trip).exists()
    assert complain(client, trip, category="dispute", words="", submission="k-2").status_code == 400


def test_what_comes_beyond_the_bound_is_taken_and_stands_below(rides, for_grandma, client):
    trip = ended(rides, for_grandma)
    set_policy("complaints.complaints", {"person": 1, "target": 1, "within": 86_400})
    for number, category in enumerate(("dispute", "lost_property", "other")):
        assert complain(client, trip, category=category, submission=f"k-{number}").status_code == 302
    assert list(Complaint.objects.order_by("pk").values_list("from_crowd", flat=True)) == [False, True, True]


def test_before_a_driver_is_known_nothing_is_filed_and_it_is_said(for_grandma, client):
    assert complain(client, for_grandma).status_code == 400
    assert not Complaint.objects.exists()


def test_never_again_by_her_key_keeps_this_driver_from_what_the_account_books(
    rides, for_grandma, client, people
):
    trip = ended(rides, for_grandma)
    assert "never-again/" in client.get(link(trip)).content.decode()
    client.post(link(trip) + "never-again/")
    row = NeverAgain.objects.get()
    assert (row.account, row.other) == (people("passenger"), trip.driver.account)
    assert "never-again/undo/" in client.get(link(trip)).content.decode()
    client.post(link(trip) + "never-again/undo/")
    assert NeverAgain.objects.get().undone_at


def test_her_key_neither_shows_nor_takes_back_what_the_account_said_itself(
    rides, for_grandma, client, people
):
    trip = ended(rides, for_grandma)
    own = services.never_again(
        account=people("passenger"), trip_code=trip.code
    )  # of a ride of its own, or this one
    page = client.get(link(trip)).content.decode()
    assert "never-again/undo/" not in page
    client.post(link(trip) + "never-again/undo/")
    own.refresh_from_db()
    assert own.undone_at is None
    client.post(link(trip) + "never-again/")
    client.post(link(trip) + "never-again/")
    hers = NeverAgain.objects.get(by_key=True)
    assert (hers.trip, hers.account) == (trip, own.account)
    client.post(link(trip) + "never-again/undo/")
    assert list(NeverAgain.objects.filter(undone_at=None)) == [own]
    client.post(link(trip) + "never-again/")
    services.undo_never_again(account=people("passenger"), trip_code=trip.code)  # who booked takes back both
    assert not NeverAgain.objects.filter(undone_at=None).exists()


def test_the_key_of_another_of_their_rides_shows_nothing_of_what_was_said_after_this_one(
    rides, for_grandma, client, people
):
    trip = ended(rides, for_grandma)
    client.post(link(trip) + "never-again/")
    other = Trip.objects.get(pk=rides.booked(rider=Rider(RiderKind.OTHER, "王", "13911110099")).pk)
    Trip.objects.filter(pk=other.pk).update(
        state="cancelled", driver=trip.driver, vehicle=trip.vehicle, accepted_at=clock.now(),
        cancelled_at=clock.now(), cancelled_by="passenger", cancel_reason="changed_plans",
    )  # fmt: skip
    assert "never-again/undo/" not in client.get(link(other)).content.decode()
    client.post(link(other) + "never-again/undo/")
    assert NeverAgain.objects.get().undone_at is None


def test_a_wrong_number_does_nothing_more_in_the_name_of_who_booked(rides, for_grandma, client, people):
    trip = accepted(rides, for_grandma)
    wrong = link(trip)
    Trip.objects.filter(pk=trip.pk).update(state="arrived", arrived_at=clock.now())
    services.mend_rider(passenger=people("passenger"), trip_code=trip.code, phone="13911110078")
    page = client.get(wrong).content.decode()
    assert "never-again/" not in page
    assert "complaint/" not in page
    tries = {
        "never-again/": {},
        "never-again/undo/": {},
        "confirm-car/": {},
        "mismatch/": {"what": "driver"},
        "again/": {},
        "reminder/": {},
        "other-line/": {"line": "express"},
        "complaint/": {"category": "violence", "words": "他打我，救命", "submission": "k-1"},
    }
    for way, said in tries.items():
        assert client.post(wrong + way, said).status_code in {400, 409}, way
    assert not NeverAgain.objects.exists()
    assert not Complaint.objects.exists()
    assert Trip.objects.count() == 2
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    with transaction.atomic():
        ask_passenger(trip=trip)
    with pytest.raises(QuestionClosed):
        safety.answer_question(key=key, answer=Answer.FINE)
    safety.answer_question(key=key, answer=Answer.NOT_WELL)  # a call for help is heard from whoever calls
    assert Incident.objects.filter(trip=trip).exists()


def test_a_key_of_ones_own_trip_is_no_riders(rides, client):
    trip = rides.ended()
    key = selectors.position_key(trip, Party.PASSENGER)
    for way in ("complaint/", "never-again/"):
        assert client.post(f"/ride/{key}/{way}", {"category": "other", "words": "x"}).status_code == 404
