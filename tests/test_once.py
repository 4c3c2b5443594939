"""What is created once: six at the same moment with one key make one row and six answers, and another person's same key
is another key. Every table with a key of its own is tried."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from complaints.models import Accident, Claim, Complaint
from complaints.services import Caller, Filing, file_claim, file_complaint, file_from_street, open_accident
from complaints.states import Category, ClaimKind
from conftest import ROUTE, usual_journey
from core import clock, idempotency, motions
from core.errors import DomainError
from core.limits import NOBODY
from core.models import Motion
from drivers.models import MismatchReport
from drivers.selectors import driver_of
from drivers.services import report_from_street
from governance import concerns
from governance.models import Concern
from police import notices, register
from police.models import Notice, PoliceRequest, Preservation
from police.services import ask_by_form, open_phone_request
from police.states import Query
from police.tests.factories import urgent
from police.tests.test_preserving import preserve
from rides.models import Itinerary, Trip
from rides.services import book_trip, offer_itinerary
from safety.models import HelpMessage, WelfareCheck
from safety.services import file_welfare_check
from sandbox.plates import photo

SIX = 6
KEY = "the same of everybody"


def booking(people, rides):
    return lambda who, key: book_trip(passenger=people(who), journey=usual_journey(), seats=1, client_key=key)


def itinerary(people, rides):
    return lambda who, key: offer_itinerary(
        driver=driver_of(people(who)), journey=usual_journey(), seats=3, client_key=key, route=ROUTE
    )


def welfare_check(people, rides):
    phones = {"passenger": "13911110001", "passenger2": "13911110002"}
    return lambda who, key: file_welfare_check(
        missing_phone="13800000001", reporter_phone=phones[who], words="x", submission=key
    )


def request_by_form(people, rides):
    question = urgent(Query.TRIP, rides.under_way().code)
    return lambda who, key: ask_by_form(account=people(who), question=question, submission=key)


def notice(people, rides):
    return lambda who, key: notices.begin(account=people(who), submission=key)


def preservation(people, rides):
    code = rides.under_way().code
    return lambda who, key: preserve(people, Query.TRIP, code, who, key)


def request_by_phone(people, rides):
    question = urgent(Query.TRIP, rides.under_way().code)
    return lambda who, key: (
        open_phone_request(
            account=people(who), agency_code="shangtang", badge="1", question=question, submission=key
        ).request
    )


def complaint(people, rides):
    trip = rides.ended()
    return lambda who, key: file_complaint(
        account=people(who), trip_code=trip.code, category=Category.OTHER, words="x", submission=key
    )


def street_complaint(people, rides):
    phones = {"passenger": "13911110001", "passenger2": "13911110002"}
    return lambda who, key: file_from_street(
        caller=Caller("x", phones[who]), plate="川A·H0001", told=Filing(Category.OTHER, "x", key)
    )


def accident(people, rides):
    return lambda who, key: open_accident(
        account=people(who), trip_code="", happened_at=clock.now() - timedelta(hours=1), place="x", words="x",
        submission=key,
    )  # fmt: skip


def claim(people, rides):
    code = accident(people, rides)("agent", "an accident").code
    return lambda who, key: file_claim(
        account=people(who), accident_code=code, kind=ClaimKind.ADVANCE, name="x", phone="13911110001", fen=100,
        submission=key,
    )  # fmt: skip


def street_report(people, rides):
    picture = photo("川A·F9999")
    return lambda who, key: report_from_street(
        account=people(who), phone="", plate="川A·F9999", words="x", content=picture, submission=key
    )


def concern(people, rides):
    return lambda who, key: concerns.report(
        account=people(who), words="x", about="", asks_back=True, barred=[], submission=key, asker=NOBODY
    )


# By the service: the table, what makes one, and two people who may.
CREATIONS = {
    "a booking": (Trip, booking, "passenger", "passenger2"),
    "an itinerary": (Itinerary, itinerary, "driver", "driver2"),
    "a welfare check": (WelfareCheck, welfare_check, "passenger", "passenger2"),
    "a request of an officer": (PoliceRequest, request_by_form, "officer", "officer2"),
    "a notice of an officer": (Notice, notice, "officer", "officer2"),
    "what the police want kept": (Preservation, preservation, "officer", "officer2"),
    "a request on the telephone": (PoliceRequest, request_by_phone, "agent", "agent2"),
    "a complaint": (Complaint, complaint, "passenger", "driver"),
    "a complaint from the street": (Complaint, street_complaint, "passenger", "passenger2"),
    "an accident": (Accident, accident, "agent", "agent2"),
    "a claim": (Claim, claim, "agent", "agent2"),
    "a report in confidence": (Concern, concern, "agent", "agent2"),
    "a report from the street": (MismatchReport, street_report, "passenger", "passenger2"),
}
# Kept with a key, and tried elsewhere.
BESIDE = {HelpMessage: "under the lock of her trip: safety/tests/test_once_more.py"}


def at_once(create):
    """The codes that six callers get who come in the same moment; an exception in the place of each that fails."""
    begin, found = threading.Barrier(SIX), []

    def tap():
        begin.wait()
        try:
            found.append(create().code)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tap) for _ in range(SIX)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", CREATIONS)
def test_six_at_once_make_one_and_another_persons_same_key_another(people, rides, name):
    table, prepare, one, other = CREATIONS[name]
    create = prepare(people, rides)
    before = table.objects.count()
    found = at_once(lambda: create(one, KEY))
    assert len(set(map(str, found))) == 1 and len(found) == SIX, found
    assert table.objects.count() == before + 1
    assert create(one, KEY).code == found[0]
    assert create(other, KEY).code != found[0]
    assert table.objects.count() == before + 2


@pytest.mark.django_db(transaction=True)
def test_six_complaints_on_one_matter_are_one_case(people, rides):
    trip, keys = rides.ended(), iter(range(SIX))

    def tell():
        return file_complaint(
            account=people("passenger"), trip_code=trip.code, category=Category.OTHER, words="x",
            submission=f"key {next(keys)}",
        )  # fmt: skip

    found = at_once(tell)
    assert len(set(map(str, found))) == 1, found
    assert Complaint.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_who_propose_the_same_at_once_one_is_taken_and_five_are_told(people):
    given = register.Until(clock.now().date() + timedelta(days=30))
    found = at_once(
        lambda: motions.propose(account=people("admin"), kind=register.LONGER, given=given, subject="officer")
    )
    assert [type(each) for each in found if not isinstance(each, str)] == [motions.MovedAlready] * (SIX - 1)
    assert Motion.objects.count() == 1


def test_every_table_with_a_key_is_tried():
    tried = {table for table, *_rest in CREATIONS.values()} | set(BESIDE)
    kept = {
        model
        for model in apps.get_models()
        if {"submission", "client_key"} & {field.name for field in model._meta.get_fields()}
    }
    assert kept == tried


def test_the_kept_key_is_not_the_one_that_was_sent(people, rides):
    book_trip(passenger=people("passenger"), journey=usual_journey(), seats=1, client_key=KEY)
    assert Trip.objects.get().client_key == idempotency.key_of("rides.trip", str(people("passenger").pk), KEY)


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "bc", "d"), ("ab", "c", "d")), (("a", "", "b"), ("a", "b", ""))]
)
def test_owner_and_key_are_told_apart(one, other):
    assert idempotency.key_of(*one) != idempotency.key_of(*other)


def test_whoever_has_no_account_brings_a_key_that_nobody_else_chooses(world):
    told = Filing(Category.OTHER, "x", "1")
    with pytest.raises(DomainError) as refused:
        file_from_street(caller=Caller("x", "13911110001"), plate="川A·H0001", told=told)
    assert refused.value.code == "key_too_short"
    assert not Complaint.objects.exists()


@pytest.mark.parametrize("key", ["", "1"])
def test_what_tells_of_danger_is_taken_whatever_key_it_has(world, key):
    words = "他拿刀逼她，不让她下车"
    told = Filing(Category.VIOLENCE, words, key)
    cases = [
        file_from_street(caller=Caller("x", phone), plate="川A·H0001", told=told)
        for phone in ("13911110001", "13911110002")
    ]
    reports = [
        report_from_street(
            account=None,
            phone=phone,
            plate="川A·H0001",
            words=words,
            content=photo("川A·H0001"),
            submission=key,
        )
        for phone in ("13911110001", "13911110002")
    ]
    assert len({each.code for each in cases}) == len({each.code for each in reports}) == 2
    form = {"name": "x", "phone": "13911110003", "plate": "川A·H0001", "category": "violence", "words": words}
    answer = Client().post("/api/v1/street-complaints/", form, content_type="application/json")
    assert answer.status_code == 201, answer.content
    seen = {"phone": "13911110003", "plate": "川A·H0001", "words": words}
    answer = Client().post(
        "/api/v1/mismatch-reports/", seen | {"photo": SimpleUploadedFile("a.jpg", photo("川A·H0001"))}
    )
    assert answer.status_code == 201, answer.content
