"""Reads about one complaint."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from complaints.models import (
    Accident,
    Appeal,
    Article,
    Assignment,
    Complaint,
    Decision,
    Evidence,
    Macro,
    Measure,
    Statement,
    Timer,
)
from complaints.policies import APPEAL_DAYS, MONEY_TOGETHER, Case, Known, undo_until
from complaints.selectors.work import on_shift
from complaints.states import (
    BY_TWO,
    NEWS,
    OVER,
    UNDECIDED,
    AccusedAs,
    ComplaintState,
    Level,
    MacroUse,
    Outcome,
    Side,
    Stage,
    StatementState,
    TimerKind,
)
from core import cases, clock, danger, policy
from core.errors import NotFound
from core.models import TimelineEntry
from core.reads import Read
from drivers.selectors import open_holds, told_from
from rides.selectors import aboard, is_watched, phone_of_rider, trip_under_way_by_phone
from safety.selectors import recordings_of

if TYPE_CHECKING:
    from accounts.models import Account

EARLIER = 100  # nobody needs to know more exactly, and a count of all would cost


def _all() -> QuerySet[Complaint]:
    return Complaint.objects.select_related(
        "trip__driver__account",
        "trip__vehicle",
        "accused",
        "complainant",
        "owner",
        "named_contact",
        "merged_into",
    )


_COMPLAINT = Read(lambda code: _all().filter(code=code), str)


def complaint_by_code(code: str) -> Complaint:
    """Any complaint, for staff. Raises `NotFound`."""
    return _COMPLAINT.the(code)


def unseen_words(complaint: Complaint) -> list[TimelineEntry]:
    """The lines with grave words that nobody has looked at, oldest first: what rings."""
    if complaint.news_at is None:
        return []
    rows = TimelineEntry.objects.filter(case=complaint.code, kind__in=NEWS, at__gte=complaint.news_at)
    return [each for each in rows.order_by("at", "pk") if each.facts.get("danger") == danger.SEVERE]


def complaint_by_link(code: str, secret: str) -> Complaint:
    """The complaint behind a link in a message. Raises `NotFound`."""
    complaint = _COMPLAINT.first(code)
    if complaint is None or not complaint.opens_to(secret):
        raise NotFound
    return complaint


def side_of(account: "Account", complaint: Complaint) -> Side | None:
    """Which side somebody is on; None for whoever has no part in it."""
    if complaint.complainant_id == account.pk:
        return Side.COMPLAINANT
    return Side.ACCUSED if complaint.accused_id == account.pk else None


def may_know(complaint: Complaint, side: Side) -> bool:
    """Whether this side may learn of the complaint now: the accused once they were asked, or once it is decided."""
    if side == Side.COMPLAINANT:
        return True
    asked = Statement.objects.filter(complaint=complaint, side=Side.ACCUSED).exists()
    told = complaint.state in OVER and measures_of(complaint, Side.ACCUSED)
    return bool(asked or told) and not covert(complaint) and clock.now() >= told_accused_from(complaint)


def my_case(account: "Account", code: str) -> tuple[Complaint, Side]:
    """A complaint and the side that the account has in it, where they may know of it. Raises `NotFound`."""
    complaint = _all().filter(Q(complainant=account) | Q(accused=account), code=code).first()
    side = side_of(account, complaint) if complaint else None
    if complaint is None or side is None or not may_know(complaint, side):
        raise NotFound
    return complaint, side


def my_cases(account: "Account") -> list[tuple[Complaint, Side]]:
    """What somebody filed, and what they were asked about, newest first."""
    rows = _all().filter(Q(complainant=account) | Q(accused=account)).order_by("-pk")[:100]
    found = [(row, side_of(account, row)) for row in rows]
    return [(row, side) for row, side in found if side and may_know(row, side)]


def speaks_for(complaint: Complaint, root: Complaint) -> bool:
    """Whether whoever filed a complaint is a side of the one it was joined to: its statement, money and appeal are theirs."""
    if complaint.pk == root.pk:
        return True
    if complaint.complainant_id is not None:
        return complaint.complainant_id == root.complainant_id
    proved = complaint.caller_verified_at is not None and root.caller_verified_at is not None
    return proved and bool(complaint.caller_index) and complaint.caller_index == root.caller_index


def was_on_its_trip(complaint: Complaint) -> bool:
    """Whether whoever filed it rode or drove on the trip that it is joined to.

    By a plate it is joined to the trip that the car is on, for whoever works on it: where that goes, and that it goes at all,
    is not for somebody who saw the car.
    """
    trip = complaint.trip
    if trip is None:
        return False
    if complaint.complainant_id is not None:
        return complaint.complainant_id in {
            trip.passenger_id,
            trip.driver.account_id if trip.driver else None,
        }
    return complaint.caller_verified_at is not None and complaint.caller_phone == phone_of_rider(trip)


def person_of(complaint: Complaint, side: Side) -> "Account | None":
    """The account on a side, if there is one."""
    return complaint.complainant if side == Side.COMPLAINANT else complaint.accused


def part_of(complaint: Complaint, side: Side) -> AccusedAs:
    """As what somebody is in it: driver or passenger."""
    if side == Side.ACCUSED:
        return AccusedAs(complaint.accused_as or AccusedAs.DRIVER)
    other = complaint.accused_as == AccusedAs.PASSENGER
    return AccusedAs.DRIVER if other else AccusedAs.PASSENGER


def covert(complaint: Complaint) -> bool:
    """True while the accused driver may have somebody in the car: nothing may show on that phone (S11)."""
    if complaint.accused is None:
        return False
    if complaint.accused_as == AccusedAs.DRIVER:
        return aboard(complaint.accused.code) is not None
    trip = complaint.trip
    return trip is not None and trip.ended_at is None and trip.somebody_may_be_aboard


def read_along(code: str, recipient: str) -> bool:
    """Whether a message about this complaint would light up the phone of whoever complained while the other side may sit
    beside it: the trip is under way or ended a moment ago, or an incident of it lives.

    Another phone's message never waits: by its time a stranger would learn whether somebody travels. A complaint that
    names no trip is taken for one of the trip that this phone is on.
    """
    complaint = _COMPLAINT.first(code)
    if complaint is None:
        return False
    trip = complaint.trip
    if trip is None:
        return bool(trip_under_way_by_phone(recipient))
    if recipient == phone_of_rider(trip):
        return is_watched(trip)
    if trip.driver is None or trip.driver.account_id != complaint.complainant_id:
        return False
    return recipient == trip.driver.account.phone and is_watched(trip)


def told_accused_from(complaint: Complaint) -> datetime:
    """From when the accused may know of a complaint: a driver of a trip not before the next day (S11)."""
    if complaint.accused_as == AccusedAs.DRIVER and complaint.trip_id:
        return told_from(complaint.filed_at, complaint.code)
    return complaint.filed_at


def holds_of(complaint: Complaint) -> list[object]:
    """Open holds of the accused driver that come from this complaint."""
    if complaint.accused is None or complaint.accused_as != AccusedAs.DRIVER:
        return []
    return [hold for hold in open_holds(complaint.accused.code) if hold.source == complaint.code]


_STATEMENTS = Read(
    lambda pk, now: Statement.objects.filter(complaint_id=pk, round=now).order_by("pk"), int, int
)
_TIMERS = Read(
    lambda pk, now: Timer.objects.filter(complaint_id=pk, round=now, void_at=None).order_by("due_at"),
    int,
    int,
)
_DECISIONS = Read(
    lambda pk: Decision.objects.select_related("by").filter(complaint_id=pk).order_by("pk"), int
)
_LAST_ASSIGNMENT = Read(lambda pk: Assignment.objects.filter(complaint_id=pk).order_by("-pk")[:1], int)
_MEASURES = Read(
    lambda pk: Measure.objects.select_related("person").filter(decision__complaint_id=pk).order_by("pk"), int
)
_OPEN_TRAININGS = Read(
    lambda pk: (
        Measure.objects.select_related("person")
        .filter(decision__complaint_id=pk, outcome=Outcome.TRAINING, ended_at=None)
        .order_by("pk")
    ),
    int,
)


def statements_of(complaint: Complaint) -> dict[str, Statement]:
    """The statements of this round, by side."""
    return {row.side: row for row in _STATEMENTS.all(complaint.pk, complaint.round)}


def timers_of(complaint: Complaint) -> list[Timer]:
    """The limits of this round that were not voided, in the order in which they fall due."""
    return _TIMERS.all(complaint.pk, complaint.round)


def decisions_of(complaint: Complaint) -> list[Decision]:
    """Every decision, oldest first."""
    return _DECISIONS.all(complaint.pk)


def decision_in_force(complaint: Complaint) -> Decision | None:
    return Decision.objects.select_related("by").filter(complaint=complaint, in_force=True).first()


def visible_decisions(complaint: Complaint, account: "Account") -> list[Decision]:
    """The decisions that somebody of the staff may read now.

    Whoever gives the second decision must not know the first (C5): until it is there, only its author sees it.
    """
    rows = decisions_of(complaint)
    stages = {row.stage for row in rows if row.round == complaint.round}
    if complaint.state == ComplaintState.PROPOSED:
        hidden = Stage.FIRST
    elif complaint.state == ComplaintState.APPEALED and Stage.APPEAL_SECOND not in stages:
        hidden = Stage.APPEAL
    else:
        return rows
    return [
        row for row in rows if row.by_id == account.pk or row.round < complaint.round or row.stage != hidden
    ]


def measures_of(complaint: Complaint, side: Side | None = None) -> list[Measure]:
    """What was done by the decisions, oldest first."""
    rows = _MEASURES.all(complaint.pk)
    person = person_of(complaint, side) if side else None
    return [row for row in rows if row.person == person] if side else rows


def measures_to_report(measures: Collection[int]) -> dict[int, Measure]:
    """What was done, by its number, with its decision's finding and its complaint's kind alone, as the regulator is told."""
    rows = Measure.objects.filter(pk__in=measures).select_related("decision__complaint")
    return rows.only(
        "outcome",
        "days",
        "person_id",
        "decision__finding",
        "decision__complaint__category",
        "decision__complaint__accused_id",
    ).in_bulk()


def awarded_alone(complaint: Complaint, people: Sequence["Account"], account: "Account", at: datetime) -> int:
    """What somebody alone awarded to these people in other cases within the time of `MONEY_TOGETHER`; fen."""
    rows = Measure.objects.filter(
        person__in=people,
        decision__by=account,
        decision__stage__in=sorted(set(Stage) - BY_TWO),
        done_at__gt=at - policy.span(MONEY_TOGETHER),
    ).exclude(decision__complaint=complaint)
    return rows.aggregate(fen=Sum("fen"))["fen"] or 0


@dataclass(frozen=True, slots=True)
class Cite:
    """Something that a decision may rest on."""

    code: str
    label: str


def citable(complaint: Complaint) -> list[Cite]:
    """What of this case a decision can cite: statements, evidence, recordings, checks and signals of the trip."""
    found = [
        Cite(f"statement:{row.side}", _("Statement: %(side)s") % {"side": row.get_side_display()})
        for row in statements_of(complaint).values()
        if row.state == StatementState.GIVEN
    ]
    found.append(Cite("words", _("What was said when it was filed")))
    found += [
        Cite(row.picture.code, f"{row.get_kind_display()} {row.picture.code}")
        for row in evidence_of(complaint)
    ]
    if complaint.trip:
        found += [
            Cite(row.code, _("Recording %(code)s") % {"code": row.code})
            for row in recordings_of(complaint.trip)
        ]
        found.append(Cite(complaint.trip.code, _("What the trip's record shows")))
    return found


def open_appeal_of(complaint: Complaint) -> Appeal | None:
    return Appeal.objects.filter(complaint=complaint, decided_at=None).first()


_APPEALS = Read(lambda pk: Appeal.objects.filter(complaint_id=pk).order_by("pk"), int)


def appeals_of(complaint: Complaint) -> list[Appeal]:
    return _APPEALS.all(complaint.pk)


_EVIDENCE = Read(
    lambda pk: (
        Evidence.objects.select_related("picture")
        .filter(
            complaint__in=Complaint.objects.filter(Q(pk=pk) | Q(merged_into_id=pk)),
            picture__destroyed_at=None,
        )
        .order_by("pk")
    ),
    int,
)


def evidence_of(complaint: Complaint) -> list[Evidence]:
    """Pictures and documents that are still kept."""
    return _EVIDENCE.all(complaint.pk)


def last_assignment(complaint: Complaint) -> Assignment | None:
    return _LAST_ASSIGNMENT.first(complaint.pk)


def undoable_by(complaint: Complaint, account: "Account", at: datetime) -> Assignment | None:
    """The last assignment, where this person made it a moment ago and nothing happened since."""
    row = last_assignment(complaint)
    if row is None or row.by != account.code or row.undone_at or row.at < undo_until(at):
        return None
    if row.after_id != complaint.owner_id or (complaint.touched_at and complaint.touched_at > row.at):
        return None
    return row


def open_trainings(complaint: Complaint) -> list[Measure]:
    """Trainings by its decisions that are neither confirmed nor taken back, oldest first."""
    return _OPEN_TRAININGS.all(complaint.pk)


def training_of(complaint: Complaint) -> str | None:
    """Of the open training: who said that it was done, empty where nobody did yet; None where there is none."""
    row = next(iter(open_trainings(complaint)), None)
    return row.trained_by if row else None


def case_of(code: str, account: "Account") -> Case:
    """A complaint with what the rules look at, for somebody of the staff. Raises `NotFound`."""
    complaint = complaint_by_code(code)
    return Case(complaint, known_of(complaint, account))


def known_of(complaint: Complaint, account: "Account") -> Known:
    """What the rules look at, for somebody of the staff."""
    return _Facts(complaint, account)


class _Facts:
    """`Known` from the database. A service that writes what it asked a rule about keeps the answer before it writes."""

    def __init__(self, complaint: Complaint, account: "Account") -> None:
        self._complaint, self._account, self.at = complaint, account, clock.now()

    @cached_property
    def _decisions(self) -> list[Decision]:
        return decisions_of(self._complaint)

    @cached_property
    def timers(self) -> list[Timer]:
        return timers_of(self._complaint)

    @cached_property
    def statements(self) -> dict[str, Statement]:
        return statements_of(self._complaint)

    @cached_property
    def held(self) -> bool:
        return bool(holds_of(self._complaint))

    @cached_property
    def reviewed(self) -> bool:
        review = next((timer for timer in self.timers if timer.kind == TimerKind.REVIEW), None)
        return review is None or review.met_at is not None

    @cached_property
    def aboard(self) -> bool:
        return covert(self._complaint)

    @cached_property
    def decided_by(self) -> frozenset[str]:
        return frozenset(row.by.code for row in self._decisions)

    @cached_property
    def stages(self) -> frozenset[str]:
        return frozenset(row.stage for row in self._decisions if row.round == self._complaint.round)

    @cached_property
    def took_two(self) -> bool:
        return any(row.in_force and row.stage in BY_TWO for row in self._decisions)

    @cached_property
    def training(self) -> str | None:
        return training_of(self._complaint) if self._decisions else None

    @cached_property
    def owner_there(self) -> bool:
        owner = self._complaint.owner_id
        return owner is not None and any(shift.account_id == owner for shift in on_shift(self.at))

    @cached_property
    def undoable(self) -> bool:
        return undoable_by(self._complaint, self._account, self.at) is not None


def appeal_until(complaint: Complaint) -> datetime | None:
    """Until when the decision can be appealed; None where nothing is decided."""
    if complaint.decided_at is None:
        return None
    return complaint.decided_at + policy.span(APPEAL_DAYS)


# --- What other rooms ask -----------------------------------------------------------------------


def open_severe() -> list[Complaint]:
    """Undecided severe complaints, oldest first."""
    return list(_all().filter(state__in=sorted(UNDECIDED), level=Level.SEVERE).order_by("filed_at"))


def complaint_trip_if_open(code: str) -> str:
    """The trip of a complaint that is worked on; empty where it is decided."""
    rows = Complaint.objects.live().filter(code=code, trip__isnull=False)
    return rows.values_list("trip__code", flat=True).first() or ""


def trips_of_complaints(codes: Collection[str]) -> dict[str, str]:
    """The trips of these complaints, by their codes; one without a trip is left out."""
    rows = Complaint.objects.filter(code__in=codes, trip__isnull=False)
    return dict(rows.values_list("code", "trip__code"))


def open_complaints_about(subject: str) -> list[cases.OpenCase]:
    """Complaints that are worked on and concern an account, or the one with this code."""
    rows = Complaint.objects.live()
    if subject.startswith("C-"):
        rows = rows.filter(code=subject)
    elif not cases.may_be_account(subject):
        return []
    else:
        rows = rows.filter(
            Q(complainant__code=subject)
            | Q(accused__code=subject)
            | Q(trip__passenger__code=subject)
            | Q(trip__driver__account__code=subject)
        )
    found = rows.values_list("code", "owner__code", "named_contact__code", "taken_down_by").order_by("pk")
    return [
        cases.OpenCase(code, cases.ours(owner, contact), readers="complaints.judge", opened_by=writer)
        for code, owner, contact, writer in found
    ]


def owners_of_cases(code: str) -> list[str]:
    """Whose the complaint or accident with this code is or was, or one of the trip with it; old ones as well."""
    found = [
        *Complaint.objects.filter(Q(code=code) | Q(trip__code=code)).values_list(
            "owner__code", "named_contact__code", "taken_down_by"
        ),
        *Accident.objects.filter(Q(code=code) | Q(trip__code=code)).values_list(
            "named_contact__code", "opened_by"
        ),
    ]
    return [who for row in found for who in row if who]


def acts_at_once(complaint: Complaint) -> bool:
    """Whether a severe complaint may stop a driver: not on the word of a voice that nobody can call back."""
    return complaint.complainant_id is not None or complaint.caller_verified_at is not None


def statement_waits(complaint: Complaint, side: Side) -> Statement | None:
    """The statement that this side may still give."""
    row = statements_of(complaint).get(side)
    return row if row and row.state != StatementState.GIVEN and complaint.state in UNDECIDED else None


_MACROS = Read(
    lambda category: Macro.objects.filter(
        Q(category="") | Q(category=category), use=MacroUse.ANSWER, retired=False
    ).order_by("-category", "code"),
    str,
)


def macros_for(category: str) -> list[Macro]:
    """Answers that are in use, those of the category first."""
    return _MACROS.all(category)


def all_macros() -> list[Macro]:
    """Every answer and every step, those in use first."""
    return list(Macro.objects.order_by("retired", "use", "category", "code"))


_STEPS = Read(lambda: Macro.objects.filter(use=MacroUse.INCIDENT, retired=False).order_by("code"))


def prepared_steps() -> list[Macro]:
    """Steps on an incident that are in use."""
    return _STEPS.all()


_GUIDES = Read(
    lambda category: Article.objects.filter(Q(category="") | Q(category=category), current=True).order_by(
        "-category", "code"
    )[:8],
    str,
)


def guides_for(category: str) -> list[Article]:
    """Current guides of the knowledge base, those of the category first."""
    return _GUIDES.all(category)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of somebody's earlier complaints: how many against them, how many of those upheld, how many by them."""

    against: int
    upheld: int
    filed: int
    false: int


# One question for a card, not four.
_EARLIER = """
SELECT (SELECT count(*) FROM (SELECT FROM complaints_complaint WHERE accused_id = %(who)s LIMIT %(most)s) a),
    (SELECT count(*) FROM (
        SELECT FROM complaints_complaint WHERE accused_id = %(who)s AND finding = 'upheld' LIMIT %(most)s) u),
    (SELECT count(*) FROM (SELECT FROM complaints_complaint WHERE complainant_id = %(who)s LIMIT %(most)s) f),
    (SELECT count(*) FROM (
        SELECT FROM complaints_complaint WHERE complainant_id = %(who)s AND finding = 'false' LIMIT %(most)s) l)
"""


def earlier_of(account: "Account | None") -> Earlier | None:
    """Counts of earlier complaints, up to `EARLIER`, for the person's card."""
    if account is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, {"who": account.pk, "most": EARLIER})
        return Earlier(*cursor.fetchone())
