"""What staff do about the guardian of somebody who is not of age (A9)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import guardians
from accounts.models import Guardianship
from accounts.selectors import guardianship
from accounts.states import GuardianState
from core import typed
from core.actions import Action, ActionForm, ActionSet, Given, text
from core.errors import NotFound
from core.permissions import may
from core.states import IllegalTransition

if TYPE_CHECKING:
    from accounts.models import Account
    from core.actions import Text


class Reason(ActionForm):
    reason = text(_("Reason: who asked, and what you found"), rows=2, limit=400)


def _find(code: str, person: "Account") -> Guardianship:
    number = typed.number.guess(code)
    row = guardianship(number) if number is not None and may(person, guardians.MAY_END) else None
    if row is None:
        raise NotFound
    return row


def _against(row: Guardianship, _person: "Account", _key: str) -> IllegalTransition | None:
    return None if row.state == GuardianState.CONFIRMED else IllegalTransition()


def _runs(
    service: Callable[..., Guardianship], said: "Text"
) -> Callable[[Guardianship, "Account", Given], "Text"]:
    """Staff decide by a service, with a reason, and read what it did."""

    def run(row: Guardianship, person: "Account", given: Given) -> "Text":
        service(account=person, number=row.pk, reason=given["reason"])
        return said

    return run


GUARDIANS: ActionSet[Guardianship] = ActionSet(
    kind="guardianship",
    find=_find,
    code=lambda row: str(row.pk),
    route="accounts_console:guardian_act",
    back=lambda row: reverse("accounts_console:guardian", args=[row.pk]),
    why_not=_against,
)
GUARDIANS.add(
    Action(
        key="end",
        label=pgettext_lazy("guardian", "End that they are the guardian"),
        permission=guardians.MAY_END,
        run=_runs(guardians.end_for_somebody, _("Ended. Both are told.")),
        form=Reason,
    ),
    Action(
        key="keep",
        label=pgettext_lazy("guardian", "It stays as it is"),
        permission=guardians.MAY_END,
        run=_runs(guardians.keep_for_somebody, _("It stays. They are told.")),
        form=Reason,
        offered=lambda row, _person: row.end_asked_at is not None,
    ),
)
