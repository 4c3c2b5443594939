"""Papers that expire (D9): their drivers are told three times ahead; they block from the day after."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from core import audit, clock, notify, policy
from core.actors import Actor
from core.transactions import joins_transaction
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


def chase_expiries(*, at: "datetime", limit: int = 5000) -> int:
    """Tell drivers whose papers end soon, by `PAPERS_AHEAD`, and that they have ended; returns how many were due.

    However often it runs, and after a day without it too, each is told once for each of these: the message's key says
    for which.
    """
    today, ahead = timezone.localtime(at).date(), policy.value(PAPERS_AHEAD)
    rows = Paper.objects.filter(
        replaced_at=None,
        until__gte=today - policy.span(PAPERS_ENDED_FOR),
        until__lte=today + timedelta(days=max(ahead)),
    )
    due = 0
    for paper in rows.select_related("driver__account", "vehicle").order_by("until", "pk")[:limit]:
        assert paper.until is not None  # noqa: S101 - filtered by it
        left = (paper.until - today).days
        step = min(days for days in ahead if left <= days) if left >= 0 else ENDED
        for driver in _who_cares(paper):
            with transaction.atomic(durable=True):
                _tell(driver, paper, step)
            due += 1
    return due


def _who_cares(paper: Paper) -> list[Driver]:
    if paper.driver is not None:
        return [paper.driver]
    rows = Driver.objects.filter(bindings__vehicle=paper.vehicle, bindings__ended_at=None)
    return list(rows.select_related("account").order_by("pk"))


def _tell(driver: Driver, paper: Paper, days: int) -> None:
    person = driver.account
    with override(person.language):
        what = f"{PaperKind(paper.kind).label}{' ' + paper.vehicle.plate if paper.vehicle else ''}"
        until = paper.until.isoformat() if paper.until else ""
        text = (
            _("Huhang: your %(paper)s is valid until %(until)s. Renew it and send the new one on your page; without it no orders can be accepted.")
            if days > 0
            else _("Huhang: your %(paper)s has expired on %(until)s. No orders can be accepted until the new one is checked. Send it on your page.")
        ) % {"paper": what, "until": until}  # fmt: skip
    notify.queue_message(
        key=f"paper:{paper.pk}:{driver.pk}:{days}",
        channel="sms",
        to=person.phone,
        text=text,
        subject=person.code,
    )
