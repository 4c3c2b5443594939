"""Doors: who is on the line, and whether this page is for them."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from core.errors import Forbidden, SecondFactorRequired, SignInRequired, wants_json
from core.permissions import may, needs_second_factor

if TYPE_CHECKING:
    from accounts.models import Account

P = ParamSpec("P")
UNNAMED = "unnamed"  # of a view, on which `config.middleware` says nothing of who was refused
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def account_of(request: Any) -> "Account":
    """Who is signed in. Raises `SignInRequired`."""
    if not request.user.is_authenticated:
        raise SignInRequired
    return cast("Account", request.user)


def check_permission(request: Any, *permissions: str) -> "Account":
    """The signed-in account, if it has one of `permissions` and its second factor was shown where one is asked for.

    Raises `SignInRequired`, `SecondFactorRequired`, `Forbidden`.
    """
    account = account_of(request)
    if needs_second_factor(account) and not request.user.is_verified():
        raise SecondFactorRequired
    if permissions and not any(may(account, each) for each in permissions):
        raise Forbidden
    return account


def staff_of_session(session_key: str, permission: str = "console.open") -> "Account | None":
    """Who a console page's session belongs to, with the second factor and this permission: for the async lane.

    The second factor counts as it does on a page: a device that is there still, and is this person's.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated:
        return None
    shown = request.session.get(DEVICE_ID_SESSION_KEY)
    device = Device.from_persistent_id(shown) if shown else None
    if device is None or device.user_id != user.pk:
        return None
    return user if may(user, permission) else None


def _asks_for_part(request: HttpRequest) -> bool:
    """Whether a page that is open asks for a part of itself: a sign-in page has no place inside it.

    A page of the console posts by itself as well (who else is here), and would lose what was typed on it.
    """
    by_itself = request.method == "GET" or request.path.startswith("/admin/")
    return by_itself and bool(request.headers.get("HX-Request"))


def permission_required(*permissions: str) -> Callable[[View[P]], View[P]]:
    """View decorator: lets in who has one of `permissions`, anybody signed in where none are named; leads others to the sign-in page."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                check_permission(request, *permissions)
            except SignInRequired:
                if wants_json(request) or _asks_for_part(request):
                    raise
                return redirect_to_login(request.get_full_path())
            except SecondFactorRequired:
                if wants_json(request) or _asks_for_part(request):
                    raise
                query = urlencode({"next": request.get_full_path()})
                return HttpResponseRedirect(f"{reverse('accounts:second_factor')}?{query}")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def unnamed(view: View[P]) -> View[P]:
    """View decorator: a refusal here is written down without who it was and from where, as everything else is."""
    setattr(view, UNNAMED, True)
    return view
