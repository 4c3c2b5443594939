"""A driver objects to a hold, and somebody who had no part in it decides (D8)."""

import pytest
from django.db import transaction

from core.errors import NotFound
from core.models import Notification
from drivers.errors import AlreadyAppealed, HadAPart
from drivers.models import Appeal, Hold
from drivers.selectors import driver_of
from drivers.services import appeal, decide_appeal, hold_driver
from drivers.states import HoldKind


def held(people, by="vetting", covert=False):
    with transaction.atomic():
        return hold_driver(
            actor=people(by).actor,
            driver=driver_of(people("driver")),
            kind=HoldKind.STAFF,
            source="X-1",
            citation="D8",
            covert=covert,
        )


def test_a_granted_appeal_ends_the_hold_and_tells_the_driver(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="我没有")
    decide_appeal(account=people("adjudicator"), code=row.code, granted=True, reason="nothing found")
    assert Hold.objects.get().released_at is not None
    assert row.code in Notification.objects.latest("pk").text


def test_a_rejected_one_keeps_it_and_says_why(people, signed_in):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    decide_appeal(
        account=people("supervisor"), code=row.code, granted=False, reason="the frames show another man"
    )
    assert Hold.objects.get().released_at is None
    assert "the frames show another man" in signed_in("driver").get("/drive/").content.decode()
    with pytest.raises(Exception, match="illegal_transition"):
        decide_appeal(account=people("adjudicator"), code=row.code, granted=True, reason="x")


def test_who_had_a_part_does_not_decide(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    with pytest.raises(HadAPart):
        decide_appeal(account=people("vetting"), code=row.code, granted=True, reason="x")
    for other in ("agent", "officer", "driver", "admin"):
        with pytest.raises(Exception, match="forbidden"):
            decide_appeal(account=people(other), code=row.code, granted=True, reason="x")
    with pytest.raises(Exception, match="invalid_input"):
        decide_appeal(account=people("adjudicator"), code=row.code, granted=True, reason=" ")
    assert Appeal.objects.get().state == "open"


def test_one_appeal_for_each_hold_of_ones_own(people):
    hold = held(people)
    with pytest.raises(NotFound):
        appeal(driver=driver_of(people("driver2")), code=hold.code, words="x")
    with pytest.raises(Exception, match="invalid_input"):
        appeal(driver=driver_of(people("driver")), code=hold.code, words="  ")
    appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    with pytest.raises(AlreadyAppealed):
        appeal(driver=driver_of(people("driver")), code=hold.code, words="x")


def test_a_covert_hold_is_not_there(people, signed_in):
    hold = held(people, covert=True)
    answer = signed_in("driver").post(
        f"/api/v1/driver/holds/{hold.code}/appeal/", {"words": "x"}, content_type="application/json"
    )
    assert answer.status_code == 404


def test_the_pages_file_and_decide(people, signed_in):
    hold = held(people)
    hers = signed_in("driver")
    hers.post(f"/drive/holds/{hold.code}/appeal/", {"words": "我没有"})
    code = Appeal.objects.get().code
    assert code in hers.get("/drive/").content.decode()
    judge = signed_in("adjudicator")
    assert code in judge.get("/admin/due/").content.decode()
    assert "我没有" in judge.get(f"/admin/appeals/{code}/").content.decode()
    judge.post(f"/admin/appeals/{code}/", {"granted": "yes", "reason": "x"})
    assert Appeal.objects.get().state == "granted"
