from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.passwords import LONGEST
from core.typed.document import Kind
from core.typed.fields import ID_NUMBER, NAME, PHONE, REAL_NAME, SECRET_CODE, TOKEN, Typed, digits


class PasswordInput(forms.PasswordInput):
    """A field that its page lets be looked at, and that says of a new password how good it is."""

    def __init__(self, autocomplete: str) -> None:
        said = {
            "autocomplete": autocomplete,
            "data-show": pgettext_lazy("password", "Show"),
            "data-hide": pgettext_lazy("password", "Hide"),
        }
        if autocomplete == "new-password":
            said["data-strength"] = _("too short, easily guessed, good, very good")
        super().__init__(attrs=said)


class PlaceForm(forms.Form):
    """Where somebody signs in, filled in by the page only where the browser may know it already."""

    latitude = forms.FloatField(
        required=False, min_value=-90, max_value=90, widget=forms.HiddenInput(attrs={"data-latitude": ""})
    )
    longitude = forms.FloatField(
        required=False, min_value=-180, max_value=180, widget=forms.HiddenInput(attrs={"data-longitude": ""})
    )

    def credentials(self) -> dict[str, Any]:
        """The fields that sign somebody in, with `here` in degrees, WGS-84, or None."""
        rest = dict(self.cleaned_data)
        latitude, longitude = rest.pop("latitude", None), rest.pop("longitude", None)
        known = latitude is not None and longitude is not None
        return rest | {"here": (latitude, longitude) if known else None}


class SignInForm(PlaceForm):
    name = forms.CharField(
        label=_("Phone number or account name"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST,
        widget=PasswordInput("current-password"),
    )


class PhoneForm(forms.Form):
    phone = Typed(
        PHONE,
        label=_("Phone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


class PhoneCodeForm(PlaceForm, PhoneForm):
    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class TokenForm(forms.Form):
    token = Typed(
        TOKEN,
        label=_("Six digits of your authenticator"),
        help_text=_("Device lost? Type one of your recovery codes."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


def _passkey() -> forms.CharField:
    """What the browser made of a passkey: filled in by a script."""
    return forms.CharField(
        required=False, max_length=20_000, widget=forms.HiddenInput(attrs={"data-passkey-answer": ""})
    )


def _passkey_name() -> forms.CharField:
    return forms.CharField(
        label=pgettext_lazy("passkey", "Name"), max_length=40, help_text=_("Such as: work phone, blue key")
    )


class PasskeyForm(TokenForm):
    name = _passkey_name()
    passkey = _passkey()
    field_order = ["name", "token"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["token"].widget.attrs["autofocus"]  # the name comes first


class ShowPasskeyForm(forms.Form):
    passkey = _passkey()


class EnterByPasskeyForm(ShowPasskeyForm):
    sealed = forms.CharField(required=False, max_length=1_000, widget=forms.HiddenInput)


class DigitsForm(forms.Form):
    token = Typed(
        digits(6),
        label=_("Six digits of your authenticator"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class SetUpForm(forms.Form):
    code = Typed(
        SECRET_CODE,
        label=_("Set-up code"),
        help_text=_("16 letters and digits, given to you by a colleague"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


def _new_password() -> forms.CharField:
    return forms.CharField(
        label=_("New password"),
        max_length=LONGEST,
        strip=False,
        help_text=_("At least 12 characters"),
        widget=PasswordInput("new-password"),
    )


class PasswordForm(forms.Form):
    current = forms.CharField(
        label=_("Current password"),
        max_length=LONGEST,
        strip=False,
        widget=PasswordInput("current-password"),
    )
    new = _new_password()


class PasswordResetForm(PhoneForm):
    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    new = _new_password()
    token = Typed(
        TOKEN,
        label=_("Six digits of your authenticator"),
        required=False,
        help_text=_("For staff and police only"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RealNameForm(forms.Form):
    document = forms.ChoiceField(
        label=pgettext_lazy("field", "Document"),
        choices=Kind.choices,
        initial=Kind.RESIDENT_ID,
        required=False,
        widget=forms.RadioSelect,  # their names are longer than a list shows on a narrow phone
    )
    real_name = Typed(
        REAL_NAME,
        label=_("Name as on the document"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    id_number = Typed(ID_NUMBER, label=_("Number of the document"))


class GuardianForm(forms.Form):
    phone = Typed(
        PHONE,
        label=_("Your guardian's phone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )


class WardForm(forms.Form):
    """Of whoever was named as a guardian: how their ward is called."""

    name = Typed(
        REAL_NAME,
        label=_("Full name of who named you, as on their document"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ContactForm(PhoneForm):
    name = Typed(NAME, label=_("Name"), max_length=40)
    field_order = ["name", "phone"]


class ProofForm(forms.Form):
    """The code that was just sent, before something that an open session alone should not do."""

    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class ProvedPasskeyForm(ProofForm):
    name = _passkey_name()
    passkey = _passkey()
    field_order = ["name", "code"]


class CloseForm(ProofForm):
    sure = forms.BooleanField(label=_("Close my account for good"))
