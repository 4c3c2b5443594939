"""Answers with placeholders: `{code}` in a macro's text becomes the case's own."""

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from complaints.errors import MacroUnknown, OfAnswersAlone
from core import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Account
    from complaints.models import Complaint, Macro

# What a text may hold, and what the writer of a macro reads about it.
PLACEHOLDERS = {
    "code": _("the complaint's code"),
    "category": _("what it is about"),
    "trip_date": _("the day of the trip"),
    "filed": _("when it was filed"),
    "due": _("until when it is decided"),
    "agent": _("who answers: the role, never a name"),
    "safety_line": _("the safety line"),
    "link": _("where it can be followed"),
}
OF_STEPS = frozenset({"safety_line"})  # a step is written before there is any complaint
_HOLE = re.compile(r"\{(\w*)\}")


def check_text(text: str) -> None:
    """Raises `MacroUnknown` where a text holds a placeholder that there is not."""
    for name in _HOLE.findall(text):
        if name not in PLACEHOLDERS:
            raise MacroUnknown(name=f"{{{name}}}")


def check_step(text: str) -> None:
    """Raises `MacroUnknown` for a placeholder that there is not, `OfAnswersAlone` for one that a step cannot have filled in."""
    check_text(text)
    for name in _HOLE.findall(text):
        if name not in OF_STEPS:
            raise OfAnswersAlone(name=f"{{{name}}}")


def fill_step(text: str) -> str:
    """The text of a step with what is the same everywhere."""
    return _filled(text, {"safety_line": settings.SAFETY_LINE})


def _filled(text: str, known: "Mapping[str, object]") -> str:
    return _HOLE.sub(lambda hole: str(known.get(hole[1], hole[0])), text)


def fill(text: str, *, complaint: "Complaint", account: "Account", language: str, link: str) -> str:
    """The text with the case's own words, in the language of whom it goes to."""
    with override(language):
        known = {
            "code": complaint.code,
            "category": complaint.get_category_display(),
            "trip_date": formats.moment(complaint.trip.window_start, "date") if complaint.trip else "—",
            "filed": formats.moment(complaint.filed_at),
            "due": formats.moment(complaint.due_at) or "—",
            "agent": account.get_role_display(),
            "safety_line": settings.SAFETY_LINE,
            "link": link,
        }
        return _filled(text, known)


def body(macro: "Macro", language: str) -> str:
    """The macro's text in a language."""
    return macro.body_zh if language.startswith("zh") else macro.body_en
