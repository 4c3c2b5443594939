"""One person alone changes nothing that takes two, by whatever action and address of the console; nor does an empty form.

Each of the staff tries every form of every page, then every registered action on every row with every choice, and these
once more, because what was proposed in one round could be agreed to in the next.
"""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F, Max, Q, Sum
from django.urls import Resolver404, resolve, reverse

from accounts import staffing
from accounts.models import Authenticator, Guardianship, Look
from complaints import services as complaints
from complaints.models import Campaign, Claim, Complaint, Decision, Measure
from complaints.policies import Award, awards_of
from complaints.safeguards import CLAIM_ALONE
from complaints.services.outcomes import needs_second
from complaints.states import Audience, Category, ClaimKind, Finding, Outcome, Paper, Side
from core import clock, events, four_eyes, holds, policy, retry
from core.actions import ACTION_SETS, Action, ActionSet, Sure, nothing_against
from core.actors import SYSTEM
from core.models import AuditEntry, DataHold, OutboxEvent, PolicyVersion, TimelineEntry
from core.permissions import may
from core.tests.factories import PDF, set_policy
from core.transactions import begins_transaction
from drivers import selectors as drivers_selectors
from drivers import services as drivers
from drivers.models import Driver, Hold, Reward, VettingCase, VettingDecision
from drivers.states import CaseKind, CaseOutcome, HoldKind
from governance.models import (
    ConcernOpening,
    Consultation,
    ConsultationAnswer,
    Executive,
    GatePassage,
    Proof,
    Reassessment,
    Review,
    ReviewAction,
    RuleChange,
    TransparencyReport,
    Waiver,
)
from police import services as police
from police.models import Agency, Officer, PoliceRequest, Release
from police.states import UNDECIDED, Query
from police.tests.factories import notice_sent, urgent
from rides.models import LineInCity, LineSuspension
from rides.services import decide_suspension, propose_suspension
from rides.states import Line
from safety.models import Incident
from tests.doors import digests, find, posts_of, rows, staff, try_everything, undone
from tests.test_permissions import ROWS, TABLE, kept_board, things  # noqa: F401 - the fixtures of everything

ROUNDS = 2
TABLES: dict[str, list[str]] = {}  # whose desk's each table is, in the world of `stages`


# --- The facts that take two -------------------------------------------------------------------------------------


def guards() -> set[tuple]:
    """What stands until two people lift it: nothing of it may go by one."""
    found = {
        ("hold", kind, pk) for kind, pk in Hold.objects.filter(released_at=None).values_list("kind", "pk")
    }
    found |= {
        ("renewed data hold", pk)
        for pk in DataHold.objects.filter(released_at=None, renewed_at__isnull=False).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("suspended line", pk)
        for pk in LineInCity.objects.exclude(suspends_at=None).values_list("pk", flat=True)
    }
    found |= {
        ("agreed suspension", pk)
        for pk in LineSuspension.objects.filter(state__in=["agreed", "carried_out"]).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("measure", pk)
        for pk in Measure.objects.filter(undone_at=None, ended_at=None)
        .filter(decision__in=_of_two())
        .values_list("pk", flat=True)
    }
    found |= {
        ("barred driver", pk) for pk in Driver.objects.filter(state="barred").values_list("pk", flat=True)
    }
    found |= {
        ("suspended officer", pk)
        for pk in Officer.objects.filter(state="suspended").values_list("pk", flat=True)
    }
    found |= {
        ("suspended on the staff", code)
        for code in staffing.staff().filter(is_active=False).values_list("code", flat=True)
    }
    found |= {("second factor", pk) for pk in Authenticator.objects.values_list("pk", flat=True)}
    found |= {
        ("round of a decision of two", *each)
        for each in Complaint.objects.filter(decisions__in=_of_two(), decided_at__isnull=False).values_list(
            "pk", "round"
        )
    }
    found |= {("rule", pk) for pk in PolicyVersion.objects.values_list("pk", flat=True)}
    found |= {("decision", pk) for pk in _of_two().values_list("pk", flat=True)}
    for pair in four_eyes.PAIRS.values():
        if pair.key == "complaints.decision":
            continue  # its columns are of the present round: what two decided stays as rows, with its measures
        two = (
            pair.model.objects.exclude(**{pair.first: ""})
            .exclude(**{pair.second: ""})
            .exclude(**{pair.first: F(pair.second)})
        )
        found |= {(pair.key, *each) for each in two.values_list("pk", pair.first, pair.second)}
    return found


def _loosens(rule, row):
    """Whether one person's version protects less than anything that would hold in its hours without it."""
    coming = PolicyVersion.objects.filter(
        key=rule.key,
        lapses_at=None,
        effective_from__gt=row.effective_from,
        effective_from__lte=row.lapses_at,
        number__lt=row.number,
    )
    held = [policy.lasting(rule, at=row.effective_from).value, *(rule.read(each.value)[0] for each in coming)]
    found = rule.read(row.value)[0]
    return any(
        not policy.is_safer(rule, each, found) and rule.kind.plain(each) != rule.kind.plain(found)
        for each in held
    )


def grants() -> set[tuple]:
    """What there is only once two people agreed: nothing of it may come by one."""
    found = {("release", pk) for pk in Release.objects.values_list("pk", flat=True)}
    # A question of a letter ends by two, whatever its end is called.
    found |= {
        ("ended question of a letter", pk)
        for pk in PoliceRequest.objects.filter(notice__isnull=False)
        .exclude(state__in=UNDECIDED)
        .values_list("pk", flat=True)
    }
    # What one person alone made stricter lapses within a day, by constraint (G5+); whatever stays took two.
    found |= {
        ("rule", pk)
        for pk in PolicyVersion.objects.filter(Q(lapses_at=None) | ~Q(approved_by="")).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("loosened rule", row.pk)
        for row in PolicyVersion.objects.filter(approved_by="")
        if (rule := policy.of_key(row.key)) is None or _loosens(rule, row)
    }
    found |= {
        ("agreed rule", pk) for pk in RuleChange.objects.filter(state="approved").values_list("pk", flat=True)
    }
    found |= {
        ("published report", pk)
        for pk in TransparencyReport.objects.filter(state="approved").values_list("pk", flat=True)
    }
    found |= {
        ("claim", pk)
        for pk in Claim.objects.filter(granted_fen__gt=policy.value(CLAIM_ALONE)).values_list("pk", flat=True)
    }
    alone = Claim.objects.filter(decided_by=F("proposed_by")).values("phone_index", "decided_by")
    found |= {
        ("claims of one person", row["phone_index"], row["decided_by"])
        for row in alone.annotate(fen=Sum("granted_fen")).filter(fen__gt=policy.value(CLAIM_ALONE))
    }
    found |= {
        ("greeting", pk)
        for pk in Campaign.objects.filter(state__in=["approved", "sent"]).values_list("pk", flat=True)
    }
    found |= {
        ("closed incident", pk) for pk in Incident.objects.filter(state="closed").values_list("pk", flat=True)
    }
    found |= {
        ("police call", pk) for pk in Incident.objects.exclude(police_seen_by="").values_list("pk", flat=True)
    }
    found |= {
        ("end of a guardian", pk)
        for pk in Guardianship.objects.filter(ended_by="staff", end_asked_at=None).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("relaunch", pk) for pk in GatePassage.objects.exclude(agreed_by="").values_list("pk", flat=True)
    }
    found |= {
        ("line that is not suspended", *each)
        for each in LineInCity.objects.exclude(state="suspended").values_list("line", "city", "share")
    }
    for record in (Executive, Reassessment, Proof, Consultation, ConsultationAnswer):
        found |= {(record.__name__, pk) for pk in record.objects.values_list("pk", flat=True)}
    found |= {
        ("opened who reported", pk)
        for pk in ConcernOpening.objects.exclude(agreed_by="").values_list("pk", flat=True)
    }
    found |= {
        ("withdrawn action", pk)
        for pk in ReviewAction.objects.exclude(withdrawn_at=None).values_list("pk", flat=True)
    }
    found |= {("review", pk) for pk in Review.objects.filter(state="done").values_list("pk", flat=True)}
    found |= {("waiver", pk) for pk in Waiver.objects.values_list("pk", flat=True)}
    found |= {("look", pk) for pk in Look.objects.exclude(answered_by="").values_list("pk", flat=True)}
    found |= {("reward", pk) for pk in Reward.objects.filter(state="approved").values_list("pk", flat=True)}
    found |= {("application", pk) for pk in VettingDecision.objects.values_list("pk", flat=True)}
    found |= {("case", pk) for pk in VettingCase.objects.filter(state="decided").values_list("pk", flat=True)}
    found |= {
        ("agreed suspension", pk)
        for pk in LineSuspension.objects.filter(state__in=["agreed", "carried_out"]).values_list(
            "pk", flat=True
        )
    }
    found |= {("grave decision", pk) for pk in _grave_in_force()}
    found |= {("role", *each) for each in staffing.staff().values_list("code", "role")}
    found |= {
        ("line", *each)
        for each in LineInCity.objects.values_list(
            "line", "city", "permit_number", "permit_until", "starts_at"
        )
    }
    found |= {
        ("station", *each)
        for each in Agency.objects.values_list("code", "published_phone", "country", "coming_phone")
    }
    found |= {
        ("officer", *each) for each in Officer.objects.values_list("account", "agency", "expires_at", "tier")
    }
    found |= {
        ("renewed data hold", pk)
        for pk in DataHold.objects.filter(renewed_at__isnull=False).values_list("pk", flat=True)
    }
    return found


def _of_two():
    """Decisions that came into force by two people."""
    return Decision.objects.filter(stage__in=["second", "third", "appeal_second", "appeal_third"]).values(
        "pk"
    )


def _grave_in_force() -> list[int]:
    """Complaints over, whose decision takes two."""
    over = Decision.objects.filter(complaint__state__in=["decided", "appealed", "final"])
    return [
        row.complaint_id
        for row in over.select_related("complaint")
        if needs_second(row.complaint.level, Finding(row.finding), awards_of(row))
    ]


def changes(before: tuple[set, set]) -> list[str]:
    """What one person has done that takes two, since `before`."""
    gone, come = before[0] - guards(), grants() - before[1]
    return [f"gone: {each}" for each in sorted(gone, key=str)] + [
        f"come: {each}" for each in sorted(come, key=str)
    ]


# --- One person alone ----------------------------------------------------------------------------------------------


@pytest.fixture
def stages(things, kept_board, rides, people, deliver, noon):  # noqa: F811 - the fixtures
    """What waits, and what two people have done, beside one of everything."""
    trip = rides.under_way("passenger2", "driver2")
    _of_police(people, trip)
    _of_drivers(people, trip)
    _of_complaints(people, trip)
    suspension = propose_suspension(
        account=people("admin"), line=Line.PREMIER, city=None, at=None, reason="x"
    )
    decide_suspension(account=people("supervisor"), code=suspension.code, agrees=True)
    set_policy("core.hold_days", 15)
    deliver()
    failed = retry.failed(events.EVENTS.work, "0", retry.Hopeless("x"), life_safety=True)
    return things | {"failed_work": failed.pk}


def _of_police(people, trip):
    question = urgent(Query.TRIP, trip.code)
    police.open_phone_request(
        account=people("agent2"), agency_code="shangtang", badge="1", question=question, submission="open"
    )
    refused = notice_sent(people("officer"), trip.code, "refused")
    police.propose_refusal(account=people("agent"), code=refused.code, reason="x", why="beyond")
    police.decide_refusal(account=people("supervisor"), code=refused.code, agrees=True)
    for key in ("waits", "released"):
        asked = notice_sent(people("officer"), trip.code, key)
    police.propose_release(account=people("agent"), code=asked.code)
    police.confirm_release(account=people("supervisor"), code=asked.code)
    lost = urgent(Query.PLATE, "沪A00000")
    police.ask_by_form(account=people("officer"), question=lost, submission="lost")
    held = DataHold.objects.filter(subject=trip.code, source="police").first()
    holds.ask_to_renew(actor=people("agent").actor, code=held.code, reason="x")
    holds.renew(actor=people("supervisor").actor, code=held.code, reason="x")


def _of_drivers(people, trip):
    first, second = people("vetting"), people("supervisor")
    with transaction.atomic():
        held = {
            kind: drivers.hold_driver(
                actor=SYSTEM, driver=trip.driver, kind=kind, source=f"S-{kind}", citation="x", covert=False
            )
            for kind in HoldKind
        }
        released = drivers.hold_driver(
            actor=SYSTEM, driver=trip.driver, kind=HoldKind.STAFF, source="S-2", citation="x", covert=False
        )
        decided, _waits = (
            drivers.open_case(driver=trip.driver, kind=kind)
            for kind in (CaseKind.SAME_FACE, CaseKind.MISMATCH)
        )
    drivers.propose_release(account=first, code=released.code, reason="x")
    drivers.agree_release(account=second, code=released.code, agrees=True)
    drivers.propose(account=first, code=decided.code, outcome=CaseOutcome.BARRED, reason="x")
    drivers.agree(account=second, code=decided.code, agrees=True)
    for kind in (HoldKind.FACE, HoldKind.SCREENING):
        drivers.appeal(driver=trip.driver, code=held[kind].code, words="x")
    answered = drivers.appeal(driver=trip.driver, code=held[HoldKind.STAFF].code, words="x")
    drivers.propose_appeal_decision(
        account=people("adjudicator"), code=answered.code, granted=False, reason="x"
    )
    drivers.agree_appeal_decision(account=second, code=answered.code, agrees=True)


def _of_complaints(people, trip):
    agent, first, second = people("agent"), people("adjudicator"), people("supervisor")
    cases = [
        complaints.file_complaint(
            account=people("passenger2"), trip_code=trip.code, category=Category.OTHER, words="x",
            submission=f"case-{number}",
        )
        for number in range(3)
    ]  # fmt: skip
    for who in (first, second):  # a ban takes two, whatever the complaint
        complaints.decide(
            account=who, code=cases[0].code, finding=Finding.UPHELD,
            awards=[Award(Outcome.BAN, Side.ACCUSED)], reason="x", cites=["words"],
        )  # fmt: skip
    greeting = complaints.propose_campaign(
        account=agent, title="x", text_zh="x", text_en="x", audience=Audience.DRIVERS,
        send_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    complaints.decide_campaign(account=first, code=greeting.code, approves=True)
    accident = complaints.open_accident(
        account=agent, trip_code="", happened_at=clock.now(), place="x", words="x", submission="above"
    )
    for number in range(2):
        claim = complaints.file_claim(
            account=agent, accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x", phone="13911110001",
            fen=policy.value(CLAIM_ALONE) + 1, submission=f"above-{number}",
        )  # fmt: skip
        complaints.add_papers(
            claim=claim, actor=SYSTEM, paper=Paper.HOSPITAL, files=[complaints.read_file(PDF)]
        )
    complaints.propose_claim(account=agent, code=claim.code, fen=policy.value(CLAIM_ALONE) + 1, reason="x")
    complaints.decide_claim(account=second, code=claim.code, approves=True)


def desks_of_staff():
    """Those that are no page of a member."""
    everybody = staff()
    return [
        desk
        for desk in ACTION_SETS.values()
        if any(may(person, action.permission) for person in everybody for action in desk.actions.values())
    ]


def of_staff(stages):
    """Every (desk, code) of rows that are found, and of those that the permission table names."""
    desks = desks_of_staff()
    named = [(desk, str(stages[ROWS[desk.kind][0]])) for desk in desks]
    found = {(desk.kind, code): (desk, code) for desk, code in rows(desks, staff(), TABLES) + named}
    everybody = staff()
    return [
        (desk, code) for desk, code in found.values() if any(find(desk, code, each) for each in everybody)
    ]


def proposed_by(person):
    """What waits for a second person was proposed by this one, also where the database lets nobody write that later."""
    for pair in four_eyes.PAIRS.values():
        waiting = pair.model.objects.exclude(**{pair.first: ""}).filter(**{pair.second: ""})
        given, role = {pair.first: person.code}, pair.first.replace("_by", "_role")
        if hasattr(pair.model, role):
            given[role] = person.role
        with without_lasting_laws(pair.model._meta.db_table):
            waiting.update(**given)


@contextmanager
def without_lasting_laws(table):
    """Without the laws of a table that hold whoever writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'", [table]
        )
        laws = [name for (name,) in cursor.fetchall()]
        if laws:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for law in laws:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{law}"')
        yield
        for law in laws:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{law}"')
        if laws:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def deliver_events():
    while waiting := list(
        OutboxEvent.objects.filter(delivered_at=None, attempts=0).values_list("pk", flat=True)
    ):
        for event_id in waiting:
            events.EVENTS.attempt(event_id)


def alone(person, desks, targets, client=None, pages=(), look=lambda *_step: None, known=None):
    """One person tries everything; returns how much was done."""
    done = 0
    for page in pages if client is not None else ():
        answer = client.get(page)
        if answer.status_code == 200 and "html" in answer.headers.get("content-type", ""):
            for address, typed in posts_of(answer.content.decode(), page):
                if not acts_by_registry(address):
                    client.post(address, typed)
                    look("", address, "", typed)
    for _round in range(ROUNDS):
        deliver_events()
        done += try_everything(person, desks, targets, known or {}, look)
    deliver_events()
    return done


def acts_by_registry(address: str) -> bool:
    try:
        return "action" in resolve(address).kwargs or not address.startswith("/admin/")
    except Resolver404:
        return True


@pytest.mark.edges
@pytest.mark.timeout(900)
def test_one_person_alone_changes_nothing_that_takes_two(stages, people, signed_in):
    targets = of_staff(stages)
    wrong, done = [], {}
    for person in staff():
        client = signed_in(person.code)
        pages = [
            "/" + route.format(**stages)
            for method, route, allowed, *_body in TABLE
            if method == "GET"
            and route.startswith("admin/")
            and route.endswith("/")
            and person.code in allowed
        ]
        with undone():
            proposed_by(person)
            before = guards(), grants()
            done[person.code] = alone(person, ACTION_SETS.values(), targets, client, pages, known=stages)
            found = changes(before)
        if found:
            wrong += [
                f"{person.code}: {each}" for each in found + whence(person, targets, client, pages, stages)
            ]
    assert not wrong, "\n".join(wrong)
    assert {desk.kind for desk, _code in targets} == {desk.kind for desk in desks_of_staff()}


def whence(person, targets, client, pages, known):
    """Once more, looking after each step: which of them did it."""
    steps = []
    with undone():
        proposed_by(person)
        seen = [(guards(), grants())]

        def look(desk, code, key, typed):
            deliver_events()
            if found := changes(seen[0]):
                steps.append(f"  by {getattr(desk, 'kind', '')} {code} {key} {typed}: {found}")
                seen[0] = guards(), grants()

        alone(person, ACTION_SETS.values(), targets, client, pages, look, known)
    return steps


# --- That it would be seen -----------------------------------------------------------------------------------------


@pytest.fixture
def wrong_desk():
    """A desk with a door that one person should not have: it lets go of a driver by one click, in two names."""

    @begins_transaction
    def let_go(hold, person, _given):
        Hold.objects.filter(pk=hold.pk).update(
            released_at=clock.now(), release_proposed_by="somebody", released_by=person.code
        )

    desk = ActionSet(
        kind="test-wrong",
        find=lambda code, _person: drivers_selectors.hold_by_code(code),
        route="drivers_console:hold_act",
        back=lambda _hold: "/admin/",
        why_not=nothing_against,
    )
    desk.add(Action(key="let-go", label="x", permission="console.open", run=let_go, form=Sure))
    yield desk
    del ACTION_SETS[desk.kind]


def test_a_door_for_one_person_is_seen(wrong_desk, rides, people):
    driver = rides.accepted().driver
    with transaction.atomic():
        drivers.hold_driver(
            actor=SYSTEM, driver=driver, kind=HoldKind.FACE, source="S", citation="x", covert=False
        )
    person = people("agent")
    before = guards(), grants()
    with undone():
        assert alone(person, [wrong_desk], rows([wrong_desk], [person])) == ROUNDS
        assert [each.partition("',")[0] for each in changes(before)] == ["gone: ('hold"]
    assert changes(before) == []


# --- What was done is known ------------------------------------------------------------------------------------------

# Whoever takes again the call that is theirs already has the same call.
NOT_WRITTEN = {"video.take"}


def written() -> tuple[int, ...]:
    """The newest line of the journal, and of the timelines."""
    return tuple(
        table.objects.aggregate(newest=Max("pk"))["newest"] or 0 for table in (AuditEntry, TimelineEntry)
    )


@pytest.mark.edges
def test_whatever_staff_do_is_written_down(stages):
    """An auditor finds it, and the pages that show it are woken by it."""
    done, silent, seen = set(), set(), [()]

    def look(desk, _code, key, _typed):
        done.add(f"{desk.kind}.{key}")
        now = written()
        if now == seen[0]:
            silent.add(f"{desk.kind}.{key}")
        seen[0] = now

    targets = of_staff(stages)
    for person in staff():
        with undone():
            seen[0] = written()
            try_everything(person, ACTION_SETS.values(), targets, stages, look)
    assert len(done) > 80
    assert silent == NOT_WRITTEN, "its service calls audit.record, or adds a line to a timeline"


# --- An empty form -------------------------------------------------------------------------------------------------


@pytest.mark.edges
def test_an_empty_form_changes_nothing(stages, signed_in):
    """No action of a desk, and no other address of the console, does anything where nothing was said."""
    everybody = staff()
    clients = {person.code: signed_in(person.code) for person in everybody}
    addresses = []
    for desk, code in of_staff(stages):
        for key, action in desk.actions.items():
            who = next((each for each in everybody if may(each, action.permission)), None)
            if who is not None:
                addresses.append((reverse(desk.route, args=[code, key]), who.code))
    listed = {
        ("/" + route.format(**stages), min(allowed & set(clients)))
        for method, route, allowed, *_body in TABLE
        if method == "POST" and route.startswith("admin/") and allowed & set(clients)
    }
    addresses += sorted(listed)
    with undone():
        before = digests()
        for address, who in addresses:
            clients[who].post(address, {})
        after = digests()
    acted = []
    for address, who in addresses if before != after else ():  # once more, to say by which
        with undone():
            clients[who].post(address, {})
            tables = [name for name, seen in digests().items() if seen != before[name]]
        if tables:
            acted.append(f"{address} as {who}: {', '.join(tables)}")
    assert not acted, "\n".join(acted)
    assert before == after
