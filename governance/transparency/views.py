"""The transparency reports, in public: a list, and each as page, JSON, CSV and PDF. Nothing is counted in a request."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from governance.models import TransparencyReport
from governance.transparency import papers
from governance.transparency.questions import MEASURES
from governance.transparency.reports import checkpoint_of, public_report, published, versions_of
from governance.transparency.show import tables_of

SHOWN = 240  # reports on the list: twenty years of months


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All published reports, newest first, and what each measure counts."""
    context = {
        "reports": [(row, papers.title_of(row)) for row in published()[:SHOWN]],
        "measures": list(MEASURES.values()),
    }
    return render(request, "governance/transparency.html", context)


def drawn(row: TransparencyReport) -> dict[str, object]:
    """What a page shows of a report; the console shows the same before it is published."""
    return {
        "report": row,
        "heading": papers.title_of(row),
        "facts": papers.facts_of(row),
        "rules": papers.rules(),
        "tables": tables_of(row),
    }


@require_GET
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report: every table, with bars, the statement that counted it, and its other versions."""
    row = public_report(code)
    versions = [each for each in versions_of(row) if each.pk != row.pk]
    return render(
        request,
        "governance/report.html",
        drawn(row) | {"versions": versions, "checkpoint": checkpoint_of(row)},
    )


@require_GET
def report_json(request: HttpRequest, code: str) -> HttpResponse:
    """The same for machines; `report_schema` says its layout."""
    schema_at = request.build_absolute_uri(reverse("governance:report_schema"))
    row = public_report(code)
    body = papers.as_json(row, schema_at=schema_at, checkpoint=checkpoint_of(row))
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


@require_GET
def report_schema(request: HttpRequest) -> HttpResponse:
    """The JSON schema of a report."""
    return JsonResponse(papers.schema(), content_type="application/schema+json")


@require_GET
def report_csv(request: HttpRequest, code: str) -> HttpResponse:
    """The same for spreadsheets, with the mark that they need to read Chinese."""
    row = public_report(code)
    return HttpResponse(
        "\ufeff" + papers.as_csv(row),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{row.code}.csv"'},
    )


@require_GET
def report_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The same on paper."""
    row = public_report(code)
    return HttpResponse(
        papers.as_pdf(row),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{row.code}.pdf"'},
    )
