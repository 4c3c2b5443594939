from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import live, timeline
from core.states import Transitions


class RequestState(models.TextChoices):
    ASKED = "asked", _("asked")
    CALLED_BACK = "called_back", _("called back, awaits a second person")
    ESCALATED = "escalated", _("escalated")
    RELEASED = "released", _("released")
    REFUSED = "refused", pgettext_lazy("police", "refused")


# There is no way to answer 'wait': what is asked is released, refused with a legal reason, or escalated (P4).
REQUEST_TRANSITIONS = Transitions(
    RequestState,
    {
        "asked": frozenset({"called_back", "escalated", "released", "refused"}),
        "called_back": frozenset({"escalated", "released", "refused"}),
        "escalated": frozenset({"called_back", "released", "refused"}),
    },
    ends={"released", "refused"},
)
UNDECIDED = frozenset({RequestState.ASKED, RequestState.CALLED_BACK, RequestState.ESCALATED})


class Channel(models.TextChoices):
    FORM = "form", _("form")
    PHONE = "phone", _("officer on the phone")
    OUTBOUND = "outbound", _("we called the station")


class Query(models.TextChoices):
    TRIP = "trip", _("trip code")
    REPORT = "report", _("report code of a welfare check")
    PLATE = "plate", _("plate")
    PHONE = "phone", _("phone of a passenger, driver, rider or emergency contact")
    PLACE = "place", _("place (latitude, longitude)")


class AgencyKind(models.TextChoices):
    POLICE = "police", _("police station")
    # Inspection with papers of its own; never by the emergency rule (P13).
    TRANSPORT = "transport", _("transport authority")


class Tier(models.IntegerChoices):
    """How far it is known that an officer is one (P1+)."""

    MAILBOX = 1, _("1: mailbox of the station")
    CALLED_BACK = 2, _("2: reached at the published number")
    CONFIRMED = 3, _("3: confirmed by the head of the station")


class OfficerState(models.TextChoices):
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", pgettext_lazy("officer", "suspended")


class PaperNeeded(models.TextChoices):
    """What an ordinary request is released on (P2)."""

    LETTER = "letter_number", _("Number of the letter of introduction")
    CERTIFICATES = "certificates", _("certificates of two officers")
    LEGAL_BASIS = "legal_basis", _("the legal basis")


class Wanted(models.TextChoices):
    """What a notice can ask for; nothing of another category is released on it (P5+)."""

    TRIP = "trip", _("the trip: time, way, state, true history")
    DRIVER = "driver", _("the driver: name, ID number, phone, photo")
    VEHICLE = "vehicle", _("the car: plates, model, permits")
    POSITIONS = "positions", _("positions of the trip")
    PASSENGER = "passenger", _("the passenger: name and phone")
    PAYMENT = "payment", _("payment of the trip")
    RECORDING = "recording", _("sound of the trip")
    CONTACT = "contact", _("messages and calls of the trip")


class Paper(models.TextChoices):
    """The files of a notice."""

    LETTER = "letter", _("The notice or letter")
    CERTIFICATE_1 = "certificate_1", _("Certificate of the first officer")
    CERTIFICATE_2 = "certificate_2", _("Certificate of the second officer")


class NoticePart(models.TextChoices):
    """What a machine finds missing on a notice, or not to be; the values are the names of its fields."""

    NUMBER = "number", _("number of the notice")
    ORGAN = "organ", _("organ")
    CASE_NAME = "case_name", _("name of the case")
    CASE_NUMBER = "case_number", _("number of the case")
    QUERY_VALUE = "query_value", _("what is known")
    WANTED = "wanted", _("what is wanted")
    SPAN_FROM = "span_from", _("from when")
    SPAN_TO = "span_to", _("until when")
    DEADLINE = "deadline", _("deadline")
    APPROVED_BY = "approved_by", _("who approved it")
    FIRST_OFFICER = "first_officer", _("first officer")
    FIRST_CERTIFICATE = "first_certificate", _("certificate number of the first officer")
    SECOND_OFFICER = "second_officer", _("second officer")
    SECOND_CERTIFICATE = "second_certificate", _("certificate number of the second officer")
    LEGAL_BASIS = "legal_basis", pgettext_lazy("notice", "legal basis")
    LETTER = "letter", _("file of the notice")
    CERTIFICATE_1 = "certificate_1", _("file of the first certificate")
    CERTIFICATE_2 = "certificate_2", _("file of the second certificate")
    SPAN_ORDER = "span_order", _("a time that ends after it begins")
    DEADLINE_PAST = "deadline_past", _("a deadline that is not over")
    SAME_CERTIFICATE = "same_certificate", _("certificates of two officers")


class Urgency(models.TextChoices):
    EMERGENCY = "emergency", _("danger to life")
    ORDINARY = "ordinary", _("ordinary")


timeline.vocabulary(channel=Channel)


@timeline.kinds
class PoliceLine(models.TextChoices):
    ASKED = "police.asked", _("%(agency)s asked (%(channel)s), request %(code)s")
    CALLED_BACK = (
        "police.called_back",
        _("Called back %(agency)s at its published number and reached the officer"),
    )
    RELEASED = (
        "police.released",
        _("Minimum pack released to %(agency)s, request %(code)s, after %(seconds)s"),
    )
    REFUSED = "police.refused", _("Refused to %(agency)s, request %(code)s")
    ESCALATED = "police.escalated", _("Request %(code)s escalated")
    EXECUTIVE = (
        "police.executive",
        _("A message to the executive on duty about request %(code)s was put on its way"),
    )
    PAPERS = "police.papers", _("Paperwork for request %(code)s came")


timeline.by_staff(PoliceLine.REFUSED)


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("police", "police.")
live.looks("police.pack_read")
