"""Reports (C3, C5, C7): each a chart, a table and a CSV of the same rows."""

import csv
import io
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from complaints import selectors
from complaints.selectors.reports import Report
from core import clock, typed
from core.access import permission_required
from core.console import page
from core.errors import NotFound

DAYS = 30
LONGEST = 400  # days; a longer span is cut


def _asked(request: HttpRequest, name: str) -> date | None:
    """The day that is asked for; None where none is. Raises `DayUnreadable`."""
    given = request.GET.get(name, "")
    return typed.day.read(given, field=name) if given else None


def _span(request: HttpRequest) -> tuple[date, date]:
    """The days that are asked for, the last thirty where none are. Raises `DayUnreadable`."""
    ends = _asked(request, "ends") or timezone.localtime(clock.now()).date()
    begins = min(_asked(request, "begins") or ends - timedelta(days=DAYS - 1), ends)
    return max(begins, ends - timedelta(days=LONGEST)), ends


def _chart(report: Report) -> dict[str, object]:
    return {
        "kind": report.kind,
        "names": [f"{row[0]} {row[1]}" if report.chart == (4,) else str(row[0]) for row in report.rows],
        "sets": [
            {"name": str(report.head[column]), "values": [row[column] for row in report.rows]}
            for column in report.chart
        ],
    }


@require_GET
@permission_required("complaints.work")
def reports(request: HttpRequest) -> HttpResponse:
    """All reports of a span."""
    begins, ends = _span(request)
    found = [(name, report(begins, ends)) for name, report in selectors.REPORTS.items()]
    context = {
        "title": _("Reports"),
        "begins": begins,
        "ends": ends,
        "reports": [
            (name, report, _chart(report) if report.chart and report.rows else None) for name, report in found
        ],
    }
    return page(request, "console/reports.html", context)


@require_GET
@permission_required("complaints.work")
def report_csv(request: HttpRequest, name: str) -> HttpResponse:
    """One report as CSV, with the mark that spreadsheets need to read Chinese."""
    make = selectors.REPORTS.get(name)
    if make is None:
        raise NotFound
    begins, ends = _span(request)
    report = make(begins, ends)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow([str(each) for each in report.head])
    # A cell that begins like a formula is text to a spreadsheet with a quote before it.
    rows.writerows(
        [f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@" else cell for cell in row]
        for row in report.rows
    )
    return HttpResponse(
        "\ufeff" + written.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{begins}-{ends}.csv"'},
    )
