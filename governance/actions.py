"""What staff do about the board and the rules: letting a measure be, and a version of a rule, take two."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.actions import Action, ActionForm, ActionSet, Given, Text
from core.console.motions import desk
from governance import rules
from governance.models import RuleChange
from governance.policies import CHANGE, PAIR
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


class Signed(ActionForm):
    """Carries the digest of what stands on the page: whoever agrees agrees to that, whatever it is by now."""

    template = "console/_signed.html"
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["digest"].initial = self.read_now

    @property
    def read_now(self) -> str:
        """Of what is drawn beside it, also after a refusal."""
        return rules.digest_of(self.row)


def _agree(row: RuleChange, person: "Account", given: Given) -> Text:
    rules.agree(account=person, code=row.code, digest=given["digest"])
    return _("Agreed: it is a version of the rule now.")


def _withdraw(row: RuleChange, person: "Account", _given: Given) -> Text:
    rules.withdraw(account=person, code=row.code)
    return pgettext_lazy("rule change", "Withdrawn.")


def _waits(row: RuleChange, _person: Any) -> bool:
    return row.state == "proposed"


RULE_CHANGES: ActionSet[RuleChange] = ActionSet(
    kind="rule_change",
    find=lambda code, _person: rules.change_of(code),
    route="governance_console:rule_act",
    back=lambda row: reverse("governance_console:rule", args=[row.key]),
    why_not=rules.against,
    listed=True,
)
RULE_CHANGES.add(
    Action(
        key="agree",
        label=_("Agree to what stands here"),
        permission=CHANGE,
        run=_agree,
        form=Signed,
        two=PAIR.key,
        offered=_waits,
    ),
    Action(
        key="withdraw",
        label=pgettext_lazy("rule change", "Withdraw"),
        permission=CHANGE,
        run=_withdraw,
        two=PAIR.key,
        offered=_waits,
    ),
)
