"""Where cars with an order are: the newest position of each driver's phone, as the positions' own store has it, in batches.

Nothing is asked of the monitor or of the stream: this runs in the worker of bulk work, after what a life depends on. The
phone stands for the car, which has no receiver that the platform knows of.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core import clock, jobs
from core.transactions import begins_transaction
from governance.models import FeedPosition
from governance.regulator import receiver
from governance.regulator.company import Company, company, is_set_up
from governance.regulator.items import bare
from governance.regulator.layout import WGS84, Wrong, degree, wrong_with
from governance.regulator.sending import (
    LAW,
    SILENT,
    TAKEN,
    UNANSWERED,
    UNASKED,
    count,
    said_of,
    set_aside,
)
from rides.states import ABOARD

KIND = "positionVehicle"
AT_ONCE = 100
FORGOTTEN = timedelta(hours=1)
CARRIES, COMES = 1, 2  # `BizStatus`
_NEW = """
SELECT t.id, t.code, t.state, v.plate, c.code, l.at, l.latitude, l.longitude, l.speed
FROM rides_trip t
JOIN rides_latestposition l ON l.trip_id = t.id AND l.party = 'driver'
JOIN rides_city c ON c.id = t.city_id
JOIN drivers_vehicle v ON v.id = t.vehicle_id
JOIN accounts_account p ON p.id = t.passenger_id AND NOT p.is_drill
JOIN drivers_driver d ON d.id = t.driver_id
JOIN accounts_account o ON o.id = d.account_id AND NOT o.is_drill
JOIN jsonb_to_recordset(%(cities)s::jsonb) AS x(city text, line text) ON x.city = c.code AND x.line = t.line
LEFT JOIN governance_feedposition f ON f.trip = t.id
WHERE t.state IN ('accepted', 'arrived', 'boarded', 'in_progress') AND t.id <> ALL (%(seen)s)
  AND (f.at IS NULL OR l.at > f.at)
ORDER BY f.told_at NULLS FIRST, t.id LIMIT %(most)s
"""


def _positions(_at: datetime) -> None:
    if not is_set_up():
        return
    ours, seen = company(), list[int]()
    silent = heard = False
    while rows := _new(ours, seen):
        seen += [row[0] for row in rows]
        told = _tell(ours, rows)
        heard, silent = heard or told, silent or not told
        if (silent and not heard) or not jobs.go_on():
            break
    if silent and not heard:
        raise receiver.Silent
    _forget()


POSITIONS = jobs.whole(
    "governance.feed_positions", _("Telling the regulator where cars are"), _positions, law=LAW
)


def _new(ours: Company, seen: list[int]) -> list[Any]:
    """Cars whose position is newer than what was told; those first of which was told longest ago."""
    with connection.cursor() as cursor:
        lines = [
            {"city": code, "line": line} for code, city in ours.cities.items() for line in sorted(city.lines)
        ]
        cursor.execute(_NEW, {"cities": json.dumps(lines), "seen": seen, "most": AT_ONCE})
        return list(cursor.fetchall())


def _item(ours: Company, row: Sequence[Any]) -> dict[str, Any]:
    _pk, code, state, plate, city, at, latitude, longitude, speed = row
    told = {"Speed": round(speed * 3.6)} if speed is not None and speed >= 0 else {}
    return {
        "CompanyId": ours.id,
        "VehicleNo": bare(plate),
        "VehicleRegionCode": ours.cities[city].region,
        "PositionTime": int(at.timestamp()),
        "Longitude": degree(longitude),
        "Latitude": degree(latitude),
        "Encrypt": WGS84,
        "BizStatus": CARRIES if state in ABOARD else COMES,
        "OrderId": code,
        **told,
    }


def _tell(ours: Company, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the platform was heard. A position of which it says nothing, where it does of others, is refused."""
    at = clock.now()
    items = [_item(ours, row) for row in rows]
    wrong = [wrong_with(KIND, item, at) for item in items]
    good = [number for number, why in enumerate(wrong) if why is None]
    answers = dict(zip(good, said_of(ours.id, KIND, [items[number] for number in good]), strict=True))
    heard = any(answer is TAKEN or isinstance(answer, Wrong) for answer in answers.values())
    for number, answer in answers.items():
        if isinstance(answer, Wrong):
            wrong[number] = answer
        elif answer is SILENT and heard:
            wrong[number] = UNANSWERED
    known = [
        number for number in range(len(rows)) if answers.get(number) not in (SILENT, UNASKED) or wrong[number]
    ]
    _write_down([rows[number] for number in known], [wrong[number] for number in known])
    return heard or not good


@begins_transaction
def _write_down(rows: Sequence[Sequence[Any]], wrong: Sequence[Wrong | None]) -> None:
    """A position that cannot be true is not told again: the next one is."""
    at = clock.now()
    FeedPosition.objects.bulk_create(
        [FeedPosition(trip=row[0], at=row[5], told_at=at) for row in rows],
        update_conflicts=True,
        unique_fields=["trip"],
        update_fields=["at", "told_at"],
    )
    refused = [(row[1], why) for row, why in zip(rows, wrong, strict=True) if why is not None]
    taken = [row[5] for row, why in zip(rows, wrong, strict=True) if why is None]
    count(KIND, taken, at, refused=len(refused))
    set_aside(KIND, refused)


def _forget() -> None:
    FeedPosition.objects.filter(told_at__lt=clock.now() - FORGOTTEN).delete()
