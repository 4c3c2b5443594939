from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import DomainError
from core.typed.fields import AS_WRITTEN, CODE, NAME, PHONE, Day, Moment, Typed, digits
from police.errors import StationUnclear
from police.models import Agency
from police.selectors import query_of, stations_meant
from police.states import AgencyKind, Paper, Query, Tier, Wanted

_ONE_FILE = _("JPEG, PNG, WebP, HEIC or PDF, up to 8 MB each.")


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


class NoticeForm(QuestionForm):
    """What stands on a notice to hand over evidence (调取证据通知书); all of it may be left open while it is a draft."""

    submission = None  # type: ignore[assignment]  # Django's way to leave out a field of the form above
    number = forms.CharField(label=_("Number of the notice"), max_length=60)
    organ = forms.CharField(label=_("Organ that asks"), max_length=80)
    case_name = forms.CharField(label=_("Name of the case"), max_length=120)
    case_number = forms.CharField(label=_("Number of the case"), max_length=60)
    wanted = forms.MultipleChoiceField(
        label=_("What is wanted"), choices=Wanted.choices, widget=forms.CheckboxSelectMultiple
    )
    span_from = Moment(label=_("Of the time from"))
    span_to = Moment(label=_("Of the time until"))
    deadline = Day(label=_("Wanted by"))
    approved_by = Typed(NAME, label=_("Head who approved it"), max_length=40)
    first_officer = Typed(NAME, label=_("First officer"), max_length=40)
    first_certificate = forms.CharField(label=_("Number of the first certificate"), max_length=40)
    second_officer = Typed(NAME, label=_("Second officer"), max_length=40)
    second_certificate = forms.CharField(label=_("Number of the second certificate"), max_length=40)
    legal_basis = forms.CharField(label=pgettext_lazy("notice", "Legal basis"), max_length=200)
    letter = forms.FileField(label=Paper.LETTER.label, help_text=_ONE_FILE)
    certificate_1 = forms.FileField(label=Paper.CERTIFICATE_1.label)
    certificate_2 = forms.FileField(label=Paper.CERTIFICATE_2.label)

    field_order = [
        "number", "organ", "case_name", "case_number", "query_value", "query", "about", "until", "wanted", "span_from",
        "span_to", "deadline", "approved_by", "first_officer", "first_certificate", "second_officer", "second_certificate",
        "legal_basis", "letter", "certificate_1", "certificate_2",
    ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for each in self.fields.values():
            each.required = False
            each.widget.attrs.pop("required", None)


class FurtherForm(QuestionForm):
    """A further question of the same letter; empty, it is none."""

    submission = None  # type: ignore[assignment]  # Django's way to leave out a field of the form above
    wanted = forms.MultipleChoiceField(
        label=_("What is wanted"), choices=Wanted.choices, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["query_value", "query", "about", "until", "wanted"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for each in self.fields.values():
            each.required = False
            each.widget.attrs.pop("required", None)


class PreserveForm(QuestionForm):
    """A request to preserve what would end, before any other paper (P7)."""

    about = until = None  # type: ignore[assignment]  # its time is the span below
    letter_number = forms.CharField(label=_("Number of the preservation notice"), max_length=60)
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200)
    span_from = Moment(label=_("Of the time from"))
    span_to = Moment(label=_("Of the time until"))
    field_order = [
        "query_value",
        "query",
        "span_from",
        "span_to",
        "letter_number",
        "legal_basis",
        "submission",
    ]


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
    # That one is missing is said by the service, whichever door it came in by.
    letter = forms.FileField(label=Paper.LETTER.label, help_text=_ONE_FILE, required=False)
    file_1 = forms.FileField(label=Paper.CERTIFICATE_1.label, required=False)
    file_2 = forms.FileField(label=Paper.CERTIFICATE_2.label, required=False)


class ProofForm(forms.Form):
    """The one-time code that was just sent to her phone, before she makes a code for the police."""

    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class ReferenceForm(forms.Form):
    code = Typed(
        CODE,
        label=_("Code that the person gave you"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class SpokenCodeForm(forms.Form):
    spoken = Typed(
        digits(6),
        label=_("Code that was said on the call"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class StationInput(forms.TextInput):
    """What is typed is looked for at once, and what was found stands below, to be chosen by the keyboard."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = str((attrs or {}).get("id", name))
        # The place below asks, not the field: a hand is on that, and what a hand is on asks for nothing by itself.
        return format_html(
            '{}<div id="{}_found" class="found" role="status" hx-get="{}" hx-include="#{}" hx-sync="this:replace"'
            ' hx-trigger="input delay:150ms from:#{}"></div>',
            super().render(name, value, {**(attrs or {}), "autocomplete": "off"}, renderer),
            field,
            reverse("police_console:find"),
            field,
            field,
        )


class FindsStation(forms.Form):
    """A form that asks for a station, by its short name or by words of it (`selectors.find_agencies`).

    Where several have the words they are offered below, by the same page: it works without scripts.
    """

    agency = forms.CharField(
        label=_("Police station"),
        max_length=80,
        help_text=_("Its short name, or parts of its name: characters, pinyin or first letters."),
        widget=StationInput,
    )
    picked = forms.ChoiceField(label=_("Which of these"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        found = self.stations()
        if len(found) > 1:
            picked = self.fields["picked"]
            assert isinstance(picked, forms.ChoiceField)  # noqa: S101 - declared above
            picked.choices = [(each.code, f"{each} — {each.published_phone}") for each in found]
        else:
            del self.fields["picked"]

    def stations(self) -> list[Agency]:
        """Those that what was typed can mean."""
        written = str(self.data.get(self.add_prefix("agency"), "")) if self.is_bound else ""
        return stations_meant(written)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("agency"):
            meant = stations_meant(found.pop("picked", "") or found["agency"])
            if len(meant) == 1:
                found["agency"] = meant[0].code
            else:
                self.add_error("agency", StationUnclear().detail)
        return found


class PhoneRequestForm(FindsStation, QuestionForm):
    badge = forms.CharField(label=_("Badge number"), max_length=20)
    why_not_written = forms.CharField(
        label=_("Why not in writing"),
        max_length=200,
        required=False,
        help_text=_("Ask it on the call. Only where we call them ourselves it stays empty."),
    )
    outbound = forms.BooleanField(label=_("We are calling them"), required=False)
    field_order = [
        "agency",
        "picked",
        "badge",
        "query_value",
        "query",
        "about",
        "until",
        "why_not_written",
        "outbound",
        "submission",
    ]

    def we_call(self) -> None:
        """Of a call of ours, opened where it is made: that it is ours is no question, and it owes no reason."""
        self.fields["badge"].label = _("Badge number of whoever takes it there")
        for name in ("outbound", "why_not_written"):
            self.fields[name].widget = forms.HiddenInput()


class StationForm(forms.Form):
    """A station as the public register has it, new or with another entry."""

    code = forms.SlugField(label=_("Short name in Latin letters, such as hongqiao"), max_length=30)
    changes = forms.ChoiceField(
        label=_("Which entry"),
        choices=[("", "—"), ("new", _("a new station")), ("change", _("another entry of this short name"))],
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("agency", "Kind"),
        choices=AgencyKind.choices,
        initial=AgencyKind.POLICE,
        required=False,
    )
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

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or AgencyKind.POLICE


class StationsForm(forms.Form):
    """Many stations at once, as a table."""

    table = forms.FileField(
        label=_("Table of stations (CSV)"),
        help_text=_(
            "One station a line, UTF-8: code, name_zh, name_en, published_phone, registered_email, and country and kind where they are not CN and police. Each line is checked by itself; you and the second person see all of them before anything counts."
        ),
    )


class OfficerForm(FindsStation):
    """A liaison officer of a station of the country."""

    name = Typed(NAME, label=_("Name, as on the police certificate"), max_length=40)
    phone = Typed(PHONE, label=_("Mobile phone; it gets sign-in codes"))
    badge = forms.CharField(label=_("Badge number"), max_length=20)
    until = Day(label=_("Let in until"))
    field_order = ["agency", "picked", "name", "phone", "badge", "until"]


class UntilForm(forms.Form):
    """An officer who is there, let in until another day."""

    officer = forms.CharField(label=_("Code of the officer's account"), max_length=20)
    until = Day(label=_("Let in until"))


class CalledForm(forms.Form):
    """That somebody called the published number and reached an officer, or the head who confirms them (P1+)."""

    officer = forms.CharField(label=_("Code of the officer's account"), max_length=20)
    tier = forms.TypedChoiceField(
        label=_("Whom I reached"),
        choices=[
            ("", "—"),
            (Tier.CALLED_BACK, _("the officer, at the published number")),
            (Tier.CONFIRMED, _("the head of the station, who confirms the officer")),
        ],
        coerce=int,
    )
    number = forms.CharField(
        label=_("Number that I called, from the public register"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    called_at = Moment(label=_("When I called"))
    head = Typed(NAME, label=_("Name of the head, where it was the head"), max_length=40, required=False)


class StopForm(forms.Form):
    """Another number or address of a station is not to count."""

    station = forms.CharField(label=_("Short name of the station"), max_length=50)
    reason = forms.CharField(label=_("Reason"), max_length=200)
