"""The desk's addresses that act: an empty request does nothing, a refused one leaves the page and the words."""

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from complaints import services
from complaints.actions import OWN
from complaints.models import CareTask, Complaint, Decision
from complaints.states import Audience, Category, ClaimKind, Finding, Side
from complaints.tests.conftest import SUSPENSION
from core import clock
from core.actions import ACTION_SETS, Sure
from core.models import AuditEntry

pytestmark = pytest.mark.long

# The journal and sessions grow by asking alone; who looks at a case is in the journal.
GROWS = {"core_auditentry", "accounts_session"}
OURS = ("complaint", "claim", "accident", "outside_message", "care_task", "greeting", "summary")


@pytest.fixture
def rows(cases, people):
    """Codes of a row of each kind, in a state in which something may be done with it."""
    filed = cases.heard(cases.ended())
    message = services.take_message(channel="email", key="m", sender="a@example.org", words="x")
    accident = services.open_accident(
        account=people("agent"), trip_code="", happened_at=clock.now(), place="x", words="x", submission="x"
    )
    claim = services.file_claim(
        account=people("agent"), accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x",
        phone="13911110001", fen=100, submission="k",
    )  # fmt: skip
    greeting = services.propose_campaign(
        account=people("agent"), title="x", text_zh="x", text_en="x", audience=Audience.DRIVERS,
        send_at=clock.now(),
    )  # fmt: skip
    summary = services.begin_summary(
        account=people("supervisor"), begins=clock.now().date(), ends=clock.now().date()
    )
    return {
        "complaint": filed.code,
        "claim": claim.code,
        "accident": accident.code,
        "outside_message": message.code,
        "care_task": CareTask.objects.get().code,
        "greeting": greeting.code,
        "summary": summary.code,
    }


def digests():
    """Of each table of ours one digest over all of its rows."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if model._meta.managed and table not in GROWS:
                rows = f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t"  # noqa: S608
                cursor.execute(rows)
                found[table] = cursor.fetchone()
    return found


def address(kind, code, key):
    return reverse(ACTION_SETS[kind].route, args=[code, key])


def test_an_empty_request_to_any_action_of_the_desk_changes_nothing(rows, signed_in):
    client = signed_in("supervisor")
    before = digests()
    for kind in OURS:
        for key in ACTION_SETS[kind].actions:
            answer = client.post(address(kind, rows[kind], key))
            assert answer.status_code in {400, 409}, (kind, key)
    assert digests() == before
    for kind in OURS:
        assert client.post(address(kind, rows[kind], "nothing-such"), {"do": "1"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["me/care", "admin/care", "admin/roster", "admin/team", "admin/workspace/bulk", "admin/summaries"]
)
def test_an_empty_request_to_what_has_no_row_changes_nothing(people, signed_in, path):
    services.set_care_consent(account=people("passenger"), on=True)
    client = signed_in("passenger" if path.startswith("me/") else "supervisor")
    before = digests()
    assert client.post(f"/{path}/").status_code == 400
    assert digests() == before


def test_words_that_were_refused_stand_where_they_were_typed(rows, people, signed_in):
    client, person = signed_in("supervisor"), people("supervisor")
    tried = 0
    for kind in OURS:
        for key, action in ACTION_SETS[kind].actions.items():
            fields = action.form.base_fields
            if issubclass(action.form, Sure) or not {"words", "reply"} & fields.keys():
                continue
            name = "words" if "words" in fields else "reply"
            answer = client.post(address(kind, rows[kind], key), {name: "TYPED" * 900})
            assert answer.status_code in {400, 409}, (kind, key)
            if action.offered(ACTION_SETS[kind].find(rows[kind], person), person):
                assert "TYPED" in answer.content.decode(), (kind, key)
                tried += 1
    assert tried > 15


def test_a_reader_of_json_gets_the_problem(cases, signed_in):
    filed = cases.ended()
    answer = signed_in("agent").post(
        f"/admin/workspace/{filed.code}/do/answer/", {"words": "x"}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "action_closed")


def test_a_page_drawn_after_a_refusal_is_a_reading_that_the_journal_knows(cases, signed_in):
    filed = cases.ended()
    signed_in("agent").post(f"/admin/workspace/{filed.code}/do/answer/", {})
    assert AuditEntry.objects.filter(action="complaints.read", case=filed.code, actor="agent").count() == 1


def test_a_decision_says_what_comes_of_it_also_where_nothing_does(cases, signed_in):
    filed = cases.heard(cases.ended())
    path, judge = f"/admin/workspace/{filed.code}/do/decide/", signed_in("adjudicator")
    body = {"finding": "upheld", "cites": "words", "words": "x"}
    for award in ([], ["nothing", "accused:warning"], ["accused:pardon"]):
        answer = judge.post(path, body | {"award": award})
        assert answer.status_code == 400
        assert not Decision.objects.exists()
    assert judge.post(path, body | {"award": "nothing"}).status_code == 302
    assert Decision.objects.get().outcomes == []


def test_the_appeal_form_without_a_tick_takes_nothing_back(cases, people, signed_in):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    answer = signed_in("supervisor").post(
        f"/admin/workspace/{filed.code}/do/decide/", {"finding": "upheld", "cites": "words", "words": "x"}
    )
    assert answer.status_code == 400


def test_what_a_side_may_do_is_known_by_name(cases, signed_in):
    """An unknown address of a side's page is nothing, and no appeal."""
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    his = signed_in("driver")
    assert his.post(f"/complaints/{filed.code}/anything/", {"words": "x"}).status_code in {404, 405}
    assert not filed.appeals.exists()


def test_a_bulk_action_is_told_what_it_needs(cases, signed_in, people):
    filed = cases.ended(category=Category.OTHER)
    client, path = signed_in("supervisor"), "/admin/workspace/bulk/"
    for body in ({"action": "assign"}, {"action": "note"}, {"action": "decide"}, {"to": "agent"}):
        answer = client.post(path, body | {"codes": filed.code, "sure": "1"})
        assert answer.status_code == 400
        assert "checked" in answer.content.decode()  # what was chosen stays chosen
    client.post(path, {"codes": filed.code, "sure": "1", "action": "assign", "to": "agent2"})
    assert Complaint.objects.get(pk=filed.pk).owner.code == "agent2"
    client.post(path, {"codes": filed.code, "sure": "1", "action": "unassign"})
    assert Complaint.objects.get(pk=filed.pk).owner is None


# --- What a side may do with its own case ---


def own_pages(filed):
    """The doors to one's own case: by account, and by the link in a message."""
    return f"/complaints/{filed.code}/", f"/complaints/{filed.code}/{filed.secret}/"


@pytest.fixture
def asked(cases, people):
    """A case whose complainant was asked for a statement."""
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    services.ask_statement(account=people("agent"), code=filed.code, side=Side.COMPLAINANT, words="when?")
    return filed


def test_an_empty_request_of_a_side_changes_nothing(asked, signed_in, client):
    doors = [(signed_in("passenger"), own_pages(asked)[0]), (client, own_pages(asked)[1])]
    before = digests()
    for visitor, page in doors:
        for key in OWN.actions:
            assert visitor.post(f"{page}{key}/", {}).status_code in {400, 409}, (page, key)
            assert visitor.post(f"{page}{key}/", {"words": "  "}).status_code in {400, 409}, (page, key)
        assert visitor.post(f"{page}anything/", {"words": "x"}).status_code == 404
    assert digests() == before


@pytest.mark.parametrize("door", [0, 1])
def test_what_a_side_typed_stays_where_it_is_refused(asked, signed_in, client, door):
    visitor, page = (signed_in("passenger"), client)[door], own_pages(asked)[door]
    answer = visitor.post(f"{page}statement/", {"words": "TYPED" * 900})
    assert (answer.status_code, "TYPED" in answer.content.decode()) == (400, True)
    assert visitor.post(f"{page}statement/", {"words": "at six"}).headers["location"] == page
    answer = visitor.post(f"{page}statement/", {"words": "TYPED"}, headers={"accept-language": "en"})
    assert (answer.status_code, "cannot be given any more" in answer.content.decode()) == (409, True)
    assert visitor.post(f"{page}more/", {"words": "and at seven"}).status_code == 302
    assert visitor.get(page).status_code == 200


def test_whoever_has_a_link_is_nobody_in_the_journal(asked, client):
    client.post(f"{own_pages(asked)[1]}statement/", {"words": "at six"})
    assert AuditEntry.objects.filter(action="complaints.stated", actor="anonymous").count() == 1


def test_a_link_opens_its_own_case_alone(asked, cases, client, rides):
    other = cases.filed(rides.ended("passenger2", "driver2"), "passenger2")
    at = f"/complaints/{other.code}/{asked.secret}/"
    assert client.get(at).status_code == 404
    assert client.post(f"{at}more/", {"words": "x"}).status_code == 404


def test_the_address_of_an_action_opened_by_itself_leads_to_its_row(rows, signed_in):
    """A refused page stands at it: loaded anew, or in another language, it is the row's page and nothing is done."""
    of_whom = {"complaint": "agent", "claim": "agent", "summary": "supervisor"}
    for kind, who in of_whom.items():
        code = rows[kind]
        desk = ACTION_SETS[kind]
        key = next(iter(desk.actions))
        client = signed_in(who)
        before = digests()
        answer = client.get(reverse(desk.route, args=[code, key]) + "?queue=mine")
        assert answer.status_code == 302, kind
        assert "queue=mine" in answer.headers["location"]
        assert client.get(answer.headers["location"]).status_code == 200
        assert {name for name, seen in digests().items() if seen != before[name]} <= {"accounts_look"}
