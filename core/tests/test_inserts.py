"""Rows written by a plain statement are those that Django would have written."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock, inserts
from core.models import AuditEntry, DataHold, OutboxEvent, TimelineEntry
from core.transactions import NoTransaction
from rides.models import TrailMinute


def event(number):
    at = clock.now()
    return OutboxEvent(
        name="test.told",
        payload={"number": number, "words": "您好 '%s'"},
        queue="default",
        created_at=at,
        not_before=at,
    )


def line(subject):
    return AuditEntry(
        at=clock.now(), actor="SYSTEM", role="system", action="test.done", subject=subject, digest="d"
    )


def hold():
    at = clock.now()
    return DataHold(
        code="H-1", subject="T-1", source="sos", case="I-1", placed_at=at, placed_by="SYSTEM", until=at
    )


def test_each_row_gets_its_number_in_one_statement_and_holds_what_it_was_given(db):
    rows = [event(number) for number in range(3)]
    with CaptureQueriesContext(connection) as asked:
        assert inserts.insert(*rows)
    assert len(asked) == 1
    assert [OutboxEvent.objects.get(pk=row.pk).payload for row in rows] == [row.payload for row in rows]
    assert not any(row._state.adding for row in rows)


def test_what_the_database_gives_by_itself_stays_its_own(db):
    plain = line("a")
    inserts.insert(plain)
    by_django = line("b")
    by_django.save()
    ours, theirs = AuditEntry.objects.get(pk=plain.pk), AuditEntry.objects.get(pk=by_django.pk)
    assert (ours.transaction_id, ours.epoch) == (theirs.transaction_id, theirs.epoch)


def test_a_row_that_is_there_is_left_alone_where_that_is_asked_for_and_an_error_elsewhere(db):
    assert inserts.insert(hold(), unless_there=True)
    again = hold()
    assert not inserts.insert(again, unless_there=True)
    assert again.pk is None
    with pytest.raises(IntegrityError), transaction.atomic():
        inserts.insert(hold())
    assert DataHold.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_outside_of_a_transaction():
    with pytest.raises(NoTransaction):
        inserts.insert(event(1))
    assert not OutboxEvent.objects.exists()


def test_a_table_whose_values_need_more_than_a_place_is_refused(db):
    with pytest.raises(TypeError):
        inserts.insert(TrailMinute())


def test_what_is_kept_in_several_tables_is_written_in_one_statement_each_in_its_order(db):
    rows = [event(1), line("a"), hold(), line("b"), event(2)]
    with CaptureQueriesContext(connection) as asked, inserts.together():
        for row in rows:
            inserts.keep(row)
        assert not asked.captured_queries
    assert len(asked) == 1
    assert [row.payload["number"] for row in OutboxEvent.objects.order_by("pk")] == [1, 2]
    assert [row.subject for row in AuditEntry.objects.filter(action="test.done").order_by("pk")] == ["a", "b"]
    assert [type(row).objects.get(pk=row.pk) for row in rows] == rows


def test_nothing_of_what_is_kept_stays_where_one_table_refuses(db):
    with pytest.raises(IntegrityError), transaction.atomic(), inserts.together():
        inserts.keep(line("a"))
        inserts.keep(hold())
        inserts.keep(hold())
    assert not AuditEntry.objects.filter(action="test.done").exists()
    assert not DataHold.objects.exists()


ODD = "您好 '%s' \"\\ \n\t \u2028 🚕 %(x)s NULL \\u0041"


def test_what_is_kept_is_read_as_it_was_given(db):
    """Rows of several tables travel as JSON: nothing may be another value for it."""
    at = datetime(2026, 3, 2, 23, 59, 59, 999_999, tzinfo=ZoneInfo("Asia/Shanghai"))
    facts = {"a": [1, 2.5, None, True, {"b": ODD}], ODD: "", "n": 28.212700000000002, "big": 2**53 + 1}
    told = TimelineEntry(
        at=at,
        recorded_at=at,
        kind="safety.sos",
        actor=ODD,
        role="x",
        latitude=28.212700000000002,
        longitude=-1e-300,
        facts=facts,
        words=ODD,
    )
    bare = TimelineEntry(at=at, recorded_at=at, kind="safety.sos", actor="a", role="x", facts={})
    kept = hold()
    kept.source, kept.placed_at = ODD[:20], at
    with inserts.together():
        for row in (told, kept, bare):
            inserts.keep(row)
    for row in (told, kept, bare):
        found = type(row).objects.get(pk=row.pk)
        assert {f.attname: getattr(found, f.attname) for f in row._meta.concrete_fields} == {
            f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields
        }


def test_what_json_does_not_have_is_refused_and_nothing_of_it_stays(db):
    for odd in ({"a": object()}, {"a": clock.now()}, {"a": float("nan")}):
        row = event(1)
        row.payload = odd
        with pytest.raises((TypeError, ValueError)), transaction.atomic(), inserts.together():
            inserts.keep(line("a"))
            inserts.keep(row)
    given = line("a")
    given.epoch = 7
    with pytest.raises(TypeError), transaction.atomic(), inserts.together():
        inserts.keep(given)
        inserts.keep(event(1))
    assert not AuditEntry.objects.filter(action="test.done").exists()
