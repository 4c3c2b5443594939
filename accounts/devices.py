"""A number by which a browser is known again at sign-in (D7): random, in a cookie that scripts cannot read."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from core.limits import DEVICE_COOKIE, Asker, asker_of, device_cookie

YEARS_2 = 2 * 365 * 24 * 3600


def device_of(request: Any) -> str:
    """The browser's number; a new one is given with the answer to this request."""
    known = device_cookie(request)
    if known:
        return known
    request.new_device = getattr(request, "new_device", "") or secrets.token_urlsafe(24)
    return str(request.new_device)


def asker_with_device(request: Any) -> Asker:
    """Who asks for a code: their browser gets a number with the answer, by which it is known again when it types it."""
    return replace(asker_of(request), device=device_of(request))


def reader_of(request: Any) -> str | None:
    """Who reads a page, as the other pages of the same browser and what stands on its screen know them.

    Opaque; empty where nobody is signed in, None where nobody was asked who it is.
    """
    user = getattr(request, "user", None)
    if user is None:
        return None
    return reader_named(user.code) if user.is_authenticated else ""


def reader_named(code: str) -> str:
    """What pages say in the place of an account's code."""
    return salted_hmac("accounts.reader", code, algorithm="sha256").hexdigest()[:8]


def note_came(request: Any, code: str) -> None:
    """The account with this code signs in with this request."""
    request.came_here = code


def note_left(request: Any) -> None:
    """Who is signed in here signs out with this request, by a tap of their own."""
    request.left_here = True


def who_came(request: Any) -> str:
    """The code of the account that signed in with this request; empty where none did."""
    return str(getattr(request, "came_here", ""))


def has_left(request: Any) -> bool:
    """Whether somebody signed out with this request, by a tap of their own: no session that was taken from them says so."""
    return bool(getattr(request, "left_here", False))


# In this order: most browsers name others beside themselves.
_BROWSERS = {
    "MicroMessenger": "WeChat",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser_of(request: Any) -> str:
    """Browser and system by their products' names (`Firefox, Android`), as far as the request says them."""
    said = str(request.META.get("HTTP_USER_AGENT", ""))
    found = (
        next((name for mark, name in known.items() if mark in said), "") for known in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found))


class DeviceMiddleware:
    """Sets the cookie where a sign-in asked for a number; where somebody signed out, the browser forgets the rest.

    What it kept for them (pages, drafts, switches) is not the next one's at this screen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if has_left(request):
            response["Clear-Site-Data"] = '"cache", "storage"'
        number = getattr(request, "new_device", "")
        if number:
            response.set_cookie(
                DEVICE_COOKIE,
                number,
                max_age=YEARS_2,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
