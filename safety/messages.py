"""What emergency contacts and those who were recorded are told."""

from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import Day, Link, Message, Name, Place, Plate, Time

_CALLED = _("Huhang: %(name)s called for help on a trip at %(at)s: %(origin)s to %(destination)s.")
_CAR = _("Car %(plate)s, %(colour)s %(model)s, driver %(driver)s.")
_DO = _("Our safety staff are told. If you know that they are in danger, call 110 now.")
_WHERE = _("Where they are: %(link)s")


class CalledForHelp(Message, code="safety.sos", text=(_CALLED, _DO), life_safety=True):
    """Of a driver, or of a passenger before a car was found."""

    name: Name
    at: Time
    origin: Place
    destination: Place


class CalledForHelpWhere(Message, code="safety.sos_where", text=(_CALLED, _DO, _WHERE), life_safety=True):
    """Of a passenger whose car is not known."""

    name: Name
    at: Time
    origin: Place
    destination: Place
    link: Link


class CalledForHelpInCar(Message, code="safety.sos_car", text=(_CALLED, _CAR, _DO, _WHERE), life_safety=True):
    """Of a passenger, with the car."""

    name: Name
    at: Time
    origin: Place
    destination: Place
    plate: Plate
    colour: Name
    model: Name
    driver: Name
    link: Link


class HowIsTheRide(
    Message,
    code="safety.how_is_the_ride",
    text=_("Huhang: how is your ride to %(destination)s? Please answer on your page: %(link)s"),
    life_safety=True,
):
    """To her alone, where neither her page nor her telephone was answered; it says no more than the page does."""

    destination: Place
    link: Link


class TripShared(
    Message,
    code="safety.trip_shared",
    text=_("Huhang: %(name)s shares a trip with you: %(origin)s to %(destination)s. %(link)s"),
):
    name: Name
    origin: Place
    destination: Place
    link: Link


class RecordingPlayed(
    Message,
    code="safety.recording_played",
    text=_(
        "Huhang: for a case that is closed now, our staff listened to a recording of your trip of %(day)s "
        "(%(origin)s to %(destination)s)."
    ),
):
    day: Day
    origin: Place
    destination: Place
