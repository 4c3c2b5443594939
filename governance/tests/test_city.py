"""The people of the demo's cities: made once, marked, and as vetted as the cast."""

from datetime import timedelta

import pytest

from accounts.models import Account
from accounts.selectors import real_name_share
from conftest import NOON
from core import audit_selectors
from drivers.board_selectors import fleet_screening, unproven_certificates
from drivers.models import Driver
from governance.checks import ask
from governance.demo import make_city
from rides.demo import make_history
from rides.models import Rating, Score, Trip
from rides.selectors import newest_with_driver
from sandbox.city.people import citizens

pytestmark = [pytest.mark.long, pytest.mark.django_db]


def test_they_are_made_once_and_enter_no_figure(people, noon):
    before = real_name_share(), fleet_screening(NOON), unproven_certificates()
    assert make_city(password="a password of the demo") == len(citizens())
    assert make_city(password="a password of the demo") == 0
    living = {each.code for each in citizens() if not each.stage}
    assert set(Account.objects.filter(is_drill=True).values_list("code", flat=True)) == living
    staged = [each for each in citizens() if each.stage]
    drive = sum(bool(each.plate) for each in staged)
    verified, members = real_name_share()
    assert (verified, members) == (before[0][0] + len(staged), before[0][1] + len(staged))
    assert fleet_screening(NOON).vetted == before[1].vetted + drive
    assert unproven_certificates()[0] == before[2][0] + drive


def test_who_drives_can_go_on_every_line_with_a_face_that_is_nobody_elses(people, noon):
    make_city(password="a password of the demo")
    rows = Driver.objects.filter(account__code__in=[each.code for each in citizens()])
    assert rows.count() == sum(bool(each.plate) for each in citizens())
    assert all(row.templates.filter(retired_at=None).count() == 1 for row in rows)
    assert not any(row.cases.exists() for row in rows)
    assert all(row.bindings.filter(ended_at=None).count() == 1 for row in rows)


def test_a_month_of_trips_is_made_of_marked_people_alone_and_is_no_evidence(people, noon):
    make_city(password="a password of the demo")
    made = Trip.objects.filter(client_key__startswith="made:")
    assert made.count() > 400
    assert not made.exclude(passenger__is_drill=True).exists()
    assert not made.filter(driver__account__is_drill=False).exists()
    assert made.filter(requested_at__lt=NOON - timedelta(days=29)).exists()
    assert not made.filter(ended_at__gt=NOON).exists()
    for score in Score.objects.filter(count__gt=0):
        given = Rating.objects.filter(party="passenger", trip__driver__account=score.account)
        taken = Rating.objects.filter(party="driver", trip__passenger=score.account)
        stars = [row.stars for row in [*given, *taken]]
        assert (score.stars, score.count) == (sum(stars), len(stars))
    month = NOON - timedelta(days=31)
    assert (
        ask.accepted_under_complaint(month, NOON).all,
        ask.boardings(month).all,
        newest_with_driver(month),
    ) == (0, 0, [])
    assert audit_selectors.last_of("rides.history_made", "demo")


def test_nobody_real_gets_an_invented_past(people, noon):
    with pytest.raises(ValueError, match="marked"):
        make_history([people("passenger")], [])
