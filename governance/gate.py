"""The relaunch gate (G2, G2+, G2b): what a suspended line has to show before it returns, one condition beside the other.

Each condition is a function that looks now and says its figure, when that was seen, and one sentence for each thing that
is missing, with the place where it is mended. What nobody saw, or nobody has recorded, is missing. Nothing here moves a line:
`governance.relaunch` does, and asks all of it again under its locks.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from complaints.selectors import roster_gaps, severe_past_time
from core import build, clock, formats, policy
from core.messages import outbox
from core.models import NotificationState
from governance.counted import answered_about
from governance.measures import DATE, Measure
from governance.models import DrillRun, Executive, GatePassage, Proof, Reassessment
from governance.policies import EXPECTED_ORDERS
from governance.selectors import STALE_AFTER, Row, last_board
from governance.states import ProofKind, Status
from rides.selectors import last_suspended, line_in_city, suspended_rows, suspensions_since
from rides.states import Line, LineState
from safety.selectors import high_risk_on

if TYPE_CHECKING:
    from rides.models import City, LineInCity

log = structlog.get_logger()
DRILL_FRESH = timedelta(hours=2)  # a drill runs each hour
ROSTER = timedelta(days=14)
TRIED_FRESH = timedelta(hours=24)
YEAR = timedelta(days=365)
TRIAL = "alarm-trial"
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing: what, where it is mended, and the measure that it is about, None where it is none."""

    sentence: str
    link: str = ""
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked about: a line in a city, now, with this build and the rules in force. `since` is when it may have
    begun to run again, None before."""

    line: str
    city: "City"
    at: datetime
    build: str
    rules: str
    rows: Sequence[Row]
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a condition saw: its figure in the reader's language, when that was seen, and where it stands."""

    figure: str
    missing: list[Missing] = field(default_factory=list)
    at: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """`bears`: without it a line on its way back is suspended again at once, not only kept from its next step. `alike`: its
    answer is the same for each line and each city."""

    key: str
    label: Text
    look: Callable[[Case], Looked]
    bears: bool
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition, answered."""

    condition: Condition
    looked: Looked

    @property
    def ok(self) -> bool:
        return not self.looked.missing


CONDITIONS: dict[str, Condition] = {}
Look = Callable[[Case], Looked]


def condition(key: str, label: Text, *, bears: bool = False, alike: bool = False) -> Callable[[Look], Look]:
    """Register what the gate asks. Raises `ValueError` where the key is taken."""
    if key in CONDITIONS:
        raise ValueError(f"two conditions are called {key}")

    def register(look: Look) -> Look:
        CONDITIONS[key] = Condition(key, label, look, bears, alike)
        return look

    return register


@policy.read_once()
def rules_in_force() -> str:
    """The digest of every rule in force: which version of each holds now by two people. A signature holds for no other set.

    A rule as it was declared is part of the build, and not of this: which of them a process has read yet says nothing.
    What one person alone made stricter for some hours is left out: it only makes safer, and whoever may do that would
    else suspend every line on its way back alone.
    """
    at, standing = clock.now(), policy.standing()
    cited = []
    for rule in policy.declared():
        row = standing(rule).row
        if row is not None and not row.approved_by:
            row = policy.agreed(rule, at)
        if row is not None:
            cited.append(f"{rule.key} v{row.number}")
    return hashlib.sha256("\n".join(cited).encode()).hexdigest()


def case_of(
    line: str, city: "City", *, since: datetime | None = None, rows: Sequence[Row] | None = None
) -> Case:
    """What is asked about a line in a city now."""
    at = clock.now()
    return Case(
        line, city, at, build.digest(), rules_in_force(), last_board() if rows is None else rows, since
    )


def ask(case: Case, *, bearing: bool = False, known: dict[str, Looked] | None = None) -> list[Asked]:
    """Every condition, or those alone that bear a line on its way back. `known` is for who asks about several lines: what is
    the same for all of them is looked at once, and kept there."""
    found = []
    for each in CONDITIONS.values():
        if bearing and not each.bears:
            continue
        looked = known.get(each.key) if known is not None and each.alike else None
        if looked is None:
            looked = _looked(each, case)
        if known is not None and each.alike:
            known[each.key] = looked
        found.append(Asked(each, looked))
    return found


def _looked(wanted: Condition, case: Case) -> Looked:
    """What a condition says; one that cannot be asked is not there, and keeps the others from nothing."""
    try:
        with transaction.atomic():
            return wanted.look(case)
    except OperationalError:
        raise  # the database is away, or has to be asked again
    except Exception:
        log.exception("governance.condition_broke", condition=wanted.key)
        return Looked("—", [Missing(_("It could not be looked at: nobody knows. The log says why."))])


def missing(asked: Sequence[Asked]) -> list[Missing]:
    """What is missing, in one sentence each."""
    return [each for one in asked for each in one.looked.missing]


# --- The measures --------------------------------------------------------------------------------------------


def counts(measure: Measure, line: str, at: datetime) -> bool:
    """Whether a measure has to hold before a line returns: of its scope, due before a relaunch, or of the whole platform
    and past its date."""
    if line in measure.scope.split(", ") or measure.due == "relaunch":
        return True
    due = bool(DATE.fullmatch(measure.due)) and measure.due <= timezone.localtime(at).date().isoformat()
    return measure.scope == "platform" and due


def in_the_way(rows: Sequence[Row], line: str, at: datetime) -> list[Missing]:
    """The measures that are missing for a line; a waiver helps only where no life depends on the measure."""
    found = []
    for row in rows:
        if not counts(row.measure, line, at) or row.found.status == Status.PASS:
            continue
        if row.waiver is not None and not row.measure.saves_lives:
            continue
        said = {"id": row.measure.id, "state": str(row.found.status.label), "title": row.measure.title}
        link = f"{reverse('governance_console:board')}#{row.measure.id}"
        found.append(Missing(_("%(id)s is “%(state)s”: %(title)s") % said, link, row))
    return found


# A round is due each minute. What was not looked at for longer is not known: long before that is called missing, nobody orders
# on a line on its way back, and it takes no step.
BOARD_FRESH = timedelta(seconds=90)


def board_seen(case: Case) -> datetime:
    """When the measure that counts and was looked at longest ago was looked at."""
    rows = [row for row in case.rows if counts(row.measure, case.line, case.at)]
    return min((row.checked.checked_at for row in rows), default=case.at)


@condition("measures", gettext_lazy("Measures of its scope, and those that are due"), bears=True)
def _measures(case: Case) -> Looked:
    wanted = [row for row in case.rows if counts(row.measure, case.line, case.at)]
    found = in_the_way(case.rows, case.line, case.at)
    if not wanted:
        found = [Missing(_("No measure counts for this line: nothing would bear it."))]
    oldest = min((row.checked.checked_at for row in wanted), default=None)
    figure = _("%(good)s of %(all)s") % {"good": len(wanted) - len(found), "all": len(wanted)}
    return Looked(figure, found, oldest, reverse("governance_console:board"))


# --- What was tried with this build ---------------------------------------------------------------------------


@condition("drill", gettext_lazy("Drill of the last two hours, with this build"), alike=True)
def _drill(case: Case) -> Looked:
    run = DrillRun.objects.order_by("-begun_at").first()
    link = reverse("admin:governance_drillrun_changelist")
    if run is None:
        return Looked("—", [Missing(_("No drill was played yet."), link)], None, link)
    found = []
    if not run.passed:
        found.append(Missing(_("The last drill failed."), link))
    if case.at - run.begun_at > DRILL_FRESH or run.begun_at > case.at:
        found.append(Missing(_("No drill of the last two hours has passed."), link))
    if run.build != case.build:
        found.append(Missing(_("The last drill was played with another build."), link))
    return Looked(formats.seconds(run.seconds), found, run.begun_at, link)


def _proof(case: Case, kind: ProofKind, **of: str) -> Proof | None:
    return Proof.objects.filter(kind=kind, build=case.build, **of).order_by("-at", "-pk").first()


@condition("capacity", gettext_lazy("Capacity run of this build at twice the expected load"))
def _capacity(case: Case) -> Looked:
    wanted = 2 * policy.value(EXPECTED_ORDERS)
    row = _proof(case, ProofKind.CAPACITY, figures__line=case.line, figures__city=case.city.code)
    if row is None:
        said = _(
            "No capacity run of this build on this line in this city: twice the expected load is %(wanted)s orders a minute."
        )
        return Looked("—", [Missing(said % {"wanted": wanted})])
    reached = float(row.figures.get("orders_a_minute", 0))
    found = []
    if not row.passed or reached < wanted:
        said = _("The capacity run reached %(reached)s orders a minute, and %(wanted)s are asked.")
        found.append(Missing(said % {"reached": f"{reached:.0f}", "wanted": wanted}))
    return Looked(_("%(count)s orders a minute") % {"count": f"{reached:.0f}"}, found, row.at)


@condition("rollback", gettext_lazy("Proven way back to the build before"), alike=True)
def _rollback(case: Case) -> Looked:
    row = _proof(case, ProofKind.ROLLBACK)
    if row is None:
        return Looked("—", [Missing(_("Nobody has shown the way back from this build to the one before."))])
    found = [] if row.passed else [Missing(_("The way back from this build was tried, and failed."))]
    how = _("stated by two people, with a file; not measured") if row.said_by else _("measured")
    return Looked(how, found, row.at)


@condition("alarms", gettext_lazy("Alarms tried within 24 hours"), alike=True)
def _alarms(case: Case) -> Looked:
    tried = [row for row in outbox.about(TRIAL, since=case.at - TRIED_FRESH) if row.created_at <= case.at]
    came = {row.channel for row in tried if row.state == NotificationState.DELIVERED}
    seen = max((row.created_at for row in tried), default=None)
    good = sum(row.state == NotificationState.DELIVERED for row in tried)
    figure = _("%(good)s of %(all)s arrived") % {"good": good, "all": len(tried)}
    link = reverse("admin:core_notification_changelist")
    found = []
    if not tried:
        found = [Missing(_("The alarms were not tried within 24 hours."), link)]
    elif not {"voice", "sms"} <= came:
        found = [Missing(_("The trial of the alarms did not arrive both by call and in writing."), link)]
    return Looked(figure, found, seen, link)


# --- People --------------------------------------------------------------------------------------------------


@condition("staffing", gettext_lazy("Staffing for 14 days"), alike=True)
def _staffing(case: Case) -> Looked:
    link = reverse("complaints_console:roster")
    hours = int(ROSTER.total_seconds()) // 3_600
    gaps = len(roster_gaps(case.at, hours=hours))
    found = []
    if gaps:
        said = ngettext(
            "In %(count)s hour of the next 14 days there are too few specialists.",
            "In %(count)s hours of the next 14 days there are too few specialists.",
            gaps,
        )
        found = [Missing(said % {"count": gaps}, link)]
    return Looked(_("%(good)s of %(all)s hours") % {"good": hours - gaps, "all": hours}, found, case.at, link)


@condition("complaints", gettext_lazy("No severe complaint past its time"), alike=True)
def _complaints(case: Case) -> Looked:
    late = severe_past_time(case.at)
    link = reverse("complaints_console:queue")
    found = []
    if late:
        said = ngettext(
            "%(count)s severe complaint is past its time.",
            "%(count)s severe complaints are past their time.",
            late,
        )
        found = [Missing(said % {"count": late}, link)]
    return Looked(str(late), found, case.at, link)


@condition("incidents", gettext_lazy("No incident of high risk since it returned"), bears=True)
def _incidents(case: Case) -> Looked:
    """Before it returns: none that is still open."""
    count = high_risk_on(case.line, case.city.code, case.since)
    found = []
    if count:
        said = ngettext(
            "%(count)s incident of high risk on this line in this city.",
            "%(count)s incidents of high risk on this line in this city.",
            count,
        )
        found = [Missing(said % {"count": count}, reverse("admin:index"))]
    return Looked(str(count), found, case.at)


def executive_of(line: str) -> Executive | None:
    """Who answers for a line by name, None where nobody does."""
    return Executive.objects.filter(line=line).order_by("-pk").first()


@condition("executive", gettext_lazy("Accountable executive"), bears=True)
def _executive(case: Case) -> Looked:
    row = executive_of(case.line)
    if row is None:
        return Looked("—", [Missing(_("Nobody answers for this line by name."), "#new-executive")])
    return Looked(f"{row.name}, {row.office}", [], row.since)


@condition("reassessment", gettext_lazy("Reassessment of business model and product logic"), bears=True)
def _reassessment(case: Case) -> Looked:
    row = reassessment_of(case.line)
    if row is None:
        said = _("No reassessment of this line is on record: questions, findings, decision, and who signed.")
        return Looked("—", [Missing(said, "#new-reassessment")])
    found = []
    suspended = last_suspended(case.line, case.city.code)
    if suspended is not None and row.at < suspended:
        said = _("The reassessment is older than the suspension: what happened since is not in it.")
        found = [Missing(said, "#new-reassessment")]
    return Looked(_("on record"), found, row.at, reverse("governance:promise", args=["m31"]))


def reassessment_of(line: str) -> Reassessment | None:
    """The newest reassessment of a line."""
    return Reassessment.objects.filter(line=line, of_night=False).order_by("-pk").first()


def night_assessment() -> Reassessment | None:
    """The newest assessment of hitch at night (M32)."""
    return Reassessment.objects.filter(line=Line.HITCH, of_night=True).order_by("-pk").first()


def pairs_of(case: Case) -> list[set[str]]:
    """Who signed the papers that a relaunch rests on, two by two: those two do not also sign the relaunch."""
    assessed, stated = reassessment_of(case.line), _proof(case, ProofKind.ROLLBACK)
    found = [{assessed.signed_by, assessed.agreed_by}] if assessed else []
    return [*found, {stated.said_by, stated.agreed_by}] if stated and stated.said_by else found


# --- The line itself -----------------------------------------------------------------------------------------


def _row_of(case: Case) -> "LineInCity | None":
    return line_in_city(case.line, case.city)


@condition("permit", gettext_lazy("Permit of the city"), bears=True)
def _permit(case: Case) -> Looked:
    row, today = _row_of(case), timezone.localtime(case.at).date()
    link = reverse("rides_console:cities")
    if row is None or not row.permit_number or row.permit_until < today:
        return Looked(
            "—", [Missing(_("There is no valid permit of this city for this line."), link)], None, link
        )
    return Looked(f"{row.permit_number} · {formats.moment(row.permit_until, 'date')}", [], None, link)


@condition("consultation", gettext_lazy("New consultation after a second suspension within a year"))
def _consultation(case: Case) -> Looked:
    count = suspensions_since(case.line, case.city.code, case.at - YEAR)
    found = []
    if count > 1 and not answered_about(case.line, case.city.code, last_suspended(case.line, case.city.code)):
        said = _(
            "It was suspended %(count)s times within a year: the public has to be asked anew and answered, and was not."
        )
        found = [Missing(said % {"count": count}, reverse("governance_console:consultations"))]
    return Looked(_("%(count)s within a year") % {"count": count}, found, case.at)


# --- For pages -------------------------------------------------------------------------------------------------


def passages_of(line: str, city: str) -> list[GatePassage]:
    """What was proposed for a line in a city, newest first."""
    return list(GatePassage.objects.filter(line=line, city=city).order_by("-pk")[:20])


def passage_of(line: str, city: str) -> GatePassage | None:
    """The newest of them."""
    return GatePassage.objects.filter(line=line, city=city).order_by("-pk").first()


def executives() -> list[Executive]:
    """Who answers for each line by name; a line for which nobody does is not among them."""
    return list(Executive.objects.order_by("line", "-pk").distinct("line"))


@dataclass(frozen=True, slots=True)
class Returning:
    """A line that is suspended in a city, or on its way back, and how much is missing; `total` is how much is asked."""

    row: "LineInCity"
    missing: list[Missing]
    total: int
    green: int

    @property
    def is_suspended(self) -> bool:
        return self.row.state == LineState.SUSPENDED


@policy.read_once()
def returning(rows: Sequence[Row] | None = None) -> list[Returning]:
    """Every line that is suspended somewhere or on its way back, with what the gate says of it now."""
    found = last_board() if rows is None else rows
    answers = []
    known: dict[str, Looked] = {}
    for row in suspended_rows():
        asked = ask(case_of(row.line, row.city, rows=found), known=known)
        green = sum(each.ok for each in asked)
        answers.append(Returning(row, missing(asked), len(asked), green))
    return answers


@dataclass(frozen=True, slots=True)
class Awaited:
    """A line as everybody reads it that waits at the gate: `missing` is how many things are."""

    row: "LineInCity"
    missing: int

    @property
    def is_suspended(self) -> bool:
        return self.row.state == LineState.SUSPENDED


@dataclass(frozen=True, slots=True)
class _Round:
    """What was counted of each line and city after one round of the board, and when that began."""

    key: tuple[object, ...]
    at: datetime
    missing: dict[tuple[str, str], int]


_counted: list[_Round] = []  # the newest, of this process


def _round(rows: Sequence[Row]) -> _Round:
    """That of the board as it stands: another once the last measure was checked again, or one is not known any more."""
    at, last = clock.now(), rows[-1].state if rows else None
    newest = (last.pk, last.checked_at) if last else (0, at)
    key = (build.digest(), *newest, *(row.found.status for row in rows))
    found = _counted[0] if _counted else None
    if found is None or found.key != key or not timedelta(0) <= at - found.at <= STALE_AFTER:
        found = _Round(key, at, {})
        _counted[:] = [found]
    return found


@policy.read_once()
def awaited(rows: Sequence[Row]) -> list[Awaited]:
    """Every line that is suspended somewhere or on its way back. Who may look is the whole world, so what is missing is
    counted once for each round of the board in each process, not for each who looks; the line's own state is that of now.
    """
    counted, answers = _round(rows).missing, []
    known: dict[str, Looked] = {}
    for row in suspended_rows():
        key = row.line, row.city.code
        if key not in counted:
            counted[key] = len(missing(ask(case_of(row.line, row.city, rows=rows), known=known)))
        answers.append(Awaited(row, counted[key]))
    return answers


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a probation, as the chart draws it; the figures are pixels."""

    share: int
    at: datetime
    left: int

    @property
    def top(self) -> int:
        return 110 - self.share


BAR_WIDTH = 90


def bars(passage: GatePassage) -> list[Bar]:
    """The steps of a probation, oldest first."""
    return [
        Bar(int(each["share"]), datetime.fromisoformat(str(each["at"])), number * BAR_WIDTH)
        for number, each in enumerate(passage.steps)
    ]


LABELS = {
    "time": pgettext_lazy("gate", "nobody agreed within a day"),
    "line": pgettext_lazy("gate", "the line was suspended meanwhile"),
    "build": pgettext_lazy("gate", "another build than the one that was signed"),
    "rules": pgettext_lazy("gate", "other rules than those that were signed"),
}


def why_it_ended(keys: Sequence[str]) -> list[str]:
    """What ended a passage, in the reader's language: conditions by their names, measures by their ids."""
    known = {key: each.label for key, each in CONDITIONS.items()} | LABELS
    return [str(known.get(key, key)) for key in keys]
