from django import forms
from django.utils.translation import gettext_lazy as _

from core.typed.fields import AS_WRITTEN, Typed, digits


class WelfareCheckForm(forms.Form):
    """No rule of it refuses a report: what is odd is marked by the service, and shown back to be mended."""

    missing_phone = Typed(
        AS_WRITTEN,
        label=_("Phone of the person you worry about"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("What happened? Since when can you not reach them? Did they write anything?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reporter_phone = Typed(
        AS_WRITTEN,
        label=_("Your phone"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    reporter_name = Typed(AS_WRITTEN, label=_("Your name (if you like)"), required=False)
    relation = forms.CharField(label=_("You are their … (friend, mother, …)"), required=False)
    submission = forms.CharField(required=False, widget=forms.HiddenInput)


class MendForm(forms.Form):
    missing_phone = Typed(
        AS_WRITTEN,
        label=_("Phone of the person you worry about"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    reporter_phone = Typed(
        AS_WRITTEN,
        label=_("Your phone"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


class EvidenceForm(forms.Form):
    words = forms.CharField(label=_("What did you learn since?"), widget=forms.Textarea(attrs={"rows": 3}))


class ReporterCodeForm(forms.Form):
    code = Typed(
        digits(6),
        label=_("Code from the message to your phone"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
