"""What accounts offer to the console."""

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.guardians import MAY_END
from accounts.looks import MAY_ANSWER, unanswered, unusual
from accounts.selectors import ends_of_guardians_asked, guardianships_of
from core.actors import name_of
from core.console.navigation import DESK, GOVERNANCE, RIDES, link
from core.console.panels import DUE, Due, panel
from core.console.person import person_part

if TYPE_CHECKING:
    from accounts.models import Account, Guardianship


@person_part(pgettext_lazy("page", "Guardian"), template="console/_guardian_row.html")
def guardian(person: "Account") -> list["Guardianship"]:
    """Whom somebody who is not of age named, and how it ended (A9)."""
    return guardianships_of(person)


@panel(
    "guardians",
    _("Asked to end a guardian"),
    place=DUE,
    order=45,
    marks=("guardians",),
    permission=MAY_END,
)
def guardians(_person: "Account", _at: datetime) -> list[Due]:
    """Who is too young to end it alone and asks our staff to, and what a colleague proposed."""
    return [
        Due(
            row.teen.code,
            reverse("accounts_console:guardian", args=[row.pk]),
            since=row.end_asked_at or row.end_proposed_at,
            level="bad",
            danger=2,  # whoever passes for the guardian follows each trip until somebody has looked
        )
        for row in ends_of_guardians_asked()
    ]


link(RIDES, 80, _("Accounts"), "group", "admin:accounts_account_changelist", "accounts.read")
link(GOVERNANCE, 32, pgettext_lazy("staff", "Staff"), "badge", "accounts_console:staff", "staff.appoint")
link(DESK, 90, _("Looks without a case"), "visibility", "accounts_console:looks", MAY_ANSWER)


@panel("looks", _("Looks without a case"), place=DUE, order=160, marks=("looks",), permission=MAY_ANSWER)
def looks(person: "Account", _at: datetime) -> list[Due]:
    """Colleagues who looked at people with whom they have no case, until a supervisor has answered."""
    rows = unanswered().exclude(actor=person.code).order_by("actor", "at")
    found = []
    for actor, each in groupby(rows.values_list("actor", "at"), key=lambda row: row[0]):
        times = [at for _actor, at in each]
        count = ngettext("%(n)s look", "%(n)s looks", len(times)) % {"n": len(times)}
        found.append(Due(name_of(actor), reverse("accounts_console:looks"), since=times[0], beside=count))
    return found


@panel(
    "looks_unusual",
    _("Unusually many looks"),
    place=DUE,
    order=165,
    marks=("looks",),
    permission=MAY_ANSWER,
)
def looks_unusual(_person: "Account", at: datetime) -> list[Due]:
    """Colleagues who looked at data of people unusually often today, also inside their cases."""
    return [
        Due(
            name_of(actor),
            reverse("accounts_console:looks"),
            level="bad",
            beside=ngettext("%(n)s look today", "%(n)s looks today", each.all) % {"n": each.all},
            danger=1,
        )
        for actor, each in unusual(at).items()
    ]
