"""The learning loop in the console: what has to be reviewed, one review, and what became of its actions (G10)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core import clock
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import page
from core.console.motions import shown
from governance import reviews
from governance.actions import ENDINGS, REVIEWS
from governance.models import Review
from governance.policies import REVIEW


@require_GET
@permission_required(REVIEW)
def index(request: HttpRequest) -> HttpResponse:
    """What is open by its clock, what is done, all actions, and which of them somebody wants to end."""
    return _index(request)


@ENDINGS.shown_by
def _index(request: HttpRequest, _row: object = None, refusal: Refusal | None = None) -> HttpResponse:
    at = clock.now()
    acts = reviews.actions(at)
    context = {
        "title": _("Reviews of what happened"),
        "open": reviews.open_rows(),
        "done": reviews.done_rows(),
        "acts": acts,
        "counted": reviews.counted(at, acts),
        "now": at,
        "motions": shown(ENDINGS, reviews.KINDS, account_of(request), refusal),
    }
    return page(request, "console/reviews.html", context)


@require_GET
@permission_required(REVIEW)
def one(request: HttpRequest, code: str) -> HttpResponse:
    return _one(request, reviews.review_of(code, account_of(request)))


@REVIEWS.shown_by
def _one(request: HttpRequest, row: Review, refusal: Refusal | None = None) -> HttpResponse:
    person, at = account_of(request), clock.now()
    context = {
        "title": _("Review %(code)s") % {"code": row.code},
        "row": row,
        "now": at,
        "acts": [each for each in reviews.actions(at) if each.row.review_id == row.pk],
        "offers": REVIEWS.offers(row, person, refusal),
    }
    return page(request, "console/review.html", context)
