"""Letting a measure be red for a time: two people, a reason that everybody reads, fourteen days, renewed once (G1+).

A waiver changes no state: the measure stays red, on the board and in public, with the waiver beside it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, clock, four_eyes, motions
from core.errors import InvalidInput
from core.models import Motion
from governance.errors import NeverWaived, WaivedTwice
from governance.measures import measure_of
from governance.models import MeasureResult, Waiver
from governance.states import Status

if TYPE_CHECKING:
    from accounts.models import Account

WAIVE = "measures.waive"
MOST_DAYS = 14
PAIR = four_eyes.declare(
    "governance.waiver",
    _("A measure that is let be for a time"),
    table="governance.Waiver",
    first="asked_by",
    second="agreed_by",
    law="waiver_takes_two_people",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is filled in: which measure, why, and for how many days from the moment the second person agrees."""

    measure: str
    reason: str
    days: int


def _last(measure: str) -> Waiver | None:
    """The waiver that a new one would renew: the newest, unless the measure was kept since it began."""
    row = Waiver.objects.filter(measure=measure).order_by("-pk").first()
    if row is None:
        return None
    kept = MeasureResult.objects.filter(
        measure=measure, status=Status.PASS, checked_at__gt=row.begins_at
    ).exists()
    return None if kept else row


def _check(_subject: str, given: Wanted) -> None:
    measure = measure_of(given.measure)
    if measure is None:
        raise InvalidInput("measure")
    if not given.reason.strip():
        raise InvalidInput("reason")
    if not 1 <= given.days <= MOST_DAYS:
        raise InvalidInput("days")
    if measure.saves_lives:
        raise NeverWaived
    last = _last(measure.id)
    if last is not None and last.renews_id is not None:
        raise WaivedTwice


def _carry(motion: Motion, given: Wanted, person: "Account") -> None:
    at, last = clock.now(), _last(given.measure)
    begins = max(at, last.ends_at) if last else at
    row = Waiver.objects.create(
        measure=given.measure,
        reason=given.reason.strip()[:300],
        asked_by=motion.moved_by,
        agreed_by=person.code,
        begins_at=begins,
        ends_at=begins + timedelta(days=given.days),
        renews=last,
    )
    audit.record(
        person.actor, "governance.waived", given.measure, by=motion.moved_by, until=row.ends_at.isoformat()
    )


WAIVER = motions.declare(
    motions.Kind(
        key="governance.waiver",
        label=PAIR.label,
        permission=WAIVE,
        page="governance_console:board",
        shape=Wanted,
        check=_check,
        carry=_carry,
        says=lambda given: [
            (pgettext_lazy("waiver", "measure"), given.measure),
            (pgettext_lazy("waiver", "days"), str(given.days)),
            (pgettext_lazy("waiver", "reason"), given.reason),
        ],
    )
)
KINDS = (WAIVER.key,)
