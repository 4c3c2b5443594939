"""Forms of complaints, for members, strangers and staff."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.services.files import check_something_came, read_files
from complaints.states import Category, Paper, Source
from complaints.words import says_enough
from core.actions import ActionForm
from core.reader.errors import FileFault
from core.typed.fields import CODE, NAME, PHONE, PLATE, Typed, digits


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each read by its content; gives `File`s that lie in storage, and `Missing` for each other.

    A file is never a reason to refuse the words beside it; where files are all that is asked for, the first fault is.
    `unread` gives them as they came: what a stranger sends is opened by the service that counts it, or not at all.
    """

    def __init__(self, *, unread: bool = False, **kwargs: Any) -> None:
        self.unread = unread
        kwargs.setdefault(
            "widget",
            _Files(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf"}),
        )
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", _("Pictures or documents"))
        kwargs.setdefault(
            "help_text",
            _("JPEG, PNG, WebP, HEIC or PDF, up to 8 MB each. Places that a camera noted are removed."),
        )
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        if self.required and not given:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if self.unread:
            return given
        found = read_files(given)
        try:
            if self.required:
                check_something_came(found)
        except FileFault as error:
            raise forms.ValidationError(error.detail) from None
        return found


def _words(label: Any, rows: int = 4, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=4000, required=required, widget=forms.Textarea(attrs={"rows": rows})
    )


class ComplaintForm(forms.Form):
    category = forms.ChoiceField(
        label=_("What is it about?"), choices=Category.choices, widget=forms.RadioSelect
    )
    words = _words(_("What happened?"), 5, required=False)
    uploads = FilesField()
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """As of every form. Words are asked for where the category alone does not call."""
        found = super().clean() or self.cleaned_data
        category, said = found.get("category"), found.get("words", "")
        if category and "words" not in self.errors and not says_enough(Category(category), said):
            self.add_error("words", self.fields["words"].error_messages["required"])
        return found


class StreetComplaintForm(ComplaintForm):
    uploads = FilesField(unread=True)
    plate = Typed(PLATE, label=_("Plate of the car"), required=False, help_text=_("As far as you saw it."))
    name = Typed(NAME, label=_("Your name"), max_length=60)
    phone = Typed(
        PHONE,
        label=_("Your phone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    field_order = ("category", "words", "plate", "uploads", "name", "phone")


class PhoneComplaintForm(ComplaintForm):
    source = forms.ChoiceField(
        label=_("Who is on the line?"),
        choices=[
            (Source.PHONE, Source.PHONE.label),
            (Source.POLICE, Source.POLICE.label),
            (Source.OUTSIDE, Source.OUTSIDE.label),
        ],
    )
    name = Typed(NAME, label=_("Name of who calls"), max_length=60)
    phone = Typed(PHONE, label=_("Their phone number"))
    trip = Typed(CODE, label=_("Trip"), required=False)
    plate = Typed(PLATE, label=_("Plate of the car"), required=False)
    field_order = ("source", "name", "phone", "category", "words", "trip", "plate", "uploads")


class MoreForm(ActionForm):
    one_of = ("words", "uploads")
    words = _words(_("What else should we know?"), 3, required=False)
    uploads = FilesField()


class StatementForm(ActionForm):
    words = _words(_("What happened, as you saw it?"), 5)
    uploads = FilesField()


class AppealForm(ActionForm):
    words = _words(_("What is wrong with the decision?"), 4)


class CallerCodeForm(forms.Form):
    code = Typed(
        digits(6),
        label=_("Code from the message"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class DangerWordsForm(forms.Form):
    category = forms.ChoiceField(label=_("Category"), choices=Category.choices)
    words = _words(_("Text"), 4)


class PapersForm(forms.Form):
    paper = forms.ChoiceField(label=_("Which document is it?"), choices=Paper.choices)
    uploads = FilesField(required=True)


class StrangersPapersForm(PapersForm):
    uploads = FilesField(required=True, unread=True)
