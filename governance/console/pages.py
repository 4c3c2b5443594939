"""The rectification board as a console page (G1): what the last round found. Nothing is checked in the request."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock, motions
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import act, page
from core.console.motions import shown
from core.errors import DomainError, explain
from core.permissions import may, require
from governance.actions import RULE_CHANGES, WAIVERS
from governance.console import rules
from governance.forms import WaiverForm
from governance.gate import in_the_way
from governance.selectors import days_of, histories, last_board
from governance.states import Status
from governance.waivers import KINDS, WAIVE, WAIVER, Wanted


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def board(request: HttpRequest) -> HttpResponse:
    """Every measure as the last round found it: state, text, scope, owner, due, evidence, breaker, the last 30 days."""
    if request.method == "GET":
        return _board(request, WaiverForm())
    require(account_of(request), WAIVE)
    form = WaiverForm(request.POST)
    try:
        if not form.is_valid():
            raise IncompleteForm
        given = Wanted(**form.cleaned_data)
        motions.propose(account=account_of(request), kind=WAIVER, given=given, subject=given.measure)
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _board(request, form, status=error.status)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("governance_console:board")


@WAIVERS.shown_by
def _waivers(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _board(request, WaiverForm(), refusal)


def _board(
    request: HttpRequest, form: WaiverForm, refusal: Refusal | None = None, *, status: int = 200
) -> HttpResponse:
    past, at, found, person = histories(), clock.now(), last_board(), account_of(request)
    context = {
        "title": _("Rectification board"),
        "rows": [(row, days_of(past.get(row.measure.id, []), at)) for row in found],
        "counts": [(each, sum(row.found.status == each for row in found)) for each in Status],
        "missing": in_the_way(found, "hitch", at),
        "form": form,
        "may_waive": may(person, WAIVE),
        "motions": shown(WAIVERS, KINDS, person, refusal),
    }
    return page(request, "console/board.html", context, status=status)


app_name = "governance_console"
urlpatterns = [
    path("admin/rules/", rules.index, name="rules"),
    path("admin/rules/<rule:key>/", rules.one, name="rule"),
    path("admin/rules/changes/<code:code>/do/<word:action>/", act.view(RULE_CHANGES), name="rule_act"),
    path("admin/board/", board, name="board"),
    path("admin/board/motions/<code:code>/do/<word:action>/", act.view(WAIVERS), name="motion_act"),
]
