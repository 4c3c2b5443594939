from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.typed.fields import REAL_NAME, TOKEN, Typed
from governance.measures import measures
from governance.waivers import MOST_DAYS
from rides.states import Line


class WaiverForm(forms.Form):
    """Which measure is let be, why and how long. Those on which lives depend are not among them."""

    measure = forms.ChoiceField(label=pgettext_lazy("waiver", "Measure"))
    days = forms.IntegerField(label=pgettext_lazy("waiver", "Days"), min_value=1, max_value=MOST_DAYS)
    reason = forms.CharField(
        label=pgettext_lazy("waiver", "Reason; everybody reads it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["measure"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [
            ("", "—"),
            *((row.id, f"{row.id} {row.title}"[:80]) for row in measures() if not row.saves_lives),
        ]


class SignForm(forms.Form):
    """The first signature of a relaunch: the authenticator's digits, shown now."""

    token = Typed(
        TOKEN,
        label=_("Six digits of your authenticator"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


def _line() -> forms.ChoiceField:
    return forms.ChoiceField(label=pgettext_lazy("opening", "line"), choices=[("", "—"), *Line.choices])


def _text(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ExecutiveForm(forms.Form):
    """Who answers for a line; everybody reads it."""

    line = _line()
    name = Typed(REAL_NAME, label=pgettext_lazy("executive", "Name"))
    office = forms.CharField(label=pgettext_lazy("executive", "Office"), max_length=80)


class ReassessmentForm(forms.Form):
    """What a line was asked, what was found and decided; everybody reads it."""

    line = _line()
    questions = _text(pgettext_lazy("reassessment", "Questions"))
    findings = _text(pgettext_lazy("reassessment", "Findings"))
    decision = _text(pgettext_lazy("reassessment", "Decision"))


class StatementForm(forms.Form):
    """That the way back from this build was rehearsed, with the digest of its record."""

    statement = forms.CharField(
        label=pgettext_lazy("field", "statement"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    file_sha256 = forms.RegexField(
        label=pgettext_lazy("field", "SHA-256 of the file"), regex="^[0-9a-f]{64}$", max_length=64
    )
