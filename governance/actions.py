"""What staff do about board, rules and gate: letting a measure be, a version of a rule, a line's return, take two."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import motions, policy
from core.actions import Action, ActionForm, ActionSet, Given, Step, Text, by_two, calls, choice, text, words
from core.console.motions import desk
from core.errors import NotFound
from core.typed.fields import Day
from governance import comments, concerns, consultations, relaunch, reviews, rules
from governance.forms import authenticator
from governance.measures import OWNERS, measures
from governance.models import Comment, Concern, GatePassage, Review, RuleChange, TransparencyReport
from governance.policies import (
    ACTION_PAIR,
    CHANGE,
    COMMENT_PAIR,
    CONCERNS_ANSWER,
    CONCERNS_OPEN,
    CONSULT,
    MODERATE,
    OPENING_PAIR,
    PASSAGE_PAIR,
    PUBLISH,
    REPORT_PAIR,
    REVIEW,
    REVIEW_DONE,
    REVIEW_PAIR,
    RULE_PAIR,
)
from governance.states import (
    CommentReason,
    CommentState,
    ConcernState,
    PassageState,
    ProposalState,
    ReviewState,
    Shows,
)
from governance.transparency import reports
from governance.waivers import KINDS, WAIVE

if TYPE_CHECKING:
    from accounts.models import Account

CONSULTATIONS = desk(
    "consultation_motion",
    permission=CONSULT,
    kinds=consultations.KINDS,
    route="governance_console:consultation_act",
    back=lambda _motion: reverse("governance_console:consultations"),
)
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


def _publish(row: TransparencyReport, person: "Account", _given: Given) -> Text:
    reports.publish(account=person, code=row.code)
    return _("Published: everybody reads it now.")


def _withdraw_report(row: TransparencyReport, person: "Account", _given: Given) -> Text:
    reports.withdraw(account=person, code=row.code)
    return pgettext_lazy("motion", "Withdrawn.")


REPORTS: ActionSet[TransparencyReport] = ActionSet(
    kind="transparency_report",
    find=lambda code, _person: reports.report_of(code),
    route="governance_console:report_act",
    back=lambda row: reverse("governance_console:report", args=[row.code]),
    why_not=reports.against,
)
REPORTS.add(
    *by_two(
        REPORT_PAIR.key,
        PUBLISH,
        None,
        Step("publish", _("Publish these figures"), _publish),
        Step("withdraw", pgettext_lazy("motion", "Withdraw"), _withdraw_report),
        proposal=lambda row: row.proposed_by if row.state == ProposalState.PROPOSED else None,
    )
)


class WhyOpen(ActionForm):
    """Why it has to be known who reported; that person reads it."""

    reason = text(pgettext_lazy("concern", "Why; whoever reported reads it"), rows=2, limit=300)


def _asked_by(row: Concern) -> str:
    asked = concerns.opening_asked(row)
    return asked.asked_by if asked else ""


def _had_a_part(row: Concern, key: str) -> set[str]:
    return {_asked_by(row)} - {""} if key == "agree" else set()


SPOKEN: ActionSet[Concern] = ActionSet(
    kind="concern",
    find=concerns.concern_for,
    route="governance_console:concern_act",
    back=lambda row: reverse("governance_console:concern", args=[row.code]),
    why_not=concerns.why_not,
    had_a_part=_had_a_part,
)
SPOKEN.add(
    Action(
        key="look",
        label=pgettext_lazy("concern", "I look into it"),
        permission=CONCERNS_ANSWER,
        run=calls(concerns.look),
        urgent=True,
        offered=lambda row, _person: row.state == ConcernState.RECEIVED,
    ),
    Action(
        key="ask",
        label=pgettext_lazy("concern", "Ask back"),
        permission=CONCERNS_ANSWER,
        run=calls(concerns.ask, "words"),
        form=words(pgettext_lazy("concern", "Your question"), rows=3, limit=concerns.LONGEST_WORDS),
        offered=lambda row, _person: row.state != ConcernState.RECEIVED,
    ),
    Action(
        key="answer",
        label=pgettext_lazy("concern", "Answer"),
        permission=CONCERNS_ANSWER,
        run=calls(concerns.answer, "words"),
        form=words(
            pgettext_lazy("concern", "What you found, and what is done about it"),
            rows=4,
            limit=concerns.LONGEST_WORDS,
        ),
        offered=lambda row, _person: row.state != ConcernState.RECEIVED,
    ),
    *by_two(
        OPENING_PAIR.key,
        CONCERNS_OPEN,
        Step(
            "open",
            pgettext_lazy("concern", "Ask to open who reported"),
            calls(concerns.ask_to_open, "reason"),
            WhyOpen,
        ),
        Step(
            "agree",
            pgettext_lazy("concern", "Agree: we two read who reported"),
            calls(concerns.decide_opening, agrees=True),
            urgent=True,
        ),
        Step(
            "refuse",
            pgettext_lazy("concern", "Do not open it"),
            calls(concerns.decide_opening, agrees=False),
        ),
        proposal=_asked_by,
    ),
)


class WriteReview(ActionForm):
    """What happened, why, and what had warned before; what stands there already is in the form."""

    facts = text(pgettext_lazy("review", "What happened"), rows=4)
    causes = text(pgettext_lazy("review", "Causes"), rows=4)
    warned = text(pgettext_lazy("review", "What had warned before"), rows=4)

    def prepare(self) -> None:
        for name in self.fields:
            self.fields[name].initial = getattr(self.row, name)


class AddAction(ActionForm):
    """An action that everybody reads, whose office answers for it, until when, and what will show it."""

    words_zh = text(pgettext_lazy("review", "Action, in Chinese; everybody reads it"), limit=200)
    words_en = text(pgettext_lazy("review", "Action, in English; everybody reads it"), limit=200)
    owner = choice(pgettext_lazy("review", "Answers for it"), OWNERS.items(), drawn=False)
    due = Day(label=pgettext_lazy("review", "Due on"))
    named = forms.ChoiceField(label=pgettext_lazy("review", "What will show it"))
    target = forms.CharField(
        label=pgettext_lazy("review", "What the rule shall say, in JSON; only where a rule shows it"),
        max_length=2_000,
        required=False,
    )

    def prepare(self) -> None:
        self.fields["named"] = choice(
            pgettext_lazy("review", "What will show it"),
            [
                *(
                    (f"{Shows.MEASURE}:{row.id}", f"{row.id} {row.title}"[:80])
                    for row in measures()
                    if reviews.may_show(row.id)
                ),
                *((f"{Shows.RULE}:{rule.key}", str(rule.name)) for rule in policy.declared()),
            ],
            drawn=False,
        )


def _add_action(row: Review, person: "Account", given: Given) -> Text:
    shows, _colon, named = given["named"].partition(":")
    reviews.add_action(
        account=person,
        code=row.code,
        words_zh=given["words_zh"],
        words_en=given["words_en"],
        owner=given["owner"],
        due=given["due"],
        shows=shows,
        named=named,
        target=given["target"],
    )
    return _("It stands on the board once the review is done, without evidence until it is shown.")


class WithdrawAction(ActionForm):
    """Which published action is withdrawn, and why; everybody reads it, and the action stays beside it."""

    action = forms.ChoiceField(label=pgettext_lazy("review", "Which action"))
    why_zh = text(pgettext_lazy("review", "Why, in Chinese; everybody reads it"), limit=reviews.LONGEST_WHY)
    why_en = text(pgettext_lazy("review", "Why, in English; everybody reads it"), limit=reviews.LONGEST_WHY)

    def prepare(self) -> None:
        standing = [(each.code, f"{each.code} {each.words}"[:80]) for each in reviews.standing(self.row)]
        self.fields["action"] = choice(pgettext_lazy("review", "Which action"), standing, drawn=False)


class CorrectAction(WithdrawAction):
    """As it shall read instead. What shows it stays."""

    words_zh = text(pgettext_lazy("review", "Action, in Chinese; everybody reads it"), limit=200)
    words_en = text(pgettext_lazy("review", "Action, in English; everybody reads it"), limit=200)
    owner = choice(pgettext_lazy("review", "Answers for it"), OWNERS.items(), drawn=False)
    due = Day(label=pgettext_lazy("review", "Due on"))


def _end_action(row: Review, person: "Account", given: Given) -> Text:
    if given["action"] not in {each.code for each in reviews.standing(row)}:
        raise NotFound
    said = {name: value for name, value in given.items() if name != "action"}
    motions.propose(
        account=person, kind=reviews.ENDING, given=reviews.Ending(**said), subject=given["action"]
    )
    return _("Proposed. Somebody else has to agree.")


ENDINGS = desk(
    "review_motion",
    permission=REVIEW_DONE,
    kinds=reviews.KINDS,
    route="governance_console:review_motion_act",
    back=lambda _motion: reverse("governance_console:reviews"),
)
REVIEWS: ActionSet[Review] = ActionSet(
    kind="review",
    find=reviews.review_of,
    route="governance_console:review_act",
    back=lambda row: reverse("governance_console:review", args=[row.code]),
    why_not=reviews.why_not,
    had_a_part=lambda row, key: reviews.had_a_part(row) if key == "finish" else set(),
)
REVIEWS.add(
    Action(
        key="write",
        label=pgettext_lazy("review", "Write down"),
        permission=REVIEW,
        run=calls(reviews.write, "facts", "causes", "warned"),
        form=WriteReview,
        two=REVIEW_PAIR.key,
    ),
    Action(
        key="add",
        label=pgettext_lazy("review", "Add an action"),
        permission=REVIEW,
        run=_add_action,
        form=AddAction,
    ),
    Action(
        key="finish",
        label=pgettext_lazy("review", "Agree: the review is done"),
        permission=REVIEW_DONE,
        run=calls(reviews.finish),
        two=REVIEW_PAIR.key,
        offered=lambda row, _person: row.state == ReviewState.OPEN,
    ),
    *(
        Action(
            key=key,
            label=label,
            permission=REVIEW_DONE,
            run=_end_action,
            form=form,
            two=ACTION_PAIR.key,
            offered=lambda row, _person: row.state == ReviewState.DONE,
        )
        for key, label, form in (
            ("withdraw_action", pgettext_lazy("review", "Withdraw an action"), WithdrawAction),
            ("correct_action", pgettext_lazy("review", "Correct an action"), CorrectAction),
        )
    ),
)


class Published(ActionForm):
    """The words as everybody will read them: they begin as they were written."""

    words = text(_("As everybody reads it"), rows=4, limit=comments.LONGEST)

    def prepare(self) -> None:
        self.fields["words"].initial = self.row.words


class Removed(ActionForm):
    """Why it is not published; everybody reads the reason."""

    reason = choice(_("Reason"), CommentReason.choices)


def _publish_comment(row: Comment, person: "Account", given: Given) -> Text:
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
        run=_publish_comment,
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
