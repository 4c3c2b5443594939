from django import forms
from django.utils.translation import gettext_lazy as _

from core.typed.fields import Moment, Typed, digits
from police.models import Agency
from police.selectors import agencies
from police.states import Query


class QuestionForm(forms.Form):
    query = forms.ChoiceField(label=_("What is known"), choices=Query.choices)
    query_value = forms.CharField(
        label=_("Code, plate, phone or place"),
        max_length=60,
        help_text=_(
            "A place is two numbers in degrees, such as 28.2127, 121.0260; in China either may come first."
        ),
    )
    about = Moment(label=_("Concerns the time (empty: now)"), required=False)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RequestForm(QuestionForm):
    emergency = forms.BooleanField(
        label=_("Danger to life"),
        required=False,
        help_text=_(
            "By ticking this I declare as an officer that life is in danger. The minimum pack is released at once; paperwork follows within 24 hours; each release is reviewed by two people."
        ),
    )
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200, required=False)
    field_order = ["emergency", "query", "query_value", "about", "legal_basis", "submission"]


class PapersForm(forms.Form):
    letter_number = forms.CharField(label=_("Number of the letter of introduction"), max_length=40)
    certificate_1 = forms.CharField(label=_("First officer's certificate"), max_length=40)
    certificate_2 = forms.CharField(label=_("Second officer's certificate"), max_length=40)
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=200,
        required=False,
        help_text=_("Only where the request did not say it yet."),
    )


class SpokenCodeForm(forms.Form):
    spoken = Typed(
        digits(6),
        label=_("Code that was said on the call"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class PhoneRequestForm(QuestionForm):
    agency = forms.ChoiceField(label=_("Police station"))
    badge = forms.CharField(label=_("Badge number"), max_length=20)
    outbound = forms.BooleanField(label=_("We are calling them"), required=False)
    field_order = ["agency", "badge", "query", "query_value", "about", "outbound", "submission"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(row.code, _label(row)) for row in agencies()]


def _label(agency: Agency) -> str:
    return f"{agency} — {agency.published_phone}"
