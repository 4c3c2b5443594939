"""Letting a measure be for a time: two people, a reason that everybody reads, fourteen days, renewed once."""

from datetime import timedelta

import pytest

from core import clock, motions
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from governance.errors import NeverWaived, WaivedTwice
from governance.gate import in_the_way
from governance.models import MeasureResult, Waiver
from governance.selectors import last_board
from governance.services import check_board
from governance.waivers import WAIVER, Wanted


def waive(people, measure="M16", *, reason="the registry is being rebuilt", days=14):
    row = motions.propose(
        account=people("admin"), kind=WAIVER, given=Wanted(measure, reason, days), subject=measure
    )
    motions.decide(account=people("supervisor"), code=row.code, agrees=True)
    return Waiver.objects.order_by("-pk").first()


def test_two_people_let_it_be_and_it_stays_red_for_everybody_to_read(people, client):
    check_board()
    row = waive(people)
    assert (row.asked_by, row.agreed_by) == ("admin", "supervisor")
    assert row.ends_at - row.begins_at == timedelta(days=14)
    page = client.get("/promises/m16/").content.decode()
    assert "the registry is being rebuilt" in page
    said = client.get("/promises/m16.json").json()
    assert (said["status"], said["waiver"]["reason"]) == ("fail", "the registry is being rebuilt")


def test_nobody_does_it_alone(people):
    row = motions.propose(account=people("admin"), kind=WAIVER, given=Wanted("M16", "x", 3), subject="M16")
    with pytest.raises(SecondPersonNeeded):
        motions.decide(account=people("admin"), code=row.code, agrees=True)
    with pytest.raises(Forbidden):
        motions.propose(account=people("agent"), kind=WAIVER, given=Wanted("M18", "x", 3), subject="M18")
    assert not Waiver.objects.exists()


@pytest.mark.parametrize(
    "given", [Wanted("M99", "x", 3), Wanted("M16", " ", 3), Wanted("M16", "x", 0), Wanted("M16", "x", 15)]
)
def test_it_names_a_measure_a_reason_and_fourteen_days_at_most(people, given):
    with pytest.raises(InvalidInput):
        motions.propose(account=people("admin"), kind=WAIVER, given=given, subject=given.measure)


@pytest.mark.parametrize(
    "measure", ["M04", "M05", "M07", "M08", "M09", "M10", "M12", "M15", "M25", "M26", "M28", "D15"]
)
def test_never_where_lives_depend_on_it(people, measure):
    with pytest.raises(NeverWaived):
        waive(people, measure)


def test_it_is_renewed_once_and_then_has_to_be_kept(people, noon):
    first, second = waive(people), waive(people)
    assert (second.renews, second.begins_at) == (first, first.ends_at)
    noon.shift(timedelta(days=28, seconds=1))
    with pytest.raises(WaivedTwice):
        waive(people)
    MeasureResult.objects.create(measure="M16", status="pass", checked_at=clock.now())
    assert waive(people).renews is None


def test_the_gate_says_what_is_missing_in_a_sentence_each(people):
    check_board()
    before = in_the_way(last_board(), "hitch", clock.now())
    assert {"M06", "M31", "M12", "M16"} <= {each.row.measure.id for each in before if each.row}
    assert "M20" not in {each.row.measure.id for each in before if each.row}  # it has no date
    assert all(each.sentence for each in before)
    waive(people)
    after = in_the_way(last_board(), "hitch", clock.now())
    assert len(after) == len(before) - 1
    assert "M16" not in {each.row.measure.id for each in after if each.row}


def test_staff_propose_it_on_the_board_and_another_agrees(signed_in):
    admin, supervisor = signed_in("admin"), signed_in("supervisor")
    answer = admin.post("/admin/board/", {"measure": "M16", "days": "7", "reason": "because"})
    assert answer.status_code == 302
    page = supervisor.get("/admin/board/").content.decode()
    action = page.partition("/admin/board/motions/")[2].partition("/do/agree/")[0]
    assert supervisor.post(f"/admin/board/motions/{action}/do/agree/", {"do": "1"}).status_code in {
        200,
        302,
    }
    assert Waiver.objects.get().measure == "M16"
    assert signed_in("agent").post("/admin/board/", {}).status_code == 403
