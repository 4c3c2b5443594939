"""A8: each list and search of the staff that shows people is one line of the journal, and no line names a person."""

import json

import pytest
from django.urls import NoReverseMatch, reverse

from core import lists, retention
from core.models import AuditEntry
from tests.test_permissions import TABLE, things  # noqa: F401 - one is the fixture

pytestmark = pytest.mark.long

# Pages of the console that are no list of people, and why.
NOBODY = {
    "admin/": "codes of what waits, each a link to a page that writes down who reads it",
    "admin/due/": "a strip of the first page",
    "admin/today/": "a strip of the first page",
    "admin/burning/": "a strip of the first page",
    "admin/failed-work/": "codes of work that failed",
    "admin/failed-work/strip/": "a strip of the first page",
    "admin/messages/": "sentences of the catalogue",
    "admin/alarms/": "codes of what rings",
    "admin/sos-packet/": "a form",
    "admin/police-line/": "a form",
    "admin/stations/find/": "stations as the public register has them",
    "admin/workspace/new/": "a form",
    "admin/workspace/macros/": "texts of the staff",
    "admin/workspace/guides/": "texts of the staff",
    "admin/workspace/words/": "words of no person",
    "admin/team/": "figures of colleagues, by code",
    "admin/vetting/fleet/": "how far a screening is",
    "admin/people/passenger/": "one person: `accounts.person_read`",
    "admin/calls/ringing/": "that a call rings; its page is a list of its own",
    "admin/roster/": "shifts of colleagues, by code",
    "admin/practice/": "own exercises",
    "admin/summaries/": "own summaries",
    "admin/reports/": "figures",
    "admin/reports/volume.csv": "figures",
    "admin/board/": "figures",
    "admin/regulator/": "figures",
    "admin/reviews/": "codes of reviews, and what they led to",
    "admin/reviews/RV-00000001/": "what happened in a case, as staff wrote it, without its people",
    "admin/concerns/": "codes of reports that name nobody, each a link to a page that writes down who reads it",
    "admin/rules/": "rules",
    "admin/rules/rides.near/": "a rule, with codes of colleagues",
    "admin/rules/safety.answer_within/": "the same",
    "admin/gate/": "lines and cities",
    "admin/gate/luxury/wenzhou/": "lines and cities",
    "admin/transparency/": "reports, which name nobody",
    "admin/consultations/": "what the public is asked",
    "admin/lines/": "lines and cities",
    "admin/cities/": "lines and cities",
    "admin/search/": "names of pages",
    "admin/password_change/": "a form",
    "admin/password_change/done/": "a form",
    "admin/jsi18n/": "words",
    "admin/autocomplete/": "closed",
    "admin/outside-services/": "services of the platform",
    "admin/looks/": "looks of colleagues, by code",
    "admin/exports/": "figures",
}


def lines():
    return list(AuditEntry.objects.filter(action="core.list_read").order_by("pk"))


def changelists():
    for table, rule in sorted(retention.rules().items()):
        app, _dot, name = table.lower().partition(".")
        try:
            yield f"{app}_{name}", reverse(f"admin:{app}_{name}_changelist"), rule
        except NoReverseMatch:
            continue


def test_each_list_of_people_writes_down_that_it_was_read(things, signed_in):  # noqa: F811 - the fixture
    client, silent = signed_in("supervisor"), []
    routes = [
        row[1]
        for row in TABLE
        if row[0] == "GET" and row[1].startswith("admin/") and "{" not in row[1] and "supervisor" in row[2]
    ]
    for route in routes:
        before = len(lines())
        answer = client.get(f"/{route}")
        if answer.status_code == 200 and len(lines()) == before and route not in NOBODY:
            silent.append(route)
    for name, address, rule in changelists():
        before = len(lines())
        if client.get(address).status_code == 200 and (len(lines()) > before) != (rule.data is not None):
            silent.append(name)
    assert silent == [], "\n".join(silent)


def test_a_line_says_who_what_for_how_many_and_which(things, signed_in, people):  # noqa: F811 - the fixture
    client = signed_in("supervisor")
    phone = people("passenger").phone
    client.get("/admin/accounts/account/", {"q": phone})
    client.get("/admin/accounts/account/", {"role__exact": "member"})
    client.get("/admin/workspace/", {"text": "他说的话"})
    first, second, third = lines()
    assert (first.actor, first.subject, first.facts["count"]) == ("supervisor", "accounts.account", 0)
    assert phone not in json.dumps(first.facts)
    assert (
        first.facts["asked"]["q"] == lists.asked_for({"q": phone})["q"]
    )  # whoever has the number can show it
    assert second.facts["asked"] == {"role__exact": "member"}
    assert {"passenger", "driver"} <= set(second.facts["codes"])
    assert "他说" not in json.dumps(third.facts, ensure_ascii=False)


def test_a_page_that_looks_again_writes_nothing_more(things, signed_in):  # noqa: F811 - the fixture
    client = signed_in("supervisor")
    client.get("/admin/workspace/")
    client.get("/admin/workspace/", headers={"hx-request": "true"})
    assert len(lines()) == 1


def test_the_auditor_finds_them_by_their_action(things, signed_in):  # noqa: F811 - the fixture
    client = signed_in("supervisor")
    client.get("/admin/accounts/account/")
    page = client.get("/admin/core/auditentry/", {"action": "core.list_read"}).content.decode()
    assert "accounts.account" in page
    pk = lines()[0].pk
    assert "passenger" in client.get(f"/admin/core/auditentry/{pk}/change/").content.decode()


@pytest.mark.parametrize(
    "value", ["+8613800000001", "林小雨", "川A·H0001", "mother of Li", "330382199803120021"]
)
def test_words_of_people_stand_in_no_line(db, value):
    said = lists.asked_for({"q": value, "p": "2", "state": "open", "code": "C-8K2M4N6P"})
    assert value not in json.dumps(said, ensure_ascii=False)
    assert (said["p"], said["state"], said["code"]) == ("2", "open", "C-8K2M4N6P")
