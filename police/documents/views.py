"""What is handed over as files, the published schema, and the page that says whether a file is genuine."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from core.access import account_of
from core.errors import DomainError, InvalidInput, explain, wants_json
from core.limits import asker_of
from police.documents import services, verify
from police.documents.services import Handed
from police.documents.states import CopyKind
from police.errors import PaperWaits
from police.views import officers_only, own

HERE = Path(__file__).parent


def _answer(handed: Handed) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{handed.name}"',
        "X-SHA256": handed.sha256,
        "Cache-Control": "no-store",
    }
    return HttpResponse(handed.content, content_type=handed.kind, headers=headers)


def _paper(request: HttpRequest, code: str, kind: CopyKind) -> HttpResponse:
    """A sealed paper; while others are before it, a page that says how many, by when, and asks again by itself."""
    asked = own(request, code)
    try:
        return _answer(services.hand_over(actor=account_of(request).actor, request=asked, kind=kind))
    except PaperWaits as waits:
        if wants_json(request):
            raise
        context = {"asked": asked, "kind": kind.label, "waits": waits, "again": waits.retry_after}
        answer = render(request, "police/paper.html", context, status=waits.status)
        answer["Retry-After"], answer["Cache-Control"] = str(waits.retry_after), "no-store"
        return answer


@require_GET
@officers_only
def pack_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The pack as a sealed PDF."""
    return _paper(request, code, CopyKind.PDF)


@require_GET
@officers_only
def proof_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The electronic proof document of what was handed over."""
    return _paper(request, code, CopyKind.PROOF)


@require_GET
@officers_only
def sound(request: HttpRequest, code: str, recording: str) -> HttpResponse:
    """The sound of a recording that the answer lists, of the letter's time."""
    found = services.hand_over_sound(
        actor=account_of(request).actor, request=own(request, code), recording=recording
    )
    answer = FileResponse(found.file, as_attachment=True, filename=found.name, content_type=found.kind)
    answer["X-SHA256"], answer["Cache-Control"] = found.sha256, "no-store"
    return answer  # type: ignore[return-value]  # a stream is no HttpResponse to the type checker, and one to the door


@require_GET
@officers_only
def again(request: HttpRequest, code: str, copy: str) -> HttpResponse:
    """A file that this officer was handed already, by now with its time stamp."""
    return _answer(
        services.hand_over_again(actor=account_of(request).actor, request=own(request, code), code=copy)
    )


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    ending = ".schema.json"
    return {path.name.removesuffix(ending): json.loads(path.read_text()) for path in HERE.glob(f"*{ending}")}


def schema_of(name: str) -> dict[str, Any] | None:
    """The published schema of this name, None for one that never was: what was typed is no path."""
    return _schemas().get(name)


@require_GET
def schema(_request: HttpRequest, name: str) -> HttpResponse:
    """The JSON Schema that packs name, for anybody."""
    found = schema_of(name)
    if found is None:
        raise Http404
    return JsonResponse(
        found, content_type="application/schema+json", json_dumps_params={"ensure_ascii": False}
    )


class VerifyForm(forms.Form):
    file = forms.FileField(label=_("The file"), required=False)
    digest = forms.CharField(
        label=_("Or its SHA-256 or SM3"),
        max_length=100,
        required=False,
        help_text=_("64 digits and letters, as the proof document lists them."),
    )


@require_http_methods(["GET", "POST"])
def verify_page(request: HttpRequest) -> HttpResponse:
    """For anybody: 'genuine' or 'not', and nothing else."""
    form = VerifyForm(request.POST or None, request.FILES or None)
    genuine: bool | None = None
    if request.method == "POST" and form.is_valid():
        try:
            genuine = verify.ask(
                digest=form.cleaned_data["digest"],
                upload=form.cleaned_data["file"],
                asker=asker_of(request),
            )
        except InvalidInput:
            explain(form, InvalidInput("digest"))
        except DomainError as error:
            form.add_error(None, error.detail)
            return render(request, "police/verify.html", {"form": form}, status=error.status)
    status = 400 if form.errors else 200
    return render(request, "police/verify.html", {"form": form, "genuine": genuine}, status=status)
