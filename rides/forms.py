"""Booking and offering by page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rides.models import City
from rides.selectors import places_of
from rides.services import Place


class WayForm(forms.Form):
    """Where from, where to, when; `place()` gives the chosen places."""

    origin = forms.ChoiceField(label=_("From"))
    destination = forms.ChoiceField(label=_("To"))
    window_start = forms.DateTimeField(
        label=_("Earliest departure"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    window_end = forms.DateTimeField(
        label=_("Latest departure"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=4, initial=1)
    client_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, city: City, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = {str(row.pk): Place(str(row), row.latitude, row.longitude) for row in places_of(city)}
        choices = [(key, place.name) for key, place in self._places.items()]
        for name in ("origin", "destination"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = choices

    def place(self, field: str) -> Place:
        """The chosen place."""
        return self._places[self.cleaned_data[field]]


class MismatchForm(forms.Form):
    plate_seen = forms.CharField(
        label=_("Which plate do you see? (if you can)"), max_length=10, required=False
    )


class BoardingForm(forms.Form):
    code = forms.CharField(
        label=_("The passenger's four digits"),
        max_length=4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
