"""Care that is due, and greetings (C7)."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from complaints import selectors, services
from complaints.states import Audience
from core import clock
from core.access import account_of, door
from core.console import page
from core.errors import DomainError, NotFound, explain
from core.permissions import may


def _when(label: object) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,  # type: ignore[arg-type]  # a lazy translation
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )


class CareForm(forms.Form):
    case = forms.CharField(label=gettext_lazy("Complaint or accident"), max_length=20)
    words = forms.CharField(label=gettext_lazy("What will you do?"), max_length=400)
    due_at = _when(gettext_lazy("Until when?"))


class CampaignForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("title"), max_length=60)
    text_zh = forms.CharField(label=gettext_lazy("text (Chinese)"), max_length=200)
    text_en = forms.CharField(label=gettext_lazy("text (English)"), max_length=200)
    audience = forms.ChoiceField(label=gettext_lazy("to whom"), choices=Audience.choices)
    send_at = _when(gettext_lazy("when"))


@require_http_methods(["GET", "POST"])
@door("complaints.work")
def care(request: HttpRequest) -> HttpResponse:
    """What is due, what was done, greetings; and care by one's own idea."""
    account = account_of(request)
    which = request.POST.get("form", "")
    form = CareForm(request.POST if which == "care" else None)
    campaign = CampaignForm(request.POST if which == "campaign" else None)
    if which == "care" and form.is_valid():
        try:
            services.add_care(
                account=account, **form.cleaned_data | {"case": form.cleaned_data["case"].strip().upper()}
            )
            return redirect("complaints_console:care")
        except NotFound:
            form.add_error("case", _("No complaint or accident has this code."))
        except DomainError as error:
            explain(form, error)
    if which == "campaign" and campaign.is_valid():
        given = campaign.cleaned_data
        try:
            services.propose_campaign(account=account, **given | {"audience": Audience(given["audience"])})
            return redirect("complaints_console:care")
        except DomainError as error:
            explain(campaign, error)
    context = {
        "title": _("Care"),
        "tasks": selectors.care_tasks(account, everybody=may(account, "care.see_all")),
        "done": selectors.done_care(),
        "campaigns": selectors.campaigns(),
        "form": form,
        "campaign_form": campaign,
        "judge": may(account, "greetings.decide"),
        "account": account,
        "now": clock.now(),
    }
    failed = (which == "care" and form.errors) or (which == "campaign" and campaign.errors)
    return page(request, "console/care.html", context, status=400 if failed else 200)


@require_POST
@door("complaints.work")
def finish(request: HttpRequest, code: str) -> HttpResponse:
    """Say what came of it."""
    try:
        services.finish_task(account=account_of(request), code=code, words=request.POST.get("words", ""))
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("complaints_console:care")


@require_POST
@door("greetings.decide")
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """The second person agrees with a greeting, or drops it."""
    try:
        services.decide_campaign(
            account=account_of(request), code=code, approves=request.POST.get("approves") == "1"
        )
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("complaints_console:care")
