"""Middleware of the composition."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware

from core import policy


@sync_only_middleware
def rules_once(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A request reads the versions of policies at most once, when it first asks for one, and goes by the same to its end."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with policy.read_once():
            return get_response(request)

    return middleware


@sync_only_middleware
def kept_nowhere(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """No answer is kept by a browser or on the way, where its view does not say for how long: the next person at this
    screen does not find by the back button what the last one saw. Static files are answered before they come here."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


@sync_only_middleware
def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The strict policy everywhere; the console's own library evaluates expressions and sets styles, and only there may it."""
    strict = CSPMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = strict(request)
        return response

    def with_console(request: HttpRequest) -> HttpResponse:
        def answer(inner: HttpRequest) -> HttpResponse:
            response = get_response(inner)
            if inner.path.startswith("/admin/"):
                response._csp_update = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}  # type: ignore[attr-defined]  # django-csp reads it
            return response

        answered: HttpResponse = CSPMiddleware(answer)(request)
        return answered

    return lambda request: (
        with_console(request) if request.path.startswith("/admin/") else middleware(request)
    )
