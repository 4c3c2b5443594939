"""Reports in confidence in the console: what waits, one of them, and who made it, for the two who opened that (G9)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import page
from core.errors import DomainError, NotFound
from governance import concerns
from governance.actions import SPOKEN
from governance.models import Concern
from governance.policies import CONCERNS_ANSWER, CONCERNS_OPEN
from governance.states import ConcernState


@require_GET
@permission_required(CONCERNS_ANSWER)
def index(request: HttpRequest) -> HttpResponse:
    """All that this person may see: what waits by its clock, then what was answered."""
    person, at = account_of(request), clock.now()
    context = {
        "title": _("Reports in confidence"),
        "waiting": concerns.waiting_for(person, at),
        "answered": concerns.answered_lately(person, at),
        "now": at,
    }
    return page(request, "console/concerns.html", context)


@require_GET
@permission_required(CONCERNS_ANSWER)
def one(request: HttpRequest, code: str) -> HttpResponse:
    """One report, and what may be done with it."""
    return _one(request, concerns.concern_for(code, account_of(request)))


@SPOKEN.shown_by
def _of_row(request: HttpRequest, row: Concern, refusal: Refusal | None) -> HttpResponse:
    return _one(request, row, refusal)


@require_POST
@permission_required(CONCERNS_OPEN)
def who(request: HttpRequest, code: str) -> HttpResponse:
    """Who reported: on this one answer, for one of the two who opened it."""
    person = account_of(request)
    try:
        found, error = concerns.who(account=person, code=code), None
    except NotFound:
        raise
    except DomainError as why:
        found, error = "", why
    answer = _one(request, concerns.concern_for(code, person), reporter=found, error=error)
    answer["Cache-Control"] = "no-store"
    return answer


def _one(
    request: HttpRequest,
    row: Concern,
    refusal: Refusal | None = None,
    *,
    reporter: str = "",
    error: DomainError | None = None,
) -> HttpResponse:
    person, at = account_of(request), clock.now()
    # Whatever shows its words: that they were read is in the journal.
    concerns.note_read(account=person, code=row.code)
    context = {
        "title": _("Report in confidence %(code)s") % {"code": row.code},
        "row": row,
        "lines": concerns.lines_for_staff(row, at),
        "due": None if row.state == ConcernState.ANSWERED else concerns.due_of(row),
        "now": at,
        "asked": concerns.opening_asked(row),
        "openings": concerns.openings_of(row),
        "is_open": concerns.is_open_to(row, person, at),
        "reporter": reporter,
        "error": error,
        "offers": SPOKEN.offers(row, person, refusal),
    }
    return page(request, "console/concern.html", context, status=error.status if error else 200)
