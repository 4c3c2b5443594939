"""The relaunch gate (G2, G2+, G2b): each condition alone keeps it closed, two people of two roles open it, the database lets
no line return in another way, and what no longer bears a line suspends it again."""

import hashlib
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django_otp.oath import TOTP
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import WrongCode
from accounts.models import Account, Authenticator
from accounts.services import enrol
from complaints.demo import make_demo_desk
from complaints.models import Shift, Timer
from complaints.services import file_complaint
from complaints.states import Category
from conftest import usual_journey
from core import build, clock, motions, policy
from core.errors import Forbidden
from core.four_eyes import SecondPersonNeeded
from core.models import Notification, PolicyVersion
from core.permissions import Role, roles_who
from core.tests.factories import set_policy
from governance import capacity, gate, relaunch
from governance.drills.world import Surprise
from governance.errors import (
    GateClosed,
    LineNotSuspended,
    RelaunchUnderWay,
    SamePair,
    StopsAhead,
    TwoRolesNeeded,
)
from governance.gate import reassessment_of
from governance.measures import check_measure, measure_of, measures
from governance.models import (
    ConsultationAnswer,
    DrillRun,
    Executive,
    GatePassage,
    MeasureState,
    Proof,
    Reassessment,
)
from governance.policies import STEP_TRIPS
from governance.services import record_check
from governance.tests.asking import question
from rides import selectors, services
from rides.errors import LineInProbation, LineNotRunning
from rides.models import City, LineInCity, LineSuspension, Trip
from rides.policies import in_share
from rides.services import begin_line, cities
from rides.states import Line
from safety.models import Incident

pytestmark = pytest.mark.long

LINE, CITY = "hitch", "wenzhou"
ORDERED = {"line": LINE, "city": CITY}


def token(name):
    device = Authenticator.objects.filter(user__code=name, confirmed=True).first()
    return f"{TOTP(bytes.fromhex(device.key), drift=device.drift).token():06d}"


def look():
    city = City.objects.get(code=CITY)
    asked = gate.ask(gate.case_of(LINE, city))
    return {each.condition.key for each in asked if not each.ok}


def beat():
    """The job that looks after relaunches runs once."""
    ran = relaunch.PASSAGES.run(at=clock.now())
    assert ran.failed == 0


def fresh():
    """The last round is of now, and all of it green."""
    MeasureState.objects.all().delete()
    MeasureState.objects.bulk_create(
        MeasureState(
            measure=row.id, status="pass", since=clock.now(), checked_at=clock.now(), breaker="turned"
        )
        for row in measures()
    )


def try_everything():
    """What is of a day: the drill of the hour and the trial of the alarms."""
    DrillRun.objects.create(begun_at=clock.now(), seconds=60, passed=True, steps=[], build=build.digest())
    relaunch.try_alarms(clock.now())
    Notification.objects.filter(subject=gate.TRIAL).update(
        state="delivered", sent_at=clock.now(), delivered_at=clock.now()
    )
    fresh()


def suspend(people, city=CITY):
    row = services.propose_suspension(
        account=people("supervisor"),
        line=Line.HITCH,
        city=City.objects.get(code=city) if city else None,
        at=None,
        reason="A passenger was killed.",
    )
    services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)


def make_ready():
    """A hitch line that is suspended, and everything that the gate asks."""
    suspend(lambda name: Account.objects.get(code=name))
    make_demo_desk()
    Executive.objects.create(
        line=LINE,
        name="王芳",
        office="vice president",
        since=clock.now(),
        named_by="admin",
        agreed_by="supervisor",
    )
    Reassessment.objects.create(
        line=LINE,
        questions="?",
        findings="!",
        decision=".",
        signed_by="admin",
        agreed_by="supervisor",
        at=clock.now(),
    )
    for kind, figures in (("capacity", ORDERED | {"orders_a_minute": 121.0}), ("rollback", {})):
        Proof.objects.create(kind=kind, build=build.digest(), at=clock.now(), passed=True, figures=figures)
    try_everything()


@pytest.fixture
def ready(put_back):
    put_back(make_ready)


def propose(people, who="supervisor"):
    return relaunch.propose_relaunch(account=people(who), line=LINE, city=CITY, token=token(who))


def agree(people, row, who="specialist"):
    return relaunch.decide_relaunch(account=people(who), code=row.code, agrees=True, token=token(who))


@pytest.fixture
def returned(ready, people):
    """It returned for the first share of people."""
    return agree(people, propose(people))


@pytest.fixture
def rode(monkeypatch):
    monkeypatch.setattr(relaunch, "trips_ended", lambda *_args: 200)


def state():
    row = LineInCity.objects.get(line=LINE, city__code=CITY)
    return row.state, row.share


# --- Each condition alone keeps it closed ----------------------------------------------------------------------


def endanger():
    Incident.objects.create(
        code="IHIGH", trip=Trip.objects.get(line=LINE), origin="monitor", score=90, opened_at=clock.now(),
        opened_by="system", changed_at=clock.now(), high_risk_at=clock.now(),
    )  # fmt: skip


def complain():
    file_complaint(
        account=Trip.objects.get(line=LINE).passenger,
        trip_code=Trip.objects.get(line=LINE).code,
        category=Category.HARASSMENT,
        words="x",
        submission="s-1",
    )
    Timer.objects.update(due_at=clock.now() - timedelta(seconds=1))


@pytest.fixture
def ridden(rides):
    """A hitch trip that is under way."""
    return rides.boarded()


BREAK = {
    "measures": lambda: MeasureState.objects.filter(measure="M04").update(status="none"),
    "drill": lambda: DrillRun.objects.update(build="0" * 64),
    "capacity": lambda: Proof.objects.filter(kind="capacity").update(figures=ORDERED | {"orders_a_minute": 119.0}),
    "rollback": lambda: Proof.objects.filter(kind="rollback").update(passed=False),
    "alarms": lambda: Notification.objects.filter(subject=gate.TRIAL, channel="voice").update(state="sent", delivered_at=None),
    "staffing": lambda: Shift.objects.filter(starts_at__gt=clock.now() + timedelta(days=13)).delete(),
    "complaints": complain,
    "incidents": endanger,
    "executive": lambda: Executive.objects.all().delete(),
    "reassessment": lambda: Reassessment.objects.all().delete(),
    "permit": lambda: LineInCity.objects.update(permit_until=clock.now().date() - timedelta(days=1)),
    "consultation": lambda: LineSuspension.objects.create(
        code="UBEFORE", line=LINE, at=clock.now() - timedelta(days=300), reason="x", state="carried_out",
        proposed_by="admin", agreed_by="supervisor", proposed_at=clock.now(), agreed_at=clock.now(),
    ),
}  # fmt: skip


def test_with_everything_there_it_is_open(ready):
    assert look() == set()


def test_each_condition_has_its_breach():
    assert set(BREAK) == set(gate.CONDITIONS)


@pytest.mark.parametrize("key", sorted(gate.CONDITIONS))
def test_each_condition_alone_keeps_it_closed(ridden, ready, people, key):
    BREAK[key]()
    assert look() == {key}
    with pytest.raises(GateClosed):
        propose(people)
    assert not GatePassage.objects.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: DrillRun.objects.all().delete(),
        lambda: DrillRun.objects.update(passed=False),
        lambda: DrillRun.objects.update(begun_at=clock.now() - timedelta(hours=2, seconds=1)),
        lambda: DrillRun.objects.update(begun_at=clock.now() + timedelta(hours=1)),
        lambda: Proof.objects.update(build="0" * 64),
        lambda: Proof.objects.update(passed=False),
        lambda: Proof.objects.filter(kind="capacity").update(
            figures=ORDERED | {"orders_a_minute": 500.0, "city": "zhengzhou"}
        ),
        lambda: Proof.objects.filter(kind="capacity").update(
            figures=ORDERED | {"orders_a_minute": 500.0, "line": "express"}
        ),
        lambda: Reassessment.objects.update(at=clock.now() - timedelta(seconds=1)),  # before it was suspended
        lambda: Notification.objects.filter(subject=gate.TRIAL).delete(),
        lambda: Notification.objects.filter(subject=gate.TRIAL).update(
            created_at=clock.now() - timedelta(hours=25)
        ),
        lambda: MeasureState.objects.all().delete(),
        lambda: MeasureState.objects.update(checked_at=clock.now() - timedelta(minutes=11)),
        lambda: MeasureState.objects.filter(measure="M05").update(status="progress"),
        lambda: LineInCity.objects.update(permit_number=""),
        lambda: Shift.objects.all().delete(),
    ],
)
def test_what_is_old_of_another_build_or_absent_is_missing(ready, spoil):
    spoil()
    assert look()


def test_what_is_missing_is_said_with_a_link_to_where_it_is_mended(world, signed_in, people):
    suspend(people)
    asked = gate.ask(gate.case_of(LINE, City.objects.get(code=CITY)))
    assert all(
        each.looked.missing for each in asked if each.condition.key in {"measures", "drill", "executive"}
    )
    page = signed_in("supervisor").get(f"/admin/gate/{LINE}/{CITY}/").content.decode()
    for each in gate.missing(asked):
        assert each.sentence
    assert "/admin/board/#M31" in page
    assert "/admin/gate/#new-executive" in page


# --- Two people of two roles, each with a fresh second factor ------------------------------------------------


def test_two_of_two_roles_let_it_return_for_the_first_share(ready, people):
    row = propose(people)
    assert state() == ("suspended", 100)
    row = agree(people, row)
    assert (row.state, row.share, row.proposed_by, row.agreed_by) == (
        "probation",
        5,
        "supervisor",
        "specialist",
    )
    assert state() == ("relaunching", 5)


def test_nobody_signs_twice_nor_two_of_one_role(ready, people, noon):
    row = propose(people)
    noon.shift(timedelta(seconds=60))  # the digits of a minute are shown once
    with pytest.raises(SecondPersonNeeded):
        agree(people, row, "supervisor")
    with pytest.raises(TwoRolesNeeded):
        agree(people, row, "supervisor2")
    with pytest.raises(IntegrityError), transaction.atomic():
        GatePassage.objects.filter(pk=row.pk).update(
            state="probation", agreed_by="supervisor2", agreed_role="supervisor", agreed_at=clock.now()
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        GatePassage.objects.filter(pk=row.pk).update(
            state="probation", agreed_by="supervisor", agreed_role="admin", agreed_at=clock.now()
        )
    assert state()[0] == "suspended"


@pytest.mark.parametrize("who", ["agent", "vetting", "adjudicator", "passenger"])
def test_others_sign_nothing(ready, people, who):
    with pytest.raises(Forbidden):
        relaunch.propose_relaunch(account=people(who), line=LINE, city=CITY, token="000000")
    row = propose(people)
    with pytest.raises(Forbidden):
        relaunch.decide_relaunch(account=people(who), code=row.code, agrees=True, token="000000")
    assert who not in {role.value for role in roles_who(relaunch.RELAUNCH)}


@pytest.mark.django_db(transaction=True)
def test_a_session_alone_signs_nothing(ready, people):
    with pytest.raises(WrongCode):
        relaunch.propose_relaunch(account=people("admin"), line=LINE, city=CITY, token="000000")
    row = propose(people)
    for wrong in ("", "000000"):
        with pytest.raises(WrongCode):
            relaunch.decide_relaunch(account=people("specialist"), code=row.code, agrees=True, token=wrong)
    assert state()[0] == "suspended"


def test_a_running_line_is_not_relaunched_and_one_relaunch_is_enough(ready, people, noon):
    propose(people)
    noon.shift(timedelta(seconds=60))
    with pytest.raises(RelaunchUnderWay):
        propose(people, "admin")
    with pytest.raises(LineNotSuspended):
        relaunch.propose_relaunch(
            account=people("specialist2"), line=LINE, city="zhengzhou", token=token("specialist2")
        )


def test_what_turns_red_between_the_two_closes_it(ready, people):
    row = propose(people)
    MeasureState.objects.filter(measure="M09").update(status="fail")
    with pytest.raises(GateClosed):
        agree(people, row)
    assert state()[0] == "suspended"


@pytest.mark.parametrize("what", ["build", "rules"])
def test_it_lapses_with_another_build_or_another_rule(ready, people, monkeypatch, what):
    row = propose(people)
    if what == "build":
        monkeypatch.setattr(build, "digest", lambda: "f" * 64)
    else:
        set_policy(STEP_TRIPS, 7)
    row = agree(people, row)
    assert (row.state, row.why) == ("lapsed", [what])
    assert state()[0] == "suspended"


@pytest.mark.parametrize("of", ["reassessment", "rollback"])
def test_the_two_who_sign_are_not_the_two_who_wrote_the_papers(ready, people, of):
    """Two people would else make it green and open it in five minutes, and nobody else would ever look."""
    row = propose(people)
    if of == "reassessment":
        Reassessment.objects.update(signed_by="specialist", agreed_by="supervisor")
    else:
        Reassessment.objects.update(signed_by="admin", agreed_by="specialist")
        Proof.objects.filter(kind="rollback").update(
            said_by="supervisor", agreed_by="specialist", statement="x", file_sha256="a" * 64
        )
    with pytest.raises(SamePair):
        agree(people, row)
    assert state()[0] == "suspended"
    assert agree(people, row, "admin").state == "probation"


def test_it_lapses_by_itself_before_anybody_agrees(ready, people):
    row = propose(people)
    set_policy(STEP_TRIPS, 7)
    beat()
    row.refresh_from_db()
    assert row.state == "lapsed"


def test_it_lapses_when_nobody_agreed_within_a_day(ready, people, noon):
    row = propose(people)
    noon.shift(timedelta(hours=24, seconds=1))
    row = agree(people, row)
    assert (row.state, row.why) == ("lapsed", ["time"])


def test_what_cannot_be_asked_is_missing(ready, monkeypatch):
    def broken(_case):
        raise KeyError("x")

    whole = gate.CONDITIONS["permit"]
    monkeypatch.setitem(gate.CONDITIONS, "permit", gate.Condition("permit", whole.label, broken, whole.bears))
    assert look() == {"permit"}


def test_one_who_proposed_withdraws_it(ready, people):
    row = propose(people)
    relaunch.decide_relaunch(account=people("supervisor"), code=row.code, agrees=False)
    row.refresh_from_db()
    assert row.state == "withdrawn"


# --- Whoever asks, the database lets no line return in another way ------------------------------------------


REOPEN = [
    "UPDATE rides_lineincity SET state = 'running' WHERE state = 'suspended'",
    "UPDATE rides_lineincity SET state = 'relaunching', share = 5, passage = 'GX' WHERE state = 'suspended'",
    "UPDATE rides_lineincity SET suspends_at = NULL WHERE suspends_at IS NOT NULL AND state <> 'suspended'",
    "UPDATE rides_lineincity SET line = 'hitch', city_id = (SELECT city_id FROM rides_lineincity WHERE"
    " state = 'suspended') WHERE line = 'luxury' AND city_id <> (SELECT city_id FROM rides_lineincity WHERE"
    " state = 'suspended')",
    "DELETE FROM rides_lineincity WHERE state = 'suspended'",
    "TRUNCATE rides_lineincity",
    "SET LOCAL session_replication_role = replica;"
    " UPDATE rides_lineincity SET state = 'running' WHERE state = 'suspended'",
    "SET LOCAL session_replication_role = replica; DELETE FROM rides_lineincity WHERE state = 'suspended'",
    "SET LOCAL session_replication_role = replica; TRUNCATE rides_lineincity CASCADE",
]


PASS = (
    "INSERT INTO governance_gatepassage (code, line, city, state, build, rules, proposed_by, proposed_role, proposed_at,"
    " agreed_by, agreed_role, agreed_at, share, share_since, steps, why)"
    " VALUES ('GX', 'hitch', 'wenzhou', '{state}', 'x', 'x', '{first}', '{role}', now(), '{second}', '{other}', {at}, {share},"
    " {at}, '[]', '[]')"
)
PROPOSED = {
    "state": "proposed", "first": "supervisor", "role": "supervisor", "second": "", "other": "", "at": "NULL", "share": 0,
}  # fmt: skip
BY_TWO = {"state": "probation", "second": "specialist", "other": "specialist", "at": "now()", "share": 5}
AGREED = "UPDATE governance_gatepassage SET state = 'probation', agreed_at = now(), share_since = now()"


def by_sql(*statements, role="origin"):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"SET LOCAL session_replication_role = {role}")
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "statements",
    [
        [PASS.format(**PROPOSED | BY_TWO)],
        [PASS.format(**PROPOSED | {"first": "nobody"})],
        [PASS.format(**PROPOSED | {"role": "admin"})],
        [PASS.format(**PROPOSED), f"{AGREED}, share = 5, agreed_by = 'nobody', agreed_role = 'specialist'"],
        [PASS.format(**PROPOSED), f"{AGREED}, share = 5, agreed_by = 'agent', agreed_role = 'specialist'"],
        [PASS.format(**PROPOSED), f"{AGREED}, share = 100, agreed_by = 'specialist', agreed_role = 'specialist'"],
        [PASS.format(**PROPOSED), "UPDATE governance_gatepassage SET state = 'done'"],
    ],
)  # fmt: skip
def test_a_passage_is_not_made_up_by_sql(ready, statements, role):
    with pytest.raises(IntegrityError):
        by_sql(*statements, role=role)
    assert not GatePassage.objects.exists()


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE governance_gatepassage SET share = 100",
        "UPDATE governance_gatepassage SET share = 25, share_since = share_since + interval '23 hours'",
        "UPDATE governance_gatepassage SET city = 'zhengzhou'",
        "UPDATE governance_gatepassage SET line = 'express'",
        "UPDATE governance_gatepassage SET build = 'x'",
        "UPDATE governance_gatepassage SET rules = 'x'",
        "UPDATE governance_gatepassage SET proposed_by = 'admin', proposed_role = 'admin'",
        "UPDATE governance_gatepassage SET agreed_by = 'admin', agreed_role = 'admin'",
        "UPDATE governance_gatepassage SET state = 'proposed', share = 0",
        "DELETE FROM governance_gatepassage",
        "TRUNCATE governance_gatepassage",
        "UPDATE governance_gatepassage SET state = 'fallen', ended_at = now();"
        " UPDATE governance_gatepassage SET state = 'probation', ended_at = NULL",
        "UPDATE governance_gatepassage SET state = 'fallen', ended_at = now();"
        " UPDATE governance_gatepassage SET ended_at = NULL",
    ],
)
def test_a_passage_keeps_what_was_signed(returned, change, role):
    with pytest.raises(IntegrityError):
        by_sql(change, role=role)
    returned.refresh_from_db()
    assert (returned.state, returned.share) == ("probation", 5)


@pytest.mark.parametrize(
    ("table", "law"),
    [
        ("rides_lineincity", "line_returns_by_the_gate"), ("rides_lineincity", "line_is_not_made_anew"),
        ("rides_lineincity", "lines_are_not_emptied"), ("governance_gatepassage", "passage_moves_by_the_gate"),
        ("governance_gatepassage", "passages_are_not_emptied"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE TRIGGER"])
def test_the_board_sees_a_law_that_does_not_always_hold(returned, table, law, how):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} {how} {law}")
    found = check_measure(next(row for row in measures() if row.id == "M06")).found
    assert law in str(found.facts)


@pytest.mark.parametrize("statement", REOPEN)
def test_a_superuser_by_sql_cannot(ready, people, statement):
    if "NOT NULL AND" in statement:
        services.propose_suspension(
            account=people("supervisor"),
            line=Line.EXPRESS,
            city=None,
            at=clock.now() + timedelta(days=1),
            reason="x",
        )
        row = LineSuspension.objects.order_by("-pk").first()
        services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (True,)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    assert state() == ("suspended", 100)


def test_a_suspended_line_is_not_made_anew_beside_its_past(ready, people):
    with connection.cursor() as cursor:  # as if somebody had found a way to remove it
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE rides_lineincity DISABLE TRIGGER line_is_not_made_anew")
        cursor.execute("DELETE FROM rides_lineincity WHERE state = 'suspended'")
        cursor.execute("ALTER TABLE rides_lineincity ENABLE TRIGGER line_is_not_made_anew")
    city = City.objects.get(code=CITY)
    with pytest.raises(IntegrityError), transaction.atomic():
        begin_line(
            actor=people("admin").actor,
            line=Line.HITCH,
            city=city,
            permit_until=clock.now() + timedelta(days=9),
        )


def test_a_world_that_is_made_again_leaves_it_suspended(ready, people):
    city = City.objects.get(code=CITY)
    with transaction.atomic():
        begin_line(
            actor=people("admin").actor,
            line=Line.HITCH,
            city=city,
            permit_until=clock.now() + timedelta(days=9),
        )
    assert state() == ("suspended", 100)


@pytest.mark.parametrize("done", [False, True])
def test_once_suspended_everywhere_it_begins_nowhere_without_the_gate(
    ready, people, signed_in, noon, rode, done
):
    """Neither while one city is in probation, nor after that one has passed: what it passed was about that city."""
    suspend(people, None)
    LineSuspension.objects.filter(city=None).update(at=clock.now() - timedelta(days=400))
    Reassessment.objects.update(at=clock.now())
    agree(people, propose(people))
    if done:
        for _step in range(3):
            noon.shift(timedelta(days=7))
            make_demo_desk()
            try_everything()
            beat()
        assert state() == ("running", 100)
    services.add_city(
        account=people("supervisor"), code="ouhai", name_zh="瓯海", name_en="Ouhai", middle=(28.0, 120.6), radius=50_000
    )  # fmt: skip
    new = City.objects.get(code="ouhai")
    with pytest.raises(IntegrityError), transaction.atomic():
        LineInCity.objects.create(
            line=LINE, city=new, state="running", since=clock.now(), permit_until=clock.now() + timedelta(days=9)
        )  # fmt: skip
    with pytest.raises(IntegrityError):
        by_sql(
            "INSERT INTO rides_lineincity (line, city_id, state, since, permit_number, permit_until, share, passage) SELECT 'hitch',"
            " id, 'running', now(), 'x', now(), 100, '' FROM rides_city WHERE code = 'ouhai'",
            role="replica",
        )
    opening = cities.Opening(Line.HITCH, "ouhai", "OH-1", clock.now().date() + timedelta(days=90))
    moved = motions.propose(account=people("supervisor"), kind=cities.OPENING, given=opening)
    page = signed_in("admin").get("/admin/cities/", headers={"accept-language": "en"}).content.decode()
    assert "suspended at first" in page
    motions.decide(account=people("admin"), code=moved.code, agrees=True)
    assert not selectors.line_runs(LINE, new, clock.now())
    assert LineInCity.objects.get(line=LINE, city=new).state == "suspended"


def suspend_later(people, city=None, days=3):
    row = services.propose_suspension(
        account=people("supervisor"), line=Line.HITCH, city=city, at=clock.now() + timedelta(days=days), reason="x"
    )  # fmt: skip
    services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)


def test_what_two_agreed_to_stop_later_is_not_wiped_out_by_a_relaunch(ready, people, noon):
    row = propose(people)
    suspend_later(people)
    with pytest.raises(StopsAhead):
        agree(people, row)
    relaunch.decide_relaunch(account=people("supervisor"), code=row.code, agrees=False)
    noon.shift(timedelta(seconds=60))
    with pytest.raises(StopsAhead):
        propose(people)
    assert state() == ("suspended", 100)


def test_nobody_takes_away_by_sql_when_a_line_on_its_way_back_stops(returned, people, noon):
    suspend_later(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        LineInCity.objects.filter(line=LINE, city__code=CITY).update(suspends_at=None)
    noon.shift(timedelta(days=3, seconds=1))
    services.carry_out_suspensions(at=clock.now())
    assert state() == ("suspended", 100)


def test_a_city_in_which_it_began_since_two_agreed_stops_as_well(world, people, noon):
    suspend_later(people)
    services.add_city(
        account=people("supervisor"), code="ouhai", name_zh="瓯海", name_en="Ouhai", middle=(28.0, 120.6), radius=50_000
    )  # fmt: skip
    opening = cities.Opening(Line.HITCH, "ouhai", "OH-1", clock.now().date() + timedelta(days=90))
    moved = motions.propose(account=people("supervisor"), kind=cities.OPENING, given=opening)
    motions.decide(account=people("admin"), code=moved.code, agrees=True)
    row = LineInCity.objects.get(line=LINE, city__code="ouhai")
    assert selectors.runs(row, clock.now())
    assert not selectors.runs(row, clock.now() + timedelta(days=3))
    other = City.objects.create(
        code="longwan", name_zh="龙湾", name_en="Longwan", latitude=28.0, longitude=120.8
    )
    LineInCity.objects.create(  # as if it had begun at the same moment
        line=LINE, city=other, state="running", since=clock.now(), permit_until=row.permit_until
    )
    noon.shift(timedelta(days=3, seconds=1))
    services.carry_out_suspensions(at=clock.now())
    found = LineInCity.objects.filter(line=LINE, city__code__in=["ouhai", "longwan"])
    assert [each.state for each in found] == ["suspended", "suspended"]


def test_no_share_grows_without_its_passage(returned):
    for wanted in ({"share": 25}, {"share": 100}, {"state": "running", "share": 100}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LineInCity.objects.filter(line=LINE, city__code=CITY).update(**wanted)


# --- Probation ------------------------------------------------------------------------------------------------


def test_it_goes_on_step_by_step_and_returns_whole(returned, noon, rode):
    for share in (25, 100):
        noon.shift(timedelta(days=7, seconds=-1))
        make_demo_desk()
        try_everything()
        beat()
        assert state()[1] < share
        noon.shift(timedelta(seconds=1))
        beat()
        assert state() == ("relaunching", share)
    noon.shift(timedelta(days=7))
    make_demo_desk()
    try_everything()
    beat()
    assert state() == ("running", 100)
    returned.refresh_from_db()
    assert (returned.state, [each["share"] for each in returned.steps]) == ("done", [5, 25, 100, 100])


def test_time_alone_is_no_step(returned, noon):
    """Nobody rode: nothing was shown."""
    noon.shift(timedelta(days=8))
    make_demo_desk()
    try_everything()
    beat()
    assert state() == ("relaunching", 5)


@pytest.mark.parametrize("key", ["staffing", "drill", "alarms", "rollback", "capacity"])
def test_what_is_missing_for_a_step_keeps_it_where_it_is(returned, noon, rode, key):
    noon.shift(timedelta(days=7))
    make_demo_desk()
    try_everything()
    BREAK[key]()
    beat()
    assert state() == ("relaunching", 5)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("measures", "M04"), ("executive", "executive"), ("reassessment", "reassessment"), ("permit", "permit"),
        ("incidents", "incidents"),
    ],
)  # fmt: skip
def test_what_no_longer_bears_it_suspends_it_again_at_once(ridden, returned, people, key, why):
    BREAK[key]()
    beat()
    assert state() == ("suspended", 100)
    returned.refresh_from_db()
    assert (returned.state, returned.why) == ("fallen", [why])
    row = LineSuspension.objects.order_by("-pk").first()
    assert (row.passage, row.proposed_by, row.state) == (returned.code, "", "carried_out")
    told = Notification.objects.filter(message="governance.relaunch_fell")
    assert {each.channel for each in told} == {"sms", "voice"}
    with pytest.raises(IntegrityError), transaction.atomic():  # its passage carries it no more
        LineInCity.objects.filter(line=LINE, city__code=CITY).update(
            state="relaunching", share=5, passage=returned.code
        )


def test_it_is_asked_often_enough_for_a_minute():
    from config.settings import CELERY_BEAT_SCHEDULE

    found = CELERY_BEAT_SCHEDULE["lines on their way back"]
    board = CELERY_BEAT_SCHEDULE["the promises, checked"]
    assert found["schedule"] <= 10
    assert board["schedule"] <= 60


def test_a_board_that_no_longer_looks_suspends_it_again(returned, noon):
    noon.shift(timedelta(minutes=11))
    beat()
    assert state()[0] == "suspended"


@pytest.mark.parametrize("what", ["build", "rules"])
def test_another_build_or_rule_suspends_it_again(returned, monkeypatch, what):
    if what == "build":
        monkeypatch.setattr(build, "digest", lambda: "f" * 64)
    else:
        set_policy(STEP_TRIPS, 7)
    beat()
    returned.refresh_from_db()
    assert (state()[0], returned.why) == ("suspended", [what])


def test_one_person_who_makes_a_rule_stricter_closes_no_gate(returned, people):
    """Or one specialist alone would suspend every line on its way back, by making any rule a little stricter."""
    near = policy.of_key("rides.near")
    held = gate.rules_in_force()
    with transaction.atomic():
        set_policy(near, policy.value(near) + 100, lapses_at=clock.now() + timedelta(hours=9))
    by_two = gate.rules_in_force()
    assert by_two != held  # what two people put into force for a day counts, if only for a day
    PolicyVersion.objects.filter(key=near.key).update(ended_at=clock.now())
    assert gate.rules_in_force() == held
    rule = STEP_TRIPS
    with transaction.atomic():
        _write_alone(rule, policy.value(rule) + 1, people("specialist").actor)
    assert policy.in_force(rule).citation.endswith("v1")
    assert gate.rules_in_force() == held
    beat()
    assert state() == ("relaunching", 5)


def _write_alone(rule, value, by):
    """As `policy.adopt_alone` writes what is stricter."""
    PolicyVersion.objects.create(
        key=rule.key, number=1, value=value, effective_from=clock.now(), proposed_by=by.code, approved_by="",
        reason="x", lapses_at=clock.now() + timedelta(hours=9),
    )  # fmt: skip


def test_whoever_waited_longest_is_looked_at_first(returned, people):
    """Where a turn is too short for all of them, none is left without a look."""
    city = City.objects.get(code="zhengzhou")
    suspend(people, "zhengzhou")
    other = GatePassage.objects.create(
        code="GOTHER", line=LINE, city="zhengzhou", build="x", rules="x", proposed_by="admin", proposed_role="admin",
        proposed_at=clock.now(),
    )  # fmt: skip
    GatePassage.objects.filter(pk=other.pk).update(
        state="probation", agreed_by="supervisor", agreed_role="supervisor", agreed_at=clock.now(), share=5,
        share_since=clock.now(),
    )  # fmt: skip
    rows = LineInCity.objects.filter(line=LINE)
    rows.filter(city=city).update(state="relaunching", share=5, passage="GOTHER", suspends_at=None)
    for first, second in ((returned, other), (other, returned)):
        rows.filter(city__code=first.city).update(looked_at=clock.now() - timedelta(seconds=20))
        rows.filter(city__code=second.city).update(looked_at=clock.now() - timedelta(seconds=10))
        assert relaunch._under_way(clock.now(), 1) == [first.pk]


def test_what_is_the_same_everywhere_is_asked_once_for_all_lines(ready, people, monkeypatch):
    for line in Line:
        row = services.propose_suspension(
            account=people("supervisor"), line=line, city=None, at=None, reason="x"
        )
        services.decide_suspension(account=people("specialist"), code=row.code, agrees=True)
    asked = []
    for key, each in gate.CONDITIONS.items():

        def look(case, each=each):
            asked.append(each.key)
            return each.look(case)

        monkeypatch.setitem(gate.CONDITIONS, key, replace(each, look=look))
    found = gate.returning()
    assert len(found) > 5
    assert {key for key in asked if asked.count(key) == 1} == {
        "drill", "rollback", "alarms", "staffing", "complaints",
    }  # fmt: skip
    assert {each.total for each in found} == {len(gate.CONDITIONS)}


def test_what_everybody_reads_is_counted_once_for_each_round_of_the_board(ready, client, monkeypatch, noon):
    asked = []
    for key, each in gate.CONDITIONS.items():

        def look(case, each=each):
            asked.append(each.key)
            return each.look(case)

        monkeypatch.setitem(gate.CONDITIONS, key, replace(each, look=look))

    def told():
        page = client.get("/promises/", headers={"accept-language": "en"}).content.decode()
        return [int(each) for each in re.findall(r"(\d+) things are missing", page)]

    first, once = told(), len(asked)
    assert once >= len(gate.CONDITIONS)
    Executive.objects.all().delete()
    assert [told(), told()] == [first, first]
    assert len(asked) == once
    noon.shift(timedelta(seconds=60))
    MeasureState.objects.update(checked_at=clock.now())
    assert told() == [each + 1 for each in first]
    assert len(asked) == 2 * once
    noon.shift(timedelta(minutes=11))  # and no round came: what was kept is not known any more
    told()
    assert len(asked) == 3 * once


def test_two_people_suspend_it_meanwhile_and_its_passage_is_over(returned, people, noon, rode):
    noon.shift(timedelta(seconds=60))
    suspend(people)
    assert state() == ("suspended", 100)
    returned.refresh_from_db()
    assert returned.state == "fallen"
    beat()
    assert state() == ("suspended", 100)


def test_a_second_suspension_within_a_year_asks_the_public_anew(returned, people):
    BREAK["measures"]()
    beat()
    fresh()
    assert look() == {"consultation"}
    row = question("again", line=LINE, begun=timedelta(0))
    assert look() == {"consultation"}  # asked, not answered
    ConsultationAnswer.objects.create(
        consultation=row, decision_zh="x", decision_en="x", why_zh="x", why_en="x",
        written_by="admin", agreed_by="supervisor", at=clock.now(),
    )  # fmt: skip
    assert look() == set()


# --- Who may order ---------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=30), st.text(max_size=20), st.integers(0, 100), st.integers(0, 100))
def test_who_is_in_stays_in_while_it_grows(person, passage, one, other):
    low, high = sorted((one, other))
    assert in_share(person, passage, low) == in_share(person, passage, low)
    assert in_share(person, passage, high) or not in_share(person, passage, low)
    assert in_share(person, passage, 100)
    assert not in_share(person, passage, 0)


def test_the_share_is_the_share():
    found = sum(in_share(f"A{number}", "GX", 25) for number in range(20_000))
    assert 4_600 < found < 5_400


def test_only_the_share_orders_and_a_second_tap_changes_nothing(returned, rides, people, monkeypatch):
    passage = LineInCity.objects.get(line=LINE, city__code=CITY).passage
    assert passage == returned.code
    who = people("passenger")
    if in_share(who.code, passage, 5):
        rides.booked()
    else:
        for _tap in range(2):
            with pytest.raises(LineInProbation):
                rides.booked()
    monkeypatch.setattr(sys.modules["rides.selectors.cities"], "in_share", lambda *_args: True)
    assert rides.booked().line == "hitch"


def test_a_job_that_does_not_look_stops_new_orders_within_a_minute(returned, noon):
    city = City.objects.get(code=CITY)
    assert selectors.line_runs(LINE, city, clock.now())
    noon.shift(timedelta(seconds=55))
    fresh()
    beat()
    noon.shift(timedelta(seconds=55))
    assert selectors.line_runs(LINE, city, clock.now())
    noon.shift(timedelta(seconds=6))
    assert not selectors.line_runs(LINE, city, clock.now())
    fresh()
    beat()
    assert selectors.line_runs(LINE, city, clock.now())


def test_a_board_that_does_not_look_stops_new_orders_long_before_it_is_called_stale(returned, noon):
    """Nothing is known to be broken yet: no order is taken, and nothing falls."""
    city = City.objects.get(code=CITY)
    for _half in range(3):
        noon.shift(timedelta(seconds=30))
        beat()
        assert selectors.line_runs(LINE, city, clock.now())
    noon.shift(timedelta(seconds=1))
    assert not selectors.line_runs(LINE, city, clock.now())
    assert state() == ("relaunching", 5)
    fresh()
    beat()
    assert selectors.line_runs(LINE, city, clock.now())


def test_one_measure_that_is_no_longer_checked_is_enough(returned, noon):
    for _half in range(4):
        noon.shift(timedelta(seconds=30))
        MeasureState.objects.exclude(measure="M04").update(checked_at=clock.now())
        beat()
    assert not selectors.line_runs(LINE, City.objects.get(code=CITY), clock.now())


def test_a_trip_under_way_is_finished_when_it_falls(returned, rides, people, monkeypatch):
    monkeypatch.setattr(sys.modules["rides.selectors.cities"], "in_share", lambda *_args: True)
    trip = rides.boarded()
    waiting = rides.booked("passenger2")
    BREAK["measures"]()
    beat()
    trip.refresh_from_db()
    waiting.refresh_from_db()
    assert trip.state in {"boarded", "in_progress"}
    assert (waiting.state, waiting.cancel_reason) == ("cancelled", "line_suspended")
    assert Notification.objects.filter(message="rides.line_suspended_again").exists()
    with pytest.raises(LineNotRunning):
        rides.booked("passenger2")


# --- Pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_says_what_is_asked_in_both_languages(ready, signed_in, people, language):
    client = signed_in("supervisor")
    head = {"accept-language": language}
    assert client.get("/admin/gate/", headers=head).status_code == 200
    page = client.get(f"/admin/gate/{LINE}/{CITY}/", headers=head).content.decode()
    for key in gate.CONDITIONS:
        assert f'id="condition-{key}"' in page
    assert client.get(f"/admin/gate/{LINE}/atlantis/").status_code == 404
    assert client.get(f"/admin/gate/submarine/{CITY}/").status_code == 404


def test_staff_sign_on_the_page_and_see_the_probation(ready, signed_in, people):
    first, second = signed_in("supervisor"), signed_in("specialist")
    path = f"/admin/gate/{LINE}/{CITY}/"
    assert first.post(path, {}).status_code == 400
    assert first.post(path, {"token": token("supervisor")}).status_code == 302
    row = GatePassage.objects.get()
    assert signed_in("agent").post(path, {"token": token("agent")}).status_code == 403
    answer = second.post(f"/admin/gate/passages/{row.code}/do/agree/", {"token": token("specialist")})
    assert answer.status_code in {200, 302}
    assert state() == ("relaunching", 5)
    page = second.get(path).content.decode()
    assert 'id="gate-probation"' in page
    assert "5 %" in page


def test_the_public_reads_counts_and_nothing_internal(ready, client):
    BREAK["staffing"]()
    page = client.get("/promises/", headers={"accept-language": "en"}).content.decode()
    assert "is suspended in" in page
    assert "1 things are missing" in page
    assert "specialists" not in page
    assert "王芳" in page


def test_two_people_sign_the_assessment_of_the_night_and_everybody_reads_it(world, signed_in, client, noon):
    supervisor, admin = signed_in("supervisor"), signed_in("admin")
    sent = {"do": "night", "questions": "Is it safe?", "findings": "UNMISTAKABLE", "decision": "Not yet."}
    assert supervisor.post("/admin/gate/", sent | {"findings": " "}).status_code == 400
    assert supervisor.post("/admin/gate/", sent).status_code == 302
    assert _found("M32") == "fail"
    (waits,) = motions.waiting(relaunch.KINDS)
    path = f"/admin/gate/records/{waits.code}/do/agree/"
    assert signed_in("supervisor2").post(path, {"do": "1"}).status_code == 409
    assert admin.post(path, {"do": "1"}).status_code in {200, 302}
    assert _found("M32") == "pass"
    assert reassessment_of("hitch") is None  # another paper: the gate asks for the line's own
    record_check(measure_of("M32"))
    assert "UNMISTAKABLE" in client.get("/promises/m32/").content.decode()
    assert "UNMISTAKABLE" not in client.get("/promises/m31/").content.decode()
    noon.shift(timedelta(days=184))
    assert _found("M32") == "fail"


def _found(measure):
    return check_measure(measure_of(measure)).found.status


def test_two_people_name_who_answers_and_sign_the_reassessment(world, people, signed_in, client):
    supervisor, admin = signed_in("supervisor"), signed_in("admin")
    sent = {"do": "executive", "line": "hitch", "name": "李雷", "office": "vice president"}
    assert supervisor.post("/admin/gate/", sent).status_code == 302
    sent = {
        "do": "reassessment",
        "line": "hitch",
        "questions": "Why?",
        "findings": "So.",
        "decision": "Thus.",
    }
    assert supervisor.post("/admin/gate/", sent).status_code == 302
    record = b"the record of a rehearsal"
    sent = {"do": "statement", "statement": "rehearsed", "file": ContentFile(record, "rehearsal.log")}
    assert supervisor.post("/admin/gate/", sent).status_code == 302
    for nothing in (
        {},
        {"file": ContentFile(b"", "empty.log")},
        {"file_sha256": "a" * 64},
    ):  # nobody types a digest
        assert (
            supervisor.post("/admin/gate/", {"do": "statement", "statement": "x"} | nothing).status_code
            == 400
        )
    for waits in motions.waiting(relaunch.KINDS):
        path = f"/admin/gate/records/{waits.code}/do/agree/"
        assert signed_in("supervisor2").post(path, {"do": "1"}).status_code == 409  # of the same role
        assert supervisor.post(path, {"do": "1"}).status_code == 409
        assert admin.post(path, {"do": "1"}).status_code in {200, 302}
    assert (Executive.objects.get().name, Reassessment.objects.get().agreed_by) == ("李雷", "admin")
    proof = Proof.objects.get()
    assert (proof.said_by, proof.agreed_by, proof.kind, proof.build) == (
        "supervisor",
        "admin",
        "rollback",
        build.digest(),
    )
    assert proof.file_sha256 == hashlib.sha256(record).hexdigest()
    assert "Thus." in client.get("/promises/m31/").content.decode()


# --- Races ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_agree_at_once_one_does(ready, people):
    row = propose(people)
    start = Barrier(2)
    who = {name: (people(name), token(name)) for name in ("specialist", "specialist2")}

    def run(name):
        account, shown = who[name]
        start.wait()
        try:
            return relaunch.decide_relaunch(
                account=account, code=row.code, agrees=True, token=shown
            ).agreed_by
        except Exception as why:
            return type(why).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, who))
    assert len({"specialist", "specialist2"} & set(found)) == 1
    assert "IllegalTransition" in found
    assert state() == ("relaunching", 5)


@pytest.mark.django_db(transaction=True)
def test_a_suspension_during_a_step_wins(ready, people, noon, monkeypatch):
    agree(people, propose(people))
    monkeypatch.setattr(relaunch, "trips_ended", lambda *_args: 200)
    noon.shift(timedelta(days=7))
    make_demo_desk()
    try_everything()
    start = Barrier(2)

    def run(work):
        start.wait()
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [lambda: suspend(people), lambda: relaunch.PASSAGES.run(at=clock.now())]))
    beat()
    assert state() == ("suspended", 100)
    assert GatePassage.objects.get().state == "fallen"


# --- The whole way, in real transactions ------------------------------------------------------------------------


def members(count):
    """People with a verified name who may order hitch."""
    with transaction.atomic():
        return [_member(number) for number in range(count)]


def _member(number):
    return enrol(
        code=f"PX{number}",
        role=Role.MEMBER,
        phone=f"+861380003{number:04d}",
        real_name="王芳",
        id_number=f"px{number}",
        password_hash="!",
        verified_at=clock.now(),
    )


def sorted_by(passage, share, people):
    """Who is among so many of a hundred, and who is not."""
    inside = [each for each in people if in_share(each.code, passage, share)]
    return inside, [each for each in people if each not in inside]


def a_week_later(noon):
    noon.shift(timedelta(days=7))
    make_demo_desk()
    try_everything()


def of_today(**changes):
    """The way of all tests, in ten minutes from now."""
    soon = {"start": clock.now() + timedelta(minutes=10), "end": clock.now() + timedelta(hours=1)}
    return usual_journey(**(soon | changes))


def a_rule_is_switched_off():
    set_policy("complaints.interlock", False)


def a_car_departs_by_night():
    Trip.objects.filter(line=LINE).update(departed_at=clock.now().replace(hour=15))  # 23:00 in China


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("happens", "measure", "why"),
    [(a_rule_is_switched_off, "M29", "rules"), (a_car_departs_by_night, "M04", "M04")],
)
def test_a_line_returns_step_by_step_and_goes_back_by_itself(
    ready, rides, people, signed_in, noon, monkeypatch, happens, measure, why
):
    """Two of two roles sign at the console, people order, ride and end trips; then one thing is not as it was promised."""
    monkeypatch.setitem(type(rides).booked.__globals__, "usual_journey", of_today)
    set_policy(STEP_TRIPS, 1)
    everybody = members(200)
    with pytest.raises(LineNotRunning):
        rides.booked(everybody[0].code)

    supervisor, specialist = signed_in("supervisor"), signed_in("specialist")
    assert supervisor.post(f"/admin/gate/{LINE}/{CITY}/", {"token": "000000"}).status_code >= 400
    noon.shift(timedelta(seconds=5))  # after a wrong one the next try has to wait
    assert supervisor.post(f"/admin/gate/{LINE}/{CITY}/", {"token": token("supervisor")}).status_code == 302
    passage = GatePassage.objects.get()
    agreeing = f"/admin/gate/passages/{passage.code}/do/agree/"
    assert supervisor.post(agreeing, {"token": token("supervisor")}).status_code >= 400
    assert state() == ("suspended", 100)
    assert specialist.post(agreeing, {"token": token("specialist")}).status_code in {200, 302}
    assert state() == ("relaunching", 5)

    for share, after in ((5, ("relaunching", 25)), (25, ("relaunching", 100))):
        fresh()
        beat()
        inside, outside = sorted_by(passage.code, share, everybody)
        assert len(inside) >= 2 * share * 0.3
        with pytest.raises(LineInProbation):
            rides.booked(outside[0].code)
        rides.ended(inside[0].code)
        assert state() == ("relaunching", share)
        a_week_later(noon)
        beat()
        assert state() == after
    assert rides.booked(outside[-1].code).state in {"requested", "matched"}

    began = clock.now()
    happens()
    noon.shift(timedelta(seconds=50))  # a round of the board is due each minute
    assert record_check(measure_of(measure)).found.status == "fail"
    noon.shift(timedelta(seconds=10))  # and a look at the line each ten seconds
    beat()
    assert clock.now() - began <= timedelta(seconds=60)
    assert state() == ("suspended", 100)
    passage.refresh_from_db()
    assert (passage.state, why in passage.why, measure in passage.why) == ("fallen", True, True)
    assert Notification.objects.filter(key__startswith=f"fell:{passage.code}:").exists()
    with pytest.raises(LineNotRunning):
        rides.booked(inside[-1].code)
    with pytest.raises(GateClosed):
        propose(people)


# --- What commands measure, and the board ------------------------------------------------------------------------


class Stack:
    """A stack that answers as it was told to."""

    def __init__(self, of, takes):
        self.of, self.takes, self.http = of, takes, self

    def get(self, _path, headers):
        self.text = f'huhang_build{{digest="{self.of}"}} 1.0'
        return self

    def close(self):
        pass

    def post(self, path, _body):
        if not self.takes:
            raise Surprise(path)
        return {"code": "TX"}


@pytest.mark.parametrize("takes", [True, False])
def test_a_capacity_run_is_kept_as_it_was(world, monkeypatch, takes):
    monkeypatch.setattr(capacity, "Hourly", lambda: Stack(build.digest(), takes))
    monkeypatch.setattr(capacity, "sign_in", lambda _person: None)
    proof = capacity.run(line=LINE, city=CITY, seconds=1)
    assert (proof.passed, proof.said_by, proof.build) == (takes, "", build.digest())
    assert proof.figures["failed"] == (0 if takes else proof.figures["orders"])


def test_a_stack_of_another_build_proves_nothing(world, monkeypatch):
    monkeypatch.setattr(capacity, "Hourly", lambda: Stack("f" * 64, True))
    with pytest.raises(capacity.OtherBuild):
        capacity.run(line=LINE, city=CITY, seconds=1)
    assert not Proof.objects.exists()


def test_the_platform_says_to_machines_which_build_it_is(world, client, settings):
    settings.METRICS_TOKEN = "token"
    said = client.get("/metrics", headers={"authorization": "Bearer token"}).content.decode()
    assert f'huhang_build{{digest="{build.digest()}"}} 1' in said


def test_nobody_types_a_capacity(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        Proof.objects.create(
            kind="capacity", build="x", at=clock.now(), passed=True, said_by="admin", agreed_by="supervisor",
            statement="x", file_sha256="a" * 64,
        )  # fmt: skip


def test_marked_people_alone_order_while_it_is_suspended(rides, people, ready):
    with pytest.raises(LineNotRunning):
        rides.booked()
    Account.objects.filter(code="passenger").update(is_drill=True)
    assert rides.booked().state in {"requested", "matched"}


def test_the_board_tells_a_line_that_returned_from_one_that_never_passed(returned):
    found = {row.id: check_measure(row).found for row in measures() if row.id in {"M06", "M31"}}
    assert found["M31"].status == "pass"
    assert found["M06"].status == "fail"  # in the other city it runs since before the gate
    LineInCity.objects.filter(city__code="zhengzhou").update(state="suspended")
    assert check_measure(next(row for row in measures() if row.id == "M06")).found.status == "pass"
