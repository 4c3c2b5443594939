"""What may be done with work summaries."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from complaints import selectors, services
from complaints.models import WorkSummary
from complaints.states import SummaryState
from core.actions import Action, ActionForm, ActionSet, Given, Sure, calls, text
from core.permissions import may

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Account


class Summary(Sure):
    """What one wrote; the hidden field says that the words are meant, whichever of them are empty."""

    judgement = forms.CharField(
        label=_("Which problems did you solve by your own judgement?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    learned = forms.CharField(
        label=_("What did you learn?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    skills = forms.CharField(
        label=_("Which skills do you want next?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    goals = forms.CharField(
        label=_("Goals"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    # Any number of them; the service keeps what belongs to the time.
    cases = forms.Field(
        label=_("Cases worth remembering"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        for name in ("judgement", "learned", "skills", "goals", "cases"):
            self.initial.setdefault(name, getattr(self.row, name))
        found = selectors.cases_to_remember(self.row.account, self.row.begins, self.row.ends)
        widget: Any = self.fields["cases"].widget
        widget.choices = [
            (case.code, f"{case.code} · {case.get_category_display()} · {case.get_level_display()}")
            for case in found
        ]
        if not found:
            del self.fields["cases"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return given | {"cases": given.get("cases") or []}


def _write(submit: bool) -> Any:
    def run(summary: WorkSummary, person: "Account", given: Given) -> str:
        said = {name: given[name] for name in ("judgement", "learned", "skills", "goals", "cases")}
        services.write_summary(account=person, code=summary.code, submit=submit, **said)
        return _now("Kept.")

    return run


def _not_written(summary: WorkSummary, person: "Account", key: str) -> "str | Promise":
    mine, state = summary.account_id == person.pk, SummaryState(summary.state)
    if key == "answer":
        if mine:
            return _("Somebody else answers your summary.")
        return "" if state == SummaryState.SUBMITTED else _("It does not wait for an answer.")
    if not mine:
        return _("Only whoever it is about writes it.")
    return "" if state == SummaryState.DRAFT else _("This summary was handed in already.")


SUMMARIES: ActionSet[WorkSummary] = ActionSet(
    kind="summary",
    find=lambda code, person: selectors.summary_by_code(
        person, code, supervises=may(person, "summaries.answer")
    ),
    route="complaints_console:summary_act",
    back=lambda summary: reverse("complaints_console:summary", args=[summary.code]),
    why_not=_not_written,
)
SUMMARIES.add(
    Action(key="keep", label=_("Keep the draft"), permission="console.open", run=_write(False), form=Summary),
    Action(key="hand_in", label=_("Hand it in"), permission="console.open", run=_write(True), form=Summary),
    Action(
        key="answer",
        label=_("Answer"),
        permission="summaries.answer",
        run=calls(services.answer_summary, "reply"),
        form=type("Reply", (ActionForm,), {"reply": text(_("Your answer"), rows=4)}),
    ),
)
