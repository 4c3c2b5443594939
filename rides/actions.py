"""What the driver may do with a trip and an order, and staff with suspensions and the night's calls."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.actions import Action, ActionForm, ActionSet, Given, Step, by_two, calls, nothing_against
from core.console.motions import desk
from core.errors import NotFound
from core.typed.fields import Typed, digits
from drivers.selectors import driver_of
from rides import policies, selectors, services
from rides.models import LatePickup, LineSuspension, Offer, Reminder, Trip
from rides.states import ABOARD, CallOutcome, OfferState, Party, SuspensionState, TripState

if TYPE_CHECKING:
    from accounts.models import Account

RIDE, NIGHT, SUSPEND = "ride", "night.call", "lines.suspend"

# --- The driver's trip ---------------------------------------------------------------------------


class BoardingCode(ActionForm):
    code = Typed(
        digits(4),
        label=_("The passenger's four digits"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _drivers_trip(code: str, person: "Account") -> Trip:
    trip, party = selectors.trip_of(person, code)
    if party != Party.DRIVER:
        raise NotFound
    return trip


def _drives(service: Callable[..., object]) -> Callable[[Trip, "Account", Given], None]:
    def run(trip: Trip, person: "Account", _given: Given) -> None:
        service(driver=driver_of(person), trip_code=trip.code)

    return run


def _board(trip: Trip, person: "Account", given: Given) -> None:
    outcome = services.board_trip(driver=driver_of(person), trip_code=trip.code, code=given["code"])
    if outcome.refusal:
        raise outcome.refusal


def _in(*states: str) -> Callable[[Any, "Account"], bool]:
    """Offered in these states alone."""
    return lambda row, _person: row.state in states


TRIPS: ActionSet[Trip] = ActionSet(
    kind="driven_trip",
    find=_drivers_trip,
    route="rides:driver_step",
    back=lambda trip: reverse("rides:trip", args=[trip.code]),
    why_not=policies.against_step,
)
TRIPS.add(
    Action(
        key="arrive",
        label=_("I am at the pick-up"),
        permission=RIDE,
        run=_drives(services.arrive),
        offered=_in(TripState.ACCEPTED),
    ),
    Action(
        key="board",
        label=_("Passenger is aboard"),
        permission=RIDE,
        run=_board,
        form=BoardingCode,
        offered=_in(TripState.ARRIVED),
    ),
    Action(
        key="depart",
        label=_("Set off"),
        permission=RIDE,
        run=_drives(services.depart),
        offered=_in(TripState.BOARDED),
    ),
    Action(
        key="end",
        label=_("Arrived: end the trip"),
        permission=RIDE,
        run=_drives(services.end_trip),
        offered=_in(*ABOARD),
    ),
)

# --- The order held out to a driver --------------------------------------------------------------


def _accept(offer: Offer, person: "Account", _given: Given) -> HttpResponse:
    outcome = services.accept_offer(driver=driver_of(person), code=offer.code)
    if outcome.refusal:
        raise outcome.refusal
    return redirect("rides:trip", outcome.trip.code)


def _decline(offer: Offer, person: "Account", _given: Given) -> None:
    services.decline_offer(driver=driver_of(person), code=offer.code)


OFFERS: ActionSet[Offer] = ActionSet(
    kind="order_offer",
    find=lambda code, person: selectors.offer_of(driver_of(person), code),
    route="rides:offer",
    back=lambda _offer: reverse("rides:drive"),
    # One held covertly is told what all are told who come too late, and an offer that is over stays declined.
    why_not=nothing_against,
    lock=lambda offer, _given: (offer.trip, offer),
)
OFFERS.add(
    Action(
        key="accept",
        label=_("Take the order"),
        permission=RIDE,
        run=_accept,
        offered=_in(OfferState.OPEN),
    ),
    Action(
        key="decline",
        label=_("Leave it to others"),
        permission=RIDE,
        run=_decline,
        offered=_in(OfferState.OPEN),
    ),
)

# --- Suspensions of lines ------------------------------------------------------------------------

SUSPENSIONS: ActionSet[LineSuspension] = ActionSet(
    kind="line_suspension",
    find=lambda code, _person: selectors.suspension_by_code(code),
    route="rides_console:suspension_act",
    back=lambda _row: reverse("rides_console:lines"),
    why_not=policies.against_suspension,
    listed=True,
)
SUSPENSIONS.add(
    *by_two(
        "rides.suspension",
        SUSPEND,
        None,
        Step(
            "agree",
            _("Agree: no new orders from then on"),
            calls(
                services.decide_suspension, agrees=True, done=_("Agreed: no new orders from that time on.")
            ),
            urgent=True,
        ),
        Step(
            "withdraw", _("Withdraw"), calls(services.decide_suspension, agrees=False, done=_("Withdrawn."))
        ),
        proposal=lambda row: row.proposed_by if row.state == SuspensionState.PROPOSED else None,
    )
)

# --- Lines that begin ----------------------------------------------------------------------------

OPENINGS = desk(
    "line_motion",
    permission="cities.plan",
    kinds=services.cities.KINDS,
    route="rides_console:motion_act",
    back=lambda _motion: reverse("rides_console:cities"),
)

# --- The night -----------------------------------------------------------------------------------


def _night_page(_row: object) -> str:
    return reverse("rides_console:night")


def _found(outcome: CallOutcome) -> Callable[[Reminder, "Account", Given], None]:
    def run(row: Reminder, person: "Account", _given: Given) -> None:
        services.record_reminder_call(
            account=person, trip_code=row.trip.code, party=Party(row.party), outcome=outcome
        )

    return run


REMINDERS: ActionSet[Reminder] = ActionSet(
    kind="reminder",
    find=lambda code, _person: selectors.reminder_by_code(code),
    code=selectors.code_of_reminder,
    route="rides_console:reminder_act",
    back=_night_page,
    why_not=lambda row, person, _key: policies.against_reminder_call(row, person),
    listed=True,
)
REMINDERS.add(
    Action(key="spoken", label=_("Spoken to, reminded"), permission=NIGHT, run=_found(CallOutcome.SPOKEN)),
    Action(key="no_answer", label=_("No answer"), permission=NIGHT, run=_found(CallOutcome.NO_ANSWER)),
)


def _still_open(row: LatePickup, _person: "Account") -> bool:
    return row.closed_at is None


LATE: ActionSet[LatePickup] = ActionSet(
    kind="late_pickup",
    find=lambda code, _person: selectors.late_pickup_by_code(code),
    route="rides_console:late_act",
    back=_night_page,
    why_not=policies.against_late_pickup,
    listed=True,
)
LATE.add(
    Action(
        key="take",
        label=_("Take it"),
        permission=NIGHT,
        run=calls(services.take_late_pickup),
        offered=lambda row, _person: row.closed_at is None and not row.taken_by,
    ),
    Action(
        key="safe",
        label=_("Safe, told so personally"),
        permission=NIGHT,
        run=calls(services.close_late_pickup, outcome=CallOutcome.SAFE),
        offered=_still_open,
    ),
    Action(
        key="other_line",
        label=_("Safe on another line"),
        permission=NIGHT,
        run=calls(services.close_late_pickup, outcome=CallOutcome.OTHER_LINE),
        offered=_still_open,
    ),
    Action(
        key="no_answer",
        label=_("No answer: to the safety desk"),
        permission=NIGHT,
        run=calls(services.close_late_pickup, outcome=CallOutcome.NO_ANSWER),
        offered=_still_open,
        urgent=True,
    ),
)
