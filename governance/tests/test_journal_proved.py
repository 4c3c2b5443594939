"""G6+ on the board: what outsiders have of the journal, and what turns it red."""

from datetime import timedelta

import pytest

from core import clock, jobs, retry
from core.journal.witness import make_key
from core.models import JournalCheckpoint, JournalRefusal
from governance.measures import check_measure, measure_of


@pytest.fixture
def journal(world, settings, tmp_path):
    settings.JOURNAL_ANCHOR, settings.TIME_URL = str(tmp_path / "checkpoints"), ""
    settings.WITNESS_KEY = make_key(tmp_path, "witness")
    at = clock.now()
    JournalCheckpoint.objects.create(at=at, size=5, root=b"", note="x", cosigned_at=at, anchored_at=at)


def said():
    measure = measure_of("G6+")
    assert measure is not None
    found = check_measure(measure).found
    return found.status, [each["rule"].removeprefix("board.") for each in found.facts[:-1]]


def test_a_journal_that_outsiders_sign_and_keep_is_kept(journal):
    assert said() == ("pass", [])


def test_it_is_red_where_nobody_outside_signs_or_keeps(journal, settings):
    settings.WITNESS_KEY = settings.JOURNAL_ANCHOR = ""
    assert said() == ("fail", ["no_witness", "no_anchor"])


def test_it_is_red_where_checkpoints_stop_or_nobody_signs_or_keeps_them(journal, noon):
    JournalCheckpoint.objects.update(cosigned_at=None, anchored_at=None)
    assert said() == ("none", [])  # a minute old: both may still come
    noon.shift(timedelta(minutes=6))
    assert said() == ("fail", ["checkpoints_stopped", "checkpoints_unsigned", "checkpoints_unkept"])


def test_a_refusal_is_red_for_a_month(journal, noon):
    JournalRefusal.objects.create(at=clock.now() - timedelta(days=29), note="refusal of x")
    assert said() == ("fail", ["witness_refused"])
    JournalRefusal.objects.update(at=clock.now() - timedelta(days=31))
    assert said() == ("pass", [])


def test_it_is_red_while_a_reading_found_the_journal_changed(journal):
    work = jobs.periodic_tasks()["core.tasks.verify_journal"][0].work
    retry.failed(work, "x", "the database was away")
    assert said() == ("pass", [])
    retry.failed(work, "x", retry.Hopeless("row 7: removed"))
    assert said() == ("fail", ["journal_not_as_it_was"])
    retry.done(work, "x")
    assert said() == ("pass", [])
