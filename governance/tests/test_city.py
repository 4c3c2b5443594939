"""The people of the demo's cities: made once, marked, and as vetted as the cast."""

import pytest

from accounts.models import Account
from accounts.selectors import real_name_share
from conftest import NOON
from drivers.board_selectors import fleet_screening, unproven_certificates
from drivers.models import Driver
from governance.demo import make_city
from sandbox.city.people import citizens

pytestmark = pytest.mark.django_db


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
