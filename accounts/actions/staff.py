"""What may be done about somebody on the staff."""

from typing import TYPE_CHECKING

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import staffing
from accounts.errors import AlreadySo, OwnAccount
from accounts.models import Account
from core import motions
from core.actions import Action, ActionForm, ActionSet, Given, calls, choice, text
from core.console.motions import desk
from core.errors import DomainError
from core.permissions import Role, is_still, may

if TYPE_CHECKING:
    from core.actions import Text

PROPOSED = _("Proposed. Somebody else has to agree.")


class Reason(ActionForm):
    reason = text(_("Reason"), limit=300)


class RoleForm(Reason):
    role = choice(_("New role"), [], drawn=False)
    field_order = ["role", "reason"]

    def prepare(self) -> None:
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        others = [role for role in staffing.ROLES if not is_still(self.row, role)]
        field.choices = [("", "—"), *((role.value, role.label) for role in others)]


def _role(row: Account, person: Account, given: Given) -> "Text":
    wanted = staffing.AnotherRole(Role(given["role"]), given["reason"])
    motions.propose(account=person, kind=staffing.ANOTHER_ROLE, given=wanted, subject=row.code)
    return PROPOSED


def _let_in(row: Account, person: Account, given: Given) -> "Text":
    because = staffing.Because(given["reason"])
    motions.propose(account=person, kind=staffing.LET_IN, given=because, subject=row.code)
    return PROPOSED


def _set_up_anew(row: Account, person: Account, given: Given) -> "Text":
    because = staffing.Because(given["reason"])
    motions.propose(account=person, kind=staffing.SET_UP_ANEW, given=because, subject=row.code)
    return PROPOSED


def _against(row: Account, person: Account, key: str) -> DomainError | None:
    """Nobody stops themselves; who is suspended is let in again before anything else. Raises `KeyError` for no action."""
    return {
        "role": None if row.is_active else AlreadySo(),
        "set-up-anew": None if row.is_active else AlreadySo(),
        "suspend": OwnAccount() if row.pk == person.pk else None if row.is_active else AlreadySo(),
        "let-in": AlreadySo() if row.is_active else None,
    }[key]


STAFF: ActionSet[Account] = ActionSet(
    kind="staff",
    find=lambda code, _person: staffing.staff_by_code(code),
    route="accounts_console:staff_act",
    back=lambda row: reverse("accounts_console:member", args=[row.code]),
    why_not=_against,
)
STAFF.add(
    Action(
        key="role",
        label=_("Propose another role"),
        permission=staffing.APPOINT,
        run=_role,
        form=RoleForm,
        two=motions.PAIR.key,
        offered=lambda row, _person: row.is_active and may(row, "console.open"),
    ),
    Action(
        key="set-up-anew",
        label=_("Propose a new second factor"),
        permission=staffing.APPOINT,
        run=_set_up_anew,
        form=Reason,
        two=motions.PAIR.key,
        offered=lambda row, _person: row.is_active,
    ),
    Action(
        key="suspend",
        label=pgettext_lazy("staff", "Suspend at once"),
        permission=staffing.SUSPEND,
        run=calls(staffing.suspend, "reason", done=_("Suspended. All their sessions ended.")),
        form=Reason,
        urgent=True,
        offered=lambda row, _person: row.is_active,
    ),
    Action(
        key="let-in",
        label=_("Propose to let in again"),
        permission=staffing.APPOINT,
        run=_let_in,
        form=Reason,
        two=motions.PAIR.key,
        offered=lambda row, _person: not row.is_active,
    ),
)
MOTIONS = desk(
    "staff_motion",
    permission=staffing.APPOINT,
    kinds=staffing.KINDS,
    route="accounts_console:motion_act",
    back=lambda _motion: reverse("accounts_console:staff"),
)
