"""Reads of the journal for those who check promises."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Min, Q

from core import live
from core.audit import digest_of
from core.models import AuditEntry, AuditSeal


def first_of_each(action: str, since: datetime) -> list[tuple[str, datetime]]:
    """(subject, time of its first entry) for one action since a time."""
    rows = (
        AuditEntry.objects.filter(action=action, at__gte=since)
        .values("subject")
        .annotate(first=Min("at"))
        .order_by("subject")
    )
    return [(row["subject"], row["first"]) for row in rows]


def newest_of_each(actions: Collection[str], since: datetime) -> dict[str, tuple[str, datetime]]:
    """What was last done about each subject of these actions since a time: the action, and when."""
    lines = AuditEntry.objects.filter(action__in=actions, at__gte=since).order_by("at", "pk")
    return {subject: (action, at) for subject, action, at in lines.values_list("subject", "action", "at")}


def entry_of(action: str, subject: str) -> AuditEntry | None:
    """The first line of one action about one subject."""
    return AuditEntry.objects.filter(action=action, subject=subject).order_by("pk").first()


def is_whole(entry: AuditEntry) -> bool:
    """True where a line says what it said when it was written, and its seal, once there is one, names it so."""
    if digest_of(entry) != entry.digest:
        return False
    seals = AuditSeal.objects.filter(epoch=entry.epoch, up_to_transaction__gte=entry.transaction_id)
    seal = seals.order_by("pk").first()
    if seal is None:
        return True
    return (entry.pk, entry.digest) in zip(seal.row_ids, seal.row_digests, strict=True)


def count_by_actor(
    actions: Collection[str], since: datetime, *, fact: str
) -> list[tuple[str, str, str, int]]:
    """(actor, action, what the line says under `fact`, how many lines) since a time."""
    rows = (
        AuditEntry.objects.filter(action__in=actions, at__gte=since)
        .values("actor", "action", f"facts__{fact}")
        .annotate(count=Count("pk"))
        .order_by("actor", "action")
    )
    return [(row["actor"], row["action"], row[f"facts__{fact}"] or "", row["count"]) for row in rows]


def worked_on(actor: str, case: str, *, people: Collection[str], since: datetime) -> bool:
    """Whether somebody did something in a case, more than look at it. `people` are those whom it concerns."""
    lines = AuditEntry.objects.filter(subject__in={case, *people}, actor=actor, at__gte=since)
    found = lines.filter(Q(subject=case) | Q(case=case)).values_list("action", flat=True)
    return any(not live.is_look(action) for action in found.distinct())


def last_of(action: str, subject: str) -> datetime | None:
    """When somebody last did something about one subject."""
    rows = AuditEntry.objects.filter(action=action, subject=subject).order_by("-pk")
    return rows.values_list("at", flat=True).first()
