from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import live, timeline
from core.states import Transitions
from drivers.states import Line

__all__ = ["Line"]


class LineState(models.TextChoices):
    RUNNING = "running", _("running")
    SUSPENDED = "suspended", _("suspended")
    RELAUNCHING = "relaunching", _("relaunching")


class SuspensionState(models.TextChoices):
    PROPOSED = "proposed", _("waits for a second person")
    AGREED = "agreed", _("agreed")
    CARRIED_OUT = "carried_out", _("carried out")
    WITHDRAWN = "withdrawn", _("withdrawn")


SUSPENSION_TRANSITIONS = Transitions(
    SuspensionState,
    {
        "proposed": frozenset({"agreed", "withdrawn"}),
        "agreed": frozenset({"carried_out"}),
    },
    ends={"carried_out", "withdrawn"},
)


class RiderKind(models.TextChoices):
    SELF = "self", _("myself")
    OTHER = "other", _("somebody else")
    CHILD = "child", _("a child whose guardian I am")


class OwnPlaceKind(models.TextChoices):
    HOME = "home", pgettext_lazy("own place", "Home")
    WORK = "work", pgettext_lazy("own place", "Work")
    NAMED = "named", pgettext_lazy("own place", "Another place")
    HIDDEN = "hidden", pgettext_lazy("own place", "not suggested any more")


class OfferState(models.TextChoices):
    OPEN = "open", _("waits for the driver")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("no answer")
    WITHDRAWN = "withdrawn", _("withdrawn")


OFFER_TRANSITIONS = Transitions(
    OfferState,
    {"open": frozenset({"accepted", "declined", "expired", "withdrawn"})},
    ends={"accepted", "declined", "expired", "withdrawn"},
)


class HitchChoice(models.TextChoices):
    """Who chooses whom in hitch. The owner never chooses the passenger (urgent notice of 2018-09-10)."""

    LOT = "lot", _("one request at a time, by lot among those that fit best")
    PASSENGER = "passenger", _("the passenger chooses among the owners who fit")


class PaymentState(models.TextChoices):
    DUE = "due", _("being paid")
    PAID = "paid", _("paid")
    REFUNDED = "refunded", _("refunded")


PAYMENT_TRANSITIONS = Transitions(
    PaymentState,
    {
        "due": frozenset({"paid"}),
        "paid": frozenset({"refunded"}),
    },
    ends={"refunded"},
)


class PhonesSay(models.TextChoices):
    """What both phones show after somebody said 'not boarded', cancelled or ended early (R6)."""

    APART = "apart", _("her phone goes its own way, away from the car")
    TOGETHER = "together", _("both phones travel together")
    SILENT = "silent", _("her phone is silent, which proves nothing")
    UNCLEAR = "unclear", _("not clear yet")


class CallOutcome(models.TextChoices):
    """What an agent's call found."""

    SPOKEN = "spoken", _("spoken to, reminded")
    SAFE = "safe", _("safe, told so personally")
    OTHER_LINE = "other_line", _("safe on another line")
    NO_ANSWER = "no_answer", _("no answer: given to the safety desk")


class Phrase(models.TextChoices):
    """Everything that the two sides of a trip can say to each other (A4)."""

    COMING = "coming", _("I am on my way.")
    FIVE_MINUTES = "five_minutes", _("I need five more minutes.")
    HERE = "here", _("I am at the pick-up.")
    WHERE = "where", _("I cannot find you. Please stay at the pick-up.")
    OTHER_SIDE = "other_side", _("I am on the other side of the road.")
    LUGGAGE = "luggage", _("I have large luggage.")
    TRAFFIC = "traffic", _("Traffic is slow.")
    YES = "yes", _("Yes.")
    NO = "no", _("No.")
    THANKS = "thanks", _("Thank you.")
    SLOWER = "slower", _("Please drive more slowly.")
    WINDOW = "window", _("Please open a window.")


class Party(models.TextChoices):
    PASSENGER = "passenger", _("passenger")
    DRIVER = "driver", _("driver")


class TripState(models.TextChoices):
    REQUESTED = "requested", _("looking for a driver")
    MATCHED = "matched", _("drivers are on your way")
    ACCEPTED = "accepted", _("accepted")
    ARRIVED = "arrived", _("the driver is at the pick-up")
    BOARDED = "boarded", _("boarded")
    IN_PROGRESS = "in_progress", _("on the way")
    ENDED = "ended", _("ended")
    CANCELLED = "cancelled", _("cancelled")


# `accepted → boarded` is for phones that travel together although no code was entered (R7); `accepted → requested`
# and `arrived → requested` give a trip to others when its driver is held before anybody boarded.
TRIP_TRANSITIONS = Transitions(
    TripState,
    {
        "requested": frozenset({"matched", "cancelled"}),
        "matched": frozenset({"accepted", "requested", "cancelled"}),
        "accepted": frozenset({"arrived", "boarded", "requested", "cancelled"}),
        "arrived": frozenset({"boarded", "requested", "cancelled"}),
        "boarded": frozenset({"in_progress", "ended"}),
        "in_progress": frozenset({"ended"}),
    },
    ends={"ended", "cancelled"},
)

WAITING = frozenset({TripState.REQUESTED, TripState.MATCHED})
BEFORE_BOARDING = frozenset({TripState.ACCEPTED, TripState.ARRIVED})
ABOARD = frozenset({TripState.BOARDED, TripState.IN_PROGRESS})
WITH_DRIVER = BEFORE_BOARDING | ABOARD
OVER = frozenset(TripState(end) for end in TRIP_TRANSITIONS.ends)


class PlateCheck(models.TextChoices):
    SAME = "same", _("the passenger saw the registered plate")
    DIFFERS = "differs", _("the passenger saw another plate")
    OTHER_DRIVER = "other_driver", _("the passenger saw another driver")


# Whose phone the passenger's side of a trip is: the account's own, or that of a child whose guardian booked. What somebody
# else said, sent and called for on a trip that was booked for them is theirs.
OWN_PHONE = (RiderKind.SELF, RiderKind.CHILD)


class CancelReason(models.TextChoices):
    CHANGED_PLANS = "changed_plans", _("changed plans")
    OTHER_SIDE_ASKED = "other_side_asked", _("the other side asked for it")
    NOT_BOARDED = "not_boarded", _("the passenger did not board")
    WAITED_TOO_LONG = "waited_too_long", _("waited too long")
    MISMATCH = "mismatch", _("not the registered car or driver")
    LINE_SUSPENDED = "line_suspended", _("the line was suspended")
    CURFEW = "curfew", _("the pick-up slipped into the night")
    NO_DRIVER = "no_driver", _("no driver was free")
    NO_GUARDIAN = "no_guardian", _("no guardian stands for who travels")


class Company(models.TextChoices):
    """Who cancelled where neither side did."""

    COMPANY = "company", _("company")


timeline.vocabulary(party=Company)
# What a passenger or driver can give as a reason; the others are the company's.
MAY_SAY = frozenset(
    {
        CancelReason.CHANGED_PLANS,
        CancelReason.OTHER_SIDE_ASKED,
        CancelReason.NOT_BOARDED,
        CancelReason.WAITED_TOO_LONG,
    }
)

timeline.vocabulary(why=OfferState)
timeline.vocabulary(party=Party, reason=CancelReason, phrase=Phrase, found=CallOutcome, line=Line)


@timeline.kinds
class TripLine(models.TextChoices):
    """What the timeline says of a trip."""

    BOOKED = "trip.booked", _("Booked: %(origin)s to %(destination)s")
    MATCHED = "trip.matched", _("Drivers on the way were found: %(count)s")
    ACCEPTED = "trip.accepted", _("Accepted by the driver, plate registered %(plate)s")
    ACCEPT_REFUSED = "trip.accept_refused", _("Acceptance refused: %(code)s")
    NEAR = "trip.near", _("The car comes near the pick-up: %(metres)s")
    ARRIVED = "trip.arrived", _("The driver is at the pick-up")
    PLATE_SAME = "trip.plate_same", _("The passenger compared the plate: it is %(plate)s")
    MISMATCH = (
        "trip.mismatch",
        _(
            "The passenger says that this is not the registered car or driver. Registered %(registered)s, seen %(seen)s"
        ),
    )
    WRONG_CODE = "trip.wrong_code", _("A wrong boarding code was entered")
    BOARDED = "trip.boarded", _("Boarded: the driver entered the code")
    PRESUMED_BOARDED = (
        "trip.presumed_boarded",
        _("Counts as boarded: no code was entered, but both phones travel together"),
    )
    MET = "trip.met", _("Both phones are at one place")
    DEPARTED = "trip.departed", _("Set off")
    ENDED = "trip.ended", _("Ended by the driver, %(metres)s from the destination")
    CANCELLED = "trip.cancelled", _("Cancelled before boarding by the %(party)s: %(reason)s")
    CANCEL_REFUSED = (
        "trip.cancel_refused",
        _("The %(party)s tried to cancel after boarding (“%(reason)s”). Refused: the trip goes on"),
    )
    OFFERED = "trip.offered", _("Given to a driver %(seconds)s away")
    OFFER_OVER = "trip.offer_over", _("That driver did not take it (%(why)s); the next one is looked for")
    PROPOSED = "trip.proposed", _("Held out to a hitch owner, drawn from %(among)s")
    CHOSEN = "trip.chosen", _("The passenger chose a hitch owner")
    DECLINED = "trip.declined", _("That hitch owner declined it")
    SAID = "trip.said", _("The %(party)s said: %(phrase)s")
    RELAYED = "trip.relayed", _("The %(party)s called through the relay number")
    REMINDED = "trip.reminded", _("A safety reminder went to the %(party)s: the trip may run into the night")
    ACKNOWLEDGED = "trip.acknowledged", _("The %(party)s has read the safety reminder")
    CALLED = "trip.called", _("An agent called the %(party)s about the night: %(found)s")
    LATE_PICKUP = "trip.late_pickup", _("The pick-up slipped into the night: the passenger is looked after")
    OTHER_LINE = "trip.other_line", _("Goes on as an order on another line: %(line)s")
    LATE_CLOSED = "trip.late_closed", _("Looked after until safe: %(found)s")
    RATED = "trip.rated", _("The %(party)s gave a number")
    PAID = "trip.paid", _("Paid: %(fen)s")
    REFUNDED = "trip.refunded", _("Refunded: %(fen)s")
    FOR_ANOTHER = "trip.for_another", _("Booked for somebody else, who has the trip's page by message")
    TRUTH = "trip.truth", _("What both phones show: %(truth)s")
    ASKED_AGAIN = "trip.asked_again", _("The passenger asked for another ride instead: %(code)s")
    RIDER_MENDED = (
        "trip.rider_mended",
        _("The number of who travels was put right: it is ride %(code)s now"),
    )
    GIVEN_TO_OTHERS = "trip.given_to_others", _("Taken from the driver before boarding and offered to others")


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("", "rides.", "trip.")
live.moves("lines", "rides.line_", "rides.suspension_")
live.moves(
    "night",
    "rides.late_pickup_",
    "rides.reminder_",
    "trip.late_",
    "trip.acknowledged",
    "trip.reminded",
    "trip.other_line",
)
