"""Middleware of the composition."""

from collections.abc import Callable
from contextlib import suppress

import structlog
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_only_middleware

from core import policy, refusals
from core.access import UNNAMED
from core.errors import DomainError, error_response, wants_json
from core.frames import in_one_chunk
from core.limits import address_of, roughly
from core.transactions import undone_unless

log = structlog.get_logger()
PROBES = "/health/"
READ_OR_POSTED = {"GET", "HEAD", "OPTIONS", "POST"}
OF_THE_API = READ_OR_POSTED | {"PUT", "PATCH", "DELETE"}


class MethodNotAllowed(DomainError):
    code, status = "method_not_allowed", 405


def _above(path: str) -> str:
    """The nearest address above this one that there is."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        with suppress(Resolver404):
            resolve(path)
            break
    return path


@sync_only_middleware
def in_one_piece(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """What answers a request calls far down, through all that stands below here and each template within another."""

    @in_one_chunk
    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return middleware


@sync_only_middleware
def probes(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A balancer asks a process by its address and in the clear: what `/health/` says names nobody, and is answered so.

    Any other page under a name that is not ours is refused, and led to https.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        told = settings.SECURE_PROXY_SSL_HEADER
        if request.path.startswith(PROBES) and settings.SECURE_SSL_REDIRECT and told:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
            request.META[told[0]] = told[1]
        return get_response(request)

    return middleware


@sync_only_middleware
def heads(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """`HEAD` is answered as `GET` would be, without the body (RFC 9110, 9.3.2), whatever a view says of its methods.

    Who asks so is a monitor, a checker of links or a preview: nobody saw anything. So nothing that a page writes when it
    is opened stays (who read what, since when a person is seen, what was told once), and no cookie leaves. A refusal that
    must be remembered is, and what limits count is counted, so that nobody tries doors without being noticed.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        # A probe of ours asks the database itself, and for as long as it means to.
        if request.path.startswith(PROBES):
            response = get_response(request)
        else:
            with undone_unless() as keep:
                response = get_response(request)
                if 400 <= response.status_code < 500:
                    keep()
        request.method = "HEAD"
        response.cookies.clear()
        if response.streaming:
            setattr(response, "streaming_content", ())  # noqa: B010 - what it would have been is closed with it
        else:
            response.content = b""  # its length, which is said by now, stays that of the page
        return response

    return middleware


@sync_only_middleware
def methods_in_use(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Pages are read and posted to, calls have a few methods more; no view is asked with any other, whatever it would do.

    A page that was refused stands at the address that it was sent to: whoever loads that anew, or chooses another
    language there, comes to the page above it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        used = OF_THE_API if request.path.startswith("/api/") else READ_OR_POSTED
        if request.method in used:
            response = get_response(request)
            if response.status_code == 405 and request.method == "GET" and not wants_json(request):
                return HttpResponseRedirect(_above(request.path))
            return response
        response = error_response(request, MethodNotAllowed())
        response["Allow"] = ", ".join(sorted(used))
        return response

    return middleware


@sync_only_middleware
def refusals_told(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Each refusal is a line of the log, and counted: who, which door, from which network. The route stands for the
    address, in which codes and secrets of links stand; what was said stands nowhere."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code in refusals.STATUSES:
            call = request.path.startswith("/api/")
            refusals.count(refusals.Front.CALL if call else refusals.Front.PAGE, response.status_code)
            found = request.resolver_match
            named = not getattr(found.func if found else None, UNNAMED, False)
            log.info(
                "refused",
                status=response.status_code,
                method=request.META["REQUEST_METHOD"],  # `heads` asks views otherwise
                door=found.route if found else "",
                # Who was asked for already: a database that is away answers no further question.
                who=getattr(getattr(request, "_cached_user", None), "code", "") if named else "",
                network=roughly(address_of(request)) if named else "",
            )
        return response

    return middleware


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
