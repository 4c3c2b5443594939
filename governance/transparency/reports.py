"""Publishing a report: one person has it counted, another reads those figures and lets everybody read them (G7+).

It is counted by a job, table by table, and whoever waits sees how far it is. Nothing is counted again in between: what
the second agrees to is what the first saw. Published periods share no day; a correction is another version of the same
days, and tells nothing that differs by few from a version before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, idempotency, jobs, live, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.journal.checkpoints import first_with
from core.permissions import require
from core.progress import Progress
from core.retention import RECORDS_KEPT
from core.states import move
from core.transactions import begins_transaction
from governance.errors import (
    ReportDecided,
    ReportNotCounted,
    ReportNotOver,
    ReportOutdated,
    ReportOverlaps,
    ReportsBusy,
    ReportTooLong,
    ReportWaits,
)
from governance.models import TransparencyReport
from governance.policies import PUBLISH
from governance.states import PROPOSAL_TRANSITIONS, ProposalState
from governance.transparency import papers
from governance.transparency.figures import ZONE, digest_of, make, span_of
from governance.transparency.questions import MEASURES

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST = timedelta(days=366)
LONGEST_CHANGE = 500
PUBLISHED = "governance.report_published"
_ONE_AT_A_TIME = "governance.reports"


def published() -> QuerySet[TransparencyReport]:
    """What everybody may read: newest days first, of the same days the newest version first."""
    rows = TransparencyReport.objects.defer("paper_zh", "paper_en").select_related("corrects")
    return rows.filter(state=ProposalState.APPROVED).order_by("-ends", "-version")


def waiting() -> QuerySet[TransparencyReport]:
    """What waits for a second person."""
    return TransparencyReport.objects.filter(state=ProposalState.PROPOSED).order_by("pk")


def public_report(code: str) -> TransparencyReport:
    """A published one. Raises `NotFound`."""
    row = published().filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def report_of(code: str) -> TransparencyReport:
    """One in any state, for staff. Raises `NotFound`."""
    row = TransparencyReport.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def versions_of(row: TransparencyReport) -> Iterable[TransparencyReport]:
    """All published versions of the same days, newest first."""
    return _versions(row.begins, row.ends)


def _versions(begins: date, ends: date) -> QuerySet[TransparencyReport]:
    return published().filter(begins=begins, ends=ends)


def checkpoint_of(row: TransparencyReport) -> str:
    """The first checkpoint that contains the journal's line of its publishing; empty for the minute until there is one."""
    return first_with(PUBLISHED, row.code)


def usual_days() -> tuple[date, date]:
    """The first and the last day of the month before this one, in China."""
    last = clock.now().astimezone(ZONE).date().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _newest(begins: date, ends: date) -> TransparencyReport | None:
    return _versions(begins, ends).first()


def _one_at_a_time() -> None:
    """Counting takes long: who comes meanwhile is told so at once, and holds no worker. Raises `ReportsBusy`."""
    if not idempotency.is_alone(_ONE_AT_A_TIME):
        raise ReportsBusy


@begins_transaction
def propose(*, account: "Account", begins: date, ends: date, change: str = "") -> TransparencyReport:
    """Have a report counted, of whole days in China, `ends` the last of them; `change` says what a correction corrects.

    Raises `Forbidden`, `InvalidInput`, `ReportNotOver`, `ReportTooLong`, `ReportOverlaps`, `ReportWaits`,
    `ReportsBusy`.
    """
    require(account, PUBLISH)
    at, change = clock.now(), change.strip()
    if ends < begins:
        raise InvalidInput("ends")
    if ends >= at.astimezone(ZONE).date():
        raise ReportNotOver("ends")
    if ends - begins >= LONGEST:
        raise ReportTooLong("begins")
    if at - span_of(begins, ends)[0] > policy.span(RECORDS_KEPT):  # rows of those days are gone
        raise InvalidInput("begins")
    _one_at_a_time()
    last = _newest(begins, ends)
    if last is None and published().filter(begins__lte=ends, ends__gte=begins).exists():
        raise ReportOverlaps("begins")
    if (last is None) != (change == "") or len(change) > LONGEST_CHANGE:
        raise InvalidInput("change")
    if waiting().filter(begins=begins, ends=ends).exists():
        raise ReportWaits("begins")
    row = TransparencyReport.objects.create(
        code=new_code("TR"),
        begins=begins,
        ends=ends,
        corrects=last,
        change=change,
        proposed_by=account.code,
        proposed_at=at,
    )
    audit.record(
        account.actor,
        "governance.report_asked_for",
        row.code,
        begins=begins.isoformat(),
        ends=ends.isoformat(),
    )
    return row


# --- Counting ----------------------------------------------------------------------------------------------------


def progress_of(row: TransparencyReport, at: datetime) -> Progress | None:
    """How many of its tables are counted; None where it is counted whole."""
    if row.figures is not None:
        return None
    return Progress(row.tables_done, len(MEASURES), row.counting_since, at)


@live.mark("reports")
def _tables_counted() -> int:
    """Tables that are done, and reports: the last table is done a moment before its report can be read."""
    rows = TransparencyReport.objects.filter(state=ProposalState.PROPOSED)
    return int(rows.aggregate(every=Coalesce(Sum("tables_done"), 0) + Count("figures"))["every"])


@contextmanager
def _telling(pk: int) -> Iterator[Callable[[int], None]]:
    """Writes down how many tables are done where others see it at once: beside the transaction that counts."""
    with closing(connection.copy()) as beside:

        def tell(done: int) -> None:
            with beside.cursor() as cursor:
                cursor.execute(
                    "UPDATE governance_transparencyreport SET tables_done = %s WHERE id = %s AND figures IS NULL",
                    [done, pk],
                )

        yield tell


@begins_transaction
def _begin(pk: int) -> TransparencyReport | None:
    rows = TransparencyReport.objects.select_for_update(of=("self",))
    row = rows.filter(pk=pk, state=ProposalState.PROPOSED, figures__isnull=True).first()
    if row is not None:
        row.counting_since, row.tables_done = clock.now(), 0
        row.save(update_fields=["counting_since", "tables_done"])
    return row


@begins_transaction
def _keep(pk: int, figures: Mapping[str, Any]) -> None:
    """Unless it was withdrawn meanwhile."""
    rows = TransparencyReport.objects.select_for_update(of=("self",))
    row = rows.filter(pk=pk, state=ProposalState.PROPOSED, figures__isnull=True).first()
    if row is None:
        return
    row.figures, row.digest, row.tables_done = figures, digest_of(figures), len(MEASURES)
    row.save(update_fields=["figures", "digest", "tables_done"])
    audit.record(SYSTEM, "governance.report_counted", row.code, digest=row.digest)


def _count(pk: int, _at: datetime) -> None:
    row = _begin(pk)
    if row is None:
        return
    before = [each.figures for each in _versions(row.begins, row.ends) if each.figures is not None]
    with _telling(pk) as tell:
        figures = make(row.begins, row.ends, clock.now(), before=before, heard=tell)
    _keep(pk, figures)


def _to_count(_at: datetime, limit: int) -> list[int]:
    return list(waiting().filter(figures__isnull=True).values_list("pk", flat=True)[:limit])


COUNT = replace(
    jobs.rows(
        "governance.report_count",
        _("transparency reports counted"),
        due=_to_count,
        act=_count,
        key=int,
        batch=10,
        law=jobs.SOON,
    ),
    lease=timedelta(minutes=10),  # a year of a large city, table by table
)


# --- The second person -------------------------------------------------------------------------------------------


def against(row: TransparencyReport, account: "Account", key: str) -> DomainError | None:
    """What is against `publish` or `withdraw`. Raises `KeyError` for no action."""
    if row.state != ProposalState.PROPOSED:
        return ReportDecided()
    if key == "withdraw":
        return None
    if row.proposed_by == account.code:
        return four_eyes.SecondPersonNeeded()
    return {"publish": _against_publishing}[key](row)


def _against_publishing(row: TransparencyReport) -> DomainError | None:
    if row.figures is None:
        return ReportNotCounted()
    last = _newest(row.begins, row.ends)
    if (last.pk if last else None) != row.corrects_id:
        return ReportOutdated()
    others = published().filter(begins__lte=row.ends, ends__gte=row.begins)
    return ReportOverlaps() if others.exclude(begins=row.begins, ends=row.ends).exists() else None


def _locked(code: str) -> TransparencyReport:
    row = TransparencyReport.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    _one_at_a_time()
    return row


@begins_transaction
def publish(*, account: "Account", code: str) -> TransparencyReport:
    """The second person agrees: from now on everybody reads it, and nobody rewrites it.

    Raises `NotFound`, `Forbidden`, `ReportDecided`, `SecondPersonNeeded`, `ReportOutdated`, `ReportOverlaps`,
    `ReportsBusy`.
    """
    require(account, PUBLISH)
    row = _locked(code)
    wrong = against(row, account, "publish")
    if wrong:
        raise wrong
    four_eyes.another(account.code, row.proposed_by)
    row.decided_at, row.version = clock.now(), 1
    if row.corrects and row.corrects.version:
        row.version = row.corrects.version + 1
    move(
        row,
        PROPOSAL_TRANSITIONS,
        ProposalState.APPROVED,
        agreed_by=account.code,
        decided_at=row.decided_at,
        version=row.version,
        **papers.papers_of(row),
    )
    action = PUBLISHED
    audit.record(
        account.actor,
        action,
        row.code,
        by=row.proposed_by,
        version=row.version,
        digest=row.digest,
    )
    return row


@begins_transaction
def withdraw(*, account: "Account", code: str) -> TransparencyReport:
    """Withdraw one that waits, one's own or another's. Raises `NotFound`, `Forbidden`, `ReportDecided`, `ReportsBusy`."""
    require(account, PUBLISH)
    row = _locked(code)
    if row.state != ProposalState.PROPOSED:
        raise ReportDecided
    move(row, PROPOSAL_TRANSITIONS, ProposalState.WITHDRAWN, decided_at=clock.now())
    audit.record(account.actor, "governance.report_withdrawn", row.code, by=row.proposed_by)
    return row
