"""The rectification board as a console page (G1)."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.access import permission_required
from core.console import page
from governance.measures import check_all
from governance.selectors import histories


@require_GET
@permission_required("console.open")
def board(request: HttpRequest) -> HttpResponse:
    """Every measure, checked now: state, text, scope, due, evidence, the last 30 days."""
    past = histories()
    rows = [(checked, past.get(checked.measure.id, [])) for checked in check_all()]
    counts = {
        status: sum(checked.found.status == status for checked, _history in rows)
        for status in ("pass", "progress", "fail")
    }
    return page(
        request, "console/board.html", {"title": _("Rectification board"), "rows": rows, "counts": counts}
    )


app_name = "governance_console"
urlpatterns = [path("admin/board/", board, name="board")]
