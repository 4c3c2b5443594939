"""What governance offers to the console."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core.console.navigation import GOVERNANCE, link
from core.console.panels import STATE, panel
from governance.selectors import Row, last_board

if TYPE_CHECKING:
    from accounts.models import Account

link(GOVERNANCE, 10, _("Rectification board"), "fact_check", "governance_console:board")
link(GOVERNANCE, 15, _("Rules"), "rule", "governance_console:rules")
link(GOVERNANCE, 16, _("Relaunch gate"), "traffic", "governance_console:gate")
link(GOVERNANCE, 17, _("Transparency reports"), "bar_chart", "governance_console:reports")
link(
    GOVERNANCE,
    18,
    _("The regulator's feed"),
    "account_balance",
    "governance_console:regulator",
    "governance.read",
)
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
