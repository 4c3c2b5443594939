"""Policies: each declared one has a type, bounds and words in both languages; versions are written by one service."""

import ast
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from threading import Barrier
from time import sleep

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import TextChoices
from django.template import Context, Template
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from core import clock, policy
from core.actors import Actor
from core.errors import InvalidInput
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, FailedWork, PolicyVersion
from core.policy import Unit
from core.policy.kinds import Kind, Record, Table
from rides.states import Party
from rides.tokens import TripKey

ONE, OTHER = Actor("one", "supervisor"), Actor("other", "executive")
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]


def declare_all():
    """Import every module that may declare one."""
    for app in APPS:
        package = import_module(app)
        for found in walk_packages(package.__path__, f"{app}."):
            if not {"tests", "migrations", "management", "embedded", "asgi", "wsgi"} & set(
                found.name.split(".")
            ):
                import_module(found.name)


declare_all()
ALL = policy.declared()


def adopt(key, value, **changes):
    wanted = {"proposed_by": ONE, "approved_by": OTHER, "reason": "a test"} | changes
    return policy.adopt(key, value, **wanted)


def written_by_hand(key, value, number=1, **changes):
    return PolicyVersion.objects.create(
        key=key, number=number, value=value, effective_from=changes.pop("at", clock.now()), proposed_by="a", approved_by="b"
    )  # fmt: skip


def scratch(kind, default, key="tests.scratch"):
    """A policy of this test alone."""
    from core.policy.declared import Policy, SpanPolicy

    make = SpanPolicy if isinstance(kind, policy.Span) else Policy
    return make(key, kind, default, "Scratch", "A policy of a test.")


# --- What is declared ------------------------------------------------------------------------------


@pytest.mark.parametrize("one", ALL, ids=str)
def test_the_first_value_lies_within_its_own_bounds_and_goes_through_json(one):
    raw = json.loads(json.dumps(one.kind.plain(one.default), allow_nan=False))
    found, faults = one.read(raw)
    assert faults == []
    assert one.kind.plain(found) == raw


@pytest.mark.parametrize("one", ALL, ids=str)
def test_every_policy_has_a_name_and_a_sentence_in_both_languages(one):
    said = {}
    for language in ("en", "zh-hans"):
        with override(language):
            said[language] = str(one.name), str(one.about), *one.kind.lines(one.default), one.kind.bounds()
    english, chinese = said["en"], said["zh-hans"]
    assert 3 <= len(english[0]) <= 60 and english[1].endswith(".")
    for text in chinese[:2]:
        assert any("一" <= mark <= "鿿" for mark in text), text
    assert chinese[1].endswith("。")
    assert "v0" not in chinese[0] and one.key not in english[0]


def test_no_two_policies_have_one_key():
    """A copied declaration whose key was forgotten would be bounded and read by the other's kind."""
    with pytest.raises(ValueError, match=r"two policies are called rides\.near"):
        policy.declare("rides.near", policy.Whole(1, 2), 1, name="x", about="x")


def test_no_two_policies_have_one_name():
    for language in ("en", "zh-hans"):
        with override(language):
            names = [str(one.name) for one in ALL]
            assert sorted(names) == sorted(set(names))


def every_key(kind: Kind, raw, way=()):
    """The ways to each key of a composite value: (), ('hitch',), ('hitch', 'base')."""
    inner = kind.kinds if isinstance(kind, (Table, Record)) else {}
    for name, each in inner.items():
        key = name.rstrip("_") if isinstance(kind, Record) else name
        yield (*way, key)
        yield from every_key(each, raw[key], (*way, key))


def without(raw, way):
    raw = json.loads(json.dumps(raw))
    inside = raw
    for key in way[:-1]:
        inside = inside[key]
    del inside[way[-1]]
    return raw


COMPOSITE = [one for one in ALL if isinstance(one.kind, (Table, Record))]


@pytest.mark.parametrize("one", COMPOSITE, ids=str)
def test_a_stored_version_that_lacks_any_key_is_completed_from_the_first_value(one):
    raw = one.kind.plain(one.default)
    ways = list(every_key(one.kind, raw))
    assert ways
    for way in ways:
        found, faults = one.read(without(raw, way))
        assert one.kind.plain(found) == raw, way
        assert not any(fault.serious for fault in faults), way


@pytest.mark.parametrize("one", COMPOSITE, ids=str)
def test_a_key_of_another_release_is_not_looked_at(one):
    raw = one.kind.plain(one.default) | {"of_another_release": 7}
    found, faults = one.read(raw)
    assert one.kind.plain(found) == one.kind.plain(one.default)
    assert [fault.code for fault in faults] == ["unknown"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(ALL), JSON, st.data())
def test_whatever_is_stored_is_read_as_a_value_within_the_bounds(one, junk, data):
    raw = one.kind.plain(one.default)
    ways = [(), *every_key(one.kind, raw)]
    way = data.draw(st.sampled_from(ways))
    stored = junk
    if way:
        stored = inside = json.loads(json.dumps(raw))
        for key in way[:-1]:
            inside = inside[key]
        inside[way[-1]] = junk
    found, _faults = one.read(stored)
    assert one.read(one.kind.plain(found))[1] == []


# --- Versions --------------------------------------------------------------------------------------


def test_a_version_holds_from_its_time_on_and_is_cited(db):
    one = scratch(policy.Whole(1, 9), 1)
    at = clock.now()
    row = adopt(one, 2, effective_from=at + timedelta(minutes=1))
    assert policy.in_force(one) == policy.InForce(1, "tests.scratch v0")
    assert policy.in_force(one, at=at + timedelta(minutes=1)) == policy.InForce(2, "tests.scratch v1")
    assert (row.number, row.proposed_by, row.approved_by, row.reason) == (1, "one", "other", "a test")
    entry = AuditEntry.objects.get(action="core.policy_adopted")
    assert (entry.actor, entry.subject, entry.facts["proposed_by"]) == ("other", "tests.scratch v1", "one")


def test_a_new_version_holds_at_once_in_its_own_transaction_and_not_after_it_was_rolled_back(db):
    one = scratch(policy.Whole(1, 9), 1)
    with policy.read_once():
        assert policy.value(one) == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            adopt(one, 2)
            assert policy.value(one) == 2
            raise ZeroDivisionError
        assert policy.value(one) == 1


def test_one_block_asks_the_database_once_and_only_when_somebody_asks(db, django_assert_num_queries):
    one, other = scratch(policy.Whole(1, 9), 1), scratch(policy.Flag(), True, "tests.other")
    with django_assert_num_queries(0), policy.read_once():
        pass
    with django_assert_num_queries(1), policy.read_once():
        for _again in range(3):
            with policy.read_once():
                policy.value(one), policy.value(other)


def test_a_stored_value_is_made_once_a_block_and_anew_when_another_one_holds(db, monkeypatch):
    one, read, made = scratch(policy.Whole(1, 9), 1), policy.Policy.read, []

    def counted(self, stored):
        made.append(self.key)
        return read(self, stored)

    adopt(one, 2)
    monkeypatch.setattr(policy.Policy, "read", counted)
    with policy.read_once():
        assert [policy.value(one) for _again in range(550)] == [2] * 550
        assert len(made) == 1
        adopt(one, 3)
        assert policy.value(one) == 3


def test_one_block_knows_the_past_and_what_will_be(db, noon, django_assert_num_queries):
    one, other = scratch(policy.Whole(1, 9), 1), scratch(policy.Whole(1, 9), 1, "tests.other")
    begins = clock.now()
    for value in (2, 3, 4):
        noon.shift(timedelta(days=1))
        adopt(one, value)
    adopt(one, 5, effective_from=clock.now() + timedelta(days=1))
    days = [begins + timedelta(days=number, hours=1) for number in range(-1, 6)]
    with django_assert_num_queries(2), policy.read_once():
        assert [policy.value(one, at=day) for day in days] == [1, 1, 2, 3, 4, 5, 5]
        assert [policy.value(other, at=day) for day in days] == [1] * 7
    assert [policy.value(one, at=day) for day in days] == [1, 1, 2, 3, 4, 5, 5]


def test_a_reading_that_failed_is_no_empty_table(db, noon):
    one = scratch(policy.Whole(1, 9), 1)
    adopt(one, 2)
    with policy.read_once():
        with pytest.raises(DatabaseError), transaction.atomic():
            with pytest.raises(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            policy.value(one)  # the transaction is broken: nothing can be read in it
        assert policy.value(one) == 2


@pytest.mark.parametrize(
    ("kind", "default", "value", "code"),
    [
        (policy.Whole(1, 9), 1, 0, "out_of_bounds"),
        (policy.Whole(1, 9), 1, -1, "out_of_bounds"),
        (policy.Whole(1, 9), 1, 10, "out_of_bounds"),
        (policy.Whole(1, 9), 1, 2.5, "wrong_type"),
        (policy.Whole(1, 9), 1, True, "wrong_type"),
        (policy.Whole(1, 9), 1, "2", "wrong_type"),
        (policy.Whole(1, 9), 1, None, "wrong_type"),
        (policy.Real(0.1, 0.9), 0.5, float("nan"), "wrong_type"),
        (policy.Real(0.1, 0.9), 0.5, float("inf"), "wrong_type"),
        (policy.Real(0.1, 0.9), 0.5, 1, "out_of_bounds"),
        (policy.Span(5, 60), 5, 0, "out_of_bounds"),
        (policy.Flag(), True, 1, "wrong_type"),
        (policy.Day(date(2020, 1, 1), date(2030, 1, 1)), date(2025, 1, 1), "tomorrow", "wrong_type"),
        (policy.Day(date(2020, 1, 1), date(2030, 1, 1)), date(2025, 1, 1), "2035-01-01", "out_of_bounds"),
        (policy.TimeOfDay(), time(22), "25:00", "wrong_type"),
        (policy.TimeOfDay(), time(22), "22:00:30", "wrong_type"),
        (policy.Words(), ["a"], [], "wrong_type"),
        (policy.Words(), ["a"], ["a", ""], "wrong_type"),
        (policy.Words(), ["a"], "abc", "wrong_type"),
        (policy.Row(policy.Whole(1, 99), 3, falling=True), (30, 7, 1), [30, 7], "wrong_type"),
        (policy.Row(policy.Whole(1, 99), 3, falling=True), (30, 7, 1), [7, 30, 1], "wrong_order"),
        (policy.Row(policy.Whole(1, 99), 3, falling=True), (30, 7, 1), [30, 7, 0], "out_of_bounds"),
        (policy.texts(), {"zh-hans": "一", "en": "a"}, {"zh-hans": "一"}, "missing"),
        (policy.texts(), {"zh-hans": "一", "en": "a"}, {"zh-hans": "一", "en": " "}, "wrong_type"),
        (policy.texts(), {"zh-hans": "一", "en": "a"}, {"zh-hans": "一", "en": "a", "fr": "x"}, "unknown"),
    ],
)
def test_what_type_or_bounds_refuse_is_not_written(db, kind, default, value, code):
    one = scratch(kind, default)
    with pytest.raises(policy.PolicyValueRefused) as refused:
        adopt(one, value)
    assert refused.value.faults[0].code == code
    assert not PolicyVersion.objects.exists()
    assert policy.value(one) == default


def test_a_refusal_says_what_may_be_chosen_in_the_readers_language(db):
    from safety.policies import TAKEN_WITHIN

    for language, words in {"en": "Between 2 seconds and 10 minutes.", "zh-hans": "2 秒～10 分钟"}.items():
        with override(language), pytest.raises(policy.PolicyValueRefused) as refused:
            adopt(TAKEN_WITHIN, 0)
        with override(language):
            assert words in refused.value.detail and str(TAKEN_WITHIN.name) in refused.value.detail
    assert refused.value.problem()["code"] == "policy_value_refused"


def test_two_people_a_reason_and_a_time_that_has_not_passed(db):
    one = scratch(policy.Whole(1, 9), 1)
    with pytest.raises(SecondPersonNeeded):
        adopt(one, 2, approved_by=ONE)
    with pytest.raises(InvalidInput):
        adopt(one, 2, reason="  ")
    with pytest.raises(policy.BackdatedPolicy):
        adopt(one, 2, effective_from=clock.now() - timedelta(seconds=1))
    assert not PolicyVersion.objects.exists()
    with pytest.raises(IntegrityError, match="policy_version_takes_two_people"):
        PolicyVersion.objects.create(
            key="x", number=1, value=1, effective_from=clock.now(), proposed_by="a", approved_by="a"
        )


@pytest.mark.django_db(transaction=True)
def test_eight_versions_at_once_have_eight_numbers():
    one, gate = scratch(policy.Whole(1, 9), 1), Barrier(8)

    def write(value):
        try:
            gate.wait()
            with transaction.atomic():
                number = adopt(one, value).number
                sleep(0.02)
            return number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(1, 9))) == list(range(1, 9))


def test_values_of_the_type_and_the_same_in_json_are_one(db):
    from rides.curfew import CURFEW, Hours
    from rides.policies import TARIFF, Rates

    first = adopt(CURFEW, Hours(time(21), time(7)))
    assert first.value == {"from": "21:00", "to": "07:00"}
    assert policy.value(CURFEW) == Hours(time(21), time(7))
    assert adopt(CURFEW, first.value).value == first.value
    adopt(TARIFF, policy.value(TARIFF) | {"hitch": Rates(base=1, per_km=1, per_minute=1, least=1)})
    assert policy.value(TARIFF)["hitch"] == Rates(1, 1, 1, 1, None)


def test_a_face_check_cannot_be_set_to_accept_everybody(db):
    from drivers.policies import FACE_ACCEPT, FACE_MOVES, FACE_REFUSE, SAME_FACE, bands
    from drivers.vision.liveness import Moves

    for one, value in {FACE_ACCEPT: 0.3, FACE_REFUSE: 0.0, SAME_FACE: 1.5}.items():
        with pytest.raises(policy.PolicyValueRefused):
            adopt(one, value)
        written_by_hand(one.key, value)
    with pytest.raises(policy.PolicyValueRefused):
        adopt(FACE_MOVES, Moves(same_throughout=0.0))
    assert (bands().accept, bands().refuse) == (0.45, 0.36)
    assert FACE_REFUSE.kind.most <= FACE_ACCEPT.kind.least


# --- What cannot be read ---------------------------------------------------------------------------


class Colour(TextChoices):
    RED = "red", "Red"
    BLUE = "blue", "Blue"


@dataclass(frozen=True, slots=True)
class Pair:
    low: int
    high: int


def pair():
    kinds = {"low": policy.Whole(1, 9), "high": policy.Whole(1, 9)}
    return policy.Record(Pair, kinds, fits=lambda both: both.low < both.high, unfit="low is below high")


def test_one_part_that_cannot_be_read_leaves_the_others_in_force(db):
    one = scratch(policy.Table.of(Colour, policy.Whole(1, 9)), {"red": 1, "blue": 2})
    written_by_hand(one.key, {"red": "many", "blue": 7})
    assert policy.in_force(one) == policy.InForce({"red": 1, "blue": 7}, "tests.scratch v1")


def test_parts_that_do_not_fit_each_other_leave_the_first_value_in_force(db):
    one = scratch(pair(), Pair(2, 5))
    written_by_hand(one.key, {"low": 7})
    assert policy.value(one) == Pair(2, 5)
    with pytest.raises(policy.PolicyValueRefused):
        adopt(one, Pair(5, 2))


def test_staff_are_asked_about_what_cannot_be_read_until_a_version_follows_that_can(db):
    from safety.policies import WEIGHTS

    written_by_hand("safety.weights", {"sos": "many"})
    written_by_hand("of.another_release", {"x": 1})
    assert policy.value(WEIGHTS)["sos"] == 100  # and it wrote nothing while it was asked
    assert not FailedWork.objects.exists()
    assert policy.examine() == policy.examine() == 1
    row = FailedWork.objects.get()
    assert (row.kind, row.key, row.attempts) == ("core.policies", "safety.weights v1", 1)
    assert row.needs_person_at and "sos wrong_type" in row.error
    adopt(WEIGHTS, policy.value(WEIGHTS), effective_from=clock.now() + timedelta(seconds=1))
    assert policy.examine() == 1  # the one that can be read does not hold yet


def test_a_version_that_can_be_read_closes_the_question(db):
    from safety.policies import WEIGHTS

    written_by_hand("safety.weights", {"sos": "many"}, at=clock.now() - timedelta(minutes=1))
    policy.examine()
    adopt(WEIGHTS, policy.value(WEIGHTS))
    assert policy.examine() == 0
    assert FailedWork.objects.get().closed_at


# --- Before people ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "citation", "said"),
    [
        ("en", "rides.curfew v0", "Curfew of hitch, original version"),
        ("en", "rides.curfew v12", "Curfew of hitch, version 12"),
        ("zh-hans", "rides.curfew v12", "顺风车夜间停运 第 12 版"),
        ("zh-hans", "rides.curfew v0", "顺风车夜间停运 初始版"),
        ("zh-hans", "rides.curfew v1, rides.tariff v2", "顺风车夜间停运 第 1 版；计价规则 第 2 版"),
        ("zh-hans", "D5", "人车不符"),
        ("en", "gone.with_a_release v3", "gone.with_a_release v3"),
        ("en", "", ""),
    ],
)
def test_people_read_a_rules_name_and_not_its_key(language, citation, said):
    with override(language):
        assert policy.title(citation) == said
        assert Template("{{ citation|rule }}").render(Context({"citation": citation})) == said


def test_staff_see_the_key_beside_the_name():
    template = Template("{{ citation|cited }}")
    with override("en"):
        shown = template.render(Context({"citation": "rides.curfew v1"}))
        assert shown == "Curfew of hitch, version 1 <small>rides.curfew v1</small>"
        assert template.render(Context({"citation": "<b>"})) == "&lt;b&gt;"


def test_a_driver_who_is_held_reads_the_rules_name(people, signed_in, rides):
    from drivers.selectors import driver_of
    from drivers.services import hold_driver
    from drivers.states import HoldKind

    with transaction.atomic():
        hold_driver(
            actor=people("agent").actor, driver=driver_of(people("driver")), kind=HoldKind.COMPLAINT, source="x",
            citation="complaints.interlock v0", covert=False,
        )  # fmt: skip
    page = signed_in("driver").get("/drive/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "complaints.interlock" not in page
    assert "严重投诉停止派单 初始版" in page


@pytest.mark.parametrize(
    ("unit", "value", "english", "chinese"),
    [
        (Unit.SECONDS, 1, "1 second", "1 秒"),
        (Unit.SECONDS, 90, "90 seconds", "90 秒"),
        (Unit.SECONDS, 1_800, "30 minutes", "30 分钟"),
        (Unit.SECONDS, 86_400, "24 hours", "24 小时"),
        (Unit.SECONDS, 259_200, "3 days", "3 天"),
        (Unit.SECONDS, 0, "0 seconds", "0 秒"),
        (Unit.HOURS, 72, "3 days", "3 天"),
        (Unit.HOURS, 10, "10 hours", "10 小时"),
        (Unit.DAYS, 1, "24 hours", "24 小时"),
        (Unit.METRES, 3_000, "3,000 metres", "3,000 米"),
        (Unit.YEARS, 3, "3 years", "3 年"),
        (Unit.FEN, 30_000, "¥300.00", "300.00 元"),
        (Unit.SHARE, 0.15, "15%", "15%"),
        (Unit.TIMES, 2.0, "2 times", "2 倍"),
        (Unit.POINTS, 70, "70 points", "70 分"),
        (Unit.PLAIN, 0.45, "0.45", "0.45"),
    ],
)
def test_values_are_read_with_their_units(unit, value, english, chinese):
    from core.policy.units import said

    for language, words in {"en": english, "zh-hans": chinese}.items():
        with override(language):
            assert said(unit, value) == words


def test_the_console_shows_versions_readably_and_says_what_cannot_be_read(people, signed_in):
    from rides.policies import TARIFF

    adopt(TARIFF, policy.value(TARIFF))
    broken = written_by_hand("safety.weights", {"sos": "many"})
    written_by_hand("of.another_release", {"x": 1})
    staff = signed_in("supervisor")
    listed = staff.get("/admin/core/policyversion/").content.decode()
    assert "Tariff, version 1" in listed and "per km: ¥0.80" in listed and "rides.tariff v1" in listed
    one = staff.get(f"/admin/core/policyversion/{broken.pk}/change/").content.decode()
    assert (
        "It cannot be read. This holds instead:" in one and "What each signal adds to the risk score." in one
    )
    assert staff.post(f"/admin/core/policyversion/{broken.pk}/change/", {"reason": "x"}).status_code == 403


# --- Limits in code --------------------------------------------------------------------------------

# What stands in code, and why it is no rule that staff would change.
REVIEWED = {
    # the law's own ages (PIPL art. 31, Civil Code art. 17)
    "accounts/policies.py": {"ADULT_FROM", "CHILD_UNTIL"},
    "drivers/services/plates.py": {"COMPARED", "LOOKED_THROUGH"},  # how many rows one question reads
    # how marks of two photos are compared: figures of the method, measured on photos; from how many alike on is a rule
    "drivers/vision/marks.py": {"SIDE", "WORDS", "NEAR", "CLOSE", "LEAST", "TRIES"},
    "drivers/vision/poses.py": {"_TURNING", "_HELD"},  # on which part of a turn it is photographed
    "drivers/vision/plates.py": {"_OVER"},  # how exactly a hand aims
    "drivers/vision/sheets.py": {"LARGE", "SMALL", "PLAIN"},  # how a picture is cut up, and the noise of a camera
    # what browsers can send of a call, a word of theirs and a part of its recording, and how much one answer holds
    "drivers/selectors.py": {"SIGNALS_AT_ONCE"},
    "drivers/services/calls.py": {"BEAT", "LONGEST", "MOST_PARTS", "MOST_SIGNALS", "PART_LARGEST"},
    # batches, leases and locks of jobs
    "drivers/services/runs.py": {"CHUNK", "WRITE", "LEASE"},
    "drivers/services/faces.py": {
        "NEAREST",
        "MOST_FRAMES", "CLOCKS",  # what the page takes of one pose, and how exactly its clock goes
    },
    "safety/services/checks.py": {
        "WORDS_LENGTH", "NAME_LENGTH",  # nobody writes so much by hand
        "MENDS",  # only the rank among the many changes, nothing is refused
    },
    "safety/services/sos.py": {"_TELLING", "EVEN"},
    "safety/services/centre.py": {"TRACE_EVERY"},  # what the interface of 110 asks for (P12)
    # longer than one attempt waits; and how often one who taps in a loop is handed on: each tap counts, whatever it is
    "safety/services/pushing.py": {"_AFTER_AN_ATTEMPT", "_HANDED_ON_EVERY"},
    "safety/services/calls.py": {"_RINGS_FOR"},  # how long any telephone rings
    "safety/services/ringing.py": {"_TOO_LATE", "_OVER_AFTER"},  # of what a relay that is away never rang about
    "safety/services/recordings.py": {
        "PURGE_BATCH", "WRAPPING_LOCK",
        "REMEMBERED",  # a process's memory of what a signature says
        "TOKEN_LIFE", "LONGEST_TRIP",  # outlive any trip
        "SLICE_MS",  # what the page's recorder can do
    },
    # how long a page's signs of life and answers are on their way
    "safety/selectors/recordings.py": {"HEARD_FOR", "SOUND_FRESH"},
    "safety/services/questions.py": {"HEARD_LATE"},
    # how far back a list goes
    # and by how much the platform may be later than what S12 promises
    "safety/selectors/incidents.py": {
        "WATCHED_FOR", "_TRACE_LOST", "_ANY_TRIP", "LATEST_OF_ACCIDENT", "ACCIDENT_ASKED_WITHIN", "ACCIDENT_OPENED_WITHIN",
    },
    # the width of the hours among which a key draws when somebody is told: a secret's, nobody's right
    # and how fast a head can turn
    "drivers/policies.py": {"TOLD_FROM_HOUR", "TOLD_WITHIN", "FACE_POSE_LEAST", "FACE_FRAMES_APART"},
    # held by constraints of the database
    "drivers/services/people.py": {"VEHICLE_PLACES", "PERSON_PLACES"},
    # the mark of a message, no number of anything
    "drivers/services/papers.py": {"ENDED"},
    # Interim Measures art. 12, Order 162
    "drivers/certificates.py": {"MOST_SEATS", "LICENCE_AGE"},
    # decoding and the model's own sizes
    "drivers/vision/eyes.py": {"LONGEST", "LEAST"},
    "drivers/vision/faces.py": {"SIDE"},
    "drivers/vision/mesh.py": {"POINTS", "CROP", "PATCH", "MARGIN", "RIGHT_EYE", "LEFT_EYE"},
    # which points of a face these are, and how their movement is fitted
    "drivers/vision/solidity.py": {
        "EAR_RIGHT", "EAR_LEFT", "EYE_RIGHT", "EYE_LEFT", "CROWN", "CHIN", "INNER", "SMOOTH",
    },
    # what is drawn, and by whom
    "drivers/vision/solids.py": {"SIDE", "GRID", "FINE", "AWAY", "SWAYS"},
    "drivers/vision/attacks.py": {"WAYS", "_EYES"},
    "drivers/services/redteam.py": {"FACE", "CALM", "ROUND"},
    "drivers/vision/heads.py": {"RINGS"},
    "drivers/vision/templates.py": {"SIZE"},
    # how much is shown at once
    "complaints/policies.py": {"BULK_LIMIT"},
    # a measurement's own: what G5+ allows it, and of how many rows the slow way takes one
    "benchmarks/policies.py": {"MOST", "PART"},
    # so many minutes of a day one person alone may close: what two people decide otherwise is no rule to be bent
    "rides/policies.py": {"HOURS_ALONE"},
    # what was measured in 2018
    # How old a call-back may be that somebody enters; how many names stand below a field.
    "police/register.py": {"_CALLED_WITHIN"},
    # how many questions one letter carries, how a code looks, how many rows stand on a paper
    "police/notices.py": {"MOST_QUESTIONS", "MOST_TRIPS"},
    # the shares that are published, and how far a page looks back
    "police/clocks.py": {"WITHIN"},
    "police/services/references.py": {"LENGTH"},
    "police/views.py": {"STOP_ASKING"},
    # What a red team's officer lives for, if its run dies, and how late a trip may be held: no promise to anybody.
    "police/services/marked.py": {"LASTS"},
    "police/selectors.py": {"_TOWNS", "HISTORY_MINUTES", "FOUND_AT_ONCE", "ANEW_WITHIN", "DAY"},
    # How alike the pictures of two lines are: figures of the method, measured on letters.
    "police/vision.py": {
        "SIDE", "PAPER", "INK", "MOST_LINES", "LEAST", "HIGH", "WIDE", "MOST", "ACROSS", "LEAST_SHAPE",
    },
    "police/letters.py": {"LEAST_LINES", "LETTER_ALIKE", "LETTER_SAME", "LINE_SAME", "CARD_SAME"},
    "police/papers.py": {"COMPARED"},  # how many rows one question reads
    "police/tables.py": {"_LONGEST", "MOST", "BATCH", "LINES_A_PAGE"},
}  # fmt: skip


def numeric(node):
    """True for a number, a span of time or a row of numbers written out."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case ast.UnaryOp(operand=inner):
            return numeric(inner)
        case ast.BinOp(left=left, right=right):
            return numeric(left) or numeric(right)
        case ast.Tuple(elts=inner) | ast.List(elts=inner) | ast.Set(elts=inner):
            return bool(inner) and all(numeric(one) for one in inner)
        case ast.Dict(values=inner):
            return bool(inner) and all(numeric(one) for one in inner)
        case ast.Call(func=ast.Name(id="timedelta")):
            return True
    return False


def limits_in(path):
    for node in ast.parse(path.read_text()).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            for name in names:
                if (
                    isinstance(name, ast.Name)
                    and name.id.isupper()
                    and node.value is not None
                    and numeric(node.value)
                ):
                    yield name.id


DECLARED = re.compile(r"^(\w+)(?::[^=]+)? = (?:policy|limits)\.(?:declare|mark)\(", re.M)


def test_each_rule_that_is_declared_is_asked_somewhere():
    """Staff would change one that decides nothing, by two people and with a reason."""
    sources = [
        path.read_text()
        for app in APPS
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    ]
    named = Counter(word for source in sources for word in re.findall(r"\w+", source))
    rules = [name for source in sources for name in DECLARED.findall(source)]
    assert len(rules) > 100
    assert [name for name in rules if named[name] == 1] == []


def test_no_limit_stands_in_code_that_staff_could_want_to_change():
    root, wrong = Path(settings.BASE_DIR), {}
    paths = [
        *root.glob("*/policies.py"),
        *root.glob("drivers/*.py"),
        *root.glob("drivers/vision/*.py"),
        *root.glob("police/*.py"),
    ]
    for app in ("police", "safety", "drivers"):
        paths += [
            root / app / "services.py",
            *root.glob(f"{app}/services/*.py"),
            *root.glob(f"{app}/selectors/*.py"),
        ]
    seen = {}
    for path in sorted({path for path in paths if path.exists()}):
        name = path.relative_to(root).as_posix()
        seen[name] = set(limits_in(path))
        if over := seen[name] - REVIEWED.get(name, set()):
            wrong[name] = over
    assert wrong == {}
    assert {
        name: names - seen.get(name, set())
        for name, names in REVIEWED.items()
        if names - seen.get(name, set())
    } == {}


# --- What it costs ---------------------------------------------------------------------------------


def versions_read(queries):
    return sum("core_policyversion" in query["sql"] for query in queries)


def test_a_request_and_a_measure_of_the_board_read_the_versions_once(rides, people, signed_in):
    from django.test.utils import CaptureQueriesContext

    from governance.measures import check_measure, measures
    from safety.services import raise_sos

    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    agent = signed_in("agent")
    with CaptureQueriesContext(connection) as queries:
        assert agent.get(f"/admin/incidents/{incident.code}/").status_code == 200
    assert versions_read(queries) == 1
    curfew = next(measure for measure in measures() if measure.id == "M04")
    with CaptureQueriesContext(connection) as queries:
        check_measure(curfew)
    assert versions_read(queries) == 1
