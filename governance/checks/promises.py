"""The live checks. Each looks at the last 30 days and at the rules in force, and can turn red (`governance/tests`)."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.selectors import real_name_share
from complaints.selectors import INTERLOCK, severe_spans, severe_without_hold
from core import audit_selectors, ledger, policy
from core.languages import clauses, sentences
from core.messages import outbox
from drivers.board_selectors import (
    FACE_ACCEPT,
    FACE_REFUSE,
    FACE_TOKEN_LIFE,
    MISMATCH_REWARD,
    REWARD_WITHIN,
    SCREENED_WITHIN,
    acceptances_without_face,
    answered_mismatches,
    approved_rewards,
    attacks_shown,
    bindings_over_the_law,
    fleet_screening,
    rewards_late,
    spells_without_face,
    unproven_certificates,
)
from drivers.selectors import newest_run, run_progress
from drivers.services.mismatch import PAYABLE
from governance.checks.verdicts import SPAN, law_stands, unique_stands, verdict
from governance.measures import Found, live_check
from governance.states import Status
from police.selectors import (
    EMERGENCY_RULE,
    FORM_WITHIN,
    PHONE_WITHIN,
    emergencies_late,
    releases_without_plate,
)
from rides.curfew import CURFEW, in_curfew
from rides.selectors import (
    CARD_AFTER,
    accepted_since,
    boarded_since,
    cancelled_after_boarding,
    hitch_accepted_since,
    hitch_unverified_since,
    mismatches_since,
    newest_with_driver,
    night_departures,
    places_with_numbers,
    running_hitch_cities,
)
from rides.shown import api_body, trip_context
from rides.states import Party, TripState
from safety.selectors import (
    OWNED_WITHIN,
    WEIGHTS,
    attempts_with_alert,
    contacts_of,
    ownership_of_checks,
    police_clock_missed,
    sos_incidents,
)
from safety.states import SignalKind

if TYPE_CHECKING:
    from rides.models import Trip

LOWEST_ACCEPT = 0.40  # the least likeness for which error rates were measured (docs/faces.md)


RED_TEAM_RESTS = timedelta(hours=3)  # it shows pictures each hour


@live_check("M03")
def face_before_orders(at: datetime) -> Found:
    """Every hitch order of the last 30 days was accepted with a face token, at thresholds that were measured, and the
    red team's newest picture of each kind was refused."""
    since = at - SPAN
    faults = []
    if policy.value(FACE_ACCEPT) < LOWEST_ACCEPT or policy.value(FACE_REFUSE) > policy.value(FACE_ACCEPT):
        faults.append(_("The likeness in force is only %(value)s") % {"value": policy.value(FACE_ACCEPT)})
    if policy.value(FACE_TOKEN_LIFE) > 300:
        faults.append(
            _("A check opens orders for %(seconds)s s") % {"seconds": policy.value(FACE_TOKEN_LIFE)}
        )
    faults += [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("face_token_only_when_passed")
    ]
    accepted = accepted_since(since)
    shown = attacks_shown(since)
    if passing := sorted(kind for kind, (passed, _at) in shown.items() if passed):
        faults.append(_("Pictures that pass the face check: %(kinds)s") % {"kinds": ", ".join(passing)})
    # A red team that does nothing any more finds nothing.
    if shown and max(last for _passed, last in shown.values()) < at - RED_TEAM_RESTS:
        faults.append(_("No picture was shown to the face check for hours: the red team does not run."))
    bad = acceptances_without_face(since, accepted)
    if bad:
        faults.append(_("Accepted without a face: %(codes)s") % {"codes": ", ".join(bad[:5])})
    return verdict(
        faults,
        _("%(good)s of %(all)s hitch orders in 30 days were accepted with a face check of their own.")
        % {"good": len(accepted) - len(bad), "all": len(accepted)},
    )


@live_check("M09")
def zero_tolerance(at: datetime) -> Found:
    """Every mismatch reported before boarding in the last 30 days stopped the trip, held the driver and opened a case."""
    reports = mismatches_since(at - SPAN)
    answered = answered_mismatches([code for code, _state, _at in reports])
    loose = [code for code, state, _at in reports if code not in answered or state != TripState.CANCELLED]
    faults = [_("Reported without consequence: %(codes)s") % {"codes": ", ".join(loose[:5])}] if loose else []
    faults += [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("trip_boarded_after_plate_was_compared")
    ]
    return verdict(
        faults,
        _("%(good)s of %(all)s reports in 30 days stopped the trip, held the driver and opened a case.")
        % {"good": len(reports) - len(loose), "all": len(reports)},
    )


@live_check("M10")
def face_each_day(at: datetime) -> Found:
    """Every online spell of the last 30 days stands on a passed check of the same service day."""
    count, bad = spells_without_face(at - SPAN)
    faults = [_("%(count)s spells online without the day's check") % {"count": bad}] if bad else []
    return verdict(
        faults,
        _("%(good)s of %(all)s times online in 30 days began after the day's face check.")
        % {"good": count - bad, "all": count},
    )


@live_check("M07")
def background(at: datetime) -> Found:
    """Every vetted driver was screened with the police in time, and nobody whom that bars may drive."""
    fleet = fleet_screening(at - policy.span(SCREENED_WITHIN))
    faults = []
    if fleet.driving_although_barred:
        faults.append(
            _("Barred by a registry and not held: %(codes)s")
            % {"codes": ", ".join(fleet.driving_although_barred[:5])}
        )
    evidence = _("%(done)s of %(all)s vetted drivers were screened with the police registry in time.") % {
        "done": fleet.screened,
        "all": fleet.vetted,
    }
    return _share_or_fault(faults, fleet.screened, fleet.vetted, evidence)


@live_check("M08")
def three_certificates(at: datetime) -> Found:
    """Identity, driving licence and vehicle licence of every vetted driver were confirmed at their source."""
    count, unproven = unproven_certificates()
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("driver_vetted_has_a_licence", "screening_answered_has_a_result")
    ]
    if unproven:
        faults.append(_("Not confirmed at the source: %(codes)s") % {"codes": ", ".join(unproven[:5])})
    return verdict(
        faults,
        _("%(good)s of %(all)s vetted drivers have three certificates that the registries confirmed.")
        % {"good": count - len(unproven), "all": count},
    )


@live_check("M11")
def rewards(at: datetime) -> Found:
    """A confirmed mismatch pays its first reporter once, in time, and the ledger adds up."""
    faults = []
    if policy.value(MISMATCH_REWARD) <= 0:
        faults.append(_("The reward in force is nothing"))
    faults += [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("reward_two_people")
        + unique_stands("drivers_reward_case_id_key", "drivers_reward_report_id_key")
    ]
    count, late = rewards_late(at - policy.span(REWARD_WITHIN))
    if late:
        faults.append(_("Confirmed and not rewarded in time: %(codes)s") % {"codes": ", ".join(late[:5])})
    paid = approved_rewards()
    # Owed until the payout has left, and nothing afterwards.
    owed = [code for code, fen in paid if ledger.balance(PAYABLE.format(code)) not in {-fen, 0}]
    owed += [code for code, fen in paid if not ledger.about(code)]
    if owed or ledger.unbalanced():
        faults.append(_("The ledger does not add up: %(codes)s") % {"codes": ", ".join(owed[:5])})
    return verdict(
        faults,
        _("%(paid)s rewards approved for %(all)s confirmed mismatches that somebody reported.")
        % {"paid": len(paid), "all": count},
    )


@live_check("M16")
def fleet_again(at: datetime) -> Found:
    """The newest screening of the fleet is done, or how much of it is left; red when it is late or there was none."""
    run = newest_run()
    if run is None:
        return Found(Status.FAIL, _("The fleet was never screened."), 0.0)
    progress = run_progress(run)
    share = min(1.0, progress.done / run.drivers) if run.drivers else 1.0
    evidence = _(
        "%(done)s of %(all)s drivers screened in run %(run)s; %(bar)s held, %(review)s for a person to look at."
    ) % {
        "done": progress.done,
        "all": run.drivers,
        "run": run.code,
        "bar": progress.bar,
        "review": progress.review,
    }
    if progress.aside:
        evidence = sentences(evidence, _("%(n)s could not be screened.") % {"n": len(progress.aside)})
    # Whom the run set aside is part of the fleet: until they are screened it is not done.
    finished = None if progress.aside else run.finished_at
    old = at - run.started_at > policy.span(SCREENED_WITHIN)
    if old or (finished or at) > run.due_at:
        return Found(Status.FAIL, sentences(_("Late."), evidence), share)
    return Found(Status.PASS if finished else Status.PROGRESS, evidence, share)


def _share_or_fault(faults: list[str], done: int, everybody: int, evidence: str) -> Found:
    share = done / everybody if everybody else 1.0
    if faults:
        return Found(Status.FAIL, sentences(clauses(faults), evidence), share)
    return Found(Status.PASS if share == 1.0 else Status.FAIL, evidence, share)


@live_check("M23")
def bindings(at: datetime) -> Found:
    """The constraints of D3 stand, and no binding breaks them."""
    laws = ("two_vehicles_per_driver_three_persons_per_vehicle",)
    faults = [_("The database no longer holds: %(law)s") % {"law": name} for name in law_stands(*laws)] + [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in unique_stands(
            "one_vehicle_in_each_place_of_a_driver",
            "one_person_in_each_place_of_a_vehicle",
            "drivers_driver_licence_index_key",
            "drivers_driver_account_id_key",
            "one_open_application_per_driver",
        )
    ]
    count, cars, persons = bindings_over_the_law()
    if cars or persons:
        faults.append(
            _("%(cars)s drivers have more than two vehicles, %(persons)s vehicles more than three persons")
            % {"cars": cars, "persons": persons}
        )
    return verdict(
        faults,
        _("%(count)s bindings; one licence for each account, two vehicles and three persons at most.")
        % {"count": count},
    )


# What the tables of people and trips would hold if tags, comments or a switch to show more came back.
WORDS = "comment|remark|review_text|tag|label|note|feedback|nickname|avatar|portrait|is_public|public_profile|visib"


def _columns_like(words: str, *prefixes: str) -> list[str]:
    """`table.column` of what the database has in tables of these apps under such a name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND split_part(table_name, '_', 1) = ANY(%s) AND column_name ~* %s ORDER BY 1",
            [list(prefixes), words],
        )
        return [row[0] for row in cursor.fetchall()]


@live_check("M01")
def no_tags_no_comments(at: datetime) -> Found:
    """Ratings are numbers, messages are of the list, and no table of rides has room for tags or comments."""
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("rating_is_1_to_5", "message_is_of_the_list")
    ]
    columns = _columns_like(WORDS, "rides")
    if columns:
        faults.append(_("There is room for words again: %(columns)s") % {"columns": ", ".join(columns[:5])})
    named = places_with_numbers(at - SPAN)
    if named:
        faults.append(_("Places named with numbers: %(codes)s") % {"codes": ", ".join(named[:5])})
    return verdict(
        faults, _("Ratings are a number from 1 to 5, messages one of a list; no field takes words or tags.")
    )


@live_check("M02")
def personal_data_for_oneself(at: datetime) -> Found:
    """What each side's page and API really say of the newest trips holds nobody else's name, phone or photo."""
    columns = _columns_like(WORDS, "accounts", "rides")
    faults = (
        [_("A switch or a picture for others: %(columns)s") % {"columns": ", ".join(columns[:5])}]
        if columns
        else []
    )
    trips = newest_with_driver(at - SPAN)
    shown = [
        trip.code for trip in trips if _driver_sees_passenger(trip) or _passenger_sees_too_long(trip, at)
    ]
    if shown:
        faults.append(_("Personal data of the other side on: %(codes)s") % {"codes": ", ".join(shown[:5])})
    return verdict(
        faults,
        _("On %(count)s of the newest trips page and API of each side showed nothing personal of the other.")
        % {"count": len(trips)},
    )


def _driver_sees_passenger(trip: "Trip") -> bool:
    page = render_to_string("rides/_driver_trip_status.html", trip_context(trip, Party.DRIVER))
    said = page + str(api_body(trip, Party.DRIVER))
    person = trip.passenger
    return any(secret and secret in said for secret in (person.real_name, person.phone, trip.rider_name))


def _passenger_sees_too_long(trip: "Trip", at: datetime) -> bool:
    over = trip.ended_at or trip.cancelled_at
    if over is None or at - over <= CARD_AFTER or trip.driver is None:
        return False
    page = render_to_string("rides/_trip_status.html", trip_context(trip, Party.PASSENGER))
    said = page + str(api_body(trip, Party.PASSENGER))
    return any(secret and secret in said for secret in (trip.driver.account.real_name, trip.plate_registered))


@live_check("M05")
def night_reminders(at: datetime) -> Found:
    """Every hitch trip that was estimated to run past the hour left only after both sides had been reminded."""
    count, unread = night_departures(at - SPAN)
    faults = [_("Departed unreminded: %(codes)s") % {"codes": ", ".join(unread[:5])}] if unread else []
    return verdict(
        faults,
        _(
            "%(good)s of %(all)s trips in 30 days that may run past 22:00 left after both had read the reminder or were called."
        )
        % {"good": count - len(unread), "all": count},
    )


@live_check("M04")
def curfew(at: datetime) -> Found:
    """No hitch trip of the last 30 days departs within the curfew, and the curfew is at least 22:00 to 06:00."""
    hours = policy.value(CURFEW)
    faults = []
    if not (hours.from_ <= time(22) and hours.to >= time(6)):
        said = {"from": hours.from_.isoformat("minutes"), "to": hours.to.isoformat("minutes")}
        faults.append(_("The curfew in force is only %(from)s to %(to)s") % said)
    trips = hitch_accepted_since(at - SPAN)
    bad = [
        trip.code
        for trip in trips
        if in_curfew(trip.window_start)
        or in_curfew(trip.window_end)
        or (trip.departed_at and in_curfew(trip.departed_at))
    ]
    if bad:
        faults.append(_("Departing in the curfew: %(codes)s") % {"codes": ", ".join(bad[:5])})
    return verdict(
        faults,
        _("%(bad)s of %(all)s accepted hitch trips in 30 days depart between 22:00 and 06:00.")
        % {"bad": len(bad), "all": len(trips)},
    )


def _suspended() -> Found:
    cities = running_hitch_cities()
    if cities:
        names = ", ".join(str(city) for city in cities)
        return Found(
            Status.FAIL,
            _("The hitch line runs in %(cities)s, and no gate has opened it.") % {"cities": names},
        )
    return Found(Status.PASS, _("The hitch line runs in no city."), 1.0)


@live_check("M06")
def suspended_in_may(at: datetime) -> Found:
    """Until the gate exists, a running hitch line breaks this promise."""
    return _suspended()


@live_check("M31")
def suspended_in_august(at: datetime) -> Found:
    """The second suspension, by the same sign."""
    return _suspended()


@live_check("M14")
def contacts(at: datetime) -> Found:
    """Each passenger's SOS of the last 30 days, older than a minute, reached every contact who did not refuse."""
    incidents = [row for row in sos_incidents(at - SPAN) if row.opened_at < at - timedelta(minutes=1)]
    missed = []
    for row in incidents:
        if row.trip is None:
            continue
        sent = {
            message.key.rsplit(":", 1)[1]
            for message in outbox.about(row.code)
            if message.handed_over and message.key.startswith(f"sos:{row.code}:passenger:")
        }
        known_then = [contact for contact in contacts_of(row) if contact.created_at < row.opened_at]
        if not {str(contact.pk) for contact in known_then} <= sent:
            missed.append(row.code)
    faults = [_("Contacts not reached: %(codes)s") % {"codes": ", ".join(missed[:5])}] if missed else []
    return verdict(
        faults,
        _(
            "%(good)s of %(all)s SOS in 30 days: the messages to all emergency contacts were handed over, and none came back."
        )
        % {"good": len(incidents) - len(missed), "all": len(incidents)},
    )


@live_check("M20")
def real_names(at: datetime) -> Found:
    """The share of members whose real name is verified; red where one without rode hitch, which asks for it first."""
    done, everybody = real_name_share()
    share = done / everybody if everybody else 1.0
    unverified = hitch_unverified_since(at - SPAN)
    if unverified:
        return Found(
            Status.FAIL,
            _("Hitch ordered without a verified real name: %(codes)s") % {"codes": ", ".join(unverified[:5])},
            share,
        )
    evidence = _(
        "%(done)s of %(all)s members have a verified real name; hitch asks for it before the first request."
    ) % {"done": done, "all": everybody}
    return Found(Status.PASS if share == 1.0 else Status.PROGRESS, evidence, share)


@live_check("M26")
def no_cancel_aboard(at: datetime) -> Found:
    """The database forbids a cancel after boarding, each refused attempt raised an alert, and no S10 clock ran out."""
    since = at - SPAN
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("trip_cancelled_never_boarded")
    ]
    broken = cancelled_after_boarding()
    if broken:
        faults.append(_("%(count)s trips are cancelled although somebody had boarded") % {"count": broken})
    weights = policy.value(WEIGHTS)
    if min(weights[SignalKind.CANCEL_ABOARD], weights[SignalKind.CANCEL_AFTER_MEETING]) <= 0:
        faults.append(_("A cancel after boarding weighs nothing"))
    attempts = [
        row
        for row in audit_selectors.first_of_each("rides.cancel_refused", since)
        if row[1] < at - timedelta(seconds=60)
    ]
    alerted = attempts_with_alert(since, attempts)
    if alerted < len(attempts):
        faults.append(
            _("%(count)s attempts raised no alert within a minute") % {"count": len(attempts) - alerted}
        )
    missed = police_clock_missed(since)
    if missed:
        faults.append(
            _(
                "%(count)s incidents of high risk passed a clock without a safe check, the police, or a supervisor's word"
            )
            % {"count": missed}
        )
    return verdict(
        faults,
        _(
            "%(alerted)s of %(all)s attempts to cancel after boarding in 30 days were refused and raised an alert."
        )
        % {"alerted": alerted, "all": len(attempts)},
    )


@live_check("M27")
def owned_in_a_minute(at: datetime) -> Found:
    """Each welfare check of the last 30 days was taken by a person within 60 seconds."""
    faults = []
    if policy.value(OWNED_WITHIN) > 60:
        faults.append(
            _("The limit in force is %(seconds)s seconds") % {"seconds": policy.value(OWNED_WITHIN)}
        )
    count, late = ownership_of_checks(at - SPAN)
    if late:
        faults.append(_("%(late)s welfare checks had no owner within a minute") % {"late": late})
    return verdict(
        faults,
        _("%(good)s of %(all)s welfare checks in 30 days had an owner within a minute.")
        % {"good": count - late, "all": count},
    )


@live_check("M28")
def police_at_once(at: datetime) -> Found:
    """Emergencies by the form are released by rule within a minute, by phone within five."""
    faults = []
    if not policy.value(EMERGENCY_RULE):
        faults.append(_("The rule that releases an emergency at once is off"))
    faults += [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands(
            "request_by_phone_released_after_call_back",
            "police_release_takes_two_people",
            "release_of_identity_is_borne_out",
            "identity_part_takes_two_people",
            "identity_part_after_a_call_back",
        )
    ]
    count, late = emergencies_late(
        at - SPAN, form_seconds=policy.value(FORM_WITHIN), phone_seconds=policy.value(PHONE_WITHIN)
    )
    if late:
        faults.append(_("Late: %(codes)s") % {"codes": ", ".join(late[:5])})
    return verdict(
        faults,
        _("%(good)s of %(all)s emergency requests in 30 days were answered in time.")
        % {"good": count - len(late), "all": count},
    )


@live_check("M29")
def complaint_holds(at: datetime) -> Found:
    """No open severe complaint without a hold, and no order accepted while one was open."""
    faults = []
    if not policy.value(INTERLOCK):
        faults.append(_("The interlock is off"))
    loose = severe_without_hold()
    if loose:
        faults.append(_("Open severe complaints without a hold: %(codes)s") % {"codes": ", ".join(loose[:5])})
    spans = severe_spans()
    accepted = accepted_since(at - SPAN)
    wrong = [
        code
        for code, driver, when in accepted
        if any(who == driver and filed < when < until for who, filed, until in spans)
    ]
    if wrong:
        faults.append(
            _("Accepted with an open severe complaint: %(codes)s") % {"codes": ", ".join(wrong[:5])}
        )
    return verdict(
        faults,
        _("%(bad)s of %(all)s orders in 30 days were accepted by a driver with an open severe complaint.")
        % {"bad": len(wrong), "all": len(accepted)},
    )


@live_check("M30")
def plate_seen(at: datetime) -> Found:
    """Every boarding of the last 30 days had the plate compared, and every release carries both plates."""
    since = at - SPAN
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("trip_boarded_after_plate_was_compared")
    ]
    count, without = boarded_since(since)
    if without:
        faults.append(_("%(count)s boardings without the plate compared") % {"count": without})
    lacking = releases_without_plate(since)
    if lacking:
        faults.append(_("Releases without both plates: %(codes)s") % {"codes": ", ".join(lacking[:5])})
    return verdict(
        faults,
        _("In %(good)s of %(all)s boardings in 30 days the passenger compared the plate.")
        % {"good": count - without, "all": count},
    )
