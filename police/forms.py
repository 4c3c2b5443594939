from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.typed.fields import AS_WRITTEN, NAME, PHONE, Day, Moment, Typed, digits
from police.models import Agency, Officer
from police.selectors import agencies, query_of
from police.states import Query


class QuestionForm(forms.Form):
    """What is known of a trip: any of several things, which is recognised by itself."""

    query_value = forms.CharField(
        label=_("What is known"),
        max_length=80,
        help_text=_(
            "Any of: trip code, plate, phone of passenger, driver, rider or contact, report code, or a place as two numbers in degrees in either order, such as 28.2127, 121.0260."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    query = forms.ChoiceField(
        label=_("What it is"),
        choices=[("", _("recognised by itself")), *Query.choices],
        required=False,
    )
    about = Moment(label=_("Concerns the time (empty: now)"), required=False)
    until = Moment(label=_("For a place: until (empty: ten minutes around)"), required=False)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("query_value") and not found.get("query"):
            try:
                found["query"] = query_of(found["query_value"])
            except DomainError as unreadable:
                self.add_error("query_value", unreadable.detail)
        return found


class EmergencyForm(QuestionForm):
    """Five things and no more (P2+): what is known, who is in danger, why not in writing, who is above, a declaration."""

    danger = forms.CharField(
        label=_("Who is in danger, and what has happened"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    why_not_written = forms.CharField(label=_("Why it cannot wait for a letter"), max_length=200)
    supervisor_name = Typed(NAME, label=_("Your supervisor's name"), max_length=40)
    supervisor_phone = Typed(PHONE, label=_("Your supervisor's number"))
    declared = forms.BooleanField(label=_("I declare as an officer that life is in danger"))
    field_order = [
        "query_value",
        "query",
        "about",
        "until",
        "danger",
        "why_not_written",
        "supervisor_name",
        "supervisor_phone",
        "declared",
        "submission",
    ]


class OrdinaryForm(QuestionForm):
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200, required=False)
    field_order = ["query_value", "query", "about", "until", "legal_basis", "submission"]


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
    field_order = ["agency", "badge", "query_value", "query", "about", "until", "outbound", "submission"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through
        field = self.fields["agency"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(row.code, _label(row)) for row in agencies()]


def _label(agency: Agency) -> str:
    return f"{agency} — {agency.published_phone}"


class StationForm(forms.Form):
    """A station as the public register has it, new or with another entry."""

    changes = forms.ChoiceField(label=_("Which entry"))
    code = forms.SlugField(label=_("Short name in Latin letters, such as hongqiao"), max_length=30)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    # Also landlines and short numbers, as the register prints them.
    published_phone = Typed(
        AS_WRITTEN,
        label=_("Number in the public register"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    registered_email = forms.EmailField(label=_("Registered e-mail address"), max_length=254)
    country = forms.CharField(label=_("Country, two letters"), min_length=2, max_length=2, initial="CN")

    NEW = "new"

    def __init__(self, *args: Any, stations: Iterable[Agency], **options: Any) -> None:
        super().__init__(*args, **options)
        changes = self.fields["changes"]
        assert isinstance(changes, forms.ChoiceField)  # noqa: S101 - as declared above
        changes.choices = [
            ("", "—"),
            (self.NEW, _("a new station")),
            *((each.code, str(each)) for each in stations),
        ]


class OfficerForm(forms.Form):
    """A liaison officer of a station of the country."""

    agency = forms.ChoiceField(label=_("Police station"))
    name = Typed(NAME, label=_("Name, as on the police certificate"), max_length=40)
    phone = Typed(PHONE, label=_("Mobile phone; it gets sign-in codes"))
    badge = forms.CharField(label=_("Badge number"), max_length=20)
    until = Day(label=_("Let in until"))

    def __init__(self, *args: Any, stations: Iterable[Agency], **options: Any) -> None:
        super().__init__(*args, **options)
        agency = self.fields["agency"]
        assert isinstance(agency, forms.ChoiceField)  # noqa: S101 - as declared above
        agency.choices = [("", "—"), *((each.code, str(each)) for each in stations if each.country == "CN")]


class UntilForm(forms.Form):
    """An officer who is there, let in until another day."""

    officer = forms.ChoiceField(label=_("Officer"))
    until = Day(label=_("Let in until"))

    def __init__(self, *args: Any, officers: Iterable[Officer], **options: Any) -> None:
        super().__init__(*args, **options)
        officer = self.fields["officer"]
        assert isinstance(officer, forms.ChoiceField)  # noqa: S101 - as declared above
        officer.choices = [
            ("", "—"),
            *((each.account.code, f"{each.account.code} · {each.agency}") for each in officers),
        ]
