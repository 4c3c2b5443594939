from rides.models.apart import NeverAgain
from rides.models.cities import City, KnownPlace, LineInCity, LineSuspension
from rides.models.itineraries import Itinerary
from rides.models.night import LatePickup, Reminder
from rides.models.offers import LostRequest, Offer, Proposal
from rides.models.own_places import OwnPlace
from rides.models.payments import Payment
from rides.models.positions import DriverOnDuty, LatestPosition, TrailMinute
from rides.models.ratings import Rating, Score
from rides.models.talk import Message, RelayNumber
from rides.models.trips import Trip, TripQuerySet, met_by_what_was_said

__all__ = [
    "City",
    "DriverOnDuty",
    "Itinerary",
    "KnownPlace",
    "LatePickup",
    "LatestPosition",
    "LineInCity",
    "LineSuspension",
    "LostRequest",
    "Message",
    "NeverAgain",
    "Offer",
    "OwnPlace",
    "Payment",
    "Proposal",
    "Rating",
    "RelayNumber",
    "Reminder",
    "Score",
    "TrailMinute",
    "Trip",
    "TripQuerySet",
    "met_by_what_was_said",
]
