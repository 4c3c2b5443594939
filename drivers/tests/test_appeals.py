"""A driver objects to a hold, and somebody who had no part in it decides (D8)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock, formats
from core.actors import SYSTEM
from core.errors import NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Notification
from core.states import IllegalTransition
from core.tests.factories import set_policy
from drivers.errors import AlreadyAppealed, AlreadyProposed, HadAPart
from drivers.models import Appeal, Hold
from drivers.policies import APPEAL_WITHIN
from drivers.selectors import driver_of
from drivers.services import (
    agree,
    agree_appeal_decision,
    appeal,
    hold_driver,
    open_case,
    propose,
    propose_appeal_decision,
)
from drivers.states import CaseKind, CaseOutcome, HoldKind


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


def decide(people, row, granted, reason, by=("adjudicator", "supervisor")):
    first, second = by
    propose_appeal_decision(account=people(first), code=row.code, granted=granted, reason=reason)
    agree_appeal_decision(account=people(second), code=row.code, agrees=True)


def test_a_granted_appeal_ends_the_hold_and_tells_the_driver(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="我没有")
    decide(people, row, True, "nothing found")
    assert Hold.objects.get().released_at is not None
    assert row.code in Notification.objects.latest("pk").text


def test_the_page_says_the_time_by_which_an_appeal_is_due(people, signed_in):
    hold, client = held(people), signed_in("driver")
    for days in (3, 5):
        set_policy(APPEAL_WITHIN, days * 86_400)
        page = " ".join(client.get("/drive/").content.decode().split())
        assert f"decides within {formats.span(days * 86_400)}." in page
    row = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    assert row.due_at == clock.now() + timedelta(days=5)


def test_a_rejected_one_keeps_it_and_says_why(people, signed_in):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    decide(people, row, False, "the frames show another man", by=("supervisor", "adjudicator"))
    assert Hold.objects.get().released_at is None
    assert "the frames show another man" in signed_in("driver").get("/drive/").content.decode()
    with pytest.raises(Exception, match="illegal_transition"):
        decide(people, row, True, "x")


def test_who_had_a_part_does_not_decide(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    with pytest.raises(HadAPart):
        propose_appeal_decision(account=people("vetting"), code=row.code, granted=True, reason="x")
    for other in ("agent", "officer", "driver", "admin"):
        with pytest.raises(Exception, match="forbidden"):
            propose_appeal_decision(account=people(other), code=row.code, granted=True, reason="x")
    with pytest.raises(Exception, match="invalid_input"):
        propose_appeal_decision(account=people("adjudicator"), code=row.code, granted=True, reason=" ")
    assert Appeal.objects.get().state == "open"


def test_one_appeal_for_each_hold_of_ones_own(people):
    hold = held(people)
    with pytest.raises(NotFound):
        appeal(driver=driver_of(people("driver2")), code=hold.code, words="x")
    with pytest.raises(Exception, match="invalid_input"):
        appeal(driver=driver_of(people("driver")), code=hold.code, words="  ")
    first = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    assert appeal(driver=driver_of(people("driver")), code=hold.code, words="x ") == first
    with pytest.raises(AlreadyAppealed):
        appeal(driver=driver_of(people("driver")), code=hold.code, words="y")


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
    judge.post(f"/admin/appeals/{code}/do/propose/", {"granted": "yes", "reason": "x"})
    own = judge.post(f"/admin/appeals/{code}/do/agree/", {"do": "1"})
    assert (own.status_code, Appeal.objects.get().state) == (409, "open")
    assert "Somebody else has to agree to this" in own.content.decode()
    signed_in("supervisor").post(f"/admin/appeals/{code}/do/agree/", {"do": "1"})
    assert Appeal.objects.get().state == "granted"


def test_a_granted_appeal_takes_two_and_ends_a_freeze_with_its_case(people):
    driver = driver_of(people("driver"))
    with transaction.atomic():
        case = open_case(driver=driver, kind=CaseKind.FACE_FAILURES)
        hold = hold_driver(
            actor=SYSTEM, driver=driver, kind=HoldKind.FACE, source=case.code, citation="D4", covert=False
        )
    propose(account=people("vetting"), code=case.code, outcome=CaseOutcome.BARRED, reason="another man")
    row = appeal(driver=driver, code=hold.code, words="my face is swollen")
    with pytest.raises(HadAPart):  # who turned a key in the case
        propose_appeal_decision(account=people("vetting"), code=row.code, granted=True, reason="x")
    propose_appeal_decision(
        account=people("adjudicator"), code=row.code, granted=True, reason="a doctor's note"
    )
    with pytest.raises(AlreadyProposed):
        propose_appeal_decision(account=people("supervisor"), code=row.code, granted=False, reason="x")
    with pytest.raises(HadAPart):
        agree_appeal_decision(account=people("vetting"), code=row.code, agrees=True)
    with pytest.raises(SecondPersonNeeded):
        agree_appeal_decision(account=people("adjudicator"), code=row.code, agrees=True)
    assert Hold.objects.get().released_at is None
    agree_appeal_decision(account=people("supervisor"), code=row.code, agrees=True)
    hold.refresh_from_db()
    case.refresh_from_db()
    assert (hold.release_proposed_by, hold.released_by) == ("adjudicator", "supervisor")
    assert (case.state, case.proposed, case.proposed_by, case.decided_by) == (
        "decided", "cleared", "adjudicator", "supervisor",
    )  # fmt: skip


def test_a_proposal_that_nobody_agrees_to_falls(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    propose_appeal_decision(account=people("adjudicator"), code=row.code, granted=False, reason="x")
    agree_appeal_decision(account=people("supervisor"), code=row.code, agrees=False)
    row.refresh_from_db()
    assert (row.state, row.proposed, row.proposed_by, row.reason) == ("open", "", "", "")
    with pytest.raises(IllegalTransition):
        agree_appeal_decision(account=people("supervisor"), code=row.code, agrees=True)


def test_the_database_alone_keeps_two_people(people):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    decided = {"state": "granted", "proposed": "granted", "decided_at": clock.now(), "decided_by": "a"}
    for wrong in ({"proposed_by": "a"}, {"proposed_by": ""}, {"proposed_by": "b", "proposed": "rejected"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Appeal.objects.filter(pk=row.pk).update(**(decided | wrong))
    for first in ("a", ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            Hold.objects.update(released_at=clock.now(), released_by="a", release_proposed_by=first)


# --- What barred the driver ends with it ---


def barred(people, kind=CaseKind.SAME_FACE, by=("vetting", "supervisor2")):
    """A case by which two people barred the driver, with the hold that it began."""
    with transaction.atomic():
        case = open_case(driver=driver_of(people("driver")), kind=kind)
        hold = hold_driver(
            actor=SYSTEM,
            driver=case.driver,
            kind=HoldKind.FACE,
            source=case.code,
            citation="D7",
            covert=False,
        )
    propose(account=people(by[0]), code=case.code, outcome=CaseOutcome.BARRED, reason="x")
    agree(account=people(by[1]), code=case.code, agrees=True)
    return case, hold


def test_an_appeal_that_is_granted_ends_what_the_case_barred(people):
    case, hold = barred(people)
    row = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    decide(people, row, True, "his brother")
    case.refresh_from_db()
    assert (case.state, case.proposed, case.proposed_by, case.decided_by) == (
        "overturned", "barred", "vetting", "supervisor2",
    )  # fmt: skip
    assert driver_of(people("driver")).state == "vetted"
    assert Hold.objects.get(pk=hold.pk).released_at is not None
    assert AuditEntry.objects.filter(action="drivers.bar_ended", actor="supervisor").exists()


def test_who_barred_does_not_grant_the_appeal_and_one_person_ends_nothing(people):
    _case, hold = barred(people)
    row = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    for who in ("vetting", "supervisor2"):
        with pytest.raises(HadAPart):
            propose_appeal_decision(account=people(who), code=row.code, granted=True, reason="x")
    propose_appeal_decision(account=people("adjudicator"), code=row.code, granted=True, reason="x")
    with pytest.raises(SecondPersonNeeded):
        agree_appeal_decision(account=people("adjudicator"), code=row.code, agrees=True)
    assert driver_of(people("driver")).state == "barred"


def test_another_case_that_bars_keeps_the_driver_barred(people):
    _case, hold = barred(people)
    barred(people, kind=CaseKind.MISMATCH)
    row = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    decide(people, row, True, "x")
    assert driver_of(people("driver")).state == "barred"


def test_a_rejected_appeal_leaves_the_driver_barred(people):
    case, hold = barred(people)
    row = appeal(driver=driver_of(people("driver")), code=hold.code, words="x")
    decide(people, row, False, "x")
    case.refresh_from_db()
    assert (case.state, driver_of(people("driver")).state) == ("decided", "barred")
