from typing import Any

from django import forms
from django.utils.translation import pgettext_lazy

from governance.measures import measures
from governance.waivers import MOST_DAYS


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
