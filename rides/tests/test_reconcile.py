"""Who says 'not boarded' is not simply believed (R6): trails where phones meet, part, go silent, or are thrown away."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from conftest import NOON
from core import timeline
from rides import services
from rides.policies import PhoneLimits
from rides.reconcile import reconcile_phones
from rides.services import PhoneFixes
from rides.states import CancelReason, Party, PhonesSay
from rides.tokens import TripKey
from rides.trails import Fix
from safety import services as safety
from safety.models import Incident
from safety.states import Answer

LIMITS = PhoneLimits()

LAT, LON = 28.2, 121.0
METRE = 1 / 111_195


def walk(seconds, speed, *, start=0, metres=0.0):
    """Positions every 10 s to the north at `speed` metres a second, beginning `metres` on."""
    return [Fix(start + at, LAT + (metres + at * speed) * METRE, LON) for at in range(0, seconds + 1, 10)]


def test_she_stays_and_the_car_goes():
    hers, his = walk(300, 0), walk(300, 12)
    found = reconcile_phones(hers, his, 0, LIMITS)
    assert found.says == PhonesSay.APART
    with override("en"):
        assert "apart" in found.why


def test_both_travel_on_together():
    assert reconcile_phones(walk(300, 12), walk(300, 12, metres=20), 0, LIMITS).says == PhonesSay.TOGETHER


def test_her_phone_goes_silent_with_the_cancel_and_the_car_drives():
    found = reconcile_phones([], walk(600, 12), 0, LIMITS)
    assert found.says == PhonesSay.SILENT
    with override("en"):
        assert "7.1 km" in found.why


def test_a_phone_that_was_silent_before_proves_nothing_after():
    assert reconcile_phones(walk(50, 0), walk(600, 12), 60, LIMITS).says == PhonesSay.SILENT


def test_a_phone_thrown_out_of_the_window_lies_apart_after_travelling_along():
    """Together for a while, then it lies at the roadside: first of all they travelled together."""
    along = walk(120, 12)
    thrown = [Fix(130 + at, along[-1].latitude, LON) for at in range(0, 300, 10)]
    assert reconcile_phones(along + thrown, walk(430, 12), 0, LIMITS).says == PhonesSay.TOGETHER


def test_thrown_out_at_once_looks_like_parting_and_so_her_answer_is_needed_besides():
    assert reconcile_phones(walk(300, 0), walk(300, 12), 0, LIMITS).says == PhonesSay.APART


@pytest.mark.parametrize("seconds", [0, 20, 50])
def test_too_little_is_not_clear(seconds):
    assert reconcile_phones(walk(seconds, 0), walk(seconds, 12), -1, LIMITS).says == PhonesSay.UNCLEAR


def test_positions_long_after_each_other_are_not_compared():
    assert reconcile_phones(walk(300, 0, start=1000), walk(300, 12), 0, LIMITS).says == PhonesSay.UNCLEAR


def test_what_was_tried_and_what_was_true_stand_side_by_side(rides, people, deliver, noon):
    trip = rides.arrived()
    services.record_meeting(trip_code=trip.code, position=(LAT, LON))
    services.cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    deliver()
    start = NOON.timestamp()
    for party, speed in ((Party.PASSENGER, 0), (Party.DRIVER, 12)):
        fixes = [Fix(start + fix.at, fix.latitude, fix.longitude) for fix in walk(120, speed)[1:]]
        services.store_positions([PhoneFixes(trip.pk, party, fixes, away=False)])
    noon.shift(timedelta(seconds=50))
    safety.answer_question(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), answer=Answer.FINE)
    with override("en"):
        lines = [timeline.sentence(row) for row in timeline.of(trip=trip.code)]
    assert any("the passenger did not board" in line for line in lines)
    assert any("her phone goes its own way" in line for line in lines)
    assert not Incident.objects.exists()  # her answer and her own positions together show her safe


def test_without_her_answer_it_is_an_alert_whatever_her_phone_shows(rides, people, deliver, noon):
    """Thrown out of the window at once, the phone lies apart, and nobody answers."""
    trip = rides.arrived()
    services.record_meeting(trip_code=trip.code, position=(LAT, LON))
    services.cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    deliver()
    for party, speed in ((Party.PASSENGER, 0), (Party.DRIVER, 12)):
        fixes = [Fix(NOON.timestamp() + fix.at, fix.latitude, fix.longitude) for fix in walk(60, speed)[1:]]
        services.store_positions([PhoneFixes(trip.pk, party, fixes, away=False)])
    noon.shift(timedelta(seconds=61))
    safety.expire_questions(at=NOON + timedelta(seconds=61))
    assert Incident.objects.get().trip == trip


def test_an_early_end_far_away_asks_her_too(rides, people, deliver, noon):
    trip = rides.under_way()
    services.store_positions(
        [PhoneFixes(trip.pk, Party.DRIVER, [Fix(NOON.timestamp(), 28.2, 121.0)], away=False)]
    )
    services.end_trip(driver=trip.driver, trip_code=trip.code)
    deliver()
    noon.shift(timedelta(seconds=61))
    safety.expire_questions(at=NOON + timedelta(seconds=61))
    assert Incident.objects.get().trip == trip
