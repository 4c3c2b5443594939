"""What police offers to the console."""

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import formats
from core.console.navigation import CASES, GOVERNANCE, NOW, link
from core.console.panels import DUE, FIGURES, MINE, Due, Figure, panel
from police import register, selectors
from police.states import GradeReason, Urgency

if TYPE_CHECKING:
    from accounts.models import Account

link(NOW, 30, _("Police on the line"), "local_police", "police_console:line", "incidents.respond")
link(CASES, 50, _("Police requests"), "gavel", "admin:police_policerequest_changelist", "police.read")
link(CASES, 52, _("Preserved for the police"), "inventory_2", "police_console:preservations", "police.answer")
link(CASES, 51, _("Police: clocks and errors"), "timer", "police_console:clocks", "police.read")
link(
    GOVERNANCE, 34, _("Stations and officers"), "local_police", "police_console:stations", "stations.register"
)


def _page(code: str) -> str:
    return reverse("police_console:request", args=[code])


@panel("police_wait", _("Police wait"), place=DUE, order=10, marks=("police",), permission="police.answer")
def waiting(_person: "Account", at: datetime) -> list[Due]:
    """Requests without an answer: an emergency by its age, an ordinary one by when letters are answered (P5+)."""
    return [
        Due(
            row.code,
            _page(row.code),
            since=None if due else row.asked_at,
            until=due,
            level="bad",
            beside=row.agency,
            holder=row.get_state_display(),
            late=due is None or due <= at,
            danger=3 if row.urgency == Urgency.EMERGENCY else 2,
        )
        for row in selectors.undecided()
        for due in [selectors.letter_due(row, at)]
    ]


@panel(
    "police_identity",
    _("Identity part waits"),
    place=DUE,
    order=11,
    marks=("police",),
    permission="police.answer",
)
def identity(_person: "Account", at: datetime) -> list[Due]:
    """Emergencies whose car part went out alone, until the station is called back (P3a)."""
    return [
        Due(
            row.release.request.code,
            _page(row.release.request.code),
            until=row.due_at,
            level="bad",
            beside=row.release.request.agency,
            holder=row.get_state_display(),
            late=at > row.due_at,
            danger=3,
        )
        for row in selectors.identity_waits()
    ]


def _looked(many: int) -> str:
    return _now("%(n)s of 2 looked") % {"n": many}


@panel(
    "releases_to_review",
    _("Release to review"),
    place=DUE,
    order=110,
    marks=("police",),
    permission="police.answer",
)
def to_review(_person: "Account", _at: datetime) -> list[Due]:
    """Releases that fewer than two people have looked at."""
    return [
        Due(
            row.request.code,
            _page(row.request.code),
            since=row.released_at,
            beside=row.request.agency,
            holder=_looked(looks),
        )
        for row, looks in selectors.unreviewed_releases()
    ]


@panel(
    "officers_to_review",
    _("Officer to be called back again"),
    place=DUE,
    order=155,
    marks=("stations",),
    permission="stations.register",
)
def to_be_reviewed(_person: "Account", at: datetime) -> list[Due]:
    """Officers whose entry or call-back ends soon or is over: their station is called again, by two people (P1)."""
    return [
        Due(
            row.account.code,
            f"{reverse('police_console:stations')}?{urlencode({'q': row.agency.code, 'officer': row.account.code})}",
            until=ends,
            beside=row.agency,
            late=ends <= at,
        )
        for row, ends in register.officers_to_review(at)
    ]


@panel(
    "papers_missing",
    _("Paperwork missing"),
    place=DUE,
    order=150,
    marks=("police",),
    permission="police.answer",
)
def papers(_person: "Account", at: datetime) -> list[Due]:
    """Releases whose paperwork is due and has not come."""
    return [
        Due(row.code, _page(row.code), until=row.papers_due_at, level="bad", beside=row.agency, late=True)
        for row in selectors.missing_papers(at)
    ]


@panel(
    "police_line",
    _("Police on the line"),
    place=MINE,
    order=90,
    marks=(),
    permission="incidents.respond",
    template="console/_police_on_line.html",
)
def line(_person: "Account", _at: datetime) -> list[str]:
    """The way to take down who calls: the police ring without a case."""
    return [reverse("police_console:line")]


@panel(
    "releases_today",
    _("releases to the police"),
    place=FIGURES,
    order=20,
    marks=("police",),
    permission="console.open",
)
def releases(_person: "Account", at: datetime) -> list[Figure]:
    """How many emergency requests were released today, and how soon (P8)."""
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    clocks = selectors.release_clocks(today)
    whole = clocks.reasons.get(GradeReason.BORNE_OUT, 0)
    then = _now("(2018: %(m)s min)") % {"m": clocks.history_minutes}
    return [
        Figure(clocks.count, _("releases to the police")),
        Figure(formats.span(clocks.p95) if clocks.count else "—", _("p95, asked to released"), then),
        Figure(whole, _("of them whole at once: our own data bore them out")),
    ]
