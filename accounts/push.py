"""Screens that are told: browsers whose owner asked for it with a button, each as long as they are signed in there.

One browser has one subscription. It goes with its session, when it is withdrawn, and when its push service says that nobody
is there any more. A message of this kind never stands alone: text messages go out and pages change as they would without.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from accounts.devices import reader_named
from accounts.errors import PushUnknown
from accounts.models import Account, PushSubscription, Session
from accounts.sessions import digest
from core import audit, clock
from core.codes import new_code
from core.messages import outbox, push, transports
from core.messages.catalogue import PUSH, Message
from core.messages.transports import web_push
from core.permissions import is_still
from core.privacy import blind_index
from core.transactions import begins_transaction, joins_transaction

POINT_BYTES, SECRET_BYTES = 65, 16


def _standing(account: Account) -> "QuerySet[PushSubscription]":
    return PushSubscription.objects.filter(
        session__account=account, session__role=account.role, session__expire_date__gt=clock.now()
    )


def screens_of(account: Account) -> list[PushSubscription]:
    """Their browsers that are told, with their sessions, oldest first."""
    return list(_standing(account).select_related("session").order_by("pk"))


def told_among(accounts: Iterable[int]) -> set[int]:
    """Which of these people, by key, have a screen that is told; one question for all of them."""
    rows = PushSubscription.objects.filter(
        session__account__in=list(accounts), session__expire_date__gt=clock.now()
    )
    return set(rows.values_list("session__account", flat=True))


def is_on(session_key: str) -> bool:
    """Whether the browser with this session is told already, and trusts our newest key."""
    if not session_key or not push.is_offered():
        return False
    version, _public = web_push.newest()
    return PushSubscription.objects.filter(session_id=digest(session_key), version=version).exists()


def to_offer(session_key: str) -> str:
    """What a page offers a browser that is not told yet: the key it has to trust; empty where nothing is to offer."""
    return "" if is_on(session_key) else public_key()


def public_key() -> str:
    """What a browser has to trust, base64url; empty where this platform tells nobody's screen."""
    return web_push.newest()[1] if push.is_offered() else ""


@begins_transaction
def subscribe(*, account: Account, session_key: str, endpoint: str, p256dh: str, auth: str) -> None:
    """Tell this browser's screen from now on. Again it changes where. Raises `PushUnknown` for an address that is none of a
    push service that the settings name, and for keys that cannot be a browser's."""
    if not push.is_offered() or not _is_known(endpoint):
        raise PushUnknown
    try:
        point, secret = web_push.from_text(p256dh), web_push.from_text(auth)
        if (len(point), len(secret)) != (POINT_BYTES, SECRET_BYTES):
            raise PushUnknown
        web_push.encrypt(b"", p256dh=point, auth=secret)
    except ValueError:
        raise PushUnknown from None
    session = (
        Session.objects.select_for_update().filter(session_key=digest(session_key), account=account).first()
    )
    if session is None:
        raise PushUnknown
    index = blind_index(endpoint, purpose="push")
    PushSubscription.objects.filter(endpoint_index=index).exclude(session=session).delete()
    PushSubscription.objects.update_or_create(
        session=session,
        defaults={
            "code": new_code("N"),
            "endpoint": endpoint,
            "endpoint_index": index,
            "keys": f"{p256dh}.{auth}",
            "version": web_push.newest()[0],
            "agreed_at": clock.now(),
        },
    )
    audit.record(account.actor, "accounts.screen", account.code, on=True)


def _is_known(endpoint: str) -> bool:
    ways = transports.of_channel(PUSH)
    return any(isinstance(way, web_push.WebPush) and way.takes(endpoint) for way in ways)


@begins_transaction
def unsubscribe(*, account: Account, session_key: str = "") -> None:
    """Tell no screen of theirs any more, or not the one with this session. Nothing to end is no fault."""
    rows = PushSubscription.objects.filter(session__account=account)
    if session_key:
        rows = rows.filter(session_id=digest(session_key))
    ended, _by_model = rows.delete()
    if ended:
        audit.record(account.actor, "accounts.screen", account.code, on=False)


@joins_transaction
def tell(message: Message, *, account: Account, key: str, subject: str, until: datetime) -> int:
    """Say it on each screen of theirs that is told, as long as it helps; how many there are. The same `key` once each."""
    screens = screens_of(account)
    for screen in screens:
        outbox.queue(
            message,
            key=f"{key}:{screen.code}",
            to=screen.code,
            language=account.language,
            channel=PUSH,
            subject=subject,
            until=until,
        )
    return len(screens)


class _Kept:
    """Subscriptions, for the transport that asks for one when its message leaves (`core.messages.push.Keeper`)."""

    def find(self, code: str) -> push.Subscription | None:
        rows = PushSubscription.objects.select_related("session__account")
        row = rows.filter(code=code, session__expire_date__gt=clock.now()).first()
        person = row.session.account if row else None
        if row is None or person is None or not person.is_active or not is_still(person, row.session.role):
            return None
        point, _dot, secret = str(row.keys).partition(".")
        return push.Subscription(
            str(row.endpoint),
            web_push.from_text(point),
            web_push.from_text(secret),
            row.version,
            reader_named(person.code),
        )

    def gone(self, code: str) -> None:
        PushSubscription.objects.filter(code=code).delete()


push.kept_by(_Kept())
