"""The promises, in public: each with its own address, page and JSON (G8). Nothing is checked in a request: the last
round is shown, and says when it was."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

from core import clock
from core.errors import NotFound
from governance import claims, reviews
from governance.gate import awaited, executives, night_assessment, reassessment_of
from governance.selectors import Row, days_of, histories, last_board, waivers_of
from governance.services import show
from governance.states import Status

ORDER = (Status.FAIL, Status.NONE, Status.PROGRESS, Status.PASS)


def _row(slug: str) -> Row:
    row = next((each for each in last_board() if each.measure.slug == slug), None)
    if row is None:
        raise NotFound
    return row


@require_GET
def promises(request: HttpRequest) -> HttpResponse:
    """The company's responsibility statement: what it promised, and which of it is kept now."""
    rows = last_board()
    states = [(status, [row for row in rows if row.found.status == status]) for status in ORDER]
    acts = reviews.published(clock.now())
    context = {
        "states": states,
        "returning": awaited(rows),
        "executives": executives(),
        "acts": acts,
        "learned": reviews.counted(clock.now(), acts),
    }
    return render(request, "governance/promises.html", context)


@require_GET
def promise(request: HttpRequest, slug: str) -> HttpResponse:
    """One promise: state, since when, evidence, history, waivers, and 'I saw otherwise'."""
    row = _row(slug)
    days = days_of(histories().get(row.measure.id, []), clock.now())
    context = {
        "row": row,
        "measure": row.measure,
        "days": days,
        "waivers": waivers_of(row.measure.id),
        "reassessment": {"M31": reassessment_of("hitch"), "M32": night_assessment()}.get(row.measure.id),
    }
    return render(request, "governance/promise.html", context)


@require_GET
def promises_json(request: HttpRequest) -> HttpResponse:
    acts = reviews.published(clock.now())
    shown = [
        {
            "id": each.row.code,
            "title": {"zh": each.row.words_zh, "en": each.row.words_en},
            "due": each.row.due.isoformat(),
            "shown_by": each.row.named,
            "status": "withdrawn" if each.withdrawn else each.found.status.value,
            "why": {"zh": each.row.why_zh, "en": each.row.why_en} if each.withdrawn else None,
            "corrected_by": each.corrected_by or None,
        }
        for each in acts
    ]
    return _json({"measures": [show(row) for row in last_board()], "actions": shown})


@require_GET
def promise_json(request: HttpRequest, slug: str) -> HttpResponse:
    row = _row(slug)
    past = [
        {"at": each.checked_at.isoformat(), "status": each.status, "share": each.share}
        for each in histories().get(row.measure.id, [])
    ]
    waivers = [
        {"reason": each.reason, "begins_at": each.begins_at.isoformat(), "ends_at": each.ends_at.isoformat()}
        for each in waivers_of(row.measure.id)
    ]
    return _json(show(row) | {"history": past, "waivers": waivers})


def _json(body: dict[str, Any]) -> JsonResponse:
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


# --- Why a line may run --------------------------------------------------------------------------------------


@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """The claims tree, as a list that opens: a red leaf pulls its branch, and the branch pulls the claim."""
    branches = claims.tree(last_board())
    return render(
        request,
        "governance/tree.html",
        {"branches": branches, "status": claims.worst([branch.status for branch in branches])},
    )


@require_GET
def tree_json(request: HttpRequest) -> HttpResponse:
    branches = claims.tree(last_board())
    body: dict[str, Any] = {
        "status": claims.worst([branch.status for branch in branches]).value,
        "branches": [],
    }
    for branch in branches:
        said = {}
        for key, language in (("zh", "zh-hans"), ("en", "en")):
            with override(language):
                said[key] = str(branch.label)
        body["branches"].append(
            {
                "claim": said,
                "status": branch.status.value,
                "measures": [show(row) for row in branch.rows],
            }
        )
    return _json(body)


ROW_HEIGHT, BRANCH_HEIGHT = 20, 34


@require_GET
def tree_svg(request: HttpRequest) -> HttpResponse:
    """The same as a drawing, in the reader's language."""
    branches = claims.tree(last_board())
    placed, y = [], 60
    for branch in branches:
        leaves = []
        top = y
        y += BRANCH_HEIGHT
        for row in branch.rows:
            leaves.append((row, y))
            y += ROW_HEIGHT
        placed.append((branch, top, leaves))
        y += 10
    context = {
        "branches": placed,
        "height": y + 10,
        "status": claims.worst([branch.status for branch in branches]),
        "title": _("Why this line may run in this city, or not"),
    }
    return render(request, "governance/tree.svg", context, content_type="image/svg+xml")
