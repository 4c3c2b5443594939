"""Transparency reports as staff publish them (G7+): one has the days counted, another reads the figures and publishes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import page
from core.errors import DomainError, explain
from core.permissions import may, require
from governance.actions import REPORTS
from governance.forms import ReportForm
from governance.models import TransparencyReport
from governance.policies import PUBLISH
from governance.states import ProposalState
from governance.transparency.owed import owed
from governance.transparency.papers import title_of
from governance.transparency.reports import (
    progress_of,
    propose,
    published,
    report_of,
    usual_days,
    waiting,
)
from governance.transparency.views import drawn

SHOWN = 60


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """What waits, what is published, and the form by which a report is counted."""
    if request.method == "GET":
        return _index(request)
    require(account_of(request), PUBLISH)
    form = ReportForm(request.POST)
    try:
        if not form.is_valid():
            raise IncompleteForm
        row = propose(account=account_of(request), **form.cleaned_data)
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _index(request, form, status=error.status)
    messages.success(request, _("It is being counted. Somebody else reads it afterwards and publishes it."))
    return redirect("governance_console:report", row.code)


def _index(request: HttpRequest, form: ReportForm | None = None, *, status: int = 200) -> HttpResponse:
    months = owed(clock.now())
    begins, ends = (months[0].begins, months[0].ends) if months else usual_days()
    context = {
        "title": _("Transparency reports"),
        "waiting": [(row, title_of(row)) for row in waiting()[:SHOWN]],
        "published": [(row, title_of(row)) for row in published()[:SHOWN]],
        "owed": months,
        "form": form or ReportForm(initial={"begins": begins, "ends": ends}),
        "may_publish": may(account_of(request), PUBLISH),
    }
    return page(request, "console/reports_public.html", context, status=status)


@require_http_methods(["GET"])
@permission_required("console.open")
def one(request: HttpRequest, code: str) -> HttpResponse:
    """One report as it is, or will be, published: until then only who publishes reads it."""
    row = report_of(code)
    if row.state != ProposalState.APPROVED:
        require(account_of(request), PUBLISH)
    return _one(request, row)


@REPORTS.shown_by
def _one(request: HttpRequest, row: TransparencyReport, refusal: Refusal | None = None) -> HttpResponse:
    progress = progress_of(row, clock.now())
    context = (drawn(row) if progress is None else {"report": row, "heading": title_of(row)}) | {
        "title": title_of(row),
        "progress": progress,
        "offers": REPORTS.offers(row, account_of(request), refusal),
    }
    return page(request, "console/report_public.html", context)
