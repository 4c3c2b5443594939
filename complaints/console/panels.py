"""What complaints offer to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from complaints import selectors
from complaints.states import Level
from core import formats
from core.console.navigation import CASES, DESK, key, link
from core.console.panels import DUE, NOTICES, Due, panel
from core.danger import said_of

if TYPE_CHECKING:
    from accounts.models import Account
    from complaints.rosters import Hour

WORK = "complaints.work"
_STAKE = {Level.SEVERE: 2, Level.RAISED: 1, Level.ORDINARY: 0}
MESSAGES = 5  # from outside that stand on the first page
SHORT_HOURS = 6  # hours with too few specialists that the notice names

link(CASES, 40, _("Complaints"), "forum", "complaints_console:queue", WORK)
link(CASES, 60, _("Accidents and safeguards"), "personal_injury", "complaints_console:accidents", WORK)
link(CASES, 70, _("Care"), "volunteer_activism", "complaints_console:care", WORK)
link(CASES, 80, _("Messages from outside"), "forward_to_inbox", "complaints_console:outside", WORK)
link(DESK, 10, _("Roster"), "calendar_month", "complaints_console:roster", WORK)
link(DESK, 20, _("Guides"), "menu_book", "complaints_console:guides", WORK)
link(DESK, 30, _("Macros"), "quickreply", "complaints_console:macros", WORK)
link(DESK, 40, _("Danger words"), "priority_high", "complaints_console:words", "danger_words.try")
link(DESK, 50, _("Practice"), "school", "complaints_console:practice", "console.open")
link(DESK, 60, _("Work summaries"), "summarize", "complaints_console:summaries", "console.open")
link(DESK, 70, _("Team"), "diversity_3", "complaints_console:team", "roster.plan")
link(DESK, 80, _("Reports"), "bar_chart", "complaints_console:reports", WORK)

key(10, "j", "k", does=_("next and previous in the queue"))
key(20, "Enter", does=_("open what is marked"))
key(30, "g", does=_("take the next one that nobody has"))
key(40, "/", does=_("search"))
key(50, "t", does=_("take it"))
key(60, "a", does=_("answer"))
key(70, "n", does=_("note"))
key(80, "d", does=_("decide"))
key(90, "z", does=_("undo the last assignment"))
key(100, "q", does=_("back to the queue"))
key(110, "Ctrl+Enter", does=_("send what is being written"))
key(120, "Esc", does=_("leave a field"))
key(130, "?", does=_("this list"))


@panel(
    "roster_gaps",
    _("Roster"),
    place=NOTICES,
    order=20,
    marks=("roster",),
    permission=WORK,
    template="console/_roster_gaps.html",
)
def roster_gaps(_person: "Account", at: datetime) -> list[list["Hour"]]:
    """Hours of the next half day with too few specialists, all in one notice."""
    gaps = selectors.roster_gaps(at)[:SHORT_HOURS]
    return [gaps] if gaps else []


@panel("complaints", _("Complaint"), place=DUE, order=70, marks=("complaints",), permission=WORK)
def complaints(person: "Account", at: datetime) -> list[Due]:
    """What of one's own, or of nobody's, falls due next."""
    return [
        Due(
            row.code,
            reverse("complaints_console:case", args=[row.code]),
            until=row.due_at,
            what=format_lazy("{} · {}", _("Complaint"), row.get_level_display()),
            level="bad" if row.level == Level.SEVERE else "warn",
            beside=row.get_category_display(),
            holder=row.owner.code if row.owner else "—",
            late=row.due_at is not None and row.due_at < at,
            danger=_STAKE[Level(row.level)],
        )
        for row in selectors.due_soon(person)
    ]


@panel("claims", _("Claim"), place=DUE, order=80, marks=("claims",), permission="claims.decide")
def claims(person: "Account", _at: datetime) -> list[Due]:
    """Claims that wait for a second person who is not this one."""
    return [
        Due(
            row.code,
            f"{reverse('complaints_console:accident', args=[row.accident.code])}#{row.code}",
            since=row.filed_at,
            beside=row.get_kind_display(),
            holder=formats.money(row.proposed_fen),
        )
        for row in selectors.claims_to_decide(person)
    ]


@panel("care", _("Care"), place=DUE, order=90, marks=("care",), permission=WORK)
def care(person: "Account", at: datetime) -> list[Due]:
    """Care that is overdue and one's own, or nobody's."""
    return [
        Due(
            row.concerns,
            reverse("complaints_console:care"),
            until=row.due_at,
            what=row.get_kind_display(),
            holder=row.owner.code if row.owner else "—",
            late=True,
        )
        for row in selectors.care_due(person, at)
    ]


@panel("outside", _("Message from outside"), place=DUE, order=100, marks=("complaints",), permission=WORK)
def outside(_person: "Account", _at: datetime) -> list[Due]:
    """Messages that nobody sorted yet, those from a trip first, then those of danger; and how many wait beside these."""
    rows, page = selectors.waiting_messages(), reverse("complaints_console:outside")
    due = [
        Due(
            row.code,
            page,
            since=row.at,
            level="bad" if row.danger == Level.SEVERE else "warn",
            beside=said_of(row.heard),
            holder=row.get_channel_display(),
            danger=3 if row.danger == Level.SEVERE and not row.from_crowd else 0,
            known=bool(row.trip),
        )
        for row in rows[:MESSAGES]
    ]
    if more := len(rows) + selectors.more_waiting(len(rows)) - len(due):
        said = ngettext("%(more)s more", "%(more)s more", more) % {"more": more}
        rest = rows[MESSAGES:]
        level = "bad" if any(row.danger == Level.SEVERE for row in rest) else "warn"
        due.append(Due(said, page, since=min(row.at for row in rest), level=level))
    return due
