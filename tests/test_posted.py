"""A form that lacks its word gives no answer: absent is never 'no'."""

import ast
from pathlib import Path

import pytest

from accounts.models import Account, EmergencyContact
from accounts.services import add_emergency_contact
from core.models import Notification
from rides.selectors import position_key
from rides.states import Party
from safety.models import RecordingConsent

ROOT = Path(__file__).resolve().parents[1]
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]

# Where a missing word is no answer of anybody, and what it means is the safe one.
PLAIN = {
    ("safety/views.py", "silent"): "a call for help is never refused; without the word it is not silent",
    ("safety/console/pages.py", "writing"): "presence of a colleague",
    ("safety/console/pages.py", "act"): "a replay writes nothing unless it is asked to",
    ("complaints/console/workspace.py", "writing"): "presence of a colleague",
    ("complaints/console/workspace.py", "do"): "done only where it is asked for",
    ("complaints/console/workspace.py", "sure"): "done only where it is asked for",
    ("complaints/console/work.py", None): "a table with a box for each line",
    ("complaints/console/work.py", "day"): "which day is shown",
    ("police/views.py", "do"): "sent only where that is asked for; without it, it is saved",
    ("drivers/views.py", "strict"): "which faults are shown",
    (
        "governance/console/rules.py",
        "step",
    ): "proposed only where it is asked for; without it, the difference is shown",
    ("governance/console/rules.py", "seen"): "proposed only where the difference of just this was shown",
}


def posted(node):
    """The name that a call of `request.POST.get` reads; None where it is none."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("request.POST.get"):
        return True, node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    return False, None


def comparisons():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" in name or "/migrations/" in name:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Compare):
                    found, word = posted(node.left)
                    if found:
                        yield name, word


def test_no_front_takes_a_missing_word_for_an_answer():
    assert set(comparisons()) - set(PLAIN) == set()


@pytest.mark.parametrize("body", [{}, {"on": ""}, {"on": "yes"}])
def test_sharing_stays_as_it_is(signed_in, people, body):
    Account.objects.filter(code="passenger").update(shares_trips=True)
    assert signed_in("passenger").post("/me/share-trips/", body).status_code == 400
    assert people("passenger").shares_trips
    assert signed_in("passenger").post("/me/share-trips/", {"on": "0"}).status_code == 302
    assert not people("passenger").shares_trips


@pytest.mark.parametrize("body", [{}, {"answer": ""}, {"answer": "1"}])
def test_a_contact_is_asked_still(people, client, body):
    add_emergency_contact(account=people("passenger"), name="x", phone="13911110009")
    page = "/" + Notification.objects.latest("pk").text.split("http")[1].split("/", 3)[3].split()[0]
    before = EmergencyContact.objects.latest("pk").state
    assert client.post(page, body).status_code == 400
    assert EmergencyContact.objects.latest("pk").state == before
    assert client.post(page, {"answer": "refuse"}).status_code == 200
    assert EmergencyContact.objects.latest("pk").state == "refused"


@pytest.mark.parametrize("body", [{}, {"agreed": ""}, {"agreed": "true"}])
def test_a_consent_stays_given(rides, client, body):
    trip = rides.under_way()
    page, key = f"/trips/{trip.code}/recording/", position_key(trip, Party.PASSENGER)
    assert client.post(page, {"key": key, "agreed": "1"}).status_code == 302
    assert client.post(page, {"key": key} | body).status_code == 400
    assert [row.audio for row in RecordingConsent.objects.all()] == [True]
