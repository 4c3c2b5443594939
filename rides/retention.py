"""How long each table of rides is kept (`core.retention`)."""

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import (
    MESSAGES_KEPT,
    RECORDS_KEPT,
    TRACES_KEPT,
    Ground,
    data,
    destroyed,
    emptied,
    goes_by,
    goes_when_left,
    goes_with,
    nobody,
    stays,
    whose,
)
from core.tables import MONEY
from rides.models import Trip
from rides.states import OVER, OwnPlaceKind

TRIPS = data(
    "trips",
    pgettext_lazy("kind of data", "Trips"),
    purpose=_("a ride is found, driven, paid, and can be looked into afterwards"),
    ground=Ground.LAW,
    law=_("E-Commerce Law art. 31: three years; Interim Measures on online taxis art. 27: two years"),
    processors=_("the router, which gets two points and no person"),
)
PLACES = data(
    "places",
    pgettext_lazy("kind of data", "Where phones were on trips"),
    purpose=_("help comes to where the car is; detours and stops are seen"),
    ground=Ground.LAW,
    law=_("Interim Measures on online taxis art. 27: two years"),
)
# A trip for oneself names nobody, not even by an empty name.
_RIDER = Trip._meta.get_field("rider_name")
OF_OVER = Q(trip__state__in=OVER)

whose("rides.Trip", "code", "passenger", "driver__account")

nobody("rides.City", "rides.KnownPlace", "rides.LineInCity", "rides.LineSuspension", why="cities and lines")
emptied(
    "rides.Trip",
    TRIPS,
    "from where to where, when; the name and phone of somebody for whom it was booked",
    after=RECORDS_KEPT,
    since="requested_at",
    said="it was asked for",
    columns={
        "origin_name": "",
        "origin_latitude": 0.0,
        "origin_longitude": 0.0,
        "destination_name": "",
        "destination_latitude": 0.0,
        "destination_longitude": 0.0,
        "planned_route": [],
        "rider_name": Case(When(rider_name=None, then=Value(None)), default=Value("", output_field=_RIDER)),
        "rider_phone": "",
        "rider_phone_index": "",
    },
    where=Q(state__in=OVER),
    trip="code",
)
emptied(
    "rides.Itinerary",
    TRIPS,
    "the way of a hitch owner",
    after=RECORDS_KEPT,
    since="window_end",
    said="its time",
    columns={"origin_name": "", "destination_name": "", "route": []},
    person="driver__account",
)
for table, what in (
    ("rides.Reminder", "that somebody was reminded or called"),
    ("rides.LatePickup", "that somebody was looked after at night"),
    ("rides.Rating", "a number from 1 to 5"),
):
    goes_with(table, TRIPS, what, "rides.Trip")
destroyed(
    "rides.Offer",
    TRIPS,
    "an order that was offered to a driver",
    after=MESSAGES_KEPT,
    since="offered_at",
    said="it was offered",
    trip="trip__code",
)
destroyed(
    "rides.Proposal",
    TRIPS,
    "a request that was held out to an owner",
    after=MESSAGES_KEPT,
    since="made_at",
    said="it was made",
    trip="trip__code",
)
goes_by(
    "rides.LostRequest",
    TRIPS,
    "who came too late for a request",
    "rides.forget_lost_requests",
    "destroyed when the request is over; what was a driver's goes with `rides.Trip`",
)
goes_by(
    "rides.NeverAgain",
    TRIPS,
    "who wishes not to ride with whom",
    "rides.forget_never_again",
    "destroyed when its time is over",
)
stays("rides.Payment", MONEY, "codes and sums", "accounts of money are kept for thirty years")
destroyed(
    "rides.LatestPosition",
    PLACES,
    "where a phone was last",
    after=TRACES_KEPT,
    since="at",
    said="it was there",
    where=OF_OVER,
    trip="trip__code",
)
goes_by(
    "rides.TrailMinute",
    PLACES,
    "where a phone was, minute by minute",
    "rides.expire_trails",
    "destroyed by months, `rides.trail_kept` (1098 days) after the month; what is held stays",
)
goes_by(
    "rides.DriverOnDuty",
    PLACES,
    "where a driver waits for orders",
    "",
    "goes when the driver goes offline",
)
goes_when_left("rides.Score", TRIPS, "sum and number of stars")
OWN_PLACES = data(
    "own_places",
    pgettext_lazy("kind of data", "Own places"),
    purpose=_("home, work and other places need not be typed again"),
    ground=Ground.CONTRACT,
)
destroyed(
    "rides.OwnPlace",
    OWN_PLACES,
    "where somebody lives, works and goes, until they remove it or close the account; what they hid among recent places",
    after=RECORDS_KEPT,
    since="kept_at",
    said="it was hidden",
    where=Q(kind=OwnPlaceKind.HIDDEN),  # no trip brings it back then
    person="account",
)
destroyed(
    "rides.Message",
    TRIPS,
    "a phrase that one side said to the other",
    after=RECORDS_KEPT,
    since="at",
    said="it was said",
    trip="trip__code",
)
destroyed(
    "rides.RelayNumber",
    TRIPS,
    "a number that joined two sides",
    after=TRACES_KEPT,
    since="until",
    said="it ended",
    trip="trip__code",
)
