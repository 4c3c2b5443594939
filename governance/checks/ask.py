"""What checks ask of a month of rows: one question each, answered by the database, whatever the number of rows.

They read across apps, so they name tables and columns by text; each is compared with a slow and obvious way in
`governance/tests/test_questions.py`, which names those that are not. Each gives how many there were and some of those
that are wrong.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

LISTED = 20


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there were, how many of them are wrong, and codes of some of those."""

    all: int
    wrong: int = 0
    codes: list[str] = field(default_factory=list)


def _rows(question: str, **given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, given)
        return list(cursor.fetchall())


def _counted(table: str, rows: str, wrong: str, code: str, **given: Any) -> Counted:
    """`rows` says which of `table` count, `wrong` which of those are; both are ours, never what somebody typed."""
    counts = f"SELECT count(*), count(*) FILTER (WHERE {wrong}) FROM {table} WHERE {rows}"  # noqa: S608
    ((every, bad),) = _rows(counts, **given)
    if not bad:
        return Counted(every)
    listed = f"SELECT {code} FROM {table} WHERE {rows} AND ({wrong}) ORDER BY 1 LIMIT {LISTED}"  # noqa: S608
    return Counted(every, bad, [row[0] for row in _rows(listed, **given)])


def _by_night(moment: str) -> str:
    """Between 22:00 and 06:00 in China: the hours of the promise, whatever rule is in force."""
    local = f"(({moment}) AT TIME ZONE 'Asia/Shanghai')::time"
    return f"({local} >= '22:00' OR {local} < '06:00')"


# Marked people are nobody whom a promise was given to: the drill's and the demo city's trips show nothing.
_OF_PEOPLE = "passenger_id NOT IN (SELECT id FROM accounts_account WHERE is_drill)"

# --- Rides -------------------------------------------------------------------------------------------------


def hitch_without_face(since: datetime) -> Counted:
    """Hitch trips accepted since; wrong: no face token of this driver for this trip was used within 5 s of it (M03)."""
    used = (
        "EXISTS (SELECT 1 FROM drivers_facecheck f WHERE f.subject = t.code AND f.purpose = 'accept'"
        " AND f.driver_id = t.driver_id AND f.token_used_at BETWEEN t.accepted_at - interval '5 s'"
        " AND t.accepted_at + interval '5 s')"
    )
    rows = f"t.line = 'hitch' AND t.accepted_at >= %(since)s AND t.driver_id IS NOT NULL AND {_OF_PEOPLE}"
    return _counted("rides_trip t", rows, f"NOT {used}", "t.code", since=since)


def hitch_by_night(since: datetime) -> Counted:
    """Hitch trips accepted since; wrong: departed, or to depart, between 22:00 and 06:00 (M04)."""
    wrong = " OR ".join(_by_night(each) for each in ("window_start", "window_end", "departed_at"))
    rows = f"line = 'hitch' AND accepted_at >= %(since)s AND {_OF_PEOPLE}"
    return _counted("rides_trip", rows, f"COALESCE({wrong}, false)", "code", since=since)


def night_unreminded(since: datetime) -> Counted:
    """Hitch trips departed since that were estimated to run past 22:00; wrong: a side had neither read its reminder nor
    been called before (M05)."""
    arrival = "t.window_end + t.route_seconds * interval '1 s'"
    late = f"({_by_night('t.window_end')} OR {_by_night(arrival)})"
    rows = f"t.line = 'hitch' AND t.departed_at >= %(since)s AND {_OF_PEOPLE} AND {late}"
    told = (
        "(SELECT count(DISTINCT r.party) FROM rides_reminder r WHERE r.trip_id = t.id"
        " AND (r.acknowledged_at <= t.departed_at OR r.called_at <= t.departed_at))"
    )
    return _counted("rides_trip t", rows, f"{told} < 2", "t.code", since=since)


def hitch_unnamed(since: datetime) -> Counted:
    """Hitch trips ordered since, marked accounts left out; wrong: the passenger's real name was not verified then (M20)."""
    table = "rides_trip t JOIN accounts_account a ON a.id = t.passenger_id AND NOT a.is_drill"
    rows = "t.line = 'hitch' AND t.requested_at >= %(since)s"
    return _counted(
        table, rows, "a.verified_at IS NULL OR a.verified_at > t.requested_at", "t.code", since=since
    )


def unnamed_on_other_lines(since: datetime) -> Counted:
    """Trips of all lines but hitch, ordered or begun since, marked accounts left out; wrong: the passenger's real name was
    not verified at a moment since then at which they ordered or boarded (M20)."""
    table = "rides_trip t JOIN accounts_account a ON a.id = t.passenger_id AND NOT a.is_drill"
    since_then = "(t.requested_at >= %(since)s OR t.boarded_at >= %(since)s)"
    wrong = (
        "a.verified_at IS NULL OR (t.boarded_at >= %(since)s AND a.verified_at > t.boarded_at)"
        " OR (t.requested_at >= %(since)s AND a.verified_at > t.requested_at)"
    )
    return _counted(table, f"t.line <> 'hitch' AND {since_then}", wrong, "t.code", since=since)


def hitch_picked(since: datetime) -> Counted:
    """Hitch trips accepted since; wrong: what this owner took had not been held out to them, alone, by lot or her choice (R2+)."""
    held_out = (
        "EXISTS (SELECT 1 FROM rides_proposal p WHERE p.trip_id = t.id AND p.driver_id = t.driver_id"
        " AND p.state = 'accepted' AND p.made_at <= t.accepted_at)"
    )
    rows = f"t.line = 'hitch' AND t.accepted_at >= %(since)s AND t.driver_id IS NOT NULL AND {_OF_PEOPLE}"
    return _counted("rides_trip t", rows, f"NOT {held_out}", "t.code", since=since)


@dataclass(frozen=True, slots=True)
class Boardings:
    """Of the boardings since a time: all, those where she compared the plate, those that were presumed, and neither."""

    all: int
    compared: int
    presumed: int
    neither: int


def boardings(since: datetime) -> Boardings:
    """Trips boarded since, by what is known of the plate (M30)."""
    question = (
        "SELECT count(*), count(*) FILTER (WHERE plate_check = 'same'),"  # noqa: S608
        " count(*) FILTER (WHERE plate_check <> 'same' AND presumed_boarded)"
        f" FROM rides_trip WHERE boarded_at >= %(since)s AND {_OF_PEOPLE}"
    )
    ((every, compared, presumed),) = _rows(question, since=since)
    return Boardings(every, compared, presumed, every - compared - presumed)


def accepted_under_complaint(since: datetime, at: datetime) -> Counted:
    """Orders accepted since; wrong: by a driver whom an open severe complaint stopped then (M29)."""
    ((every,),) = _rows(
        "SELECT count(*) FROM rides_trip"  # noqa: S608
        f" WHERE accepted_at >= %(since)s AND driver_id IS NOT NULL AND {_OF_PEOPLE}",
        since=since,
    )
    wrong = _rows(
        "SELECT DISTINCT t.code FROM complaints_complaint c"  # noqa: S608
        " JOIN drivers_driver d ON d.account_id = c.accused_id"
        " JOIN rides_trip t ON t.driver_id = d.id AND t.accepted_at >= %(since)s AND t.accepted_at > c.stopped_at"
        " AND t.accepted_at < COALESCE(c.lifted_at, c.decided_at, %(at)s)"
        " WHERE c.level = 'severe' AND c.accused_as = 'driver' AND c.stopped_at IS NOT NULL"
        f" AND COALESCE(c.lifted_at, c.decided_at, %(at)s) >= %(since)s AND t.{_OF_PEOPLE} ORDER BY 1",
        since=since,
        at=at,
    )
    return Counted(every, len(wrong), [row[0] for row in wrong[:LISTED]])


def severe_without_hold() -> list[str]:
    """Undecided severe complaints that should stop a driver and do not: of somebody who can be called back (M29)."""
    question = (
        "SELECT c.code FROM complaints_complaint c WHERE c.state IN ('open', 'proposed') AND c.level = 'severe'"  # noqa: S608 - ours
        " AND c.accused_as = 'driver' AND c.lifted_at IS NULL"
        " AND (c.complainant_id IS NOT NULL OR c.caller_verified_at IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM accounts_account a"
        " WHERE a.id IN (c.accused_id, c.complainant_id) AND a.is_drill)"
        " AND NOT EXISTS (SELECT 1 FROM drivers_hold h WHERE h.kind = 'complaint' AND h.source = c.code"
        f" AND h.released_at IS NULL) ORDER BY 1 LIMIT {LISTED}"
    )
    return [row[0] for row in _rows(question)]


def cases_undecided(since: datetime, at: datetime) -> Counted:
    """Limits of decisions on complaints and appeals, marked people left out, that were met since or have passed; wrong: it
    has passed, nothing stops it, and the case is not decided (M17)."""
    table = "complaints_timer k JOIN complaints_complaint c ON c.id = k.complaint_id"
    late = (
        "k.met_at IS NULL AND k.paused_at IS NULL AND k.due_at < %(at)s"
        " AND c.state IN ('open', 'proposed', 'appealed')"
    )
    rows = (
        f"k.kind IN ('decide', 'appeal') AND k.void_at IS NULL AND (k.met_at >= %(since)s OR ({late}))"  # noqa: S608 - ours
        " AND NOT EXISTS (SELECT 1 FROM accounts_account a WHERE a.id IN (c.accused_id, c.complainant_id) AND a.is_drill)"
    )
    return _counted(table, rows, late, "c.code", since=since, at=at)


def awards_not_booked(since: datetime) -> Counted:
    """Compensations that decisions awarded since; wrong: no transfer of the ledger owes it to anybody (M17)."""
    rows = "m.outcome = 'compensation' AND m.done_at >= %(since)s"
    wrong = "NOT EXISTS (SELECT 1 FROM core_ledgertransfer t WHERE t.key = 'compensation:' || m.code)"
    return _counted("complaints_measure m", rows, wrong, "m.code", since=since)


# --- Drivers -----------------------------------------------------------------------------------------------


def spells_without_face(since: datetime) -> Counted:
    """Times online since; wrong: not on a passed check of the same service day (M10)."""
    table = "drivers_onlinespell s JOIN drivers_driver d ON d.id = s.driver_id JOIN accounts_account a ON a.id = d.account_id"
    good = (
        "EXISTS (SELECT 1 FROM drivers_facecheck f WHERE f.id = s.face_check_id AND f.state = 'passed'"
        " AND f.purpose = 'daily'"
        " AND f.subject = to_char(s.began_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'))"
    )
    return _counted(table, "s.began_at >= %(since)s AND NOT a.is_drill", f"NOT {good}", "a.code", since=since)


def rewards_not_booked(payable: str) -> Counted:
    """Approved rewards; wrong: no transfer is about the report, or what is owed is neither all of it nor nothing (M11).

    `payable` is the ledger account of one report, with `{}` for its code.
    """
    before, after = payable.split("{}")
    table = "drivers_reward w JOIN drivers_mismatchreport r ON r.id = w.report_id"
    wrong = (
        "NOT EXISTS (SELECT 1 FROM core_ledgertransfer t WHERE t.subject = r.code)"
        " OR COALESCE((SELECT sum(e.fen) FROM core_ledgerentry e"
        " WHERE e.account = %(before)s || r.code || %(after)s), 0) NOT IN (-w.fen, 0)"
    )
    return _counted(table, "w.state = 'approved'", wrong, "r.code", before=before, after=after)


def unbalanced_of_newest(newest: int) -> list[str]:
    """Keys of transfers among the newest whose entries do not sum to zero; the law of the database proves the others."""
    question = (
        "SELECT t.key FROM (SELECT id, key FROM core_ledgertransfer ORDER BY id DESC LIMIT %(newest)s) t"  # noqa: S608 - ours
        " LEFT JOIN core_ledgerentry e ON e.transfer_id = t.id GROUP BY t.id, t.key"
        f" HAVING COALESCE(sum(e.fen), 1) <> 0 LIMIT {LISTED}"
    )
    return [row[0] for row in _rows(question, newest=newest)]


# --- Help --------------------------------------------------------------------------------------------------


def contacts_not_reached(
    since: datetime, before: datetime, within: timedelta, own: list[str]
) -> tuple[Counted, int]:
    """Calls for help by passengers with a contact to tell; wrong: one of them was not written to in time (M14).

    And how many had named nobody. `own` are the kinds of riders whose own phone it is: where somebody else booked, and she
    calls without a sound, the booker's contacts are not told.
    """
    calls = (
        "(SELECT i.code, i.opened_at, min(s.at) AS called_at, t.passenger_id FROM safety_incident i"
        " JOIN safety_soscall s ON s.incident_id = i.id AND s.party = 'passenger'"
        " JOIN rides_trip t ON t.id = i.trip_id"
        " WHERE NOT i.drill AND i.opened_at >= %(since)s AND i.opened_at < %(before)s"
        " AND (t.rider_kind = ANY(%(own)s) OR NOT EXISTS (SELECT 1 FROM safety_caller c"
        " WHERE c.incident_id = i.id AND c.party = 'passenger' AND c.silent))"
        " GROUP BY i.id, i.code, i.opened_at, t.passenger_id) q"
    )
    to_tell = (
        "FROM accounts_emergencycontact e WHERE e.account_id = q.passenger_id AND e.state <> 'refused'"
        " AND e.created_at < q.opened_at"
    )
    told = (
        "EXISTS (SELECT 1 FROM core_notification n WHERE n.subject = q.code AND n.state IN ('sent', 'delivered')"
        " AND n.key = 'sos:' || q.code || ':passenger:' || e.id AND n.sent_at <= q.called_at + %(within)s)"
    )
    given = {"since": since, "before": before, "within": within, "own": own}
    found = _counted(
        calls,
        f"EXISTS (SELECT 1 {to_tell})",
        f"EXISTS (SELECT 1 {to_tell} AND NOT {told})",
        "q.code",
        **given,
    )
    ((every,),) = _rows(f"SELECT count(*) FROM {calls}", **given)  # noqa: S608 - ours
    return found, every - found.all


def attempts_without_alert(since: datetime, before: datetime, within: timedelta) -> Counted:
    """Trips with a refused cancel; wrong: no alert was raised in time after the first one (M26)."""
    table = (
        "(SELECT e.subject, min(e.at) AS first FROM core_auditentry e JOIN rides_trip t ON t.code = e.subject"  # noqa: S608
        f" WHERE e.action = 'rides.cancel_refused' AND e.at >= %(since)s AND t.{_OF_PEOPLE} GROUP BY e.subject) a"
    )
    alert = (
        "EXISTS (SELECT 1 FROM safety_signal g JOIN rides_trip t ON t.id = g.trip_id WHERE t.code = a.subject"
        " AND g.kind = 'cancel_aboard' AND g.at >= %(since)s AND g.at <= a.first + %(within)s)"
    )
    return _counted(
        table, "a.first < %(before)s", f"NOT {alert}", "a.subject", since=since, before=before, within=within
    )


def _first_after(danger: str, *moments: str) -> str:
    """The first of these moments that came after the danger; null where none did."""
    return f"LEAST({', '.join(f'CASE WHEN {each} >= {danger} THEN {each} END' for each in moments)})"


def police_clock_missed(
    since: datetime, at: datetime, *, safe_within: timedelta, limit: timedelta
) -> list[str]:
    """Incidents of high risk since, whose last moment has passed: nobody knew within `safe_within` that she is safe, and
    neither were the police called nor did a supervisor say why not within `limit` (S10)."""
    safe = _first_after("high_risk_at", "safe_check_at", "closed_at")
    police = _first_after("high_risk_at", "police_called_at", "police_excused_at")
    question = (
        "SELECT code FROM safety_incident WHERE NOT drill AND high_risk_at >= %(since)s"  # noqa: S608 - ours
        " AND high_risk_at < %(at)s - %(limit)s"
        f" AND COALESCE({safe}, %(at)s) > high_risk_at + %(safe_within)s"
        f" AND COALESCE({police}, %(at)s) > high_risk_at + %(limit)s ORDER BY 1"
    )
    return [row[0] for row in _rows(question, since=since, at=at, safe_within=safe_within, limit=limit)]


def not_called_back(since: datetime, at: datetime, limit: timedelta) -> list[str]:
    """Incidents with an SOS that somebody took and in which whoever may be called was not called back in time (M13)."""
    spoken_to = _first_after("c.called_at", "c.called_back_at", "i.safe_check_at", "i.closed_at")
    question = (
        "SELECT i.code FROM safety_incident i JOIN LATERAL (SELECT * FROM safety_caller k"  # noqa: S608 - ours
        " WHERE k.incident_id = i.id AND k.called_at IS NOT NULL ORDER BY k.party <> 'passenger' LIMIT 1) c ON true"
        " WHERE NOT i.drill AND i.has_sos AND i.taken_at >= %(since)s AND i.taken_at < %(at)s - %(limit)s"
        f" AND NOT c.silent AND COALESCE({spoken_to}, %(at)s) > GREATEST(i.taken_at, c.called_at) + %(limit)s"
        " ORDER BY 1"
    )
    return [row[0] for row in _rows(question, since=since, at=at, limit=limit)]


# Of what rings at once a few stand first (`complaints.services.oncall`): in a storm one call brings somebody who sees the rest.
_FEW = 3


def _unrung(code: str, opened: str, until: str, others: str) -> str:
    """Nobody was called about a case by `until`, nor about a few `others` that stood before it."""

    def rung(which: str) -> str:
        return (
            f"EXISTS (SELECT 1 FROM core_notification n WHERE n.subject = {which} AND n.channel = 'voice'"  # noqa: S608 - ours
            f" AND n.key LIKE 'alarm:%%' AND n.created_at >= {opened} - interval '1 hour' AND n.sent_at <= {until})"
        )

    few = f"(SELECT count(*) FROM {others} AND {rung('o.code')})"  # noqa: S608 - ours
    return f"NOT {rung(code)} AND {few} < {_FEW}"


def grave_unrung(
    since: datetime, at: datetime, *, sos: timedelta, danger: timedelta, calls: timedelta
) -> Counted:
    """Incidents since with an SOS or of high risk; wrong: nobody took it by its limit, and `calls` later nobody on call was
    called either (S3+)."""
    began = (
        "GREATEST(i.opened_at, LEAST(i.high_risk_at,"
        " (SELECT min(s.at) FROM safety_soscall s WHERE s.incident_id = i.id)))"
    )
    due = f"({began} + CASE WHEN i.has_sos THEN %(sos)s ELSE %(danger)s END)"
    others = (
        "safety_incident o WHERE o.id <> i.id AND NOT o.drill AND o.opened_at <= i.opened_at"
        " AND COALESCE(o.taken_at, %(at)s) >= i.opened_at"
    )
    late = f"COALESCE(i.taken_at, %(at)s) > {due} + %(calls)s"
    return _counted(
        "safety_incident i",
        "NOT i.drill AND (i.has_sos OR i.high_risk_at IS NOT NULL) AND i.opened_at >= %(since)s",
        f"{late} AND {_unrung('i.code', 'i.opened_at', f'{due} + %(calls)s', others)}",
        "i.code",
        since=since,
        at=at,
        sos=sos,
        danger=danger,
        calls=calls,
    )


def police_unrung(since: datetime, at: datetime, *, within: timedelta, calls: timedelta) -> Counted:
    """Emergencies that the police asked about since; wrong: nobody had answered or called back by the limit, and `calls`
    later nobody on call was called either (S3+)."""
    due = "(q.asked_at + %(within)s)"
    others = (
        "police_policerequest o WHERE o.id <> q.id AND o.urgency = 'emergency' AND o.asked_at <= q.asked_at"
        " AND COALESCE(o.decided_at, %(at)s) >= q.asked_at"
    )
    late = f"COALESCE(LEAST(q.called_back_at, q.decided_at), %(at)s) > {due} + %(calls)s"
    return _counted(
        "police_policerequest q",
        f"q.urgency = 'emergency' AND q.asked_at >= %(since)s AND {_TO_POLICE}",
        f"{late} AND {_unrung('q.code', 'q.asked_at', f'{due} + %(calls)s', others)}",
        "q.code",
        since=since,
        at=at,
        within=within,
        calls=calls,
    )


def recorded_without_consent(since: datetime, lines: list[str]) -> Counted:
    """Whole-trip recordings begun since; wrong: without both consents (M21). On these `lines` the driver agreed
    beforehand, and a guardian agrees for who is not of age."""
    said = (
        "COALESCE((SELECT c.audio FROM safety_recordingconsent c WHERE c.trip_id = t.id AND c.party = '{party}'"
        " AND c.at <= r.begun_at {more} ORDER BY c.id DESC LIMIT 1), false)"
    )
    hers = said.format(party="passenger", more="")
    his = said.format(party="driver", more="AND c.at >= t.accepted_at")
    agreed = f"(t.for_teen OR {hers}) AND ((t.driver_id IS NOT NULL AND t.line = ANY(%(lines)s)) OR {his})"
    return _counted(
        "safety_recording r JOIN rides_trip t ON t.id = r.trip_id",
        f"r.purpose = 'trip' AND r.begun_at >= %(since)s AND t.{_OF_PEOPLE}",
        f"NOT ({agreed})",
        "r.code",
        since=since,
        lines=lines,
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the trips since a time: how many had both consents, how many of those have sound, how many of it is usable."""

    agreed: int
    recorded: int
    usable: int


def coverage(since: datetime) -> Coverage:
    """Trips ended since whose newest answers of both sides were yes, and what was recorded of them (M21)."""
    kept = "EXISTS (SELECT 1 FROM safety_recording r WHERE r.trip_id = x.trip_id AND r.purpose = 'trip' AND r.chunks > 0"
    usable = (
        " AND r.missing < 0.2 * (r.chunks + r.missing) AND r.silent_ms < 0.9 * r.chunks * r.slice_ms"
        " AND r.clipped_ms < 0.5 * (r.chunks + r.missing) * r.slice_ms"
    )
    question = (
        f"SELECT count(*), count(*) FILTER (WHERE {kept})), count(*) FILTER (WHERE {kept}{usable}))"  # noqa: S608 - ours
        " FROM (SELECT s.trip_id FROM (SELECT DISTINCT ON (c.trip_id, c.party) c.trip_id, c.audio"
        " FROM safety_recordingconsent c JOIN rides_trip t ON t.id = c.trip_id"
        f" WHERE t.ended_at >= %(since)s AND t.{_OF_PEOPLE} AND (c.party = 'passenger' OR c.at >= t.accepted_at)"
        " ORDER BY c.trip_id, c.party, c.id DESC) s GROUP BY s.trip_id HAVING count(*) = 2 AND bool_and(s.audio)) x"
    )
    return Coverage(*_rows(question, since=since)[0])


# Nor are the red team's false officers anybody who was promised an answer (P11).
_TO_POLICE = (
    "(officer_id IS NULL OR officer_id NOT IN (SELECT o.id FROM police_officer o"
    " JOIN accounts_account a ON a.id = o.account_id AND a.is_drill))"
)

# --- Police ------------------------------------------------------------------------------------------------


def emergencies_late(since: datetime, at: datetime, *, form_seconds: float, phone_seconds: float) -> Counted:
    """Emergencies that the police asked about since; wrong: not answered in time, whether they led to one trip or none.

    By form, and where they led to one trip, the rule answers at once; else a person does, as on the phone (P3).
    """
    limit = "CASE WHEN channel = 'form' AND trips_found = 1 THEN %(form)s ELSE %(phone)s END * interval '1 s'"
    return _counted(
        "police_policerequest",
        f"urgency = 'emergency' AND asked_at >= %(since)s AND {_TO_POLICE}",
        f"COALESCE(decided_at, %(at)s) > asked_at + {limit}",
        "code",
        since=since,
        at=at,
        form=form_seconds,
        phone=phone_seconds,
    )


def releases_borne_out(since: datetime, at: datetime) -> Counted:
    """Releases since; wrong: the identity part was due and neither given nor refused in time (P3a)."""
    late = (
        "EXISTS (SELECT 1 FROM police_identitypart p WHERE p.release_id = r.id"
        " AND COALESCE(p.decided_at, %(at)s) > p.due_at)"
    )
    table = "police_release r JOIN police_policerequest q ON q.id = r.request_id AND q.urgency = 'emergency'"
    return _counted(table, f"r.released_at >= %(since)s AND {_TO_POLICE}", late, "q.code", since=since, at=at)


def unusual_released_whole(since: datetime) -> Counted:
    """Requests since that were unlike their officer or station; wrong: identity went out by rule, before a call-back (P10)."""
    whole = "EXISTS (SELECT 1 FROM police_release r WHERE r.request_id = q.id AND q.by_rule AND r.grade = 'whole')"
    rows = f"q.asked_at >= %(since)s AND jsonb_array_length(q.unusual) > 0 AND {_TO_POLICE}"
    return _counted("police_policerequest q", rows, whole, "q.code", since=since)


@dataclass(frozen=True, slots=True)
class Letters:
    """Complete letters: how many, in how many seconds half of them were answered, how many within the outer limit."""

    all: int
    half: float
    within: int


def letters_answered(since: datetime, at: datetime, *, limit: timedelta) -> Letters:
    """Questions of letters asked since that are decided, or have waited for longer than `limit`, with the time they wait (P5+)."""
    spent = "extract(epoch FROM COALESCE(decided_at, %(at)s) - asked_at)"
    ((every, half, within),) = _rows(
        f"SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY {spent}),"  # noqa: S608 - ours
        f" count(*) FILTER (WHERE COALESCE(decided_at, %(at)s) <= asked_at + %(limit)s)"
        " FROM police_policerequest WHERE urgency = 'ordinary' AND notice_id IS NOT NULL AND asked_at >= %(since)s"
        " AND agency_kind <> 'transport'"  # an inspection has a clock of its own (P13)
        f" AND {_TO_POLICE}"
        " AND (decided_at IS NOT NULL OR asked_at < %(at)s - %(limit)s)",
        since=since,
        at=at,
        limit=limit,
    )
    return Letters(every, float(half or 0), within)


def preserved_and_gone(since: datetime, at: datetime) -> Counted:
    """Preservation requests of the police whose day is after `since`; wrong: of what they hold a recording or a picture was
    destroyed meanwhile, or a hold ended before that day (P7+)."""
    wrong = (
        "EXISTS (SELECT 1 FROM core_datahold h WHERE h.source = 'preserve' AND h.\"case\" = p.code AND ("
        "h.released_at IS NULL AND h.until < p.until OR h.released_at < LEAST(p.until, %(at)s)"
        " OR EXISTS (SELECT 1 FROM safety_recording x JOIN rides_trip t ON t.id = x.trip_id WHERE t.code = h.subject"
        " AND x.destroyed_at >= h.placed_at AND x.destroyed_at < LEAST(p.until, %(at)s))"
        " OR EXISTS (SELECT 1 FROM core_storedpicture x WHERE x.subject = h.subject"
        " AND x.destroyed_at >= h.placed_at AND x.destroyed_at < LEAST(p.until, %(at)s))))"
    )
    return _counted("police_preservation p", "p.until > %(since)s", wrong, "p.code", since=since, at=at)


def followed_unwritten(since: datetime) -> Counted:
    """Minutes since in which an officer followed a car; wrong: no line of the journal says so, or the pack was closed (S19)."""
    table = (
        "police_releasecopy c JOIN police_release r ON r.id = c.release_id"
        " JOIN police_policerequest q ON q.id = r.request_id"
    )
    written = (
        "EXISTS (SELECT 1 FROM core_auditentry a WHERE a.action = 'police.followed' AND a.subject = q.code"
        " AND a.facts->>'copy' = c.code)"
    )
    wrong = f"NOT {written} OR c.at > r.expires_at"
    return _counted(
        table, f"c.kind = 'live' AND c.at >= %(since)s AND {_TO_POLICE}", wrong, "q.code", since=since
    )


def pushes_unheard(
    since: datetime, at: datetime, *, causes: Sequence[str], within: timedelta, by_hand: timedelta
) -> Counted:
    """Incidents since that were due at the emergency centre by themselves or by her wish; wrong: it has not confirmed them
    `within` the time, and nobody called there or said why not in the time `by_hand` (P12).

    Due is what the rule in force today names: an SOS, or a push that is there for another cause, from the first call for
    help or the push on, whichever was sooner. One that is closed sooner than either time was is no fault.
    """
    table = "safety_incident i LEFT JOIN safety_emergencypush p ON p.incident_id = i.id"
    rows = (
        "NOT i.drill AND i.trip_id IS NOT NULL AND i.opened_at >= %(since)s"
        " AND (p.id IS NOT NULL OR (i.has_sos AND %(sos)s))"
    )
    until = "LEAST(%(at)s, i.closed_at)"

    def unheard(due: str, received: str) -> str:
        person = " OR ".join(
            f"COALESCE(i.{each} BETWEEN {due} AND {due} + %(by_hand)s, false)"
            for each in ("police_said_at", "police_called_at", "police_excused_at")
        )
        return (
            f"COALESCE({received}, {until}) > {due} + %(within)s AND NOT ({person})"
            f" AND ({until} > {due} + %(by_hand)s OR p.id IS NULL)"
        )

    # The clock starts with the call, whenever a worker of ours got round to it.
    called = "CASE WHEN %(sos)s THEN (SELECT min(s.at) FROM safety_soscall s WHERE s.incident_id = i.id) END"
    due = f"COALESCE(LEAST(p.first_asked_at, p.asked_at, {called}), i.opened_at)"
    first = "CASE WHEN p.first_asked_at IS NULL THEN p.received_at ELSE p.first_received_at END"
    # A case that the centre ended, and another one after it: each is to be confirmed.
    another = f"p.first_asked_at IS NOT NULL AND {unheard('p.asked_at', 'p.received_at')}"
    wrong = f"({unheard(due, first)}) OR ({another})"
    return _counted(
        table,
        rows,
        wrong,
        "i.code",
        since=since,
        at=at,
        sos="sos" in causes,
        within=within,
        by_hand=by_hand,
    )


def grave_without_stop(since: datetime, at: datetime) -> Counted:
    """Incidents with an SOS or of high risk since, of trips with a driver; wrong: this driver was not stopped because
    of it within a minute, or is not any more while it is open (D15). The danger begins with the first SOS, if later."""
    table = "safety_incident i JOIN rides_trip t ON t.id = i.trip_id AND t.driver_id IS NOT NULL"
    rows = "NOT i.drill AND (i.has_sos OR i.high_risk_at IS NOT NULL) AND i.opened_at >= %(since)s"
    danger = (
        "GREATEST(i.opened_at, i.high_risk_at,"
        " (SELECT min(s.at) FROM safety_soscall s WHERE s.incident_id = i.id)) + interval '1 minute'"
    )
    loose = (
        f"{danger} < %(at)s"  # noqa: S608 - ours
        " AND NOT EXISTS (SELECT 1 FROM drivers_hold h WHERE h.kind = 'safety' AND h.source = i.code"
        f" AND h.driver_id = t.driver_id AND h.opened_at <= {danger}"
        " AND (i.state = 'closed' OR h.released_at IS NULL))"
    )
    return _counted(table, rows, loose, "i.code", since=since, at=at)


# --- The regulator's feed ------------------------------------------------------------------------------------

# Lines of the cities that are reported, given as rows of `city` (its code) and `line`.
_REPORTED = (
    " JOIN rides_city c ON c.id = t.city_id"
    " JOIN jsonb_to_recordset(%(lines)s::jsonb) AS x(city text, line text) ON x.city = c.code AND x.line = t.line"
)
_UNMARKED_DRIVER = (
    "NOT EXISTS (SELECT 1 FROM drivers_driver d JOIN accounts_account o ON o.id = d.account_id"
    " WHERE d.id = t.driver_id AND o.is_drill)"
)


def facts_untold(
    since: datetime, at: datetime, *, lines: Sequence[dict[str, str]], within: timedelta, pays: timedelta
) -> Counted:
    """Beginnings, matches, cancellations, boardings, ends and payments of reported trips since; wrong: the regulator did
    not acknowledge it `within` its time, of payments within `pays` of the end (G11). Each is looked for by its trip."""
    given = {"since": since, "at": at, "lines": json.dumps(list(lines)), "within": within, "pays": pays}
    facts = (
        " (t.state IN ('requested', 'matched') OR t.state IN ('accepted', 'arrived', 'boarded', 'in_progress')"
        " OR (t.driver_id IS NOT NULL AND t.accepted_at >= %(since)s) OR t.cancelled_at >= %(since)s"
        f" OR t.ended_at >= %(since)s) AND t.{_OF_PEOPLE} AND {_UNMARKED_DRIVER}"
        " AND m.at >= %(since)s AND m.at < %(at)s - m.within"
    )
    table = (
        f"rides_trip t{_REPORTED} CROSS JOIN LATERAL (VALUES"
        " ('orderCreate', t.code, t.requested_at, %(within)s::interval),"
        " ('orderMatch', t.code || ':' || t.driver_id, t.accepted_at, %(within)s::interval),"
        " ('orderCancel', t.code, t.cancelled_at, %(within)s::interval),"
        " ('operateDepart', t.code, t.boarded_at, %(within)s::interval),"
        " ('operateArrive', t.code, t.ended_at, %(within)s::interval),"
        " ('operatePay', t.code, t.ended_at, %(pays)s::interval)) AS m(kind, key, at, within)"
        " LEFT JOIN governance_feedmessage f ON f.kind = m.kind AND f.key = m.key AND f.acknowledged_at IS NOT NULL"
    )
    return _counted(table, facts + " AND m.key IS NOT NULL", "f.id IS NULL", "t.code", **given)


def spells_untold(since: datetime, at: datetime, *, lines: Sequence[str], within: timedelta) -> Counted:
    """Drivers who went online or offline since on reported lines; wrong: the regulator did not acknowledge it `within` its
    time (G11)."""
    table = (
        "drivers_onlinespell s JOIN drivers_driver d ON d.id = s.driver_id"
        " JOIN accounts_account o ON o.id = d.account_id AND NOT o.is_drill"
        " CROSS JOIN LATERAL (VALUES ('operateLogin', s.began_at), ('operateLogout', s.ended_at)) AS m(kind, at)"
        " LEFT JOIN governance_feedmessage f ON f.kind = m.kind AND f.key = s.id::text AND f.acknowledged_at IS NOT NULL"
    )
    rows = (
        "(s.ended_at IS NULL OR s.ended_at >= %(since)s) AND s.line = ANY(%(lines)s)"
        " AND m.at >= %(since)s AND m.at < %(at)s - %(within)s::interval"
    )
    given = {"since": since, "at": at, "lines": list(lines), "within": within}
    return _counted(table, rows, "f.id IS NULL", "o.code", **given)


def punishments_untold(
    since: datetime, at: datetime, *, lines: Sequence[str], outcomes: Sequence[str], within: timedelta
) -> Counted:
    """What was decided against drivers of reported lines since, by a complaint (`outcomes`) or a case of vetting, or taken
    back since; wrong: the regulator did not acknowledge it `within` its time (G11)."""
    table = (
        "(SELECT s.person_id AS account, s.code || ':done' AS key, s.done_at AS at FROM complaints_measure s"
        "  WHERE s.person_as = 'driver' AND s.outcome = ANY(%(outcomes)s)"
        " UNION ALL SELECT s.person_id, s.code || ':undone', s.undone_at FROM complaints_measure s"
        "  WHERE s.person_as = 'driver' AND s.outcome = ANY(%(outcomes)s)"
        " UNION ALL SELECT d.account_id, v.code || ':done', v.decided_at FROM drivers_vettingcase v"
        "  JOIN drivers_driver d ON d.id = v.driver_id WHERE v.proposed = 'barred' AND v.state <> 'open'"
        " UNION ALL SELECT d.account_id, v.code || ':undone', a.decided_at FROM drivers_vettingcase v"
        "  JOIN drivers_driver d ON d.id = v.driver_id JOIN drivers_hold h ON h.driver_id = d.id AND h.source = v.code"
        "  JOIN drivers_appeal a ON a.hold_id = h.id AND a.state = 'granted'"
        "  WHERE v.proposed = 'barred' AND v.state = 'overturned') AS m"
        " JOIN accounts_account o ON o.id = m.account AND NOT o.is_drill"
        " JOIN drivers_driver d ON d.account_id = o.id AND d.lines && %(lines)s::varchar[]"
        " LEFT JOIN governance_feedmessage f ON f.kind = 'ratedDriverPunish' AND f.key = m.key AND f.acknowledged_at IS NOT NULL"
    )
    rows = "m.at >= %(since)s AND m.at < %(at)s - %(within)s::interval"
    given = {"since": since, "at": at, "lines": list(lines), "outcomes": list(outcomes), "within": within}
    return _counted(table, rows, "f.id IS NULL", "o.code", **given)


@dataclass(frozen=True, slots=True)
class Feed:
    """What waits for the regulator for longer than `facts_untold` allows, what is refused, and what was acknowledged."""

    waiting: int
    refused: int
    causes: list[str]
    told: int
    late: int
    positions: int
    late_positions: int
    refused_positions: int


def feed(since: datetime, at: datetime, *, within: timedelta) -> Feed:
    """The regulator's feed: open messages of any age, and what was acknowledged since (G11)."""
    ((waiting,),) = _rows(
        "SELECT count(*) FROM governance_feedmessage WHERE acknowledged_at IS NULL AND refused_at IS NULL"
        " AND kind <> 'operatePay' AND queued_at < %(at)s - %(within)s::interval",
        at=at,
        within=within,
    )
    # What a person dealt with by other means, saying how, is no more refused than what was told again.
    causes = _rows(
        "SELECT m.refused_for, count(*) FROM governance_feedmessage m WHERE m.refused_at IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM core_failedwork w WHERE w.kind = 'governance.feed_refused'"
        " AND w.key = m.refused_for AND w.closed_at IS NULL) GROUP BY 1 ORDER BY 2 DESC"
    )
    ((told, late, positions, late_positions, refused_positions),) = _rows(
        "SELECT COALESCE(sum(acknowledged) FILTER (WHERE kind <> 'positionVehicle'), 0),"
        " COALESCE(sum(late) FILTER (WHERE kind <> 'positionVehicle'), 0),"
        " COALESCE(sum(acknowledged) FILTER (WHERE kind = 'positionVehicle'), 0),"
        " COALESCE(sum(late) FILTER (WHERE kind = 'positionVehicle'), 0),"
        " COALESCE(sum(refused) FILTER (WHERE kind = 'positionVehicle'), 0)"
        " FROM governance_feedhour WHERE hour >= %(since)s AND kind NOT LIKE 'baseInfo%%'",
        since=since,
    )
    return Feed(
        waiting,
        sum(count for _cause, count in causes),
        [cause for cause, _count in causes[:LISTED]],
        int(told),
        int(late),
        int(positions),
        int(late_positions),
        int(refused_positions),
    )


def positions_untold(at: datetime, *, lines: Sequence[dict[str, str]], within: timedelta) -> Counted:
    """Reported trips with a driver whose phone says where it is; wrong: the regulator has no position as new as that, less
    `within`, and has had none for so long (G11)."""
    table = (
        f"rides_trip t{_REPORTED} JOIN rides_latestposition l ON l.trip_id = t.id AND l.party = 'driver'"
        " LEFT JOIN governance_feedposition f ON f.trip = t.id"
    )
    rows = f"t.state IN ('accepted', 'arrived', 'boarded', 'in_progress') AND t.{_OF_PEOPLE} AND {_UNMARKED_DRIVER}"
    wrong = (
        "l.at > COALESCE(f.at, t.accepted_at) + %(within)s::interval"
        " AND COALESCE(f.told_at, t.accepted_at) < %(at)s - %(within)s::interval"
    )
    return _counted(table, rows, wrong, "t.code", at=at, within=within, lines=json.dumps(list(lines)))
