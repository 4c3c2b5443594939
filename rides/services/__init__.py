"""The only writer of itineraries, trips and positions; one topic for each file."""

from rides.services.acceptance import Outcome, accept_trip
from rides.services.booking import book_trip
from rides.services.ending import cancel_trip, end_trip
from rides.services.itineraries import offer_itinerary
from rides.services.lines import set_line
from rides.services.mismatch import give_to_others, report_mismatch
from rides.services.pickup import (
    arrive,
    board_trip,
    check_plate,
    confirm_car,
    depart,
    presume_boarded,
    record_meeting,
)
from rides.services.places import Place
from rides.services.positions import PhoneFixes, store_positions

__all__ = [
    "Outcome",
    "PhoneFixes",
    "Place",
    "accept_trip",
    "arrive",
    "board_trip",
    "book_trip",
    "cancel_trip",
    "check_plate",
    "confirm_car",
    "depart",
    "end_trip",
    "give_to_others",
    "offer_itinerary",
    "presume_boarded",
    "record_meeting",
    "report_mismatch",
    "set_line",
    "store_positions",
]
