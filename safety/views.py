"""Public pages of safety: SOS, the question to the passenger, the welfare check."""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views import explain
from core import notify
from core.errors import DomainError, TooMany
from core.ratelimit import allow
from rides.errors import PositionToken
from rides.geometry import Point
from rides.selectors import latest_positions, trip_by_code
from rides.states import Party
from rides.tokens import TripKey, read_key
from safety import selectors, services
from safety.forms import EvidenceForm, ReporterCodeForm, WelfareCheckForm
from safety.models import WelfareCheck
from safety.states import Answer

KEY_COOKIE = "trip_key"


def _key(request: HttpRequest, code: str) -> TripKey:
    """The key to one side of this trip, from the form, or from the cookie that SOS left. Raises `PositionToken`."""
    key = read_key(request.POST.get("key") or request.GET.get("key") or request.COOKIES.get(KEY_COOKIE, ""))
    if key.trip != code:
        raise PositionToken
    return key


def read_position(latitude: str | None, longitude: str | None) -> Point | None:
    """A position that came along, if it can be read and is on the globe; SOS never waits for it."""
    try:
        here = float(latitude or ""), float(longitude or "")
    except ValueError:
        return None
    return here if -90 <= here[0] <= 90 and -180 <= here[1] <= 180 else None


@csrf_exempt  # the trip's key is the authority: an expired session must not stop a call for help (S1)
@require_http_methods(["GET", "POST"])
def sos(request: HttpRequest, code: str) -> HttpResponse:
    """One tap sends it; the page then shows who has it, and four numbers to call."""
    key = _key(request, code)
    if request.method == "POST":
        position = read_position(request.POST.get("lat"), request.POST.get("lon"))
        services.raise_sos(key=key, position=position, silent=request.POST.get("silent") == "1")
        answer = redirect("safety:sos", code)
        raw = request.POST.get("key") or request.COOKIES.get(KEY_COOKIE, "")
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(
            KEY_COOKIE,
            raw,
            max_age=3 * 24 * 3600,
            path=reverse("safety:sos", args=[code]),
            httponly=True,
            samesite="Lax",
            secure=secure,
        )
        return answer
    return _sos_page(request, key, "safety/sos.html")


@require_GET
def sos_status(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the SOS page that changes."""
    return _sos_page(request, _key(request, code), "safety/_sos_status.html")


def _sos_page(request: HttpRequest, key: TripKey, template: str) -> HttpResponse:
    found = selectors.sos_of_side(key.trip, key.party)
    if found is None:
        return redirect("rides:trip", key.trip)
    incident, call = found
    position = latest_positions(trip_by_code(key.trip)).get(key.party)
    prefix = f"sos:{incident.code}:{key.party}:"
    alerted = [message for message in notify.about(incident.code) if message.key.startswith(prefix)]
    context = {
        "code": key.trip,
        "incident": incident,
        "call": call,
        "position": position,
        "contacts": alerted,
        "key": request.POST.get("key", ""),
    }
    return render(request, template, context)


@csrf_exempt
@require_POST
def sos_word(request: HttpRequest, code: str) -> HttpResponse:
    """Add a word, or ask not to be called back."""
    silent = {"1": True, "0": False}.get(request.POST.get("silent", ""))
    services.add_word(key=_key(request, code), words=request.POST.get("words", ""), silent=silent)
    return redirect("safety:sos", code)


@require_GET
def question(request: HttpRequest, code: str) -> HttpResponse:
    """The question, where one is open; empty otherwise, and always empty for the driver's side (S11)."""
    key = _key(request, code)
    asked = selectors.open_question(trip_by_code(code)) if key.party == Party.PASSENGER else None
    return render(
        request, "safety/_question.html", {"code": code, "asked": asked, "key": request.GET.get("key", "")}
    )


@csrf_exempt
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Both answers look the same to somebody who looks over her shoulder."""
    chosen = Answer.FINE if request.POST.get("answer") == "fine" else Answer.NOT_WELL
    services.answer_question(key=_key(request, code), answer=chosen)
    if request.headers.get("HX-Request"):
        return render(request, "safety/_question.html", {"code": code, "thanks": True})
    return redirect("rides:trip", code)


@require_http_methods(["GET", "POST"])
def welfare_check(request: HttpRequest) -> HttpResponse:
    """File a welfare check: taken at once, verified later."""
    form = WelfareCheckForm(request.POST or None, initial={"submission": secrets.token_urlsafe(16)})
    if request.method == "POST" and form.is_valid():
        if not allow(f"welfare:{request.META.get('REMOTE_ADDR')}", limit=30, seconds=60):
            raise TooMany
        try:
            filed = services.file_welfare_check(**form.cleaned_data)
            return redirect("safety:report", filed.secret)
        except DomainError as error:
            explain(form, error)
    return render(request, "safety/welfare_check.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def report(request: HttpRequest, secret: str) -> HttpResponse:
    """The reporter's page: the report code, who owns it, a box for what they learn later. Nothing about driver or car."""
    return _report_page(request, secret, services.check_by_secret(secret))


def _report_page(request: HttpRequest, secret: str, check: WelfareCheck, **forms: object) -> HttpResponse:
    context = {
        "secret": secret,
        "check": check,
        "incident": check.incident,
        "evidence_form": EvidenceForm(),
        "code_form": ReporterCodeForm(),
    }
    bad = any(getattr(form, "errors", None) for form in forms.values())
    return render(request, "safety/report.html", {**context, **forms}, status=400 if bad else 200)


@require_POST
def evidence(request: HttpRequest, secret: str) -> HttpResponse:
    form = EvidenceForm(request.POST)
    if form.is_valid():
        services.add_evidence(secret=secret, words=form.cleaned_data["words"])
        return redirect("safety:report", secret)
    return _report_page(request, secret, services.check_by_secret(secret), evidence_form=form)


@require_POST
def verify(request: HttpRequest, secret: str) -> HttpResponse:
    form = ReporterCodeForm(request.POST)
    if form.is_valid():
        try:
            services.verify_reporter(secret=secret, code=form.cleaned_data["code"])
            return redirect("safety:report", secret)
        except DomainError as error:
            explain(form, error)
    return _report_page(request, secret, services.check_by_secret(secret), code_form=form)
