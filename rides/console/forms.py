"""What staff fill in about lines."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.typed.fields import Moment
from rides.models import City
from rides.states import Line


class SuspensionForm(forms.Form):
    """Which line is to stop, where, from when on, and why. Where it stops has to be said: nothing stands for all of it."""

    EVERYWHERE = "all"

    line = forms.ChoiceField(label=gettext_lazy("Line"))
    city = forms.ChoiceField(label=gettext_lazy("Where"))
    at = Moment(label=gettext_lazy("From (empty: at once)"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason; the people who wait read it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, cities: Iterable[City], waiting: Mapping[str, int], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        line, city = self.fields["line"], self.fields["city"]
        assert isinstance(line, forms.ChoiceField)  # noqa: S101 - as declared above
        assert isinstance(city, forms.ChoiceField)  # noqa: S101
        nothing, everywhere = ("", "—"), (self.EVERYWHERE, _("the whole country"))
        line.choices = [nothing, *((each.value, self._label(each, waiting)) for each in Line)]
        city.choices = [nothing, everywhere, *((each.code, str(each)) for each in cities)]

    @staticmethod
    def _label(line: Line, waiting: Mapping[str, int]) -> str:
        count = waiting.get(line, 0)
        said = _("(%(count)s waiting)") % {"count": count} if count else ""
        return f"{line.label} {said}".strip()
