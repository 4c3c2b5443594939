"""Live checks of help: the button, its numbers, sound from the scene, recordings, sharing."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import clock, policy
from core.errors import DomainError
from governance.checks.verdicts import SPAN, law_stands, verdict
from governance.measures import Found, live_check
from rides.selectors import newest_with_driver
from rides.shown import trip_context
from rides.states import Party
from safety import keys
from safety.selectors import (
    RECORDING_KEPT,
    coverage,
    kept_too_long,
    late_destructions,
    newest_destroyed,
    newest_open_share,
    not_called_back,
    share_for_check,
    sos_answered,
    sound_not_heard,
    verify_receipt,
    without_consent,
)
from safety.shown import share_context, sos_context

PURGE_TOLERANCE = timedelta(minutes=15)
LEAST_TOUCH = 64  # CSS pixels; WCAG 2.2 asks for 24, a thumb in fear for more
NEWEST = 3  # trips whose pages are drawn each time the board is opened
NUMBERS = ("110", "120", "122")


def _button_faults(page: str, code: str) -> list[str]:
    """What is wrong with SOS on a trip's page: it must be one form, one button, no question in between."""
    form = re.search(rf'<form[^>]*action="/trips/{re.escape(code)}/sos/"[^>]*>.*?</form>', page, re.DOTALL)
    if form is None or 'class="sosbar"' not in page:
        return [_("No SOS on the page of %(code)s") % {"code": code}]
    if re.search(r"hx-confirm|onsubmit|onclick|data-confirm|disabled", form[0]):
        return [_("SOS asks before it is sent on %(code)s") % {"code": code}]
    if form[0].count("<button") != 1 or 'class="sos"' not in form[0]:
        return [_("SOS is not one button on %(code)s") % {"code": code}]
    return []


@live_check("M12")
def sos_in_a_prominent_place(at: datetime) -> Found:
    """The newest trips' pages, drawn for both sides, have SOS in a bar that is always in reach of the thumb."""
    trips = newest_with_driver(at - SPAN)[:NEWEST]
    faults: list[str] = []
    for trip in trips:
        hers = "rides/ride.html" if trip.for_another else "rides/trip.html"
        for party, template in ((Party.PASSENGER, hers), (Party.DRIVER, "rides/driver_trip.html")):
            context = trip_context(trip, party, by_account=not trip.for_another)
            context["rider_key"] = context["key"] if trip.for_another else ""
            faults += _button_faults(render_to_string(template, context), trip.code)
    sheet = finders.find("css/site.css")
    style = open(sheet, encoding="utf-8").read() if isinstance(sheet, str) else ""  # noqa: PTH123, SIM115 - one small file
    bar = re.search(r"\.sosbar \{[^}]*\}", style)
    button = re.search(r"\.sosbar button\.sos \{[^}]*min-height: (\d+)px", style)
    if bar is None or "position: fixed" not in bar[0]:
        faults.append(_("The SOS bar is not fixed on the screen"))
    if button is None or int(button[1]) < LEAST_TOUCH:
        faults.append(_("The SOS button is smaller than %(size)s px") % {"size": LEAST_TOUCH})
    return verdict(
        sorted(set(faults)),
        _("SOS was on both sides' pages of the %(count)s newest trips: one tap, always on the screen.")
        % {"count": len(trips)},
    )


@live_check("M13")
def live_sound_and_call_back(at: datetime) -> Found:
    """Sound can be taken now; what came was listened to; whoever may be called was called back."""
    faults = []
    try:
        keys.public_key()
    except (OSError, DomainError):
        faults.append(_("Sound cannot be taken: there is no key of the day"))
    since = at - SPAN
    silent = not_called_back(since, at)
    if silent:
        faults.append(_("Not called back in time: %(codes)s") % {"codes": ", ".join(silent[:5])})
    unheard = sound_not_heard(since, at)
    if unheard:
        faults.append(_("Sound came and nobody listened: %(codes)s") % {"codes": ", ".join(unheard[:5])})
    count, taken = sos_answered(since)
    if count >= 10 and taken < 0.9 * count:
        faults.append(
            _("Only %(taken)s of %(all)s SOS were taken within 10 s") % {"taken": taken, "all": count}
        )
    return verdict(
        faults,
        _("%(taken)s of %(all)s SOS in 30 days were taken within 10 s; all that should be were called back.")
        % {"taken": taken, "all": count},
    )


@live_check("M15")
def four_numbers(at: datetime) -> Found:
    """The page after SOS, as it is drawn now, calls each number by one tap."""
    page = render_to_string("safety/sos.html", sos_context() | {"safety_line": settings.SAFETY_LINE})
    missing = [number for number in (*NUMBERS, settings.SAFETY_LINE) if f'href="tel:{number}"' not in page]
    faults = [_("No call by one tap: %(numbers)s") % {"numbers": ", ".join(missing)}] if missing else []
    if len(re.sub(r"\D", "", settings.SAFETY_LINE)) < 5:
        faults.append(_("The safety line has no number"))
    return verdict(
        faults,
        _("110, 120, 122 and the safety line (%(line)s) are links to call.") % {"line": settings.SAFETY_LINE},
    )


@live_check("M21")
def recordings_with_consent_and_an_end(at: datetime) -> Found:
    """No recording without both consents, none past its hours, and receipts that hold."""
    since = at - SPAN
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands("recording_destroyed_has_a_receipt", "recording_has_no_video")
    ]
    hours = policy.value(RECORDING_KEPT)
    if hours > 72:
        faults.append(_("Recordings are kept for %(hours)s hours") % {"hours": hours})
    checks = (
        (without_consent(since), _("Without both consents: %(codes)s")),
        (late_destructions(at, PURGE_TOLERANCE), _("Past their time: %(codes)s")),
        (kept_too_long(since, timedelta(hours=hours)), _("Set to be kept too long: %(codes)s")),
        (
            [code for code in newest_destroyed(5) if not verify_receipt(code).ok],
            _("Receipts that do not hold: %(codes)s"),
        ),
    )
    faults += [text % {"codes": ", ".join(codes[:5])} for codes, text in checks if codes]
    yesterday = f"{clock.now() - timedelta(days=1):%Y%m%d}"
    if [day for day in keys.days() if day < yesterday]:
        faults.append(_("Wrapping keys of days before yesterday are still there"))
    found = coverage(since)
    return verdict(
        faults,
        _(
            "%(recorded)s of %(agreed)s trips with both consents have sound, %(usable)s of it usable; none is past its time."
        )
        % {"recorded": found.recorded, "agreed": found.agreed, "usable": found.usable},
    )


@live_check("M25")
def trips_are_shared_with_plate_and_name(at: datetime) -> Found:
    """A share's page, drawn for the newest trip, shows plate and driver's name."""
    share = newest_open_share(at - SPAN) or next(
        (share_for_check(trip) for trip in newest_with_driver(at - SPAN)), None
    )
    if share is None:
        return verdict([], _("No trip in 30 days had a driver; there was nothing to share."))
    page = render_to_string("safety/_share.html", share_context(share, "x"))
    trip = share.trip
    over = trip.ended_at or trip.cancelled_at
    faults = []
    if over is None or at < over + timedelta(days=1):
        name = trip.driver.account.real_name if trip.driver else ""
        faults = [
            _("The shared page of %(code)s lacks %(what)s") % {"code": trip.code, "what": what}
            for what, said in (("plate", trip.plate_registered), ("name", name))
            if said not in page
        ]
    return verdict(
        faults,
        _("The page of the newest shared trip shows plate and driver's name, to whoever has its link."),
    )
