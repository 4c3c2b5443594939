"""The measures of the report: for each what it counts, its categories, none left out, and one statement of the database.

They read across apps, so they name tables and columns by text, like `governance.checks.ask`; each is compared with a slow
and obvious way in `governance/tests/test_report_figures.py`. The parameters are `since`, `until` (not included) and `at`,
when it is asked. A statement gives a row for each category that there was: its key, how many, and what else `adds` names.
"""

# ruff: noqa: S608 - every word of these statements is ours

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import HARMS, Category, ClaimKind, Source
from complaints.states import Finding as Findings
from drivers.states import FaceCheckState, RewardState
from drivers.states import Finding as Screened
from police.states import (
    NO_ERROR,
    REQUEST_TRANSITIONS,
    Channel,
    ErrorKind,
    RefusalCode,
    RequestState,
    Urgency,
)
from rides.states import Line
from safety.states import IncidentOutcome, Origin

Text = str | Promise
CLOCK = ("p50", "p95", "longest", "within_first", "within_second")


@dataclass(frozen=True, slots=True)
class Beside:
    """What a company said of itself under the same name, or what it took in 2018; audited by nobody."""

    text: Text
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One table of the report.

    `about` says what is counted. `people` is true where somebody could be recognised in a small count. `adds` names what
    stands behind the count in the statement's rows: seconds of a clock, an amount in fen, metres. `within` are the limits
    of the clock in seconds. `of` is the cell of another table whose count the sum here tells, or all but tells.
    """

    key: str
    title: Text
    about: Text
    cells: Mapping[str, Text]
    query: str
    people: bool = True
    adds: tuple[str, ...] = ()
    within: tuple[int, int] | None = None
    of: tuple[str, str] | None = None
    rated: bool = False
    beside: tuple[Beside, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the statement."""
        return hashlib.sha256(self.query.encode()).hexdigest()


def _named(choices: Iterable[tuple[Any, Any]], **more: Text) -> dict[str, Text]:
    return {str(key): label for key, label in choices} | more


_OPEN = pgettext_lazy("report", "not decided yet")
_ALL = pgettext_lazy("report", "all")
_MARKED = "(SELECT id FROM accounts_account WHERE is_drill)"
_OF_PEOPLE = f"passenger_id NOT IN {_MARKED}"
# A complaint in which a marked account has a part, on either side or as the passenger, is none.
_COMPLAINTS = (
    "complaints_complaint c LEFT JOIN rides_trip t ON t.id = c.trip_id"
    f" WHERE COALESCE(c.complainant_id NOT IN {_MARKED}, true) AND COALESCE(c.accused_id NOT IN {_MARKED}, true)"
    f" AND COALESCE(t.{_OF_PEOPLE}, true)"
)
_FILED = f"{_COMPLAINTS} AND c.filed_at >= %(since)s AND c.filed_at < %(until)s"
_REAL = f"safety_incident i LEFT JOIN rides_trip t ON t.id = i.trip_id WHERE NOT i.drill AND COALESCE(t.{_OF_PEOPLE}, true)"
_INCIDENTS = f"{_REAL} AND i.opened_at >= %(since)s AND i.opened_at < %(until)s"
_TAPS = f"safety_soscall s JOIN {_REAL.replace(' LEFT JOIN', ' ON i.id = s.incident_id LEFT JOIN', 1)}"
# The first look of a person at all that there was, the call too (`safety.selectors.sos_answered`).
_SEEN = "(SELECT min(k.at) FROM safety_acknowledgement k WHERE k.incident_id = i.id AND k.at >= s.at)"
_REQUESTS = (
    "police_policerequest q LEFT JOIN police_officer o ON o.id = q.officer_id LEFT JOIN rides_trip t ON t.id = q.trip_id"
    f" WHERE COALESCE(o.account_id NOT IN {_MARKED}, true) AND COALESCE(t.{_OF_PEOPLE}, true)"
)
# What we told a station of our own accord nobody had asked.
_TOLD = f"{_REQUESTS} AND q.asked_at >= %(since)s AND q.asked_at < %(until)s AND q.channel = 'outbound'"
_ASKED = f"{_REQUESTS} AND q.asked_at >= %(since)s AND q.asked_at < %(until)s AND q.channel <> 'outbound'"
_DRIVERS = f"(SELECT id FROM drivers_driver WHERE account_id NOT IN {_MARKED})"


def _counts(cell: str, rows: str) -> str:
    return f"SELECT {cell}, count(*) FROM {rows} GROUP BY 1"


def _not_released(ends: Iterable[str]) -> tuple[Mapping[str, Text], str]:
    """Cells and statement of the requests that ended without a release: the reasons of refusals, and any further end by its
    name, so that one that is added to the machine is in the report by itself."""
    others = sorted(set(ends) - {RequestState.RELEASED, RequestState.REFUSED})
    cells = _named(RefusalCode.choices, other=pgettext_lazy("report", "in words of its own"))
    states = ", ".join(f"'{state}'" for state in (RequestState.REFUSED, *others))
    cell = "CASE q.state WHEN 'refused' THEN COALESCE(NULLIF(q.refused_for, ''), 'other') ELSE q.state END"
    return cells | {state: RequestState(state).label for state in others}, _counts(
        cell, f"{_ASKED} AND q.state IN ({states})"
    )


def _clock(cell: str, span: str, done: str, rows: str, within: tuple[int, int]) -> str:
    """Seconds by nearest rank, of each category and, with an empty key, of all; what waits is within nothing."""
    first, second = within
    return (
        "SELECT COALESCE(cell, ''), count(*),"
        " percentile_disc(0.5) WITHIN GROUP (ORDER BY span), percentile_disc(0.95) WITHIN GROUP (ORDER BY span), max(span),"
        f" count(*) FILTER (WHERE done AND span <= {first}), count(*) FILTER (WHERE done AND span <= {second})"
        f" FROM (SELECT {cell} AS cell, {span} AS span, {done} AS done FROM {rows}) s GROUP BY GROUPING SETS ((cell), ())"
    )


POLICE_WITHIN, SOS_WITHIN = (60, 600), (10, 60)
# Each end of a request is an answer of its own: one that the report does not know would be told as waiting for ever.
_ANSWER = _named(
    ((state.value, state.label) for state in RequestState if state in REQUEST_TRANSITIONS.ends),
    waiting=pgettext_lazy("report", "waits"),
)


def _requests() -> dict[str, Text]:
    return {
        f"{channel.value}.{kind.value}.{answer}": format_lazy(
            "{} · {} · {}", channel.label, kind.label, label
        )
        for channel in Channel
        if channel != Channel.OUTBOUND
        for kind in Urgency
        for answer, label in _ANSWER.items()
    }


# --- Harms -----------------------------------------------------------------------------------------------------

# One for each trip, and for each case without one: an incident that the police took over or in which somebody was hurt, or a
# complaint of `HARMS` that was upheld; it counts in the period of the first of them. Of a complaint nobody knows the
# minute of the harm: a sign counts until the trip's `over`, a deed only before `at`, when she boarded, so that we never look
# better than we were. Signs are signals of the trip that nobody's call made, and a complaint about the same driver that was
# not found to be empty.
_HARMFUL = ", ".join(f"'{each.value}'" for each in HARMS)
_CALLS = "('sos', 'welfare_check', 'repeated_report', 'asked_for_help', 'distress', 'no_answer')"
_ACCUSED = " LEFT JOIN drivers_driver d ON d.account_id = c.accused_id AND c.accused_as = 'driver' WHERE "
_FIRST = " LEFT JOIN LATERAL (SELECT min(s.at) AS at FROM safety_soscall s WHERE s.incident_id = i.id) f ON true WHERE "
_HARMS = (
    "SELECT min(at) AS at, min(over) AS over, trip_id, min(driver_id) AS driver_id FROM ("
    " SELECT i.opened_at AS came, COALESCE(f.at, i.opened_at) AS at, COALESCE(f.at, i.opened_at) AS over, i.trip_id,"
    " t.driver_id, 'i' || i.id AS alone"
    f" FROM {_REAL.replace(' WHERE ', _FIRST, 1)} AND i.opened_at < %(until)s AND i.state = 'closed'"
    " AND (i.outcome = 'police' OR i.harm IN ('light', 'severe', 'death'))"
    " UNION ALL SELECT c.filed_at, LEAST(c.filed_at, t.boarded_at), LEAST(c.filed_at, t.ended_at), c.trip_id,"
    " COALESCE(t.driver_id, d.id), 'c' || c.id"
    f" FROM {_COMPLAINTS.replace(' WHERE ', _ACCUSED, 1)} AND c.filed_at < %(until)s"
    " AND c.state IN ('decided', 'appealed', 'final') AND c.finding = 'upheld'"
    f" AND c.category IN ({_HARMFUL})"
    ") every GROUP BY trip_id, CASE WHEN trip_id IS NULL THEN alone END HAVING min(came) >= %(since)s"
)
_SIGNAL = (
    "EXISTS (SELECT 1 FROM safety_signal g WHERE g.trip_id = h.trip_id AND g.at < h.over"
    f" AND g.kind NOT IN {_CALLS})"
)
_EARLIER = (
    "EXISTS (SELECT 1 FROM complaints_complaint e JOIN drivers_driver d ON d.account_id = e.accused_id"
    " WHERE d.id = h.driver_id AND e.accused_as = 'driver' AND e.filed_at < h.over"
    " AND e.trip_id IS DISTINCT FROM h.trip_id AND e.finding NOT IN ('unfounded', 'false') AND e.state <> 'merged')"
)
_STOPPED = (
    "EXISTS (SELECT 1 FROM drivers_hold k WHERE k.driver_id = h.driver_id AND k.opened_at < h.at"
    " AND COALESCE(k.released_at > h.at, true))"
)
_LOOKED = "EXISTS (SELECT 1 FROM safety_incident l WHERE l.trip_id = h.trip_id AND l.taken_at < h.at)"
_QUESTION = "EXISTS (SELECT 1 FROM safety_safetyquestion u WHERE u.trip_id = h.trip_id AND u.asked_at < h.at)"


# --- The tables ------------------------------------------------------------------------------------------------

_USABLE = (
    "r.missing < 0.2 * (r.chunks + r.missing) AND r.silent_ms < 0.9 * r.chunks * r.slice_ms"
    " AND r.clipped_ms < 0.5 * (r.chunks + r.missing) * r.slice_ms"
)
# Its end, put off by each hold as long as that held: one lapses without a word, and the next may follow within a day.
_ENDS = (
    "(WITH RECURSIVE held(ends) AS (SELECT r.destroy_at UNION SELECT LEAST(k.released_at, k.until) FROM held"
    " JOIN core_datahold k ON k.subject = t.code AND k.placed_at < held.ends + interval '1 day'"
    " AND LEAST(k.released_at, k.until) > held.ends) SELECT max(ends) FROM held)"
)

MEASURES = {
    each.key: each
    for each in (
        Measure(
            "trips",
            _("Trips that ended"),
            _("Trips that ended in the period, by line, with the length of their planned ways."),
            _named(Line.choices),
            "SELECT line, count(*), sum(route_metres) FROM rides_trip WHERE state = 'ended'"
            f" AND ended_at >= %(since)s AND ended_at < %(until)s AND {_OF_PEOPLE} GROUP BY 1",
            adds=("metres",),
        ),
        Measure(
            "sos",
            _("How soon a call for help was answered"),
            _(
                "Each tap on SOS in the period, also in an incident that somebody had already: from the tap until a person"
                " looked at it. Who waits is counted with the time waited, and as within nothing."
            ),
            {"all": _ALL},
            _clock(
                "'all'",
                f"extract(epoch FROM COALESCE({_SEEN}, %(at)s) - s.at)",
                f"{_SEEN} IS NOT NULL",
                f"{_TAPS} AND s.at >= %(since)s AND s.at < %(until)s",
                SOS_WITHIN,
            ),
            adds=CLOCK,
            within=SOS_WITHIN,
            # Mostly one for each incident.
            of=("incidents", "sos"),
            beside=(
                Beside(
                    _(
                        "Standards for emergency calls: 90 % within 10 seconds (NFPA 1225), 95 % within 20 (NENA-STA-020)."
                    )
                ),
            ),
        ),
        Measure(
            "incidents",
            _("Incidents, by how they came"),
            _("All incidents opened in the period. One with an SOS is counted there, however it began."),
            _named(Origin.choices),
            _counts("CASE WHEN i.has_sos THEN 'sos' ELSE i.origin END", _INCIDENTS),
            rated=True,
        ),
        Measure(
            "incident_outcomes",
            _("Incidents, by how they ended"),
            _("The same incidents, by the outcome on which two people agreed."),
            _named(IncidentOutcome.choices, open=pgettext_lazy("report", "not closed yet")),
            _counts("CASE WHEN i.state = 'closed' THEN i.outcome ELSE 'open' END", _INCIDENTS),
        ),
        Measure(
            "harms",
            _("Harms, and whether the system had shown a risk"),
            format_lazy(
                _(
                    "Incidents that the police took over or in which somebody was hurt, and complaints that were upheld"
                    " ({harms}), one for each trip. A risk had shown where a signal of the trip, or an earlier complaint"
                    " about the same driver, was there before. What was done about it is the most that was done before the"
                    " harm. Of a complaint nobody knows the minute: a risk counts as shown until the trip's end, what was"
                    " done only before the passenger boarded."
                ),
                harms=format_lazy(" · ".join(["{}"] * len(HARMS)), *(each.label for each in HARMS)),
            ),
            {
                "unseen": _("nothing had shown beforehand"),
                "nothing": _("a risk had shown: nothing was done"),
                "asked": _("a risk had shown: the passenger was asked"),
                "looked": _("a risk had shown: a person looked at it"),
                "stopped": _("a risk had shown: the driver got no new orders"),
            },
            f"SELECT CASE WHEN NOT ({_SIGNAL} OR {_EARLIER}) THEN 'unseen' WHEN {_STOPPED} THEN 'stopped'"
            f" WHEN {_LOOKED} THEN 'looked' WHEN {_QUESTION} THEN 'asked' ELSE 'nothing' END, count(*)"
            f" FROM ({_HARMS}) h GROUP BY 1",
            rated=True,
        ),
        Measure(
            "complaints",
            _("Complaints, by what they are about"),
            _("All complaints filed in the period."),
            _named(Category.choices),
            _counts("c.category", _FILED),
            rated=True,
        ),
        Measure(
            "complaint_results",
            _("Complaints, by what was found"),
            _(
                "The same complaints: the finding in force, those that are not decided, and those joined to another."
            ),
            _named(
                Findings.choices, open=_OPEN, merged=pgettext_lazy("report", "joined to another complaint")
            ),
            _counts(
                "CASE WHEN c.state = 'merged' THEN 'merged' WHEN c.state IN ('open', 'proposed') THEN 'open'"
                " ELSE c.finding END",
                _FILED,
            ),
            beside=(
                Beside(
                    _(
                        "A competitor's hitch safety report for 2020: 35–45 of 100 complaints were false. Its own words, audited by nobody."
                    )
                ),
            ),
        ),
        Measure(
            "complaint_sources",
            _("Complaints, by who complained"),
            _("The same complaints once more."),
            _named(Source.choices),
            _counts("c.source", _FILED),
        ),
        Measure(
            "appeals",
            _("Appeals and reversals"),
            _("Appeals against decisions on complaints, filed in the period."),
            {
                "reversed": pgettext_lazy("report", "decision changed"),
                "kept": pgettext_lazy("report", "decision kept"),
                "open": _OPEN,
            },
            _counts(
                "CASE WHEN a.reversed THEN 'reversed' WHEN a.reversed IS NULL THEN 'open' ELSE 'kept' END",
                f"complaints_appeal a JOIN {_COMPLAINTS.replace(' LEFT JOIN', ' ON c.id = a.complaint_id LEFT JOIN', 1)}"
                " AND a.filed_at >= %(since)s AND a.filed_at < %(until)s",
            ),
        ),
        Measure(
            "police",
            _("How soon the police were answered"),
            _(
                "Requests of the police that were asked in the period, by channel, kind and answer: from asked to answered."
                " What waits is counted with the time waited, and as within nothing."
            ),
            _requests(),
            _clock(
                "q.channel || '.' || q.urgency || '.' ||"
                " CASE WHEN q.decided_at IS NULL THEN 'waiting' ELSE q.state END",
                "extract(epoch FROM COALESCE(q.decided_at, %(at)s) - q.asked_at)",
                "q.decided_at IS NOT NULL",
                _ASKED,
                POLICE_WITHIN,
            ),
            people=False,
            adds=CLOCK,
            within=POLICE_WITHIN,
            beside=(
                Beside(_("On 2018-08-24 the police waited 92 minutes for what they had asked."), 92 * 60),
                Beside(
                    _(
                        "A competitor said that in the first half of 2019 it answered 98 of 100 requests for evidence within"
                        " 10 minutes of the officer's certificate. Its own words, audited by nobody."
                    )
                ),
            ),
        ),
        Measure(
            "police_calls",
            _("What we told the police without being asked"),
            _("Calls in the period by which we told a station of the police about a trip of our own accord."),
            {"all": _ALL},
            _counts("'all'", _TOLD),
            # Mostly one for each such incident.
            of=("incident_outcomes", "police"),
        ),
        Measure(
            "police_releases",
            _("What was released to the police"),
            _("Of those requests what was released: by rule or by two people, and how much of the pack."),
            {
                "rule.car": _("by rule: the car part"),
                "rule.whole": _("by rule: car part and identity part"),
                "people.car": _("by two people: the car part"),
                "people.whole": _("by two people: car part and identity part"),
            },
            _counts(
                "CASE WHEN q.by_rule THEN 'rule.' ELSE 'people.' END || COALESCE((SELECT CASE WHEN r.grade = 'whole'"
                " OR EXISTS (SELECT 1 FROM police_identitypart p WHERE p.release_id = r.id AND p.state = 'released')"
                " THEN 'whole' ELSE 'car' END FROM police_release r WHERE r.request_id = q.id), 'whole')",
                f"{_ASKED} AND q.state = 'released'",
            ),
            people=False,
        ),
        Measure(
            "police_refusals",
            _("What was refused to the police"),
            _("Of those requests what was refused, by the reason."),
            *_not_released(REQUEST_TRANSITIONS.ends),
            people=False,
        ),
        Measure(
            "police_errors",
            _("Errors of releases"),
            _(
                "The register of errors: what was noted in the period as having gone wrong with a release. It has a kind once"
                " two people agreed on cause and remedy, or agreed that there was none."
            ),
            _named(
                ErrorKind.choices,
                none=NO_ERROR[1],
                open=pgettext_lazy("report", "not agreed yet"),
            ),
            _counts(
                "CASE WHEN e.agreed_by = '' THEN 'open' WHEN e.was_none THEN 'none' ELSE e.kind END",
                f"police_releaseerror e JOIN {_REQUESTS.replace(' LEFT JOIN', ' ON q.id = e.request_id LEFT JOIN', 1)}"
                " AND e.found_at >= %(since)s AND e.found_at < %(until)s",
            ),
            people=False,
        ),
        Measure(
            "screening",
            _("Background screening"),
            _(
                "Screenings of drivers and applicants that were begun in the period, by what the rules made of the registries' answers."
            ),
            _named(Screened.choices, waiting=pgettext_lazy("report", "the registries have not answered")),
            _counts(
                "COALESCE(NULLIF(verdict, ''), 'waiting')",
                f"drivers_screening WHERE asked_at >= %(since)s AND asked_at < %(until)s AND driver_id IN {_DRIVERS}",
            ),
        ),
        Measure(
            "faces",
            _("Face checks"),
            _("Face checks of drivers that were asked for in the period, by what came of them."),
            _named(FaceCheckState.choices) | {"asked": pgettext_lazy("report", "not taken")},
            _counts(
                "state",
                f"drivers_facecheck WHERE asked_at >= %(since)s AND asked_at < %(until)s AND driver_id IN {_DRIVERS}",
            ),
        ),
        Measure(
            "mismatches",
            _("Reports that driver or car is not the registered one"),
            _("Reports made in the period, by what two people found."),
            {
                "confirmed": pgettext_lazy("report", "confirmed"),
                "cleared": pgettext_lazy("report", "not so"),
                "open": _OPEN,
            },
            _counts(
                "CASE WHEN v.state = 'overturned' OR v.state = 'decided' AND v.proposed = 'cleared' THEN 'cleared'"
                " WHEN v.state = 'decided' THEN 'confirmed' ELSE 'open' END",
                "drivers_mismatchreport m LEFT JOIN drivers_vettingcase v ON v.id = m.case_id"
                " WHERE m.reported_at >= %(since)s AND m.reported_at < %(until)s"
                f" AND COALESCE(m.driver_id IN {_DRIVERS}, true)"
                " AND m.reporter NOT IN (SELECT code FROM accounts_account WHERE is_drill)",
            ),
            beside=(
                Beside(
                    _(
                        "A competitor's hitch safety report for 2020: 6 588 trips were stopped for a mismatch. Its own words, audited by nobody."
                    )
                ),
            ),
        ),
        Measure(
            "rewards",
            _("Rewards for such reports"),
            _("Rewards that became due in the period, and the amounts of those approved."),
            _named(RewardState.choices),
            "SELECT w.state, count(*), sum(CASE WHEN w.state = 'approved' THEN w.fen ELSE 0 END)"
            " FROM drivers_reward w JOIN drivers_mismatchreport m ON m.id = w.report_id"
            " WHERE w.due_since >= %(since)s AND w.due_since < %(until)s"
            f" AND COALESCE(m.driver_id IN {_DRIVERS}, true)"
            " AND m.reporter NOT IN (SELECT code FROM accounts_account WHERE is_drill) GROUP BY 1",
            adds=("fen",),
            # One for each case: their number all but tells how many reports were confirmed.
            of=("mismatches", "confirmed"),
        ),
        Measure(
            "recordings",
            _("Trips that both sides agreed to record"),
            _(
                "Trips that ended in the period and that both sides had agreed to record: whether there is sound, and whether it can be used."
            ),
            {
                "usable": pgettext_lazy("report", "usable sound"),
                "unusable": pgettext_lazy("report", "sound that cannot be used"),
                "none": pgettext_lazy("report", "no sound"),
            },
            "SELECT cell, count(*) FROM (SELECT CASE WHEN bool_or("
            f"{_USABLE}) THEN 'usable' WHEN count(r.id) > 0 THEN 'unusable' ELSE 'none' END AS cell"
            " FROM (SELECT s.trip_id FROM (SELECT DISTINCT ON (c.trip_id, c.party) c.trip_id, c.audio"
            " FROM safety_recordingconsent c JOIN rides_trip t ON t.id = c.trip_id"
            f" WHERE t.ended_at >= %(since)s AND t.ended_at < %(until)s AND t.{_OF_PEOPLE}"
            " AND (c.party = 'passenger' OR c.at >= t.accepted_at)"
            " ORDER BY c.trip_id, c.party, c.id DESC) s GROUP BY s.trip_id HAVING count(*) = 2 AND bool_and(s.audio)) x"
            " LEFT JOIN safety_recording r ON r.trip_id = x.trip_id AND r.purpose = 'trip' AND r.chunks > 0"
            " GROUP BY x.trip_id) y GROUP BY 1",
            beside=(
                Beside(
                    _(
                        "A competitor's hitch safety report for 2020: of 100 trips 96 were recorded, of 100 recordings 15 could not be used. Its own words, audited by nobody."
                    )
                ),
            ),
        ),
        Measure(
            "destroyed",
            _("Recordings destroyed on time"),
            _(
                "Recordings that were to be destroyed in the period. On time is within a day, where a case held it within a day"
                " after the last hold ended; one that lapsed holds no longer."
            ),
            {
                "on_time": pgettext_lazy("report", "destroyed on time"),
                "held": pgettext_lazy("report", "held for a case"),
                "due": pgettext_lazy("report", "still within its day"),
                "late": pgettext_lazy("report", "destroyed too late, or not at all"),
            },
            _counts(
                # Nearly all are gone by their own end: only of the others holds are asked.
                "CASE WHEN x.gone <= x.destroy_at + interval '1 day' OR x.gone <= x.ends + interval '1 day' THEN 'on_time'"
                " WHEN x.gone IS NOT NULL THEN 'late' WHEN x.ends > %(at)s THEN 'held' WHEN x.ends + interval '1 day' > %(at)s THEN 'due' ELSE 'late' END",
                f"(SELECT r.destroyed_at AS gone, r.destroy_at, {_ENDS} AS ends FROM safety_recording r"
                " JOIN rides_trip t ON t.id = r.trip_id"
                f" WHERE r.destroy_at >= %(since)s AND r.destroy_at < %(until)s AND t.{_OF_PEOPLE}) x",
            ),
        ),
        Measure(
            "safeguards",
            _("Safeguards paid"),
            _("Claims after accidents that were granted in the period, by kind, and the amounts granted."),
            _named(ClaimKind.choices),
            "SELECT kind, count(*), sum(granted_fen) FROM complaints_claim WHERE state IN ('approved', 'settled')"
            f" AND decided_at >= %(since)s AND decided_at < %(until)s AND COALESCE(account_id NOT IN {_MARKED}, true)"
            " GROUP BY 1",
            adds=("fen",),
        ),
    )
}
