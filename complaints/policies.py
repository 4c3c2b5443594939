"""Pure rules of complaints: what may be done with one now, by whom, and when a second person must agree."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.limits import limit_of
from complaints.states import (
    LIVE,
    CareKind,
    ComplaintState,
    Finding,
    Level,
    Outcome,
    Side,
    Stage,
    StatementState,
    TimerKind,
)
from core import policy
from core.permissions import may
from core.policy import Unit
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account
    from complaints.models import Complaint, Decision, Statement, Timer

BULK_LIMIT = 50  # more at once is not looked at any more

# --- Filing and handling -------------------------------------------------------------------------

COMPLAINTS_A_DAY = policy.declare(
    "complaints.complaints_a_day",
    policy.Whole(1, 500),
    20,
    name=pgettext_lazy("policy name", "Complaints of one person in a day"),
    about=_("So many complaints are taken of one account or phone in a day."),
)
STREET_COMPLAINTS = policy.declare(
    "complaints.street_complaints_an_hour",
    policy.Whole(1, 500),
    10,
    name=pgettext_lazy("policy name", "Complaints without an account in an hour"),
    about=_("So many complaints without an account are taken from one address in an hour."),
)
RINGS_FOR = policy.declare(
    "complaints.call_rings_for",
    policy.Span(30, 3_600),
    600,
    name=pgettext_lazy("policy name", "Call put through"),
    about=_("A call that was put through and that nobody looked at is shown for this long."),
)
UNDO_WITHIN = policy.declare(
    "complaints.undo_within",  # C4
    policy.Span(10, 86_400),
    600,
    name=pgettext_lazy("policy name", "Undoing an assignment"),
    about=_("A wrong assignment can be undone for this long."),
)
FILES_KEPT = policy.declare(
    "complaints.files_kept",
    policy.Span(730, 3_650, Unit.DAYS),  # Interim Measures, art. 27: two years at least
    1_095,
    name=pgettext_lazy("policy name", "Files of complaints"),
    about=_("Pictures and documents of a case are kept this long; the law asks for two years at least."),
)

# --- The stop on orders --------------------------------------------------------------------------

INTERLOCK = policy.declare(
    "complaints.interlock",  # C2
    policy.Flag(),
    True,
    name=pgettext_lazy("policy name", "Stop on orders at a severe complaint"),
    about=_("A severe complaint holds the accused driver until it is decided."),
)
INTERLOCK_PAY = policy.declare(
    "complaints.interlock_pay",  # C2
    policy.Table.of(Line, policy.Whole(0, 100_000, Unit.FEN)),
    {"hitch": 500, "express": 2_500, "premier": 3_000, "luxury": 4_000},
    name=pgettext_lazy("policy name", "Pay for a stop without reason"),
    about=_("What a driver who was stopped without reason gets for each hour begun, by line."),
)
INTERLOCK_PAY_HOURS = policy.declare(
    "complaints.interlock_pay_hours",  # C2
    policy.Span(1, 24, Unit.HOURS),
    10,
    name=pgettext_lazy("policy name", "Paid hours of a day"),
    about=_("A stop without reason is paid for at most so long a day, since nobody drives around the clock."),
)

# --- Statements, decisions, appeals --------------------------------------------------------------

STATEMENT_WITHIN = policy.declare(
    "complaints.statement_within",  # C5
    policy.Span(3_600, 30 * 86_400),
    172_800,
    name=pgettext_lazy("policy name", "Time for a statement"),
    about=_("Both sides have this long for their statement."),
)
STATEMENT_REMIND = policy.declare(
    "complaints.statement_remind",  # C5
    policy.Real(0.1, 0.95, Unit.SHARE),
    0.5,
    name=pgettext_lazy("policy name", "Reminder of a statement"),
    about=_("Both sides are reminded of their statement when this share of its time has passed."),
)
APPEAL_DAYS = policy.declare(
    "complaints.appeal_days",  # C5
    policy.Span(1, 180, Unit.DAYS),
    15,
    name=pgettext_lazy("policy name", "Time for an appeal"),
    about=_("A decision can be appealed for this long."),
)
APPEAL_WITHIN = policy.declare(
    "complaints.appeal_within",  # C5
    policy.Span(3_600, 60 * 86_400),
    432_000,
    name=pgettext_lazy("policy name", "Decision on an appeal"),
    about=_("An appeal against a decision is decided within this time."),
)
MONEY_ALONE = policy.declare(
    "complaints.money_alone",  # C5
    policy.Whole(0, 1_000_000, Unit.FEN),
    50_000,
    name=pgettext_lazy("policy name", "Money that one adjudicator awards"),
    about=_("Up to this much one adjudicator may award alone; above it a second decides."),
)
AGENT_MONEY = policy.declare(
    "complaints.agent_money",  # C5
    policy.Whole(0, 200_000, Unit.FEN),
    10_000,
    name=pgettext_lazy("policy name", "Money that an agent awards"),
    about=_("Up to this much an agent may award on an ordinary complaint of their own."),
)
SUSPENSION_ALONE = policy.declare(
    "complaints.suspension_alone",  # C5
    policy.Span(1, 90, Unit.DAYS),
    7,
    name=pgettext_lazy("policy name", "Suspension by one adjudicator"),
    about=_("Up to this long one adjudicator may suspend alone; above it a second decides."),
)

# --- After the decision --------------------------------------------------------------------------

ASK_AFTER = policy.declare(
    "complaints.ask_satisfaction_after",  # C7
    policy.Span(60, 7 * 86_400),
    3_600,
    name=pgettext_lazy("policy name", "Question about satisfaction"),
    about=_("Satisfaction is asked for once this long has passed after a decision was told."),
)
ASK_FOR_DAYS = policy.declare(
    "complaints.ask_satisfaction_for",  # C7
    policy.Span(1, 90, Unit.DAYS),
    14,
    name=pgettext_lazy("policy name", "Old decisions"),
    about=_("Nobody is asked about a decision that is older: it helps nobody."),
)
REOPEN_AT = policy.declare(
    "complaints.reopen_at",  # C7
    policy.Whole(1, 4),
    2,
    name=pgettext_lazy("policy name", "Score that opens a case again"),
    about=_("A score of this or less, of five, opens the case again, once."),
)
FOLLOW_UP_DAYS = policy.declare(
    "complaints.follow_up_days",  # C7
    policy.Span(1, 60, Unit.DAYS),
    3,
    name=pgettext_lazy("policy name", "Follow-up call"),
    about=_("Whoever complained of something severe is called this long after the decision."),
)
CARE_WITHIN = policy.declare(
    "complaints.care_within",  # C7
    policy.Table.of(CareKind, policy.Span(3_600, 60 * 86_400)),
    {"follow_up": 259_200, "after_accident": 86_400, "low_score": 86_400, "care": 604_800},
    name=pgettext_lazy("policy name", "Care"),
    about=_("Until when care of each kind is due."),
)
CARE_TEXT = policy.declare(
    "complaints.care_text",  # A6
    policy.texts(),
    {
        "zh-hans": "节日问候与关怀消息；可随时关闭，不影响任何服务。",
        "en": "Greetings at holidays and messages of care; you can end them at any time, and nothing else changes.",
    },
    name=pgettext_lazy("policy name", "Consent to greetings"),
    about=_("What somebody agrees to who wants to be greeted; each consent names its version."),
)


@dataclass(frozen=True, slots=True)
class Award:
    """One outcome that a decision asks for: for or against whom, for how many days, how much in fen."""

    outcome: Outcome
    side: Side
    days: int = 0
    fen: int = 0

    def as_row(self) -> dict[str, object]:
        return {
            "outcome": str(self.outcome),
            "side": str(self.side),
            "days": self.days,
            "fen": self.fen,
        }

    @classmethod
    def of_row(cls, row: dict[str, object]) -> "Award":
        return cls(
            Outcome(str(row["outcome"])), Side(str(row["side"])), int(str(row["days"])), int(str(row["fen"]))
        )


def awards_of(decision: "Decision") -> list[Award]:
    """The outcomes of a decision."""
    return [Award.of_row(row) for row in decision.outcomes]


AGAINST = frozenset({Outcome.WARNING, Outcome.TRAINING, Outcome.SUSPENSION, Outcome.BAN})


def why_not_award(finding: Finding, award: Award, *, has_account: bool, drives: bool) -> str | Promise:
    """Why a finding cannot have this outcome; empty where it can.

    Nobody is punished for a complaint made in good faith: only 'knowingly false' has consequences for who complains.
    """
    against = award.outcome in AGAINST
    if not has_account:
        return _("There is no account on that side that this could be done to.")
    if against and award.side == Side.ACCUSED and finding != Finding.UPHELD:
        return _("Nothing is done against somebody of whom nothing was proved.")
    if against and award.side == Side.COMPLAINANT and finding != Finding.FALSE:
        return _(
            "Who complains in good faith is not punished: only a knowingly false complaint has consequences."
        )
    if award.outcome == Outcome.TRAINING and not drives:
        return _("Only drivers are sent to training.")
    if award.outcome == Outcome.SUSPENSION and not 1 <= award.days <= 365:
        return _("A suspension lasts between 1 and 365 days.")
    if award.outcome in {Outcome.COMPENSATION, Outcome.REFUND} and award.fen <= 0:
        return _("Say how much.")
    return ""


def why_not_by_agent(awards: list[Award]) -> str | Promise:
    """Why an agent may not decide this alone: nothing against anybody, and little money."""
    if any(award.outcome in AGAINST for award in awards):
        return _("Measures against somebody are an adjudicator's.")
    if sum(award.fen for award in awards) > policy.value(AGENT_MONEY):
        return _("This much money is an adjudicator's.")
    return ""


def needs_second(level: str, finding: Finding, awards: list[Award]) -> str | Promise:
    """Why a second adjudicator must decide without seeing the first decision; empty where one is enough (C5)."""
    if level == Level.SEVERE:
        return _("Severe complaints are decided by two people.")
    if finding == Finding.FALSE:
        return _("'Knowingly false' is decided by two people.")
    if any(award.outcome == Outcome.BAN for award in awards):
        return _("A ban is decided by two people.")
    if any(award.days > policy.value(SUSPENSION_ALONE) for award in awards):
        return _("A long suspension is decided by two people.")
    if sum(award.fen for award in awards) > policy.value(MONEY_ALONE):
        return _("This much money is decided by two people.")
    return ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules look at beside the complaint's own row, read once for a page or a service."""

    at: datetime
    held: bool
    reviewed: bool
    aboard: bool
    decided_by: frozenset[str]
    stages: frozenset[str]
    statements: dict[str, "Statement"]
    timers: list["Timer"]
    undoable: bool


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done; `why_not` is empty where it may be done now. `shortcut` is a key on the keyboard."""

    key: str
    label: str | Promise
    why_not: str | Promise = ""
    shortcut: str = ""


def stage_of(complaint: "Complaint", known: Known) -> Stage | None:
    """Which decision is next; None where none is."""
    if complaint.state == ComplaintState.APPEALED:
        return Stage.APPEAL
    if complaint.state == ComplaintState.PROPOSED:
        return Stage.SECOND
    if complaint.state == ComplaintState.OPEN:
        return Stage.THIRD if Stage.SECOND in known.stages else Stage.FIRST
    return None


def actions_on(complaint: "Complaint", account: "Account", known: Known) -> list[Action]:
    """What this person may do now, each closed action with its reason."""
    live, mine = complaint.state in LIVE, complaint.owner_id == account.pk
    outsider = (
        ""
        if may(account, "complaints.work")
        else _("Only customer service, adjudicators and supervisors work on complaints.")
    )
    over = outsider or ("" if live else _("It is decided. Only an appeal or a low score opens it again."))
    undecided = over or (
        ""
        if complaint.state == ComplaintState.OPEN
        else _("A decision was given already; wait for the second.")
    )
    owner = over or ("" if mine or may(account, "complaints.judge") else _("Take the complaint first."))
    open_owner = undecided or (
        "" if mine or may(account, "complaints.judge") else _("Take the complaint first.")
    )
    running = [timer for timer in known.timers if timer.met_at is None and timer.void_at is None]
    return [
        Action(
            "take",
            _("Take it"),
            over
            or (
                _("It is yours already.")
                if mine
                else _("Somebody has it already.")
                if complaint.owner_id
                else ""
            ),
            "t",
        ),
        Action(
            "assign",
            _("Give it to"),
            over or ("" if mine or may(account, "complaints.judge") else _("Take the complaint first.")),
        ),
        Action(
            "undo",
            _("Undo the last assignment"),
            over
            or ("" if known.undoable else _("There is no assignment of yours of the last minutes to undo.")),
            "z",
        ),
        Action("answer", _("Answer who complained"), owner, "a"),
        Action(
            "note",
            _("Add a note"),
            outsider
            or ("" if complaint.state != ComplaintState.MERGED else _("It is part of another complaint.")),
            "n",
        ),
        Action(
            "review_keep",
            _("The stop on orders stays"),
            over or _why_not_review(complaint, account, known),
        ),
        Action(
            "review_lift",
            _("Lift the stop on orders"),
            over or _why_not_review(complaint, account, known),
        ),
        Action(
            "ask_complainant",
            _("Ask who complained for a statement"),
            open_owner or _why_not_ask(complaint, Side.COMPLAINANT, known),
        ),
        Action(
            "ask_accused",
            _("Ask the other side for a statement"),
            open_owner or _why_not_ask(complaint, Side.ACCUSED, known),
        ),
        Action(
            "pause",
            _("Pause a limit"),
            owner or ("" if _pausable(running) else _("No limit of this class may be paused now.")),
        ),
        Action(
            "resume",
            _("Let a paused limit run"),
            owner or ("" if any(timer.paused_at for timer in running) else _("Nothing is paused.")),
        ),
        Action("raise", _("Change the class"), open_owner),
        Action(
            "name",
            _("Say whom it is about"),
            open_owner or ("" if complaint.accused_id is None else _("That is known already.")),
        ),
        Action(
            "confirm",
            _("I called back and reached them"),
            open_owner
            or (
                ""
                if complaint.complainant_id is None and complaint.caller_verified_at is None
                else _("Who complains is known and can be reached.")
            ),
        ),
        Action(
            "contact",
            _("Who stays with the person harmed"),
            outsider
            or (
                "" if may(account, "complaints.judge") else _("An adjudicator or supervisor says who stays.")
            ),
        ),
        Action("merge", _("Join it to another complaint"), open_owner),
        Action("decide", _("Decide"), _why_not_decide(complaint, account, known), "d"),
        Action(
            "reopen",
            _("Open it again"),
            outsider
            or (
                _("It is not decided yet.")
                if complaint.state not in {ComplaintState.DECIDED, ComplaintState.FINAL}
                else ""
                if may(account, "complaints.reopen")
                else _("Only a supervisor opens a decided complaint again.")
            ),
        ),
    ]


def _why_not_review(complaint: "Complaint", account: "Account", known: Known) -> str | Promise:
    if not known.held:
        return _("No driver is stopped by this complaint.")
    if known.reviewed:
        return _("It was reviewed already.")
    if not may(account, "complaints.review_stop"):
        return _("A specialist, adjudicator or supervisor reviews a stop on orders.")
    return ""


def _why_not_ask(complaint: "Complaint", side: Side, known: Known) -> str | Promise:
    statement = known.statements.get(side)
    if statement is not None and statement.state != StatementState.MISSED:
        return _("It was asked for already.")
    if side == Side.ACCUSED and complaint.accused_id is None:
        return _("Nobody knows yet whom it is about.")
    if side == Side.ACCUSED and known.aboard:
        return _("Not while somebody may be in the car: nothing may show on that phone.")
    return ""


def _pausable(running: list["Timer"]) -> list["Timer"]:
    return [
        timer
        for timer in running
        if not timer.paused_at and timer.kind != TimerKind.APPEAL and limit_of(timer.level, timer.kind).pauses
    ]


def _why_not_decide(complaint: "Complaint", account: "Account", known: Known) -> str | Promise:
    stage = stage_of(complaint, known)
    if stage is None:
        return _("It is decided. Only an appeal or a low score opens it again.")
    ordinary = complaint.level == Level.ORDINARY and stage == Stage.FIRST and complaint.owner_id == account.pk
    if not may(account, "complaints.judge") and not (ordinary and may(account, "complaints.work")):
        return _("An adjudicator or supervisor decides; an agent decides ordinary complaints of their own.")
    if account.code in known.decided_by:
        return _("You gave a decision on it already: somebody else decides now.")
    if stage in {Stage.FIRST, Stage.SECOND, Stage.THIRD}:
        if complaint.accused_id is None and complaint.level == Level.SEVERE:
            return _("Say whom it is about first.")
        for side in Side:
            statement = known.statements.get(side)
            if statement is not None and statement.state == StatementState.ASKED:
                return _("A statement is still awaited.")
        if (
            complaint.level != Level.ORDINARY
            and complaint.accused_id
            and Side.ACCUSED not in known.statements
        ):
            return _("Both sides are heard first: ask the other side for a statement.")
    return ""


def undo_until(at: datetime) -> datetime:
    """Assignments after this time can still be undone."""
    return at - policy.span(UNDO_WITHIN)
