"""What the public is asked: pages for everybody, a vote for each verified person, lists that anybody recounts (G4)."""

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import condition, require_GET, require_POST

from core import clock, idempotency, limits
from core.access import account_of, permission_required
from core.errors import DomainError, explain
from core.permissions import may
from governance import comments, consultations, counted, recount
from governance.errors import NotClosed
from governance.forms import CommentForm, ReceiptForm, VoteForm
from governance.models import Consultation
from governance.policies import LISTS, RESULTS, VOTE


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every question that was ever asked: open, being counted, answered, or with an answer that is late; and what is about to be asked."""
    at = clock.now()
    rows = [
        (row, counted.is_open(row, at), counted.answer_due(row), counted.is_late(row, at))
        for row in counted.consultations()
    ]
    context = {"rows": rows, "drafts": consultations.drafts()}
    return render(request, "governance/consultations.html", context)


@require_GET
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """One question: background, ballot while it is open, then result, list and answer."""
    return _page(request, counted.consultation_of(slug))


def _page(request: HttpRequest, row: Consultation, *, status: int = 200, **shown: Any) -> HttpResponse:
    at = clock.now()
    user = request.user
    signed_in = user.is_authenticated
    voter = signed_in and may(user, VOTE)  # type: ignore[arg-type]  # whoever is signed in is an account
    context = {
        "row": row,
        "options": row.options.all(),
        "open": counted.is_open(row, at),
        "due": counted.answer_due(row),
        "late": counted.is_late(row, at),
        "result": counted.result_of(row),
        "answers": row.answers.order_by("pk"),
        "may_vote": voter,
        "verified": voter and account_of(request).verified_at is not None,
        "voted": voter and consultations.has_voted(account_of(request), row),
        "form": VoteForm(row=row, initial={"submission": idempotency.new_key()}),
        "receipt_form": ReceiptForm(),
        "comments": comments.published(row, at),
        "gone": comments.gone(row),
        "own": comments.own_comment(account_of(request), row) if voter else None,
        "comment_form": CommentForm(),
    } | shown
    return render(request, "governance/consultation.html", context, status=status)


@require_POST
@permission_required(VOTE)
def vote(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the vote. The receipt stands in this answer alone: no address leads to it, and nothing keeps it for a page."""
    row = counted.consultation_of(slug)
    form = VoteForm(request.POST, row=row)
    if not form.is_valid():
        return _page(request, row, form=form, status=400)
    try:
        voted = consultations.vote(
            account=account_of(request), slug=slug, asker=limits.asker_of(request), **form.cleaned_data
        )
    except DomainError as error:
        explain(form, error)
        return _page(request, row, form=form, status=error.status)
    answer = render(request, "governance/voted.html", {"row": row, "voted": voted})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@permission_required(VOTE)
def comment(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one's comment; nobody reads it before a person of ours has looked."""
    row = counted.consultation_of(slug)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, row, comment_form=form, status=400)
    try:
        comments.comment(account=account_of(request), slug=slug, **form.cleaned_data)
    except DomainError as error:
        explain(form, error)
        return _page(request, row, comment_form=form, status=error.status)
    return redirect(f"{reverse('governance:consultation', args=[slug])}#comments")


@require_POST
@permission_required(VOTE)
def appeal(request: HttpRequest, slug: str) -> HttpResponse:
    """Have somebody else look at one's comment that was not published."""
    row = counted.consultation_of(slug)
    comments.appeal(account=account_of(request), slug=row.slug)
    return redirect(f"{reverse('governance:consultation', args=[slug])}#comments")


@require_POST
def receipt(request: HttpRequest, slug: str) -> HttpResponse:
    """Whoever holds a receipt sees that its vote is in the box, also before the list is public. Never in an address."""
    row = counted.consultation_of(slug)
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return _page(request, row, receipt_form=form, status=400)
    found = consultations.find_receipt(row, form.cleaned_data["receipt"])
    return _page(request, row, receipt_form=form, looked=True, found=found, status=200 if found else 404)


def _counted(request: HttpRequest, slug: str) -> Consultation:
    """The question, once counted: a list that grows tells whoever watches when somebody voted. Raises `NotClosed`."""
    row = counted.consultation_of(slug)
    if row.counted_at is None:
        raise NotClosed
    limits.take(LISTS, limits.asker_of(request))
    return row


def _digest(_request: HttpRequest, slug: str) -> str | None:
    row = Consultation.objects.filter(slug=slug, counted_at__isnull=False).first()
    return f'"{row.list_sha256}"' if row else None


def _for_good(answer: HttpResponse) -> HttpResponse:
    """It never changes, and is the same for everybody: whoever stands between keeps it."""
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@require_GET
@condition(etag_func=_digest)
def list_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Every receipt with its choice, in the order of the receipts; byte by byte what was counted."""
    row = _counted(request, slug)
    answer = HttpResponse(consultations.list_of(row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="huhang-{row.slug}.csv"'
    return _for_good(answer)


@require_GET
@condition(etag_func=_digest)
def list_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as JSON."""
    row = _counted(request, slug)
    lines = consultations.list_of(row).decode().split("\r\n")[1:-1]
    votes = [dict(zip(("receipt", "choice"), line.split(","), strict=True)) for line in lines]
    return _for_good(JsonResponse({"consultation": row.slug, "votes": votes}))


@require_GET
def result(request: HttpRequest, slug: str) -> HttpResponse:
    """The question, its result and its answers, for programs."""
    row = counted.consultation_of(slug)
    limits.take(RESULTS, limits.asker_of(request))
    body = counted.shown(row) | comments.shown(row, clock.now())
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


@require_GET
def script(request: HttpRequest) -> HttpResponse:
    """The script that recounts, to be saved."""
    content = Path(recount.__file__).read_text(encoding="utf-8")
    answer = HttpResponse(content, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recount.py"'
    return answer
