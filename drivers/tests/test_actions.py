"""The vetting desk acts through its registry: what was not said is never a decision, and what takes two takes two."""

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.four_eyes import SecondPersonNeeded
from drivers.errors import AlreadyProposed, HoldEndsOtherwise
from drivers.models import Appeal, Hold, PlatePhoto, Reward, ScreeningRun, VettingCase
from drivers.policies import ENDS_BY
from drivers.selectors import driver_of
from drivers.services import (
    agree_release,
    appeal,
    ask_video_check,
    hold_driver,
    propose_release,
    propose_reward,
    release_holds_of,
)
from drivers.states import FacePurpose, HoldKind
from drivers.tests.factories import ready_for_pickup
from drivers.tests.test_appeals import held
from drivers.tests.test_mismatch import confirm, street


def hold_of(people, kind):
    with transaction.atomic():
        return hold_driver(
            actor=SYSTEM,
            driver=driver_of(people("driver")),
            kind=kind,
            source="X",
            citation="x",
            covert=False,
        )


# --- An empty request, and one that leaves out the decision -----------------------------------------


def nothing(client, *paths, body=None):
    """Each old and new address refuses, and says so."""
    for path in paths:
        assert client.post(path, body or {}).status_code in {400, 404, 405}, path


def test_an_empty_request_about_a_plate_decides_nothing(rides, people, signed_in):
    trip = rides.accepted()
    ready_for_pickup(driver_of(people("driver")), trip.code, state="waiting")
    at = f"/admin/plates/{PlatePhoto.objects.get(state='waiting').picture.code}/"
    nothing(signed_in("agent"), at, at + "do/same/", at + "do/other/", at + "do/decide/")
    assert PlatePhoto.objects.get().state == "waiting"


def test_an_empty_request_about_an_appeal_decides_nothing(people, signed_in):
    row = appeal(driver=driver_of(people("driver")), code=held(people).code, words="x")
    at = f"/admin/appeals/{row.code}/"
    acts = [at + f"do/{key}/" for key in ("propose", "agree", "disagree", "reject")]
    nothing(signed_in("adjudicator"), at, *acts, body={"reason": "x"})
    row.refresh_from_db()
    assert (row.state, row.proposed) == ("open", "")
    assert Appeal.objects.get().reason == ""


def test_an_empty_request_about_a_video_call_freezes_nobody(rides, people, signed_in):
    rides.accepted()
    check = ask_video_check(driver=driver_of(people("driver")), purpose=FacePurpose.DAILY)
    at = f"/admin/vetting/videos/{check.code}/"
    nothing(signed_in("vetting"), at, at + "do/decide/", body={"reason": "x"})
    check.refresh_from_db()
    assert check.state == "asked"
    assert not Hold.objects.exists()


def test_an_empty_request_about_a_reward_decides_nothing(people, rides, signed_in):
    rides.accepted()
    street(people)
    confirm(people)
    code = Reward.objects.get().report.code
    at = f"/admin/vetting/rewards/{code}/"
    nothing(signed_in("vetting"), at, at + "do/propose/")
    propose_reward(account=people("vetting"), code=code, reason="x")
    nothing(signed_in("supervisor"), at, at + "do/approve/", at + "do/refuse/")
    assert Reward.objects.get().state == "proposed"


def test_an_empty_request_about_a_case_proposes_nothing(people, rides, signed_in):
    rides.accepted()
    street(people)
    case = VettingCase.objects.get()
    at = f"/admin/vetting/{case.code}/"
    nothing(signed_in("vetting"), at, *(at + f"do/{key}/" for key in ("propose", "agree", "disagree", "bar")))
    nothing(signed_in("vetting"), at + "do/propose/", body={"reason": "x"})
    case.refresh_from_db()
    assert (case.state, case.proposed) == ("open", "")


# --- A refusal keeps the page and the words ----------------------------------------------------------


def test_what_was_typed_stays_where_it_was_typed(people, rides, signed_in):
    rides.accepted()
    street(people)
    confirm(people)
    street(people, who="", phone="13911112222", plate="川A·X9999", submission="s2")
    code = Reward.objects.get().report.code
    page = signed_in("supervisor").post(f"/admin/vetting/rewards/{code}/do/propose/", {"reason": "x" * 401})
    assert page.status_code == 400
    text = page.content.decode()
    assert ("x" * 401) in text
    assert "Something is missing or cannot be read. Nothing was changed." in text


def test_a_driver_whom_nobody_knows_is_said_at_the_field(people, rides, signed_in):
    street(people, who="", phone="13911112222", plate="川A·X9999", submission="s2")
    desk = signed_in("vetting")
    report = desk.get("/admin/vetting/").content.decode().split("/admin/vetting/reports/")[1].split("/")[0]
    page = desk.post(f"/admin/vetting/reports/{report}/do/sort/", {"driver": "nobody"})
    assert page.status_code == 400
    assert 'value="nobody"' in page.content.decode()
    assert "No driver has this code." in page.content.decode()
    desk.post(f"/admin/vetting/reports/{report}/do/sort/", {"driver": "driver"})
    assert VettingCase.objects.get().driver.account.code == "driver"


def test_the_case_of_an_hour_ago_says_why(people, rides, signed_in):
    rides.accepted()
    street(people)
    case = confirm(people)
    page = signed_in("vetting").post(
        f"/admin/vetting/{case.code}/do/propose/", {"outcome": "cleared", "reason": "too late"}
    )
    assert page.status_code == 409
    assert "This step does not follow from where things stand now." in page.content.decode()


def test_who_approves_rewards_alone_is_not_shown_the_desk(people, rides, signed_in):
    rides.accepted()
    street(people)
    confirm(people)
    code = Reward.objects.get().report.code
    page = signed_in("adjudicator").post(f"/admin/vetting/rewards/{code}/do/propose/", {"reason": ""})
    assert page.status_code == 400
    assert "Plates to read" not in page.content.decode()
    done = signed_in("adjudicator").post(f"/admin/vetting/rewards/{code}/do/propose/", {"reason": "x"})
    assert (done.status_code, done.headers["location"]) == (302, "/admin/")


def test_a_run_without_a_reason_begins_nothing(signed_in):
    desk = signed_in("vetting")
    assert desk.post("/admin/vetting/fleet/", {}).status_code == 400
    assert not ScreeningRun.objects.exists()
    desk.post("/admin/vetting/fleet/", {"reason": "x"})
    again = desk.post("/admin/vetting/fleet/", {"reason": "again"})
    assert again.status_code == 409
    assert "The fleet is being screened already." in again.content.decode()
    run = ScreeningRun.objects.get()
    desk.post(f"/admin/vetting/fleet/{run.code}/do/pause/", {})
    assert ScreeningRun.objects.get().state == "running"
    desk.post(f"/admin/vetting/fleet/{run.code}/do/pause/", {"do": "1"})
    assert ScreeningRun.objects.get().state == "paused"


# --- A hold ends by the way that its kind asks for ---------------------------------------------------


def test_every_kind_of_hold_says_how_it_ends():
    assert set(ENDS_BY) == set(HoldKind)


def test_two_people_release_a_hold_of_staff(people, signed_in):
    hold = held(people)
    at = f"/admin/drivers/hold/{hold.code}/release/"
    first, second = signed_in("adjudicator"), signed_in("supervisor")
    assert first.post(at, {"reason": "x"}).status_code == 405
    nothing(first, at + "do/propose/", at + "do/agree/", at + "do/release/")
    first.post(at + "do/propose/", {"reason": "he was not there"})
    assert first.post(at + "do/agree/", {"do": "1"}).status_code == 409
    assert Hold.objects.get().released_at is None
    assert "he was not there" in second.get(at).content.decode()
    second.post(at + "do/agree/", {"do": "1"})
    hold.refresh_from_db()
    assert (hold.release_proposed_by, hold.released_by) == ("adjudicator", "supervisor")
    assert hold.release_reason == "he was not there"


def test_a_release_that_nobody_agrees_to_falls(people):
    hold = held(people)
    propose_release(account=people("adjudicator"), code=hold.code, reason="x")
    with pytest.raises(AlreadyProposed):
        propose_release(account=people("supervisor"), code=hold.code, reason="x")
    agree_release(account=people("supervisor"), code=hold.code, agrees=False)
    hold.refresh_from_db()
    assert (hold.released_at, hold.release_proposed_by, hold.release_reason) == (None, "", "")
    with pytest.raises(Exception, match="illegal_transition"):
        agree_release(account=people("supervisor"), code=hold.code, agrees=True)


@pytest.mark.parametrize("kind", [kind for kind in HoldKind if kind != HoldKind.STAFF])
def test_any_other_hold_has_a_way_of_its_own(people, kind, signed_in):
    hold = hold_of(people, kind)
    with pytest.raises(HoldEndsOtherwise):
        propose_release(account=people("supervisor"), code=hold.code, reason="x")
    at = f"/admin/drivers/hold/{hold.code}/release/"
    page = signed_in("supervisor").get(at).content.decode()
    assert "/do/propose/" not in page
    answer = signed_in("supervisor").post(at + "do/propose/", {"reason": "x"})
    assert answer.status_code == 409
    assert Hold.objects.get().release_proposed_by == ""


@pytest.mark.parametrize("kind", [*HoldKind])
def test_what_ends_holds_of_a_case_names_both_people(people, kind):
    hold_of(people, kind)
    alone = kind in {HoldKind.COMPLAINT, HoldKind.SANCTION}
    with transaction.atomic():
        if alone:
            release_holds_of(actor=people("adjudicator").actor, source="X", reason="x")
            return
        for first in ("", "supervisor"):
            with pytest.raises(SecondPersonNeeded):
                release_holds_of(actor=people("supervisor").actor, source="X", reason="x", proposed_by=first)
        release_holds_of(actor=people("supervisor").actor, source="X", reason="x", proposed_by="vetting")
    assert Hold.objects.get().released_at is not None
