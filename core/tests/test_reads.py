"""Reads whose statement is written once: the same rows as Django's own, and no value that stays."""

from datetime import datetime

import pytest
from django.db.models import F
from django.db.models.query import QuerySet

from core import clock
from core.errors import NotFound
from core.reads import Read
from rides.models import Trip
from rides.selectors import all_trips


def flat(row, depth=3):
    """All that was read of a row and of what was joined to it."""
    if row is None or depth == 0:
        return row and row.pk
    columns = {key: value for key, value in row.__dict__.items() if key != "_state"}
    return columns | {key: flat(other, depth - 1) for key, other in row._state.fields_cache.items()}


def test_a_row_is_as_django_reads_it_with_all_that_is_joined(rides):
    trip = rides.boarded()
    read = Read(lambda code: all_trips().filter(code=code), str)
    assert flat(read.the(trip.code)) == flat(all_trips().get(code=trip.code))
    assert read.the(trip.code)._state.db == "default"


def test_it_answers_for_other_values_and_says_where_nothing_is(rides):
    first, second = rides.boarded(), rides.booked("passenger2")
    read = Read(lambda code: all_trips().filter(code=code), str)
    assert [read.the(each.code).pk for each in (first, second, first)] == [first.pk, second.pk, first.pk]
    assert read.first("T-NOBODY") is None and read.all("T-NOBODY") == []
    with pytest.raises(NotFound):
        read.the("T-NOBODY")


def test_parts_of_a_row_and_numbers_and_moments(rides):
    trip, at = rides.boarded(), clock.now()
    read = Read(
        lambda pk, since, before: Trip.objects.only("code").filter(
            pk=pk, requested_at__gt=since, requested_at__lte=before
        ),
        int,
        datetime,
        datetime,
    )
    row = read.the(trip.pk, trip.requested_at.replace(year=2000), at)
    assert row.code == trip.code and "state" in row.get_deferred_fields()
    assert row.state == trip.state
    assert read.first(trip.pk, at, at) is None


def test_the_statement_is_written_once(rides, monkeypatch):
    trip, asked = rides.boarded(), []
    read = Read(lambda code: asked.append(code) or all_trips().filter(code=code), str)
    read.the(trip.code), read.the(trip.code)
    assert len(asked) == 1
    monkeypatch.setattr(QuerySet, "_fetch_all", lambda _self: pytest.fail("a queryset was asked"))
    read.the(trip.code)


def test_a_moment_or_a_value_that_would_stay_is_refused(db):
    with pytest.raises(ValueError, match="for ever"):
        Read(lambda code: Trip.objects.filter(code=code, requested_at__gt=clock.now()), str).first("T-1")
    with pytest.raises(ValueError, match="only some"):
        Read(lambda code, _other: Trip.objects.filter(code=code), str, int).first("T-1", 1)


def test_a_column_that_is_made_for_the_question_is_there(rides):
    trip = rides.boarded()
    assert (
        Read(lambda pk: Trip.objects.filter(pk=pk).annotate(other=F("pk")), int).the(trip.pk).other == trip.pk
    )


def test_what_would_be_left_out_in_silence_is_refused(db):
    with pytest.raises(ValueError, match="prefetched"):
        Read(lambda code: Trip.objects.filter(code=code).prefetch_related("messages"), str).first("T-1")
    with pytest.raises(ValueError, match="locks"):
        Read(lambda code: Trip.objects.select_for_update().filter(code=code), str).first("T-1")
