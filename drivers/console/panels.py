"""What drivers offer to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.console.navigation import RIDES, link
from core.console.panels import DUE, Due, panel
from drivers import selectors

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import VettingDecision

link(RIDES, 40, _("Vetting desk"), "how_to_reg", "drivers_console:desk", "vetting.see")
link(RIDES, 50, _("Screening of the fleet"), "groups", "drivers_console:fleet", "vetting.see")
link(RIDES, 60, _("Drivers"), "badge", "admin:drivers_driver_changelist", "drivers.read")
link(RIDES, 70, _("Holds"), "front_hand", "admin:drivers_hold_changelist", "drivers.read")


@panel("video_calls", _("Video call"), place=DUE, order=50, marks=("vetting",), permission="vetting.decide")
def video_calls(_person: "Account", _at: datetime) -> list[Due]:
    """Drivers who wait for a reviewer's call."""
    return [
        Due(
            row.code,
            reverse("drivers_console:video", args=[row.code]),
            since=row.asked_at,
            level="bad",
            beside=row.get_purpose_display(),
            holder=row.driver,
        )
        for row in selectors.waiting_video_checks()
    ]


@panel("plates", _("Plate to read"), place=DUE, order=60, marks=("vetting",), permission="plates.read")
def plates(_person: "Account", at: datetime) -> list[Due]:
    """Photos before a pick-up that the machine cannot read; a driver and a passenger wait for those with a time."""
    return [
        Due(
            row.photo.subject,
            reverse("drivers_console:desk"),
            since=row.photo.taken_at,
            until=row.until,
            level="bad" if row.until else "warn",
            beside=row.photo.vehicle.plate,
        )
        for row in selectors.plates_to_read(at)
    ]


@panel("appeals", _("Appeal"), place=DUE, order=120, marks=("vetting",), permission="holds.release")
def appeals(_person: "Account", _at: datetime) -> list[Due]:
    """Appeals against holds and refusals."""
    return [
        Due(
            row.code,
            reverse("drivers_console:appeal", args=[row.code]),
            until=row.due_at,
            beside=row.hold.get_kind_display() if row.hold else _about(row.decision),
            holder=row.driver,
        )
        for row in selectors.open_appeals()
    ]


def _about(decision: "VettingDecision | None") -> str:
    return decision.application.code if decision is not None else ""


@panel(
    "applications", _("Application"), place=DUE, order=130, marks=("vetting",), permission="vetting.decide"
)
def applications(_person: "Account", _at: datetime) -> list[Due]:
    """Applications that wait for a reviewer."""
    return [
        Due(
            row.code,
            reverse("drivers_console:application", args=[row.code]),
            since=row.submitted_at,
            beside=row.get_line_display(),
            holder=row.driver,
        )
        for row in selectors.review_queue()
    ]


@panel(
    "vetting_cases", _("Vetting case"), place=DUE, order=140, marks=("vetting",), permission="vetting.decide"
)
def cases(_person: "Account", _at: datetime) -> list[Due]:
    """Vetting cases that wait for a decision."""
    return [
        Due(
            row.code,
            reverse("drivers_console:case", args=[row.code]),
            since=row.opened_at,
            beside=row.get_kind_display(),
            holder=row.driver,
        )
        for row in selectors.open_cases()
    ]


@panel("releases", _("Hold to release"), place=DUE, order=145, marks=("vetting",), permission="holds.release")
def releases(_person: "Account", _at: datetime) -> list[Due]:
    """Releases of holds that wait for a second person."""
    return [
        Due(
            row.code,
            reverse("drivers_console:hold", args=[row.code]),
            since=row.opened_at,
            beside=row.get_kind_display(),
            holder=row.driver,
        )
        for row in selectors.proposed_releases()
    ]
