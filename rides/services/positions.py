"""Trails and latest positions (R9)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from core import clock
from core.transactions import begins_transaction
from rides.dispatch import cell
from rides.models import DriverOnDuty, TrailMinute
from rides.partitions import ensure_months_of
from rides.states import (
    Party,
)
from rides.trails import Fix, PackedMinute, minute_of, pack, unpack

_NEWEST = """
    INSERT INTO rides_latestposition AS known (trip_id, party, at, latitude, longitude, away)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::float8[], %s::float8[], %s::boolean[])
    ON CONFLICT (trip_id, party) DO UPDATE
    SET at = excluded.at, latitude = excluded.latitude, longitude = excluded.longitude, away = excluded.away
    WHERE excluded.at >= known.at OR known.at > %s
"""
AHEAD = 120.0  # seconds that a phone's clock may be ahead (`rides.positions`)


@dataclass(frozen=True, slots=True)
class PhoneFixes:
    """New positions of one phone."""

    trip_id: int
    party: Party
    fixes: list[Fix]
    away: bool


@begins_transaction
def store_positions(batches: Iterable[PhoneFixes]) -> None:
    """Write trails and latest positions in bulk. The same positions again change nothing; late ones find their minute."""
    minutes: dict[tuple[int, Party, datetime], list[Fix]] = defaultdict(list)
    newest: dict[tuple[int, Party], tuple[Fix, bool]] = {}
    for batch in batches:
        for fix in batch.fixes:
            minutes[batch.trip_id, batch.party, minute_of(fix.at)].append(fix)
        if batch.fixes:
            last = max(batch.fixes)
            known = newest.get((batch.trip_id, batch.party))
            newest[batch.trip_id, batch.party] = (max(last, known[0]) if known else last, batch.away)
        elif (batch.trip_id, batch.party) in newest:
            newest[batch.trip_id, batch.party] = (newest[batch.trip_id, batch.party][0], batch.away)
    _store_minutes(minutes)
    _store_newest(newest)


def _store_minutes(minutes: dict[tuple[int, Party, datetime], list[Fix]]) -> None:
    ensure_months_of({minute for _trip, _party, minute in minutes})
    wanted = {(trip, minute) for trip, _party, minute in minutes}
    there = TrailMinute.objects.filter(
        trip__in={trip for trip, _ in wanted}, minute__in={minute for _, minute in wanted}
    )
    before = {(row.trip_id, Party(row.party), row.minute): row for row in there.select_for_update()}
    rows = []
    for (trip, party, minute), fixes in sorted(
        minutes.items(), key=lambda item: (item[0][0], item[0][1], item[0][2])
    ):
        old = before.get((trip, party, minute))
        known = unpack(PackedMinute(old.minute, old.latitude, old.longitude, old.packed)) if old else []
        packed = pack([*known, *fixes])
        rows.append(
            TrailMinute(
                trip_id=trip,
                party=party,
                minute=minute,
                latitude=packed.latitude,
                longitude=packed.longitude,
                packed=packed.packed,
            )
        )
    TrailMinute.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["trip", "party", "minute"],
        update_fields=["latitude", "longitude", "packed"],
    )


@begins_transaction
def store_duty_positions(newest: Mapping[str, Fix]) -> None:
    """Where drivers on duty are now, by account code; who is off duty meanwhile stays so."""
    rows = DriverOnDuty.objects.select_for_update(of=("self",)).filter(driver__account__code__in=newest)
    changed, beyond = [], clock.now() + timedelta(seconds=AHEAD)
    for row in rows.select_related("driver__account").order_by("driver_id"):
        fix = newest[row.driver.account.code]
        at = datetime.fromtimestamp(fix.at, tz=UTC)
        if at > row.at or row.at > beyond:
            row.latitude, row.longitude, row.at = fix.latitude, fix.longitude, at
            row.cell = cell((fix.latitude, fix.longitude))
            changed.append(row)
    DriverOnDuty.objects.bulk_update(changed, ["latitude", "longitude", "at", "cell"])


def _store_newest(newest: dict[tuple[int, Party], tuple[Fix, bool]]) -> None:
    """All at once, in the order of their keys: several monitors that write the same rows never wait in a circle.

    A row from beyond now was written while a clock was ahead: it must not stand still until now has reached it.
    """
    if not newest:
        return
    rows = [
        (trip, party.value, datetime.fromtimestamp(fix.at, tz=UTC), fix.latitude, fix.longitude, away)
        for (trip, party), (fix, away) in sorted(newest.items())
    ]
    beyond = clock.now() + timedelta(seconds=AHEAD)
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [*(list(column) for column in zip(*rows, strict=True)), beyond])
