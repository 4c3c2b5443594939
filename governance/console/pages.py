"""The rectification board as a console page (G1): what the last round found. Nothing is checked in the request."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core import clock
from core.access import permission_required
from core.console import page
from governance.selectors import days_of, histories, last_board
from governance.states import Status


@require_GET
@permission_required("console.open")
def board(request: HttpRequest) -> HttpResponse:
    """Every measure as the last round found it: state, text, scope, owner, due, evidence, breaker, the last 30 days."""
    past, at, found = histories(), clock.now(), last_board()
    rows = [(row, days_of(past.get(row.measure.id, []), at)) for row in found]
    counts = [(status, sum(row.found.status == status for row in found)) for status in Status]
    context = {"title": _("Rectification board"), "rows": rows, "counts": counts}
    return page(request, "console/board.html", context)


app_name = "governance_console"
urlpatterns = [path("admin/board/", board, name="board")]
