"""What governance offers to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.console.navigation import GOVERNANCE, link
from core.console.panels import DUE, STATE, Due, panel
from governance import comments, counted
from governance.policies import CONSULT, MODERATE
from governance.selectors import Row, last_board

if TYPE_CHECKING:
    from accounts.models import Account

link(GOVERNANCE, 10, _("Rectification board"), "fact_check", "governance_console:board")
link(GOVERNANCE, 15, _("Rules"), "rule", "governance_console:rules")
link(GOVERNANCE, 16, _("Relaunch gate"), "traffic", "governance_console:gate")
link(GOVERNANCE, 17, _("Public questions"), "how_to_vote", "governance_console:consultations")
link(GOVERNANCE, 18, _("Comments of the public"), "forum", "governance_console:comments", MODERATE)
link(GOVERNANCE, 20, _("Drills"), "sprint", "admin:governance_drillrun_changelist", "governance.read")


@panel(
    "board",
    _("Rectification board"),
    place=STATE,
    order=20,
    marks=("board",),
    template="console/_measure_shape.html",
)
def board(_person: "Account", _at: datetime) -> list[Row]:
    """Every measure as the last round found it."""
    return last_board(waivers=False)


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
            late=counted.is_late(row, at),
        )
        for row in counted.owed(at)
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
