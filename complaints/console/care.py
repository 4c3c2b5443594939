"""Care that is due, and greetings (C7)."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from complaints import selectors, services
from complaints.actions import CARE, GREETINGS
from complaints.models import Campaign, CareTask
from complaints.states import Audience
from core import clock
from core.access import account_of, permission_required
from core.actions import Refusal, choice
from core.console import page
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.permissions import may
from core.typed.fields import CODE, Moment, Typed


class CareForm(forms.Form):
    case = Typed(CODE, label=gettext_lazy("Complaint or accident"))
    words = forms.CharField(label=gettext_lazy("What will you do?"), max_length=400)
    due_at = Moment(label=gettext_lazy("Until when?"))


class CampaignForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("title"), max_length=60)
    text_zh = forms.CharField(label=gettext_lazy("text (Chinese)"), max_length=200)
    text_en = forms.CharField(label=gettext_lazy("text (English)"), max_length=200)
    audience = choice(gettext_lazy("to whom"), Audience.choices, drawn=False)
    send_at = Moment(label=gettext_lazy("when"))


@require_http_methods(["GET", "POST"])
@permission_required("complaints.work")
def care(request: HttpRequest) -> HttpResponse:
    """What is due, what was done, greetings; and care by one's own idea."""
    if request.method == "GET":
        return _page(request)
    match request.POST.get("form", ""):
        case "care":
            return _add_care(request)
        case "campaign":
            return _propose(request)
        case _:
            raise InvalidInput("form")


def _add_care(request: HttpRequest) -> HttpResponse:
    form, status = CareForm(request.POST), 400
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.add_care(account=account_of(request), **given)
            return redirect("complaints_console:care")
        except NotFound:
            form.add_error("case", _("No complaint or accident has this code."))
        except DomainError as error:
            explain(form, error)
            status = error.status
    return _page(request, status=status, form=form)


def _propose(request: HttpRequest) -> HttpResponse:
    form, status = CampaignForm(request.POST), 400
    if form.is_valid():
        given = form.cleaned_data | {"audience": Audience(form.cleaned_data["audience"])}
        try:
            services.propose_campaign(account=account_of(request), **given)
            return redirect("complaints_console:care")
        except DomainError as error:
            explain(form, error)
            status = error.status
    return _page(request, status=status, campaign_form=form)


def _page(
    request: HttpRequest, *, refusal: Refusal | None = None, status: int = 200, **typed: forms.Form
) -> HttpResponse:
    account = account_of(request)
    tasks, done = selectors.care_tasks(account, everybody=may(account, "care.see_all")), selectors.done_care()
    context = {
        "title": _("Care"),
        "tasks": [(task, CARE.offer("done", task, account, refusal)) for task in tasks],
        "done": done,
        "campaigns": [(row, GREETINGS.offers(row, account, refusal)) for row in selectors.campaigns()],
        "form": CareForm(),
        "campaign_form": CampaignForm(),
        "now": clock.now(),
    }
    shown = [task.code for task in (*tasks, *done)]
    return page(request, "console/care.html", context | typed, status=status, listed=shown)


@CARE.shown_by
def _task(request: HttpRequest, _row: CareTask, refusal: Refusal | None) -> HttpResponse:
    return _page(request, refusal=refusal)


@GREETINGS.shown_by
def _greeting(request: HttpRequest, _row: Campaign, refusal: Refusal | None) -> HttpResponse:
    return _page(request, refusal=refusal)
