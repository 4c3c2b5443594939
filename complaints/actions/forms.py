"""What several forms of actions have in common."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.selectors import codes_who_may
from complaints import selectors
from complaints.models import Complaint
from core import handover, typed
from core.actions import ActionForm, choice
from core.errors import NotFound

WORK, JUDGE, REVIEW = "complaints.work", "complaints.judge", "complaints.review_stop"
NOTHING = "nothing"  # said of a decision that has no consequence: none ticked is none said
WHY = _("Why?")


def listed(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The choices of a list that begins with none."""
    return [("", "—"), *pairs]


def complaint_named(code: str) -> Complaint:
    """Raises Django's `ValidationError` where there is none."""
    try:
        return selectors.complaint_by_code(typed.code.read(code))
    except NotFound:
        raise forms.ValidationError(_("No complaint has this code.")) from None


class GiveTo(ActionForm):
    to = choice(_("Give it to"), [], drawn=False)

    def prepare(self) -> None:
        # Read when it is drawn or checked: most of the forms of a page are neither.
        field: Any = self.fields["to"]
        field.choices = lambda: listed(self.offered())

    def offered(self) -> list[tuple[str, str]]:
        return handover.choices(code for code in codes_who_may(WORK) if code != self.person.code)


class NameContact(GiveTo):
    to = choice(pgettext_lazy("named contact", "Who"), [], drawn=False)

    def offered(self) -> list[tuple[str, str]]:
        return [(code, code) for code in codes_who_may(WORK)]
