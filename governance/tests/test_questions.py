"""What the database answers for the checks, against a slow and obvious way, on small worlds made at random."""

import random  # worlds at random, no secrets
from datetime import timedelta
from inspect import isfunction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core import clock
from governance import shadow
from governance.checks import ask

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORLDS = range(12)


def some(chance, value):
    return value if random.random() < chance else None


def moment(at, days=40):
    return at - timedelta(seconds=random.randint(0, days * 86_400))


def by_night(at):
    return at is not None and not 6 <= at.astimezone(SHANGHAI).hour < 22


@pytest.fixture
def at(db):
    return clock.now()


@pytest.mark.parametrize("seed", WORLDS)
def test_trips(at, seed):
    random.seed(seed)
    since = at - timedelta(days=30)
    with shadow.world(at) as world:
        world.table(
            "drivers.FaceCheck",
            "rides.Reminder",
            "complaints.Complaint",
            "accounts.Account",
            "rides.Proposal",
        )
        people = [
            world.make(
                "accounts.Account",
                role="member",
                is_drill=random.random() < 0.2,
                verified_at=some(0.6, moment(at)),
            )
            for _n in range(6)
        ]
        drivers = [world.make("drivers.Driver", account_id=person.pk) for person in people]
        trips, faces, reminders, complaints, held_out = [], [], [], [], []
        for _n in range(40):
            accepted = some(0.85, moment(at))
            trip = world.make(
                "rides.Trip",
                code=f"T{_n}",
                line=random.choice(["hitch", "express"]),
                passenger_id=random.choice(people).pk,
                driver_id=random.choice(drivers).pk if accepted else None,
                requested_at=moment(at),
                accepted_at=accepted,
                window_start=moment(at),
                window_end=moment(at),
                departed_at=some(0.7, moment(at)),
                boarded_at=some(0.6, moment(at)),
                route_seconds=random.choice([0.0, 600.0, 7_200.0]),
                plate_check=random.choice(["", "same", "differs"]),
                presumed_boarded=random.random() < 0.3,
                plate_registered="x",
            )
            trips.append(trip)
            if accepted and random.random() < 0.6:
                faces.append(
                    world.make(
                        "drivers.FaceCheck",
                        subject=trip.code,
                        purpose=random.choice(["accept", "accept", "pickup"]),
                        driver_id=random.choice([trip.driver_id, drivers[0].pk]),
                        token_used_at=some(
                            0.8, accepted + timedelta(seconds=random.choice([-6, -5, 0, 5, 6]))
                        ),
                    )
                )
            if accepted and random.random() < 0.7:
                held_out.append(
                    world.make(
                        "rides.Proposal",
                        trip_id=trip.pk,
                        driver_id=random.choice([trip.driver_id, trip.driver_id, drivers[0].pk]),
                        state=random.choice(["accepted", "accepted", "declined"]),
                        made_at=accepted + timedelta(seconds=random.choice([-60, 0, 1])),
                    )
                )
            for party in random.sample(["passenger", "driver"], random.randint(0, 2)):
                base = trip.departed_at or at
                reminders.append(
                    world.make(
                        "rides.Reminder",
                        trip_id=trip.pk,
                        party=party,
                        acknowledged_at=some(0.5, base + timedelta(seconds=random.choice([-60, 0, 60]))),
                        called_at=some(0.3, base + timedelta(seconds=random.choice([-60, 60]))),
                    )
                )
        for _n in range(8):
            stopped = some(0.8, moment(at))
            complaints.append(
                world.make(
                    "complaints.Complaint",
                    code=f"C{_n}",
                    level=random.choice(["severe", "severe", "ordinary"]),
                    accused_as=random.choice(["driver", "driver", "passenger"]),
                    accused_id=random.choice(people).pk,
                    stopped_at=stopped,
                    lifted_at=some(0.3, moment(at, 20)) if stopped else None,
                    decided_at=some(0.3, moment(at, 20)) if stopped else None,
                )
            )

        marked = {each.pk for each in people if each.is_drill}
        trips = [t for t in trips if t.passenger_id not in marked]
        hitch = [t for t in trips if t.line == "hitch" and t.accepted_at and t.accepted_at >= since]
        faceless = {
            t.code
            for t in hitch
            if not any(
                f.subject == t.code
                and f.purpose == "accept"
                and f.driver_id == t.driver_id
                and f.token_used_at
                and abs(f.token_used_at - t.accepted_at) <= timedelta(seconds=5)
                for f in faces
            )
        }
        found = ask.hitch_without_face(since)
        assert (found.all, found.wrong, set(found.codes)) == (len(hitch), len(faceless), faceless)

        alone = {
            t.code
            for t in hitch
            if any(
                p.trip_id == t.pk
                and p.driver_id == t.driver_id
                and p.state == "accepted"
                and p.made_at <= t.accepted_at
                for p in held_out
            )
        }
        found = ask.hitch_picked(since)
        assert (found.all, found.all - found.wrong) == (len(hitch), len(alone))
        assert not alone & set(found.codes)

        night = {t.code for t in hitch if any(map(by_night, (t.window_start, t.window_end, t.departed_at)))}
        found = ask.hitch_by_night(since)
        assert (found.all, found.wrong, set(found.codes)) == (len(hitch), len(night), set(sorted(night)[:20]))

        late = [
            t
            for t in trips
            if t.line == "hitch"
            and t.departed_at
            and t.departed_at >= since
            and (by_night(t.window_end) or by_night(t.window_end + timedelta(seconds=t.route_seconds)))
        ]
        unread = set()
        for t in late:
            told = {
                r.party
                for r in reminders
                if r.trip_id == t.pk
                for each in (r.acknowledged_at, r.called_at)
                if each and each <= t.departed_at
            }
            if told != {"passenger", "driver"}:
                unread.add(t.code)
        found = ask.night_unreminded(since)
        assert (found.all, found.wrong, set(found.codes)) == (len(late), len(unread), unread)

        of = {person.pk: person for person in people}
        ordered = [
            t
            for t in trips
            if t.line == "hitch" and t.requested_at >= since and not of[t.passenger_id].is_drill
        ]
        unnamed = {
            t.code
            for t in ordered
            if of[t.passenger_id].verified_at is None or of[t.passenger_id].verified_at > t.requested_at
        }
        found = ask.hitch_unnamed(since)
        assert (found.all, found.wrong, set(found.codes)) == (len(ordered), len(unnamed), unnamed)

        others = [
            t
            for t in trips
            if t.line != "hitch"
            and not of[t.passenger_id].is_drill
            and (t.requested_at >= since or (t.boarded_at and t.boarded_at >= since))
        ]
        nameless = {
            t.code
            for t in others
            for named in [of[t.passenger_id].verified_at]
            for when in [t.requested_at, t.boarded_at]
            if when and when >= since and (named is None or named > when)
        }
        found = ask.unnamed_on_other_lines(since)
        assert (found.all, found.wrong, set(found.codes)) == (len(others), len(nameless), nameless)

        boarded = [t for t in trips if t.boarded_at and t.boarded_at >= since]
        same = [t for t in boarded if t.plate_check == "same"]
        presumed = [t for t in boarded if t.plate_check != "same" and t.presumed_boarded]
        assert ask.boardings(since) == ask.Boardings(
            len(boarded), len(same), len(presumed), len(boarded) - len(same) - len(presumed)
        )

        orders = [t for t in trips if t.driver_id and t.accepted_at and t.accepted_at >= since]
        account = {driver.pk: driver.account_id for driver in drivers}
        wrong = {
            t.code
            for t in orders
            for c in complaints
            if c.level == "severe"
            and c.accused_as == "driver"
            and c.stopped_at
            and account[t.driver_id] == c.accused_id
            and c.stopped_at < t.accepted_at < (c.lifted_at or c.decided_at or at)
        }
        found = ask.accepted_under_complaint(since, at)
        assert (found.all, found.wrong, set(found.codes)) == (len(orders), len(wrong), wrong)


@pytest.mark.parametrize("seed", WORLDS)
def test_incidents(at, seed):
    random.seed(100 + seed)
    since, limit, soon = at - timedelta(days=30), timedelta(minutes=10), timedelta(minutes=3)
    with shadow.world(at) as world:
        world.table("safety.Caller", "safety.SosCall", "accounts.EmergencyContact", "core.Notification")
        incidents, callers = [], {}
        for number in range(40):
            danger = some(0.8, moment(at))
            near = danger or moment(at)
            times = {
                name: some(
                    0.4, near + timedelta(seconds=random.choice([-60, 0, 120, 180, 181, 500, 601, 4_000]))
                )
                for name in ("safe_check_at", "police_called_at", "closed_at", "police_excused_at")
            }
            row = world.make(
                "safety.Incident",
                code=f"I{number}",
                drill=random.random() < 0.2,
                has_sos=random.random() < 0.7,
                high_risk_at=danger,
                taken_at=some(0.8, near + timedelta(seconds=random.choice([0, 30]))),
                **times,
            )
            incidents.append(row)
            for party in random.sample(["passenger", "driver"], random.randint(0, 2)):
                called = some(0.7, near + timedelta(seconds=random.choice([-30, 0, 40])))
                callers[row.pk, party] = world.make(
                    "safety.Caller",
                    incident_id=row.pk,
                    party=party,
                    silent=random.random() < 0.2,
                    called_at=called,
                    called_back_at=some(0.5, near + timedelta(seconds=random.choice([-60, 20, 200, 700]))),
                )

        def first(since, *moments):
            return min((each for each in moments if each and each >= since), default=at)

        missed = sorted(
            i.code
            for i in incidents
            if not i.drill
            and i.high_risk_at
            and since <= i.high_risk_at < at - limit
            and first(i.high_risk_at, i.safe_check_at, i.closed_at) > i.high_risk_at + soon
            and first(i.high_risk_at, i.police_called_at, i.police_excused_at) > i.high_risk_at + limit
        )
        assert ask.police_clock_missed(since, at, safe_within=soon, limit=limit) == missed

        silent = []
        for i in incidents:
            known = [callers.get((i.pk, party)) for party in ("passenger", "driver")]
            caller = next((each for each in known if each and each.called_at), None)
            if i.drill or not i.has_sos or not i.taken_at or not since <= i.taken_at < at - limit:
                continue
            if caller is None or caller.silent:
                continue
            spoken = first(caller.called_at, caller.called_back_at, i.safe_check_at, i.closed_at)
            if spoken > max(i.taken_at, caller.called_at) + limit:
                silent.append(i.code)
        assert ask.not_called_back(since, at, limit) == sorted(silent)


@pytest.mark.parametrize("seed", WORLDS)
def test_recordings(at, seed):
    random.seed(200 + seed)
    since = at - timedelta(days=30)
    with shadow.world(at) as world:
        world.table("safety.Recording", "safety.RecordingConsent")
        trips = [
            world.make(
                "rides.Trip",
                code=f"T{n}",
                line=random.choice(["hitch", "express"]),
                driver_id=some(0.9, -1),
                for_teen=random.random() < 0.2,
                accepted_at=moment(at, 35),
                ended_at=some(0.8, moment(at)),
            )
            for n in range(12)
        ]
        consents, recordings = [], []
        for _n in range(60):
            trip = random.choice(trips)
            consents.append(
                world.make(
                    "safety.RecordingConsent",
                    trip_id=trip.pk,
                    party=random.choice(["passenger", "driver"]),
                    audio=random.random() < 0.7,
                    at=trip.accepted_at + timedelta(seconds=random.choice([-30, 0, 30, 90])),
                )
            )
        consents.sort(key=lambda row: row.pk)  # as they were written: keys of shadows count down
        for n in range(20):
            trip = random.choice(trips)
            recordings.append(
                world.make(
                    "safety.Recording",
                    code=f"R{n}",
                    trip_id=trip.pk,
                    purpose=random.choice(["trip", "trip", "sos"]),
                    begun_at=trip.accepted_at + timedelta(seconds=random.choice([0, 60, 120])),
                    chunks=random.choice([0, 10, 100]),
                    missing=random.choice([0, 2, 5, 100]),
                    slice_ms=1000,
                    silent_ms=random.choice([0, 9_500]),
                    clipped_ms=random.choice([0, 8_000]),
                )
            )

        def newest(trip, party, until=None):
            rows = [
                c
                for c in consents
                if c.trip_id == trip.pk
                and c.party == party
                and (until is None or c.at <= until)
                and (party == "passenger" or c.at >= trip.accepted_at)
            ]
            return rows[-1].audio if rows else False

        of = {trip.pk: trip for trip in trips}
        whole = [r for r in recordings if r.purpose == "trip" and r.begun_at >= since]
        wrong = {
            r.code
            for r in whole
            for t in [of[r.trip_id]]
            if not (
                (t.for_teen or newest(t, "passenger", r.begun_at))
                and ((t.driver_id is not None and t.line == "express") or newest(t, "driver", r.begun_at))
            )
        }
        found = ask.recorded_without_consent(since, ["express"])
        assert (found.all, found.wrong, set(found.codes)) == (len(whole), len(wrong), wrong)

        agreed = [
            t
            for t in trips
            if t.ended_at and t.ended_at >= since and newest(t, "passenger") and newest(t, "driver")
        ]
        kept = {r.trip_id for r in recordings if r.purpose == "trip" and r.chunks}
        usable = {
            r.trip_id
            for r in recordings
            if r.purpose == "trip"
            and r.chunks
            and r.missing / (r.chunks + r.missing) < 0.2
            and r.silent_ms < 0.9 * r.chunks * r.slice_ms
            and r.clipped_ms < 0.5 * (r.chunks + r.missing) * r.slice_ms
        }
        assert ask.coverage(since) == ask.Coverage(
            len(agreed), sum(t.pk in kept for t in agreed), sum(t.pk in usable for t in agreed)
        )


@pytest.mark.parametrize("seed", WORLDS)
def test_emergencies(at, seed):
    random.seed(300 + seed)
    since = at - timedelta(days=30)
    with shadow.world(at) as world:
        rows = [
            world.make(
                "police.PoliceRequest",
                code=f"P{n}",
                urgency=random.choice(["emergency", "ordinary"]),
                channel=random.choice(["form", "phone"]),
                trips_found=random.choice([0, 1, 1, 3]),
                asked_at=asked,
                decided_at=some(0.7, asked + timedelta(seconds=random.choice([5, 60, 61, 300, 301, 5_520]))),
            )
            for n in range(20)
            for asked in [moment(at)]
        ]
        urgent = [r for r in rows if r.urgency == "emergency" and r.asked_at >= since]
        late = {
            r.code
            for r in urgent
            if (r.decided_at or at) - r.asked_at
            > timedelta(seconds=60 if r.channel == "form" and r.trips_found == 1 else 300)
        }
        found = ask.emergencies_late(since, at, form_seconds=60, phone_seconds=300)
        assert (found.all, found.wrong, set(found.codes)) == (len(urgent), len(late), late)


@pytest.mark.parametrize("seed", WORLDS)
def test_spells_and_rewards(at, seed):
    random.seed(400 + seed)
    since = at - timedelta(days=30)
    with shadow.world(at) as world:
        world.table("drivers.OnlineSpell", "core.LedgerTransfer", "core.LedgerEntry")
        driver = world.trip().driver
        spells = []
        for _n in range(20):
            began = moment(at)
            day = began.astimezone(SHANGHAI).date() - timedelta(days=random.choice([0, 0, 0, 1]))
            check = world.make(
                "drivers.FaceCheck",
                driver_id=driver.pk,
                purpose=random.choice(["daily", "daily", "accept"]),
                state=random.choice(["passed", "passed", "failed"]),
                subject=day.isoformat(),
            )
            spells.append(
                (
                    world.make(
                        "drivers.OnlineSpell", driver_id=driver.pk, began_at=began, face_check_id=check.pk
                    ),
                    check,
                )
            )
        counted = [each for each in spells if each[0].began_at >= since]
        bad = [
            s
            for s, c in counted
            if (c.purpose, c.state, c.subject)
            != ("daily", "passed", s.began_at.astimezone(SHANGHAI).date().isoformat())
        ]
        found = ask.spells_without_face(since)
        assert (found.all, found.wrong) == (len(counted), len(bad))

        wrong, approved = set(), 0
        for n in range(20):
            report = world.make("drivers.MismatchReport", code=f"W{n}")
            state = random.choice(["approved", "due"])
            world.make("drivers.Reward", report_id=report.pk, state=state, fen=500)
            about, fen = random.random() < 0.8, random.choice([-500, 0, -250])
            if about:
                transfer = world.make("core.LedgerTransfer", key=f"k{n}", subject=report.code)
                world.make(
                    "core.LedgerEntry", transfer_id=transfer.pk, account=f"owed:{report.code}", fen=fen
                )
            approved += state == "approved"
            if state == "approved" and (not about or fen == -250):
                wrong.add(report.code)
        found = ask.rewards_not_booked("owed:{}")
        assert (found.all, found.wrong, set(found.codes)) == (approved, len(wrong), wrong)


@pytest.mark.parametrize("seed", WORLDS)
def test_cases_for_110(at, seed):
    random.seed(500 + seed)
    since = at - timedelta(days=30)
    soon, by_hand = timedelta(seconds=15), timedelta(seconds=180)
    waits = [timedelta(seconds=each) for each in (5, 15, 16, 180, 181, 900)]
    with shadow.world(at) as world:
        world.table("safety.SosCall", "safety.EmergencyPush")
        trip, due, late = world.trip(), set(), set()
        for n in range(30):
            opened = random.choice([moment(at), at - random.choice(waits)])
            has_sos, closed = random.random() < 0.6, some(0.5, opened + random.choice(waits))
            said = some(0.3, opened + random.choice(waits))
            row = world.make(
                "safety.Incident",
                code=f"I{n}",
                trip_id=some(0.9, trip.pk),
                drill=random.random() < 0.1,
                has_sos=has_sos,
                opened_at=opened,
                closed_at=closed,
                police_said_at=said,
            )
            first = (
                opened - random.choice([timedelta(0), *waits]) if has_sos and random.random() < 0.5 else None
            )
            if first:
                world.make("safety.SosCall", incident_id=row.pk, at=first)
            pushed = random.random() < 0.7
            received = some(0.6, opened + random.choice(waits)) if pushed else None
            if pushed:
                world.make(
                    "safety.EmergencyPush",
                    incident_id=row.pk,
                    asked_at=opened,
                    received_at=received,
                    number="1" if received else "",
                )
            if row.drill or row.trip_id is None or opened < since or not (pushed or has_sos):
                continue
            due.add(row.code)
            until = min(at, closed or at)
            begins = first or opened
            told = said is not None and begins <= said <= begins + by_hand
            slow = (received or until) - begins > soon
            judged = not pushed or until - begins > by_hand
            if slow and judged and not told:
                late.add(row.code)
        found = ask.pushes_unheard(since, at, causes=["sos"], within=soon, by_hand=by_hand)
        assert (found.all, found.wrong, set(found.codes)) == (len(due), len(late), late)


@pytest.mark.parametrize("seed", WORLDS)
def test_the_regulators_feed(at, seed):
    random.seed(600 + seed)
    since, within, pays = at - timedelta(hours=1), timedelta(minutes=5), timedelta(minutes=70)
    lines = [{"city": "one", "line": "express"}, {"city": "two", "line": "hitch"}]
    minutes = [-70, -61, -59, -30, -6, -4, -1]
    with shadow.world(at) as world:
        world.table("governance.FeedMessage", "governance.FeedPosition", "rides.LatestPosition", "rides.Trip")
        cities = [world.make("rides.City", code=code) for code in ("one", "two", "three")]
        people = [world.make("accounts.Account", is_drill=marked) for marked in (False, False, True)]
        drivers = [world.make("drivers.Driver", account_id=person.pk) for person in people]
        facts, wrong, cars, unplaced = 0, set(), 0, set()
        for n in range(60):
            city, rider, driver = (
                random.choice(cities),
                random.choice(people),
                some(0.8, random.choice(drivers)),
            )
            line, state = (
                random.choice(["express", "hitch"]),
                random.choice(["requested", "accepted", "in_progress", "ended", "cancelled"]),
            )

            def when(chance):
                return some(chance, at + timedelta(minutes=random.choice(minutes)))

            times = {
                "requested_at": when(1), "accepted_at": when(0.8) if driver else None, "cancelled_at": when(0.3),
                "boarded_at": when(0.5), "ended_at": when(0.4),
            }  # fmt: skip
            trip = world.make(
                "rides.Trip", code=f"T{n}", line=line, state=state, city_id=city.pk, passenger_id=rider.pk,
                driver_id=driver.pk if driver else None, **times,
            )  # fmt: skip
            names = {
                "orderCreate": ("requested_at", trip.code), "orderMatch": ("accepted_at", f"{trip.code}:{driver.pk if driver else 0}"),
                "orderCancel": ("cancelled_at", trip.code), "operateDepart": ("boarded_at", trip.code),
                "operateArrive": ("ended_at", trip.code), "operatePay": ("ended_at", trip.code),
            }  # fmt: skip
            told = {kind for kind in names if random.random() < 0.6}
            for kind in told:
                over = random.random() < 0.8
                world.make(
                    "governance.FeedMessage",
                    kind=kind,
                    key=names[kind][1],
                    acknowledged_at=at if over else None,
                )
                if not over:
                    told = told - {kind}
            told_at = some(0.6, at - timedelta(seconds=random.choice([10, 59, 61, 500])))
            phone = some(0.7, at - timedelta(seconds=random.choice([0, 30, 100])))
            if told_at:
                world.make("governance.FeedPosition", trip=trip.pk, at=told_at, told_at=told_at)
            if phone:
                world.make("rides.LatestPosition", trip_id=trip.pk, party="driver", at=phone)
            if {"city": city.code, "line": line} not in lines or rider.is_drill or driver is drivers[2]:
                continue
            if phone and state in ("accepted", "in_progress"):
                cars += 1
                base = told_at or times["accepted_at"]
                if base and phone > base + timedelta(seconds=60) and base < at - timedelta(seconds=60):
                    unplaced.add(trip.code)
            looked = state in ("requested", "accepted", "in_progress") or any(
                each and each >= since
                for each in (times["accepted_at"], times["cancelled_at"], times["ended_at"])
            )
            for kind, (column, _key) in names.items():
                late = at - (pays if kind == "operatePay" else within)
                if looked and times[column] and since <= times[column] < late:
                    facts += 1
                    if kind not in told:
                        wrong.add((trip.code, kind))
        found = ask.facts_untold(since, at, lines=lines, within=within, pays=pays)
        assert (found.all, found.wrong) == (facts, len(wrong))
        assert set(found.codes) <= {code for code, _kind in wrong}
        placed = ask.positions_untold(at, lines=lines, within=timedelta(seconds=60))
        assert (placed.all, placed.wrong, set(placed.codes)) == (cars, len(unplaced), unplaced)


@pytest.mark.parametrize("seed", WORLDS)
def test_drivers_online_and_offline(at, seed):
    random.seed(650 + seed)
    since, within, facts, wrong = at - timedelta(hours=1), timedelta(minutes=5), 0, []
    with shadow.world(at) as world:
        world.table("governance.FeedMessage", "drivers.OnlineSpell")
        for _n in range(60):
            marked, line = random.random() < 0.2, random.choice(["express", "premier"])
            account = world.make("accounts.Account", is_drill=marked)
            driver = world.make("drivers.Driver", account_id=account.pk)
            began = at - timedelta(minutes=random.choice([200, 61, 59, 30, 6, 4]))
            ended = some(0.5, began + timedelta(minutes=random.choice([1, 20, 150])))
            spell = world.make(
                "drivers.OnlineSpell", driver_id=driver.pk, line=line, began_at=began, ended_at=ended
            )
            for kind, moment in (("operateLogin", began), ("operateLogout", ended)):
                told, over = random.random() < 0.6, random.random() < 0.8
                if told:
                    world.make(
                        "governance.FeedMessage",
                        kind=kind,
                        key=str(spell.pk),
                        acknowledged_at=at if over else None,
                    )
                if marked or line != "express" or moment is None or not since <= moment < at - within:
                    continue
                facts += 1
                if not (told and over):
                    wrong.append(account.code)
        found = ask.spells_untold(since, at, lines=["express"], within=within)
        assert (found.all, found.wrong) == (facts, len(wrong))
        assert set(found.codes) <= set(wrong)


@pytest.mark.parametrize("seed", WORLDS)
def test_drivers_who_were_punished(at, seed):
    random.seed(660 + seed)
    since, within, facts, wrong = at - timedelta(hours=1), timedelta(minutes=5), 0, []
    outcomes = ["warning", "ban"]

    def some_time():
        return at - timedelta(minutes=random.choice([200, 61, 59, 30, 6, 4]))

    with shadow.world(at) as world:
        world.table(
            "governance.FeedMessage", "complaints.Measure", "drivers.VettingCase", "drivers.Hold", "drivers.Appeal"
        )  # fmt: skip
        for n in range(60):
            marked, line, case = (
                random.random() < 0.2,
                random.choice(["express", "hitch"]),
                random.random() < 0.4,
            )
            account = world.make("accounts.Account", is_drill=marked)
            driver = world.make("drivers.Driver", account_id=account.pk, lines=[line, "hitch"])
            done, undone = some_time(), some(0.5, some_time())
            if case:
                barred = random.random() < 0.7
                state = "overturned" if undone else random.choice(["decided", "open"])
                world.make(
                    "drivers.VettingCase", code=f"V{n}", driver_id=driver.pk, state=state,
                    proposed="barred" if barred else "cleared", decided_at=None if state == "open" else done,
                )  # fmt: skip
                if undone:
                    hold = world.make("drivers.Hold", driver_id=driver.pk, source=f"V{n}")
                    world.make("drivers.Appeal", hold_id=hold.pk, state="granted", decided_at=undone)
                counts = barred and state != "open"
            else:
                outcome, part = (
                    random.choice(["warning", "ban", "refund"]),
                    random.choice(["driver", "passenger"]),
                )
                world.make(
                    "complaints.Measure", code=f"V{n}", person_id=account.pk, person_as=part, outcome=outcome,
                    done_at=done, undone_at=undone,
                )  # fmt: skip
                counts = part == "driver" and outcome in outcomes
            for what, moment in (("done", done), ("undone", undone)):
                told, over = random.random() < 0.6, random.random() < 0.8
                if told:
                    world.make(
                        "governance.FeedMessage",
                        kind="ratedDriverPunish",
                        key=f"V{n}:{what}",
                        acknowledged_at=at if over else None,
                    )
                if (
                    marked
                    or line != "express"
                    or not counts
                    or moment is None
                    or not since <= moment < at - within
                ):
                    continue
                facts += 1
                if not (told and over):
                    wrong.append(account.code)
        found = ask.punishments_untold(since, at, lines=["express"], outcomes=outcomes, within=within)
        assert (found.all, found.wrong) == (facts, len(wrong))
        assert set(found.codes) <= set(wrong)


@pytest.mark.parametrize("seed", WORLDS)
def test_who_is_rung(at, seed):
    random.seed(seed)
    since = at - timedelta(days=30)
    sos, danger, within, calls = (timedelta(seconds=each) for each in (10, 60, 60, 70))
    with shadow.world(at) as world:
        world.table("core.Notification", "safety.SosCall", "safety.Incident", "police.PoliceRequest")
        people = [world.make("accounts.Account", is_drill=drill) for drill in (False, True)]
        officers = [world.make("police.Officer", account_id=each.pk) for each in people]
        incidents, requests, rung = [], [], {}
        for number in range(30):
            opened = at - timedelta(
                seconds=random.choice([30, 600, 3_600, 40 * 86_400]) + random.randint(0, 30)
            )
            risky = some(0.4, opened + timedelta(seconds=random.randint(0, 60)))
            taken = some(0.5, opened + timedelta(seconds=random.choice([5, 50, 300])))
            row = world.make(
                "safety.Incident", code=f"I{number}", opened_at=opened, high_risk_at=risky, taken_at=taken,
                has_sos=random.random() < 0.4, drill=random.random() < 0.2, trip_id=None,
            )  # fmt: skip
            incidents.append(row)
            if row.has_sos:
                tapped = opened + timedelta(seconds=random.choice([0, 40]))
                world.make("safety.SosCall", incident_id=row.pk, party="passenger", at=tapped)
                row.danger = max(opened, min(tapped, risky or tapped))
            else:
                row.danger = max(opened, risky) if risky else None
            asked = at - timedelta(
                seconds=random.choice([30, 600, 3_600, 40 * 86_400]) + random.randint(0, 30)
            )
            called, decided = (
                some(0.3, asked + timedelta(seconds=random.choice([20, 300]))) for _n in range(2)
            )
            asking = world.make(
                "police.PoliceRequest", code=f"P{number}", urgency=random.choice(["emergency", "ordinary"]),
                asked_at=asked, called_back_at=called, decided_at=decided,
                officer_id=random.choice([None, *(each.pk for each in officers)]),
            )  # fmt: skip
            requests.append(asking)
            for each, since_when in ((row, opened), (asking, asked)):
                if random.random() < 0.4:
                    sent = some(0.8, since_when + timedelta(seconds=random.choice([20, 100, 400])))
                    world.make(
                        "core.Notification", subject=each.code, channel=random.choice(["voice", "voice", "sms"]),
                        key=f"{random.choice(['alarm', 'alarm', 'sos'])}:{each.code}", created_at=since_when, sent_at=sent,
                    )  # fmt: skip
        from core.models import Notification

        for call in Notification.objects.filter(
            channel="voice", key__startswith="alarm:", sent_at__isnull=False
        ):
            rung.setdefault(call.subject, []).append(call)

        def called(code, begun, until):
            return any(
                each.created_at >= begun - timedelta(hours=1) and each.sent_at <= until
                for each in rung.get(code, [])
            )

        def unrung(row, begun, until, others):
            return (
                not called(row.code, begun, until)
                and sum(called(each.code, begun, until) for each in others) < 3
            )

        wrong, count = set(), 0
        for row in incidents:
            if row.drill or row.danger is None or row.opened_at < since:
                continue
            count += 1
            until = row.danger + (sos if row.has_sos else danger) + calls
            others = [
                each
                for each in incidents
                if each is not row
                and not each.drill
                and each.opened_at <= row.opened_at
                and (each.taken_at or at) >= row.opened_at
            ]
            if (row.taken_at or at) > until and unrung(row, row.opened_at, until, others):
                wrong.add(row.code)
        found = ask.grave_unrung(since, at, sos=sos, danger=danger, calls=calls)
        assert (found.all, set(found.codes)) == (count, wrong)

        wrong, count = set(), 0
        drill = officers[1].pk
        for row in requests:
            if row.urgency != "emergency" or row.asked_at < since or row.officer_id == drill:
                continue
            count += 1
            until = row.asked_at + within + calls
            first = min((each for each in (row.called_back_at, row.decided_at) if each), default=at)
            others = [
                each
                for each in requests
                if each is not row
                and each.urgency == "emergency"
                and each.asked_at <= row.asked_at
                and (each.decided_at or at) >= row.asked_at
            ]
            if first > until and unrung(row, row.asked_at, until, others):
                wrong.add(row.code)
        found = ask.police_unrung(since, at, within=within, calls=calls)
        assert (found.all, set(found.codes)) == (count, wrong)


@pytest.mark.parametrize("seed", WORLDS)
def test_cases_and_awards(at, seed):
    random.seed(seed)
    since = at - timedelta(days=30)
    with shadow.world(at) as world:
        world.table("core.LedgerTransfer", "complaints.Measure")
        people = [world.make("accounts.Account", is_drill=drill) for drill in (False, False, True)]
        every, late, awards, unbooked = 0, set(), 0, set()
        for number in range(40):
            accused, complainant = (random.choice([None, *people]) for _n in range(2))
            state = random.choice(["open", "proposed", "decided", "appealed", "final", "merged"])
            case = world.make(
                "complaints.Complaint", code=f"C{number}", state=state,
                accused_id=accused and accused.pk, complainant_id=complainant and complainant.pk,
            )  # fmt: skip
            kind = random.choice(["decide", "appeal", "answer"])
            met, due = some(0.5, moment(at)), moment(at, 60) + timedelta(days=20)
            paused, void = some(0.2, at), some(0.1, at)
            world.make(
                "complaints.Timer", complaint_id=case.pk, kind=kind, met_at=met, due_at=due, paused_at=paused, void_at=void
            )  # fmt: skip
            marked = any(each and each.is_drill for each in (accused, complainant))
            if kind != "answer" and void is None and not marked:
                is_late = (
                    met is None and paused is None and due < at and state in {"open", "proposed", "appealed"}
                )
                every += is_late or bool(met and met >= since)
                if is_late:
                    late.add(case.code)
            outcome, done = random.choice(["compensation", "refund"]), moment(at)
            world.make("complaints.Measure", code=f"M{number}", outcome=outcome, done_at=done)
            booked = random.random() < 0.5
            if booked:
                world.make("core.LedgerTransfer", key=f"compensation:M{number}")
            if outcome == "compensation" and done >= since:
                awards += 1
                if not booked:
                    unbooked.add(f"M{number}")
        found = ask.cases_undecided(since, at)
        assert (found.all, set(found.codes)) == (every, set(sorted(late)[:20]))
        found = ask.awards_not_booked(since)
        assert (found.all, set(found.codes)) == (awards, set(sorted(unbooked)[:20]))


# What is tried by tests of the checks alone (`test_checks.py`), with a row or two each.
NOT_COMPARED = {
    "attempts_without_alert", "contacts_not_reached", "feed", "followed_unwritten", "grave_without_stop",
    "letters_answered", "preserved_and_gone", "releases_borne_out", "severe_without_hold", "unbalanced_of_newest", "unusual_released_whole",
}  # fmt: skip


def test_each_question_is_compared():
    asked = {name for name, each in vars(ask).items() if isfunction(each) and each.__module__ == ask.__name__}
    here = Path(__file__).read_text()
    missing = {name for name in asked if not name.startswith("_") and f"ask.{name}(" not in here}
    assert missing == NOT_COMPARED, "a question of governance/checks/ask.py has its slow and obvious way here"
