"""What a report counts, against a slow and obvious way, on small worlds made at random; nothing is left out."""

import math
import random  # worlds at random, no secrets
from collections import Counter
from copy import deepcopy
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from complaints.states import LEVEL_OF, Category, ComplaintState, Finding, Level, Source
from core import clock
from drivers.states import FaceCheckState
from governance import shadow
from governance.transparency import questions
from governance.transparency.figures import UnknownCategory, count, make, rate, span_of
from governance.transparency.questions import MEASURES
from police.states import REQUEST_TRANSITIONS, Channel, ErrorKind, RefusalCode, RequestState, Urgency
from rides.states import Line
from safety.states import IncidentOutcome, IncidentState, Origin

ZONE = ZoneInfo("Asia/Shanghai")
TABLES = (
    "accounts.Account", "drivers.Driver", "drivers.FaceCheck", "drivers.Hold", "drivers.MismatchReport", "drivers.VettingCase",
    "drivers.Reward", "drivers.Screening", "rides.Trip", "safety.Incident", "safety.SosCall", "safety.Acknowledgement",
    "safety.Signal",
    "safety.SafetyQuestion", "safety.Recording", "safety.RecordingConsent", "complaints.Complaint", "complaints.Appeal",
    "complaints.Claim", "police.PoliceRequest", "police.Officer", "police.Release", "police.IdentityPart",
    "police.ReleaseError", "core.DataHold",
)  # fmt: skip


def some(chance, value):
    return value if random.random() < chance else None


@pytest.fixture
def at(db):
    return clock.now()


def filled(world, at, *, rows=60):
    """People, some of them marked, and what befell them in sixty days."""
    world.table(*TABLES)

    def moment(days=60):
        return at - timedelta(seconds=random.randint(0, days * 86_400))

    people = [
        world.make("accounts.Account", role="member", is_drill=random.random() < 0.3) for _n in range(8)
    ]
    drivers = [world.make("drivers.Driver", account_id=person.pk) for person in people]
    officers = [world.make("police.Officer", account_id=person.pk, agency_id=1) for person in people]
    trips = [
        world.make(
            "rides.Trip",
            code=f"T{number}",
            line=random.choice(Line.values),
            passenger_id=random.choice(people).pk,
            driver_id=random.choice(drivers).pk,
            state=random.choice(["ended", "ended", "cancelled"]),
            ended_at=moment(),
            accepted_at=moment(),
            route_metres=random.choice([1_500.0, 20_000.0]),
        )
        for number in range(rows)
    ]
    found = {
        "trips": trips,
        "people": people,
        "incidents": [],
        "complaints": [],
        "requests": [],
        "errors": [],
        "taps": [],
        "seen": [],
    }
    for number in range(rows):
        opened, state = moment(), random.choice(IncidentState.values)
        trip = some(0.8, random.choice(trips))
        row = world.make(
            "safety.Incident",
            code=f"I{number}",
            trip_id=trip.pk if trip else None,
            origin=random.choice(Origin.values),
            has_sos=random.random() < 0.4,
            drill=bool(trip and trip.passenger_id in {p.pk for p in people if p.is_drill})
            or random.random() < 0.1,
            state=state,
            outcome=random.choice(IncidentOutcome.values) if state in {"resolved", "closed"} else "",
            opened_at=opened,
            taken_at=None if state == "open" else opened + timedelta(seconds=random.randint(0, 90)),
        )
        found["incidents"].append(row)
        for second in (3, 600) if row.has_sos else ():
            tap = opened + timedelta(seconds=second)
            found["taps"].append(
                (row, world.make("safety.SosCall", incident_id=row.pk, party="passenger", at=tap))
            )
            if random.random() < 0.6:
                looked = tap + timedelta(seconds=random.randint(-2, 90))
                found["seen"].append(world.make("safety.Acknowledgement", incident_id=row.pk, at=looked))
        state = random.choice(ComplaintState.values)
        found["complaints"].append(
            world.make(
                "complaints.Complaint",
                code=f"K{number}",
                trip_id=some(0.7, random.choice(trips).pk),
                complainant_id=some(0.8, random.choice(people).pk),
                accused_id=some(0.8, random.choice(people).pk),
                accused_as="driver",
                category=random.choice(Category.values),
                source=random.choice(Source.values),
                level="ordinary",
                state=state,
                finding="" if state in {"open", "proposed", "merged"} else random.choice(Finding.values),
                filed_at=moment(),
            )
        )
        asked, state = moment(), random.choice(RequestState.values)
        decided = state in REQUEST_TRANSITIONS.ends
        found["requests"].append(
            world.make(
                "police.PoliceRequest",
                code=f"P{number}",
                agency_id=1,
                officer_id=some(0.7, random.choice(officers).pk),
                trip_id=some(0.6, random.choice(trips).pk),
                channel=random.choice(Channel.values),
                urgency=random.choice(Urgency.values),
                state=state,
                asked_at=asked,
                decided_at=asked + timedelta(seconds=random.choice([2, 59, 61, 300, 4_000]))
                if decided
                else None,
                refused_for=random.choice(["", *RefusalCode.values]) if state == "refused" else "",
            )
        )
        found["errors"].append(
            world.make(
                "police.ReleaseError",
                code=f"E{number}",
                request_id=found["requests"][-1].pk,
                kind=random.choice(ErrorKind.values),
                found_at=moment(),
                agreed_by=random.choice(["", "x"]),
                was_none=random.random() < 0.3,
            )
        )
        world.make(
            "drivers.FaceCheck",
            driver_id=random.choice(drivers).pk,
            state=random.choice(FaceCheckState.values),
            purpose="daily",
            asked_at=moment(),
        )
    marked = {person.pk for person in people if person.is_drill}
    found["marked"] = marked
    found["trip"] = {trip.pk: trip for trip in trips}
    found["officer"] = {officer.pk: officer.account_id for officer in officers}
    return found


def real(found, rows, *people):
    """Those in which no marked account has a part."""

    def ours(row):
        trip = found["trip"].get(row.trip_id)
        return not (trip and trip.passenger_id in found["marked"]) and not any(
            getattr(row, name) in found["marked"] for name in people
        )

    return [row for row in rows if ours(row)]


def in_time(rows, name, since, until):
    return [row for row in rows if since <= getattr(row, name) < until]


PERIOD = 30


def period(at):
    last = at.astimezone(ZONE).date() - timedelta(days=3)
    return last - timedelta(days=PERIOD), last


@pytest.mark.parametrize("seed", range(8))
def test_no_incident_and_no_complaint_is_left_out_and_all_tables_of_them_add_up(at, seed):
    random.seed(seed)
    since, until = span_of(*period(at))
    with shadow.world(at) as world:
        made = filled(world, at)
        found = count(since, until, at)
        complaints = real(
            made, in_time(made["complaints"], "filed_at", since, until), "complainant_id", "accused_id"
        )
        incidents = [
            row for row in real(made, in_time(made["incidents"], "opened_at", since, until)) if not row.drill
        ]
        assert complaints and incidents
        for key in ("complaints", "complaint_results", "complaint_sources"):
            assert sum(found[key].counts.values()) == len(complaints), key
        for key in ("incidents", "incident_outcomes"):
            assert sum(found[key].counts.values()) == len(incidents), key
        by = Counter(row.category for row in complaints)
        assert {key: n for key, n in found["complaints"].counts.items() if n} == by
        results = Counter(
            "merged"
            if row.state == "merged"
            else "open"
            if row.state in {"open", "proposed"}
            else row.finding
            for row in complaints
        )
        assert {key: n for key, n in found["complaint_results"].counts.items() if n} == results
        came = Counter("sos" if row.has_sos else row.origin for row in incidents)
        assert {key: n for key, n in found["incidents"].counts.items() if n} == came
        ended = Counter(row.outcome if row.state == "closed" else "open" for row in incidents)
        assert {key: n for key, n in found["incident_outcomes"].counts.items() if n} == ended
        trips = [
            trip
            for trip in in_time(made["trips"], "ended_at", since, until)
            if trip.state == "ended" and trip.passenger_id not in made["marked"]
        ]
        assert sum(found["trips"].counts.values()) == len(trips)
        assert sum(each["metres"] for each in found["trips"].added.values()) == sum(
            t.route_metres for t in trips
        )


@pytest.mark.parametrize("seed", range(8))
def test_clocks_of_police_and_sos(at, seed):
    random.seed(seed)
    since, until = span_of(*period(at))
    with shadow.world(at) as world:
        made = filled(world, at)
        found = count(since, until, at)
        rows = [
            row
            for row in real(made, in_time(made["requests"], "asked_at", since, until))
            if made["officer"].get(row.officer_id) not in made["marked"]
        ]
        told = sum(row.channel == "outbound" for row in rows)
        assert found["police_calls"].counts["all"] == told
        rows = [row for row in rows if row.channel != "outbound"]
        spans = {}
        for row in rows:
            answer = row.state if row.decided_at else "waiting"
            span = ((row.decided_at or at) - row.asked_at).total_seconds()
            spans.setdefault(f"{row.channel}.{row.urgency}.{answer}", []).append(span)
        assert {key: n for key, n in found["police"].counts.items() if n} == {
            k: len(v) for k, v in spans.items()
        }
        for key, each in spans.items():
            each.sort()
            said = found["police"].added[key]
            assert said["longest"] == pytest.approx(each[-1])
            assert said["p95"] == pytest.approx(each[math.ceil(0.95 * len(each)) - 1])
            within = 0 if key.endswith("waiting") else sum(span <= 60 for span in each)
            assert said["within_first"] == within
        withheld = Counter(
            (row.refused_for or "other") if row.state == "refused" else row.state
            for row in rows
            if row.decided_at and row.state != "released"
        )
        assert {key: n for key, n in found["police_refusals"].counts.items() if n} == withheld
        released = sum(row.state == "released" for row in rows)
        assert sum(found["police_releases"].counts.values()) == released
        by_request = {row.pk: row for row in made["requests"]}
        errors = [
            row
            for row in in_time(made["errors"], "found_at", since, until)
            if real(made, [by_request[row.request_id]])
            and made["officer"].get(by_request[row.request_id].officer_id) not in made["marked"]
        ]
        assert {k: n for k, n in found["police_errors"].counts.items() if n} == Counter(
            "open" if not e.agreed_by else "none" if e.was_none else e.kind for e in errors
        )
        times = []
        for incident, tap in made["taps"]:
            if incident.drill or not real(made, [incident]) or not since <= tap.at < until:
                continue
            after = [e.at for e in made["seen"] if e.incident_id == incident.pk and e.at >= tap.at]
            times.append((min(after, default=at) - tap.at).total_seconds())
        times.sort()
        assert times and found["sos"].counts["all"] == len(times)
        assert found["sos"].added["all"]["longest"] == pytest.approx(times[-1])
        assert found["sos"].added["all"]["p50"] == pytest.approx(times[math.ceil(len(times) / 2) - 1])


def test_a_call_in_an_incident_that_somebody_has_waits_from_its_own_tap(at):
    since, until = span_of(*period(at))
    opened = since + timedelta(days=2)
    with shadow.world(at) as world:
        world.table(*TABLES)
        row = world.make("safety.Incident", origin="rule", has_sos=True, opened_at=opened, taken_at=opened)
        world.make("safety.Acknowledgement", incident_id=row.pk, at=opened)
        tap = opened + timedelta(minutes=20)
        world.make("safety.SosCall", incident_id=row.pk, party="passenger", at=tap)
        world.make("safety.Acknowledgement", incident_id=row.pk, at=tap + timedelta(seconds=90))
        said = count(since, until, at)["sos"].added["all"]
    assert (said["longest"], said["within_second"]) == (90.0, 0)


def test_harms_and_what_was_known_before(at):
    since, until = span_of(*period(at))
    begun = since + timedelta(days=3)
    with shadow.world(at) as world:
        world.table(*TABLES)
        her, him = (world.make("accounts.Account", role="member") for _n in range(2))

        def harm(number, *, upheld=False):
            driver = world.make("drivers.Driver", account_id=world.make("accounts.Account", role="member").pk)
            trip = world.make("rides.Trip", code=f"T{number}", passenger_id=her.pk, driver_id=driver.pk)
            if upheld:
                row = world.make(
                    "complaints.Complaint", code=f"K{number}", trip_id=trip.pk, complainant_id=her.pk, category="harassment",
                    state="final", finding="upheld", filed_at=begun,
                )  # fmt: skip
            else:
                row = world.make(
                    "safety.Incident", code=f"I{number}", trip_id=trip.pk, origin="sos", state="closed", outcome="police",
                    opened_at=begun, has_sos=True,
                )  # fmt: skip
                world.make("safety.SosCall", incident_id=row.pk, party="passenger", at=begun)
            return trip, driver

        def signal(trip, kind, seconds):
            moment = begun + timedelta(seconds=seconds)
            world.make("safety.Signal", trip_id=trip.pk, kind=kind, score=30, at=moment)

        harm(1)  # nothing was known
        trip, _driver = harm(2)
        signal(trip, "sos", -1)  # her own call is no sign of the system's
        signal(trip, "long_stop", 1)  # and this came after
        trip, _driver = harm(3)
        signal(trip, "long_stop", -60)  # seen, and nothing done
        trip, _driver = harm(4)
        signal(trip, "long_stop", -60)
        world.make("safety.SafetyQuestion", trip_id=trip.pk, asked_at=begun - timedelta(seconds=50))
        trip, driver = harm(5, upheld=True)
        world.make(
            "complaints.Complaint", code="K9", accused_id=driver.account_id, accused_as="driver", complainant_id=him.pk,
            category="dispute", state="open", filed_at=begun - timedelta(days=90),
        )  # fmt: skip
        world.make(
            "drivers.Hold",
            driver_id=driver.pk,
            kind="complaint",
            source="K9",
            opened_at=begun - timedelta(days=9),
        )
        # The same trip's upheld complaint is the same harm.
        world.make(
            "complaints.Complaint", code="K8", trip_id=trip.pk, complainant_id=her.pk, category="violence", state="final",
            finding="upheld", filed_at=begun + timedelta(hours=1),
        )  # fmt: skip
        found = count(since, until, at)["harms"].counts
        assert found == {"unseen": 2, "nothing": 1, "asked": 1, "looked": 0, "stopped": 1}


@pytest.mark.parametrize("category", Category)
def test_each_severe_category_is_a_harm_but_that_of_another_car(at, category):
    """A new one as well: by its class alone."""
    since, until = span_of(*period(at))
    with shadow.world(at) as world:
        world.table(*TABLES)
        trip = world.make("rides.Trip", code="T1")
        world.make(
            "complaints.Complaint", code="K1", trip_id=trip.pk, category=category, state="final", finding="upheld",
            filed_at=since + timedelta(days=1),
        )  # fmt: skip
        harms = sum(count(since, until, at)["harms"].counts.values())
    assert harms == (LEVEL_OF[category] == Level.SEVERE and category != Category.MISMATCH)


def test_of_a_complaint_what_was_done_after_she_boarded_was_not_done_before_the_harm(at):
    since, until = span_of(*period(at))
    boarded = since + timedelta(days=3)
    with shadow.world(at) as world:
        world.table(*TABLES)
        for number in (1, 2):
            driver = world.make("drivers.Driver", account_id=-number)
            trip = world.make(
                "rides.Trip", code=f"T{number}", driver_id=driver.pk, boarded_at=boarded, ended_at=boarded + timedelta(hours=1)
            )  # fmt: skip
            world.make(
                "complaints.Complaint", code=f"K{number}", trip_id=trip.pk, category="harassment", state="final",
                finding="upheld", filed_at=boarded + timedelta(days=1),
            )  # fmt: skip
            if (
                number == 1
            ):  # its sign came on the way: it had shown, and what followed is no deed before the harm
                moment = boarded + timedelta(minutes=5)
                world.make("safety.Signal", trip_id=trip.pk, kind="long_stop", score=30, at=moment)
                world.make("safety.SafetyQuestion", trip_id=trip.pk, asked_at=moment)
            opened = boarded + timedelta(hours=3)
            world.make("drivers.Hold", driver_id=driver.pk, kind="complaint", source="x", opened_at=opened)
        found = count(since, until, at)["harms"].counts
    assert {key: many for key, many in found.items() if many} == {"unseen": 1, "nothing": 1}


def test_a_trip_is_one_harm_in_the_period_of_its_first_event(at):
    since, until = span_of(*period(at))
    with shadow.world(at) as world:
        world.table(*TABLES)
        trip = world.make("rides.Trip", code="T1")
        world.make(
            "safety.Incident", trip_id=trip.pk, origin="rule", state="closed", outcome="police", opened_at=since - timedelta(hours=1)
        )  # fmt: skip
        world.make(
            "complaints.Complaint", code="K1", trip_id=trip.pk, category="violence", state="final", finding="upheld",
            filed_at=since + timedelta(hours=1),
        )  # fmt: skip
        assert sum(count(since, until, at)["harms"].counts.values()) == 0
        before = count(since - timedelta(days=1), since, at)["harms"].counts
    assert sum(before.values()) == 1


@pytest.mark.parametrize(
    ("holds", "destroyed", "said"),
    [
        ([], 0.5, "on_time"),
        ([], 2, "late"),
        ([], None, "late"),
        ([(0, 5, None)], 5.5, "on_time"),
        ([(0, 5, None)], 8, "late"),
        ([(0, 5, None)], None, "late"),  # it lapsed, and nobody wrote so
        ([(0, 9, 3)], 5, "late"),
        ([(0, 5, None), (5.5, 12, None)], 12.5, "on_time"),
        ([(4, 9, None)], 9, "late"),  # held when it should have been gone
        ([(0, 90, None)], None, "held"),
        ([(0, 90, None)], 3, "on_time"),
    ],
)
def test_a_hold_puts_the_end_off_as_long_as_it_held(at, holds, destroyed, said):
    since, until = span_of(*period(at))
    ends = since + timedelta(days=2)
    with shadow.world(at) as world:
        world.table(*TABLES)
        trip = world.make("rides.Trip", code="T1")
        gone = None if destroyed is None else ends + timedelta(days=destroyed)
        world.make("safety.Recording", trip_id=trip.pk, purpose="trip", destroy_at=ends, destroyed_at=gone)
        for number, (placed, lapses, released) in enumerate(holds):
            world.make(
                "core.DataHold", subject="T1", case=f"K{number}", source="complaint", placed_at=ends + timedelta(days=placed),
                until=ends + timedelta(days=lapses),
                released_at=None if released is None else ends + timedelta(days=released),
            )  # fmt: skip
        found = count(since, until, at)["destroyed"].counts
    assert {key for key, many in found.items() if many} == {said}


def test_recordings_and_their_end(at):
    since, until = span_of(*period(at))
    over = since + timedelta(days=2)
    with shadow.world(at) as world:
        world.table(*TABLES)
        her = world.make("accounts.Account", role="member")
        for number, (agreed, sound) in enumerate(
            [(True, "good"), (True, "holes"), (True, ""), (False, "good")]
        ):
            trip = world.make(
                "rides.Trip", code=f"T{number}", passenger_id=her.pk, accepted_at=over - timedelta(hours=2), ended_at=over
            )  # fmt: skip
            for party in ("passenger", "driver"):
                world.make(
                    "safety.RecordingConsent",
                    trip_id=trip.pk,
                    party=party,
                    audio=agreed,
                    at=over - timedelta(hours=1),
                )
            if sound:
                ends = over + timedelta(days=7)
                world.make(
                    "safety.Recording", trip_id=trip.pk, purpose="trip", chunks=10, missing=9 if sound == "holes" else 0,
                    slice_ms=6_000, destroy_at=ends, destroyed_at=None if number == 0 else ends + timedelta(hours=30 * number),
                )  # fmt: skip
        world.make(
            "core.DataHold",
            subject="T3",
            case="K1",
            source="complaint",
            placed_at=over,
            until=over + timedelta(days=8),
        )
        found = count(since, until, at)
        assert found["recordings"].counts == {"usable": 1, "unusable": 1, "none": 1}
        assert found["destroyed"].counts == {"on_time": 0, "held": 0, "due": 0, "late": 3}


def test_a_category_that_no_cell_names_stops_the_report(at):
    with shadow.world(at) as world:
        world.table(*TABLES)
        her = world.make("accounts.Account", role="member")
        since, until = span_of(*period(at))
        world.make("rides.Trip", passenger_id=her.pk, line="helicopter", state="ended", ended_at=since)
        with pytest.raises(UnknownCategory, match="helicopter"):
            count(since, until, at)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_told_of_people_hides_the_small_and_what_would_give_it_away(at, seed):
    random.seed(seed)
    with shadow.world(at) as world:
        filled(world, at)
        body = make(*period(at), at)
        counted = count(*span_of(*period(at)), at)
    for table in body["tables"]:
        counts = counted[table["measure"]].counts
        total = table["total"]["count"]
        assert total in {None, sum(counts.values())}
        untold = [row["cell"] for row in table["cells"] if row["count"] is None]
        for row in table["cells"]:
            assert row["count"] in {None, counts[row["cell"]]}
            if table["small_counts_untold"]:
                assert row["count"] == 0 or row["count"] is None or row["count"] >= 5
            if row["count"] is None:
                assert row.keys() == {"cell", "count"}
        assert len(untold) != 1 or len(counts) == 1
        assert table["small_counts_untold"] or not untold
        if untold:
            assert "fen" not in table["total"]


def test_what_a_correction_still_hides_elsewhere_is_told_nowhere(at):
    random.seed(1)
    with shadow.world(at) as world:
        filled(world, at, rows=150)
        first = make(*period(at), at)
        shown = {each["measure"]: deepcopy(each) for each in first["tables"]}
        for table in first["tables"]:
            for row in table["cells"]:
                if table["measure"] == "incidents" and row["cell"] in {"sos", "rule"}:
                    row["count"] = None
        hidden = {each["measure"]: each for each in make(*period(at), at, before=[first])["tables"]}
    assert shown["sos"]["total"]["count"] is not None
    assert hidden["sos"]["total"] == {"cell": "", "count": None}
    assert hidden["sos"]["cells"] == [{"cell": "all", "count": None}]


def test_few_trips_are_not_told_by_their_kilometres_or_by_rates(at):
    since, _until = span_of(*period(at))
    with shadow.world(at) as world:
        world.table(*TABLES)
        for number in range(12):
            world.make(
                "complaints.Complaint", code=f"K{number}", category="dispute", state="open", filed_at=since
            )
        for number in range(3):
            world.make(
                "rides.Trip",
                code=f"T{number}",
                line="hitch",
                state="ended",
                ended_at=since,
                route_metres=9_000.0,
            )
        tables = {each["measure"]: each for each in make(*period(at), at)["tables"]}
    assert tables["trips"]["total"] == {"cell": "", "count": None}
    assert all(row.keys() == {"cell", "count"} for row in tables["trips"]["cells"])
    assert tables["complaints"]["total"]["count"] == 12
    assert tables["complaints"]["total"]["per_million_trips"] is None


def test_what_we_told_the_police_of_our_own_is_no_request_of_theirs(at):
    since, until = span_of(*period(at))
    with shadow.world(at) as world:
        world.table(*TABLES)
        for number in range(3):
            world.make(
                "police.PoliceRequest", code=f"P{number}", agency_id=1, officer_id=None, trip_id=None, channel="outbound",
                urgency="emergency", state="released", asked_at=since, decided_at=since,
            )  # fmt: skip
        found = count(since, until, at)
        tables = {each["measure"]: each for each in make(*period(at), at)["tables"]}
    assert sum(found["police"].counts.values()) == sum(found["police_releases"].counts.values()) == 0
    assert found["police_calls"].counts == {"all": 3}
    assert tables["police_calls"]["total"]["count"] is None


def test_of_nothing_there_is_no_time(at):
    with shadow.world(at) as world:
        world.table(*TABLES)
        tables = {each["measure"]: each for each in make(*period(at), at)["tables"]}
    for row in (tables["sos"]["total"], tables["police"]["cells"][0], tables["police"]["total"]):
        assert row["count"] == 0
        assert {row[name] for name in ("p50", "p95", "longest")} == {None}


def test_rates_have_the_exact_interval():
    assert rate(0, 1e6) == {"rate": 0.0, "low": 0.0, "high": 3.689}
    assert rate(10, 1e6) == {"rate": 10.0, "low": 4.795, "high": 18.39}
    assert rate(5, 0) is None


def test_each_measure_says_in_words_what_it_counts_and_its_statement_has_a_digest():
    assert len({each.digest for each in MEASURES.values()}) == len(MEASURES)
    assert all(str(each.about).endswith((".", "。")) and each.cells for each in MEASURES.values())


def test_days_are_chinas():
    since, until = span_of(date(2026, 10, 1), date(2026, 10, 31))
    assert (since.isoformat(), until.isoformat()) == (
        "2026-10-01T00:00:00+08:00",
        "2026-11-01T00:00:00+08:00",
    )


def test_an_end_of_a_request_that_is_added_to_the_machine_is_in_the_report():
    """`escalated` stands for it here: a state of the machine that is no end today."""
    ends = {*REQUEST_TRANSITIONS.ends, RequestState.ESCALATED}
    cells, query = questions._not_released(ends)
    assert cells["escalated"] == RequestState.ESCALATED.label
    _rows, _in, states = query.removesuffix(") GROUP BY 1").rpartition("q.state IN (")
    assert set(states.split(", ")) == {f"'{end}'" for end in ends - {RequestState.RELEASED}}
