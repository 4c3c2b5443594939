from django.db import models
from django.utils.translation import gettext_lazy as _

from core import timeline
from core.states import Transitions
from drivers.states import Line

__all__ = ["Line"]


class LineState(models.TextChoices):
    RUNNING = "running", _("running")
    SUSPENDED = "suspended", _("suspended")
    RELAUNCHING = "relaunching", _("relaunching")


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
TRIP_TRANSITIONS: Transitions = {
    "requested": frozenset({"matched", "cancelled"}),
    "matched": frozenset({"accepted", "requested", "cancelled"}),
    "accepted": frozenset({"arrived", "boarded", "requested", "cancelled"}),
    "arrived": frozenset({"boarded", "requested", "cancelled"}),
    "boarded": frozenset({"in_progress", "ended"}),
    "in_progress": frozenset({"ended"}),
    "ended": frozenset(),
    "cancelled": frozenset(),
}

WAITING = frozenset({TripState.REQUESTED, TripState.MATCHED})
BEFORE_BOARDING = frozenset({TripState.ACCEPTED, TripState.ARRIVED})
ABOARD = frozenset({TripState.BOARDED, TripState.IN_PROGRESS})
WITH_DRIVER = BEFORE_BOARDING | ABOARD


class PlateCheck(models.TextChoices):
    SAME = "same", _("the passenger saw the registered plate")
    DIFFERS = "differs", _("the passenger saw another plate")
    OTHER_DRIVER = "other_driver", _("the passenger saw another driver")


class CancelReason(models.TextChoices):
    CHANGED_PLANS = "changed_plans", _("changed plans")
    OTHER_SIDE_ASKED = "other_side_asked", _("the other side asked for it")
    NOT_BOARDED = "not_boarded", _("the passenger did not board")
    WAITED_TOO_LONG = "waited_too_long", _("waited too long")
    MISMATCH = "mismatch", _("not the registered car or driver")


timeline.vocabulary(party=Party, reason=CancelReason)


@timeline.kinds
class TripLine(models.TextChoices):
    """What the timeline says of a trip."""

    BOOKED = "trip.booked", _("Booked: %(origin)s to %(destination)s")
    MATCHED = "trip.matched", _("Drivers on the way were found: %(count)s")
    ACCEPTED = "trip.accepted", _("Accepted by the driver, plate registered %(plate)s")
    ACCEPT_REFUSED = "trip.accept_refused", _("Acceptance refused: %(code)s")
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
    ENDED = "trip.ended", _("Ended by the driver, %(metres)s m from the destination")
    CANCELLED = "trip.cancelled", _("Cancelled before boarding by the %(party)s: %(reason)s")
    CANCEL_REFUSED = (
        "trip.cancel_refused",
        _("The %(party)s tried to cancel after boarding (“%(reason)s”). Refused: the trip goes on"),
    )
    GIVEN_TO_OTHERS = "trip.given_to_others", _("Taken from the driver before boarding and offered to others")
