"""Fields of forms and calls for what people type: each says its kind, and gives the kind's one form.

`core/tests/test_typed_doors.py` walks over all forms and calls: a field whose name is that of a kind is one of these.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from rest_framework import serializers
from rest_framework.fields import empty

from core.errors import DomainError
from core.typed import code, day, document, money, name, phone, plate


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind is read, how long it may be as people write it, and what a browser is told of it."""

    read: Callable[[str], Any]
    room: int | None = 80
    attrs: tuple[tuple[str, str], ...] = ()


def digits(length: int) -> Kind:
    """A code of so many digits, which may be copied with the message around it."""
    return Kind(lambda text: code.digits(text, length), 300, (("inputmode", "numeric"),))


# What stands for a second factor: six digits, or a recovery code.
TOKEN = Kind(code.token, 300, (("autocomplete", "one-time-code"),))
PLATE = Kind(plate.shown)  # what somebody saw: also a part of one
PHONE = Kind(phone.read, attrs=(("inputmode", "tel"),))
CODE = Kind(code.read)
SECRET_CODE = Kind(code.marks, 80)  # random, in groups, shown once
NAME = Kind(name.plain)  # of whoever writes to us: any
REAL_NAME = Kind(name.read, name.LONGEST)
ID_NUMBER = Kind(document.any_kind, attrs=(("autocomplete", "off"),))
YUAN = Kind(money.read, attrs=(("inputmode", "decimal"),))  # gives fen
# Read by the service, which refuses nothing and keeps it as it was written beside what was read.
AS_WRITTEN = Kind(str, None)


class Typed(forms.CharField):
    """A field of a form; gives what its kind reads, or the kind's own sentence at the field."""

    def __init__(self, kind: Kind, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("max_length", kind.room)
        super().__init__(**kwargs)
        self.widget.attrs = {**dict(kind.attrs), **self.widget.attrs}

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        try:
            return self.kind.read(written) if written else written
        except DomainError as refused:
            raise forms.ValidationError(refused.detail, code=refused.code) from None


class TypedInput(serializers.CharField):
    """A field of a call; what its kind refuses leaves with the kind's own code."""

    def __init__(self, kind: Kind, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("max_length", kind.room)
        super().__init__(**kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        written = super().run_validation(data)
        try:
            return self.kind.read(written) if written else written
        except DomainError as refused:
            refused.field = str(self.field_name)
            raise


class AnyText(serializers.CharField):
    """A field of a call that is taken as it comes: a zero byte, which no text holds, is left out, and null is no text."""

    kind = AS_WRITTEN

    def run_validation(self, data: Any = empty) -> Any:
        """As of every field."""
        if data is None:
            data = ""
        return super().run_validation(data.replace("\0", "") if isinstance(data, str) else data)


class Beside(AnyText):
    """A field beside what a machine brings and what is taken in any case: where it is no text, nothing stood there."""

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, default="", allow_blank=True, **more)

    def run_validation(self, data: Any = empty) -> Any:
        """As of every field, and never refused."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError:
            return ""


MOMENT = "%Y-%m-%dT%H:%M"  # as a browser's field for it writes and reads


class Moment(forms.DateTimeField):
    """A field of a form for a day and a time, of this page's zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        try:
            return found and day.meant(found)
        except DomainError as refused:
            raise forms.ValidationError(refused.detail, code=refused.code) from None


class Day(forms.DateField):
    """A field of a form for a day, as people write one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return day.read(str(value))
        except DomainError as refused:
            raise forms.ValidationError(refused.detail, code=refused.code) from None


class MomentInput(serializers.DateTimeField):
    """A field of a call for a moment; what nobody can mean leaves with its own code."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            found = super().to_internal_value(value)
        except OverflowError:  # in another zone it is before the first or after the last day of the calendar
            raise day.MomentUnreadable(str(self.field_name)) from None
        return day.meant(found, field=str(self.field_name))
