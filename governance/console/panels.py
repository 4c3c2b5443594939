"""What governance offers to the console."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.console.navigation import DESK, GOVERNANCE, link
from core.console.panels import DUE, FIGURES, STATE, Due, Figure, panel
from governance import comments, concerns, counted, reviews
from governance.measures import OWNERS
from governance.policies import CONCERNS_ANSWER, CONSULT, MODERATE, PUBLISH, REVIEW
from governance.selectors import Row, last_board
from governance.transparency.owed import owed

if TYPE_CHECKING:
    from accounts.models import Account

link(GOVERNANCE, 10, _("Rectification board"), "fact_check", "governance_console:board", "console.open")
link(GOVERNANCE, 15, _("Rules"), "rule", "governance_console:rules", "console.open")
link(GOVERNANCE, 16, _("Relaunch gate"), "traffic", "governance_console:gate", "console.open")
link(GOVERNANCE, 17, _("Transparency reports"), "bar_chart", "governance_console:reports", "console.open")
link(
    GOVERNANCE,
    18,
    _("The regulator's feed"),
    "account_balance",
    "governance_console:regulator",
    "governance.read",
)
link(GOVERNANCE, 21, _("Public questions"), "how_to_vote", "governance_console:consultations", "console.open")
link(GOVERNANCE, 22, _("Comments of the public"), "forum", "governance_console:comments", MODERATE)
link(GOVERNANCE, 20, _("Drills"), "sprint", "admin:governance_drillrun_changelist", "governance.read")
link(DESK, 95, _("Speak up"), "campaign", "governance:speak_up", "console.open")
link(
    GOVERNANCE, 30, _("Reports in confidence"), "lock_person", "governance_console:concerns", CONCERNS_ANSWER
)
link(GOVERNANCE, 25, _("Reviews of what happened"), "history_edu", "governance_console:reviews", REVIEW)
SOON, QUARTER = timedelta(hours=24), timedelta(days=90)


@panel(
    "board",
    _("Rectification board"),
    place=STATE,
    order=20,
    marks=("board",),
    template="console/_measure_shape.html",
    permission="console.open",
)
def board(_person: "Account", _at: datetime) -> list[Row]:
    """Every measure as the last round found it."""
    return last_board(waivers=False)


@panel(
    "concerns",
    _("Report in confidence"),
    place=DUE,
    order=170,
    marks=("concerns",),
    permission=CONCERNS_ANSWER,
)
def concerns_due(person: "Account", at: datetime) -> list[Due]:
    """What was reported in confidence and nobody has answered, by the clock that runs (G9)."""
    return [
        Due(
            each.row.code,
            reverse("governance_console:concern", args=[each.row.code]),
            until=each.due,
            level="bad" if each.grave or each.due - at < SOON else "warn",
            beside=pgettext_lazy("concern", "a second person is asked for") if each.opening else "",
            holder=each.row.looked_by or each.row.get_state_display(),
            late=each.due <= at,
            danger=2 if each.grave else 0,
        )
        for each in concerns.waiting_for(person, at)
    ]


@panel(
    "concerns_counted",
    _("Reports in confidence, 90 days"),
    place=FIGURES,
    order=170,
    marks=("concerns",),
    permission="console.open",
)
def concerns_counted(_person: "Account", at: datetime) -> list[Figure]:
    """Of how many dangers that were reported in confidence no clock was broken: for all to see."""
    found = concerns.counted(at - QUARTER, at)
    in_time = f"{found.every - found.broken}/{found.every}" if found.every else "—"
    return [Figure(in_time, _("Reports in confidence in time, 90 days"))]


@panel(
    "reviews",
    _("Review of what happened"),
    place=DUE,
    order=175,
    marks=("reviews",),
    permission=REVIEW,
)
def reviews_due(_person: "Account", at: datetime) -> list[Due]:
    """Each death, severe injury and broken clock whose review is not done, by when it is due (G10)."""
    return [
        Due(
            row.code,
            reverse("governance_console:review", args=[row.code]),
            until=row.due_at,
            level="bad" if row.due_at - at < 3 * SOON else "warn",
            beside=row.get_kind_display(),
            holder=row.written_by,
            late=row.due_at <= at,
        )
        for row in reviews.open_rows()
    ]


@panel(
    "consultations",
    _("Public questions to answer"),
    place=DUE,
    order=172,
    marks=("board",),
    permission=CONSULT,
)
def consultations(_person: "Account", at: datetime) -> list[Due]:
    """Questions that closed and have no answer yet."""
    return [
        Due(
            code=row.slug,
            link=reverse("governance_console:consultations"),
            until=counted.answer_due(row),
            late=counted.answer_due(row) < at,
        )
        for row in counted.owed(at)
    ]


@panel(
    "reports",
    _("Transparency report to publish"),
    place=DUE,
    order=173,
    marks=("board", "reports"),
    permission=PUBLISH,
)
def reports_due(_person: "Account", at: datetime) -> list[Due]:
    """Months that are over and have no published report, by when it is due (G7)."""
    return [
        Due(
            code=month.name,
            link=reverse("governance_console:reports"),
            until=month.due,
            level="bad" if month.late else "warn",
            holder=OWNERS["company"],
            late=month.late,
        )
        for month in owed(at)
    ]


@panel("comments", _("Comment to look at"), place=DUE, order=174, marks=("board",), permission=MODERATE)
def comments_to_look_at(person: "Account", _at: datetime) -> list[Due]:
    """What the public wrote and nobody has looked at; an appeal waits for another person than the first."""
    return [
        Due(
            code=row.code,
            link=reverse("governance_console:comments"),
            since=row.sent_at,
            danger=2 if row.danger == "severe" else 0,
        )
        for row in comments.to_look_at()
        if row.decided_by != person.code
    ]
