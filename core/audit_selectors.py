"""Reads of the journal for those who check promises."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull

from core import live
from core.errors import NotFound
from core.journal import anchor, checkpoints, proofs, rows
from core.models import AuditEntry, FailedWork

READING = "core.verify_journal"  # the work that reads the newest lines against their tree


def first_of_each(action: str, since: datetime) -> list[tuple[str, datetime]]:
    """(subject, time of its first entry) for one action since a time."""
    found = (
        AuditEntry.objects.filter(action=action, at__gte=since)
        .values("subject")
        .annotate(first=Min("at"))
        .order_by("subject")
    )
    return [(row["subject"], row["first"]) for row in found]


def began_at() -> datetime | None:
    """When the journal has its first line: since when the platform runs."""
    return AuditEntry.objects.order_by("pk").values_list("at", flat=True).first()


def newest_of_each(actions: Collection[str], since: datetime) -> dict[str, tuple[str, datetime]]:
    """What was last done about each subject of these actions since a time: the action, and when."""
    lines = AuditEntry.objects.filter(action__in=actions, at__gte=since).order_by("at", "pk")
    return {subject: (action, at) for subject, action, at in lines.values_list("subject", "action", "at")}


@dataclass(frozen=True, slots=True)
class Proved:
    """What outsiders have of the journal: its newest checkpoint, how many lines the witness signed, what is late or refused."""

    newest_at: datetime | None
    lines: int
    signed: int
    has_witness: bool
    unsigned: bool
    refusals: int
    has_anchor: bool
    unkept: int
    is_changed: bool


def proved(at: datetime, *, since: datetime, late: datetime) -> Proved:
    """What outsiders have of the journal now; refusals since a time, and what nobody signed or kept from `late` on."""
    newest, signed, first = (
        checkpoints.newest(),
        checkpoints.newest_cosigned(),
        checkpoints.unsigned_since(),
    )
    return Proved(
        newest_at=newest.at if newest else None,
        lines=newest.size if newest else 0,
        signed=signed.size if signed else 0,
        has_witness=bool(settings.WITNESS_KEY),
        unsigned=first is not None and first.at < late,
        refusals=checkpoints.refusals().filter(at__gte=since).count(),
        has_anchor=anchor.is_set(),
        unkept=checkpoints.unkept().filter(at__lt=late).count(),
        is_changed=FailedWork.objects.filter(
            kind=READING, closed_at=None, needs_person_at__isnull=False
        ).exists(),
    )


def entry_of(action: str, subject: str) -> AuditEntry | None:
    """The first line of one action about one subject."""
    return AuditEntry.objects.filter(action=action, subject=subject).order_by("pk").first()


def is_whole(entry: AuditEntry) -> bool:
    """True where a line says what it said when it was written, and stands so in the tree once it has a place there."""
    said = rows.Said(*(getattr(entry, name) for name in rows.COLUMNS))
    if not rows.is_untouched(said, entry.seal, entry.digest):
        return False
    try:
        place = proofs.place_of(entry)
        return place is None or proofs.leaf_at(place).hex() == entry.digest
    except NotFound:
        return False


def count_by_actor(
    actions: Collection[str], since: datetime, *, fact: str
) -> list[tuple[str, str, str, int]]:
    """(actor, action, what the line says under `fact`, how many lines) since a time."""
    found = (
        AuditEntry.objects.filter(action__in=actions, at__gte=since)
        .values("actor", "action", f"facts__{fact}")
        .annotate(count=Count("pk"))
        .order_by("actor", "action")
    )
    return [(row["actor"], row["action"], row[f"facts__{fact}"] or "", row["count"]) for row in found]


def worked_on(actor: str, case: str, *, people: Collection[str], since: datetime) -> bool:
    """Whether somebody did something in a case, more than look at it. `people` are those whom it concerns."""
    lines = AuditEntry.objects.filter(subject__in={case, *people}, actor=actor, at__gte=since)
    found = lines.filter(Q(subject=case) | Q(case=case)).values_list("action", flat=True)
    return any(not live.is_look(action) for action in found.distinct())


def last_of(action: str, subject: str) -> datetime | None:
    """When somebody last did something about one subject."""
    found = AuditEntry.objects.filter(action=action, subject=subject).order_by("-pk")
    return found.values_list("at", flat=True).first()


def looks_at(subject: str, *, until: datetime | None) -> "QuerySet[AuditEntry]":
    """Lines that say that somebody else looked at a person, until a time, none for None; the newest first."""
    if until is None:
        return AuditEntry.objects.none()
    lines = AuditEntry.objects.filter(subject=subject, action__in=live.all_looks(), at__lt=until)
    return lines.exclude(actor=subject).order_by("-pk")


def is_looked_at(person: str, since: str, *, until: datetime) -> Exists:
    """Whether somebody else looked at a person between a time, or ever, and another: `person` and `since` name columns of
    the query that this is a condition of."""
    lines = AuditEntry.objects.filter(subject=OuterRef(person), action__in=live.all_looks(), at__lt=until)
    new = Q(at__gte=OuterRef(since)) | Q(IsNull(OuterRef(since), True))
    return Exists(lines.filter(new).exclude(actor=OuterRef(person)))


def own_lines(person: str) -> "QuerySet[AuditEntry]":
    """Lines of what somebody did about themselves, the newest first."""
    return AuditEntry.objects.filter(subject=person, actor=person).order_by("-pk")
