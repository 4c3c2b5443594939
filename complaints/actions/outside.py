"""What staff may do with messages from outside."""

from typing import TYPE_CHECKING

from django import forms
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints import selectors, services
from complaints.actions.forms import WHY, WORK, complaint_named
from complaints.errors import NotNow
from complaints.models import OutsideMessage
from complaints.states import LIVE, Category
from core.actions import Action, ActionForm, ActionSet, Given, choice, words
from core.typed.fields import CODE, NAME, Typed

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.models import Account


class FileMessage(ActionForm):
    category = choice(_("category"), Category.choices, drawn=False)
    name = Typed(NAME, label=_("Name of who wrote"), max_length=60, required=False)


class AddMessage(ActionForm):
    complaint = Typed(CODE, label=_("Code of the complaint"))

    def clean_complaint(self) -> str:
        found = complaint_named(self.cleaned_data["complaint"])
        if found.state not in LIVE:
            raise forms.ValidationError(_("No open complaint has this code."))
        return found.code


def _file_message(message: OutsideMessage, person: "Account", given: Given) -> "HttpResponse":
    filed = services.file_from_message(
        account=person, code=message.code, category=Category(given["category"]), name=given["name"]
    )
    return redirect("complaints_console:case", filed.code)


def _add_message(message: OutsideMessage, person: "Account", given: Given) -> "HttpResponse":
    root = services.add_message_to(account=person, code=message.code, complaint_code=given["complaint"])
    return redirect("complaints_console:case", root.code)


def _open_incident(message: OutsideMessage, person: "Account", _given: Given) -> "HttpResponse":
    return redirect("safety_console:incident", services.open_incident_from(account=person, code=message.code))


def _dismiss_message(message: OutsideMessage, person: "Account", given: Given) -> None:
    services.dismiss_message(account=person, code=message.code, why=given["words"])


MESSAGES: ActionSet[OutsideMessage] = ActionSet(
    kind="outside_message",
    find=lambda code, _person: selectors.message_by_code(code),
    route="complaints_console:sort",
    back=lambda _message: reverse("complaints_console:outside"),
    why_not=lambda message, _person, _key: _("Somebody sorted it already.") if message.sorted_at else "",
    refused=NotNow,
    listed=True,
)
MESSAGES.add(
    Action(
        key="help",
        label=_("Somebody needs help: open an incident"),
        permission="incidents.respond",
        run=_open_incident,
    ),
    Action(key="file", label=_("It is a complaint"), permission=WORK, run=_file_message, form=FileMessage),
    Action(key="add", label=_("It belongs to this one"), permission=WORK, run=_add_message, form=AddMessage),
    Action(
        key="dismiss",
        label=_("It is none"),
        permission=WORK,
        run=_dismiss_message,
        form=words(WHY),
    ),
)
