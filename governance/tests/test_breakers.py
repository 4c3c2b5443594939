"""The check of the checks: each promise is broken on purpose, out of sight, and its check has to turn red by it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import clock
from governance import measures as board
from governance import shadow
from governance.measures import break_measure, check_measure, has_check, measures
from governance.models import MeasureState
from governance.services import BREAKERS, record_breaker, record_check
from rides.models import Trip

CHECKED = [row for row in measures() if has_check(row.id)]


@pytest.mark.parametrize("measure", CHECKED, ids=lambda row: row.id)
def test_its_check_turns_red_when_it_is_broken(measure, db):
    """Also on a platform on which nothing ever happened."""
    tried = break_measure(measure)
    assert (tried.came, tried.why) == ("turned", ""), tried.found


def test_its_check_turns_red_on_a_platform_that_is_used(rides):
    rides.under_way()
    before = Trip.objects.count()
    assert {row.id: break_measure(row).came for row in CHECKED} == {row.id: "turned" for row in CHECKED}
    assert Trip.objects.count() == before


def test_one_measure_is_checked_and_broken_by_its_id(db, capsys):
    call_command("board", "P5+", "M28")
    assert [row.partition(" ")[0] for row in capsys.readouterr().out.splitlines()[::2]] == ["M28", "P5+"]
    call_command("board", "P5+", "--break")
    assert capsys.readouterr().out.split() == ["P5+", "turned"]
    assert set(MeasureState.objects.values_list("measure", flat=True)) == {"P5+"}
    with pytest.raises(CommandError, match="no such measure: P99"):
        call_command("board", "P99", "M28")


def test_a_check_without_a_breaker_stops_the_start(monkeypatch):
    monkeypatch.delitem(board._breakers, "M04")
    with pytest.raises(ValueError, match="M04"):
        board.refuse_untried()


def test_a_breaker_that_is_disabled_turns_its_measure_red(rides, monkeypatch):
    rides.ended()
    measure = next(row for row in measures() if row.id == "M27")
    monkeypatch.setitem(board._breakers, "M27", [board.Breach(lambda world: None, frozenset({"board.x"}))])
    record_breaker(measure)
    assert record_check(measure).found.status == "fail"
    state = MeasureState.objects.get(measure="M27")
    assert (state.status, state.breaker) == ("fail", "stayed")
    assert state.facts[0]["rule"] == "board.breaker_stayed"
    monkeypatch.undo()
    record_breaker(measure)
    assert record_check(measure).found.status == "none"


def test_a_breaker_that_raises_turns_its_measure_red(world, monkeypatch):
    measure = next(row for row in measures() if row.id == "M27")

    def raises(_world):
        raise RuntimeError

    monkeypatch.setitem(board._breakers, "M27", [board.Breach(raises, frozenset({"board.x"}))])
    record_breaker(measure)
    assert record_check(measure).found.status == "fail"


def test_a_check_that_is_red_for_another_reason_has_noticed_nothing(world, monkeypatch):
    measure = next(row for row in measures() if row.id == "M27")
    (breach,) = board._breakers["M27"]
    monkeypatch.setitem(board._breakers, "M27", [board.Breach(breach.run, frozenset({"board.late"}))])
    tried = break_measure(measure)
    assert (tried.came, tried.why, tried.found.status) == ("stayed", "red for another reason", "fail")
    record_breaker(measure)
    found = record_check(measure).found
    assert (found.status, found.facts[0]["rule"]) == ("fail", "board.breaker_stayed")


def test_each_way_to_break_a_measure_is_tried_and_one_that_is_not_noticed_is_enough(world, monkeypatch):
    measure = next(row for row in measures() if row.id == "M22")
    assert len(board._breakers["M22"]) > 1
    assert {each["rule"] for each in break_measure(measure).seen} == {
        "board.asked_unanswered", "board.asked_miscounted"
    }  # fmt: skip
    first = board._breakers["M22"][0]
    blind = board.Breach(lambda world: None, frozenset({"board.asked_miscounted"}))
    monkeypatch.setitem(board._breakers, "M22", [first, blind])
    assert break_measure(measure).came == "stayed"


def test_what_was_broken_and_seen_stands_on_the_board_and_its_evidence(world, signed_in, client):
    measure = next(row for row in measures() if row.id == "M22")
    record_breaker(measure)
    record_check(measure)
    assert MeasureState.objects.get(measure="M22").breaker_seen[0]["rule"] == "board.asked_unanswered"
    headers = {"accept-language": "en"}
    seen = "The votes are not as many as the voters"
    assert seen in signed_in("agent").get("/admin/board/", headers=headers).content.decode()
    assert seen in client.get("/promises/m22/", headers=headers).content.decode()
    said = client.get("/promises/m22.json").json()
    assert (said["breaker"], seen in said["breaker_seen"]["en"]) == ("turned", True)
    assert "stuffed" not in said["breaker_seen"]["en"]


def test_a_way_to_break_names_a_fault_or_is_none():
    with pytest.raises(ValueError, match="M22"):
        board.breaks("M22")


def test_a_shadow_is_gone_and_touches_no_row(rides):
    trip = rides.under_way()
    with shadow.world(clock.now()) as world:
        made = world.trip()
        assert list(Trip.objects.values_list("code", flat=True)) == [made.code]
    assert Trip.objects.filter(pk=trip.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'rides_trip' AND relpersistence = 't'")
        assert cursor.fetchone() == (0,)


@pytest.mark.long
def test_a_connection_that_prepared_its_questions_before_reads_the_shadow_too(rides):
    """A plan of the real table would answer for the one that stands before it, where the session has had such ones."""
    rides.under_way()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE had_before (one integer)")
    for measure in CHECKED:
        for _turn in range(3):
            for _again in range(5):
                check_measure(measure)
            assert break_measure(measure).came == "turned", measure.id


def test_a_check_that_takes_too_long_is_red_and_stops_only_itself(world, monkeypatch):
    first, second = CHECKED[:2]

    def slow(_at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr(board, "LONGEST", 0.2)
    monkeypatch.setitem(board._checks, first.id, slow)
    late = check_measure(first)
    assert (late.found.status, late.broken, late.seconds < 5) == ("fail", True, True)
    assert "took longer" in late.found.evidence or late.found.evidence
    assert not check_measure(second).broken


def test_what_another_build_brought_is_tried_at_once(world, monkeypatch):
    measure = next(row for row in measures() if row.id == "M27")
    record_breaker(measure)
    assert "M27" not in BREAKERS.behind(clock.now(), None, 100)
    monkeypatch.setattr("core.build.digest", lambda: "another")
    assert "M27" in BREAKERS.behind(clock.now(), None, 100)
    record_breaker(measure)
    assert "M27" not in BREAKERS.behind(clock.now(), None, 100)
