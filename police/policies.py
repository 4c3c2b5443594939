"""Pure rules of police liaison."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import calendars
from core import clock, four_eyes, limits, policy
from core.limits import Per
from police.documents import rules
from police.states import (
    ENDED_BY,
    IDENTITY_WAITS,
    REQUEST_TRANSITIONS,
    UNDECIDED,
    Channel,
    Grade,
    GradeReason,
    IdentityState,
    OfficerState,
    PaperNeeded,
    Query,
    RefusalCode,
    RequestState,
    Sign,
    Tier,
    Unusual,
    Urgency,
    Wanted,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from police.models import IdentityPart, Officer, PoliceRequest, Preservation, ReleaseError
    from rides.models import Trip

PAPERS_WITHIN = policy.declare(
    "police.papers_within",  # P3
    policy.Span(3_600, 30 * 86_400),
    86_400,
    name=pgettext_lazy("policy name", "Paperwork after an emergency"),
    about=_("Paperwork follows an emergency release within this time."),
)
PAPERS_REMINDED = policy.declare(
    "police.papers_reminded",  # P4
    policy.Span(1, 24, policy.Unit.HOURS),
    4,
    name=pgettext_lazy("policy name", "Reminder of paperwork"),
    about=_("So long before paperwork is due, a station that has sent none is reminded."),
)
PAPERS_RING_AFTER = policy.declare(
    "police.papers_ring_after",  # P4
    policy.Span(900, 8 * 3_600),
    7_200,
    name=pgettext_lazy("policy name", "Late paperwork that nobody looks at"),
    about=_(
        "Staff, and then supervisors, are rung about late paperwork after this time of business hours; at night nobody is."
    ),
)
OFFICER_UNTIL = policy.declare(
    "police.officer_until",  # P1
    policy.Span(30 * 86_400, 3 * 366 * 86_400),
    2 * 366 * 86_400,
    name=pgettext_lazy("policy name", "Longest entry of an officer"),
    about=_("An officer is entered for at most this long; then their station is asked again."),
)
ESCALATE_WITHIN = policy.declare(
    "police.escalate_within",  # P4
    policy.Span(10, 3_600),
    120,
    name=pgettext_lazy("policy name", "Escalation to the executive on duty"),
    about=_("The executive on duty is called this long after an escalation."),
)
EXECUTIVE_AGAIN = policy.declare(
    "police.executive_again",  # P4
    policy.Span(60, 3_600),
    300,
    name=pgettext_lazy("policy name", "Executive on duty called again"),
    about=_(
        "While nobody decides what was escalated, the executive on duty is called again after this time."
    ),
)
PHONE_WITHIN = policy.declare(
    "police.phone_within",  # P4
    policy.Span(30, 3_600),
    300,
    name=pgettext_lazy("policy name", "Answer to an officer on the phone"),
    about=_("An officer on the phone has the pack within this time."),
)
FORM_WITHIN = policy.declare(
    "police.form_within",  # P3
    policy.Span(5, 3_600),
    60,
    name=pgettext_lazy("policy name", "Answer to an emergency by the form"),
    about=_("An emergency by the form is released within this time."),
)
ORDINARY_WITHIN = policy.declare(
    "police.ordinary_within",  # P5
    policy.Span(1, 72, policy.Unit.HOURS),
    24,
    name=pgettext_lazy("policy name", "Answer to an ordinary request"),
    about=_("An ordinary request is answered within this time of being asked."),
)
INSPECTION_WITHIN = policy.declare(
    "police.inspection_within",  # P13
    policy.Span(1, 15 * 24, policy.Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Answer to an inspection"),
    about=_("What the transport authority asks with its own papers is answered within this time."),
)
LETTER_HALF_WITHIN = policy.declare(
    "police.letter_half_within",  # P5+
    policy.Span(60, 7_200),
    600,
    name=pgettext_lazy("policy name", "Answer to most complete letters"),
    about=_(
        "Half of the complete letters are answered within this time; one that nobody took rings after half of it."
    ),
)
LETTER_WITHIN = policy.declare(
    "police.letter_within",  # P5+
    policy.Span(600, 86_400),
    3_600,
    name=pgettext_lazy("policy name", "Answer to a complete letter"),
    about=_("98 of 100 complete letters are answered within this time, day and night."),
)
PLACE_WINDOW = policy.declare(
    "police.place_window",  # P2
    policy.Span(1, 48, policy.Unit.HOURS),
    12,
    name=pgettext_lazy("policy name", "Longest time of a question about a place"),
    about=_("Who asks by a place asks about at most this long: more would be a search through everybody."),
)
CALL_BACK_HOLDS = policy.declare(
    "police.call_back_holds",  # P1
    policy.Span(30, 2 * 366, policy.Unit.DAYS),
    366,
    name=pgettext_lazy("policy name", "Life of an officer's call-back"),
    about=_(
        "An officer who was called back this long ago is called back anew, and one whose head confirmed them is confirmed anew; until then nothing is released to them by rule."
    ),
)
REVIEW_GRACE = policy.declare(
    "police.officer_review_grace",  # P1
    policy.Span(0, 90, policy.Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Grace of an officer's yearly review"),
    about=_(
        "So long after their call-back is over, and after they were told so, an officer whom nobody called back anew is let in no more, until somebody does."
    ),
)
END_TOLD = policy.declare(
    "police.officer_end_told",  # P1
    policy.Span(1, 90, policy.Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Letter before an officer's time ends"),
    about=_("So long before an officer's entry or call-back ends, their station and they are told."),
)
PASSKEYS = policy.declare(
    "police.passkeys_required",  # P1+
    policy.Flag(),
    False,
    name=pgettext_lazy("policy name", "Officers sign in with passkeys"),
    about=_(
        "Officers are let in with a passkey alone. Who has none adds one first; who cannot calls the liaison line."
    ),
)
STATION_WAITS = policy.declare(
    "police.station_waits",  # P1
    policy.Span(24, 30 * 24, policy.Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Wait of another number of a station"),
    about=_(
        "Another number or address of a station is told to the old one at once; nobody calls or writes to the new one before this time is over."
    ),
)
OPEN_FOR = policy.declare(
    "police.release_open_for",  # P6
    policy.Span(1, 30 * 24, policy.Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Life of a released pack"),
    about=_("How long a released pack can be opened."),
)
SPOKEN_TRIES = policy.declare(
    "police.spoken_code_tries",
    policy.Whole(1, 20),
    5,
    name=pgettext_lazy("policy name", "Tries of a spoken code"),
    about=_("After so many wrong codes a link to a pack opens no more."),
)
EMERGENCIES = limits.mark(
    "police.emergencies",
    {Per.PERSON: 6},
    within=600,
    name=pgettext_lazy("policy name", "Emergencies of one officer"),
    about=_(
        "So many emergencies of one officer are released at once, by rule. What comes beyond is taken and escalated: two people look whether it is the officer who asks, and release it."
    ),
)
EMERGENCY_RULE = policy.declare(
    "police.emergency_release",  # P3
    policy.Flag(),
    True,
    name=pgettext_lazy("policy name", "Release at once in an emergency"),
    about=_("A verified officer's emergency that leads to one trip is released at once."),
)
IDENTITY_WITHIN = policy.declare(
    "police.identity_within",  # P3a
    policy.Span(30, 3_600),
    300,
    name=pgettext_lazy("policy name", "Call-back for the identity part"),
    about=_("Where our own data do not bear an emergency out, the station is called back within this time."),
)
BORNE_OUT_FOR = policy.declare(
    "police.borne_out_for",  # P3a
    policy.Span(1, 7 * 24, policy.Unit.HOURS),
    24,
    name=pgettext_lazy("policy name", "How long a trip that is over bears a claim out"),
    about=_("The identity part goes out at once only for a trip under way or over for less than this time."),
)
HER_PLACES = policy.declare(
    "police.her_places",  # P3b
    policy.Whole(0, 5_000),
    500,
    name=pgettext_lazy("policy name", "Positions near a passenger's places"),
    about=_(
        "Metres around the start and the end of a trip that is over in which its pack holds no position, because the passenger may live there; unless the trip itself showed danger."
    ),
)
UNUSUAL_TIMES = policy.declare(
    "police.unusual_times",  # P10
    policy.Whole(2, 20),
    3,
    name=pgettext_lazy("policy name", "Unusually many emergencies"),
    about=_(
        "An officer or a station that asks more than so many times its own usual number a day is called back."
    ),
)
USUAL_OVER = policy.declare(
    "police.usual_over",  # P10
    policy.Span(7, 365, policy.Unit.DAYS),
    28,
    name=pgettext_lazy("policy name", "What is usual of an officer or station"),
    about=_("What is usual is the mean of so many days, and at least one a day."),
)
NEW_DEVICE_FOR = policy.declare(
    "police.new_device_for",  # P10
    policy.Span(1, 30 * 24, policy.Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "New device of an officer"),
    about=_(
        "A device of an officer counts as new for this time, but for the one with which they first signed in by so long after their call-back."
    ),
)
SAME_NUMBER_FOR = policy.declare(
    "police.same_number_for",  # P10
    policy.Span(1, 90, policy.Unit.DAYS),
    7,
    name=pgettext_lazy("policy name", "One number asked about by several stations"),
    about=_("A number that an unlinked station asked about within this time is unusual."),
)
OWNING = limits.declare(
    "police.owning",  # P3c
    {Per.ADDRESS: 30},
    within=3_600,
    name=pgettext_lazy("policy name", "Answers whether a request was theirs"),
    about=_("So often an address may answer whether an emergency request was theirs; links are secrets."),
)


CODE_FOR = policy.declare(
    "police.code_for",  # P15
    policy.Span(1, 90, policy.Unit.DAYS),
    14,
    name=pgettext_lazy("policy name", "Life of a code for the police"),
    about=_(
        "A code with which somebody lets the police have her own reported incident is valid for so long."
    ),
)
CODES_MADE = limits.declare(
    "police.codes_made",  # P15
    {Per.PERSON: 5},
    within=86_400,
    name=pgettext_lazy("policy name", "Codes for the police of one person"),
    about=_("So many codes for the police one person makes; a new one ends the one before."),
)
CODES_TRIED = limits.declare(
    "police.codes_tried",  # P15
    {Per.PERSON: 10, Per.ALL: 1_000},
    within=3_600,
    name=pgettext_lazy("policy name", "Codes that officers enter"),
    about=_("So many codes of harmed people one officer enters, and all of them together."),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an emergency release is graded by: the officer, the declaration, and what the platform itself knows.

    `recent`: the trip is under way, or over for less than `BORNE_OUT_FOR`.
    """

    verified: bool
    declared: bool
    recent: bool
    signs: frozenset[Sign] = frozenset()
    unusual: frozenset[Unusual] = frozenset()


# The first row that fits says what goes out at once, and why (P3a, P10).
GRADES: tuple[tuple[Callable[[Claim], bool], Grade, GradeReason], ...] = (
    (lambda claim: not claim.verified, Grade.NOTHING, GradeReason.NO_OFFICER),
    (lambda claim: not claim.declared, Grade.NOTHING, GradeReason.NOT_DECLARED),
    (lambda claim: bool(claim.unusual), Grade.CAR, GradeReason.UNUSUAL),
    (lambda claim: not claim.recent, Grade.CAR, GradeReason.TRIP_OVER),
    (lambda claim: not claim.signs, Grade.CAR, GradeReason.NOTHING_SEEN),
    (lambda claim: bool(claim.signs), Grade.WHOLE, GradeReason.BORNE_OUT),
)


def grade(claim: Claim) -> tuple[Grade, GradeReason]:
    """What goes out at once, and why. Whoever is not verified, or does not declare danger to life, gets nothing by rule."""
    for fits, given, reason in GRADES:
        if fits(claim):
            return given, reason
    raise AssertionError(claim)  # the last two rows are each other's opposite


# What an emergency says beside what is known, by the form and by a call (P2+).
EMERGENCY_SAYS = ("danger", "why_not_written", "supervisor_name", "supervisor_phone", "declared")


RELEASE = four_eyes.declare(
    "police.release",
    _("A release to the police that is no emergency by the form"),
    table="police.PoliceRequest",
    first="proposed_by",
    second="decided_by",
    law="police_release_takes_two_people",
)

IDENTITY = four_eyes.declare(
    "police.identity",  # P3a
    _("The identity part of an emergency release, after a call-back"),
    table="police.IdentityPart",
    first="called_back_by",
    second="decided_by",
    law="identity_part_takes_two_people",
)


PRESERVED_FOR = policy.declare(
    "police.preserved_for",  # P7
    policy.Span(1, 180, policy.Unit.DAYS),
    60,
    name=pgettext_lazy("policy name", "Preservation for the police"),
    about=_("What the police ask to preserve is kept so long; two people renew it by another such time."),
)
PRESERVATIONS = limits.declare(
    "police.preservations",  # P7
    {Per.PERSON: 30},
    within=86_400,
    name=pgettext_lazy("policy name", "Preservation requests of one officer"),
    about=_("So many preservation requests one officer makes."),
)
RENEWAL = four_eyes.declare(
    "police.preservation",  # P7
    _("Renewing a preservation request of the police"),
    table="police.Preservation",
    first="renewed_first_by",
    second="renewed_by",
    law="preservation_renewed_by_two",
)


def why_not_preserve(row: "Preservation", account: "Account", key: str) -> str | Promise:
    """The reason against one action on a preservation request, empty where it is allowed."""
    if not row.is_kept(clock.now()):
        return _("It has ended.")
    if key == "renew":
        return _("It is proposed already: somebody else agrees.") if row.renewal_by else ""
    if not row.renewal_by:
        return _("Nobody proposed to renew it.")
    own = key == "renew_agree" and row.renewal_by == account.code
    return four_eyes.SecondPersonNeeded.sentence if own else ""


REFUSAL = four_eyes.declare(
    "police.refusal",  # P5
    _("Refusing a question of a letter"),
    table="police.PoliceRequest",
    first="refuse_by",
    second="decided_by",
    law="question_of_a_letter_refused_by_two",
)
four_eyes.ended_by("police.PoliceRequest", ENDED_BY)  # P5


ERROR = four_eyes.declare(
    "police.error",  # P8
    _("Closing an error of a release, with its cause and remedy"),
    table="police.ReleaseError",
    first="noted_by",
    second="agreed_by",
    law="release_error_closed_by_two",
)


REINSTATEMENT = four_eyes.declare(
    "police.reinstatement",  # P3: one stops at once whom a release was misused by; two let him in again
    _("Letting in again an officer who was suspended"),
    table="police.Officer",
    first="reinstate_by",
    second="reinstated_by",
    law="officer_reinstated_by_two",
)


def tier_of(officer: "Officer", at: datetime) -> Tier:
    """How far it is known at a time that an officer is one: what was found out too long ago is known no more (P1+)."""
    holds = policy.span(CALL_BACK_HOLDS)
    confirmed, called = officer.head_confirmed_at, officer.called_back_at
    if officer.tier == Tier.CONFIRMED and confirmed and at <= confirmed + holds:
        return Tier.CONFIRMED
    if officer.tier >= Tier.CALLED_BACK and called and at <= called + holds:
        return Tier.CALLED_BACK
    return Tier.MAILBOX


def review_due(officer: "Officer") -> datetime | None:
    """By when the station is to be called about an officer again (P1); None where nobody was ever called: nothing goes to
    them by rule, and their entry ends by itself."""
    known = [at for at in (officer.called_back_at, officer.head_confirmed_at) if at]
    return max(known) + policy.span(CALL_BACK_HOLDS) if known else None


def unreviewed_from(officer: "Officer") -> datetime | None:
    """From when an officer whose call-back is over is let in no more: the grace runs from its end, or from when they and their
    station were told of it, where that was later. None while nobody was told: nobody is locked out unwarned."""
    due, told = review_due(officer), officer.end_told_at
    if due is None or told is None:
        return None
    called = due - policy.span(CALL_BACK_HOLDS)
    if told < max(due - policy.span(END_TOLD), called):  # of an earlier end
        return None
    return max(due, told) + policy.span(REVIEW_GRACE)


def lets_in(officer: "Officer", at: datetime) -> bool:
    """Whether an officer is let in at a time: neither suspended, nor expired, nor left unreviewed."""
    out = unreviewed_from(officer)
    reviewed = out is None or at <= out
    return officer.state == OfficerState.ACTIVE and officer.expires_at > at and reviewed


def may_be_by_rule(tier: int) -> bool:
    """Whether anything is released by rule to an officer of a tier; all else is for people."""
    return tier >= Tier.CALLED_BACK


def papers_due(request: "PoliceRequest", at: datetime) -> datetime | None:
    """By when papers follow what is released at a time (P3, P4): by telephone the written request until the end of the next
    working day. With a person's own code none are asked for (P15)."""
    if request.urgency == Urgency.REFERENCE:
        return None
    if request.channel == Channel.FORM:
        return at + policy.span(PAPERS_WITHIN)
    return calendars.end_of_next_working_day(at)


def calls_back(request: "PoliceRequest") -> bool:
    """Whether the station is called back before anything is released: who rings, whom only a mailbox vouches for, and
    where the file of the letter, or of an emergency's papers, came before (P10)."""
    mailbox = request.officer_tier == Tier.MAILBOX and request.urgency == Urgency.EMERGENCY
    used = Unusual.LETTER_USED in request.unusual or bool(request.papers_unusual)
    return request.channel != Channel.FORM or mailbox or used


def had_a_part(request: "PoliceRequest") -> set[str]:
    """Whoever brought a release about: none of them is its second person, nor reviews it afterwards."""
    parts = {request.proposed_by, request.trip_found_by, request.decided_by}
    if part := identity_part(request):
        parts |= {part.called_back_by, part.decided_by}
    return parts - {""}


def identity_part(request: "PoliceRequest") -> "IdentityPart | None":
    """The part that did not go out with the car part; None where nothing was released, or all at once."""
    if request.state != RequestState.RELEASED:
        return None
    return getattr(request.release, "identity", None)


def signs_told(request: "PoliceRequest") -> list[str]:
    """What an officer is told of why a claim is borne out: nothing while an unusual request waits for its call-back."""
    part, release = identity_part(request), request.release
    guarded = release.reason == GradeReason.UNUSUAL and (part is None or part.state != IdentityState.RELEASED)
    return [] if guarded else list(release.signs)


def missing_papers(request: "PoliceRequest") -> list[PaperNeeded]:
    """What an ordinary request still lacks; an emergency's paperwork may follow (P3)."""
    if request.urgency != Urgency.ORDINARY:
        return []
    found = {
        PaperNeeded.LETTER: bool(request.letter_number),
        PaperNeeded.CERTIFICATES: request.papers_at is not None and "," in request.certificates,
        PaperNeeded.LEGAL_BASIS: bool(request.legal_basis.strip()),
    }
    return [paper for paper, there in found.items() if not there]


def by_her_number(request: "PoliceRequest", trip: "Trip") -> bool:
    """Whether a trip was asked about by a phone that is not its driver's: by that of who booked, of who travelled, or of a
    contact, nothing of theirs is told (P3b)."""
    driver = trip.driver.account.phone_index if trip.driver else ""
    return request.query == Query.PHONE and request.phone_index != driver


def led_by_her_number(request: "PoliceRequest", trip: "Trip") -> bool:
    """Whether this request, or one before it of whichever station, found the trip so: what the first one told, its code or
    its plates, opens no second way to where she lives."""
    if by_her_number(request, trip):
        return True
    driver = trip.driver.account.phone_index if trip.driver else ""
    asked = type(request).objects.filter(trip=trip, query=Query.PHONE)
    return asked.exclude(phone_index=driver).exclude(pk=request.pk).exists()


def left_out_of(request: "PoliceRequest", trip: "Trip | None") -> dict[str, str]:
    """What of a question of a letter is not given, with the code of why: what people left out, and who the passenger is
    where it was asked by her number, whatever people say."""
    hers = Wanted.PASSENGER in request.wanted and trip is not None and by_her_number(request, trip)
    withheld = {Wanted.PASSENGER.value: RefusalCode.HER_NUMBER.value} if hers else {}
    return {**request.left_out, **withheld}


def number_on_letter(request: "PoliceRequest") -> int:
    """Which question of its letter a request is of, as the letter counts them: each of its trips is of the same (P13)."""
    asked = type(request).objects.filter(notice=request.notice_id, part=1)
    return asked.filter(number__lte=request.number).count()


def other_trip_of_hers(request: "PoliceRequest") -> bool:
    """Whether an earlier question of the same letter leads by the same number of hers to another trip of hers (P3b)."""
    trip = request.trip
    if request.notice_id is None or trip is None or not by_her_number(request, trip):
        return False
    asked = type(request).objects.filter(notice=request.notice_id, phone_index=request.phone_index)
    before = asked.filter(number__lt=request.number, trip__isnull=False)
    return before.exclude(trip=trip).exclude(state=RequestState.REFUSED).exists()


def beyond_letter(request: "PoliceRequest") -> bool:
    """Whether nothing of the trip lies in the time that the letter names; False for what is no question of a letter."""
    trip, first, last = request.trip, request.span_from, request.span_to
    if request.notice_id is None or trip is None or first is None or last is None:
        return False
    ended = trip.ended_at or trip.cancelled_at or clock.now()
    return trip.requested_at > last or ended < first


def refusing(request: "PoliceRequest") -> str | None:
    """Who proposed to refuse a question of a letter, while that waits for another; None where that is not its way."""
    if request.notice_id is None or request.state not in UNDECIDED:
        return None
    return request.refuse_by


def why_not(request: "PoliceRequest", account: "Account", key: str) -> str | Promise:
    """The reason against one action on a request, empty where it is allowed. Raises `KeyError` for no action.

    Whether the papers are there is `missing_papers`.
    """
    return _RULES[key](request, account)


def _decided(request: "PoliceRequest", _account: "Account") -> str | Promise:
    return "" if request.state in UNDECIDED else _("It is decided already.")


def _not_to_be_pointed(request: "PoliceRequest", account: "Account") -> str | Promise:
    by_itself = request.trip_id is not None and not request.trip_found_by
    leads = _("What was asked leads to one trip by itself.") if by_itself else ""
    return _decided(request, account) or leads


def _not_by_phone(request: "PoliceRequest", account: "Account") -> str | Promise:
    if not calls_back(request):
        return _("It was asked by the form, from a verified account: there is nobody to call back.")
    return _decided(request, account) or (
        _("Somebody called back already.") if request.called_back_at else ""
    )


def _no_trip(request: "PoliceRequest", account: "Account") -> str | Promise:
    if why := _decided(request, account):
        return why
    if not request.trip_id:
        return _("The request must lead to one trip before it can be released.")
    if refusing(request):
        return _("Somebody proposed to refuse it: another person decides that first.")
    if other_trip_of_hers(request):
        return _(
            "By the same number an earlier question of the letter leads to another trip: this one is refused."
        )
    return _("The trip lies outside of the time that the letter names.") if beyond_letter(request) else ""


def _not_refusable(request: "PoliceRequest", account: "Account") -> str | Promise:
    letter = _("A question of a letter is refused by two people.") if request.notice_id else ""
    return _decided(request, account) or letter


def _no_letter(request: "PoliceRequest", account: "Account") -> str | Promise:
    letter = "" if request.notice_id else _("It is no question of a letter.")
    return _decided(request, account) or letter


def _refusal_not_proposable(request: "PoliceRequest", account: "Account") -> str | Promise:
    waits = _("It is proposed already: somebody else agrees.") if request.refuse_by else ""
    return _no_letter(request, account) or waits


def _no_refusal(request: "PoliceRequest", account: "Account") -> str | Promise:
    none = _("Nobody proposed to refuse it.") if not request.refuse_by else ""
    return _no_letter(request, account) or none


def _refusal_not_agreed(request: "PoliceRequest", account: "Account") -> str | Promise:
    own = four_eyes.SecondPersonNeeded.sentence if request.refuse_by == account.code else ""
    return _no_refusal(request, account) or own


def _not_proposable(request: "PoliceRequest", account: "Account") -> str | Promise:
    if calls_back(request):
        return _("Who calls back is the first person.")
    proposed = _("Somebody proposed it: a second person confirms.") if request.proposed_by else ""
    return _no_trip(request, account) or proposed


def _not_confirmable(request: "PoliceRequest", account: "Account") -> str | Promise:
    if why := _no_trip(request, account):
        return why
    if calls_back(request) and request.called_back_at is None:
        return _("Somebody calls the station back first, at its published number.")
    if not request.proposed_by:
        return _("A first person checks the papers and proposes it.")
    return four_eyes.SecondPersonNeeded.sentence if account.code in had_a_part(request) else ""


def _escalated(request: "PoliceRequest", account: "Account") -> str | Promise:
    escalated = _("It is escalated already.") if request.state == RequestState.ESCALATED else ""
    return _decided(request, account) or escalated


def _not_reviewable(request: "PoliceRequest", account: "Account") -> str | Promise:
    if request.state != RequestState.RELEASED:
        return _("Nothing has been released for this request.")
    if account.code in had_a_part(request):
        return _("Whoever had a part in the release does not review it.")
    known = request.release.reviews.filter(reviewer=account.code).exists()
    return _("You reviewed it; somebody else does so too.") if known else ""


def _identity_decided(request: "PoliceRequest", _account: "Account") -> str | Promise:
    part = identity_part(request)
    if part is None:
        return _("No identity part waits for this request.")
    return "" if part.state in IDENTITY_WAITS else _("It is decided already.")


def _identity_closed(request: "PoliceRequest", account: "Account") -> str | Promise:
    """Why nobody gets the identity part any more, though it was never decided."""
    if why := _identity_decided(request, account):
        return why
    if not request.release.is_open(clock.now()):
        return _("The pack is closed: nothing can be added to it.")
    officer = request.officer
    suspended = officer is not None and officer.state != OfficerState.ACTIVE
    return _("The officer who asked is suspended.") if suspended else ""


def _identity_called(request: "PoliceRequest", account: "Account") -> str | Promise:
    part = identity_part(request)
    called = part is not None and part.state == IdentityState.CALLED_BACK
    return _identity_closed(request, account) or (_("Somebody called back already.") if called else "")


def _identity_not_confirmable(request: "PoliceRequest", account: "Account") -> str | Promise:
    if why := _identity_closed(request, account):
        return why
    part = identity_part(request)
    if part is None or part.state != IdentityState.CALLED_BACK:
        return _("Somebody calls the station back first, at its published number.")
    return four_eyes.SecondPersonNeeded.sentence if account.code == part.called_back_by else ""


def _proposed_by(request: "PoliceRequest") -> str:
    """Who proposed to let the officer in again, while that waits for another."""
    officer = request.officer
    return "" if officer is None or officer.reinstated_by else officer.reinstate_by


def suspends(request: "PoliceRequest") -> bool:
    """Whether the officer who asked is suspended, and this is a request that somebody found improper, or the station disowned."""
    officer = request.officer
    if officer is None or officer.state != OfficerState.SUSPENDED or request.state != RequestState.RELEASED:
        return False
    release = request.release
    return release.disowned_at is not None or release.reviews.filter(proper=False).exists()


def reinstating(request: "PoliceRequest") -> str | None:
    """Who proposed to let in again the officer whom this request suspended; None where it suspended nobody."""
    return _proposed_by(request) if suspends(request) else None


def _not_suspended(request: "PoliceRequest", _account: "Account") -> str | Promise:
    return "" if suspends(request) else _("No officer is suspended for this request.")


def _not_reinstatable(request: "PoliceRequest", account: "Account") -> str | Promise:
    waits = _("It is proposed already: somebody else agrees.") if _proposed_by(request) else ""
    return _not_suspended(request, account) or waits


def _no_reinstatement(request: "PoliceRequest", account: "Account") -> str | Promise:
    none = _("Nobody proposed to let the officer in again.") if not _proposed_by(request) else ""
    return _not_suspended(request, account) or none


def _not_reinstated(request: "PoliceRequest", account: "Account") -> str | Promise:
    own = _proposed_by(request) == account.code
    return _no_reinstatement(request, account) or (_("You proposed it: somebody else agrees.") if own else "")


def open_error(request: "PoliceRequest") -> "ReleaseError | None":
    """The error of a request that two people have not closed yet."""
    return request.errors.filter(agreed_by="").first()


def error_noted(request: "PoliceRequest") -> str | None:
    """Who said cause and remedy of the open error, while that waits for another; empty where nobody did yet."""
    found = open_error(request)
    return found.noted_by if found else ""


def _error_not_notable(request: "PoliceRequest", _account: "Account") -> str | Promise:
    if request.state != RequestState.RELEASED:
        return _("Nothing has been released for this request.")
    return _("It is proposed already: somebody else agrees.") if error_noted(request) else ""


def _no_error(request: "PoliceRequest", _account: "Account") -> str | Promise:
    return "" if error_noted(request) else _("Nobody said its cause and remedy.")


def _error_not_agreed(request: "PoliceRequest", account: "Account") -> str | Promise:
    own = four_eyes.SecondPersonNeeded.sentence if error_noted(request) == account.code else ""
    return _no_error(request, account) or own


def _takes_no_papers(request: "PoliceRequest", _account: "Account") -> str | Promise:
    if request.channel == Channel.FORM:
        return _("Its officer sends the papers from their own account.")
    if request.papers_at is not None:
        return _("The papers are there.")
    refused = _("It was refused: no paper is waited for.")
    return refused if request.state in REQUEST_TRANSITIONS.ends - {RequestState.RELEASED} else ""


_RULES: dict[str, Callable[["PoliceRequest", "Account"], str | Promise]] = {
    "call-back": _not_by_phone,
    "trip": _not_to_be_pointed,
    "propose": _not_proposable,
    "confirm": _not_confirmable,
    "refuse": _not_refusable,
    "refusal": _refusal_not_proposable,
    "refusal_agree": _refusal_not_agreed,
    "refusal_back": _no_refusal,
    "leave_out": _no_letter,
    "give_again": _no_letter,
    "escalate": _escalated,
    "papers": _takes_no_papers,
    "identity_call": _identity_called,
    "identity_confirm": _identity_not_confirmable,
    "identity_refuse": _identity_decided,
    "proper": _not_reviewable,
    "improper": _not_reviewable,
    "error": _error_not_notable,
    "error_agree": _error_not_agreed,
    "error_back": _no_error,
    "reinstate": _not_reinstatable,
    "reinstate_agree": _not_reinstated,
    "reinstate_refuse": _no_reinstatement,
    "notice_later": lambda request, _account: rules.why_not_put_off(request.code),
    "notice_later_agree": lambda request, account: rules.why_not_agree(request.code, account.code),
    "notice_later_refuse": lambda request, _account: rules.why_not_agree(request.code, ""),
}
