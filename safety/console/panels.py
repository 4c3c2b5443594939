"""What safety offers to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.console.navigation import CASES, NOW, link
from core.console.panels import BURNING, DUE, FIGURES, Due, Figure, panel
from safety import selectors

if TYPE_CHECKING:
    from accounts.models import Account

link(NOW, 20, _("Mine and hand-over"), "swap_horiz", "safety_console:mine", "incidents.respond")
link(NOW, 40, _("SOS by SMS"), "sms", "safety_console:packet", "incidents.respond")
link(CASES, 10, _("Incidents"), "crisis_alert", "admin:safety_incident_changelist", "safety.read")
link(CASES, 20, _("Welfare checks"), "person_search", "admin:safety_welfarecheck_changelist", "safety.read")
link(CASES, 30, _("Recordings"), "graphic_eq", "admin:safety_recording_changelist", "safety.read")


@panel(
    "incidents",
    _("Incidents"),
    place=BURNING,
    order=10,
    marks=("incidents",),
    template="console/_burning_row.html",
    permission="console.open",
)
def incidents(_person: "Account", _at: datetime) -> list[selectors.Burning]:
    """Live incidents by risk, then age."""
    return selectors.burning()


@panel(
    "offered_to_me",
    _("Offered to me"),
    place=DUE,
    order=5,
    marks=("incidents",),
    permission="incidents.respond",
)
def offered(person: "Account", _at: datetime) -> list[Due]:
    """Incidents that somebody asked this person to take over: they stay with whoever asked until they are taken."""
    return [
        Due(
            row.code,
            reverse("safety_console:incident", args=[row.code]),
            since=row.changed_at,
            level="bad",
            holder=row.taken_by,
            danger=3 if row.high_risk_at else 2,
        )
        for row in selectors.offered_to(person)
    ]


@panel(
    "watched",
    _("Asked, no answer"),
    place=DUE,
    order=8,
    marks=("incidents",),
    permission="incidents.respond",
)
def watched(_person: "Account", at: datetime) -> list[Due]:
    """Trips below the threshold whose passenger was asked whether all is well, and has not said so (S5)."""
    return [
        Due(
            row.trip_code,
            f"{reverse('admin:rides_trip_changelist')}?q={row.trip_code}",
            since=row.question.asked_at,
            level="bad",
            beside=" · ".join(str(each.label) for each in (*row.why, *([row.heard] if row.heard else []))),
            late=row.question.expires_at <= at,
        )
        for row in selectors.watched_by_question()
    ]


@panel(
    "sos_today",
    _("SOS taken within 10 s"),
    place=FIGURES,
    order=10,
    marks=("incidents",),
    permission="console.open",
)
def sos_today(_person: "Account", at: datetime) -> list[Figure]:
    """How many calls for help of today somebody took in time (S3)."""
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    every, in_time = selectors.sos_answered(day)
    return [Figure(f"{in_time}/{every}" if every else "—", _("SOS taken within 10 s"))]
