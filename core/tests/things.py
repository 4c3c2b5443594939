"""What the addresses of core are about: one of each (`tests/test_permissions.py`)."""

from core import clock, events, retry
from core.journal import checkpoints
from core.models import AuditEntry, DataHold


def things(rides, people, made):
    failed = retry.failed(events.EVENTS.work, "1", "x", life_safety=True, subject=made["incident"])
    return {
        "checkpoint": checkpoints.make(clock.now()).pk,
        "line": AuditEntry.objects.filter(subject="passenger").latest("pk").pk,
        "data_hold": DataHold.objects.filter(subject=made["trip"]).first().code,
        "failed_work": failed.pk,
    }
