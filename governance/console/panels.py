"""What governance offers to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.console.navigation import GOVERNANCE, link
from core.console.panels import DUE, STATE, Due, panel
from governance import counted
from governance.policies import CONSULT
from governance.selectors import Row, last_board

if TYPE_CHECKING:
    from accounts.models import Account

link(GOVERNANCE, 10, _("Rectification board"), "fact_check", "governance_console:board")
link(GOVERNANCE, 15, _("Rules"), "rule", "governance_console:rules")
link(GOVERNANCE, 16, _("Relaunch gate"), "traffic", "governance_console:gate")
link(GOVERNANCE, 17, _("Public questions"), "how_to_vote", "governance_console:consultations")
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
    order=165,
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
