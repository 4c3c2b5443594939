"""What staff may do with claims and accidents."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import safeguards, selectors, services
from complaints.actions.forms import WHY, NameContact
from complaints.errors import ClaimClosed
from complaints.models import Accident, Claim
from complaints.states import Settlement
from core.actions import Action, ActionForm, ActionSet, Given, Sure, choice, nothing_against, text, words
from core.permissions import may
from core.typed.fields import YUAN, Typed

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Account


class Propose(ActionForm):
    yuan = Typed(YUAN, label=_("Amount in yuan"))
    words = text(_("Reason"), rows=2)


class Settle(ActionForm):
    how = choice(_("Fault is settled"), Settlement.choices)
    words = text(_("Reason"), rows=2)


def _with_reason(service: Any, **fixed: object) -> Any:
    """A step of a claim whose service takes the words that were typed, if any, as its reason."""

    def run(claim: Claim, person: "Account", given: Given) -> None:
        service(account=person, code=claim.code, reason=given.get("words", ""), **fixed)

    return run


def _propose_claim(claim: Claim, person: "Account", given: Given) -> None:
    services.propose_claim(account=person, code=claim.code, fen=given["yuan"], reason=given["words"])


def _settle(claim: Claim, person: "Account", given: Given) -> None:
    services.settle_advance(
        account=person, code=claim.code, how=Settlement(given["how"]), reason=given["words"]
    )


def _claim(key: str, label: "str | Promise", run: Any, form: Any, two: str = "") -> None:
    """A step of a claim: its card shows what somebody could do with it now, and whoever decides sees who may not."""
    permission = CLAIM_WORK if key == "propose" else CLAIM_DECIDE
    CLAIMS.add(
        Action(
            key=key,
            label=label,
            permission=permission,
            run=run,
            form=form,
            two=two,
            offered=lambda claim, person: (
                not safeguards.closed(claim, key) and (key == "approve" or may(person, permission))
            ),
        )
    )


CLAIMS: ActionSet[Claim] = ActionSet(
    kind="claim",
    find=lambda code, _person: selectors.claim_by_code(code),
    route="complaints_console:claim_act",
    back=lambda claim: reverse("complaints_console:accident", args=[claim.accident.code]),
    why_not=safeguards.why_not,
    refused=ClaimClosed,
    had_a_part=lambda claim, key: (safeguards.had_a_part(claim, key),),
    lock=lambda claim, _given: (claim.accident, claim),
    listed=True,
)
CLAIM_WORK, CLAIM_DECIDE = "claims.work", "claims.decide"
GRANT, SETTLEMENT = safeguards.GRANT.key, safeguards.SETTLEMENT.key
_claim("propose", _("Propose"), _propose_claim, Propose, GRANT)
_claim("refuse", _("Refuse"), _with_reason(services.refuse_claim), words(_("Reason"), rows=2))
_claim("approve", _("Agree to the sum"), _with_reason(services.decide_claim, approves=True), Sure, GRANT)
_claim(
    "send_back",
    _("Send back"),
    _with_reason(services.decide_claim, approves=False),
    words(_("Why not, where you do not agree"), rows=2),
    GRANT,
)
_claim("reopen", _("Look at it again"), _with_reason(services.reopen_claim), words(WHY, rows=2))
_claim("settle", _("Settle the advance"), _settle, Settle, SETTLEMENT)
_claim(
    "settle_agree",
    _("Agree to the settlement"),
    _with_reason(services.decide_settlement, approves=True),
    Sure,
    SETTLEMENT,
)
_claim(
    "settle_refuse",
    _("Do not agree to the settlement"),
    _with_reason(services.decide_settlement, approves=False),
    words(WHY, rows=2),
    SETTLEMENT,
)


class NameAccidentContact(NameContact):
    to = choice(pgettext_lazy("named contact", "Somebody else"), [], drawn=False)


def _name_accident_contact(accident: Accident, person: "Account", given: Given) -> None:
    services.name_accident_contact(account=person, accident_code=accident.code, to=given["to"])


ACCIDENTS: ActionSet[Accident] = ActionSet(
    kind="accident",
    find=lambda code, _person: selectors.accident_by_code(code),
    route="complaints_console:accident_act",
    back=lambda accident: reverse("complaints_console:accident", args=[accident.code]),
    why_not=nothing_against,
)
ACCIDENTS.add(
    Action(
        key="contact",
        label=_("Change"),
        permission=CLAIM_DECIDE,
        run=_name_accident_contact,
        form=NameAccidentContact,
    )
)
