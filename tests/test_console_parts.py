"""Everything on an open page of a case refreshes: what a service changes wakes the page, and the part that shows it has it.

A page is looked at as its script does (`static/js/console/follow.js`): it follows names; when one of them changed, it is
fetched again, and its parts take the place of their old selves. `tests/test_follow.py` tries the script in a browser.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import RequestFactory

from accounts.services import add_emergency_contact
from complaints import services as complaints
from complaints.services import File, file_complaint, read_file
from complaints.states import Category, ClaimKind, Finding, Paper, Side
from core import clock, retry
from core.actors import SYSTEM
from core.console import navigation, panels
from core.console.changes import Changes
from core.console.panels import DUE, Due
from core.models import FailedWork
from drivers import services as drivers
from drivers.models import Application, MismatchReport
from drivers.selectors import driver_of
from drivers.services import hold_driver, open_case
from drivers.states import CaseKind, CaseOutcome, HoldKind
from drivers.tests.factories import ready_for_pickup, screened
from police import services as police
from police.states import Query
from rides import services as trips
from rides.models import LatePickup, Reminder
from rides.selectors import position_key
from rides.states import CallOutcome, Line, Party
from rides.tokens import TripKey
from safety import services as safety
from safety.states import SignalKind
from safety.tests.factories import agree, begin

# --- Looking at a page as its script does --------------------------------------------------------


@dataclass
class Looked:
    """Which names a page follows, what each part says, which boxes parts come into, and strips outside of parts."""

    follows: set[str] = field(default_factory=set)
    parts: dict[str, str] = field(default_factory=dict)
    boxes: set[str] = field(default_factory=set)
    loose: list[str] = field(default_factory=list)


VOID = {"input", "img", "br", "link", "meta", "hr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []  # (tag, id of a part)
        self.boxes: list[str] = []
        self.found = Looked()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "data-follows" in given:
            self.found.follows |= set(given["data-follows"].split())
        if "data-parts" in given:
            assert given["id"]
            self.found.boxes.add(given["id"])
        part = given["id"] if "data-part" in given else ""
        if part:
            assert part not in self.found.parts, f"two parts are called {part}"
            self.found.parts[part] = ""
        if "strip" in given.get("class", "").split() and not part and not any(name for _tag, name in self.open):
            self.found.loose.append(self.get_starttag_text())
        if tag not in VOID:
            self.open.append((tag, part))
        said = "" if given.get("name") == "csrfmiddlewaretoken" else self.get_starttag_text()
        self.handle_data(said)

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        for _tag, part in self.open:
            if part:
                self.found.parts[part] += data


def look(client, address, *, again=False):
    answer = client.get(address, headers={"HX-Request": "true"} if again else {})
    assert answer.status_code == 200
    reader = _Reader()
    reader.feed(answer.content.decode())
    return reader.found


@pytest.fixture
def watch(signed_in):
    """Opens a page, lets something be done, and says which parts then are other ones, with what they say."""

    def run(who, address, do):
        client, changes = signed_in(who), Changes()
        before = look(client, address)
        changes.look()
        known = changes.of(before.follows)
        do()
        changes.look()
        news = {name for name, at in changes.of(before.follows).items() if known.get(name) != at}
        assert news, f"{address} is not woken: it follows {before.follows}"
        after = look(client, address, again=True)
        missing = set(before.parts) ^ set(after.parts)
        assert not missing or after.boxes, f"{missing} come and go, and no box is there for them"
        return {name: said for name, said in after.parts.items() if before.parts.get(name) != said}

    return run


# --- Each part of each page of a case ------------------------------------------------------------


@pytest.fixture
def at_work(rides, people):
    """A call for help on a trip under way, and who may do what with it."""
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110001")
    trip = rides.under_way()
    incident = safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return trip, incident, people


def _incident(trip, incident, people):
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    agent = people("agent")

    def record():
        agree(trip)
        begin(trip)

    def signal():
        with transaction.atomic():
            safety.add_signal(actor=SYSTEM, trip=trip, kind=SignalKind.LONG_STOP, incident=incident)

    def hold():
        with transaction.atomic():
            hold_driver(
                actor=SYSTEM,
                driver=trip.driver,
                kind=HoldKind.STAFF,
                source="why",
                citation="x",
                covert=False,
            )

    def malicious():
        safety.take_incident(account=agent, code=incident.code)
        safety.resolve_incident(account=agent, code=incident.code, outcome="malicious", words="x")
        safety.close_incident(account=people("specialist"), code=incident.code)
        safety.file_plea(key=key, words="I was afraid")

    return {
        "head": (lambda: safety.take_incident(account=agent, code=incident.code), agent.code),
        "lines": (lambda: safety.add_word(key=key, words="he has a knife"), "he has a knife"),
        "actions": (lambda: safety.take_incident(account=agent, code=incident.code), 'data-do="resolve"'),
        "map": (
            lambda: safety.raise_sos(key=key, position=(28.11111, 120.22222)),
            "28.11111",
        ),
        "recordings": (record, "A-"),
        "signals": (signal, SignalKind.LONG_STOP.label),
        "who": (hold, "why"),
        "plea": (malicious, "I was afraid"),
    }


@pytest.mark.parametrize("part", ["head", "lines", "actions", "map", "recordings", "signals", "who", "plea"])
def test_each_part_of_an_incident_refreshes(at_work, watch, part):
    do, shown = _incident(*at_work)[part]
    changed = watch("agent", f"/admin/incidents/{at_work[1].code}/", do)
    assert str(shown) in changed[part]


def test_a_welfare_check_comes_onto_the_open_page_of_its_incident(at_work, watch):
    trip, incident, _people = at_work
    changed = watch(
        "agent",
        f"/admin/incidents/{incident.code}/",
        lambda: safety.file_welfare_check(
            missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="x", submission="s"
        ),
    )
    assert "R-" in changed["who"]
