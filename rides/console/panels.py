"""What rides offer to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.console.navigation import GOVERNANCE, RIDES, link
from core.console.panels import DUE, STATE, Due, panel
from core.console.person import person_part
from rides import selectors
from rides.states import SuspensionState

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import LineInCity, NeverAgain

link(RIDES, 10, _("Trips"), "route", "admin:rides_trip_changelist", "rides.read")
link(RIDES, 20, _("Lines"), "alt_route", "rides_console:lines", "console.open")
link(RIDES, 25, _("Cities"), "location_city", "rides_console:cities", "cities.plan")
link(RIDES, 30, _("The night"), "bedtime", "rides_console:night", "night.call")
link(GOVERNANCE, 40, _("Payments"), "payments", "admin:rides_payment_changelist", "rides.read")


@person_part(_("Never again"), template="console/_never_again.html")
def never_again(person: "Account") -> list["NeverAgain"]:
    """Whom somebody does not want to ride with again, and who not with them (R15)."""
    return selectors.never_again_about(person)


@panel(
    "late_pickups",
    _("Late pick-up"),
    place=DUE,
    order=20,
    marks=("night",),
    permission="incidents.respond",
)
def late_pickups(_person: "Account", _at: datetime) -> list[Due]:
    """Passengers whose pick-up slipped into the night (R4)."""
    return [
        Due(
            row.trip.code,
            reverse("rides_console:night"),
            since=row.opened_at,
            level="bad",
            beside=row.trip.origin_name,
            holder=row.taken_by or "—",
            late=True,
        )
        for row in selectors.open_late_pickups()
    ]


@panel(
    "suspensions",
    _("Line to suspend"),
    place=DUE,
    order=30,
    marks=("lines",),
    permission="lines.suspend",
)
def suspensions(_person: "Account", _at: datetime) -> list[Due]:
    """Suspensions that wait for a second person."""
    return [
        Due(
            row.get_line_display(),
            reverse("rides_console:lines"),
            since=row.proposed_at,
            level="bad",
            beside=truncatechars(row.reason, 60),
            holder=row.proposed_by,
        )
        for row in selectors.open_suspensions()
        if row.state == SuspensionState.PROPOSED
    ]


@panel(
    "night_calls",
    _("Call about the night"),
    place=DUE,
    order=40,
    marks=("night",),
    permission="incidents.respond",
)
def night_calls(_person: "Account", at: datetime) -> list[Due]:
    """Reminders that nobody has read although the departure is near."""
    return [
        Due(
            call.reminder.trip.code,
            reverse("rides_console:night"),
            since=call.reminder.call_from,
            beside=call.reminder.get_party_display(),
        )
        for call in selectors.reminders_to_call(at)
    ]


@panel(
    "lines",
    _("Lines"),
    place=STATE,
    order=10,
    marks=("lines",),
    template="console/_line_state.html",
    permission="console.open",
)
def lines(_person: "Account", _at: datetime) -> list["LineInCity"]:
    """Every line in every city, and whether it runs."""
    return selectors.all_lines()
