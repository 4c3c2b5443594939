"""What staff do about the board and the gate: letting a measure be, and letting a line return, take two."""

from typing import TYPE_CHECKING

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.actions import ActionForm, ActionSet, Given, Step, Text, by_two
from core.console.motions import desk
from core.errors import NotFound
from core.typed.fields import TOKEN, Typed
from governance import relaunch
from governance.models import GatePassage
from governance.policies import PAIR
from governance.states import PassageState
from governance.waivers import KINDS, WAIVE

if TYPE_CHECKING:
    from accounts.models import Account

WAIVERS = desk(
    "board_motion",
    permission=WAIVE,
    kinds=KINDS,
    route="governance_console:motion_act",
    back=lambda _motion: reverse("governance_console:board"),
)
RECORDS = desk(
    "gate_motion",
    permission=relaunch.RELAUNCH,
    kinds=relaunch.KINDS,
    route="governance_console:record_act",
    back=lambda _motion: reverse("governance_console:gate"),
)


class SecondFactor(ActionForm):
    """Whoever signs shows their authenticator now: a session that was left open signs nothing."""

    token = Typed(
        TOKEN,
        label=_("Six digits of your authenticator"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


def _passage(code: str, _person: "Account") -> GatePassage:
    row = GatePassage.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def _agree(row: GatePassage, person: "Account", given: Given) -> Text:
    found = relaunch.decide_relaunch(account=person, code=row.code, agrees=True, token=given["token"])
    if found.state == PassageState.LAPSED:
        return _("It lapsed: the build or the rules changed since it was proposed. The line stays suspended.")
    return _("Agreed. The line returns for the first share of people.")


def _withdraw(row: GatePassage, person: "Account", _given: Given) -> Text:
    relaunch.decide_relaunch(account=person, code=row.code, agrees=False)
    return pgettext_lazy("motion", "Withdrawn.")


PASSAGES: ActionSet[GatePassage] = ActionSet(
    kind="passage",
    find=_passage,
    route="governance_console:passage_act",
    back=lambda row: reverse("governance_console:gate_line", args=[row.line, row.city]),
    why_not=relaunch.against_passage,
)
PASSAGES.add(
    *by_two(
        PAIR.key,
        relaunch.RELAUNCH,
        None,
        Step("agree", _("Agree: let the line return"), _agree, SecondFactor),
        Step("withdraw", pgettext_lazy("motion", "Withdraw"), _withdraw),
        proposal=lambda row: row.proposed_by if row.state == PassageState.PROPOSED else None,
    )
)
