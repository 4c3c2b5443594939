"""What open consoles are told: that something was written down, about what, and which panels it moves."""

import ast
import re
from pathlib import Path

import pytest
from django.db import transaction

from core import alarms, audit, live, timeline
from core.actors import SYSTEM
from core.console.changes import WHOLE, Changes
from core.models import AuditEntry
from core.timeline import _sentences
from core.transactions import begins_transaction
from safety.states import SafetyLine

NAME = re.compile(r"[a-z]+\.[a-z_]+$")
ROOT = Path(__file__).parents[2]
APPS = ("core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config")


def actions():
    """Each name under which something is written into the journal, as the code has it; a name with a part that varies ends there."""
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            if {"tests", "migrations"} & set(file.parts):
                continue
            text = file.read_text()
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield from names(node.args[1])
                # Where the name comes by a variable, its values stand as constants in the same file.
                elif (
                    isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.match(node.value)
                ):
                    yield from (
                        [node.value] if node.value.startswith(f"{app}.") and "audit.record" in text else []
                    )


def names(node):
    match node:
        case ast.Constant():
            yield node.value
        case ast.IfExp():
            yield from names(node.body)
            yield from names(node.orelse)
        case ast.JoinedStr():
            yield node.values[0].value
        case _:  # the kind of a line of the timeline, or a constant of the file: enumerated beside
            assert ast.unparse(node) in {"kind", "action"}, ast.unparse(node)


def test_each_line_that_is_written_down_is_said_to_move_a_panel_or_none():
    written = set(actions()) | set(_sentences)
    assert len(written) > 150
    assert {name for name in written if live.mark_of(name) is None} == set()


def test_the_longest_beginning_counts():
    assert live.mark_of("rides.line_suspended") == "lines"
    assert live.mark_of("rides.boarded") == ""
    assert live.mark_of("nobody.knows") is None
    assert live.mark_of("drivers.application_read") == ""


@begins_transaction
def write(action, subject="", case="", **facts):
    audit.record(SYSTEM, action, subject, case=case, **facts)


@begins_transaction
def tell(**about):
    timeline.add(SafetyLine.WORD, SYSTEM, **about)


def told(changes, *followed):
    changes.look()
    return changes.of(followed)


@pytest.mark.django_db(transaction=True)
def test_a_line_moves_its_subject_its_case_and_its_mark():
    changes = Changes()
    everything = ["C-1", "V-1", "I-1", "T-1", "mark:complaints", "mark:vetting", "mark:incidents"]
    before = told(changes, *everything)
    write("drivers.case_proposed", "driver", case="V-1")
    after = told(changes, *everything)
    assert {name for name in after if after[name] != before.get(name)} == {"V-1", "mark:vetting"}
    write("core.hold_placed", "H-1", trip="T-1")
    also = told(changes, *everything)
    assert {name for name in also if also[name] != after.get(name)} == {"T-1"}
    after = also
    tell(incident="I-1", trip="T-1")
    last = told(changes, *everything)
    assert {name for name in last if last[name] != after.get(name)} == {"I-1", "T-1", "mark:incidents"}
    assert told(changes, *everything) == last


@pytest.mark.django_db(transaction=True)
def test_two_changes_within_one_moment_are_two():
    changes = Changes()
    changes.look()
    write("police.refused", "P-1")
    one = changes.look(), changes.of(["P-1"])
    write("police.refused", "P-1")
    two = changes.look(), changes.of(["P-1"])
    assert one[0] != two[0]
    assert one[1] != two[1]


@pytest.mark.django_db(transaction=True)
def test_whoever_only_looks_wakes_nobody():
    changes = Changes()
    before = changes.look()
    write("drivers.application_read", "driver", case="B-1")
    assert changes.look() == before
    assert changes.of(["driver", "B-1"]) == {}


@pytest.mark.django_db(transaction=True)
def test_a_line_that_is_committed_after_later_ones_is_told():
    changes = Changes()
    write("claims.filed", "K-1")
    late = AuditEntry.objects.latest("pk").pk
    write("claims.filed", "K-2")
    book = changes._books[0]
    changes.look()
    book.seen.discard(late)  # as if its transaction had still been open
    before = changes.of(["K-1", "K-2", "mark:claims"])
    changes.look()
    after = changes.of(["K-1", "K-2", "mark:claims"])
    assert {name for name in after if after[name] != before[name]} == {"K-1", "mark:claims"}


@pytest.mark.django_db(transaction=True)
def test_more_than_one_look_can_read_wakes_everybody(monkeypatch):
    changes = Changes()
    write("police.asked", "P-0")
    changes.look()
    monkeypatch.setattr("core.console.changes.LIMIT", 3)
    for number in range(1, 6):
        write("police.asked", f"P-{number}")
    changes.look()
    assert changes.of(["C-9"])["C-9"] > 0


@pytest.mark.django_db(transaction=True)
def test_a_mark_that_cannot_be_asked_keeps_its_number_and_stops_no_other(monkeypatch):
    before = live.marks()
    asked = dict(live._marks) | {("calls",): lambda: 1 / 0}
    monkeypatch.setattr(live, "_marks", asked)
    assert live.marks() == before


@pytest.mark.django_db(transaction=True)
def test_writing_down_wakes_consoles_after_the_commit_where_a_panel_shows_it(monkeypatch):
    said = []
    monkeypatch.setattr("core.broker.publish", lambda channel, word: said.append((channel, word)))
    write("rides.boarded", "T-1")
    assert said == []
    with transaction.atomic():
        audit.record(SYSTEM, "rides.suspension_proposed", "U-1")
        audit.record(SYSTEM, "rides.suspension_agreed", "U-1")
        assert said == []
    assert said == [("live", "console")]


@pytest.mark.django_db(transaction=True)
def test_what_rings_is_asked_anew_of_the_apps_that_wrote_something_down(monkeypatch):
    """Ten questions after each change were most of what a look took, and calls for help waited for it."""
    asked = []
    alarms.sources()
    ask = alarms._sign
    monkeypatch.setattr(alarms, "_sign", lambda source, at: asked.append(source.key) or ask(source, at))
    changes = Changes()
    changes.look()
    assert set(asked) == set(alarms.sources()), "at first all of them"
    asked.clear()
    tell(incident="I-1", trip="T-1")
    changes.look()
    assert set(asked) == {
        "clocks_ran_out", "incidents", "look_again", "police_calls", "emergency_centre", "emergency_centre_not_told",
    }  # fmt: skip
    asked.clear()
    write("police.refused", "P-1")
    changes.look()
    assert {each.split("_")[0] for each in asked} == {"police"}
    asked.clear()
    changes._whole -= WHOLE
    changes.look()
    assert set(asked) == set(alarms.sources()), "and each second, whatever was written down"
