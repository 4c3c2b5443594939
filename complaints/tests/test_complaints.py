"""A complaint, its interlock with the driver's orders (C2), and its decision."""

import pytest

from complaints.errors import AlreadyDecided, NoDriverYet, NotAdjudicator
from complaints.models import Complaint
from complaints.services import decide_complaint, file_complaint
from complaints.states import Category, Finding
from core.errors import InvalidInput, NotFound
from drivers.errors import DriverHeld
from drivers.models import Hold
from drivers.selectors import driver_of
from rides.models import Trip
from rides.services import accept_trip


def complain(people, trip, who="passenger", category=Category.HARASSMENT, words="x", submission="s"):
    return file_complaint(
        account=people(who), trip_code=trip.code, category=category, words=words, submission=submission
    )


def test_a_severe_one_holds_the_driver_at_once_and_gives_his_order_to_others(rides, people):
    trip = rides.accepted()
    complain(people, trip)
    hold = Hold.objects.get()
    assert (hold.covert, hold.released_at) == (False, None)
    assert Trip.objects.get(pk=trip.pk).state != "accepted"
    outcome = accept_trip(
        driver=driver_of(people("driver")), trip_code=trip.code, itinerary_code=trip.itinerary.code
    )
    assert outcome.refusal.code == "driver_held"
    with pytest.raises(DriverHeld):
        rides.itinerary()


def test_while_she_is_in_the_car_the_hold_is_covert_and_the_trip_goes_on(rides, people):
    trip = rides.under_way()
    complain(people, trip)
    assert Hold.objects.get().covert
    assert Trip.objects.get(pk=trip.pk).state == "in_progress"


@pytest.mark.parametrize(
    ("category", "words", "severe"),
    [
        (Category.DISPUTE, "绕路了", False),
        (Category.DISPUTE, "他说要杀了我，救命", True),
        (Category.OTHER, "help me, he locked the doors", True),
        (Category.DANGER, "", True),
    ],
)
def test_words_raise_the_class_and_never_lower_it(rides, people, category, words, severe):
    assert complain(people, rides.accepted(), category=category, words=words).severe is severe
    assert Hold.objects.exists() is severe


def test_the_same_form_sent_twice_is_one_complaint(rides, people):
    trip = rides.accepted()
    assert complain(people, trip) == complain(people, trip)
    assert Complaint.objects.count() == 1


def test_a_strangers_trip_is_not_found_and_a_trip_without_driver_has_nobody_to_accuse(rides, people):
    with pytest.raises(NotFound):
        complain(people, rides.accepted(), who="passenger2")
    with pytest.raises(NoDriverYet):
        complain(people, rides.booked("passenger2"), who="passenger2")
    assert not Complaint.objects.exists()


def test_a_drivers_complaint_holds_nobody(rides, people):
    assert complain(people, rides.under_way(), who="driver").accused is None
    assert not Hold.objects.exists()


def test_an_unfounded_one_releases_and_an_upheld_one_keeps(rides, people):
    trip = rides.under_way()
    first, second = complain(people, trip), complain(people, trip, submission="2")
    decide_complaint(account=people("adjudicator"), code=first.code, finding=Finding.UNFOUNDED, reason="x")
    decide_complaint(account=people("supervisor"), code=second.code, finding=Finding.UPHELD, reason="x")
    held = dict(Hold.objects.values_list("source", "released_at"))
    assert held[first.code] is not None
    assert held[second.code] is None


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "admin", "passenger", "officer"])
def test_others_decide_nothing(rides, people, who):
    filed = complain(people, rides.accepted())
    with pytest.raises(NotAdjudicator):
        decide_complaint(account=people(who), code=filed.code, finding=Finding.UNFOUNDED, reason="x")
    assert Hold.objects.get().released_at is None


def test_a_decision_needs_a_reason_and_stands(rides, people):
    filed = complain(people, rides.accepted())
    with pytest.raises(InvalidInput):
        decide_complaint(account=people("adjudicator"), code=filed.code, finding=Finding.UPHELD, reason=" ")
    decide_complaint(account=people("adjudicator"), code=filed.code, finding=Finding.UPHELD, reason="x")
    with pytest.raises(AlreadyDecided):
        decide_complaint(
            account=people("adjudicator"), code=filed.code, finding=Finding.UNFOUNDED, reason="x"
        )
    assert Complaint.objects.get().finding == "upheld"


def test_the_pages_file_show_and_decide(rides, people, signed_in):
    trip = rides.accepted()
    hers = signed_in("passenger")
    page = f"/trips/{trip.code}/complaint/"
    kept = hers.post(page, {"category": "", "words": "他骂人", "submission": "s"})
    assert kept.status_code == 400
    assert "他骂人" in kept.content.decode()
    receipt = hers.post(page, {"category": "harassment", "words": "他骂人", "submission": "s"})
    filed = Complaint.objects.get()
    assert receipt.headers["location"] == f"/complaints/{filed.code}/"
    assert filed.code in hers.get(receipt.headers["location"]).content.decode()
    desk = signed_in("adjudicator")
    path = f"/admin/complaints-desk/{filed.code}/"
    assert "他骂人" in desk.get(path).content.decode()
    assert desk.post(path, {"finding": "unfounded", "reason": ""}).status_code == 400
    assert desk.post(path, {"finding": "unfounded", "reason": "录音相反"}).status_code == 302
    assert Hold.objects.get().released_at is not None
