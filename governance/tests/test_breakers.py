"""The check of the checks: each promise is broken on purpose, out of sight, and its check has to turn red by it."""

import pytest
from django.db import connection

from core import clock
from governance import measures as board
from governance import shadow
from governance.measures import break_measure, check_measure, has_check, measures
from governance.models import MeasureState
from governance.services import record_breaker, record_check
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


def test_a_check_without_a_breaker_stops_the_start(monkeypatch):
    monkeypatch.delitem(board._breakers, "M04")
    with pytest.raises(ValueError, match="M04"):
        board.refuse_untried()


def test_a_breaker_that_is_disabled_turns_its_measure_red(rides, monkeypatch):
    rides.ended()
    measure = next(row for row in measures() if row.id == "M27")
    monkeypatch.setitem(board._breakers, "M27", lambda world: None)
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

    monkeypatch.setitem(board._breakers, "M27", raises)
    record_breaker(measure)
    assert record_check(measure).found.status == "fail"


def test_a_shadow_is_gone_and_touches_no_row(rides):
    trip = rides.under_way()
    with shadow.world(clock.now()) as world:
        made = world.trip()
        assert list(Trip.objects.values_list("code", flat=True)) == [made.code]
    assert Trip.objects.filter(pk=trip.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'rides_trip' AND relpersistence = 't'")
        assert cursor.fetchone() == (0,)


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
