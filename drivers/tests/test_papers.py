"""Papers that expire (D9): chased 30, 7 and 1 days ahead, blocking from the day after."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from core import clock
from core.actors import SYSTEM
from core.models import Notification
from drivers.models import Paper
from drivers.selectors import driver_of, drivers_vehicle, why_not_eligible
from drivers.services import chase_expiries, keep_paper
from drivers.services.papers import EXPIRIES
from drivers.states import PaperKind

TODAY = date(2026, 3, 2)


@pytest.fixture
def driver(people):
    return driver_of(people("driver"))


def paper(driver, days, kind=PaperKind.DRIVING_LICENCE, **of):
    with transaction.atomic():
        return keep_paper(
            actor=SYSTEM, kind=kind, number="x", until=TODAY + timedelta(days=days), **(of or {"driver": driver})
        )  # fmt: skip


def keys():
    return [
        row.key.rsplit(":", 1)[1]
        for row in Notification.objects.filter(key__startswith="paper:").order_by("pk")
    ]


@pytest.mark.parametrize(
    ("days", "told"), [(31, []), (30, ["30"]), (8, ["30"]), (7, ["7"]), (2, ["7"]), (1, ["1"]), (0, ["1"]), (-1, ["-1"]), (-31, [])],
)  # fmt: skip
def test_each_step_is_told_once_however_often_it_is_looked(driver, days, told):
    paper(driver, days)
    for _again in range(3):
        chase_expiries(at=clock.now())
    assert keys() == told


def test_a_day_without_the_job_skips_nothing(driver, noon):
    paper(driver, 31)
    chase_expiries(at=clock.now())
    noon.shift(25 * 86_400)
    chase_expiries(at=clock.now())
    noon.shift(5 * 86_400)
    chase_expiries(at=clock.now())
    noon.shift(2 * 86_400)
    chase_expiries(at=clock.now())
    assert keys() == ["7", "1", "-1"]


def test_it_blocks_from_the_day_after_in_shanghai(driver, noon):
    paper(driver, 0)
    assert why_not_eligible(driver) is None
    noon.shift(12 * 3600)  # midnight in Shanghai
    with override("zh-hans"):
        refusal = why_not_eligible(driver)
    assert (refusal.code, "3月2日" in refusal.detail) == ("paper_expired", True)
    paper(driver, 400)
    assert why_not_eligible(driver) is None
    assert Paper.objects.filter(replaced_at=None).count() == 1


def test_the_cars_paper_blocks_too_and_everybody_who_drives_it_is_told(driver, people):
    vehicle = drivers_vehicle(driver)
    paper(driver, -1, PaperKind.VEHICLE_LICENCE, vehicle=vehicle)
    assert why_not_eligible(driver).code == "paper_expired"
    assert why_not_eligible(driver_of(people("driver2"))) is None
    assert chase_expiries(at=clock.now()) == 1
    assert vehicle.plate in Notification.objects.latest("pk").text


def test_a_licence_without_an_end_never_expires(driver):
    with transaction.atomic():
        keep_paper(actor=SYSTEM, kind=PaperKind.DRIVING_LICENCE, number="x", until=None, driver=driver)
    assert chase_expiries(at=clock.now()) == 0
    assert why_not_eligible(driver) is None


def test_the_database_keeps_one_of_a_kind_and_an_owner(driver):
    paper(driver, 10)
    with pytest.raises(IntegrityError), transaction.atomic():
        Paper.objects.create(driver=driver, kind="driving_licence", number="y", added_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Paper.objects.create(kind="driving_licence", number="y", added_at=clock.now())


def test_the_drivers_page_says_what_expired(driver, noon, signed_in):
    paper(driver, -3)
    page = signed_in("driver").get("/drive/").content.decode()
    assert "expired on" in page
    assert "27 Feb" in page


def test_a_look_at_more_papers_than_a_turn_allows_goes_on_behind_the_last_one(driver, people):
    for kind in (PaperKind.DRIVING_LICENCE, PaperKind.VEHICLE_LICENCE):
        paper(driver, 7, kind)
    first = EXPIRIES.run(at=clock.now(), seconds=0)
    assert (first.done, first.left, keys()) == (1, True, ["7"])
    second = EXPIRIES.run(at=clock.now(), after=first.after)
    assert (second.left, keys()) == (False, ["7", "7"])
