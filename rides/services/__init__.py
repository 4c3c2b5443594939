"""The only writer of itineraries, trips and positions; one topic for each file."""

from rides.services.acceptance import accept_trip
from rides.services.apart import never_again, undo_never_again
from rides.services.booking import Rider, book_trip, needs_real_name
from rides.services.cities import add_city, add_place
from rides.services.ending import cancel_trip, end_trip
from rides.services.itineraries import close_itinerary, offer_itinerary
from rides.services.lines import (
    begin_line,
    carry_out_suspensions,
    decide_suspension,
    let_line_return,
    line_for_update,
    note_looked,
    propose_suspension,
    take_line_back,
)
from rides.services.marked import HOME as HOME_OF_NOBODY
from rides.services.marked import mark_drill_trip
from rides.services.mismatch import ask_again, give_to_others, report_mismatch
from rides.services.night import (
    acknowledge_reminder,
    close_late_pickup,
    give_own_late_pickups,
    go_on_with_other_line,
    open_late_pickups,
    record_reminder_call,
    take_late_pickup,
)
from rides.services.offers import (
    Market,
    accept_offer,
    decline_offer,
    dispatch_batch,
    expire_offers,
    go_off_duty,
    go_on_duty,
    markets,
)
from rides.services.outcomes import Outcome
from rides.services.own_places import keep_place, remove_place
from rides.services.payments import PAYMENT_QUEUE, due_payments, refund, settle_payment
from rides.services.pickup import (
    arrive,
    board_trip,
    check_plate,
    confirm_car,
    depart,
    presume_boarded,
    record_meeting,
)
from rides.services.places import Journey, Place, named_place
from rides.services.positions import PhoneFixes, store_duty_positions, store_positions
from rides.services.proposals import choose_owner, decline_request
from rides.services.ratings import rate_trip, wish_least_score
from rides.services.riders import mend_rider
from rides.services.talk import relay_number, say
from rides.services.upkeep import close_unanswered

__all__ = [
    "HOME_OF_NOBODY",
    "PAYMENT_QUEUE",
    "Journey",
    "Market",
    "Outcome",
    "PhoneFixes",
    "Place",
    "Rider",
    "accept_offer",
    "accept_trip",
    "acknowledge_reminder",
    "add_city",
    "add_place",
    "arrive",
    "ask_again",
    "begin_line",
    "board_trip",
    "book_trip",
    "cancel_trip",
    "carry_out_suspensions",
    "check_plate",
    "choose_owner",
    "close_itinerary",
    "close_late_pickup",
    "close_unanswered",
    "confirm_car",
    "decide_suspension",
    "decline_offer",
    "decline_request",
    "depart",
    "dispatch_batch",
    "due_payments",
    "end_trip",
    "expire_offers",
    "give_own_late_pickups",
    "give_to_others",
    "go_off_duty",
    "go_on_duty",
    "go_on_with_other_line",
    "keep_place",
    "let_line_return",
    "line_for_update",
    "mark_drill_trip",
    "markets",
    "mend_rider",
    "named_place",
    "needs_real_name",
    "never_again",
    "note_looked",
    "offer_itinerary",
    "open_late_pickups",
    "presume_boarded",
    "propose_suspension",
    "rate_trip",
    "record_meeting",
    "record_reminder_call",
    "refund",
    "relay_number",
    "remove_place",
    "report_mismatch",
    "say",
    "settle_payment",
    "store_duty_positions",
    "store_positions",
    "take_late_pickup",
    "take_line_back",
    "undo_never_again",
    "wish_least_score",
]
