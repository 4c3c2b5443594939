"""Reads about satisfaction and care."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from complaints.models import Campaign, CareTask
from core.errors import NotFound
from core.reads import Read

if TYPE_CHECKING:
    from accounts.models import Account


def _tasks() -> QuerySet[CareTask]:
    return CareTask.objects.select_related("complaint", "accident", "owner")


_TASK = Read(lambda code: _tasks().filter(code=code), str)
_TASKS = Read(lambda: _tasks().filter(done_at=None).order_by("due_at")[:100])
_TASKS_FOR = Read(
    lambda pk: _tasks().filter(Q(owner_id=pk) | Q(owner=None), done_at=None).order_by("due_at")[:100], int
)
_OWN_TASKS = Read(lambda pk: _tasks().filter(owner_id=pk, done_at=None).order_by("due_at"), int)


def own_care(account: "Account") -> list[CareTask]:
    """What this person promised and has not done, the first due first."""
    return _OWN_TASKS.all(account.pk)


def care_tasks(account: "Account", *, everybody: bool = False) -> list[CareTask]:
    """What is due: one's own and nobody's, or everybody's for a supervisor."""
    return _TASKS.all() if everybody else _TASKS_FOR.all(account.pk)


def care_task_by_code(code: str) -> CareTask:
    """Raises `NotFound`."""
    return _TASK.the(code)


def campaign_by_code(code: str) -> Campaign:
    """Raises `NotFound`."""
    row = Campaign.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def care_due(account: "Account", at: datetime) -> list[CareTask]:
    """Care that is overdue and mine, or nobody's."""
    return [task for task in care_tasks(account) if task.due_at <= at]


def done_care(*, limit: int = 30) -> list[CareTask]:
    rows = CareTask.objects.select_related("complaint", "accident", "owner").filter(done_at__isnull=False)
    return list(rows.order_by("-done_at")[:limit])


def campaigns(*, limit: int = 50) -> list[Campaign]:
    return list(Campaign.objects.order_by("-pk")[:limit])


def overdue_care(at: datetime) -> int:
    """How many care tasks are overdue."""
    return CareTask.objects.filter(done_at=None, due_at__lt=at).count()
