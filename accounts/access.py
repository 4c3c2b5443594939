"""Doors: who is on the line, and whether this page is for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Account
from accounts.policies import SECOND_FACTOR, STAFF
from accounts.states import Role
from core.errors import Forbidden, SecondFactorRequired, SignInRequired, wants_json

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def account_of(request: Any) -> Account:
    """Who is signed in. Raises `SignInRequired`."""
    user = request.user
    if not isinstance(user, Account):
        raise SignInRequired
    return user


def check_door(request: Any, *roles: Role) -> Account:
    """The signed-in account, if its role is one of `roles` and its second factor was shown where one is asked for.

    Raises `SignInRequired`, `SecondFactorRequired`, `Forbidden`.
    """
    account = account_of(request)
    if account.role in SECOND_FACTOR and not request.user.is_verified():
        raise SecondFactorRequired
    if roles and account.role not in roles:
        raise Forbidden
    return account


def staff_of_session(session_key: str, roles: frozenset[Role] = STAFF) -> Account | None:
    """Who of these roles, with their second factor, a console page's session belongs to: for the async lane."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    verified = isinstance(user, Account) and user.role in roles and "otp_device_id" in request.session
    return user if verified and isinstance(user, Account) else None


def door(*roles: Role) -> Callable[[View[P]], View[P]]:
    """View decorator: lets `roles` in, anybody signed in where none are named; leads others to the sign-in page."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                check_door(request, *roles)
            except SignInRequired:
                if wants_json(request):
                    raise
                return redirect_to_login(request.get_full_path())
            except SecondFactorRequired:
                if wants_json(request):
                    raise
                query = urlencode({"next": request.get_full_path()})
                return HttpResponseRedirect(f"{reverse('accounts:second_factor')}?{query}")
            return view(request, *args, **kwargs)

        return guarded

    return decorate
