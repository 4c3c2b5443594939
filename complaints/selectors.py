"""Reads about complaints."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from complaints.models import Complaint
from complaints.policies import DECIDE_WITHIN
from complaints.states import ComplaintState
from core import clock, policy
from core.errors import NotFound
from drivers.selectors import held_sources
from drivers.states import HoldKind

if TYPE_CHECKING:
    from accounts.models import Account


def complaint_by_code(code: str) -> Complaint:
    """Raises `NotFound`."""
    complaint = (
        Complaint.objects.select_related("trip", "accused__account", "complainant").filter(code=code).first()
    )
    if complaint is None:
        raise NotFound
    return complaint


def own_complaint(account: "Account", code: str) -> Complaint:
    """One's own complaint; another's is not found."""
    complaint = Complaint.objects.select_related("trip").filter(complainant=account, code=code).first()
    if complaint is None:
        raise NotFound
    return complaint


def open_severe() -> list[Complaint]:
    """Open severe complaints, oldest first."""
    return list(
        Complaint.objects.select_related("trip", "accused__account")
        .filter(state=ComplaintState.OPEN, severe=True)
        .order_by("filed_at")
    )


def complaint_trip_if_open(code: str) -> str:
    """The trip of an open complaint; empty where it is decided."""
    rows = Complaint.objects.filter(code=code, state=ComplaintState.OPEN)
    return rows.values_list("trip__code", flat=True).first() or ""


def due_at(complaint: Complaint) -> datetime:
    """When a severe complaint must be decided."""
    return complaint.filed_at + timedelta(seconds=policy.value(DECIDE_WITHIN))


def severe_without_hold() -> list[str]:
    """Open severe complaints against a driver without an open hold from them: the law says none."""
    held = held_sources(HoldKind.COMPLAINT)
    return [row.code for row in open_severe() if row.accused and row.code not in held]


def severe_spans() -> list[tuple[str, datetime, datetime]]:
    """(driver's account code, filed, decided or now) of every severe complaint."""
    rows = Complaint.objects.filter(severe=True, accused__isnull=False).values_list(
        "accused__account__code", "filed_at", "decided_at"
    )
    return [(driver, filed, decided or clock.now()) for driver, filed, decided in rows]
