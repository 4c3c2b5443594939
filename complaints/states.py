from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import live, timeline
from core.reader.errors import WhyMissing
from core.states import Transitions


class Category(models.TextChoices):
    DANGER = "danger", _("danger to life")
    HARASSMENT = "harassment", _("sexual harassment")
    VIOLENCE = "violence", _("violence or threat")
    MISMATCH = "mismatch", _("not the registered car or driver")
    DISCRIMINATION = "discrimination", _("discrimination")
    DISPUTE = "dispute", _("route or price")
    LOST_PROPERTY = "lost_property", _("lost property")
    OTHER = "other", _("other")


class Level(models.TextChoices):
    """How grave a complaint is (级别): by category, raised by words and by people, lowered by nobody's words."""

    SEVERE = "severe", _("severe")
    RAISED = "raised", _("raised")
    ORDINARY = "ordinary", _("ordinary")


LEVEL_OF = {
    Category.DANGER: Level.SEVERE,
    Category.HARASSMENT: Level.SEVERE,
    Category.VIOLENCE: Level.SEVERE,
    Category.MISMATCH: Level.SEVERE,
    Category.DISCRIMINATION: Level.RAISED,
    Category.DISPUTE: Level.ORDINARY,
    Category.LOST_PROPERTY: Level.ORDINARY,
    Category.OTHER: Level.ORDINARY,
}
if classless := set(Category) - LEVEL_OF.keys():
    raise TypeError(f"a category of complaints without its class in LEVEL_OF: {', '.join(sorted(classless))}")
# What is a harm where it is upheld (docs/transparency.md): all that is severe, but a wrong car or driver alone harms nobody.
HARMS = tuple(each for each, level in LEVEL_OF.items() if level == Level.SEVERE and each != Category.MISMATCH)
RANK = {Level.ORDINARY: 0, Level.RAISED: 1, Level.SEVERE: 2}


class Source(models.TextChoices):
    """Who it came from."""

    PASSENGER = "passenger", _("passenger")
    DRIVER = "driver", _("driver")
    THIRD_PARTY = "third_party", pgettext_lazy("source", "somebody else")
    PHONE = "phone", _("on the phone")
    POLICE = "police", pgettext_lazy("source", "police")
    OUTSIDE = "outside", _("e-mail, SMS or social network")


SMS = "sms"  # the channel of a message from outside that came to the SOS number


class Side(models.TextChoices):
    COMPLAINANT = "complainant", _("who complains")
    ACCUSED = "accused", _("who is complained about")


class AccusedAs(models.TextChoices):
    DRIVER = "driver", _("driver")
    PASSENGER = "passenger", _("passenger")


class ComplaintState(models.TextChoices):
    OPEN = "open", _("open")
    PROPOSED = "proposed", _("waits for a second adjudicator")
    DECIDED = "decided", _("decided")
    APPEALED = "appealed", _("appealed")
    FINAL = "final", _("decided for good")
    MERGED = "merged", _("part of another complaint")


COMPLAINT_TRANSITIONS = Transitions(
    ComplaintState,
    {
        "open": frozenset({"proposed", "decided", "merged"}),
        # Back to open where two adjudicators differ and a third decides.
        "proposed": frozenset({"open", "decided"}),
        # Opened again where the answer satisfied nobody (C7).
        "decided": frozenset({"appealed", "final", "open"}),
        "appealed": frozenset({"final"}),
        "final": frozenset({"open"}),
    },
    ends={"merged"},
)
UNDECIDED = frozenset({ComplaintState.OPEN, ComplaintState.PROPOSED})
# What somebody still has to work on.
LIVE = UNDECIDED | {ComplaintState.APPEALED}
OVER = frozenset({ComplaintState.DECIDED, ComplaintState.APPEALED, ComplaintState.FINAL})
# Whose words are kept for their time and no longer: no appeal comes any more.
PAST_APPEAL = COMPLAINT_TRANSITIONS.ends | {ComplaintState.FINAL}


class Finding(models.TextChoices):
    UNFOUNDED = "unfounded", _("unfounded: no fault")
    UNPROVEN = "unproven", _("cannot be proved either way")  # 各执一词
    UPHELD = "upheld", _("upheld")
    FALSE = "false", _("knowingly false")


class Outcome(models.TextChoices):
    """What comes of a decision (C5)."""

    WARNING = "warning", _("warning")
    TRAINING = "training", _("training before the next order")
    SUSPENSION = "suspension", _("suspension for days")
    BAN = "ban", _("ban for good")
    COMPENSATION = "compensation", _("compensation")
    REFUND = "refund", _("refund of the fare")


class Stage(models.TextChoices):
    """Which of the decisions on a complaint."""

    FIRST = "first", _("first decision")
    SECOND = "second", _("second decision")
    THIRD = "third", _("deciding vote")
    APPEAL = "appeal", _("decision on the appeal")
    APPEAL_SECOND = "appeal_second", _("second decision on the appeal")
    APPEAL_THIRD = "appeal_third", _("deciding vote on the appeal")


BEFORE_APPEAL = frozenset({Stage.FIRST, Stage.SECOND, Stage.THIRD})
# Those whose decision is given without seeing the one before.
BLIND = frozenset({Stage.SECOND, Stage.APPEAL_SECOND})
# A decision of these stages came into force by two people at least.
BY_TWO = frozenset({Stage.SECOND, Stage.THIRD, Stage.APPEAL_SECOND, Stage.APPEAL_THIRD})


class StatementState(models.TextChoices):
    ASKED = "asked", _("asked for")
    GIVEN = "given", _("given")
    MISSED = "missed", _("not given in time")


STATEMENT_TRANSITIONS = Transitions(
    StatementState,
    {
        "asked": frozenset({"given", "missed"}),
        # What comes late is read all the same, as long as nothing is decided.
        "missed": frozenset({"given"}),
    },
    ends={"given"},
)


class TimerKind(models.TextChoices):
    ANSWER = "answer", _("first answer")
    REVIEW = "review", _("review of the stop on orders")
    DECIDE = "decide", pgettext_lazy("complaint", "decision")
    APPEAL = "appeal", _("decision on the appeal")


class PauseReason(models.TextChoices):
    COMPLAINANT = "complainant", _("waiting for who complains")
    ACCUSED = "accused", _("waiting for the other side's statement")
    OUTSIDE = "outside", _("waiting for somebody outside the company")
    POLICE = "police", _("the police asked us to wait")


class EvidenceKind(models.TextChoices):
    PICTURE = "picture", _("picture")
    DOCUMENT = "document", _("document")


timeline.vocabulary(
    file_fault=WhyMissing,
    category=Category,
    finding=Finding,
    level=Level,
    timer=TimerKind,
    pause=PauseReason,
    side=Side,
    outcome=Outcome,
    stage=Stage,
)


class MacroUse(models.TextChoices):
    """Where a macro is offered."""

    ANSWER = "answer", _("answers to complaints")
    INCIDENT = "incident", _("steps on an incident, with one key")


@timeline.kinds
class ComplaintLine(models.TextChoices):
    FILED = "complaints.filed", _("Complaint %(code)s filed: %(category)s")
    WORDS = "complaints.words", _("More was said about complaint %(code)s")
    EVIDENCE = "complaints.evidence", _("Evidence %(evidence)s added")
    MISSING = "complaints.missing", _("File %(number)s that came with it is missing: %(file_fault)s")
    HELD = "complaints.held", _("Severe: the driver gets no new orders")
    KEPT = "complaints.kept", _("The stop on orders was reviewed and stays")
    LIFT_PROPOSED = "complaints.lift_proposed", _("Proposed to lift the stop on orders; somebody else agrees")
    LIFTED = "complaints.lifted", _("The stop on orders was reviewed and lifted")
    RAISED = "complaints.raised", _("Class raised to %(level)s")
    LOWERED = "complaints.lowered", _("Class set to %(level)s by a person")
    LOWER_PROPOSED = (
        "complaints.lower_proposed",
        _("Proposed to set the class to %(level)s; somebody else agrees"),
    )
    LOWER_REFUSED = "complaints.lower_refused", _("The class stays %(level)s")
    NAMED = "complaints.named", _("The person complained about was found")
    REACHED = "complaints.reached", _("Called back and reached")
    SEEN = "complaints.seen", _("%(who)s has seen what was new")
    HELP = "complaints.help", _("Somebody needs help: incident %(other)s has it")
    CONTACT = "complaints.contact", _("%(who)s stays with whoever was harmed")
    TAKEN = "complaints.taken", _("%(who)s took the complaint")
    ASSIGNED = "complaints.assigned", _("Given to %(who)s")
    UNASSIGNED = "complaints.unassigned", _("Back in the queue")
    SILENT = "complaints.silent", _("Back in the queue: %(who)s did nothing on it for too long")
    NOTE = "complaints.note", _("Note")
    REVEALED = "complaints.revealed", _("Name and phone of the caller were shown")
    ANSWERED = "complaints.answered", _("Answer sent")
    PAUSED = "complaints.paused", _("%(timer)s paused: %(pause)s")
    RESUMED = "complaints.resumed", _("%(timer)s runs again")
    WARNED = "complaints.warned", _("%(timer)s is due soon")
    BREACHED = "complaints.breached", _("%(timer)s is late")
    ASKED = "complaints.asked", _("Statement asked for: %(side)s")
    REMINDED = "complaints.reminded", _("Reminded of the statement: %(side)s")
    STATED = "complaints.stated", _("Statement given: %(side)s")
    MISSED = "complaints.missed", _("No statement in time: %(side)s")
    PROPOSED = (
        "complaints.proposed",
        _("A first decision was given; a second adjudicator decides without seeing it"),
    )
    DIFFERED = "complaints.differed", _("Two adjudicators differ: a third decides")
    DECIDED = "complaints.decided", _("Complaint %(code)s decided: %(finding)s")
    ACTED = "complaints.acted", _("Done: %(outcome)s")
    UNDONE = "complaints.undone", _("Taken back: %(outcome)s")
    TRAINED = "complaints.trained", _("The training is said to be done; somebody else confirms it")
    TRAINING_CONFIRMED = "complaints.training_confirmed", _("The training is confirmed")
    TRAINING_REFUSED = "complaints.training_refused", _("The training is not confirmed")
    APPEALED = "complaints.appealed", _("Appeal: %(side)s")
    APPEAL_DECIDED = "complaints.appeal_decided", _("Appeal decided: %(finding)s")
    MERGED = "complaints.merged", _("%(other)s is the same matter and was joined to it")
    REOPEN_PROPOSED = (
        "complaints.reopen_proposed",
        _("Proposed to open it again; somebody else agrees"),
    )
    REOPEN_REFUSED = "complaints.reopen_refused", _("The decision stays as it is")
    REOPENED = "complaints.reopened", _("Opened again")
    SCORED = "complaints.scored", _("Satisfaction: %(score)s of 5")


# What comes to a case that somebody may have already: words of either side. A case begins with those that are filed.
NEWS = frozenset({ComplaintLine.WORDS, ComplaintLine.STATED, ComplaintLine.APPEALED})


timeline.by_staff(
    ComplaintLine.KEPT,
    ComplaintLine.LIFT_PROPOSED,
    ComplaintLine.LOWER_PROPOSED,
    ComplaintLine.LOWER_REFUSED,
    ComplaintLine.NAMED,
    ComplaintLine.REACHED,
    ComplaintLine.NOTE,
    ComplaintLine.ANSWERED,
    ComplaintLine.ASKED,
    ComplaintLine.DECIDED,
    ComplaintLine.TRAINED,
    ComplaintLine.TRAINING_REFUSED,
    ComplaintLine.APPEAL_DECIDED,
    ComplaintLine.MERGED,
    ComplaintLine.REOPEN_PROPOSED,
    ComplaintLine.REOPEN_REFUSED,
    ComplaintLine.REOPENED,
)


# --- Safeguards (C6) -----------------------------------------------------------------------------


class ClaimKind(models.TextChoices):
    INSURANCE = "insurance", _("insurance")
    ADVANCE = "advance", _("medical advance payment")  # 医疗费用先行垫付
    HUMANITARIAN = "humanitarian", _("humanitarian aid after an accident")  # 意外伤害人道援助
    SUDDEN_DEATH = "sudden_death", _("aid after a driver's sudden death")  # 车主猝死公益帮扶
    CARE_FUND = "care_fund", _("care fund")  # 关爱基金


# What the cap of an accident counts; the care fund comes on top.
CAPPED = frozenset({ClaimKind.INSURANCE, ClaimKind.ADVANCE, ClaimKind.HUMANITARIAN, ClaimKind.SUDDEN_DEATH})


class ClaimState(models.TextChoices):
    OPEN = "open", _("documents are collected")
    PROPOSED = "proposed", _("waits for a second person")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", pgettext_lazy("claim", "refused")
    SETTLED = "settled", _("advance settled")


CLAIM_TRANSITIONS = Transitions(
    ClaimState,
    {
        "open": frozenset({"proposed", "approved", "refused"}),
        "proposed": frozenset({"approved", "open"}),
        "approved": frozenset({"settled"}),
        "refused": frozenset({"open"}),
    },
    ends={"settled"},
)


class Paper(models.TextChoices):
    """Documents that a claim rests on."""

    IDENTITY = "identity", _("who the claimant is")
    RELATION = "relation", _("how the claimant is related")
    ACCIDENT = "accident", _("accident report of the traffic police")
    HOSPITAL = "hospital", _("hospital's notice or bill")
    MEDICAL = "medical", _("medical record")
    DEATH = "death", _("death certificate")
    INSURER = "insurer", _("insurer's letter")
    OTHER = "other", _("other")


class Settlement(models.TextChoices):
    RECOVERED = "recovered", _("paid back by whoever was at fault, or the insurer")
    BORNE = "borne", _("borne by the company")


# --- Care (C7) -----------------------------------------------------------------------------------


class CareKind(models.TextChoices):
    FOLLOW_UP = "follow_up", _("follow-up call")  # 回访
    AFTER_ACCIDENT = "after_accident", _("call after an accident")
    LOW_SCORE = "low_score", _("a low score to understand")
    CARE = "care", _("care beyond duty")  # 增值服务


class Audience(models.TextChoices):
    ON_DUTY = "on_duty", _("drivers who are on duty then")
    DRIVERS = "drivers", _("all drivers")


class CampaignState(models.TextChoices):
    PROPOSED = "proposed", _("waits for a second person")
    APPROVED = "approved", _("goes out at its time")
    SENT = "sent", _("sent")
    DROPPED = "dropped", _("dropped")


CAMPAIGN_TRANSITIONS = Transitions(
    CampaignState,
    {
        "proposed": frozenset({"approved", "dropped"}),
        # What two people agreed to, no single one takes back.
        "approved": frozenset({"sent"}),
    },
    ends={"sent", "dropped"},
)


# --- Work (C8, C10) ------------------------------------------------------------------------------


class SummaryState(models.TextChoices):
    DRAFT = "draft", _("being written")
    SUBMITTED = "submitted", _("waits for the supervisor's answer")
    ANSWERED = "answered", _("answered")


SUMMARY_TRANSITIONS = Transitions(
    SummaryState,
    {
        "draft": frozenset({"submitted"}),
        "submitted": frozenset({"answered"}),
    },
    ends={"answered"},
)
timeline.vocabulary(claim=ClaimKind, paper=Paper, what=CareKind)


@timeline.kinds
class ShiftLine(models.TextChoices):
    """What the timeline says of whoever was called, and of what rang: an alarm's own words, as `Alarm.words` stores them."""

    RUNG = "alarms.rung", _("“%(rang)s”: %(who)s was rung and written to")


timeline.folds(ShiftLine.RUNG)
timeline.forms(rang=gettext)
timeline.lacking(rang=_("Nobody had taken it"))


@timeline.kinds
class ClaimLine(models.TextChoices):
    ACCIDENT = "claims.accident", _("Accident %(code)s opened")
    FILED = "claims.filed", _("Claim %(code)s: %(claim)s")
    PAPER = "claims.paper", _("Document of claim %(code)s: %(paper)s")
    PROPOSED = "claims.proposed", _("Claim %(code)s: %(fen)s proposed")
    SENT_BACK = "claims.sent_back", _("Claim %(code)s: the second person did not agree")
    APPROVED = "claims.approved", _("Claim %(code)s: %(fen)s approved")
    REFUSED = "claims.refused", _("Claim %(code)s refused")
    REOPENED = "claims.reopened", _("Claim %(code)s opened again")
    SETTLING = "claims.settling", _("Claim %(code)s: its advance is to be settled; somebody else agrees")
    NOT_SETTLED = "claims.not_settled", _("Claim %(code)s: the second person did not agree to the settlement")
    SETTLED = "claims.settled", _("Advance of claim %(code)s settled")
    CARE = "claims.care", _("Care: %(what)s")


timeline.by_staff(
    ClaimLine.PROPOSED,
    ClaimLine.SENT_BACK,
    ClaimLine.REFUSED,
    ClaimLine.REOPENED,
    ClaimLine.SETTLING,
    ClaimLine.NOT_SETTLED,
    ClaimLine.SETTLED,
    ClaimLine.CARE,
)


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("complaints", "complaints.", "outside.", "calls.")
live.moves("alarms", "alarms.")
live.moves("claims", "claims.")
live.moves("care", "care.")
live.moves("roster", "shifts.")
live.moves("", "practice.", "summaries.")
live.looks("complaints.read", "complaints.caller_revealed", "claims.accident_read")
