"""Lines of the journal that somebody wrote about themselves are told in sentences, never by their codes."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from core import own_data
from drivers.states import FaceCheckState

APPS = ("accounts", "drivers", "rides", "safety", "complaints")
# Written by staff and officers alone, who have no such page.
OF_STAFF = {
    *("shift.handed_over", "practice.ended", "summaries.answered", "summaries.submitted"),
    *("complaints.training_done", "complaints.training_refused", "complaints.training_reported"),
}


def _names(call):
    """The action of `audit.record(X.actor, ACTION, X.code)`, where it is about whoever acts."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "record" and len(call.args) > 2):
        return None
    actor, action, subject = call.args[:3]
    if ast.unparse(call.func.value) != "audit" or not ast.unparse(actor).endswith(".actor"):
        return None
    if ast.unparse(actor).removesuffix(".actor") != ast.unparse(subject).removesuffix(".code"):
        return None
    return action.value if isinstance(action, ast.Constant) else None


def actions():
    found = {f"drivers.face_{state}" for state in FaceCheckState if state != FaceCheckState.ASKED}
    found |= {"drivers.vehicle_bound", "drivers.video_consent_withdrawn", "drivers.video_recording_refused"}
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            if "tests" in path.parts:
                continue
            calls = (each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call))
            found |= {name for each in calls if (name := _names(each))}
    return sorted(found - OF_STAFF)


def test_there_are_some():
    assert len(actions()) > 30


@pytest.mark.parametrize("action", actions())
def test_each_has_a_sentence_in_both_languages(action):
    said = own_data.said_of(action)
    assert said is not None
    with override("zh-hans"):
        chinese = str(said)
    with override("en"):
        assert str(said) != chinese and action not in str(said)


def test_the_page_says_it(signed_in):
    client = signed_in("passenger")
    client.post("/me/share-trips/", {"on": "1"})
    page = client.get("/me/data/looks/").content.decode()
    assert "You said whether your trips are shared by themselves." in page
    assert "accounts.trip_sharing" not in page
