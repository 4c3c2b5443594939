from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NotAnOfficer(DomainError):
    code, status, sentence = (
        "not_an_officer",
        403,
        _(
            "This page is for registered police liaison officers. An officer without account calls the liaison line %(line)s."
        ),
    )


class OfficerSuspended(DomainError):
    code, status, sentence = (
        "officer_suspended",
        403,
        _("This account is suspended or has expired. Please call the liaison line %(line)s."),
    )


class QueryUnreadable(DomainError):
    code, status, sentence = (
        "query_unreadable",
        400,
        _("This cannot be read as what was chosen. A place is written as latitude, longitude."),
    )


class TripNotFound(DomainError):
    code, status, sentence = (
        "trip_not_found",
        404,
        _("The request must lead to one trip before it can be released."),
    )


class NeedsSecondPerson(DomainError):
    code, status, sentence = (
        "needs_second_person",
        403,
        _("A second person, specialist or supervisor, confirms on their own screen."),
    )


class AbroadRefused(DomainError):
    code, status, sentence = (
        "authority_abroad",
        403,
        _(
            "Authorities outside the country are not answered directly. The way is judicial assistance through the competent authority "
            "(Personal Information Protection Law art. 41, Data Security Law art. 36)."
        ),
    )


class LinkClosed(DomainError):
    code, status, sentence = (
        "link_closed",
        404,
        _("This link has been opened, has expired, or never was. Please call the liaison line %(line)s."),
    )


class WrongSpokenCode(DomainError):
    code, status, sentence = "wrong_spoken_code", 400, _("This is not the code that was said on the call.")


class NotReleased(DomainError):
    code, sentence = "not_released", _("Nothing has been released for this request.")
