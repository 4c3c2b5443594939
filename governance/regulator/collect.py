"""What has to be told, found where it changed: each source has a mark, and no row is looked at twice for long.

Trips are read by the transaction that wrote them last, as `rides.open_requests` does, so that none is missed however long
its transaction ran. Rows that are only ever added are read by their number, and those of the last minutes once more. A fact
is one message however often it is seen. Marked people (the drill's, the demo city's) are nobody's: nothing of them is told.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from complaints.services import punishments
from core import jobs, policy
from core.retention import TRACES_KEPT
from governance.models import FeedMark
from governance.regulator.company import City, Company
from rides.selectors import cities

AT_ONCE = 2_000  # rows of a source in one statement
SETTLED = timedelta(minutes=5)  # no transaction that adds a row is open for longer
_QUEUED = (
    "INSERT INTO governance_feedmessage"
    " (kind, key, subject, rows, happened_at, queued_at, next_at, attempts, refused_for)"
)
_ONCE = "ORDER BY m.at ON CONFLICT (kind, key) DO NOTHING"
_OF_NOBODY_MARKED = """
 JOIN accounts_account p ON p.id = t.passenger_id AND NOT p.is_drill
 LEFT JOIN drivers_driver d ON d.id = t.driver_id
 LEFT JOIN accounts_account o ON o.id = d.account_id
"""
_TRIPS = f"""
{_QUEUED}
SELECT m.kind, m.key, t.code, jsonb_build_object('trip', t.id, 'driver', t.driver_id, 'vehicle', t.vehicle_id),
       m.at, %(at)s, %(at)s, 0, ''
FROM rides_trip t {_OF_NOBODY_MARKED}
CROSS JOIN LATERAL (VALUES
  ('orderCreate', t.code, t.requested_at),
  ('orderMatch', t.code || ':' || t.driver_id, CASE WHEN t.driver_id IS NOT NULL THEN t.accepted_at END),
  ('orderCancel', t.code, t.cancelled_at),
  ('operateDepart', t.code, t.boarded_at),
  ('operateArrive', t.code, t.ended_at),
  ('operatePay', t.code, t.ended_at)
) AS m(kind, key, at)
WHERE t.city_id = %(city)s AND t.line = ANY(%(lines)s) AND o.is_drill IS NOT TRUE AND m.at >= %(since)s AND {{which}}
{_ONCE}
"""  # noqa: S608 - ours
_CHANGED = _TRIPS.format(which="t.changed_in BETWEEN %(first)s AND %(last)s")
# Where nothing was read before: what is under way, and what came to anything in the last day.
_AT_FIRST = _TRIPS.format(
    which="(t.state IN ('requested', 'matched') OR t.state IN ('accepted', 'arrived', 'boarded', 'in_progress')"
    " OR (t.accepted_at >= %(begin)s AND t.driver_id IS NOT NULL)"
    " OR t.cancelled_at >= %(begin)s OR t.ended_at >= %(begin)s)"
)
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_LAST = """
SELECT max(changed_in), count(*) FROM (
  SELECT changed_in FROM rides_trip WHERE city_id = %s AND changed_in >= %s ORDER BY changed_in LIMIT %s
) AS next
"""
_IN_A_CITY = """
(SELECT 1 FROM jsonb_to_recordset(%(cities)s::jsonb) AS x(city bigint, line text)
 WHERE x.city = t.city_id AND x.line = t.line)
"""
_RATINGS = f"""
{_QUEUED}
SELECT 'ratedPassenger', t.code, t.code, jsonb_build_object('trip', t.id, 'stars', m.stars), m.at, %(at)s, %(at)s, 0, ''
FROM rides_rating m JOIN rides_trip t ON t.id = m.trip_id {_OF_NOBODY_MARKED}
WHERE m.id > %(first)s AND m.id <= %(last)s AND m.party = 'passenger' AND o.is_drill IS NOT TRUE
  AND m.at >= %(since)s AND EXISTS {_IN_A_CITY}
{_ONCE}
"""  # noqa: S608 - ours
_COMPLAINTS = f"""
{_QUEUED}
SELECT 'ratedPassengerComplaint', m.code, m.code, jsonb_build_object('trip', t.id, 'category', m.category),
       m.filed_at, %(at)s, %(at)s, 0, ''
FROM (SELECT *, filed_at AS at FROM complaints_complaint WHERE id > %(first)s AND id <= %(last)s) AS m
JOIN rides_trip t ON t.id = m.trip_id {_OF_NOBODY_MARKED}
WHERE m.accused_as = 'driver' AND o.is_drill IS NOT TRUE AND m.filed_at >= %(since)s AND EXISTS {_IN_A_CITY}
{_ONCE}
"""  # noqa: S608 - ours

# A time online has a beginning and an end, each told once; the car is the one bound then, of two the one that was said.
_SPELLS = f"""
{_QUEUED}
SELECT m.kind, s.id::text, o.code, jsonb_build_object('driver', s.driver_id, 'vehicle', (
           SELECT CASE WHEN count(*) = 1 THEN min(b.vehicle_id)
                  ELSE min(b.vehicle_id) FILTER (WHERE b.vehicle_id = d.driving_id AND d.driving_since <= m.at) END
           FROM drivers_binding b
           WHERE b.driver_id = s.driver_id AND b.bound_at <= m.at AND (b.ended_at IS NULL OR b.ended_at >= m.at))),
       m.at, %(at)s, %(at)s, 0, ''
FROM drivers_onlinespell s
JOIN drivers_driver d ON d.id = s.driver_id
JOIN accounts_account o ON o.id = d.account_id AND NOT o.is_drill
CROSS JOIN LATERAL (VALUES ('operateLogin', s.began_at), ('operateLogout', s.ended_at)) AS m(kind, at)
WHERE (s.ended_at IS NULL OR s.ended_at >= %(since)s) AND s.line = ANY(%(lines)s) AND m.at >= %(since)s
{_ONCE}
"""  # noqa: S608 - ours
SPELLS = "spells"
# What was decided against a driver of a reported line, and what was taken back since, each told once: by a complaint, and by
# a case of vetting.
_PUNISHED = f"""
{_QUEUED}
SELECT 'ratedDriverPunish', m.code || ':' || m.what, o.code, jsonb_build_object(
           'driver', d.id, 'measure', m.measure, 'case', m.barred, 'undone', m.what = 'undone'),
       m.at, %(at)s, %(at)s, 0, ''
FROM (
  SELECT s.code, s.person_id AS account, s.id AS measure, NULL::bigint AS barred, e.what, e.at
  FROM complaints_measure s
  CROSS JOIN LATERAL (VALUES ('done', s.done_at), ('undone', s.undone_at)) AS e(what, at)
  WHERE (s.done_at >= %(since)s OR s.undone_at >= %(since)s) AND s.person_as = 'driver' AND s.outcome = ANY(%(outcomes)s)
  UNION ALL
  SELECT c.code, d.account_id, NULL, c.id, e.what, e.at
  FROM drivers_vettingcase c
  JOIN drivers_driver d ON d.id = c.driver_id
  CROSS JOIN LATERAL (VALUES ('done', c.decided_at), ('undone', (
      SELECT min(a.decided_at) FROM drivers_appeal a JOIN drivers_hold h ON h.id = a.hold_id
      WHERE h.driver_id = c.driver_id AND h.source = c.code AND a.state = 'granted' AND c.state = 'overturned'))
  ) AS e(what, at)
  WHERE c.proposed = 'barred' AND c.state <> 'open'
) AS m
JOIN accounts_account o ON o.id = m.account AND NOT o.is_drill
JOIN drivers_driver d ON d.account_id = o.id AND d.lines && %(lines)s::varchar[]
WHERE m.at >= %(since)s
{_ONCE}
"""  # noqa: S608 - ours
PUNISHED = "punished"


def collect(company: Company, at: datetime) -> None:
    """Queue what is new of every source, until a turn is over."""
    since = at - policy.span(TRACES_KEPT) + timedelta(days=1)  # older facts may have been told and forgotten
    told = [(row.pk, company.cities[row.code]) for row in cities() if row.code in company.cities]
    for pk, city in told:
        _trips(pk, city, since, at)
        if not jobs.go_on():
            return
    lines = [{"city": pk, "line": line} for pk, city in told for line in sorted(city.lines)]
    for source, table, time, statement in (
        ("ratings", "rides_rating", "at", _RATINGS),
        ("complaints", "complaints_complaint", "filed_at", _COMPLAINTS),
    ):
        _added(source, table, time, statement, lines, since, at)
    reported = sorted({line for _pk, city in told for line in city.lines})
    _timed(SPELLS, _SPELLS, at, lines=reported)
    _timed(PUNISHED, _PUNISHED, at, lines=reported, outcomes=punishments())


def _timed(source: str, statement: str, at: datetime, **given: Any) -> None:
    """What became true since it was looked at last, and a while before, of rows that change; at first within a day."""
    with transaction.atomic():
        mark = _mark(source)
        last = at - timedelta(days=1) if mark is None else datetime.fromtimestamp(mark, tz=UTC)
        _do(statement, {"since": min(last, at) - SETTLED, "at": at, **given})
        _keep(source, int(at.timestamp()))


def _trips(pk: int, city: City, since: datetime, at: datetime) -> None:
    """What became of the trips of one city since it was looked at last."""
    source, given = f"trips:{pk}", {"city": pk, "lines": sorted(city.lines), "since": since, "at": at}
    while True:
        # The horizon is taken before the rows: what commits in between is read next time.
        horizon = int(_one(_HORIZON)[0])
        with transaction.atomic():
            mark = _mark(source)
            # A restored database counts its transactions anew: what was read is not known any more.
            if mark is None or mark > horizon:
                _do(_AT_FIRST, {**given, "begin": at - timedelta(days=1)})
                _keep(source, horizon)
                return
            last, count = _one(_LAST, [pk, mark, AT_ONCE])
            if count:
                _do(_CHANGED, {**given, "first": mark, "last": last})
            more = count == AT_ONCE and last < horizon
            _keep(source, last + 1 if more else max(mark, horizon))
        if not more or not jobs.go_on():
            return


def _added(
    source: str,
    table: str,
    time: str,
    statement: str,
    lines: Sequence[dict[str, Any]],
    since: datetime,
    at: datetime,
) -> None:
    """Rows that were added to a table; `time` is the column that says when."""
    newest = f"SELECT COALESCE(max(id), 0) FROM {table}"  # noqa: S608 - a table of ours
    settled = f"SELECT COALESCE(max(id), 0) FROM {table} WHERE id > %s AND id <= %s AND {time} < %s"  # noqa: S608
    end = int(_one(newest)[0])
    with transaction.atomic():
        mark = _mark(source)
        if mark is None:
            _keep(source, end)
            return
    first = mark
    while first < end:
        last = min(first + AT_ONCE, end)
        with transaction.atomic():
            _mark(source)
            _do(
                statement,
                {"first": first, "last": last, "cities": json.dumps(lines), "since": since, "at": at},
            )
            _keep(source, max(mark, int(_one(settled, [first, last, at - SETTLED])[0])))
        first = last
        if not jobs.go_on():
            return


def _mark(source: str) -> int | None:
    """The mark, under a lock; None for a source that was never read."""
    return FeedMark.objects.select_for_update().filter(source=source).values_list("mark", flat=True).first()


def _keep(source: str, mark: int) -> None:
    FeedMark.objects.update_or_create(source=source, defaults={"mark": mark})


def _one(question: str, given: Sequence[Any] = ()) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, given)
        row: Sequence[Any] = cursor.fetchone()
    return row


def _do(statement: str, given: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
