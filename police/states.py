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


# The ends of what is asked, each with the two people by whom a question of a letter ends so (P5): a pair of
# `police/policies.py`, whose law names the end. An emergency may be ended by one person, or by the rule (P3).
ENDED_BY = {RequestState.RELEASED: "police.release", RequestState.REFUSED: "police.refusal"}
# There is no way to answer 'wait': what is asked is released, refused with a legal reason, or escalated (P4).
REQUEST_TRANSITIONS = Transitions(
    RequestState,
    {
        "asked": frozenset({"called_back", "escalated", "released", "refused"}),
        "called_back": frozenset({"escalated", "released", "refused"}),
        "escalated": frozenset({"called_back", "released", "refused"}),
    },
    ends=ENDED_BY.keys(),
)
# Whoever asked waits in each state that is no end: one that is added is on every desk, and rings, by itself.
UNDECIDED = frozenset(state for state in RequestState if state not in REQUEST_TRANSITIONS.ends)


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


class RefusalCode(models.TextChoices):
    """Why a question, or a category of it, is not answered (P5+). What the authority can do next is `NEXT_STEP`."""

    INCOMPLETE = "incomplete", pgettext_lazy("reason of a refusal", "the papers are incomplete")
    ERROR = "error", pgettext_lazy("reason of a refusal", "manifest error in the letter")
    CANNOT = "cannot_find", pgettext_lazy("reason of a refusal", "it does not lead to one trip or person")
    NO_DATA = "no_data", pgettext_lazy("reason of a refusal", "we hold no such data")
    BEYOND = "beyond", pgettext_lazy("reason of a refusal", "beyond what the letter covers")
    OTHER_LAW = "other_law", pgettext_lazy("reason of a refusal", "another law forbids it")
    FOREIGN = "foreign", pgettext_lazy("reason of a refusal", "an authority of another country asks")
    IMPOSSIBLE = "impossible", pgettext_lazy("reason of a refusal", "it is technically impossible")
    HER_NUMBER = (
        "her_number",
        pgettext_lazy("reason of a refusal", "by a passenger's number we tell nothing about the passenger"),
    )


NEXT_STEP = {
    RefusalCode.INCOMPLETE: _("Send a new notice with what is missing."),
    RefusalCode.ERROR: _("Have the letter corrected, and send it as a new notice."),
    RefusalCode.CANNOT: _("Ask by something else: trip code, plate with time, or a place with time."),
    RefusalCode.NO_DATA: _("Nothing more can be had here."),
    RefusalCode.BEYOND: _("Ask with a letter that names this category, person or time."),
    RefusalCode.OTHER_LAW: _("Ask the authority that this law names."),
    RefusalCode.FOREIGN: _("The way is judicial assistance through the competent authority."),
    RefusalCode.HER_NUMBER: _(
        "Ask with a letter that names the trip, by its code or its plate with the time."
    ),
    RefusalCode.IMPOSSIBLE: _("Call the liaison line: we say what can be had instead."),
}


class Wanted(models.TextChoices):
    """The categories that a notice can ask for; an answer holds no other (P5+)."""

    TRIP = "trip", _("the trip: time, way, state, true history")
    DRIVER = "driver", _("the driver: name, ID number, phone, photo")
    VEHICLE = "vehicle", _("the car: plates, model, permits")
    POSITIONS = "positions", _("positions of the trip")
    PASSENGER = "passenger", _("the passenger: name and phone")
    PAYMENT = "payment", _("payment of the trip")
    RECORDING = "recording", _("sound of the trip")
    CONTACT = "contact", _("messages and calls of the trip")


# What the transport authority inspects (P13): registration, operation and transaction. Nobody who rides, no sound, no words.
INSPECTED = frozenset({Wanted.TRIP, Wanted.DRIVER, Wanted.VEHICLE, Wanted.POSITIONS, Wanted.PAYMENT})


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
    INSPECTED = "inspected", _("only what an inspection may ask: trip, driver, car, positions, payment")
    FURTHER = "further", _("of each further question: what is known and what is wanted")


class Urgency(models.TextChoices):
    EMERGENCY = "emergency", _("danger to life")
    ORDINARY = "ordinary", _("ordinary")
    # A harmed person handed over a code of her own (P15).
    REFERENCE = "reference", _("with the person's own code")


class Sign(models.TextChoices):
    """What the platform itself knows of a trip that bears out a claim of danger (P3a)."""

    SOS = "sos", pgettext_lazy("police", "a call for help on the trip")
    WELFARE_CHECK = "welfare_check", pgettext_lazy("police", "a welfare check about the trip")
    SIGNAL = "signal", pgettext_lazy("police", "a danger signal of the trip")
    SILENT_PHONE = "silent_phone", pgettext_lazy("police", "a phone of the trip that went silent")
    REPORT_CODE = "report_code", pgettext_lazy("police", "the report code that was quoted")
    OUTBOUND = "outbound", pgettext_lazy("police", "our own call to a station about the trip")


# What a phone or a person of the trip told the platform: nobody outside of the trip can make it up. A phone that is silent
# told nothing: it may lie in a bag, and who waits for that gets no position at her door.
SEEN_ON_THE_TRIP = frozenset({Sign.SOS, Sign.SIGNAL})


class Unusual(models.TextChoices):
    """What is unlike this officer or station, so that a person asks the station first (P10)."""

    OFFICER_RATE = "officer_rate", _("This officer asks more than three times as often as usual.")
    STATION_RATE = "station_rate", _("This station asks more than three times as often as usual.")
    NEW_DEVICE = "new_device", _("The officer asks from a device that was not used before.")
    NO_TRIP = "no_trip", _("The phone asked about is in no trip.")
    SAME_NUMBER = (
        "same_number",
        _("Another station, not linked by a trip or report, asked about this number."),
    )
    LETTER_USED = "letter_used", _("The same letter came before, with another notice or emergency.")
    CERTIFICATE_USED = "certificate_used", _("The same certificate came before from another station.")


class Grade(models.TextChoices):
    NOTHING = "nothing", pgettext_lazy("grade of a release", "nothing")
    CAR = "car", pgettext_lazy("grade of a release", "car part")
    WHOLE = "whole", pgettext_lazy("grade of a release", "car part and identity part")


class GradeReason(models.TextChoices):
    """Why a release has its grade: kept as a code, said to officer and reviewer in their language, counted."""

    NO_OFFICER = "no_officer", _("Who asks is no active, verified officer.")
    NOT_DECLARED = "not_declared", _("Nobody declared that a life is in danger.")
    UNUSUAL = "unusual", _("Something about this request is unusual, so we call the station first.")
    TRIP_OVER = "trip_over", _("The trip has been over for more than a day, so we call the station first.")
    NOTHING_SEEN = (
        "nothing_seen",
        _("Our own data show no sign of danger on this trip yet, so we call the station first."),
    )
    BORNE_OUT = "borne_out", _("Our own data bear the claim out.")
    CALLED_BACK = "called_back", _("The station was called back, and two people released it.")
    ON_PAPERS = "on_papers", _("Two people released it on its papers.")
    HER_CODE = "her_code", _("The person concerned handed over a code of her own.")


class IdentityState(models.TextChoices):
    """Of the part of a pack that names the driver, where it did not go out with the car part."""

    WAITING = "waiting", _("waits for a call-back")
    CALLED_BACK = "called_back", _("called back, awaits a second person")
    RELEASED = "released", _("released")
    REFUSED = "refused", pgettext_lazy("police", "refused")
    DISOWNED = "disowned", _("closed: not the station's, or improper")


IDENTITY_TRANSITIONS = Transitions(
    IdentityState,
    {
        "waiting": frozenset({"called_back", "refused", "disowned"}),
        "called_back": frozenset({"released", "refused", "disowned"}),
        "released": frozenset({"disowned"}),
    },
    ends={"refused", "disowned"},
)
IDENTITY_WAITS = frozenset({IdentityState.WAITING, IdentityState.CALLED_BACK})


class FollowingEnd(models.TextChoices):
    """Why an officer's page does not follow the car (S19)."""

    NOTHING = "nothing", _("Nothing that can be followed was released for this request.")
    CLOSED = "closed", _("What was released is closed. Call the liaison line.")
    OVER = "over", _("The emergency is over: the trip has ended and nobody of ours works on it any more.")
    NOT_YET = (
        "not_yet",
        _("The car can be followed once our own data bear the claim out, or we have reached your station."),
    )


class ErrorKind(models.TextChoices):
    """What went wrong with a release (P8+)."""

    WRONG_PERSON = "wrong_person", pgettext_lazy("error of a release", "about the wrong person or trip")
    TOO_MUCH = "too_much", pgettext_lazy("error of a release", "more than was to be given")
    PAPERS_LATE = "papers_late", pgettext_lazy("error of a release", "papers late or never")
    CALL_BACK = "call_back", pgettext_lazy("error of a release", "call-back skipped")


NO_ERROR = "none", pgettext_lazy("error of a release", "there was no error")


class Asked(models.TextChoices):
    """Who is asked whether a release was theirs (P3c)."""

    STATION = "station", _("registered address of the station")
    SUPERVISOR = "supervisor", _("the supervisor who was named")


class Owned(models.TextChoices):
    """What they answer."""

    YES = "yes", _("Yes, this was ours")
    NO = "no", _("No, this was not ours")


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
    IDENTITY_CALLED_BACK = (
        "police.identity_called_back",
        _("Called back %(agency)s about the identity part of request %(code)s and reached the officer"),
    )
    IDENTITY_RELEASED = (
        "police.identity_released",
        _("Identity part released to %(agency)s, request %(code)s, after %(seconds)s"),
    )
    IDENTITY_REFUSED = "police.identity_refused", _("Identity part of request %(code)s refused to %(agency)s")
    DISOWNED = (
        "police.disowned",
        _("%(agency)s says that request %(code)s was not theirs: the pack is closed"),
    )
    OWNED = "police.owned_up", _("%(agency)s says that request %(code)s was theirs")


timeline.by_staff(PoliceLine.REFUSED, PoliceLine.IDENTITY_REFUSED)


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("police", "police.")
live.looks("police.pack_read", "police.copy_read", "police.followed")
