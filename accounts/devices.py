"""A number by which a browser is known again at sign-in (D7): random, in a cookie that scripts cannot read."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "device"
YEARS_2 = 2 * 365 * 24 * 3600


def device_of(request: Any) -> str:
    """The browser's number; a new one is given with the answer to this request."""
    known = request.COOKIES.get(COOKIE, "")
    if 20 <= len(known) <= 60:
        return str(known)
    request.new_device = getattr(request, "new_device", "") or secrets.token_urlsafe(24)
    return str(request.new_device)


class DeviceMiddleware:
    """Sets the cookie where a sign-in asked for a number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        number = getattr(request, "new_device", "")
        if number:
            response.set_cookie(
                COOKIE,
                number,
                max_age=YEARS_2,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
