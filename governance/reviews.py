"""The learning loop: each death, severe injury and broken clock of safety is reviewed, and each action is shown (G10).

The platform opens reviews by itself. What they lead to are rows of the board: an action names a measure that is not kept, or
a rule that has to change, and has no evidence until that is seen. Nobody ticks a box.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import pgettext_lazy

from complaints.selectors import deaths_claimed_since
from core import audit, clock, formats, four_eyes, jobs, live, motions, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.models import Motion
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction
from governance.errors import (
    ActionShowsNothing,
    LastActionOfReview,
    ReviewDone,
    ReviewNotDone,
    ReviewNotWritten,
    ReviewWithoutAction,
)
from governance.evidence import Facts, fault, line
from governance.measures import OWNERS, Found, measure_of
from governance.models import MeasureState, Review, ReviewAction
from governance.policies import ACTION_PAIR, REVIEW, REVIEW_DONE, REVIEW_WITHIN
from governance.selectors import Row, last_board
from governance.states import REVIEW_TRANSITIONS, ReviewKind, ReviewState, Shows, Status
from safety.selectors import clocks_broken, harmed_since
from safety.states import Harm

if TYPE_CHECKING:
    from accounts.models import Account

live.moves("reviews", "governance.review_")
LOOKS_BACK = timedelta(days=30)
SHOWN_FOR = timedelta(days=7)  # that a measure has to be kept after the action was written
LONGEST = 4_000
LONGEST_WORDS, LONGEST_WHY = 200, 300  # of what everybody reads
LAST_DUE = timedelta(days=180)  # an action that is due in years is none
ITSELF = "G10"  # is not kept while an action waits: it would wait for itself


# --- What has to be reviewed ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """Something of which there has to be a review, and since when it was known. `matter` is what happened, of which there
    is one review however many reported it: the trip or accident, of a clock the incident."""

    at: datetime
    subject: str
    kind: str
    matter: str
    clock: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.matter, self.kind, self.clock


def wanted(at: datetime) -> list[Wanted]:
    """All of the last 30 days that has to be reviewed, oldest first."""
    since = at - LOOKS_BACK
    found = [
        Wanted(
            each.at,
            each.incident,
            ReviewKind.DEATH if each.harm == Harm.DEATH else ReviewKind.INJURY,
            each.trip or each.incident,
        )
        for each in harmed_since(since)
    ]
    found += [
        Wanted(each.at, each.claim, ReviewKind.DEATH, each.trip or each.accident)
        for each in deaths_claimed_since(since)
    ]
    found += [
        Wanted(each.at, each.incident, ReviewKind.CLOCK, each.incident, each.clock)
        for each in clocks_broken(since, at)
    ]
    return sorted(found)


def not_opened(at: datetime) -> list[Wanted]:
    """What of that has no review."""
    every = wanted(at)
    rows = Review.objects.filter(matter__in={each.matter for each in every})
    known = set(rows.values_list("matter", "kind", "clock"))
    return [each for each in every if each.key not in known]


@begins_transaction
def _open(given: Wanted) -> None:
    row, made = Review.objects.get_or_create(
        matter=given.matter,
        kind=given.kind,
        clock=given.clock,
        defaults={
            "code": new_code("RV"),
            "subject": given.subject,
            "happened_at": given.at,
            "opened_at": clock.now(),
            # From when it was known, not from when a job came by.
            "due_at": given.at + policy.span(REVIEW_WITHIN),
        },
    )
    if made:
        audit.record(
            SYSTEM,
            "governance.review_opened",
            row.code,
            case=given.subject,
            kind=given.kind,
            clock=given.clock,
        )


def open_reviews(at: datetime) -> int:
    """Open a review of all that has none; how many."""
    found = not_opened(at)
    for each in found:
        _open(each)
    return len({each.key for each in found})


OPENING = jobs.whole("governance.reviews", _("opening reviews of what happened"), open_reviews)


# --- Those who write it --------------------------------------------------------------------------------------


def review_of(code: str, person: "Account") -> Review:
    """Raises `NotFound`, `Forbidden`."""
    require(person, REVIEW)
    row = Review.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def open_rows() -> list[Review]:
    """Those that are not done, by when they are due."""
    return list(Review.objects.filter(state=ReviewState.OPEN).order_by("due_at", "pk"))


def done_rows(*, most: int = 50) -> list[Review]:
    """Those that are done, newest first."""
    return list(Review.objects.filter(state=ReviewState.DONE).order_by("-done_at")[:most])


def why_not(row: Review, _person: "Account", key: str) -> DomainError | None:
    """The rule of each thing that may be done with a review."""
    if key in {"withdraw_action", "correct_action"}:
        return None if row.state == ReviewState.DONE else ReviewNotDone()
    if row.state == ReviewState.DONE:
        return ReviewDone()
    if key == "finish":
        if not row.written_by:
            return ReviewNotWritten()
        if not row.actions.exists():
            return ReviewWithoutAction()
    return None


def _for_action(account: "Account", code: str, key: str, permission: str = REVIEW) -> Review:
    require(account, permission)
    Review.objects.select_for_update().filter(code=code).first()
    row = review_of(code, account)
    if against := why_not(row, account, key):
        raise against
    return row


@begins_transaction
def write(*, account: "Account", code: str, facts: str, causes: str, warned: str) -> None:
    """What happened, why, and what had warned before; the newest words hold, with who wrote them.

    Raises `NotFound`, `Forbidden`, `ReviewDone`, `InvalidInput`.
    """
    row = _for_action(account, code, "write")
    given = {"facts": facts.strip(), "causes": causes.strip(), "warned": warned.strip()}
    for name, words in given.items():
        if not 0 < len(words) <= LONGEST:
            raise InvalidInput(name)
        setattr(row, name, words)
    row.written_by = account.code
    row.save(update_fields=[*given, "written_by"])
    audit.record(account.actor, "governance.review_written", row.code, case=row.subject)


@begins_transaction
def add_action(
    *,
    account: "Account",
    code: str,
    words_zh: str,
    words_en: str,
    owner: str,
    due: date,
    shows: str,
    named: str,
    target: str = "",
) -> ReviewAction:
    """An action of a review: who answers for it, until when, and what will show it; of a rule, the value that it shall
    have, in JSON. Nobody but those who write reviews reads it before another has finished the review.

    Raises `NotFound`, `Forbidden`, `ReviewDone`, `InvalidInput`, `ActionShowsNothing`.
    """
    row = _for_action(account, code, "add")
    at = clock.now()
    _check_said(words_zh, words_en, owner)
    if not at.date() <= due <= (at + LAST_DUE).date():
        raise InvalidInput("due")
    wanted_value = _target(shows, named, target)
    found = ReviewAction.objects.create(
        code=new_code("RA"),
        review=row,
        words_zh=words_zh.strip(),
        words_en=words_en.strip(),
        owner=owner,
        due=due,
        shows=shows,
        named=named,
        target=wanted_value,
        added_by=account.code,
        added_at=at,
    )
    audit.record(
        account.actor, "governance.review_action", found.code, case=row.code, shows=shows, named=named
    )
    return found


def _check_said(words_zh: str, words_en: str, owner: str) -> None:
    for name, words in (("words_zh", words_zh), ("words_en", words_en)):
        if not 0 < len(words.strip()) <= LONGEST_WORDS:
            raise InvalidInput(name)
    if owner not in OWNERS:
        raise InvalidInput("owner")


def may_show(measure: str) -> bool:
    """Whether an action may name this measure: there is one, and it does not wait for the action itself."""
    return measure != ITSELF and measure_of(measure) is not None


def _target(shows: str, named: str, target: str) -> object:
    """What the rule shall say; a measure that was kept while it happened, or a rule that says it already, would show
    nothing."""
    if shows == Shows.RULE:
        rule = policy.of_key(named)
        if rule is None:
            raise InvalidInput("named")
        try:
            value, faults = rule.read(json.loads(target))
        except ValueError as why:
            raise InvalidInput("target") from why
        if faults:
            raise InvalidInput("target")
        wanted_value = rule.kind.plain(value)
        if wanted_value == rule.kind.plain(policy.in_force(rule).value):
            raise ActionShowsNothing("target")
        return wanted_value
    if shows != Shows.MEASURE or not may_show(named):
        raise InvalidInput("named")
    # As the last round kept it, however long ago: what is not checked now may well have been kept all the time.
    if MeasureState.objects.filter(measure=named, status=Status.PASS).exists():
        raise ActionShowsNothing("named")
    return None


def had_a_part(row: Review) -> set[str]:
    """Who wrote it, or one of its actions: all of that is published when another finishes it."""
    return {row.written_by, *row.actions.values_list("added_by", flat=True)} - {""}


@begins_transaction
def finish(*, account: "Account", code: str) -> None:
    """Another than who wrote it agrees that it is done: its words and actions stand from now on.

    Raises `NotFound`, `Forbidden`, `ReviewDone`, `ReviewNotWritten`, `ReviewWithoutAction`, `SecondPersonNeeded`.
    """
    row = _for_action(account, code, "finish", REVIEW_DONE)
    four_eyes.another(account.code, *had_a_part(row))
    move(row, REVIEW_TRANSITIONS, ReviewState.DONE, done_by=account.code, done_at=clock.now())
    audit.record(account.actor, "governance.review_done", row.code, case=row.subject, by=row.written_by)


# --- What was published and is not so any more ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """What is filled in to withdraw a published action: why, and of a correction what stands in its place."""

    why_zh: str
    why_en: str
    words_zh: str = ""
    words_en: str = ""
    owner: str = ""
    due: date | None = None

    @property
    def corrects(self) -> bool:
        return self.due is not None


def standing(row: Review) -> list[ReviewAction]:
    """Actions of a review that nobody withdrew."""
    return list(row.actions.filter(withdrawn_at=None).order_by("pk"))


def _standing(code: str) -> ReviewAction:
    row = (
        ReviewAction.objects.select_for_update(of=("self",))
        .select_related("review")
        .filter(code=code)
        .first()
    )
    if row is None or row.withdrawn_at is not None:
        raise NotFound
    if row.review.state != ReviewState.DONE:
        raise ReviewNotDone
    return row


def _check_ending(subject: str, given: Ending) -> None:
    for name, words in (("why_zh", given.why_zh), ("why_en", given.why_en)):
        if not 0 < len(words.strip()) <= LONGEST_WHY:
            raise InvalidInput(name)
    # Two motions about one review are carried one after the other: one action of it always stands.
    Review.objects.select_for_update().filter(actions__code=subject).first()
    row = _standing(subject)
    if not given.corrects:
        if len(standing(row.review)) < 2:
            raise LastActionOfReview
        return
    _check_said(given.words_zh, given.words_en, given.owner)
    at = clock.now()
    if given.due is None or (given.due != row.due and not at.date() <= given.due <= (at + LAST_DUE).date()):
        raise InvalidInput("due")


def _carry_ending(motion: Motion, given: Ending, person: "Account") -> None:
    """What shows a corrected action stays as it was, and since when it was to be shown."""
    row, at = _standing(motion.subject), clock.now()
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_agreed = at, motion.moved_by, person.code
    row.why_zh, row.why_en = given.why_zh.strip(), given.why_en.strip()
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_agreed", "why_zh", "why_en"])
    after = None
    if given.due is not None:
        after = ReviewAction.objects.create(
            code=new_code("RA"),
            review=row.review,
            words_zh=given.words_zh.strip(),
            words_en=given.words_en.strip(),
            owner=given.owner,
            due=given.due,
            shows=row.shows,
            named=row.named,
            target=row.target,
            added_by=motion.moved_by,
            added_at=row.added_at,
            corrects=row,
        )
    audit.record(
        person.actor,
        "governance.review_action_withdrawn",
        row.code,
        case=row.review.code,
        by=motion.moved_by,
        after=after.code if after else "",
    )


def _says_ending(given: Ending) -> list[tuple[str | Promise, str]]:
    said: list[tuple[str | Promise, str]] = [
        (pgettext_lazy("review", "why, in Chinese"), given.why_zh),
        (pgettext_lazy("review", "why, in English"), given.why_en),
    ]
    if given.due is not None:
        said += [
            (pgettext_lazy("review", "action, in Chinese"), given.words_zh),
            (pgettext_lazy("review", "action, in English"), given.words_en),
            (pgettext_lazy("review", "answers for it"), str(OWNERS[given.owner])),
            (pgettext_lazy("review", "due on"), given.due.isoformat()),
        ]
    return said


ENDING = motions.declare(
    motions.Kind(
        key=ACTION_PAIR.key,
        label=ACTION_PAIR.label,
        permission=REVIEW_DONE,
        page="governance_console:reviews",
        shape=Ending,
        check=_check_ending,
        carry=_carry_ending,
        says=_says_ending,
    )
)
KINDS = (ENDING.key,)


# --- Whether it came true ------------------------------------------------------------------------------------

KEPT = line(
    "action_measure_kept",
    noop("%(measure)s was not kept when this was decided, and is since %(at)s."),
    at=lambda at: formats.moment(datetime.fromisoformat(at)),
)
KEPT_SHORT = line(
    "action_measure_new",
    noop("%(measure)s is kept since %(at)s; seven days show it."),
    at=lambda at: formats.moment(datetime.fromisoformat(at)),
)
NOT_KEPT = line("action_measure_waits", noop("%(measure)s is not kept yet."))
CHANGED = line("action_rule_changed", noop("The rule %(name)s says now what was decided."))
UNCHANGED = line("action_rule_waits", noop("The rule %(name)s does not say yet what was decided."))
WITHDRAWN = line(
    "action_withdrawn",
    noop("Two people withdrew it at %(at)s."),
    at=lambda at: formats.moment(datetime.fromisoformat(at)),
)
OVERDUE = fault("action_overdue", noop("Its time is over, and nothing shows it"))


@dataclass(frozen=True, slots=True)
class Act:
    """An action as the board shows it, with what its check finds."""

    row: ReviewAction
    found: Found

    @property
    def words(self) -> str:
        """In the reader's language."""
        return self.row.words

    @property
    def withdrawn(self) -> bool:
        return self.row.withdrawn_at is not None

    @property
    def corrected_by(self) -> str:
        """The code of the action that stands in its place; empty where none does."""
        after = getattr(self.row, "corrected", None)
        return after.code if after else ""

    @property
    def owner_label(self) -> str:
        """The office that answers for it."""
        return str(OWNERS.get(self.row.owner, self.row.owner))


def _board() -> dict[str, Row]:
    return {row.measure.id: row for row in last_board(waivers=False)}


def actions(at: datetime) -> list[Act]:
    """All actions of all reviews, as the last round of the board shows them; the oldest first."""
    return _acts(ReviewAction.objects.all(), at)


def published(at: datetime) -> list[Act]:
    """Those that everybody reads: two people finished their review."""
    return _acts(ReviewAction.objects.filter(review__state=ReviewState.DONE), at)


def _acts(asked: QuerySet[ReviewAction], at: datetime) -> list[Act]:
    rows = list(asked.select_related("review", "corrected").order_by("pk"))
    if not rows:
        return []
    board = _board()
    return [Act(row, _found(row, board.get(row.named), at)) for row in rows]


def _found(row: ReviewAction, measured: Row | None, at: datetime) -> Found:
    if row.withdrawn_at is not None:
        return Found(Status.NONE, (WITHDRAWN(at=row.withdrawn_at.isoformat()),))
    came_true, seen = _seen(row, measured, at)
    if came_true:
        return Found(Status.PASS, (seen,), 1.0)
    if row.due < at.date():
        return Found(Status.FAIL, (OVERDUE(), seen))
    return Found(Status.NONE, (seen,))


def _seen(row: ReviewAction, measured: Row | None, at: datetime) -> tuple[bool, Facts]:
    if row.shows == Shows.RULE:
        rule = policy.of_key(row.named)
        if rule is None or rule.kind.plain(policy.in_force(rule).value) != row.target:
            return False, UNCHANGED(name=row.named)
        return True, CHANGED(name=row.named)
    if measured is None or measured.found.status != Status.PASS or measured.since is None:
        return False, NOT_KEPT(measure=row.named)
    since = max(measured.since, row.added_at)
    said = KEPT if at - since >= SHOWN_FOR else KEPT_SHORT
    return at - since >= SHOWN_FOR, said(measure=row.named, at=since.isoformat())


@dataclass(frozen=True, slots=True)
class Counted:
    """Reviews and what became of their actions, for board, console and everybody; `actions` are those that stand."""

    every: int
    done: int
    late: tuple[str, ...]
    actions: int
    came_true: int
    overdue: tuple[str, ...]
    withdrawn: int
    corrected: int


def counted(at: datetime, found: Iterable[Act] | None = None) -> Counted:
    """Of all reviews there ever were."""
    acts = list(actions(at) if found is None else found)
    rows = list(Review.objects.order_by("pk").values_list("code", "state", "due_at"))
    return Counted(
        len(rows),
        sum(state == ReviewState.DONE for _code, state, _due in rows),
        tuple(code for code, state, due in rows if state != ReviewState.DONE and due < at),
        sum(not each.withdrawn for each in acts),
        sum(each.found.status == Status.PASS for each in acts),
        tuple(each.row.code for each in acts if each.found.status == Status.FAIL),
        sum(each.withdrawn for each in acts),
        sum(bool(each.corrected_by) for each in acts),
    )
