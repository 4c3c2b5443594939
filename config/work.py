"""The console's pages of work that failed (`core.retry`): what needs a person, and what is still tried by itself."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account
from core import retry
from core.access import account_of, door
from core.console import page
from core.errors import DomainError
from core.models import FailedWork
from core.permissions import may

PANEL, SHOWN = 8, 200  # rows on the first page, and of a part of the page of all
# Where a case stands in the console, by the first letters of its code.
_PAGES = {"I-": "safety_console:incident"}


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work that failed, as staff read it. `link` leads to the case, for those who may open it."""

    work: FailedWork
    label: str | Promise
    link: str
    can_be_tried: bool
    can_be_closed: bool


def _row(found: FailedWork, account: Account) -> Row:
    work = retry.of_kind(found.kind)
    return Row(
        found,
        work.label if work else found.kind,
        _link(found.subject, account),
        work is not None and work.again is not None,
        retry.can_be_dealt_with(found),
    )


def _link(subject: str, account: Account) -> str:
    name = next((name for start, name in _PAGES.items() if subject.startswith(start)), "")
    if not name or not may(account, "incidents.respond"):
        return ""
    try:
        return reverse(name, args=[subject])
    except NoReverseMatch:
        return ""


def shown_to(account: Account) -> dict[str, object]:
    """What needs a person now, what a life may depend on first: the panel's part of the first page."""
    rows = list(retry.needing_person().annotate(all_of_them=Window(Count("pk")))[:PANEL])
    return {
        "failed_work": [_row(each, account) for each in rows],
        "failed_work_count": rows[0].all_of_them if rows else 0,
    }


@require_GET
@door("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """All work that failed and is not done: first what needs a person, then what is still tried by itself."""
    account = account_of(request)
    trying = FailedWork.objects.filter(closed_at=None, needs_person_at=None).order_by("first_at", "pk")
    return page(
        request,
        "console/failed_work.html",
        {
            "title": _("Work that failed"),
            "needs_person": [_row(each, account) for each in retry.needing_person()[:SHOWN]],
            "trying": [_row(each, account) for each in trying[:SHOWN]],
            "more": max(0, trying.count() - SHOWN),
            "may_try": may(account, "failed_work.retry"),
        },
    )


@require_POST
@door("failed_work.retry")
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have one piece of work tried again now, with a reason."""
    actor = account_of(request).actor
    try:
        retry.ask_again(actor=actor, failed_work_id=number, reason=request.POST.get("reason", ""))
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("It is tried again now. If it succeeds, it leaves this list."))
    return redirect("failed_work:index")


@require_POST
@door("failed_work.retry")
def dealt_with(request: HttpRequest, number: int) -> HttpResponse:
    """Close what no repeat can help and somebody did by other means, with how."""
    actor = account_of(request).actor
    try:
        retry.deal_with(actor=actor, failed_work_id=number, reason=request.POST.get("reason", ""))
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("It is closed. The journal keeps who dealt with it, when and how."))
    return redirect("failed_work:index")


app_name = "failed_work"
urlpatterns = [
    path("admin/failed-work/", index, name="index"),
    path("admin/failed-work/<int:number>/again/", again, name="again"),
    path("admin/failed-work/<int:number>/dealt-with/", dealt_with, name="dealt_with"),
]
