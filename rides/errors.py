from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class LineNotRunning(DomainError):
    code, sentence = (
        "line_not_running",
        _(
            "This service line is suspended in this city. New orders are not taken; trips under way are finished."
        ),
    )


class LineInProbation(DomainError):
    code, sentence = (
        "line_in_probation",
        _(
            "This line returns step by step in this city and takes the orders of some people only so far. Please choose another line."
        ),
    )


class RiderMended(DomainError):
    code, sentence = (
        "rider_mended",
        _(
            "Whoever booked this ride has put the number right. Nothing more is done in their name from this page; SOS stays."
        ),
    )


class TooManyOwnPlaces(DomainError):
    code, status, sentence = (
        "too_many_own_places",
        409,
        _("Up to thirty places can be kept. Remove one that you need no more."),
    )


class CurfewHours(DomainError):
    code, sentence = (
        "curfew",
        _(
            "Hitch trips do not depart between 22:00 and 06:00. Please choose a time during the day, or another line."
        ),
    )


class TeenLine(DomainError):
    code, status, sentence = (
        "teen_line",
        403,
        _("Who is under 18 rides by express only. Please choose that line."),
    )


class TeenHours(DomainError):
    code, status, sentence = (
        "teen_hours",
        403,
        _("Who is under 18 rides between 06:00 and 22:00 only, from the departure to the arrival."),
    )


class GrownUpBooks(DomainError):
    code, status, sentence = "grown_up_books", 403, _("Only a grown-up books for somebody else.")


class RiderGuarded(DomainError):
    code, status, sentence = (
        "rider_guarded",
        403,
        _("Only they themselves or their guardian can book for this person."),
    )


class WindowWrong(DomainError):
    code, status, sentence = (
        "departure_window_wrong",
        400,
        _(
            "The departure window must lie in the future, within a week, and end at most three hours after it begins."
        ),
    )


class RemotePickup(DomainError):
    code, sentence = (
        "remote_pickup",
        _(
            "So late hitch does not go to a pick-up far from every town. Please choose an earlier time, a pick-up in a town, or another line."
        ),
    )


class OwnersNotChosen(DomainError):
    code, sentence = "owners_not_chosen", _("Hitch owners are found for you; nobody chooses.")


class PlacesWrong(DomainError):
    code, status, sentence = (
        "places_wrong",
        400,
        _("Origin and destination must lie in the city's area, at least 500 m apart."),
    )


class NotAlongTheWay(DomainError):
    code, sentence = "not_along_the_way", _("This request does not lie along your route.")


class NoLongerAvailable(DomainError):
    code, sentence = "no_longer_available", _("This request is no longer available.")


class NoSeat(DomainError):
    code, sentence = "no_seat", _("There is no free seat left on this itinerary.")


class OwnRequest(DomainError):
    code, sentence = "own_request", _("You cannot drive yourself as a passenger.")


class WrongBoardingCode(DomainError):
    code, status, sentence = (
        "wrong_boarding_code",
        400,
        _("This is not the passenger's code. Ask the passenger for the four digits."),
    )


class TooManyBoardingCodes(DomainError):
    code, status, sentence = (
        "too_many_boarding_codes",
        429,
        _("Too many wrong codes. Please call the safety line; it helps you on."),
    )


class PlateNotCompared(DomainError):
    code, sentence = "plate_not_compared", _("The passenger has not compared the plate yet.")


class CannotCancelAboard(DomainError):
    code, sentence = (
        "cannot_cancel_after_boarding",
        _("A trip cannot be cancelled after boarding. It ends at the destination."),
    )


class TripStopped(DomainError):
    code, sentence = "trip_stopped", _("This trip has stopped.")


class PositionToken(DomainError):
    code, status, sentence = (
        "position_token",
        401,
        _("The trip's key is missing, wrong or too old. Load the trip's page again."),
    )


class PositionOutOfRange(DomainError):
    code, status, sentence = (
        "position_out_of_range",
        400,
        _("A position is not on the globe: latitude −90 to 90, longitude −180 to 180."),
    )


class PositionFromFuture(DomainError):
    code, status, sentence = (
        "position_from_future",
        400,
        _("A position is from the future. Is the phone's clock right?"),
    )


class PositionTooOld(DomainError):
    code, status, sentence = "position_too_old", 400, _("A position is older than a day.")


class PositionUnreadable(DomainError):
    code, status, sentence = (
        "position_unreadable",
        400,
        _("A position has no time, latitude or longitude that is a number."),
    )


class BatchTooLarge(DomainError):
    code, status, sentence = "batch_too_large", 413, _("At most 500 positions fit in one batch.")


class UnknownCoordinates(DomainError):
    code, status, sentence = (
        "unknown_coordinates",
        400,
        _("The coordinate system must be WGS84, GCJ02 or BD09."),
    )


class MalformedBatch(DomainError):
    code, status, sentence = "malformed_json", 400, _("The body is not a batch of positions.")


class StreamDown(DomainError):
    code, status, sentence = (
        "stream_down",
        503,
        _("Positions cannot be taken at the moment. Keep them and send them again."),
    )


class DailyLimit(DomainError):
    code, sentence = (
        "daily_limit",
        _("Hitch shares costs and is no trade: at most %(count)s parties a day. Tomorrow you can take more."),
    )


class ScoreTooLow(DomainError):
    code, sentence = (
        "score_too_low",
        _("There is no match at the moment. Please choose another trip or time."),
    )


class ChildNeedsCompany(DomainError):
    code, status, sentence = (
        "child_needs_company",
        400,
        _("In hitch a child travels with an adult: please book at least two seats, or choose another line."),
    )


class AlreadySuspended(DomainError):
    code, sentence = "already_suspended", _("This line does not run there, or stops already.")


class CityExists(DomainError):
    code, sentence = "city_exists", _("There is a city of this short name already.")


class LineExists(DomainError):
    code, sentence = (
        "line_exists",
        _(
            "This line has a state in this city already. One that was suspended returns only through the relaunch gate."
        ),
    )


class LineSuspendedEverywhere(DomainError):
    code, sentence = (
        "line_suspended_everywhere",
        _("This line is suspended wherever it ran. It returns only through the relaunch gate."),
    )


class NotOnDuty(DomainError):
    code, sentence = "not_on_duty", _("You are not online on this line. Go online first.")


class ReminderUnread(DomainError):
    code, sentence = (
        "reminder_unread",
        _("This trip may run past 22:00. Both of you read the safety reminder first, or an agent calls you."),
    )


class RefundTooLarge(DomainError):
    code, sentence = "refund_too_large", _("At most %(left)s of this fare are left to refund.")


class AccountRestricted(DomainError):
    code, status, sentence = (
        "account_restricted",
        403,
        _("You cannot order rides %(until)s, by a decision about a complaint (%(citation)s). You find it, and how to appeal, under 'My complaints'. Help, contacts and complaints stay open to you."),
    )  # fmt: skip


class TooManyPhrases(DomainError):
    code, status, sentence = "too_many_phrases", 429, _("Please wait a moment before you say more.")


class TripNotOver(DomainError):
    code, sentence = (
        "trip_not_over",
        _("Trip %(trip)s is not over yet. End or cancel it first; then you can close your account."),
    )
