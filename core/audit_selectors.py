"""Reads of the journal for those who check promises."""

from datetime import datetime

from django.db.models import Min

from core.models import AuditEntry


def first_of_each(action: str, since: datetime) -> list[tuple[str, datetime]]:
    """(subject, time of its first entry) for one action since a time."""
    rows = (
        AuditEntry.objects.filter(action=action, at__gte=since)
        .values("subject")
        .annotate(first=Min("at"))
        .order_by("subject")
    )
    return [(row["subject"], row["first"]) for row in rows]
