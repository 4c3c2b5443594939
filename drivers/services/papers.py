"""Papers that expire (D9): their drivers are told three times ahead; they block from the day after."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy

from core import audit, clock, jobs, policy, retry
from core.actors import Actor
from core.messages import outbox
from core.transactions import begins_transaction, joins_transaction
from drivers import messages
from drivers.models import Driver, Paper, Vehicle
from drivers.policies import PAPERS_AHEAD, PAPERS_ENDED_FOR
from drivers.states import PaperKind

if TYPE_CHECKING:
    from datetime import datetime

ENDED = -1


@joins_transaction
def keep_paper(
    *,
    actor: Actor,
    kind: PaperKind,
    number: str,
    until: date | None,
    driver: Driver | None = None,
    vehicle: Vehicle | None = None,
) -> Paper:
    """Put a certificate in force; the one before of its kind is replaced, not edited."""
    at = clock.now()
    Paper.objects.filter(driver=driver, vehicle=vehicle, kind=kind, replaced_at=None).update(replaced_at=at)
    audit.record(
        actor,
        "drivers.paper_kept",
        driver.account.code if driver else vehicle.plate if vehicle else "",
        kind=kind,
        until=until.isoformat() if until else "",
    )
    return Paper.objects.create(
        driver=driver, vehicle=vehicle, kind=kind, number=number, until=until, added_at=at
    )


def chase_expiries(*, at: "datetime") -> int:
    """Tell drivers whose papers end soon, by `PAPERS_AHEAD`, and that they have ended; returns how many were due.

    However often it runs, and after a day without it too, each is told once for each of these: the message's key says
    for which.
    """
    done, ran = 0, EXPIRIES.run(at=at)
    while ran.left:
        done, ran = done + ran.total, EXPIRIES.run(at=at, after=ran.after)
    return done + ran.total


def _ending(at: "datetime", last: int | None, limit: int) -> list[int]:
    today, ahead = timezone.localtime(at).date(), policy.value(PAPERS_AHEAD)
    rows = Paper.objects.filter(
        replaced_at=None,
        until__gte=today - policy.span(PAPERS_ENDED_FOR),
        until__lte=today + timedelta(days=max(ahead)),
    )
    return list(rows.filter(pk__gt=last or 0).order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _chase(pk: int, at: "datetime") -> int:
    paper = Paper.objects.select_related("driver__account", "vehicle").filter(pk=pk, replaced_at=None).first()
    if paper is None or paper.until is None:
        return 0
    left = (paper.until - timezone.localtime(at).date()).days
    step = min(days for days in policy.value(PAPERS_AHEAD) if left <= days) if left >= 0 else ENDED
    found = paper  # for the closure: it is not None
    told = retry.each(
        TELLING,
        _who_cares(paper),
        lambda driver: _tell(driver, found, step),
        key=lambda driver: f"{pk}:{driver.pk}",
    )
    return told.done


@begins_transaction
def _tell_again(key: str) -> None:
    """One driver who could not be told of one paper; what is said is by the date of now."""
    paper_id, _colon, driver_id = key.partition(":")
    paper = Paper.objects.select_related("vehicle").get(pk=int(paper_id))
    driver = Driver.objects.select_related("account").get(pk=int(driver_id))
    if paper.replaced_at is not None or paper.until is None:
        return
    left, ahead = (paper.until - timezone.localtime(clock.now()).date()).days, policy.value(PAPERS_AHEAD)
    _tell(
        driver,
        paper,
        min((days for days in ahead if left <= days), default=max(ahead)) if left >= 0 else ENDED,
    )


# The papers that end within a month stay due however often they were chased: each run looks at all of them.
EXPIRIES = jobs.walk(
    "drivers.chase_expiries",
    gettext_lazy("telling drivers of papers that expire"),
    behind=_ending,
    act=_chase,
    key=int,
)
TELLING = retry.declare(
    "drivers.tell_expiry",
    gettext_lazy("telling one driver of a paper that expires"),
    law=jobs.JOB_LAW,
    again=_tell_again,
)


def _who_cares(paper: Paper) -> list[Driver]:
    if paper.driver is not None:
        return [paper.driver]
    rows = Driver.objects.filter(bindings__vehicle=paper.vehicle, bindings__ended_at=None)
    return list(rows.select_related("account").order_by("pk"))


def _tell(driver: Driver, paper: Paper, days: int) -> None:
    if paper.until is None:
        return  # it never ends
    person = driver.account
    what = (PaperKind(paper.kind), paper.vehicle.plate if paper.vehicle else "")
    assert paper.until is not None  # noqa: S101 - what never ends is not told of
    said = messages.PaperEnds if days > 0 else messages.PaperEnded
    outbox.queue(
        said(paper=what, until=paper.until),
        key=f"paper:{paper.pk}:{driver.pk}:{days}",
        to=person.phone,
        language=person.language,
        subject=person.code,
    )
