"""Live checks of help: the button, its numbers, sound, recordings, sharing, clocks. Each has its breaker."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext_noop as noop

from core import clock, policy
from core.errors import DomainError
from governance.checks import ask
from governance.checks.verdicts import SPAN, laws, verdict
from governance.evidence import Facts, fault, line, named
from governance.measures import Found, breaks, live_check
from governance.shadow import World, drawn
from police.selectors import EMERGENCY_RULE, FORM_WITHIN, PHONE_WITHIN
from rides.selectors import cancelled_after_boarding, newest_with_driver
from rides.shown import trip_context
from rides.states import OWN_PHONE, Party
from safety import keys
from safety.selectors import (
    ALERT_WITHIN,
    CALLED_BACK_WITHIN,
    OWNED_WITHIN,
    POLICE_AFTER,
    POLICE_LIMIT,
    RECORDING_KEPT,
    RECORDING_OF_DRIVERS,
    WEIGHTS,
    accidents_asked,
    kept_too_long,
    late_destructions,
    newest_destroyed,
    newest_open_share,
    ownership_of_checks,
    share_for_check,
    sos_answered,
    sound_not_heard,
    verify_receipt,
)
from safety.shown import share_context, sos_context
from safety.states import SignalKind

# --- An accident --------------------------------------------------------------------------------------------

NOT_ASKED = fault("accident_not_asked", noop("Nobody was asked about an accident within 5 s on: %(codes)s"))
LET_LIE = fault(
    "accident_let_lie", noop("Nobody answered about an accident, and no incident opened on: %(codes)s")
)
ACCIDENTS = line(
    "accidents_asked",
    noop("Both sides were asked about an accident: %(count)s times, each acted on in time."),
)


@live_check("S12")
def an_accident_is_asked_about(at: datetime) -> Found:
    """Each car that stood still at once had its question in time, and each silence its incident."""
    found = accidents_asked(at - SPAN, at)
    faults = []
    if found.not_asked:
        faults.append(NOT_ASKED(codes=named(found.not_asked)))
    if found.let_lie:
        faults.append(LET_LIE(codes=named(found.let_lie)))
    return verdict(faults, ACCIDENTS(count=found.count), happened=found.count + len(found.not_asked))


@breaks("S12", LET_LIE)
def a_silence_is_let_lie(world: World) -> None:
    world.table("safety.Signal", "safety.AccidentQuestion")
    trip = world.trip(state="in_progress")
    asked = world.at - timedelta(minutes=5)
    world.make(
        "safety.AccidentQuestion", trip_id=trip.pk, asked_at=asked, expires_at=asked + timedelta(seconds=30)
    )


# --- The button --------------------------------------------------------------------------------------------

LEAST_TOUCH = 64  # CSS pixels; WCAG 2.2 asks for 24, a thumb in fear for more
NEWEST = 3  # trips whose pages are drawn in each round
NO_SOS = fault("no_sos", noop("No SOS on the page of %(code)s"))
SOS_ASKS = fault("sos_asks", noop("SOS asks before it is sent on %(code)s"))
NO_BUTTON = fault("sos_no_button", noop("SOS is not one button on %(code)s"))
NOT_FIXED = fault("sos_not_fixed", noop("The SOS bar is not fixed on the screen"))
TOO_SMALL = fault("sos_too_small", noop("The SOS button is smaller than %(size)s px"))
ON_PAGES = line(
    "sos_on_pages",
    noop("SOS was on both sides' pages of the %(count)s newest trips: one tap, always on the screen."),
)


def _button_faults(page: str, code: str) -> list[Facts]:
    """What is wrong with SOS on a trip's page: it must be one form, one button, no question in between."""
    form = re.search(rf'<form[^>]*action="/trips/{re.escape(code)}/sos/"[^>]*>.*?</form>', page, re.DOTALL)
    if form is None or 'class="sosbar"' not in page:
        return [NO_SOS(code=code)]
    if re.search(r"hx-confirm|onsubmit|onclick|data-confirm|disabled", form[0]):
        return [SOS_ASKS(code=code)]
    if form[0].count("<button") != 1 or 'class="sos"' not in form[0]:
        return [NO_BUTTON(code=code)]
    return []


@live_check("M12")
def sos_in_a_prominent_place(at: datetime) -> Found:
    """The newest trips' pages, drawn for both sides, have SOS in a bar that is always in reach of the thumb."""
    trips = newest_with_driver(at - SPAN)[:NEWEST]
    faults: list[Facts] = []
    for trip in trips:
        hers = "rides/ride.html" if trip.for_another else "rides/trip.html"
        for party, template in ((Party.PASSENGER, hers), (Party.DRIVER, "rides/driver_trip.html")):
            context = trip_context(trip, party, by_account=not trip.for_another)
            context["rider_key"] = context["key"] if trip.for_another else ""
            said = _button_faults(drawn(render_to_string(template, context)), trip.code)
            faults += [each for each in said if each not in faults]
    sheet = finders.find("css/site.css")
    style = Path(sheet).read_text(encoding="utf-8") if isinstance(sheet, str) else ""
    bar = re.search(r"\.sosbar \{[^}]*\}", style)
    button = re.search(r"\.sosbar button\.sos \{[^}]*min-height: (\d+)px", style)
    if bar is None or "position: fixed" not in bar[0]:
        faults.append(NOT_FIXED())
    if button is None or int(button[1]) < LEAST_TOUCH:
        faults.append(TOO_SMALL(size=LEAST_TOUCH))
    return verdict(faults, ON_PAGES(count=len(trips)), happened=len(trips))


@breaks("M12", NO_SOS)
def the_bar_is_gone(world: World) -> None:
    world.trip()
    world.spoil_pages(lambda page: page.replace('class="sosbar"', ""))


NUMBERS = ("110", "120", "122")
NO_CALL = fault("no_call", noop("No call by one tap: %(numbers)s"))
NO_LINE = fault("no_safety_line", noop("The safety line has no number"))
CALLS = line("one_tap_calls", noop("110, 120, 122 and the safety line (%(line)s) are links to call."))


@live_check("M15")
def four_numbers(at: datetime) -> Found:
    """The page after SOS, as it is drawn now, calls each number by one tap."""
    context = sos_context() | {"safety_line": settings.SAFETY_LINE}
    page = drawn(render_to_string("safety/sos.html", context))
    missing = [number for number in (*NUMBERS, settings.SAFETY_LINE) if f'href="tel:{number}"' not in page]
    faults = [NO_CALL(numbers=", ".join(missing))] if missing else []
    if len(re.sub(r"\D", "", settings.SAFETY_LINE)) < 5:
        faults.append(NO_LINE())
    return verdict(faults, CALLS(line=settings.SAFETY_LINE))


@breaks("M15", NO_CALL)
def a_number_cannot_be_tapped(world: World) -> None:
    world.spoil_pages(lambda page: page.replace("tel:110", "#"))


# --- After the tap -----------------------------------------------------------------------------------------

NO_SOUND = fault("no_key_of_the_day", noop("Sound cannot be taken: there is no key of the day"))
NOT_CALLED = fault("not_called_back", noop("Not called back in time: %(codes)s"))
UNHEARD = fault("sound_unheard", noop("Sound came and nobody listened: %(codes)s"))
SLOW = fault("sos_taken_late", noop("Only %(taken)s of %(all)s SOS were taken within 10 s"))
TAKEN = line(
    "sos_taken",
    noop("%(taken)s of %(all)s SOS in 30 days were taken within 10 s; all that should be were called back."),
)


@live_check("M13")
def live_sound_and_call_back(at: datetime) -> Found:
    """Sound can be taken now; what came was listened to; whoever may be called was called back."""
    faults: list[Facts] = []
    try:
        keys.public_key()
    except (OSError, DomainError):
        faults.append(NO_SOUND())
    since = at - SPAN
    if silent := ask.not_called_back(since, at, policy.span(CALLED_BACK_WITHIN)):
        faults.append(NOT_CALLED(codes=named(silent)))
    if unheard := sound_not_heard(since, at):
        faults.append(UNHEARD(codes=named(unheard)))
    count, taken = sos_answered(since)
    if count >= 10 and taken < 0.9 * count:
        faults.append(SLOW(taken=taken, all=count))
    return verdict(faults, TAKEN(taken=taken, all=count), happened=count)


@breaks("M13", NOT_CALLED)
def nobody_calls_back(world: World) -> None:
    long_ago = world.at - timedelta(hours=1)
    incident = world.make(
        "safety.Incident", state="taken", has_sos=True, opened_at=long_ago, taken_at=long_ago
    )
    world.make("safety.Caller", incident_id=incident.pk, party="passenger", called_at=long_ago)


REACHED_WITHIN = timedelta(minutes=2)  # a message that a provider had only later did not help
JUDGED_AFTER = timedelta(minutes=1)
NOT_REACHED = fault("contacts_not_reached", noop("Contacts not reached: %(codes)s"))
REACHED = line(
    "contacts_reached",
    noop(
        "%(good)s of %(all)s SOS in 30 days: the messages to all emergency contacts were handed over in time."
    ),
)
NOBODY_NAMED = line("contacts_nobody", noop("In %(count)s others she had named nobody."))


@live_check("M14")
def contacts(at: datetime) -> Found:
    """Each passenger's SOS of the last 30 days, older than a minute, reached every contact who did not refuse, in time."""
    found, without = ask.contacts_not_reached(
        at - SPAN, at - JUDGED_AFTER, REACHED_WITHIN, [str(each) for each in OWN_PHONE]
    )
    faults = [NOT_REACHED(codes=named(found.codes, found.wrong))] if found.wrong else []
    seen = [REACHED(good=found.all - found.wrong, all=found.all)]
    if without:
        seen.append(NOBODY_NAMED(count=without))
    return verdict(faults, *seen, happened=found.all)


@breaks("M14", NOT_REACHED)
def a_contact_is_told_nothing(world: World) -> None:
    world.table("core.Notification", "safety.Caller")
    long_ago = world.at - timedelta(hours=1)
    trip = world.trip(rider_kind="self")
    world.make(
        "accounts.EmergencyContact", account_id=trip.passenger_id, state="asked", created_at=world.at - SPAN
    )
    incident = world.make("safety.Incident", trip_id=trip.pk, opened_at=long_ago)
    world.make("safety.SosCall", incident_id=incident.pk, party="passenger", at=long_ago)


OWNED_LONG = fault("owned_limit_long", noop("The limit in force is %(seconds)s seconds"))
NOT_OWNED = fault("checks_not_owned", noop("%(late)s welfare checks had no owner within a minute"))
OWNED = line(
    "checks_owned", noop("%(good)s of %(all)s welfare checks in 30 days had an owner within a minute.")
)


@live_check("M27")
def owned_in_a_minute(at: datetime) -> Found:
    """Each welfare check of the last 30 days was taken by a person within 60 seconds."""
    limit = policy.value(OWNED_WITHIN)
    faults = [OWNED_LONG(seconds=limit)] if limit > 60 else []
    count, late = ownership_of_checks(at - SPAN)
    if late:
        faults.append(NOT_OWNED(late=late))
    return verdict(faults, OWNED(good=count - late, all=count), happened=count)


@breaks("M27", NOT_OWNED)
def nobody_takes_a_friends_report(world: World) -> None:
    world.table("safety.Acknowledgement")
    long_ago = world.at - timedelta(hours=1)
    incident = world.make("safety.Incident", opened_at=long_ago)
    world.make("safety.WelfareCheck", incident_id=incident.pk, filed_at=long_ago)


# --- No cancel aboard --------------------------------------------------------------------------------------

CANCELLED = fault("cancelled_aboard", noop("%(count)s trips are cancelled although somebody had boarded"))
WEIGHTLESS = fault("cancel_weighs_nothing", noop("A cancel after boarding weighs nothing"))
SILENT_ATTEMPTS = fault("attempts_silent", noop("%(count)s attempts raised no alert within a minute"))
CLOCK_MISSED = fault(
    "police_clock_missed",
    noop(
        "%(count)s incidents of high risk had no safe check within three minutes, and neither the police nor a supervisor's word within ten"
    ),
)
ATTEMPTS = line(
    "attempts",
    noop(
        "%(alerted)s of %(all)s attempts to cancel after boarding in 30 days were refused and raised an alert."
    ),
)
A_MINUTE = timedelta(minutes=1)


@live_check("M26")
def no_cancel_aboard(at: datetime) -> Found:
    """The database forbids a cancel after boarding, each refused attempt raised an alert, and no S10 clock ran out.

    Police who were called after the first limit and before the last one were called: that is no fault.
    """
    since = at - SPAN
    faults = laws("trip_cancelled_never_boarded")
    # Where the law stands for all rows, no row has to be looked at.
    if faults and (broken := cancelled_after_boarding()):
        faults.append(CANCELLED(count=broken))
    weights = policy.value(WEIGHTS)
    if min(weights[SignalKind.CANCEL_ABOARD], weights[SignalKind.CANCEL_AFTER_MEETING]) <= 0:
        faults.append(WEIGHTLESS())
    found = ask.attempts_without_alert(since, at - A_MINUTE, policy.span(ALERT_WITHIN))
    if found.wrong:
        faults.append(SILENT_ATTEMPTS(count=found.wrong))
    if missed := ask.police_clock_missed(
        since, at, safe_within=policy.span(POLICE_AFTER), limit=policy.span(POLICE_LIMIT)
    ):
        faults.append(CLOCK_MISSED(count=len(missed)))
    return verdict(faults, ATTEMPTS(alerted=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("M26", SILENT_ATTEMPTS)
def an_attempt_that_nobody_hears_of(world: World) -> None:
    world.table("safety.Signal", "safety.Incident")
    trip = world.trip()
    world.make(
        "core.AuditEntry", action="rides.cancel_refused", subject=trip.code, at=world.at - timedelta(hours=1)
    )


# --- Recordings --------------------------------------------------------------------------------------------

PURGE_TOLERANCE = timedelta(minutes=15)
KEPT_LONG = fault("recording_rule_long", noop("Recordings are kept for %(hours)s hours"))
NO_CONSENT = fault("recorded_without_consent", noop("Without both consents: %(codes)s"))
PAST = fault("recordings_past", noop("Past their time: %(codes)s"))
SET_LONG = fault("recordings_set_long", noop("Set to be kept too long: %(codes)s"))
BAD_RECEIPTS = fault("receipts_bad", noop("Receipts that do not hold: %(codes)s"))
OLD_KEYS = fault("wrapping_keys_old", noop("Wrapping keys of days before yesterday are still there"))
RECORDED = line(
    "recorded",
    noop(
        "%(recorded)s of %(agreed)s trips with both consents have sound, %(usable)s of it usable; none is past its time."
    ),
)


@live_check("M21")
def recordings_with_consent_and_an_end(at: datetime) -> Found:
    """No recording without both consents, none past its hours, and receipts that hold."""
    since = at - SPAN
    faults = laws("recording_destroyed_has_a_receipt", "recording_has_no_video")
    hours = policy.value(RECORDING_KEPT)
    if hours > 72:
        faults.append(KEPT_LONG(hours=hours))
    lines = [str(each) for each in policy.value(RECORDING_OF_DRIVERS)]
    destroyed, begun = newest_destroyed(5), ask.recorded_without_consent(since, lines)
    for codes, said in (
        (begun.codes, NO_CONSENT),
        (late_destructions(at, PURGE_TOLERANCE), PAST),
        (kept_too_long(since, timedelta(hours=hours)), SET_LONG),
        ([code for code in destroyed if not verify_receipt(code).ok], BAD_RECEIPTS),
    ):
        if codes:
            faults.append(said(codes=named(codes)))
    yesterday = f"{clock.now() - timedelta(days=1):%Y%m%d}"
    if [day for day in keys.days() if day < yesterday]:
        faults.append(OLD_KEYS())
    found = ask.coverage(since)
    seen = RECORDED(recorded=found.recorded, agreed=found.agreed, usable=found.usable)
    return verdict(faults, seen, happened=begun.all + len(destroyed))


@breaks("M21", NO_CONSENT)
def recorded_although_she_never_said_yes(world: World) -> None:
    world.table("safety.RecordingConsent")
    trip = world.trip()
    world.make(
        "safety.Recording", trip_id=trip.pk, purpose="trip", begun_at=world.at, destroy_at=world.at + SPAN
    )


# --- Sharing -----------------------------------------------------------------------------------------------

LACKS = fault(
    "share_lacks",
    noop("The shared page of %(code)s lacks %(what)s"),
)
NOTHING_TO_SHARE = line(
    "nothing_to_share", noop("No trip in 30 days had a driver; there was nothing to share.")
)
SHARED = line(
    "shared",
    noop("The page of the newest shared trip shows plate and driver's name, to whoever has its link."),
)


@live_check("M25")
def trips_are_shared_with_plate_and_name(at: datetime) -> Found:
    """A share's page, drawn for the newest trip, shows plate and driver's name."""
    share = newest_open_share(at - SPAN) or next(
        (share_for_check(trip) for trip in newest_with_driver(at - SPAN)[:1]), None
    )
    if share is None:
        return verdict([], NOTHING_TO_SHARE(), happened=0)
    page = drawn(render_to_string("safety/_share.html", share_context(share, "x")))
    trip = share.trip
    over = trip.ended_at or trip.cancelled_at
    if over is not None and at >= over + timedelta(days=1):
        return verdict([], NOTHING_TO_SHARE(), happened=0)  # its card is closed by now, as it should be
    name = trip.driver.account.real_name if trip.driver else ""
    faults = [
        LACKS(code=trip.code, what=what)
        for what, said in (("plate", trip.plate_registered), ("name", name))
        if not said or said not in page
    ]
    return verdict(faults, SHARED())


@breaks("M25", LACKS)
def the_shared_page_says_less(world: World) -> None:
    world.table("safety.TripShare")
    plate = world.trip().plate_registered
    world.spoil_pages(lambda page: page.replace(plate, "…"))


# --- The police --------------------------------------------------------------------------------------------

RULE_OFF = fault("emergency_rule_off", noop("The rule that releases an emergency at once is off"))
LATE = fault("emergencies_late", noop("Late: %(codes)s"))
ANSWERED = line(
    "emergencies", noop("%(good)s of %(all)s emergency requests in 30 days were answered in time.")
)


@live_check("M28")
def police_at_once(at: datetime) -> Found:
    """Emergencies by the form that lead to one trip are released by rule within a minute, all others within five."""
    faults = laws(
        "request_by_phone_released_after_call_back",
        "police_release_takes_two_people",
        "release_of_identity_is_borne_out",
        "identity_part_takes_two_people",
        "identity_part_after_a_call_back",
    )
    if not policy.value(EMERGENCY_RULE):
        faults.append(RULE_OFF())
    found = ask.emergencies_late(
        at - SPAN, at, form_seconds=policy.value(FORM_WITHIN), phone_seconds=policy.value(PHONE_WITHIN)
    )
    if found.wrong:
        faults.append(LATE(codes=named(found.codes, found.wrong)))
    return verdict(faults, ANSWERED(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("M28", LATE)
def an_emergency_waits_for_92_minutes(world: World) -> None:
    world.make(
        "police.PoliceRequest", urgency="emergency", channel="form", asked_at=world.at - timedelta(minutes=92)
    )
