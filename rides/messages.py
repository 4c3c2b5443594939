"""What passengers and drivers are told of their trips."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import PUSH, Choice, Fen, Link, Message, Moment, Name, Place, Plate, Words


class RideBookedForYou(
    Message,
    code="rides.booked_for_you",
    text=_(
        "Huhang: a ride was booked for you, %(origin)s to %(destination)s. Car, boarding code and SOS: %(url)s"
    ),
):
    origin: Place
    destination: Place
    url: Link


class CarFound(
    Message,
    code="rides.car_found",
    text=_(
        "Huhang: a car was found: %(plate)s, %(colour)s %(model)s. Compare the plate before you get in. %(url)s"
    ),
):
    plate: Plate
    colour: Name
    model: Name
    url: Link


class CarNear(
    Message,
    code="rides.car_near",
    text=_("Huhang: your car %(plate)s comes near the pick-up %(origin)s."),
):
    plate: Plate
    origin: Place


class CarWaits(
    Message,
    code="rides.car_waits",
    text=_("Huhang: your car %(plate)s waits at %(origin)s. Compare the plate before you get in."),
):
    plate: Plate
    origin: Place


def _trip_page(code: str) -> str:
    return reverse("rides:trip", args=[code])


def _drivers_page(_code: str) -> str:
    return reverse("rides:drive")


# A screen may be read by whoever stands beside it: no name, no place, nothing that opens a trip.
class CarFoundOnScreen(
    Message,
    code="rides.car_found_on_screen",
    channels=(PUSH,),
    opens=_trip_page,
    text=_("Huhang: a car was found: %(plate)s. Compare the plate before you get in."),
):
    plate: Plate


class CarNearOnScreen(
    Message,
    code="rides.car_near_on_screen",
    channels=(PUSH,),
    opens=_trip_page,
    text=_("Huhang: your car %(plate)s comes near."),
):
    plate: Plate


class CarWaitsOnScreen(
    Message,
    code="rides.car_waits_on_screen",
    channels=(PUSH,),
    opens=_trip_page,
    text=_("Huhang: your car %(plate)s waits. Compare the plate before you get in."),
):
    plate: Plate


class OrderOnScreen(
    Message,
    code="rides.order_on_screen",
    channels=(PUSH,),
    opens=_drivers_page,
    text=_("Huhang: an order waits for your answer: %(fare)s (estimate)."),
):
    fare: Fen


class RequestOnScreen(
    Message,
    code="rides.request_on_screen",
    channels=(PUSH,),
    opens=_drivers_page,
    text=_("Huhang: a request on your way waits for your answer."),
):
    pass


class NobodyWasFree(
    Message,
    code="rides.nobody_was_free",
    text=_("Huhang: nobody was free for %(origin)s to %(destination)s. It costs nothing."),
):
    origin: Place
    destination: Place


class DriverUnproved(
    Message,
    code="rides.driver_unproved",
    life_safety=True,
    text=_(
        "Huhang: the driver of %(plate)s could not show that they are who they say. Do not get in. We look for another"
        " car for you. Help: %(line)s."
    ),
):
    plate: Plate
    line: Words


class OrderWithoutGuardian(
    Message,
    code="rides.order_without_guardian",
    text=_(
        "Huhang: no guardian stands for who travels, so the order %(origin)s to %(destination)s is cancelled. It"
        " costs nothing. Help: %(line)s."
    ),
):
    origin: Place
    destination: Place
    line: Words


class LineSuspended(
    Message,
    code="rides.line_suspended",
    text=_(
        "Huhang: the %(line)s line is suspended from %(at)s. Your trip %(origin)s to %(destination)s is"
        " cancelled, and costs nothing. Reason: %(reason)s"
    ),
):
    line: Choice
    at: Moment
    origin: Place
    destination: Place
    reason: Words


class LineSuspendedAgain(
    Message,
    code="rides.line_suspended_again",
    text=_(
        "Huhang: the %(line)s line is suspended again from %(at)s: what it was let run on no longer held. Your trip"
        " %(origin)s to %(destination)s is cancelled, and costs nothing."
    ),
):
    line: Choice
    at: Moment
    origin: Place
    destination: Place


class NightReminder(
    Message,
    code="rides.night_reminder",
    text=_(
        "Huhang: your trip %(origin)s to %(destination)s may run past 22:00. Open it, read the safety"
        " reminder and confirm it before you leave: %(url)s"
    ),
):
    origin: Place
    destination: Place
    url: Link


class LatePickupStandby(
    Message,
    code="rides.late_pickup",
    text=_(
        "Huhang: hitch does not depart after 22:00. Another ride is one tap away, and our"
        " staff are asked to call you. %(url)s"
    ),
    life_safety=True,
):
    url: Link
