from django import forms
from django.utils.translation import gettext_lazy as _


class WelfareCheckForm(forms.Form):
    missing_phone = forms.CharField(
        label=_("Phone of the person you worry about"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    words = forms.CharField(
        label=_("What happened? Since when can you not reach them? Did they write anything?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    reporter_phone = forms.CharField(
        label=_("Your phone"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    reporter_name = forms.CharField(label=_("Your name (if you like)"), max_length=40, required=False)
    relation = forms.CharField(label=_("You are their … (friend, mother, …)"), max_length=40, required=False)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)


class EvidenceForm(forms.Form):
    words = forms.CharField(
        label=_("What did you learn since?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReporterCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the message to your phone"),
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
