"""What is derived from the rules' declarations, and how the trips in memory keep to it."""

import errno
import fcntl
import os
import subprocess
import sys
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from config.local import BASE_DIR
from core import facts
from core.formats import distance
from rides.positions import shard_stream
from rides.states import Party, TripState
from rides.trails import Fix
from safety.monitor import declare, memory, program, rules
from safety.monitor.declare import Limits, Phase, Rule
from safety.monitor.memory import MEETING, WatchTable, limits_in_force
from safety.monitor.rules import KINDS, MARKS, RULES
from safety.monitor.rules.signal_lost import CLOSENESS
from safety.monitor.warmup import warm_up
from safety.policies import WEIGHTS
from safety.sentences import why
from safety.states import SignalKind
from safety.tests.test_detectors import LIMITS, START, declared_policies, pings, trip  # noqa: F401 - a fixture

STREAM = shard_stream("wenzhou")


def test_every_kind_of_signal_has_a_weight_a_sentence_and_its_chinese():
    weights = WEIGHTS.default
    of_rules = {rule.kind.value for rule in RULES if rule.kind}
    for kind in SignalKind:
        assert kind.value in weights, f"{kind}: no weight in its rule's Kind or in safety/policies.py"
        assert kind.value in of_rules or kind.value in facts.declared(), (
            f"{kind}: no rule of safety/monitor/rules has it, and safety/sentences.py declares no sentence"
        )
        with override("zh-hans"):
            chinese = str(kind.label)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), (
            f"{kind}: '{chinese}' has no Chinese in locale/zh_Hans/LC_MESSAGES/django.po"
        )


def test_every_sentence_has_its_chinese():
    for key, sentence in facts.declared().items():
        with override("en"):
            english = str(sentence.text)
        with override("zh-hans"):
            chinese = str(sentence.text)
        plain = english.replace("%(party)s: %(reason)s", "").replace("%(what)s", "")
        assert not plain or chinese != english, f"{key}: no Chinese for '{english}' in django.po"


def test_kinds_of_the_monitor_are_those_that_its_rules_declare():
    assert {kind.value for kind in SignalKind} >= KINDS.keys()
    assert {rule.kind for rule in RULES if rule.kind} == set(KINDS.values())


def test_each_file_of_rules_has_its_row_in_the_document():
    document = (BASE_DIR / "docs/monitor.md").read_text()
    files = {rules._file_of(rule).rpartition(".")[2] for rule in RULES if rule.kind}
    missing = sorted(name for name in files if f"(`{name}`) |" not in document)
    assert not missing, f"{missing}: no row in the table of docs/monitor.md"


def test_no_two_rules_share_a_mark():
    taken = [MARKS[rule.key] + number for rule in RULES for number in range(rule.bits)]
    assert sorted(taken) == list(range(rules.BITS))


def test_there_is_room_for_all_that_can_be_said_at_once():
    for phase in Phase:
        at_position = [rule for rule in RULES if rule.on_position and phase in rule.phases]
        at_tick = [rule for rule in RULES if rule.on_tick and phase in rule.phases]
        assert len(at_position) <= rules.SAID_AT_POSITION
        assert sum(2 if rule.each_phone else 1 for rule in at_tick) <= rules.SAID_AT_TICK


def test_a_limit_that_is_missing_unknown_or_no_number_is_refused():
    values = dict.fromkeys(list(declare.columns())[3].names, 1.0)
    for wrong in ({"silence": None}, {"silenc": 2.0}):
        given = {**values, **wrong}
        if wrong.get("silence", 1) is None:
            del given["silence"]
        with pytest.raises(ValueError, match="silenc"):
            Limits(**given)
    with pytest.raises(ValueError, match="not a number"):
        Limits(**{**values, "silence": float("nan")})


def test_a_column_is_declared_once():
    with pytest.raises(ValueError, match="already"):
        declare.phone_column("at")


def look(_here):
    return False, (0.0,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"figures": ()},
        {"figures": ("metres", "seconds")},
        {"forms": {"metres": distance, "party": distance, "way": distance}},
        {"on_position": None},
        {"on_tick": look},
        {"kind": None},
    ],
)
def test_a_rule_whose_parts_do_not_belong_together_is_refused(wrong):
    right = {
        "key": "rule_of_a_test",
        "kind": KINDS["off_route"],
        "says": "%(metres)s",
        "forms": {"metres": distance},
        "figures": ("metres",),
        "on_position": look,
    }
    with pytest.raises(ValueError, match="rule_of_a_test"):
        Rule(**{**right, **wrong})


def test_rules_of_two_files_that_share_a_kind_without_details_are_refused():
    off = next(rule for rule in RULES if rule.key == "off_route")
    again = another("long_stop", kind=off.kind)
    assert rules._kinds([off, again])  # long stops have a detail
    with pytest.raises(ValueError, match="off_route, long_stop"):
        rules._kinds([off, another("long_stop", kind=off.kind, detail=declare.no_detail)])


def test_a_folder_among_the_rules_is_refused(monkeypatch, tmp_path):
    (tmp_path / "__pycache__").mkdir()
    monkeypatch.setattr(rules, "__path__", [str(tmp_path)])
    assert list(rules._read()) == []
    (tmp_path / "braking").mkdir()
    with pytest.raises(ValueError, match="braking"):
        list(rules._read())


def test_what_is_no_signal_is_what_something_else_follows_from():
    assert (
        {rule.key for rule in RULES if rule.kind is None} == {MEETING, memory.TOGETHER} == declare.NO_SIGNAL
    )


# --- facts and their sentences ---


def test_facts_are_told_in_the_readers_language_with_their_units():
    stored = facts.of("off_route", metres=1234.0, way="planned", party="driver")
    with override("en"):
        assert why(stored) == "1.2 km from the planned way (driver's phone)"
    with override("zh-hans"):
        assert why(stored) == "偏离规划路线 1.2 公里（司机手机）"
    silent = facts.of("signal_lost", seconds=180.0, since=0.0, party="passenger")
    with override("zh-hans"):
        assert why(silent) == "乘客手机失联 3 分钟"


def test_facts_of_another_release_say_nothing_and_raise_nothing():
    for odd in (
        {},
        None,
        "text",
        {"rule": "of tomorrow"},
        {"rule": "off_route"},
        {"rule": "off_route", "metres": "x"},
    ):
        assert why(odd) == ""


def test_facts_that_their_sentence_does_not_declare_are_refused():
    with pytest.raises(ValueError, match="off_route"):
        facts.of("off_route", metres=1.0)
    with pytest.raises(ValueError, match="of tomorrow"):
        facts.of("of tomorrow")


def test_every_rule_makes_facts_that_its_sentence_tells():
    for rule in RULES:
        values = dict.fromkeys(rule.figures, 600.0) | {name: of(trip()) for name, of in rule.of_trip.items()}
        if "party" in rule.forms:
            values["party"] = "driver"
        stored = facts.of(rule.key, **values)
        assert len(rule.detail(values)) <= 24
        for language in ("en", "zh-hans"):
            with override(language):
                assert "%" not in why(stored)
                assert why(stored)


# --- trips in memory ---


def table_of(*trips):
    table = WatchTable(LIMITS)
    assert table.put(trips, {}) == {}
    return table


NAN = float("nan")


@pytest.mark.parametrize(
    "bad",
    [
        {"route": []},
        {"route": [(28.0, NAN), (28.1, 121.0)]},
        {"destination": (NAN, 121.0)},
        {"planned_seconds": NAN},
        {"places": ((NAN, 121.0),)},
    ],
)
def test_a_trip_that_cannot_be_compiled_stops_only_itself(bad):
    table = WatchTable(LIMITS)
    wrong = table.put([trip(code="T-1"), trip(code="T-2", **bad), trip(code="T-3")], {})
    assert wrong.keys() == {"T-2"}
    assert set(table.codes()) == {"T-1", "T-3"}
    assert len(table) == 2
    # A trip that was watched, and is broken now, is not watched as it was before.
    assert table.put([trip(code="T-1", **bad)], {}).keys() == {"T-1"}
    assert set(table.codes()) == {"T-3"}


def test_what_is_remembered_of_a_known_trip_is_kept_when_it_changes():
    table = table_of(trip(TripState.ACCEPTED))
    table.observe([("T-1", Party.DRIVER, False, pings([(0, 0, 0)]))])
    before = table.saved("T-1")
    assert table.put([trip(TripState.IN_PROGRESS)], {"T-1": b""}) == {}
    assert table.saved("T-1") == before
    assert table.trip("T-1").state == TripState.IN_PROGRESS


def test_a_row_that_is_used_again_remembers_nothing_of_the_trip_before():
    table = table_of(trip(code="T-1"))
    table.observe([("T-1", Party.DRIVER, False, pings([(0, 0, 0)]))])
    table.drop(["T-1", "T-9"])
    table.put([trip(code="T-2")], {})
    assert table.saved("T-2") == table_of(trip(code="T-2")).saved("T-2")


def test_positions_that_are_no_numbers_and_trips_that_are_not_watched_change_nothing():
    table = table_of(trip())
    before = table.saved("T-1")
    odd = [(START, NAN, 121.0, 0.0), (NAN, 28.0, 121.0, 0.0), (START, 28.0, float("inf"), 0.0)]
    assert table.observe([("T-1", Party.DRIVER, False, odd), ("T-9", Party.DRIVER, False, odd)]) == []
    assert table.saved("T-1") == before


def test_new_limits_hold_for_all_trips():
    table = table_of(trip())
    values = {name: LIMITS[number] for number, name in enumerate(list(declare.columns())[3].names)}
    assert table.set_limits(Limits(**{**values, "off_route_metres": 100})) == {}
    off = pings([(t, 1000, 200) for t in range(0, 60, 5)])
    assert [each.rule for _code, each in table.observe([("T-1", Party.DRIVER, False, off)])] == ["off_route"]
    assert table.limits == Limits(**{**values, "off_route_metres": 100})


def test_a_trip_that_met_before_does_not_meet_again():
    table = table_of(trip(TripState.ACCEPTED, met=True))
    assert table.nothing_known("T-1")
    table.begin("T-1", {party: (Fix(START, 28.0, 121.0), False) for party in Party})
    assert not table.nothing_known("T-1")
    on = [("T-1", party, False, pings([(t, 600, 0)])) for t in (60, 62, 64) for party in Party]
    assert [each.rule for _code, each in table.observe(on)] == ["together"]


def test_a_meeting_is_no_signal():
    table = table_of(trip(TripState.ACCEPTED))
    here = [("T-1", party, False, pings([(t, 0, 0)])) for t in (0, 2, 4) for party in Party]
    ((code, found),) = table.observe(here)
    assert (code, found.rule, found.kind, found.facts["rule"]) == ("T-1", MEETING, None, MEETING)


def silent(table, **clocks):
    return [
        each.detail.split("/")[0] for _code, each in table.tick(clocks["of"]) if each.rule == "signal_lost"
    ]


def test_a_trip_is_judged_by_the_watermark_of_its_own_shard():
    other = next(city for city in ("a", "b", "c", "d", "e") if shard_stream(city) != STREAM)
    table = table_of(trip(), trip(code="T-2", city=other))
    assert table.tick({}) == []
    assert table.tick({"positions:of nobody": START + 5000}) == []
    assert {code for code, _each in table.tick({STREAM: START + 600, shard_stream(other): START + 30})} == {
        "T-1"
    }
    assert {code for code, _each in table.tick({shard_stream(other): START + 600})} == {"T-2"}


def test_what_was_not_the_phones_fault_is_not_silence():
    table = table_of(trip())
    table.excuse([(START + 20, START + 100), (START + 110, START + 3600)])
    assert silent(table, of={STREAM: START + 3600}) == []
    assert (
        silent(table, of={STREAM: START + 3600 + 30}) == []
    )  # 20, 10 and 30 seconds in which they could speak
    assert silent(table, of={STREAM: START + 3600 + 31}) == ["passenger", "driver"]


def test_a_gap_that_lasts_makes_nobody_silent():
    table = table_of(trip())
    table.excuse([(START + 50, float("inf"))])
    assert silent(table, of={STREAM: START + 50_000}) == []
    table.excuse([])
    assert silent(table, of={STREAM: START + 50_000}) == ["passenger", "driver"]


def test_a_car_that_is_heard_first_after_a_gap_is_not_alone():
    """Its phone kept the way through the gap; hers is about to be heard."""
    for gaps, expected in (([(START + 10, START + 900)], []), ([], ["moving_alone_after_cancel"])):
        table = table_of(trip(TripState.CANCELLED, met=True))
        table.excuse(gaps)
        table.observe([("T-1", Party.PASSENGER, False, pings([(5, 0, 0)]))])
        way = pings([(t, t * 5, 0) for t in range(0, 920, 10)])
        assert [each.rule for _code, each in table.observe([("T-1", Party.DRIVER, False, way)])] == expected


@pytest.mark.parametrize("step", [3600.0, -3600.0])
@pytest.mark.parametrize("state", [TripState.ACCEPTED, TripState.IN_PROGRESS, TripState.CANCELLED])
def test_a_step_of_the_clock_changes_nothing_that_is_seen(state, step):
    """Every rule: what was remembered before goes with the clock. Red where a column that holds a time says so not."""
    night = START + 13 * 3600  # 02:00: no step leads out of the night
    began = datetime.fromtimestamp(night, tz=UTC)
    way = [(t, 0 if t < 400 else (t - 400) * 12, 0 if t < 900 else 5000) for t in range(0, 1500, 20)]

    def walked(at_step: float) -> list[tuple[str, str]]:
        table = table_of(trip(state, driver_state_since=began, met=True))
        seen = []
        for second, north, east in way:
            by = at_step if second >= 700 else 0.0
            if second == 700:
                table.shift(at_step)
                moved = began + timedelta(seconds=at_step)
                table.put([trip(state, driver_state_since=moved, met=True)], {})
            ((_at, lat, lon, _metres),) = pings([(0, north, east)])
            for party in Party:
                if party == Party.DRIVER or second < 1000:
                    seen += table.observe([("T-1", party, False, [(night + second + by, lat, lon, 0.0)])])
            seen += table.tick({STREAM: night + second + by})
        return [(each.rule, str(each.facts.get("party"))) for _code, each in seen]

    assert walked(step) == walked(0.0) != []


@pytest.mark.parametrize("state", [TripState.ACCEPTED, TripState.IN_PROGRESS, TripState.CANCELLED])
def test_columns_that_hold_a_time_say_so_and_no_others(state):
    """The same trip an hour later: what is an hour more is a time, all else is as it was."""
    way = [(t, 0 if t < 400 else (t - 400) * 12, 0 if t < 900 else 5000) for t in range(0, 1500, 20)]
    tables = []
    for by in (0.0, 3600.0):
        began = datetime.fromtimestamp(START + by, tz=UTC)
        tables.append(table_of(trip(state, driver_state_since=began, met=True)))
    columns = list(declare.columns())[:2]
    for second, north, east in way:
        for table, by in zip(tables, (0.0, 3600.0), strict=True):
            ((at, lat, lon, _metres),) = pings([(second, north, east)])
            for party in Party:
                if party == Party.DRIVER or second < 1000:
                    table.observe([("T-1", party, False, [(at + by, lat, lon, 0.0)])])
            table.tick({STREAM: at + by})
        for of, now, later in zip(
            columns,
            (tables[0]._phones[0], tables[0]._memory[:1]),
            (tables[1]._phones[0], tables[1]._memory[:1]),
            strict=True,
        ):
            for number, name in enumerate(of.names):
                both = np.isfinite(now[:, number]) & np.isfinite(later[:, number])
                moved = later[both, number] - now[both, number]
                expected = 3600.0 if number in of.times else 0.0
                assert np.allclose(moved, expected, atol=1e-6), (
                    f"{of.of}, column {name}: it {'has' if number in of.times else 'lacks'} time=True,"
                    f" and is {moved} s more an hour later"
                )


def test_a_great_many_positions_at_once_have_room_to_speak(monkeypatch):
    monkeypatch.setattr(memory, "AT_ONCE", 7)
    table, whole = table_of(trip()), table_of(trip())
    stops = [(t, (t // 400) * 900, 0) for t in range(0, 4000, 10)]
    found = table.observe([("T-1", Party.DRIVER, False, pings(stops))])
    monkeypatch.setattr(memory, "AT_ONCE", 65_536)
    assert found == whole.observe([("T-1", Party.DRIVER, False, pings(stops))])
    assert len([each for _code, each in found if each.rule == "long_stop"]) >= 9


# --- what is put, dropped and seen bit by bit is as if it had been there from the first ---

CODES = [f"T-{number}" for number in range(6)]
ways = st.lists(st.tuples(st.floats(27.99, 28.12), st.floats(120.98, 121.02)), min_size=1, max_size=40)
walks = st.lists(
    st.tuples(st.integers(0, 2000), st.floats(-3000, 12000), st.floats(-4000, 4000)), max_size=12
)
steps = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(CODES), ways, st.sampled_from(list(TripState)[2:6])),
    st.tuples(st.just("drop"), st.sampled_from(CODES)),
    st.tuples(st.just("observe"), st.sampled_from(CODES), st.sampled_from(list(Party)), walks),
    st.tuples(st.just("tick"), st.integers(0, 8000)),
)


@settings(max_examples=150)
@given(st.lists(steps, max_size=40))
def test_bit_by_bit_is_as_if_built_whole(given_steps):
    table, alone = WatchTable(LIMITS), {}
    for step in given_steps:
        match step:
            case ("put", code, way, state):
                changed = trip(state, code=code, route=way, route_source="osrm")
                assert table.put([changed], {}) == {}
                # The same trip in a fresh table of its own, with what it remembered so far.
                before = {code: alone[code].saved(code)} if code in alone else {}
                alone[code] = WatchTable(LIMITS)
                alone[code].put([changed], before)
            case ("drop", code):
                table.drop([code])
                alone.pop(code, None)
            case ("observe", code, party, walk):
                batch = [(code, party, False, pings(walk))]
                expected = alone[code].observe(batch) if code in alone else []
                assert table.observe(batch) == expected
            case ("tick", seconds):
                now = {STREAM: START + seconds}
                expected = {code: [each for _code, each in one.tick(now)] for code, one in alone.items()}
                found = {code: [] for code in alone}
                for code, each in table.tick(now):
                    found[code].append(each)
                assert found == expected
        assert set(table.codes()) == alone.keys()
        assert {code: table.saved(code) for code in alone} == {
            code: one.saved(code) for code, one in alone.items()
        }


def test_ways_that_come_and_go_do_not_pile_up():
    table = table_of(trip(code="T-0"))
    for number in range(1, 3000):
        table.put([trip(code=f"T-{number}", route=[(28.0 + k / 1000, 121.0) for k in range(50)])], {})
        table.drop([f"T-{number}"])
    assert len(table._ways.points) <= 1024
    assert len(table._shards) == memory.FEWEST
    off = pings([(t, 1000, 700) for t in range(0, 60, 5)])
    assert [each.rule for _code, each in table.observe([("T-0", Party.DRIVER, False, off)])] == ["off_route"]


# --- the compiled program ---


def test_after_the_warm_up_nothing_is_left_to_compile(declared_policies):  # noqa: F811 - the fixture
    warm_up()
    before = list(program.observe.signatures), list(program.tick.signatures)
    table = WatchTable(limits_in_force())
    assert table.tick({STREAM: START}) == []
    table.put([replace(trip(), code=f"T-{number}") for number in range(200)], {})
    table.put([trip(code="T-0", places=())], {})
    table.observe([])
    table.observe([("T-1", Party.DRIVER, False, ())])
    way = pings([(t, 1000, 700) for t in range(0, 60, 5)])
    assert table.observe([(f"T-{number}", party, True, way) for number in range(200) for party in Party])
    table.observe(
        [("T-1", Party.DRIVER, False, [(START + 70, NAN, 1.0, 0.0), (START + 71, 28.0, 121.0, 0.0)])]
    )
    assert table.tick({STREAM: START + 5000})
    assert (list(program.observe.signatures), list(program.tick.signatures)) == before
    assert [len(each) for each in before] == [1, 1]


LIMIT_OF_TEST, INNER_OF_TEST = 0, None  # stand for globals of other files; each function below has its own


def test_a_constant_of_another_file_that_changed_is_not_served_stale(tmp_path, monkeypatch):
    """numba keeps machine code by the file of the outermost function; the constant stands in another one."""
    from numba.core import config

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))

    def build(limit):
        inner = program._inlined(_reader(limit))
        return program.kept(_caller(inner))

    first = build(5)
    assert [first(4), first(6)] == [False, True]
    again = build(5)
    assert again(6)
    assert sum(again.stats.cache_hits.values()) == 1  # unchanged: read from the disk
    changed = build(7)
    assert [changed(6), changed(8)] == [False, True]
    assert sum(changed.stats.cache_hits.values()) == 0


def _reader(limit):
    def inner(x):
        return x > LIMIT_OF_TEST

    return FunctionType(inner.__code__, {"LIMIT_OF_TEST": limit, "__name__": __name__}, "inner")


def _caller(inner):
    def outer(x):
        return INNER_OF_TEST(x)

    return FunctionType(outer.__code__, {"INNER_OF_TEST": inner, "__name__": __name__}, "outer")


def test_the_fingerprint_of_the_program_knows_the_rules_and_their_constants(monkeypatch):
    from safety.monitor.rules import meeting, signal_lost

    before = program.fingerprint(program.observe), program.fingerprint(program.tick)
    assert before == (program.fingerprint(program.observe), program.fingerprint(program.tick))
    monkeypatch.setattr(meeting, "METRES", 150.0)
    assert program.fingerprint(program.observe) != before[0]
    monkeypatch.setattr(signal_lost, "SILENCE_AWAY", 0)
    assert program.fingerprint(program.tick) != before[1]


def test_what_is_saved_has_the_version_of_the_layout(monkeypatch):
    saved = table_of(trip()).saved("T-1")
    assert saved.startswith(rules.VERSION)
    phone = next(declare.columns())
    monkeypatch.setattr(phone, "names", [*phone.names, "of a new rule"])
    monkeypatch.setattr(phone, "starts", [*phone.starts, np.nan])
    assert rules._version() != rules.VERSION


def run(code, **environment):
    return subprocess.run(
        [sys.executable, *code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_the_rules_stay_inside_their_arrays(tmp_path):
    """numba checks no bounds unless it is told to: the rules' own tests once more with checks, in a process of their own."""
    if os.environ.get("NUMBA_BOUNDSCHECK"):
        pytest.skip("this is that process")
    done = run(
        [
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "safety/tests/test_detectors.py",
            "-k",
            "not compiled_distance",
        ],
        NUMBA_BOUNDSCHECK="1",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout or "100%" in done.stdout


@pytest.mark.long
def test_of_processes_that_begin_together_one_compiles(tmp_path):
    code = (
        "import sys, django; django.setup(); from safety.monitor.program import kept\n"
        "def far(x, y):\n    return (x * x + y * y) ** 0.5\n"
        "far = kept(far); print('ready', flush=True); sys.stdin.readline(); far(3.0, 4.0)\n"
        "print(sum(far.stats.cache_misses.values()))"
    )
    (tmp_path / "far.py").write_text(code)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(BASE_DIR)}
    begun = [
        subprocess.Popen(
            [sys.executable, tmp_path / "far.py"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _each in range(2)
    ]
    for each in begun:
        assert each.stdout.readline() == "ready\n"
    for each in begun:
        each.stdin.write("go\n")
        each.stdin.flush()
    assert sorted(each.communicate()[0].strip() for each in begun) == ["0", "1"]


@pytest.mark.parametrize("spoilt", ["not ours", "no locks", "held"])
def test_a_lock_that_is_not_to_be_had_keeps_no_monitor_from_starting(tmp_path, monkeypatch, spoilt):
    lock = tmp_path / "compiling.lock"

    def refused(_file, how):
        if spoilt == "no locks":
            raise OSError(errno.ENOLCK, "no locks available")
        if not how & fcntl.LOCK_NB:
            raise AssertionError("waits without end")
        raise BlockingIOError

    if spoilt == "not ours":
        lock.mkdir()  # to open it is refused, to whoever asks
    else:
        monkeypatch.setattr(program.fcntl, "lockf", refused)
    monkeypatch.setattr(program, "LONGEST_TURN", 0.3, raising=False)

    class Compiled:
        _cache = SimpleNamespace(cache_path=str(tmp_path))

        def compile(self, signature):
            return signature

    assert program._compile_alone(Compiled(), "compiled") == "compiled"


def test_a_fault_of_compiling_is_not_taken_for_one_of_the_lock(tmp_path):
    with pytest.raises(OSError, match="of the compiler"), program._turn(tmp_path / "compiling.lock"):
        raise OSError("of the compiler")


@pytest.mark.long
def test_a_web_process_reads_the_rules_without_the_compiler():
    code = (
        "import os; from config.local import throwaway_environment; os.environ.update(throwaway_environment());"
        "import django; django.setup(); import safety.views, safety.sentences, sys;"
        "assert 'numba' not in sys.modules"
    )
    done = run(["-c", code])
    assert done.returncode == 0, done.stderr[-2000:]


# --- a rule that raises ---


def another(key, **parts):
    """A declared rule with other parts; its sentence is declared already."""
    rule = copy(next(rule for rule in RULES if rule.key == key))
    for name, part in parts.items():
        object.__setattr__(rule, name, part)
    return rule


def broken(monkeypatch, key, **parts):
    found = tuple(another(key, **parts) if rule.key == key else rule for rule in RULES)
    monkeypatch.setattr(memory, "RULES", found)


def fail(*_anything):
    raise ZeroDivisionError("for a test")


def test_one_detection_that_cannot_be_made_takes_no_other_with_it(monkeypatch):
    broken(monkeypatch, "off_route", detail=fail)
    table = WatchTable(LIMITS)
    table.put([trip(code="T-1")], {})
    off = pings([(second, 1000, 700) for second in range(0, 200, 10)])
    table.observe([("T-1", Party.DRIVER, False, off)])
    (fault,) = table.take_faults()
    assert (fault.name, fault.code) == ("off_route/T-1", "T-1")
    assert table.take_faults() == []
    monkeypatch.undo()
    broken(
        monkeypatch, "signal_lost", detail=lambda values: fail() if values["party"] == "driver" else "hers"
    )
    seen = [each.detail for _code, each in table.tick({STREAM: START + 9000}) if each.rule == "signal_lost"]
    assert seen == ["hers"]
    assert [fault.name for fault in table.take_faults()] == ["signal_lost/T-1"]


def test_what_a_rule_raised_in_is_as_if_it_was_never_read(monkeypatch):
    table = WatchTable(LIMITS)
    table.put([trip(code="T-1")], {})
    before = table.saved("T-1")
    off = pings([(second, 1000, 700) for second in range(0, 200, 10)])
    whole = program.observe

    def after_half(table, *rest):
        whole(table[: len(table) // 2], *rest)
        fail()

    monkeypatch.setattr(program, "observe", after_half)
    with pytest.raises(ZeroDivisionError):
        table.observe([("T-1", Party.DRIVER, True, off)])
    assert table.saved("T-1") == before
    monkeypatch.undo()
    assert [each.rule for _code, each in table.observe([("T-1", Party.DRIVER, False, off)])] == ["off_route"]


def test_what_was_said_before_a_rule_raised_at_the_clock_is_heard(monkeypatch):
    table = WatchTable(LIMITS)
    table.put([trip(code="T-1")], {})
    whole = program.tick

    def then_fail(*arguments):
        whole(*arguments)
        fail()

    monkeypatch.setattr(program, "tick", then_fail)
    assert "signal_lost" in {each.rule for _code, each in table.tick({STREAM: START + 9000})}
    assert [fault.name for fault in table.take_faults()] == [f"tick/{STREAM}"]


def test_a_trip_for_which_a_rule_raises_at_the_clock_stops_no_other():
    """The compiled rule itself raises: dividing by nothing."""
    table = table_of(*(trip(code=f"T-{number}") for number in range(5)))
    for code in ("T-0", "T-2", "T-4"):
        table._trip[table._rows[code], CLOSENESS] = 0.0
    seen = table.tick({STREAM: START + 9000})
    assert {code for code, each in seen if each.rule == "signal_lost"} == {"T-1", "T-3"}
    faults = table.take_faults()
    assert [(fault.name, fault.code) for fault in faults] == [
        (f"tick/{code}", code) for code in ("T-0", "T-2", "T-4")
    ]
    assert table.tick({STREAM: START + 9001}) == []  # each was said once
    table._trip[:, CLOSENESS] = 1.0
    table.take_faults()
    assert {code for code, _each in table.tick({STREAM: START + 9002})} == {"T-0", "T-2", "T-4"}
    assert table.take_faults() == []


def test_a_rule_that_raises_for_a_great_many_trips_is_told_of_in_few_words():
    many = memory.FAULTS_AT_ONCE + 30
    table = table_of(*(trip(code=f"T-{number}") for number in range(many)))
    table._trip[1:, CLOSENESS] = 0.0
    assert {code for code, _each in table.tick({STREAM: START + 9000})} == {"T-0"}
    faults = table.take_faults()
    assert len(faults) == memory.FAULTS_AT_ONCE + 1
    assert faults[-1].name == f"tick/{STREAM}"
