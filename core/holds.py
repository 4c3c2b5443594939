"""What must not be destroyed yet: a hold names a trip, a reason and a case, and lapses unless two people renew it.

Whoever destroys data asks here first. A hold that lapsed needs no job to end: its time is part of the question.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, clock, four_eyes, inserts, policy
from core.actions import NotNow
from core.actors import Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.models import DataHold
from core.permissions import require
from core.transactions import begins_transaction, joins_transaction

HOLD_TIME = policy.declare(
    "core.hold_days",  # S7
    policy.Span(1, 365, policy.Unit.DAYS),
    14,
    name=pgettext_lazy("policy name", "Hold on data"),
    about=_("A hold on data lapses after this time unless two people renew it."),
)

RENEWAL = four_eyes.declare(
    "core.hold_renewal",
    _("The renewal of a hold on data"),
    table="core.DataHold",
    first="renewed_first_by",
    second="renewed_by",
    law="data_hold_renewed_by_two_people",
)


def in_force() -> Q:
    """The condition of a hold that holds now."""
    return Q(released_at=None, until__gt=clock.now())


@joins_transaction
def place(*, actor: Actor, subject: str, source: str, case: str, until: datetime | None = None) -> DataHold:
    """Hold a trip's data for a case, until a time of its own where one is given; the same again changes nothing."""
    at = clock.now()
    until = until or at + policy.span(HOLD_TIME)
    hold = DataHold(
        code=new_code("H"),
        subject=subject,
        source=source,
        case=case,
        placed_at=at,
        placed_by=actor.code,
        until=until,
    )
    if not inserts.insert(hold, unless_there=True):
        known = DataHold.objects.select_for_update().get(
            subject=subject, source=source, case=case, released_at=None
        )
        if known.until > at:
            return known
        # It lapsed by itself: a new one takes its place.
        known.released_at, known.released_by = at, "lapsed"
        known.save(update_fields=["released_at", "released_by"])
        return place(actor=actor, subject=subject, source=source, case=case, until=until)
    audit.record(actor, "core.hold_placed", hold.code, case=case, trip=subject, source=source)
    return hold


@joins_transaction
def release(*, actor: Actor, source: str, case: str) -> int:
    """End the holds of a case; returns how many. What two people renewed is not ended by one: it lapses by its time."""
    rows = list(
        DataHold.objects.select_for_update()
        .filter(source=source, case=case, released_at=None, renewed_at=None)
        .order_by("pk")
    )
    for hold in rows:
        hold.released_at, hold.released_by = clock.now(), actor.code
        hold.save(update_fields=["released_at", "released_by"])
        audit.record(actor, "core.hold_released", hold.code, case=case, trip=hold.subject, source=source)
    return len(rows)


@joins_transaction
def prolong(*, actor: Actor, source: str, case: str, until: datetime) -> int:
    """The holds of a case last until a later time, which two people agreed to elsewhere; returns how many."""
    rows = DataHold.objects.select_for_update().filter(in_force(), source=source, case=case, until__lt=until)
    many = 0
    for hold in rows.order_by("pk"):
        hold.until = until
        hold.save(update_fields=["until"])
        audit.record(actor, "core.hold_prolonged", hold.code, case=case, trip=hold.subject, source=source)
        many += 1
    return many


def why_not_ask(hold: DataHold, _person: str = "") -> str | Promise:
    """The reason against asking to renew a hold."""
    return _("Somebody asked for it already: another person agrees.") if hold.renewal_by else ""


def why_not_agree(hold: DataHold, person: str) -> str | Promise:
    """The reason against this person agreeing to renew a hold."""
    if not hold.renewal_by:
        return _("Nobody asked to renew it.")
    return four_eyes.SecondPersonNeeded.sentence if person == hold.renewal_by else ""


def _in_force(actor: Actor, code: str, reason: str) -> DataHold:
    require(actor, "data_holds.renew")
    if not reason.strip():
        raise InvalidInput("reason")
    hold = DataHold.objects.select_for_update().filter(in_force(), code=code).first()
    if hold is None:
        raise NotFound
    return hold


@begins_transaction
def ask_to_renew(*, actor: Actor, code: str, reason: str) -> DataHold:
    """The first of two people who renew a hold. Raises `Forbidden`, `NotFound` where it lapsed, `InvalidInput`, `NotNow`."""
    hold = _in_force(actor, code, reason)
    if why := why_not_ask(hold):
        raise NotNow(why=why)
    hold.renewal_by = actor.code
    hold.save(update_fields=["renewal_by"])
    _record(hold, actor, "core.hold_renewal_asked", reason)
    return hold


@begins_transaction
def renew(*, actor: Actor, code: str, reason: str) -> DataHold:
    """The second person agrees, and the hold lasts its full time from now.

    Raises `Forbidden`, `NotFound` where it lapsed, `InvalidInput`, `SecondPersonNeeded`, `NotNow` where nobody asked.
    """
    hold = _in_force(actor, code, reason)
    if hold.renewal_by:
        four_eyes.another(actor.code, hold.renewal_by)
    if why := why_not_agree(hold, actor.code):
        raise NotNow(why=why)
    at = clock.now()
    hold.renewed_first_by, hold.renewal_by = hold.renewal_by, ""
    # Never shorter than it was: a preservation request of the police lasts longer than a full time of ours.
    hold.until = max(hold.until, at + policy.span(HOLD_TIME))
    hold.renewed_by, hold.renewed_at = actor.code, at
    hold.save(update_fields=["until", "renewal_by", "renewed_first_by", "renewed_by", "renewed_at"])
    _record(hold, actor, "core.hold_renewed", reason)
    return hold


def _record(hold: DataHold, actor: Actor, action: str, reason: str) -> None:
    audit.record(actor, action, hold.code, case=hold.case, reason=reason.strip(), trip=hold.subject)


# Takes codes; gives the trip of each that is a thing of a trip: a face check, a report, a complaint.
TripsOf = Callable[[Collection[str]], Mapping[str, str]]
_trips_of: list[tuple[str, TripsOf]] = []


def things_of_trips(letter: str) -> Callable[[TripsOf], TripsOf]:
    """Function decorator: say which trips the things belong to whose codes begin so, because a hold names the trip."""

    def keep(lookup: TripsOf) -> TripsOf:
        _trips_of.append((letter, lookup))
        return lookup

    return keep


def held(subjects: Iterable[str]) -> set[str]:
    """Which of these are held now: trips, cases for which something is held, and things of held trips."""
    trips = {code: code for code in subjects}
    for letter, lookup in _trips_of:
        if things := {code for code in trips if code.startswith(f"{letter}-")}:
            trips |= lookup(things)
    rows = DataHold.objects.filter(in_force(), Q(subject__in=set(trips.values())) | Q(case__in=list(trips)))
    found = {code for row in rows.values_list("subject", "case") for code in row}
    return {code for code, trip in trips.items() if code in found or trip in found}


def subjects_of(*, source: str, case: str) -> set[str]:
    """All that is held now for one case."""
    return set(
        DataHold.objects.filter(in_force(), source=source, case=case).values_list("subject", flat=True)
    )


def on(subject: str) -> list[DataHold]:
    """The holds on something now, oldest first."""
    return list(DataHold.objects.filter(in_force(), subject=subject).order_by("pk"))
