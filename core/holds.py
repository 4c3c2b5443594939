"""What must not be destroyed yet: a hold names a trip, a reason and a case, and lapses unless two people renew it.

Whoever destroys data asks here first. A hold that lapsed needs no job to end: its time is part of the question.
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, clock, four_eyes, policy
from core.actors import Actor
from core.codes import new_code
from core.errors import NotFound
from core.models import DataHold
from core.transactions import begins_transaction, joins_transaction

HOLD_TIME = policy.declare(
    "core.hold_days",  # S7
    policy.Span(1, 365, policy.Unit.DAYS),
    14,
    name=pgettext_lazy("policy name", "Hold on data"),
    about=_("A hold on data lapses after this time unless two people renew it."),
)


def in_force() -> Q:
    """The condition of a hold that holds now."""
    return Q(released_at=None, until__gt=clock.now())


@joins_transaction
def place(*, actor: Actor, subject: str, source: str, case: str) -> DataHold:
    """Hold a trip's data for a case; the same again changes nothing."""
    at = clock.now()
    try:
        with transaction.atomic():
            hold = DataHold.objects.create(
                code=new_code("H"),
                subject=subject,
                source=source,
                case=case,
                placed_at=at,
                placed_by=actor.code,
                until=at + policy.span(HOLD_TIME),
            )
    except IntegrityError:
        known = DataHold.objects.select_for_update().get(
            subject=subject, source=source, case=case, released_at=None
        )
        if known.until > at:
            return known
        # It lapsed by itself: a new one takes its place.
        known.released_at, known.released_by = at, "lapsed"
        known.save(update_fields=["released_at", "released_by"])
        return place(actor=actor, subject=subject, source=source, case=case)
    audit.record(actor, "core.hold_placed", hold.code, case=case, trip=subject, source=source)
    return hold


@joins_transaction
def release(*, actor: Actor, source: str, case: str) -> int:
    """End the holds of a case; returns how many."""
    rows = list(
        DataHold.objects.select_for_update().filter(source=source, case=case, released_at=None).order_by("pk")
    )
    for hold in rows:
        hold.released_at, hold.released_by = clock.now(), actor.code
        hold.save(update_fields=["released_at", "released_by"])
        audit.record(actor, "core.hold_released", hold.code, case=case, trip=hold.subject, source=source)
    return len(rows)


@begins_transaction
def renew(*, actor: Actor, code: str, reason: str) -> bool:
    """One of two people renews a hold; true when the second did, and it lasts its full time from now.

    Raises `NotFound`, `SecondPersonNeeded`.
    """
    hold = DataHold.objects.select_for_update().filter(in_force(), code=code).first()
    if hold is None:
        raise NotFound
    four_eyes.another(actor.code, hold.renewal_by)
    done = bool(hold.renewal_by)
    audit.record(
        actor,
        "core.hold_renewed" if done else "core.hold_renewal_asked",
        code,
        case=hold.case,
        reason=reason,
        trip=hold.subject,
    )
    if done:
        hold.until, hold.renewal_by = clock.now() + policy.span(HOLD_TIME), ""
    else:
        hold.renewal_by = actor.code
    hold.save(update_fields=["until", "renewal_by"])
    return done


def held(subjects: Iterable[str]) -> set[str]:
    """Which of these are held now."""
    rows = DataHold.objects.filter(in_force(), subject__in=list(subjects))
    return set(rows.values_list("subject", flat=True))


def on(subject: str) -> list[DataHold]:
    """The holds on something now, oldest first."""
    return list(DataHold.objects.filter(in_force(), subject=subject).order_by("pk"))
