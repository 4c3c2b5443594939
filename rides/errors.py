from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class LineNotRunning(DomainError):
    code, sentence = (
        "line_not_running",
        _(
            "This service line is suspended in this city. New orders are not taken; trips under way are finished."
        ),
    )


class CurfewHours(DomainError):
    code, sentence = (
        "curfew",
        _(
            "Hitch trips do not depart between 22:00 and 06:00. Please choose a time during the day, or another line."
        ),
    )


class WindowWrong(DomainError):
    code, status, sentence = (
        "departure_window_wrong",
        400,
        _(
            "The departure window must lie in the future, within a week, and end at most three hours after it begins."
        ),
    )


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


class BatchTooLarge(DomainError):
    code, status, sentence = "batch_too_large", 413, _("At most 500 positions fit in one batch.")


class UnknownCoordinates(DomainError):
    code, status, sentence = "unknown_coordinates", 400, _("The coordinate system must be WGS-84.")


class MalformedBatch(DomainError):
    code, status, sentence = "malformed_json", 400, _("The body is not a batch of positions.")


class StreamDown(DomainError):
    code, status, sentence = (
        "stream_down",
        503,
        _("Positions cannot be taken at the moment. Keep them and send them again."),
    )
