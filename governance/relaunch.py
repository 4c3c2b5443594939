"""The relaunch of a line in a city, and its probation (G2, G2+): the only services that let a suspended line move.

One of the staff proposes, another of another role agrees, each with a fresh second factor. Everything the gate asks is asked
again when the second agrees, under the lock of the passage and of the line. From then on a job looks every ten seconds: what no
longer bears the line suspends it again at once; what is only missing for the next step keeps it where it is.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.selectors import account_by_code, people_who_may
from accounts.services import check_second_factor
from complaints.selectors import on_shift
from core import audit, build, clock, formats, four_eyes, idempotency, jobs, motions, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, Forbidden, InvalidInput, NotFound, refuse
from core.messages import outbox
from core.models import Motion
from core.permissions import is_still, may, require
from core.recipients import write_to_each
from core.states import IllegalTransition, StaleState, move
from core.transactions import begins_transaction
from governance import messages
from governance.errors import (
    GateClosed,
    LineNotSuspended,
    RelaunchUnderWay,
    SamePair,
    StopsAhead,
    TwoRolesNeeded,
)
from governance.gate import BOARD_FRESH, TRIAL, Asked, Case, ask, board_seen, case_of, missing, pairs_of
from governance.models import Executive, GatePassage, Proof, Reassessment
from governance.policies import STEP_LASTS, STEP_TRIPS, shares
from governance.states import PASSAGE_TRANSITIONS, PassageState, ProofKind
from rides.selectors import looks_at_lines, stops_ahead, trips_ended
from rides.services import let_line_return, line_for_update, note_looked, take_line_back
from rides.states import Line, LineState

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import LineInCity

RELAUNCH = "lines.relaunch"
WAITS = timedelta(hours=24)  # for the second signature
SHA256 = re.compile("[0-9a-f]{64}")


def against_passage(row: GatePassage, account: "Account", key: str) -> DomainError | None:
    """What is against agreeing to a relaunch or withdrawing it. Raises `KeyError` for no action."""
    if not may(account, RELAUNCH):
        return Forbidden()
    if row.state != PassageState.PROPOSED:
        return IllegalTransition()
    if key == "withdraw":
        return None
    if account.code == row.proposed_by:
        return four_eyes.SecondPersonNeeded()
    return {"agree": TwoRolesNeeded() if is_still(account, row.proposed_role) else None}[key]


def propose_relaunch(*, account: "Account", line: str, city: str, token: str) -> GatePassage:
    """Sign for the relaunch of a line in a city: the first of two. `token` is shown now, by the authenticator.

    Raises `Forbidden`, `WrongCode`, `NotFound`, `LineNotSuspended`, `RelaunchUnderWay`, `StopsAhead`, `GateClosed`.
    """
    require(account, RELAUNCH)
    check_second_factor(account=account, token=token)
    return _propose(account, line, city)


@begins_transaction
def _propose(account: "Account", line: str, city: str) -> GatePassage:
    require(account, RELAUNCH)
    idempotency.alone(f"gate:{line}:{city}")
    row = line_for_update(line=line, city=city)
    if row.state != LineState.SUSPENDED:
        raise LineNotSuspended
    if _open(line, city):
        raise RelaunchUnderWay
    _refuse_stopping(line, city)
    case = case_of(line, row.city)
    _refuse_closed(ask(case))
    found = GatePassage.objects.create(
        code=new_code("G"),
        line=line,
        city=city,
        build=case.build,
        rules=case.rules,
        proposed_by=account.code,
        proposed_role=account.role,
        proposed_at=case.at,
    )
    audit.record(
        account.actor, "governance.relaunch_proposed", found.code, line=line, city=city, build=case.build
    )
    return found


def _open(line: str, city: str) -> bool:
    return GatePassage.objects.filter(
        line=line, city=city, state__in=[PassageState.PROPOSED, PassageState.PROBATION]
    ).exists()


def _refuse_stopping(line: str, city: str) -> None:
    """A relaunch would wipe out what two people agreed to stop later. Raises `StopsAhead`."""
    at = stops_ahead(line, city)
    if at is not None:
        raise StopsAhead(at=formats.moment(at))


def _refuse_closed(asked: list[Asked]) -> None:
    if found := missing(asked):
        raise GateClosed(count=len(found), first=found[0].sentence)


def decide_relaunch(*, account: "Account", code: str, agrees: bool, token: str = "") -> GatePassage:
    """The second signature, of another role, and the line returns for the first share of people; or it is withdrawn.

    A proposal whose build or rules are no longer those that were signed lapses, and nothing is agreed to. Raises
    `Forbidden`, `WrongCode`, `NotFound`, `SecondPersonNeeded`, `TwoRolesNeeded`, `IllegalTransition`, `StopsAhead`,
    `SamePair`, `GateClosed`.
    """
    require(account, RELAUNCH)
    if agrees:
        check_second_factor(account=account, token=token)
        return _agree(account, code)
    return _withdraw(account, code)


def _locked(code: str) -> GatePassage:
    row = GatePassage.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    return row


@begins_transaction
def _withdraw(account: "Account", code: str) -> GatePassage:
    row = _locked(code)
    refuse(against_passage(row, account, "withdraw"))
    move(row, PASSAGE_TRANSITIONS, PassageState.WITHDRAWN, ended_at=clock.now())
    audit.record(account.actor, "governance.relaunch_withdrawn", row.code)
    return row


@begins_transaction
def _agree(account: "Account", code: str) -> GatePassage:
    # The line before the passage, as everywhere: suspending holds the line and ends the passage.
    known = GatePassage.objects.filter(code=code).first()
    if known is None:
        raise NotFound
    line = line_for_update(line=known.line, city=known.city)
    row = _locked(code)
    refuse(against_passage(row, account, "agree"))
    four_eyes.another(account.code, row.proposed_by)
    case = case_of(row.line, line.city)
    if changed := _changed(row, case):
        _lapse(row, changed)
        return row
    if line.state != LineState.SUSPENDED:
        raise LineNotSuspended
    _refuse_stopping(row.line, row.city)
    if {row.proposed_by, account.code} in pairs_of(case):
        raise SamePair
    _refuse_closed(ask(case))
    share = shares()[0]
    move(
        row,
        PASSAGE_TRANSITIONS,
        PassageState.PROBATION,
        agreed_by=account.code,
        agreed_role=account.role,
        agreed_at=case.at,
        share=share,
        share_since=case.at,
        steps=[{"at": case.at.isoformat(), "share": share}],
    )
    let_line_return(row=line, passage=row.code, share=share)
    audit.record(
        account.actor,
        "governance.relaunch_agreed",
        row.code,
        by=row.proposed_by,
        build=row.build,
        share=share,
    )
    return row


def _changed(row: GatePassage, case: Case) -> list[str]:
    """What the signatures do not hold for any more."""
    changed = [name for name in ("build", "rules") if getattr(row, name) != getattr(case, name)]
    if row.state == PassageState.PROPOSED and case.at - row.proposed_at > WAITS:
        changed.append("time")
    return changed


def _lapse(row: GatePassage, why: list[str]) -> None:
    move(row, PASSAGE_TRANSITIONS, PassageState.LAPSED, ended_at=clock.now(), why=why)
    audit.record(SYSTEM, "governance.relaunch_lapsed", row.code, why=why)


# --- Probation ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exit:
    """What the next step of a probation waits for: figures said beforehand."""

    share: int
    due: datetime
    trips: int
    trips_asked: int

    def reached(self, at: datetime) -> bool:
        return at >= self.due and self.trips >= self.trips_asked


def exit_of(row: GatePassage) -> Exit:
    """What the step that a passage is in has to reach; `share` is what follows, 100 twice at the last."""
    since = row.share_since or row.proposed_at
    later = [each for each in shares() if each > row.share]
    return Exit(
        later[0] if later else 100,
        since + policy.span(STEP_LASTS),
        trips_ended(row.line, row.city, since),
        policy.value(STEP_TRIPS),
    )


def _under_way(_at: datetime, limit: int) -> list[int]:
    """Whoever waited longest for a look comes first: rows stay due, and a turn may be too short for all of them."""
    rows = GatePassage.objects.filter(state__in=[PassageState.PROPOSED, PassageState.PROBATION])
    looked, never = looks_at_lines(), datetime.min.replace(tzinfo=UTC)
    waiting = sorted(
        (row.state == PassageState.PROPOSED, looked.get((row.line, row.city)) or never, row.pk)
        for row in rows
    )
    return [pk for _proposed, _looked, pk in waiting[:limit]]


@begins_transaction
def _look(pk: int, _at: datetime) -> bool:
    """One passage: lapse, fall back, step on, or nothing."""
    known = GatePassage.objects.get(pk=pk)
    line = line_for_update(line=known.line, city=known.city)
    row = _locked(known.code)
    case = case_of(row.line, line.city, since=row.agreed_at)
    changed = _changed(row, case)
    if row.state == PassageState.PROPOSED:
        if changed:
            _lapse(row, changed)
        return bool(changed)
    if row.state != PassageState.PROBATION:
        return False
    why = changed + _broken(ask(case, bearing=True))
    if line.state != LineState.RELAUNCHING or line.passage != row.code:
        why = [*why, "line"]
    if why:
        _fall(row, line, why)
        return True
    next_step, seen = exit_of(row), board_seen(case) + BOARD_FRESH
    note_looked(row=line, holds_until=seen)
    if line.suspends_at or seen < case.at or not next_step.reached(case.at) or missing(ask(case)):
        return False
    whole = row.share == 100
    row.share, row.share_since = next_step.share, case.at
    row.steps = [*row.steps, {"at": case.at.isoformat(), "share": next_step.share}]
    row.save(update_fields=["share", "share_since", "steps"])
    let_line_return(row=line, passage=row.code, share=next_step.share, whole=whole)
    if whole:
        move(row, PASSAGE_TRANSITIONS, PassageState.DONE, ended_at=case.at)
    audit.record(SYSTEM, "governance.relaunch_stepped", row.code, share=row.share, whole=whole)
    return True


def _broken(asked: list[Asked]) -> list[str]:
    """Keys of what is missing: measures by their ids, other conditions by their own."""
    return [
        each.row.measure.id if each.row else one.condition.key for one in asked for each in one.looked.missing
    ]


def _fall(row: GatePassage, line: "LineInCity", why: list[str]) -> None:
    """Suspend it again, at once and by nobody: trips under way are finished, who waits is told, supervisors are alarmed."""
    at = clock.now()
    move(row, PASSAGE_TRANSITIONS, PassageState.FALLEN, ended_at=at, why=why)
    if line.state != LineState.SUSPENDED:
        take_line_back(row=line, passage=row.code)
    audit.record(SYSTEM, "governance.relaunch_fell", row.code, why=why)
    said = messages.RelaunchFell(line=Line(row.line), city=line.city.names, code=row.code, at=at)

    def write(person: "Account") -> None:
        for channel in ("voice", "sms"):
            outbox.queue(
                said,
                key=f"fell:{row.code}:{person.code}:{channel}",
                to=person.phone,
                language=person.language,
                channel=channel,
                subject=row.code,
            )

    write_to_each(people_who_may("duty.supervise"), write, about=f"fell:{row.code}")


PASSAGES = jobs.rows(
    "governance.look_after_relaunch",
    _("looking after a line on its way back"),
    due=_under_way,
    act=_look,
    key=int,
    seconds=8.0,
    life_safety=True,
)

# --- The trial of the alarms -----------------------------------------------------------------------------------

TRIED_EVERY = timedelta(hours=12)


@begins_transaction
def try_alarms(at: datetime) -> int:
    """Call and write to whoever is on call now, supervisors where nobody is, and say that it is a trial; how many."""
    if any(at - row.created_at < TRIED_EVERY for row in outbox.about(TRIAL, since=at - TRIED_EVERY)):
        return 0
    people = [each.account for each in on_shift(at) if each.on_call] or people_who_may("duty.supervise")

    def write(person: "Account") -> None:
        for channel in ("voice", "sms"):
            outbox.queue(
                messages.AlarmTrial(at=at),
                key=f"{TRIAL}:{at.timestamp():.0f}:{person.code}:{channel}",
                to=person.phone,
                language=person.language,
                channel=channel,
                subject=TRIAL,
            )

    write_to_each(people, write, about=f"{TRIAL}:{at.timestamp():.0f}")
    return len(people)


ALARM_TRIAL = jobs.whole("governance.try_alarms", _("trying the alarms"), try_alarms)

# --- What two people put on record ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answers for a line, by name and office."""

    line: str
    name: str
    office: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a line's business model and product logic were asked, what was found, and what was decided."""

    line: str
    questions: str
    findings: str
    decision: str


@dataclass(frozen=True, slots=True)
class AssessedNight:
    """What was asked about hitch at night, for both sides; what was found, by simulation and in what happened; what was decided."""

    questions: str
    findings: str
    decision: str


@dataclass(frozen=True, slots=True)
class Stated:
    """That the way back from this build was rehearsed, stated in place of a measurement, with the digest of its record,
    which the platform took from the file itself."""

    build: str
    statement: str
    file_sha256: str


def _check_words(line: str, **words: str) -> None:
    if line not in Line.values:
        raise InvalidInput("line")
    for name, each in words.items():
        if not each.strip():
            raise InvalidInput(name)


def _check_statement(_subject: str, given: Stated) -> None:
    if given.build != build.digest():
        raise StaleState
    if not given.statement.strip():
        raise InvalidInput("statement")
    if not SHA256.fullmatch(given.file_sha256):
        raise InvalidInput("file_sha256")


def _of_two_roles(motion: Motion, person: "Account") -> None:
    """Raises `TwoRolesNeeded` where whoever moved it has the role of whoever agrees, or has left."""
    mover = account_by_code(motion.moved_by)
    if mover is None or is_still(person, mover.role):
        raise TwoRolesNeeded


def _name_executive(motion: Motion, given: Answers, person: "Account") -> None:
    _of_two_roles(motion, person)
    Executive.objects.create(
        line=given.line,
        name=given.name.strip(),
        office=given.office.strip(),
        since=clock.now(),
        named_by=motion.moved_by,
        agreed_by=person.code,
    )
    audit.record(person.actor, "governance.executive_named", given.line, by=motion.moved_by)


def _record_reassessment(motion: Motion, given: Assessed, person: "Account") -> None:
    _of_two_roles(motion, person)
    Reassessment.objects.create(
        line=given.line,
        questions=given.questions.strip(),
        findings=given.findings.strip(),
        decision=given.decision.strip(),
        signed_by=motion.moved_by,
        agreed_by=person.code,
        at=clock.now(),
    )
    audit.record(person.actor, "governance.reassessed", given.line, by=motion.moved_by)


def _record_night(motion: Motion, given: AssessedNight, person: "Account") -> None:
    _of_two_roles(motion, person)
    Reassessment.objects.create(
        line=Line.HITCH,
        of_night=True,
        questions=given.questions.strip(),
        findings=given.findings.strip(),
        decision=given.decision.strip(),
        signed_by=motion.moved_by,
        agreed_by=person.code,
        at=clock.now(),
    )
    audit.record(person.actor, "governance.night_assessed", Line.HITCH, by=motion.moved_by)


def _record_statement(motion: Motion, given: Stated, person: "Account") -> None:
    _of_two_roles(motion, person)
    Proof.objects.create(
        kind=ProofKind.ROLLBACK,
        build=given.build,
        at=clock.now(),
        passed=True,
        said_by=motion.moved_by,
        agreed_by=person.code,
        statement=given.statement.strip(),
        file_sha256=given.file_sha256,
    )
    audit.record(person.actor, "governance.rollback_stated", given.build, file=given.file_sha256)


def _line_label(line: str) -> str:
    return str(Line(line).label)


EXECUTIVE = motions.declare(
    motions.Kind(
        key="governance.executive",
        label=_("Who answers for a line"),
        permission=RELAUNCH,
        page="governance_console:gate",
        shape=Answers,
        check=lambda _subject, given: _check_words(given.line, name=given.name, office=given.office),
        carry=_name_executive,
        says=lambda given: [
            (pgettext_lazy("opening", "line"), _line_label(given.line)),
            (pgettext_lazy("executive", "Name"), given.name),
            (pgettext_lazy("executive", "Office"), given.office),
        ],
    )
)
REASSESSMENT = motions.declare(
    motions.Kind(
        key="governance.reassessment",
        label=_("The reassessment of a line"),
        permission=RELAUNCH,
        page="governance_console:gate",
        shape=Assessed,
        check=lambda _subject, given: _check_words(
            given.line, questions=given.questions, findings=given.findings, decision=given.decision
        ),
        carry=_record_reassessment,
        says=lambda given: [
            (pgettext_lazy("opening", "line"), _line_label(given.line)),
            (pgettext_lazy("reassessment", "Questions"), given.questions),
            (pgettext_lazy("reassessment", "Findings"), given.findings),
            (pgettext_lazy("reassessment", "Decision"), given.decision),
        ],
    )
)
NIGHT = motions.declare(
    motions.Kind(
        key="governance.night",
        label=_("The assessment of hitch at night"),
        permission=RELAUNCH,
        page="governance_console:gate",
        shape=AssessedNight,
        check=lambda _subject, given: _check_words(
            Line.HITCH, questions=given.questions, findings=given.findings, decision=given.decision
        ),
        carry=_record_night,
        says=lambda given: [
            (pgettext_lazy("reassessment", "Questions"), given.questions),
            (pgettext_lazy("reassessment", "Findings"), given.findings),
            (pgettext_lazy("reassessment", "Decision"), given.decision),
        ],
    )
)
STATEMENT = motions.declare(
    motions.Kind(
        key="governance.rollback_statement",
        label=_("What somebody states of the way back, in place of a measurement"),
        permission=RELAUNCH,
        page="governance_console:gate",
        shape=Stated,
        check=_check_statement,
        carry=_record_statement,
        says=lambda given: [
            (pgettext_lazy("field", "build"), given.build[:12]),
            (pgettext_lazy("field", "statement"), given.statement),
            (pgettext_lazy("field", "SHA-256 of the file"), given.file_sha256),
        ],
    )
)
KINDS = (EXECUTIVE.key, REASSESSMENT.key, NIGHT.key, STATEMENT.key)


@begins_transaction
def record_proof(*, kind: ProofKind, of: str, passed: bool, figures: dict[str, object]) -> Proof:
    """Keep what a command has measured of a build; there is no page that leads here."""
    row = Proof.objects.create(kind=kind, build=of, at=clock.now(), passed=passed, figures=figures)
    audit.record(SYSTEM, "governance.proved", of, kind=kind, passed=passed)
    return row
