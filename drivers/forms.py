"""Fields of the certificates as the pages name them, and the form of a report from the street."""

from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.typed.fields import PHONE, PLATE, Typed, digits
from drivers import certificates
from drivers.certificates import Fault
from drivers.states import Certificate
from drivers.vision import documents

LABELS: dict[str, str | Promise] = {
    "name": _("Name"),
    "id_number": _("ID number"),
    "licence_number": _("Licence number"),
    "licence_class": _("Class"),
    "licence_first": _("First issued"),
    "licence_until": _("Valid until"),
    "plate": _("Plate"),
    "vin": _("VIN (17 marks)"),
    "owner": _("Owner"),
    "model": _("Make and model"),
    "colour": _("Colour"),
    "seats": _("Seats for passengers"),
    "registered_on": _("Registered on"),
    "vehicle_until": _("Inspection valid until"),
    "driver_permit": _("Driver permit, number"),
    "driver_permit_until": _("Driver permit, valid until"),
    "transport_permit": _("Vehicle permit, number"),
    "transport_permit_until": _("Vehicle permit, valid until"),
    "alarm_device": _("The car has a positioning and alarm device"),
}
HINTS: dict[str, str | Promise] = {
    "licence_until": _("A date, or 长期 for a licence without an end"),
    "seats": _("Beside the driver's"),
}
# What the keyboard of a phone should offer.
MODES = {"seats": "numeric"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the application page: what it is called, what was typed, what is wrong, what the photo says."""

    name: str
    label: str
    hint: str
    value: str
    mode: str
    faults: list[str]
    read: str

    @property
    def is_choice(self) -> bool:
        return self.name == "alarm_device"


def field_rows(
    fields: tuple[str, ...], given: dict[str, str], read: dict[str, str], faults: list[Fault], *, strict: bool
) -> list[FieldRow]:
    """The rows of one section. What is only missing is said when somebody tries to send (`strict`)."""
    wrong: dict[str, list[str]] = {}
    for fault in faults:
        if strict or fault.code not in {"missing", "alarm_device_missing"}:
            wrong.setdefault(fault.field, []).append(fault.sentence)
    differs = documents.differences(given, read)
    return [
        FieldRow(
            name,
            str(LABELS[name]),
            str(HINTS.get(name, "")),
            given.get(name, ""),
            MODES.get(name, ""),
            wrong.get(name, []),
            differs.get(name, ""),
        )
        for name in fields
    ]


@dataclass(frozen=True, slots=True)
class Section:
    """One certificate on the application page."""

    kind: Certificate
    title: str
    has_photo: bool
    photo_faults: list[str]
    rows: list[FieldRow]


def sections(
    line: str,
    given: dict[str, str],
    read: dict[str, dict[str, str]],
    photos: dict[Certificate, bool],
    faults: list[Fault],
    *,
    strict: bool,
) -> tuple[list[Section], list[FieldRow]]:
    """The three certificates, and the permits that the line asks for besides."""
    found = [
        Section(
            kind,
            str(kind.label),
            photos[kind],
            [fault.sentence for fault in faults if fault.field == kind and strict],
            field_rows(fields, given, read.get(kind, {}), faults, strict=strict),
        )
        for kind, fields in ((Certificate(name), fields) for name, fields in certificates.FIELDS.items())
    ]
    permits = tuple(name for name in certificates.fields_of(line) if name in certificates.PERMITS)
    return found, field_rows(permits, given, {}, faults, strict=strict)


class StreetReportForm(forms.Form):
    """A car that is not what it is registered as, seen by anybody."""

    plate = Typed(PLATE, label=_("Plate that you saw"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    photo = forms.FileField(
        label=_("Photo of the car with its plate"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
        required=False,
        allow_empty_file=True,
    )
    words = forms.CharField(
        label=_("What did you see?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    phone = Typed(
        PHONE,
        label=_("Your phone number, for the reward and for questions"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)


class MendReportForm(forms.Form):
    """What of a report from the street may have been typed wrong."""

    plate = Typed(PLATE, label=_("Plate that you saw"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    phone = Typed(
        PHONE,
        label=_("Your phone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class RunForm(forms.Form):
    """Why the whole fleet is screened again."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class ReporterCodeForm(forms.Form):
    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
