"""Sessions: a row of `accounts.models.Session` each, whose key is kept as a digest, and which ends by itself.

Whoever reads the table, a dump or a backup of it can open nothing: the key that a browser shows is not there. A session
stands as long as it is neither too old nor too long unused, and as its person is active and has the role in which they
signed in. All doors ask here, pages and the async lane alike, so that none of them goes by what was true at the sign-in.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware as DjangosMiddleware
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.devices import has_left
from accounts.models import Account, Session
from accounts.policies import SESSION_LIFE, STAFF_SESSION_IDLE, STAFF_SESSION_LIFE
from core import clock, policy
from core.permissions import HasRole, is_still, needs_second_factor
from core.reads import part

TOUCHED_EVERY = timedelta(minutes=1)
BROWSER, NETWORK = (
    "browser",
    "network",
)  # what a sign-in writes into the session's data, for its person's list


def digest(key: str) -> str:
    """How a session's key is kept. It has 165 random bits, so that a plain SHA-256 cannot be tried back."""
    return hashlib.sha256(key.encode()).hexdigest()


def begun_at(key: str | None) -> datetime | None:
    """When somebody signed in with this session's key; none where the session is over."""
    return Session.objects.filter(session_key=digest(key or "")).values_list("begun_at", flat=True).first()


def begin_anew(session: SessionBase, person: Account) -> None:
    """Whoever signs in again with an open session has just now signed in, and shows a second factor again."""
    session.pop(DEVICE_ID_SESSION_KEY, None)
    at = clock.now()
    Session.objects.filter(session_key=digest(session.session_key or ""), account=person).update(
        begun_at=at, used_at=at, expire_date=ends_at(person, begun=at, used=at)
    )


def ends_at(person: HasRole, *, begun: datetime, used: datetime) -> datetime:
    """When a session ends, if it is not used again after `used`, by the rules in force."""
    if not needs_second_factor(person):
        return begun + policy.span(SESSION_LIFE)
    return min(begun + policy.span(STAFF_SESSION_LIFE), used + policy.span(STAFF_SESSION_IDLE))


_OF_SESSION = (
    "session_key",
    "session_data",
    "expire_date",
    "role",
    "begun_at",
    "used_at",
    "account_id",
)
_OF_ACCOUNT = ("id", "role", "is_active")
# As it stands, because almost every request begins with it.
_STANDING = f"""
SELECT {", ".join(f"s.{name}" for name in _OF_SESSION)}, {", ".join(f"a.{name}" for name in _OF_ACCOUNT)}
FROM {Session._meta.db_table} s LEFT JOIN {Account._meta.db_table} a ON a.id = s.account_id
WHERE s.session_key = %s AND s.expire_date > %s
"""  # noqa: S608 - tables of ours


class SessionStore(DatabaseStore):
    """Django's store over our table. What was ended meanwhile is not brought back by a request that was under way."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = self._standing(self.session_key) if self.session_key else None
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row.session_data)
        return data

    def _standing(self, key: str) -> Session | None:
        at = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(_STANDING, [digest(key), at])
            found = cursor.fetchone()
        if found is None:
            return None
        row = part(Session, _OF_SESSION, found[: len(_OF_SESSION)])
        if row.account_id is None:
            return row
        row.account = part(Account, _OF_ACCOUNT, found[len(_OF_SESSION) :])
        stands = row.account.is_active and is_still(row.account, row.role)
        if stands and at - row.used_at < TOUCHED_EVERY:
            return row
        # By the rule of now, which may be a shorter one than when it was used last.
        if stands and ends_at(row.account, begun=row.begun_at, used=row.used_at) > at:
            Session.objects.filter(pk=row.pk).update(
                used_at=at, expire_date=ends_at(row.account, begun=row.begun_at, used=at)
            )
            return row
        row.delete()
        return None

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=digest(key)).delete()

    def save(self, must_create: bool = False) -> None:
        """Raises `CreateError`, and `UpdateError` where the session was ended."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's own, not in its stubs
        key, account = digest(self.session_key), data.get(SESSION_KEY)
        written = {"session_data": self.encode(data)}
        if must_create:
            try:
                with transaction.atomic():
                    Session.objects.create(session_key=key, **written, **self._of(account, data))
            except IntegrityError as taken:
                raise CreateError from taken
            return
        row = Session.objects.filter(session_key=key)
        if row.filter(account_id=account).update(**written):
            return
        # Somebody signed in with it: it begins anew, as theirs.
        if not row.update(**written, **self._of(account, data)):
            raise UpdateError

    def _of(self, account: str | None, data: dict[str, Any]) -> dict[str, Any]:
        """The columns of a session that begins now."""
        at = clock.now()
        person = Account.objects.only("role").get(pk=account) if account else None
        return {
            "account": person,
            "role": person.role if person else "",
            "begun_at": at,
            "used_at": at,
            "expire_date": ends_at(person, begun=at, used=at) if person else at + policy.span(SESSION_LIFE),
            "browser": str(data.get(BROWSER, "")),
            "network": str(data.get(NETWORK, "")),
        }


class SessionMiddleware(DjangosMiddleware):
    """Django's own, but that only a sign-out takes the cookie from the browser.

    A page that was open longer asks with the session that ended, and may be answered after somebody signed in beside it:
    the browser keeps one cookie for both, and to take it away would end the new session. The old one opens nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        answered = super().process_response(request, response)
        cookie = answered.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and not cookie.value and not has_left(request):
            del answered.cookies[settings.SESSION_COOKIE_NAME]
        return answered
