from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from core.errors import DomainError
from police.states import NoticePart, PaperNeeded


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


class PasskeyNeeded(DomainError):
    code, status, sentence = (
        "passkey_needed",
        403,
        _(
            "Officers sign in with a passkey here. Add one to your account and sign in with it, or call the liaison line %(line)s."
        ),
    )


class QueryUnreadable(DomainError):
    code, status, sentence = (
        "query_unreadable",
        400,
        _(
            "This cannot be read as what was chosen. A place is two numbers in degrees, such as 28.2127, 121.0260."
        ),
    )


class TripNotFound(DomainError):
    code, status, sentence = (
        "trip_not_found",
        404,
        _("The request must lead to one trip before it can be released."),
    )


class PapersMissing(DomainError):
    """What an ordinary request still lacks."""

    code, sentence = "papers_missing", _("Still missing: %(papers)s.")

    def __init__(self, papers: Iterable[PaperNeeded]) -> None:
        self.papers = list(papers)
        super().__init__()

    @property
    def detail(self) -> str:
        separator = pgettext("between the items of a list", ", ")
        return str(self.sentence) % {"papers": separator.join(str(paper.label) for paper in self.papers)}


class NoticeIncomplete(DomainError):
    """What a notice lacks before it can be sent."""

    code, status, sentence = "notice_incomplete", 400, _("Still missing: %(papers)s.")

    def __init__(self, parts: Iterable[NoticePart]) -> None:
        self.parts = list(parts)
        super().__init__()

    @property
    def detail(self) -> str:
        separator = pgettext("between the items of a list", ", ")
        return str(self.sentence) % {"papers": separator.join(str(part.label) for part in self.parts)}


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


class AnswerClosed(DomainError):
    code, status, sentence = (
        "answer_closed",
        404,
        _("This link has been answered, or never was. Please call the liaison line %(line)s."),
    )


class WrongSpokenCode(DomainError):
    code, status, sentence = "wrong_spoken_code", 400, _("This is not the code that was said on the call.")


class NotReleased(DomainError):
    code, sentence = "not_released", _("Nothing has been released for this request.")


class StationExists(DomainError):
    code, sentence = (
        "station_exists",
        _("There is a station of this short name, or of this name, already. Propose a change of it."),
    )


class NoticeNeeded(DomainError):
    code, status, sentence = (
        "notice_needed",
        400,
        _(
            "What is no emergency is asked by a notice: its number, case, categories, time and two officers, with the letter and both certificates."
        ),
    )


class CodeUnknown(DomainError):
    code, status, sentence = (
        "code_unknown",
        404,
        _("This code was used, was revoked, has expired, or never was. Ask the person for a new one."),
    )


class NotCalledBack(DomainError):
    code, status, sentence = (
        "not_called_back",
        403,
        _(
            "Your account has not been called back yet: nothing goes to it by a code. Call the liaison line %(line)s."
        ),
    )


class InspectionInWriting(DomainError):
    code, status, sentence = (
        "inspection_in_writing",
        403,
        _("The transport authority asks with its own papers, by an ordinary request."),
    )


class StationUnclear(DomainError):
    code, status, sentence = (
        "station_unclear",
        400,
        _("This is no station of the register, or several. Choose one, or write more of its name."),
    )


class NotThePublishedNumber(DomainError):
    code, status, sentence = (
        "not_the_published_number",
        400,
        _("This is not the number that counts now in the register. Call that one."),
    )


class TableUnreadable(DomainError):
    code, status, sentence = (
        "table_unreadable",
        400,
        _(
            "This is no table of stations: CSV in UTF-8, its first line code, name_zh, name_en, published_phone, registered_email."
        ),
    )


class PaperWaits(DomainError):
    """Papers of others are made before this one: `ahead` of them. It is expected by `by`; ask again after `pause` seconds."""

    code, status, sentence = (
        "paper_waits",
        503,
        _("This paper is being made after those of others who asked before. Please ask again in a moment."),
    )

    def __init__(self, *, ahead: int, by: datetime, pause: int) -> None:
        self.ahead, self.by, self.retry_after = ahead, by, pause
        super().__init__()


class PaperNotMade(DomainError):
    code, status, sentence = (
        "paper_not_made",
        500,
        _(
            "This paper could not be made. The page and the JSON file say the same; for the paper call the liaison line %(line)s."
        ),
    )
