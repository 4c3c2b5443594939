"""What the public is asked, in the console: two people open a question, and two people answer it."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock, motions
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import page
from core.console.motions import shown
from core.errors import DomainError, InvalidInput, explain
from core.permissions import may, require
from governance import comments, consultations, counted
from governance.actions import COMMENTS, CONSULTATIONS
from governance.consultations import ANSWER, KINDS, QUESTION
from governance.forms import AnswerForm, QuestionForm
from governance.policies import CONSULT, MODERATE

FORMS: dict[str, type[Form]] = {"question": QuestionForm, "answer": AnswerForm}


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """All questions, when an answer is due, and what waits for a second person."""
    if request.method == "GET":
        return _index(request)
    person = account_of(request)
    require(person, CONSULT)
    which = request.POST.get("do", "")
    if which not in FORMS:
        raise InvalidInput("do")
    kind: motions.Kind[Any] = QUESTION if which == "question" else ANSWER
    form = FORMS[which](request.POST, auto_id=f"{which}-%s")
    try:
        if not form.is_valid():
            raise IncompleteForm
        given = kind.shape(**form.cleaned_data)
        motions.propose(account=person, kind=kind, given=given, subject=form.cleaned_data["slug"])
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _index(request, {which: form}, status=error.status)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("governance_console:consultations")


@CONSULTATIONS.shown_by
def _motion_page(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _index(request, refusal=refusal)


def _index(
    request: HttpRequest,
    typed: dict[str, Form] | None = None,
    refusal: Refusal | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    person, at = account_of(request), clock.now()
    drafts = {each.slug: each for each in consultations.drafts()}
    draft = drafts.get(request.GET.get("draft", ""))
    initial = {"question": asdict(draft)} if draft else {}
    titles = {"question": _("Ask the public"), "answer": _("Answer the public")}
    context = {
        "title": _("Public questions"),
        "rows": [
            (row, counted.is_open(row, at), counted.answer_due(row), counted.is_late(row, at))
            for row in counted.consultations()
        ],
        "forms": [
            (key, titles[key], (typed or {}).get(key) or shape(auto_id=f"{key}-%s", initial=initial.get(key)))
            for key, shape in FORMS.items()
        ],
        "drafts": drafts.values(),
        "may_hold": may(person, CONSULT),
        "motions": shown(CONSULTATIONS, KINDS, person, refusal),
    }
    return page(request, "console/consultations.html", context, status=status)


@require_GET
@permission_required(MODERATE)
def moderation(request: HttpRequest) -> HttpResponse:
    """What the public wrote and nobody has looked at, what somebody else has to look at, and what is published."""
    return _moderation(request)


@COMMENTS.shown_by
def _moderation(request: HttpRequest, _row: object = None, refusal: Refusal | None = None) -> HttpResponse:
    person = account_of(request)
    waiting, standing = comments.to_look_at(), comments.standing()
    context = {
        "title": _("Comments of the public"),
        "waiting": [(row, COMMENTS.offers(row, person, refusal)) for row in waiting],
        "standing": [(row, COMMENTS.offers(row, person, refusal)) for row in standing],
    }
    return page(request, "console/comments.html", context, listed=[row.code for row in [*waiting, *standing]])
