"""What can be somebody's: all of it stands in Mine and goes at the end of a shift, and no column that names who has
something is forgotten."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Account
from complaints.actions.cases import COMPLAINTS
from complaints.models import CareTask, Complaint, Shift
from complaints.services import add_care, file_complaint, take
from complaints.states import Category
from core import clock, handover
from core.console import panels
from core.models import AuditEntry
from core.permissions import Role
from police.models import PoliceRequest
from police.services import open_phone_request, record_call_back
from police.states import Query
from police.tests.factories import urgent
from rides.actions import LATE
from rides.models import LatePickup
from rides.services import take_late_pickup
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos, take_incident

OURS = {"core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance"}
# What a column is called that says who of the staff has something.
HAS = re.compile(r"(^|_)(owner|owned_by|taken_by|assigned_to|assignee|held_by|holder|keeper|agent|contact)$")
# Columns of such a name, and of accounts, that say something else.
OTHERS = {
    "core.JobTurn.holder": "a process",
    "complaints.Call.agent": "whose telephone rang: over when it was seen",
    "complaints.Satisfaction.agent": "whose work was judged",
    "complaints.SavedView.owner": "a filter of one's own",
    "complaints.Complaint.named_contact": "stays with who was harmed over many shifts; what is due of it is care",
    "complaints.Accident.named_contact": "stays with who was harmed over many shifts; what is due of it is care",
    "governance.ReviewAction.owner": "an office, not a person",
}


def columns():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.get_fields():
                if isinstance(field, models.Field):
                    yield f"{model._meta.label}.{field.name}", field


def test_each_column_that_says_who_has_something_is_handed_over():
    named = {
        name
        for name, field in columns()
        if HAS.search(field.name) and (isinstance(field, models.CharField) or field.related_model is Account)
    }
    said = {kind.column for kind in handover.kinds().values()}
    assert named - said - OTHERS.keys() == set(), (
        "handover.held() in handlers.py of the app, or a line of OTHERS"
    )
    assert said - named == set()
    assert OTHERS.keys() - named == set()


@pytest.fixture
def before_start(monkeypatch):
    """As before the panels were looked for: what is wrong with one stops the start."""
    panels.offered()
    mine = {f"my_{key}" for key in handover.kinds()}
    monkeypatch.setattr(panels, "_offered", {k: v for k, v in panels._offered.items() if k not in mine})
    panels._discover.cache_clear()
    yield
    panels._discover.cache_clear()


def test_what_has_no_panel_for_all_stops_the_start(before_start, monkeypatch):
    key, kind = next(iter(handover.kinds().items()))
    monkeypatch.setitem(handover._held, key, replace(kind, due="noses"))
    with pytest.raises(ValueError, match="called noses"):
        panels.offered()


def test_what_is_mine_has_one_door(before_start):
    panels.panel("noses", "Nose", place=panels.MINE, order=77, marks=(), permission="console.open")(
        lambda _person, _at: []
    )
    with pytest.raises(ValueError, match=r"core\.handover\.held"):
        panels.offered()


@pytest.fixture
def held(rides, people):
    """A late pick-up, a police request and a care task of one agent."""
    agent, trip = people("agent"), rides.accepted()
    late = LatePickup.objects.create(code="L-00000001", trip=trip, opened_at=clock.now())
    take_late_pickup(account=agent, code=late.code)
    about = urgent(Query.TRIP, rides.accepted("passenger2", "driver2").code)
    asked = open_phone_request(
        account=agent, agency_code="shangtang", badge="1", question=about, submission="p"
    ).request
    record_call_back(account=agent, code=asked.code)
    return late, asked


@pytest.fixture
def complaint(held, people):
    _late, asked = held
    return file_complaint(
        account=people("passenger2"),
        trip_code=asked.trip.code,
        category=Category.DISPUTE,
        words="x",
        submission="h",
    )


def test_all_that_an_agent_of_the_night_has_goes_home_with_nobody(held, people, signed_in, complaint):
    late, asked = held
    agent, heir = people("agent"), people("agent2")
    care = add_care(account=agent, case=complaint.code, words="call her mother", due_at=clock.now())
    words = {"to": "agent2", "words": "she waits under the bridge"}
    signed_in("agent").post("/admin/incidents/hand-over/", words)
    late.refresh_from_db()
    asked.refresh_from_db()
    assert (late.taken_by, asked.owned_by) == (heir.code, heir.code)
    assert asked.proposed_by == agent.code  # the first of two stays the first
    assert CareTask.objects.get(code=care.code).owner == heir
    page = signed_in("agent2").get("/admin/due/").content.decode()
    for said in (late.trip.code, asked.code, complaint.code, "she waits under the bridge"):
        assert said in page
    written = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"rides.late_pickup_handed", "police.handed", "care.handed", "shift.handed_over"} <= written
    assert "she waits" not in signed_in("agent").get("/admin/due/").content.decode()


def taking(kind, row, person):
    """What the console answers to whoever takes a row, and what is against it."""
    desk, code = {"late_pickup": LATE, "complaint": COMPLAINTS}[kind], row.code
    action = desk.action("take")

    def take():
        found = desk.find(code, person)
        return desk.perform(action, found, person, desk.form(action, found, person, {"do": "1"}))

    return take, lambda: str(desk.against(action, desk.find(code, person), person))


@pytest.mark.parametrize("kind", ["late_pickup", "complaint"])
def test_who_takes_again_what_they_handed_over_is_told_that_they_have_it_not(held, people, complaint, kind):
    late, _asked = held
    LatePickup.objects.filter(pk=late.pk).update(taken_by="", taken_at=None)
    take, against = taking(kind, late if kind == "late_pickup" else complaint, people("agent"))
    take()
    assert take() is None  # pressed twice
    handover.hand_over_all(account=people("agent"), heir=people("agent2"), words="x")
    assert against() in take()


@pytest.mark.parametrize("kind", ["late_pickup", "complaint"])
def test_who_takes_again_after_a_while_reads_how_it_stands(held, people, complaint, noon, kind):
    late, _asked = held
    LatePickup.objects.filter(pk=late.pk).update(taken_by="", taken_at=None)
    take, against = taking(kind, late if kind == "late_pickup" else complaint, people("agent"))
    take()
    noon.shift(timedelta(minutes=3))
    assert against() in take()


def test_what_was_said_is_gone_with_the_next_shift(held, people, signed_in):
    handover.hand_over_all(account=people("agent"), heir=people("agent2"), words="she waits")
    assert handover.said_to(people("agent2"), clock.now())
    assert not handover.said_to(people("agent2"), clock.now() + handover.SHIFT)


def test_who_may_not_have_a_part_of_it_is_not_offered_and_gets_nothing(held, people, signed_in):
    late, asked = held
    judge = people("adjudicator")
    assert Role(judge.role) == Role.ADJUDICATOR
    assert handover.may_inherit(people("agent"), [judge, people("agent2")]) == [people("agent2")]
    with pytest.raises(handover.HeirMayNot) as refused:
        handover.hand_over_all(account=people("agent"), heir=judge, words="x")
    assert "adjudicator" in refused.value.detail
    late.refresh_from_db()
    assert late.taken_by == "agent"
    assert PoliceRequest.objects.get(pk=asked.pk).owned_by == "agent"


def test_the_queue_of_complaints_hands_over_by_the_same_door(held, people, signed_in, complaint):
    late, _asked = held
    signed_in("agent").post("/admin/workspace/hand-over/", {"to": "agent2", "words": "she waits"})
    late.refresh_from_db()
    assert late.taken_by == "agent2"


# --- Who is there ------------------------------------------------------------------------------------------------


@pytest.fixture
def at_work(people):
    """Agent2 alone is at a desk; the specialist can be called at home."""
    at = clock.now()
    for who, on_call in (("agent2", False), ("specialist", True)):
        Shift.objects.create(
            account=people(who),
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=7),
            on_call=on_call,
            made_by="supervisor",
            made_at=at,
        )


@pytest.fixture
def cases(rides, people):
    """The codes of an incident and of a complaint of one agent."""
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    take_incident(account=people("agent"), code=incident.code)
    other = rides.accepted("passenger2", "driver2")
    row = file_complaint(
        account=people("passenger2"),
        trip_code=other.code,
        category=Category.DISPUTE,
        words="x",
        submission="h",
    )
    take(account=people("agent"), code=row.code)
    return incident.code, row.code


def listed(page, name):
    """What a list of a page offers, in its order."""
    found = re.search(rf'<select[^>]*name="{name}".*?</select>', page.content.decode(), re.DOTALL)
    return [
        " ".join(each.split()) for each in re.findall(r"<option[^>]*>(.*?)</option>", found[0], re.DOTALL)
    ][1:]


def test_each_list_names_first_who_is_there_and_says_who_is_not(cases, at_work, signed_in):
    client, (incident, complaint) = signed_in("agent"), cases
    for page in (
        "/admin/incidents/mine/",
        "/admin/workspace/",
        f"/admin/incidents/{incident}/",
        f"/admin/workspace/{complaint}/",
    ):
        offered = listed(client.get(page, headers={"accept-language": "en"}), "to")
        assert offered[0] == "agent2", page
        assert "specialist (not on duty now)" in offered, page
        assert "agent2 (not on duty now)" not in offered, page
        assert "specialist（现在不当班）" in listed(
            client.get(page, headers={"accept-language": "zh-hans"}), "to"
        )


@pytest.mark.parametrize(("to", "said"), [("agent2", False), ("specialist", True)])
def test_what_goes_to_who_is_not_there_is_answered_so(cases, at_work, signed_in, to, said):
    client, (incident, complaint) = signed_in("agent"), cases
    gives = [
        (f"/admin/workspace/{complaint}/do/assign/", {"to": to}),
        ("/admin/workspace/bulk/", {"action": "assign", "to": to, "codes": [complaint], "sure": "1"}),
        (f"/admin/incidents/{incident}/do/hand_over/", {"to": to, "words": "x"}),
        ("/admin/workspace/hand-over/", {"to": to, "words": "x"}),
        ("/admin/incidents/hand-over/", {"to": to, "words": "x"}),
    ]
    owner = Complaint.objects.get(code=complaint).owner
    for path, sent in gives:
        Complaint.objects.update(owner=owner)
        page = client.post(path, sent, follow=True, headers={"accept-language": "en"})
        assert page.status_code == 200, path
        assert (f"By the roster {to} is not on duty now" in page.content.decode()) == said, path
