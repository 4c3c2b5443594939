"""Pure rules of complaints: what may be done with one now, by whom, and when a second person must agree."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.errors import AlreadyOwned, TooManyComplaints
from complaints.limits import limit_of
from complaints.states import (
    BEFORE_APPEAL,
    LIVE,
    CareKind,
    ComplaintState,
    Level,
    Outcome,
    Side,
    Stage,
    StatementState,
    TimerKind,
)
from core import four_eyes, limits, policy
from core.errors import DomainError
from core.limits import Per
from core.permissions import may
from core.policy import Unit
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account
    from complaints.models import Complaint, Decision, Statement, Timer

BULK_LIMIT = 50  # more at once is not looked at any more

# --- Filing and handling -------------------------------------------------------------------------

COMPLAINTS = limits.declare(
    "complaints.complaints",
    {Per.PERSON: 20, Per.TARGET: 20},
    within=86_400,
    name=pgettext_lazy("policy name", "Complaints of one person"),
    about=_(
        "So many complaints are taken of one account, or of one phone without one. A severe one is always taken."
    ),
    error=TooManyComplaints,
)
STREET_COMPLAINTS = limits.declare(
    "complaints.street_complaints",
    {Per.DEVICE: 10, Per.ADDRESS: 100},
    within=3_600,
    name=pgettext_lazy("policy name", "Complaints without an account"),
    about=_(
        "So many complaints without an account are taken from one device and one address. A severe one is taken beyond it too: it says 'many from this address', stands below the others, and sends no message."
    ),
)
LINK_WORDS = limits.declare(
    "complaints.link_words",
    {Per.TARGET: 60},
    within=3_600,
    name=pgettext_lazy("policy name", "Additions by a link"),
    about=_("So often something is added to one case by its link. Words of danger are always taken."),
)
LINK_CODES = limits.declare(
    "complaints.link_codes",
    {Per.TARGET: 10},
    within=600,
    name=pgettext_lazy("policy name", "Codes typed by a link"),
    about=_("So many codes are typed on the page of one complaint."),
)
CLAIM_PAPERS = limits.declare(
    "complaints.claim_papers",
    {Per.TARGET: 30},
    within=3_600,
    name=pgettext_lazy("policy name", "Documents of a claim"),
    about=_("So often documents are added to one claim by its link."),
)
SOS_TEXTS = limits.mark(
    "complaints.sos_texts",
    {Per.TARGET: 5, Per.ALL: 60},
    within=3_600,
    name=pgettext_lazy("policy name", "SMS to the SOS number"),
    about=_(
        "So many that are no SOS packet are taken of one number like any other, and so many of all numbers whose owner is on no trip and nobody's emergency contact there, those whose number nobody knows among them. What comes beyond is taken too: it says 'one of many just then', stands below the others, and rings only where it speaks of danger."
    ),
)
SAME_TEXT = policy.declare(
    "complaints.same_text_within",
    policy.Span(60, 3_600),
    600,
    name=pgettext_lazy("policy name", "SMS that the provider brings again"),
    about=_(
        "The same words of the same number within this time are one message, while nobody has sorted the first."
    ),
)
DANGER_WITHIN = policy.declare(
    "complaints.danger_within",  # S3
    policy.Span(10, 3_600),
    60,
    name=pgettext_lazy("policy name", "Severe complaint or message of danger taken"),
    about=_(
        "A severe complaint, or a message from outside that speaks of danger, has a person within this time."
    ),
)
NEXT_ON_CALL = policy.declare(
    "complaints.next_on_call",  # S3
    policy.Span(5, 600),
    20,
    name=pgettext_lazy("policy name", "Next person on call"),
    about=_("Where whoever was rung does not take it within this time, the next person is rung."),
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
MONEY_TOGETHER = policy.declare(
    "complaints.money_together",  # C5
    policy.Span(1, 365, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Money to one person that counts together"),
    about=_(
        "What somebody alone awarded to one person within this time counts to what they may award to them alone."
    ),
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


class Known(Protocol):
    """What the rules look at beside the complaint's own row: each read once, when a rule first asks for it."""

    @property
    def at(self) -> datetime: ...

    @property
    def held(self) -> bool: ...

    @property
    def reviewed(self) -> bool: ...

    @property
    def aboard(self) -> bool: ...

    @property
    def decided_by(self) -> frozenset[str]:
        """Who gave any decision on it, in this round or an earlier one: they decide nothing here again."""

    @property
    def stages(self) -> frozenset[str]:
        """The stages at which decisions were given in this round."""

    @property
    def took_two(self) -> bool:
        """Whether the decision in force took two people: what changes it takes two as well."""

    @property
    def training(self) -> str | None:
        """Of an open training: who said that it was done, empty where nobody did yet; None where there is none."""

    @property
    def statements(self) -> dict[str, "Statement"]: ...

    @property
    def timers(self) -> list["Timer"]: ...

    @property
    def undoable(self) -> bool: ...

    @property
    def owner_there(self) -> bool:
        """Whether whoever has it is on the roster of now, at a desk or on call."""


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint with what is known of it: what one acts on."""

    complaint: "Complaint"
    known: Known

    @property
    def code(self) -> str:
        return self.complaint.code

    @property
    def news(self) -> int:
        """How often grave words came to it."""
        return self.complaint.news


def stage_of(complaint: "Complaint", known: Known) -> Stage | None:
    """Which decision is next; None where none is."""
    match ComplaintState(complaint.state):
        case ComplaintState.OPEN:
            return Stage.THIRD if Stage.SECOND in known.stages else Stage.FIRST
        case ComplaintState.PROPOSED:
            return Stage.SECOND
        case ComplaintState.APPEALED if Stage.APPEAL_SECOND in known.stages:
            return Stage.APPEAL_THIRD
        case ComplaintState.APPEALED if Stage.APPEAL in known.stages:
            return Stage.APPEAL_SECOND
        case ComplaintState.APPEALED:
            return Stage.APPEAL
        case ComplaintState.DECIDED | ComplaintState.FINAL | ComplaintState.MERGED:
            return None


# --- What takes two people ------------------------------------------------------------------------

DECISION = four_eyes.declare(
    "complaints.decision",  # C5
    _("A grave decision on a complaint"),
    table="complaints.Complaint",
    first="proposed_by",
    second="decided_by",
    law="complaint_decided_by_a_second_person",
)
LIFTING = four_eyes.declare(
    "complaints.lifting",  # C2
    _("Lifting a stop on orders"),
    table="complaints.Complaint",
    first="lift_by",
    second="lifted_by",
    law="stop_lifted_by_a_second_person",
)
LOWERING = four_eyes.declare(
    "complaints.lowering",  # C3: what is severe takes two, and so does making it less
    _("Setting a severe complaint lower"),
    table="complaints.Complaint",
    first="lower_by",
    second="lowered_by",
    law="severe_lowered_by_a_second_person",
)
REOPENING = four_eyes.declare(
    "complaints.reopening",  # C5: what two decided, one does not put in question
    _("Opening again what two people decided"),
    table="complaints.Complaint",
    first="reopen_by",
    second="reopened_by",
    law="complaint_opened_again_by_a_second_person",
)
TRAINED = four_eyes.declare(
    "complaints.trained",  # C5: it ends a sanction
    _("Confirming that a driver was trained"),
    table="complaints.Measure",
    first="trained_by",
    second="confirmed_by",
    law="training_confirmed_by_a_second_person",
)
GREETING = four_eyes.declare(
    "complaints.greeting",  # C7
    _("A greeting to many"),
    table="complaints.Campaign",
    first="proposed_by",
    second="decided_by",
    law="greeting_agreed_by_a_second_person",
)

# --- What may be done with a complaint ------------------------------------------------------------

Why = str | Promise
WhyOrError = Why | DomainError


def why_not(case: Case, account: "Account", key: str) -> WhyOrError:
    """The reason against one action on a complaint, empty where it is allowed; the error that says it, where it has one.

    Raises `KeyError` for no action.
    """
    if not may(account, "complaints.work"):
        return _("Only customer service, adjudicators and supervisors work on complaints.")
    return _RULES[key](case, account)


def _over(case: Case, _account: "Account") -> Why:
    if case.complaint.state in LIVE:
        return ""
    return _("It is decided. Only an appeal or a low score opens it again.")


def _undecided(case: Case, account: "Account") -> Why:
    waits = case.complaint.state != ComplaintState.OPEN
    return _over(case, account) or (_("A decision was given already; wait for the second.") if waits else "")


def _not_mine(case: Case, account: "Account") -> Why:
    mine = case.complaint.owner_id == account.pk
    return "" if mine or may(account, "complaints.judge") else _("Take the complaint first.")


def _owner(case: Case, account: "Account") -> Why:
    return _over(case, account) or _not_mine(case, account)


def _open_owner(case: Case, account: "Account") -> Why:
    return _undecided(case, account) or _not_mine(case, account)


def _not_taken(case: Case, account: "Account") -> WhyOrError:
    """Whoever comes second is told who was first."""
    if over := _over(case, account):
        return over
    if case.complaint.owner_id == account.pk:
        return _("It is yours already.")
    return AlreadyOwned(who=case.complaint.owner.code) if case.complaint.owner else ""


def _not_returned(case: Case, account: "Account") -> Why:
    return _owner(case, account) or ("" if case.complaint.owner_id else _("Nobody has it."))


def _not_undone(case: Case, account: "Account") -> Why:
    none = _("There is no assignment of yours of the last minutes to undo.")
    return _over(case, account) or ("" if case.known.undoable else none)


def _merged(case: Case, _account: "Account") -> Why:
    merged = case.complaint.state == ComplaintState.MERGED
    return _("It is part of another complaint.") if merged else ""


def _nothing_new(case: Case, account: "Account") -> WhyOrError:
    """Whoever has it looks themselves: what somebody else saw would end its alarm, and they would never know."""
    if why := _over(case, account) or ("" if case.complaint.news_at else _("Nothing is new.")):
        return why
    owner = case.complaint.owner
    if owner is None or owner.pk == account.pk or not case.known.owner_there:
        return ""
    return AlreadyOwned(who=owner.code)


def _unseen(case: Case, _account: "Account") -> Why:
    """What nobody has looked at may be the call for help that an end of the case would silence."""
    return _("Something is new: look at it first.") if case.complaint.news_at else ""


def _not_joined(case: Case, account: "Account") -> Why:
    return _open_owner(case, account) or _unseen(case, account)


def _not_reviewed(case: Case, account: "Account") -> Why:
    if over := _over(case, account):
        return over
    if not case.known.held:
        return _("No driver is stopped by this complaint.")
    if case.known.reviewed:
        return _("It was reviewed already.")
    if not may(account, "complaints.review_stop"):
        return _("A specialist, adjudicator or supervisor reviews a stop on orders.")
    return ""


def _not_lifted(case: Case, account: "Account") -> Why:
    proposed = _("It is proposed already: somebody else agrees.") if case.complaint.lift_by else ""
    return _not_reviewed(case, account) or proposed


def _not_agreed_to_lift(case: Case, account: "Account") -> Why:
    proposed = case.complaint.lift_by
    none = _("Nobody proposed to lift the stop.") if not proposed else ""
    own = _("You proposed it: somebody else agrees.") if proposed == account.code else ""
    return _not_reviewed(case, account) or none or own


def _not_asked(side: Side) -> Callable[[Case, "Account"], Why]:
    def rule(case: Case, account: "Account") -> Why:
        if closed := _open_owner(case, account):
            return closed
        statement = case.known.statements.get(side)
        if statement is not None and statement.state != StatementState.MISSED:
            return _("It was asked for already.")
        if side == Side.ACCUSED and case.complaint.accused_id is None:
            return _("Nobody knows yet whom it is about.")
        if side == Side.ACCUSED and case.known.aboard:
            return _("Not while somebody may be in the car: nothing may show on that phone.")
        return ""

    return rule


def running(known: Known) -> list["Timer"]:
    """The limits that are neither met nor void; some may be paused."""
    return [timer for timer in known.timers if timer.met_at is None and timer.void_at is None]


def pausable(known: Known) -> list["Timer"]:
    """The limits that may be paused now."""
    return [
        timer
        for timer in running(known)
        if not timer.paused_at and timer.kind != TimerKind.APPEAL and limit_of(timer.level, timer.kind).pauses
    ]


def _not_paused(case: Case, account: "Account") -> Why:
    none = _("No limit of this class may be paused now.")
    return _owner(case, account) or ("" if pausable(case.known) else none)


def _not_resumed(case: Case, account: "Account") -> Why:
    paused = any(timer.paused_at for timer in running(case.known))
    return _owner(case, account) or ("" if paused else _("Nothing is paused."))


def _not_raised(case: Case, account: "Account") -> Why:
    severe = case.complaint.level == Level.SEVERE
    return _open_owner(case, account) or (_("It is severe already.") if severe else "")


def _not_lowered(case: Case, account: "Account") -> Why:
    if closed := _open_owner(case, account):
        return closed
    if not may(account, "complaints.judge"):
        return _("An adjudicator or supervisor sets a class lower.")
    if case.complaint.level == Level.ORDINARY:
        return _("It is ordinary already.")
    if case.complaint.lower_to:
        return _("It is proposed already: somebody else agrees.")
    if case.complaint.stopped_at and case.complaint.lifted_at is None:
        return _("Review the stop on orders first: it belongs to the class.")
    return ""


def _not_refused_to_lower(case: Case, account: "Account") -> Why:
    if closed := _open_owner(case, account):
        return closed
    if not may(account, "complaints.judge"):
        return _("An adjudicator or supervisor sets a class lower.")
    return "" if case.complaint.lower_to else _("Nobody proposed another class.")


def _not_agreed_to_lower(case: Case, account: "Account") -> Why:
    if closed := _not_refused_to_lower(case, account):
        return closed
    if case.complaint.lower_by == account.code:
        return _("You proposed it: somebody else agrees.")
    if case.complaint.stopped_at and case.complaint.lifted_at is None:
        return _("Review the stop on orders first: it belongs to the class.")
    return ""


def _not_named(case: Case, account: "Account") -> Why:
    known = case.complaint.accused_id is not None
    return _open_owner(case, account) or (_("That is known already.") if known else "")


def _not_confirmed(case: Case, account: "Account") -> Why:
    unknown = case.complaint.complainant_id is None and case.complaint.caller_verified_at is None
    return _open_owner(case, account) or ("" if unknown else _("Who complains is known and can be reached."))


def _no_contact(_case: Case, account: "Account") -> Why:
    judge = may(account, "complaints.judge")
    return "" if judge else _("An adjudicator or supervisor says who stays.")


def _not_decided(case: Case, account: "Account") -> Why:
    complaint, known = case.complaint, case.known
    stage = stage_of(complaint, known)
    if stage is None:
        return _("It is decided. Only an appeal or a low score opens it again.")
    ordinary = complaint.level == Level.ORDINARY and stage == Stage.FIRST and complaint.owner_id == account.pk
    if not may(account, "complaints.judge") and not ordinary:
        return _("An adjudicator or supervisor decides; an agent decides ordinary complaints of their own.")
    if account.code in known.decided_by:
        return _("You gave a decision on it already: somebody else decides now.")
    if unseen := _unseen(case, account):
        return unseen
    if stage in BEFORE_APPEAL:
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


def _not_reopened(case: Case, account: "Account") -> Why:
    if case.complaint.state not in {ComplaintState.DECIDED, ComplaintState.FINAL}:
        return _("It is not decided yet.")
    if not may(account, "complaints.reopen"):
        return _("Only a supervisor opens a decided complaint again.")
    return _("It is proposed already: somebody else agrees.") if _reopening(case) else ""


def _reopening(case: Case) -> str:
    """Who proposed to open it again, while that waits for another."""
    return "" if case.complaint.reopened_by else case.complaint.reopen_by


def _not_refused_to_reopen(case: Case, account: "Account") -> Why:
    if case.complaint.state not in {ComplaintState.DECIDED, ComplaintState.FINAL}:
        return _("It is not decided yet.")
    if not may(account, "complaints.judge"):
        return _("An adjudicator or supervisor agrees to open it again.")
    return "" if _reopening(case) else _("Nobody proposed to open it again.")


def _not_agreed_to_reopen(case: Case, account: "Account") -> Why:
    own = _reopening(case) == account.code
    return _not_refused_to_reopen(case, account) or (
        _("You proposed it: somebody else agrees.") if own else ""
    )


def _not_trained(case: Case, account: "Account") -> Why:
    if not may(account, "complaints.judge"):
        return _("An adjudicator or supervisor confirms a training.")
    if case.known.training is None:
        return _("Nobody is sent to training by this complaint.")
    return _("It is said already: somebody else confirms it.") if case.known.training else ""


def _not_refused_training(case: Case, account: "Account") -> Why:
    if not may(account, "complaints.judge"):
        return _("An adjudicator or supervisor confirms a training.")
    return "" if case.known.training else _("Nobody said yet that the training was done.")


def _not_agreed_training(case: Case, account: "Account") -> Why:
    own = case.known.training == account.code
    return _not_refused_training(case, account) or (
        _("You said that it was done: somebody else confirms it.") if own else ""
    )


_RULES: dict[str, Callable[[Case, "Account"], WhyOrError]] = {
    "take": _not_taken,
    "see": _nothing_new,
    "help": _over,
    "assign": _owner,
    "unassign": _not_returned,
    "undo": _not_undone,
    "answer": _owner,
    "note": _merged,
    "review_keep": _not_reviewed,
    "review_lift": _not_lifted,
    "lift_agree": _not_agreed_to_lift,
    "ask_complainant": _not_asked(Side.COMPLAINANT),
    "ask_accused": _not_asked(Side.ACCUSED),
    "pause": _not_paused,
    "resume": _not_resumed,
    "raise": _not_raised,
    "lower": _not_lowered,
    "lower_agree": _not_agreed_to_lower,
    "lower_refuse": _not_refused_to_lower,
    "name": _not_named,
    "confirm": _not_confirmed,
    "contact": _no_contact,
    "merge": _not_joined,
    "decide": _not_decided,
    "training": _not_trained,
    "training_agree": _not_agreed_training,
    "training_refuse": _not_refused_training,
    "reopen": _not_reopened,
    "reopen_agree": _not_agreed_to_reopen,
    "reopen_refuse": _not_refused_to_reopen,
}


def had_a_part(case: Case, key: str) -> frozenset[str]:
    """Who may not do this, because they did what it answers or changes; empty where that is nobody."""
    if key == "decide":
        return case.known.decided_by if stage_of(case.complaint, case.known) else frozenset()
    first = {
        "lift_agree": case.complaint.lift_by,
        "lower_agree": case.complaint.lower_by,
        "training_agree": case.known.training,
        "reopen_agree": _reopening(case),
    }.get(key)
    return frozenset({first}) if first else frozenset()


def undo_until(at: datetime) -> datetime:
    """Assignments after this time can still be undone."""
    return at - policy.span(UNDO_WITHIN)


policy.safer(policy.LOWER, DANGER_WITHIN, NEXT_ON_CALL)
