"""What staff fill in about lines."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.typed.fields import Day, Moment
from rides.models import City, LineInCity
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


def _degrees(label: Any, limit: int) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        min_value=-limit,
        max_value=limit,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


class PointForm(forms.Form):
    """Something with names in both languages that lies somewhere: degrees, WGS-84."""

    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=40)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=40)
    latitude = _degrees(gettext_lazy("Latitude"), 90)
    longitude = _degrees(gettext_lazy("Longitude"), 180)


class CityForm(PointForm):
    """A new city; its short name stands in addresses and in the names of streams."""

    code = forms.SlugField(
        label=gettext_lazy("Short name in Latin letters, such as wenzhou"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    radius_km = forms.IntegerField(
        label=gettext_lazy("Radius in km, within which trips begin and end"), min_value=1, max_value=300
    )
    field_order = ["code"]


class OfCity(forms.Form):
    """A form about one of the cities; nothing is chosen beforehand."""

    city = forms.ChoiceField(label=pgettext_lazy("opening", "City"))

    def __init__(self, *args: Any, cities: Iterable[City], **options: Any) -> None:
        super().__init__(*args, **options)
        city = self.fields["city"]
        assert isinstance(city, forms.ChoiceField)  # noqa: S101 - as declared above
        city.choices = [("", "—"), *((each.code, str(each)) for each in cities)]


class PlaceForm(OfCity, PointForm):
    """A new place of a city."""

    field_order = ["city"]


class PermitFields(forms.Form):
    permit_number = forms.CharField(label=gettext_lazy("Number of the company's permit"), max_length=40)
    permit_until = Day(label=gettext_lazy("Permit valid until"))


class OpeningForm(OfCity, PermitFields):
    """A line that is to begin in a city."""

    line = forms.ChoiceField(
        label=gettext_lazy("Line"), choices=[("", "—"), *((each.value, each.label) for each in Line)]
    )
    at = Moment(label=gettext_lazy("From (empty: at once)"), required=False)
    field_order = ["line", "city", "at"]


class PermitForm(PermitFields):
    """A new permit for a line that is there."""

    row = forms.ChoiceField(label=gettext_lazy("Line in a city"))
    field_order = ["row"]

    def __init__(self, *args: Any, lines: Iterable[LineInCity], **options: Any) -> None:
        super().__init__(*args, **options)
        row = self.fields["row"]
        assert isinstance(row, forms.ChoiceField)  # noqa: S101 - as declared above
        row.choices = [
            ("", "—"),
            *(
                (f"{each.line}:{each.city.code}", f"{each.get_line_display()} · {each.city}")
                for each in lines
            ),
        ]
