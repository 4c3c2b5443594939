"""Refusals: one exception with a stable code and a sentence, shown as a page or as RFC 9457 problem details."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as drf
from rest_framework.response import Response

if TYPE_CHECKING:
    from django.forms import BaseForm

PROBLEM_TYPE = "application/problem+json"
log = structlog.get_logger()


class DomainError(Exception):
    """Something that the rules refuse. `code` never changes its meaning; `sentence` is for the reader."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    sentence: ClassVar[str | Promise] = _("This is not possible.")
    retry_after: int = 0  # seconds after which it may be possible; 0 where time changes nothing

    def __init__(self, field: str = "", **params: object) -> None:
        self.field = field
        self.params = params
        super().__init__(self.code)

    @property
    def detail(self) -> str:
        """The sentence in the reader's language."""
        return str(self.sentence) % self.params if self.params else str(self.sentence)

    def problem(self) -> dict[str, Any]:
        """RFC 9457 members, with our `code` and, where one field is meant, `errors`."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.field:
            body["errors"] = {self.field: [self.detail]}
        return body


def refuse(error: DomainError | None) -> None:
    """Raises what a rule found against something, if it found anything."""
    if error is not None:
        raise error


def explain(form: "BaseForm", error: DomainError) -> None:
    """Put a refusal at the field it means, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, error.detail)


class NotFound(DomainError):
    code, status, sentence = "not_found", 404, _("There is nothing here, or it is not yours to see.")


class Forbidden(DomainError):
    code, status, sentence = "forbidden", 403, _("Your role may not do this.")


class SignInRequired(DomainError):
    code, status, sentence = "sign_in_required", 401, _("Please sign in first.")


class SecondFactorRequired(DomainError):
    code, status, sentence = (
        "second_factor_required",
        403,
        _("Please enter the code of your second factor first."),
    )


class InvalidInput(DomainError):
    code, status, sentence = (
        "invalid_input",
        400,
        _("Something in what was sent is missing or cannot be read."),
    )


class MalformedJson(DomainError):
    code, status, sentence = "malformed_json", 400, _("The body is not valid JSON.")


class TooMany(DomainError):
    code, status, sentence = "too_many", 429, _("Too many attempts. Please wait a moment and try again.")


AGAIN = 2  # seconds after which who could not be served asks once more


class StoresDown(DomainError):
    code, status, sentence = (
        "stores_down",
        503,
        _(
            "We cannot reach our own data at the moment. What you sent just now was not kept: please send it again."
        ),
    )


class StoresHang(StoresDown):
    """It was under way when nobody answered any more. Forms and calls say what they are, so that twice does no harm."""

    code, sentence = (
        "stores_hang",
        _(
            "We cannot reach our own data at the moment, and cannot say whether what you sent just now was kept."
            " Please send it again: twice does no harm."
        ),
    )


def problem_response(error: DomainError) -> JsonResponse:
    """The error as a problem-details response."""
    return JsonResponse(
        error.problem(),
        status=error.status,
        content_type=PROBLEM_TYPE,
        json_dumps_params={"ensure_ascii": False},
        headers=_headers(error),
    )


def _headers(error: DomainError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if error.retry_after else {}


def wants_json(request: HttpRequest) -> bool:
    """True for the API and for those who say that they read JSON alone."""
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith(
        "application/json"
    )


def error_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error in the form that the caller reads."""
    if wants_json(request):
        return problem_response(error)
    answer = render(request, "error.html", {"error": error}, status=error.status)
    for name, value in _headers(error).items():
        answer[name] = value
    return answer


def unavailable(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The same where our own data cannot be reached: a page that asks for none.

    One that was only looked at comes by itself once it can: nobody on duty is left before a page that stands still. A desk's
    stays where it is, because a page that is loaded anew makes no sound before somebody touches it.
    """
    if wants_json(request):
        answer: HttpResponse = problem_response(error)
    else:
        looked = request.method in {"GET", "HEAD"}
        context = {
            "error": error,
            "line": settings.SAFETY_LINE,
            "liaison_line": settings.LIAISON_LINE,
            "again": AGAIN if looked else 0,
            "desk": request.path.startswith("/admin/"),
        }
        answer = HttpResponse(render_to_string("unavailable.html", context), status=error.status)
    answer["Retry-After"] = str(AGAIN)
    answer["Cache-Control"] = "no-store"
    return answer


class DomainErrorMiddleware:
    """Turns a `DomainError` that leaves a view into the page or problem that says it.

    The database takes no NUL in a text; whoever sends one typed nothing that could be there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:  # also of Django's own routes, which take any path
            return error_response(request, NotFound())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError) and _has_nul(request):
            exception = InvalidInput()
        return error_response(request, exception) if isinstance(exception, DomainError) else None


def _has_nul(request: HttpRequest) -> bool:
    given = (
        value for sent in (request.GET, request.POST) for _name, values in sent.lists() for value in values
    )
    return any("\x00" in value for value in given)


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every refusal leaves as problem details."""
    headers = _headers(exception) if isinstance(exception, DomainError) else {}
    match exception:
        case DomainError():
            body = exception.problem()
        case drf.ValidationError():
            body = InvalidInput().problem() | {"errors": exception.detail}
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            body = SignInRequired().problem()
        case drf.ParseError():
            body = MalformedJson().problem()
        case Http404() | drf.NotFound():
            body = NotFound().problem()
        case PermissionDenied() | drf.PermissionDenied():
            body = Forbidden().problem()
        case drf.APIException():
            body = DomainError().problem() | {
                "status": exception.status_code,
                "code": exception.default_code,
                "detail": str(exception.detail),
            }
        case _:
            return None
    return Response(body, status=body["status"], content_type=PROBLEM_TYPE, headers=headers)


class _Csrf(Forbidden):
    code, sentence = (
        "csrf",
        _("This form is too old, or did not come from this site. Please load the page again."),
    )


class _Unexpected(DomainError):
    code, status, sentence = (
        "unexpected",
        500,
        _(
            "Something went wrong on our side, and what you sent just now was not kept. What you sent before is."
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_response(request, _Csrf())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, InvalidInput())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, Forbidden())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's door for whatever nobody caught, wherever it was raised: a database that is away is no fault of a page."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return unavailable(request, StoresHang())
    return error_response(request, _Unexpected())
