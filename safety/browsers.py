"""The key by which a browser opens the page of its side's call for help, without it standing in an address.

It outlives a session that was taken from her: ended elsewhere, expired, suspended (S1). It does not outlive her own
sign-out, nor that another account signs in there: whoever has the browser next would see where she is and write as her.
One case stands above that: while her call is open and somebody may be aboard, who holds the browser sits in that car with
her, or is her, made to sign out. Then it stays, for as long as both are so, and half a day at most.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.devices import has_left, who_came
from core.errors import DomainError
from rides.errors import PositionToken
from rides.selectors import check_key, trip_by_code
from rides.states import Party
from rides.tokens import TripKey, read_key
from safety import selectors

PREFIX = "trip_key_"  # and the trip's code: two calls are two keys
LEFT_BEHIND = "left."  # before the key of who is signed in there no more
LIFE, LIFE_LEFT_BEHIND = 3 * 24 * 3600, 12 * 3600  # seconds


def is_kept(request: HttpRequest, code: str) -> bool:
    """Whether this browser shows the key to a side of this trip by itself."""
    return PREFIX + code in request.COOKIES


def kept(request: HttpRequest, code: str) -> str:
    """The key that was left here. Raises `PositionToken` where nobody may open anything by it any more."""
    said = request.COOKIES.get(PREFIX + code, "")
    raw = said.removeprefix(LEFT_BEHIND)
    if raw != said and not _may_be_aboard(read_key(raw)):
        raise PositionToken
    return raw


def keep(answer: HttpResponse, code: str, raw: str, *, left_behind: bool = False) -> None:
    """This browser opens the page of its side's call from now on. At the root: a sign-out has to find it."""
    answer.set_cookie(
        PREFIX + code,
        LEFT_BEHIND + raw if left_behind else raw,
        max_age=LIFE_LEFT_BEHIND if left_behind else LIFE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def is_left_behind(request: HttpRequest, code: str) -> bool:
    """Whether who left the key here has signed out since, or somebody else has signed in."""
    return request.COOKIES.get(PREFIX + code, "").startswith(LEFT_BEHIND)


def _may_be_aboard(key: TripKey) -> bool:
    call = selectors.sos_of_side(key.trip, key.party)
    return call is not None and trip_by_code(key.trip).somebody_may_be_aboard


def _is_of(key: TripKey, account: str) -> bool:
    if key.party == Party.DRIVER:
        return key.driver == account
    return trip_by_code(key.trip).passenger.code == account


class KeysMiddleware:
    """Takes the keys along where somebody signs out, or another account signs in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        came = who_came(request)
        if came or has_left(request):
            for name in request.COOKIES:
                if name.startswith(PREFIX):
                    _part(response, request.COOKIES[name].removeprefix(LEFT_BEHIND), name, came)
        return response


def _part(response: HttpResponse, raw: str, name: str, came: str) -> None:
    code = name.removeprefix(PREFIX)
    try:
        key = read_key(raw)
        check_key(key)
        if came and _is_of(key, came):
            keep(response, code, raw)
        elif _may_be_aboard(key):
            keep(response, code, raw, left_behind=True)
        else:
            response.delete_cookie(name, samesite="Lax")
    except DomainError:  # it opens nothing any more, or is none of ours
        response.delete_cookie(name, samesite="Lax")
