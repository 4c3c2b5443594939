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
from core.actions import ActionForm, ActionSet, Given, Step, by_two, text
from core.errors import DomainError, NotFound
from core.four_eyes import SecondPersonNeeded
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


def _against(row: Guardianship, person: "Account", key: str) -> DomainError | None:
    if row.state != GuardianState.CONFIRMED:
        return IllegalTransition()
    # Who is not of age asked: it is their word, and one of our staff does it.
    alone = key == "end" and row.end_asked_at is None and row.end_proposed_by == person.code
    return SecondPersonNeeded() if alone else None


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
    *by_two(
        "accounts.guardian_end",
        guardians.MAY_END,
        Step(
            "propose",
            pgettext_lazy("guardian", "Propose that it ends"),
            _runs(guardians.propose_end, _("Proposed. A colleague agrees or not.")),
            Reason,
        ),
        Step(
            "end",
            pgettext_lazy("guardian", "End that they are the guardian"),
            _runs(guardians.end_for_somebody, _("Ended. Both are told.")),
            Reason,
        ),
        Step(
            "keep",
            pgettext_lazy("guardian", "It stays as it is"),
            _runs(guardians.keep_for_somebody, _("It stays. Who had asked is told.")),
            Reason,
        ),
        proposal=lambda row: row.end_waits,
    )
)
