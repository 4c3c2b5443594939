"""Messages out: a row first, sent afterwards by a worker through Apprise, never inside a transaction.

A message is claimed by compare-and-swap with a lease. Life-safety messages are sent at least once, with the row's
key, so that a repeat is seen as one. The others carry the same key, and are not sent again once the provider took
them unless the worker died between the two.
"""

from datetime import timedelta
from urllib.parse import quote

import apprise
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core import clock
from core.models import NOTIFICATION_TRANSITIONS, Notification, NotificationState
from core.states import StaleState, move
from core.transactions import joins_transaction

log = structlog.get_logger()
LEASE = timedelta(seconds=30)  # of machine time: a drill's shifted clock must not end it
REWAKE = timedelta(seconds=5)
GIVE_UP = timedelta(
    hours=24
)  # providers are down for hours; a message that helps nobody any more needs a person


@joins_transaction
def queue_message(
    *, key: str, channel: str, to: str, text: str, life_safety: bool = False, subject: str = ""
) -> None:
    """Promise a message; the same `key` promises it once. `subject` is the code of what it is about."""
    at = clock.now()
    row = Notification(
        key=key,
        channel=channel,
        recipient=to,
        text=text,
        life_safety=life_safety,
        subject=subject,
        created_at=at,
        not_before=at + REWAKE,  # it is woken by its commit; the sweep is for what was missed
    )
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    transaction.on_commit(lambda: _wake(key, life_safety=life_safety))


def _wake(key: str, *, life_safety: bool) -> None:
    from core.tasks import send_notification

    pk = Notification.objects.filter(key=key).values_list("pk", flat=True).first()
    try:
        send_notification.apply_async((pk,), queue="life_safety" if life_safety else "default")
    except Exception:  # the broker's many errors; the row is committed and the sweep follows
        log.warning("notify.not_woken", notification=pk)


def send(notification_id: int) -> None:
    """Claim one message and send it; another worker's claim, or a message that is done, is left alone."""
    row = Notification.objects.filter(pk=notification_id, state=NotificationState.QUEUED).first()
    if row is None:
        return
    try:
        move(
            row,
            NOTIFICATION_TRANSITIONS,
            "sending",
            lease_until=timezone.now() + LEASE,
            attempts=F("attempts") + 1,
        )
    except StaleState:
        return
    row.refresh_from_db()
    sent = _hand_over(row)
    at = clock.now()
    if sent:
        move(row, NOTIFICATION_TRANSITIONS, "sent", sent_at=at, lease_until=None)
    elif at - row.created_at > GIVE_UP:
        log.error("notify.needs_person", notification=row.pk)
        move(row, NOTIFICATION_TRANSITIONS, "needs_person", lease_until=None)
    else:
        ceiling = 10 if row.life_safety else 600
        delay = timedelta(seconds=min(ceiling, 2 ** min(row.attempts, 10)))
        move(row, NOTIFICATION_TRANSITIONS, "queued", not_before=at + delay, lease_until=None)


def _hand_over(row: Notification) -> bool:
    pattern = settings.NOTIFY_URLS.get(row.channel, "")
    if not pattern:
        log.error("notify.no_provider", channel=row.channel)
        return False
    provider = apprise.Apprise()
    provider.add(pattern.format(to=quote(row.recipient, safe=""), key=quote(row.key, safe="")))
    try:
        return bool(provider.notify(body=row.text, title="Huhang 护航"))
    except Exception:  # a provider's library may raise anything; the message stays queued
        log.exception("notify.provider_failed", notification=row.pk)
        return False


def sweep(*, limit: int = 500) -> list[tuple[int, str]]:
    """Messages that are due: (id, queue). A lease that ran out puts its message back first.

    What is woken here is left alone for a moment: a queue that is long must not be made longer by each sweep.
    """
    at = clock.now()
    Notification.objects.filter(state=NotificationState.SENDING, lease_until__lt=timezone.now()).update(
        state=NotificationState.QUEUED, lease_until=None
    )
    due = Notification.objects.filter(Q(state=NotificationState.QUEUED), not_before__lte=at)
    rows = due.order_by("-life_safety", "pk").values_list("pk", "life_safety")[:limit]
    found = [(pk, "life_safety" if life_safety else "default") for pk, life_safety in rows]
    Notification.objects.filter(pk__in=[pk for pk, _queue in found]).update(not_before=at + REWAKE)
    return found


def count_about(subject: str) -> int:
    """How many messages were promised about a code, such as contacts alerted for an incident."""
    return Notification.objects.filter(subject=subject).count()


def count_keys(prefix: str) -> int:
    """How many messages were promised under keys that begin so."""
    return Notification.objects.filter(key__startswith=prefix).count()


def about(subject: str) -> list[Notification]:
    """The messages about a code, oldest first."""
    return list(Notification.objects.filter(subject=subject).order_by("pk"))
