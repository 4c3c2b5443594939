"""Trails and latest positions (R9)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from core import clock
from core.transactions import begins_transaction
from rides.dispatch import cell
from rides.models import DriverOnDuty, LatestPosition, TrailMinute
from rides.states import (
    Party,
)
from rides.trails import Fix, minute_of, newest_believable, pack, unpack

_NEWEST = """
    INSERT INTO rides_latestposition AS known (trip_id, party, at, latitude, longitude, accuracy, speed, away)
    SELECT * FROM unnest(
        %s::bigint[], %s::text[], %s::timestamptz[], %s::float8[], %s::float8[], %s::float8[], %s::float8[],
        %s::boolean[]
    )
    ON CONFLICT (trip_id, party) DO UPDATE
    SET at = excluded.at, latitude = excluded.latitude, longitude = excluded.longitude,
        accuracy = excluded.accuracy, speed = excluded.speed, away = excluded.away
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
    away: dict[tuple[int, Party], bool] = {}
    for batch in batches:
        for fix in batch.fixes:
            minutes[batch.trip_id, batch.party, minute_of(fix.at)].append(fix)
        if batch.fixes or (batch.trip_id, batch.party) in away:
            away[batch.trip_id, batch.party] = batch.away
    if minutes:
        _store_newest(_store_minutes(minutes), away)


def _store_minutes(
    minutes: dict[tuple[int, Party, datetime], list[Fix]],
) -> dict[tuple[int, Party], list[Fix]]:
    """Write the minutes; returns all positions of each phone that stand in them now."""
    wanted = {(trip, minute) for trip, _party, minute in minutes}
    there = TrailMinute.objects.filter(
        trip__in={trip for trip, _ in wanted}, minute__in={minute for _, minute in wanted}
    ).order_by("trip_id", "party", "minute")
    before = {(row.trip_id, Party(row.party), row.minute): row for row in there.select_for_update()}
    rows: list[TrailMinute] = []
    all_of: dict[tuple[int, Party], list[Fix]] = defaultdict(list)
    for (trip, party, minute), fixes in sorted(
        minutes.items(), key=lambda item: (item[0][0], item[0][1], item[0][2])
    ):
        old = before.get((trip, party, minute))
        known = unpack(old.minute_packed) if old else []
        packed = pack([*known, *fixes])
        all_of[trip, party] += [*known, *fixes]
        rows.append(
            TrailMinute(
                trip_id=trip,
                party=party,
                minute=minute,
                latitude=packed.latitude,
                longitude=packed.longitude,
                packed=packed.packed,
                accuracy=packed.accuracy,
                far=packed.far,
            )
        )
    TrailMinute.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["trip", "party", "minute"],
        update_fields=["latitude", "longitude", "packed", "accuracy", "far"],
    )
    return all_of


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


def _store_newest(fixes_of: dict[tuple[int, Party], list[Fix]], away: dict[tuple[int, Party], bool]) -> None:
    """All at once, in the order of their keys: several monitors that write the same rows never wait in a circle.

    A row from beyond now was written while a clock was ahead: it must not stand still until now has reached it.
    """
    beyond = clock.now() + timedelta(seconds=AHEAD)
    before = {
        (row.trip_id, Party(row.party)): row.fix
        for row in LatestPosition.objects.filter(trip__in={trip for trip, _party in fixes_of}, at__lte=beyond)
    }
    rows = []
    for (trip, party), fixes in sorted(fixes_of.items()):
        known = before.get((trip, party))
        fix = newest_believable(known, sorted(fixes)) or known
        if fix is not None:
            at = datetime.fromtimestamp(fix.at, tz=UTC)
            gone = away[trip, party]
            rows.append((trip, party.value, at, *fix.point, fix.accuracy, fix.speed, gone))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST, [*(list(column) for column in zip(*rows, strict=True)), beyond])
