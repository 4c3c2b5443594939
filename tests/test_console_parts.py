"""Everything on an open page of a case refreshes: what a service changes wakes the page, and the part that shows it has it.

A page is looked at as its script does (`static/js/console/follow.js`): it follows names; when one of them changed, it is
fetched again, and its parts take the place of their old selves. `tests/journeys/test_follow.py` tries the script in a browser.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.db import transaction

from accounts.services import add_emergency_contact
from complaints import services as complaints
from complaints.models import CareTask
from complaints.services import file_complaint, read_file
from complaints.states import Category, ClaimKind, Paper, Side
from core import clock
from core.actors import SYSTEM
from core.console.changes import Changes
from core.tests.factories import PDF
from drivers import services as drivers
from drivers.models import Application
from drivers.selectors import driver_of
from drivers.services import hold_driver, open_case
from drivers.states import CaseKind, CaseOutcome, HoldKind
from drivers.tests.factories import screened
from police import services as police
from police.documents import telling
from police.states import Query
from police.tests.factories import urgent
from rides import services as trips
from rides.models import LatePickup, Reminder
from rides.selectors import open_suspensions
from rides.states import CallOutcome, Line, Party
from rides.tokens import TripKey
from safety import services as safety
from safety.states import SignalKind
from safety.tests.factories import agree, begin

pytestmark = pytest.mark.long

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
        if (
            "strip" in given.get("class", "").split()
            and not part
            and "data-parts" not in given
            and not any(name for _tag, name in self.open)
        ):
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
        safety.resolve_incident(
            account=agent, code=incident.code, outcome="malicious", harm="none", words="x"
        )
        safety.close_incident(account=people("specialist"), code=incident.code)
        safety.file_appeal(key=key, words="I was afraid")

    return {
        "head": (lambda: safety.take_incident(account=agent, code=incident.code), agent.code),
        "lines": (lambda: safety.add_word(key=key, words="he has a knife"), "he has a knife"),
        "act-resolve": (lambda: safety.take_incident(account=agent, code=incident.code), 'data-do="resolve"'),
        "map": (
            lambda: safety.raise_sos(key=key, position=(28.11111, 120.22222)),
            "28.11111",
        ),
        "recordings": (record, "A-"),
        "signals": (signal, SignalKind.LONG_STOP.label),
        "who": (hold, "why"),
        "appeal": (malicious, "I was afraid"),
    }


@pytest.mark.parametrize(
    "part", ["head", "lines", "act-resolve", "map", "recordings", "signals", "who", "appeal"]
)
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


@pytest.fixture
def complained(rides, people):
    trip = rides.under_way(driver="driver2")
    row = file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category.DISPUTE,
        words="too dear",
        submission="s",
    )
    return row, trip, people


def _complaint(row, trip, people):
    agent = people("agent")
    complaints.take(account=agent, code=row.code)

    def more(words="", files=()):
        return lambda: complaints.add_more(
            complaint=row, actor=people("passenger").actor, side=Side.COMPLAINANT, words=words, files=files
        )

    def help_called():
        safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))

    return {
        "head": (
            lambda: complaints.raise_class(account=agent, code=row.code, level="severe", words="x"),
            "severe",
        ),
        "said": (more("x", [read_file(PDF)]), "PDF"),
        "statements": (
            lambda: complaints.ask_statement(
                account=agent, code=row.code, side=Side.COMPLAINANT, words="what did he do?"
            ),
            "what did he do?",
        ),
        "lines": (more("he also shouted"), "he also shouted"),
        "who": (help_called, "I-"),
        "actions": (
            lambda: complaints.assign(account=agent, code=row.code, to=people("specialist").code),
            "",
        ),
    }


@pytest.mark.parametrize("part", ["head", "said", "statements", "lines", "who", "actions"])
def test_each_part_of_a_complaint_refreshes(complained, watch, part):
    do, shown = _complaint(*complained)[part]
    changed = watch("agent", f"/admin/workspace/{complained[0].code}/", do)
    assert shown in changed[part]


@pytest.fixture
def injured(people):
    agent = people("agent")
    accident = complaints.open_accident(
        account=agent, trip_code="", happened_at=clock.now(), place="x", words="x", submission="x"
    )
    claim = complaints.file_claim(
        account=agent, accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x",
        phone="13911110001", fen=100_00, submission="k",
    )  # fmt: skip
    return accident, claim, people


def _accident(accident, claim, people):
    agent = people("agent")

    def papers():
        complaints.add_papers(claim=claim, actor=SYSTEM, paper=Paper.HOSPITAL, files=[read_file(PDF)])

    def grant():
        papers()
        complaints.propose_claim(account=agent, code=claim.code, fen=50_00, reason="x")
        complaints.decide_claim(account=people("adjudicator"), code=claim.code, approves=True)

    def second():
        complaints.file_claim(
            account=agent, accident_code=accident.code, kind=ClaimKind.ADVANCE, name="y",
            phone="13911110002", fen=7_00, submission="k2",
        )  # fmt: skip

    return {
        "head": (grant, "50"),
        claim.code: (papers, Paper.HOSPITAL.label),
        "lines": (second, "K-"),
        "contact": (
            lambda: complaints.name_accident_contact(
                account=people("supervisor"), accident_code=accident.code, to="specialist"
            ),
            "specialist",
        ),
    }


@pytest.mark.parametrize("part", ["head", "claim", "lines", "contact"])
def test_each_part_of_an_accident_refreshes(injured, watch, part):
    accident, claim, _people = injured
    name = claim.code if part == "claim" else part
    do, shown = _accident(*injured)[name]
    changed = watch("agent", f"/admin/accidents/{accident.code}/", do)
    assert str(shown) in changed[name]


def test_a_claim_that_comes_by_another_way_comes_onto_the_open_page(injured, watch):
    accident, claim, _people = injured
    do, _shown = _accident(*injured)["lines"]
    changed = watch("agent", f"/admin/accidents/{accident.code}/", do)
    assert [name for name in changed if name.startswith("K-") and name != claim.code]


@pytest.fixture
def opened(rides, people):
    driver = driver_of(people("driver"))
    with transaction.atomic():
        case = open_case(driver=driver, kind=CaseKind.SAME_FACE)
    return case, driver, people


def _propose_case(case, people):
    drivers.propose(account=people("vetting"), code=case.code, outcome=CaseOutcome.CLEARED, reason="twins")


def test_each_part_of_a_vetting_case_refreshes(opened, watch):
    case, driver, people = opened
    address = f"/admin/vetting/{case.code}/"
    changed = watch("supervisor", address, lambda: _propose_case(case, people))
    assert "twins" in changed["actions"]

    def hold():
        with transaction.atomic():
            hold_driver(
                actor=SYSTEM, driver=driver, kind=HoldKind.STAFF, source="s", citation="x", covert=False
            )

    assert "H-" in watch("supervisor", address, hold)["who"]
    changed = watch(
        "vetting",
        address,
        lambda: drivers.agree(account=people("supervisor"), code=case.code, agrees=True),
    )
    assert {"case", "actions"} <= changed.keys()


@pytest.fixture
def applied(people):
    account = people("passenger2")
    application = drivers.begin_application(account=account)
    driver = driver_of(account)
    screened(driver, subject=f"{application.code}:1")
    Application.objects.filter(pk=application.pk).update(state="review", submitted_at=clock.now())
    application.refresh_from_db()
    return application, driver, people


def test_each_part_of_an_application_refreshes(applied, watch):
    application, driver, people = applied
    address = f"/admin/vetting/applications/{application.code}/"

    def propose():
        drivers.propose_decision(
            account=people("vetting"), code=application.code, outcome="refuse", reason="papers of a cousin"
        )

    assert "papers of a cousin" in watch("supervisor", address, propose)["actions"]

    def same_face():
        with transaction.atomic():
            open_case(driver=driver, kind=CaseKind.SAME_FACE)

    assert "V-" in watch("supervisor", address, same_face)["face"]

    def decide():
        drivers.agree_decision(account=people("supervisor"), code=application.code, agrees=True)

    assert {"head", "actions"} <= watch("vetting", address, decide).keys()


def test_each_part_of_an_appeal_refreshes(people, watch):
    driver = driver_of(people("driver"))
    with transaction.atomic():
        hold = hold_driver(
            actor=SYSTEM, driver=driver, kind=HoldKind.STAFF, source="s", citation="x", covert=False
        )
    appeal = drivers.appeal(driver=driver, code=hold.code, words="x")
    address = f"/admin/appeals/{appeal.code}/"

    def propose():
        drivers.propose_appeal_decision(
            account=people("vetting"), code=appeal.code, granted=True, reason="a mistake of ours"
        )

    assert "a mistake of ours" in watch("supervisor", address, propose)["actions"]

    def agree_to_it():
        drivers.agree_appeal_decision(account=people("supervisor"), code=appeal.code, agrees=True)

    assert {"head", "actions"} <= watch("adjudicator", address, agree_to_it).keys()


@pytest.fixture
def called(rides, people):
    trip = rides.under_way(driver="driver2")
    asked = police.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=police.Question(Query.TRIP, trip.code, clock.now(), why_not_written="x"),
        submission="p",
    ).request
    return asked, trip, people


def test_each_part_of_a_police_request_refreshes(called, watch):
    asked, _trip, people = called
    address = f"/admin/police-line/{asked.code}/"
    agent, specialist = people("agent"), people("specialist")
    changed = watch("specialist", address, lambda: police.record_call_back(account=agent, code=asked.code))
    assert "confirm" in changed
    changed = watch("specialist", address, lambda: police.escalate_request(account=agent, code=asked.code))
    assert {"request", "or"} <= changed.keys()
    # Who took the call sees the pack and the spoken code at once, when the second person has confirmed elsewhere.
    changed = watch("agent", address, lambda: police.confirm_release(account=specialist, code=asked.code))
    assert {"request", "pack", "say", "reviews"} <= changed.keys()
    supervisor = people("supervisor")
    changed = watch(
        "agent",
        address,
        lambda: police.review_release(account=supervisor, code=asked.code, proper=True),
    )
    assert supervisor.code in changed["reviews"]


def test_a_trip_that_was_found_and_a_refusal_come_onto_the_open_page(rides, people, watch):
    trip, agent = rides.under_way(), people("agent")
    asked = police.open_phone_request(
        account=agent,
        agency_code="shangtang",
        badge="1",
        question=police.Question(Query.PLATE, "浙C·ZZ999", clock.now(), why_not_written="x"),
        submission="p",
    ).request
    address = f"/admin/police-line/{asked.code}/"
    changed = watch(
        "specialist",
        address,
        lambda: police.point_to_trip(account=agent, code=asked.code, trip_code=trip.code),
    )
    assert trip.code in changed["request"]
    changed = watch(
        "specialist",
        address,
        lambda: police.refuse_request(
            account=agent, code=asked.code, reason="no legal basis", why="other_law"
        ),
    )
    assert "no legal basis" in changed["request"]


def test_each_part_of_the_lines_refreshes(people, watch):
    def propose():
        trips.propose_suspension(
            account=people("specialist"), line=Line.LUXURY, city=None, at=None, reason="ice on the roads"
        )

    assert "ice on the roads" in watch("supervisor", "/admin/lines/", propose)["suspend"]

    def agree_to_it():
        code = open_suspensions()[0].code
        trips.decide_suspension(account=people("supervisor"), code=code, agrees=True)
        trips.carry_out_suspensions(at=clock.now())

    changed = watch("specialist", "/admin/lines/", agree_to_it)
    assert {"running", "suspend", "before"} <= changed.keys()


def test_each_part_of_the_night_refreshes(rides, people, watch):
    trip = rides.accepted()
    Reminder.objects.create(
        trip=trip, party=Party.PASSENGER, made_at=clock.now(), call_from=clock.now() - timedelta(minutes=1)
    )
    late = LatePickup.objects.create(code="L-1", trip=trip, opened_at=clock.now())
    agent = people("agent")
    changed = watch(
        "specialist", "/admin/night/", lambda: trips.take_late_pickup(account=agent, code=late.code)
    )
    assert agent.code in changed["late"]
    changed = watch(
        "specialist",
        "/admin/night/",
        lambda: trips.record_reminder_call(
            account=agent, trip_code=trip.code, party=Party.PASSENGER, outcome=CallOutcome.SPOKEN
        ),
    )
    assert "reminders" in changed


def test_what_comes_onto_the_lists_of_a_desk_is_shown(people, watch, injured):
    accident, claim, _people = injured

    def write():
        complaints.take_message(channel="email", key="m", sender="a@example.org", words="he took my phone")

    first = complaints.take_message(channel="email", key="l", sender="a@example.org", words="he was late")
    changed = watch("agent", "/admin/outside/", write)
    (came,) = changed
    assert came != first.code, "the form that somebody fills in for one message holds back no other"
    assert "he took my phone" in changed[came]

    def propose():
        complaints.add_papers(claim=claim, actor=SYSTEM, paper=Paper.HOSPITAL, files=[read_file(PDF)])
        complaints.propose_claim(account=people("agent"), code=claim.code, fen=50_00, reason="x")

    assert claim.code in watch("adjudicator", "/admin/accidents/", propose)["second"]
    task = CareTask.objects.filter(accident=accident).get().code

    def care():
        complaints.finish_task(account=people("agent"), code=task, words="she is at home")

    assert {"due", "done"} <= watch("supervisor", "/admin/care/", care).keys()


# --- What no part of a page may be ---------------------------------------------------------------


def test_no_strip_of_a_page_of_a_case_stands_outside_of_what_refreshes(
    at_work, complained, injured, opened, applied, called, signed_in
):
    addresses = [
        f"/admin/incidents/{at_work[1].code}/",
        f"/admin/accidents/{injured[0].code}/",
        f"/admin/vetting/{opened[0].code}/",
        f"/admin/vetting/applications/{applied[0].code}/",
        f"/admin/police-line/{called[0].code}/",
        "/admin/lines/",
        "/admin/night/",
        "/admin/vetting/",
        "/admin/incidents/mine/",
        "/admin/",
    ]
    client = signed_in("supervisor")
    loose = {address: found for address in addresses if (found := look(client, address).loose)}
    assert loose == {}
    # The queue stays as it is under the mouse.
    assert len(look(client, f"/admin/workspace/{complained[0].code}/").loose) == 1


def test_whoever_only_reads_a_page_does_not_wake_it(applied, watch, signed_in):
    address = f"/admin/vetting/applications/{applied[0].code}/"
    with pytest.raises(AssertionError, match="is not woken"):
        watch("supervisor", address, lambda: signed_in("vetting").get(address))


def test_who_read_a_release_and_who_is_told_come_onto_the_open_page(rides, people, watch, signed_in):
    asked = police.ask_by_form(
        account=people("officer"),
        question=urgent(Query.TRIP, rides.under_way().code),
        submission="officer-asks-now",
    )
    address = f"/admin/police-line/{asked.code}/"
    read = f"/police/requests/{asked.code}/pack.json"
    changed = watch("supervisor", address, lambda: signed_in("officer").get(read))
    assert asked.release.copies.get().code in changed["copies"]
    day, specialist = clock.now() + timedelta(days=40), people("specialist")
    changed = watch(
        "supervisor",
        address,
        lambda: telling.propose_later(account=specialist, code=asked.code, reason="侦查需要", day=day),
    )
    assert "侦查需要" in changed["notices"]
