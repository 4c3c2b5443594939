"""What staff do about board, rules and gate: letting a measure be, a version of a rule, a line's return, take two."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.actions import Action, ActionForm, ActionSet, Given, Step, Text, by_two, choice, text
from core.console.motions import desk
from core.errors import NotFound
from governance import comments, consultations, relaunch, rules
from governance.forms import authenticator
from governance.models import Comment, GatePassage, RuleChange
from governance.policies import CHANGE, COMMENT_PAIR, CONSULT, MODERATE, PASSAGE_PAIR, RULE_PAIR
from governance.states import CommentReason, CommentState, PassageState
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

CONSULTATIONS = desk(
    "consultation_motion",
    permission=CONSULT,
    kinds=consultations.KINDS,
    route="governance_console:consultation_act",
    back=lambda _motion: reverse("governance_console:consultations"),
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


def _agree_to_rule(row: RuleChange, person: "Account", given: Given) -> Text:
    rules.agree(account=person, code=row.code, digest=given["digest"])
    return _("Agreed: it is a version of the rule now.")


def _withdraw_rule(row: RuleChange, person: "Account", _given: Given) -> Text:
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
        run=_agree_to_rule,
        form=Signed,
        two=RULE_PAIR.key,
        offered=_waits,
    ),
    Action(
        key="withdraw",
        label=pgettext_lazy("rule change", "Withdraw"),
        permission=CHANGE,
        run=_withdraw_rule,
        two=RULE_PAIR.key,
        offered=_waits,
    ),
)
RECORDS = desk(
    "gate_motion",
    permission=relaunch.RELAUNCH,
    kinds=relaunch.KINDS,
    route="governance_console:record_act",
    back=lambda _motion: reverse("governance_console:gate"),
)


class SecondFactor(ActionForm):
    """The second signature of a relaunch."""

    token = authenticator()


def _passage(code: str, _person: "Account") -> GatePassage:
    row = GatePassage.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def _agree_to_return(row: GatePassage, person: "Account", given: Given) -> Text:
    found = relaunch.decide_relaunch(account=person, code=row.code, agrees=True, token=given["token"])
    if found.state == PassageState.LAPSED:
        return _("It lapsed: the build or the rules changed since it was proposed. The line stays suspended.")
    return _("Agreed. The line returns for the first share of people.")


def _withdraw_passage(row: GatePassage, person: "Account", _given: Given) -> Text:
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
        PASSAGE_PAIR.key,
        relaunch.RELAUNCH,
        None,
        Step("agree", _("Agree: let the line return"), _agree_to_return, SecondFactor),
        Step("withdraw", pgettext_lazy("motion", "Withdraw"), _withdraw_passage),
        proposal=lambda row: row.proposed_by if row.state == PassageState.PROPOSED else None,
    )
)


class Published(ActionForm):
    """The words as everybody will read them: they begin as they were written."""

    words = text(_("As everybody reads it"), rows=4, limit=comments.LONGEST)

    def prepare(self) -> None:
        self.fields["words"].initial = self.row.words


class Removed(ActionForm):
    """Why it is not published; everybody reads the reason."""

    reason = choice(_("Reason"), CommentReason.choices)


def _publish(row: Comment, person: "Account", given: Given) -> Text:
    comments.publish(account=person, code=row.code, words=given["words"])
    return _("Published.")


def _remove(row: Comment, person: "Account", given: Given) -> Text:
    comments.remove(account=person, code=row.code, reason=CommentReason(given["reason"]))
    return _("It is not published. Date, reason and digest stand on the page.")


def _restore(row: Comment, person: "Account", given: Given) -> Text:
    comments.restore(account=person, code=row.code, words=given["words"])
    return _("Published.")


def _uphold(row: Comment, person: "Account", _given: Given) -> Text:
    comments.uphold(account=person, code=row.code)
    return _("It stays unpublished.")


def _in_state(*states: str) -> Any:
    return lambda row, _person: row.state in states


COMMENTS: ActionSet[Comment] = ActionSet(
    kind="comment",
    find=lambda code, _person: comments.comment_by_code(code),
    route="governance_console:comment_act",
    back=lambda _row: reverse("governance_console:comments"),
    why_not=comments.against,
    had_a_part=lambda row, key: [row.decided_by] if key in {"restore", "uphold"} else (),
    listed=True,
)
COMMENTS.add(
    Action(
        key="publish",
        label=pgettext_lazy("comment", "Publish"),
        permission=MODERATE,
        run=_publish,
        form=Published,
        offered=_in_state(CommentState.WAITING),
    ),
    Action(
        key="remove",
        label=_("Do not publish"),
        permission=MODERATE,
        run=_remove,
        form=Removed,
        offered=_in_state(CommentState.WAITING, CommentState.PUBLISHED),
    ),
    Action(
        key="restore",
        label=_("Publish after all"),
        permission=MODERATE,
        run=_restore,
        form=Published,
        two=COMMENT_PAIR.key,
        offered=_in_state(CommentState.APPEALED),
    ),
    Action(
        key="uphold",
        label=_("Leave it unpublished"),
        permission=MODERATE,
        run=_uphold,
        two=COMMENT_PAIR.key,
        offered=_in_state(CommentState.APPEALED),
    ),
)
