"""Messages out: a row first, sent afterwards by a worker through Apprise, never inside a transaction.

A message is claimed by compare-and-swap with a lease. Life-safety messages are sent at least once, with the row's
key, so that a repeat is seen as one. The others carry the same key, and are not sent again once the provider took
them unless the worker died between the two. What was not taken is tried again by the law of `core.retry`; what the
provider says can never arrive needs a person at once.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import timedelta
from time import monotonic
from urllib.parse import quote

import apprise
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from core import broker, clock, retry
from core.messages.catalogue import SIGNATURES, Message
from core.models import NOTIFICATION_TRANSITIONS, Notification, NotificationState
from core.states import StaleState, move
from core.transactions import joins_transaction

log = structlog.get_logger()
LEASE = timedelta(seconds=30)  # of machine time: a drill's shifted clock must not end it
GRACE = timedelta(seconds=2)  # a worker that was woken by the commit has it by then, or the sweep takes it
HELPS = timedelta(
    hours=24
)  # a message that is older helps nobody any more: it rests, and a person knows of it
NEVER = frozenset({410, 422})  # what a provider answers for a number or address that does not exist
LIFE_SAFETY, DEFAULT = "life_safety", "default"
_apprise_log = logging.getLogger("apprise")
# Of this call: Apprise takes it along into the thread in which it sends.
_answers: ContextVar[list[int] | None] = ContextVar("answers", default=None)


@joins_transaction
def queue(
    message: Message, *, key: str, to: str, language: str, channel: str = "sms", subject: str = ""
) -> None:
    """Promise a message in its reader's language; the same `key` promises it once.

    `to` is a phone in E.164, an address or a name, as the channel has it; `subject` the code of what it is about. An SMS
    says first who sends it. Raises `ValueError` for a channel by which this message does not leave.
    """
    entry = message.entry
    if channel not in entry.channels:
        raise ValueError(f"{entry.code} does not leave by {channel}")
    at = clock.now()
    with override(language):
        written = message.written()
        text = entry.text() % written
        row = Notification(
            key=key,
            message=entry.code,
            language=language,
            channel=channel,
            recipient=to,
            text=_signed(text) if channel == "sms" else text,
            parameters=json.dumps(written, ensure_ascii=False),
            life_safety=entry.life_safety,
            subject=subject,
            created_at=at,
            not_before=at + GRACE,
        )
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    transaction.on_commit(lambda: _wake(key, life_safety=entry.life_safety))


def _signed(text: str) -> str:
    """Carriers in China deliver only what begins with the sender's name in these brackets; phones know codes by it."""
    if text.startswith(SIGNATURES):
        return text
    chinese = (get_language() or "").startswith("zh")
    return (SIGNATURES[0] if chinese else SIGNATURES[1]) + text


def _wake(key: str, *, life_safety: bool) -> None:
    from core.tasks import send_notification

    pk = Notification.objects.filter(key=key).values_list("pk", flat=True).first()
    broker.wake(send_notification, pk, queue=LIFE_SAFETY if life_safety else DEFAULT)


def send(notification_id: int) -> bool:
    """Claim one message and send it; False where it was not taken, which is tried again.

    Another worker's claim, or a message that is done, is left alone.
    """
    row = Notification.objects.filter(pk=notification_id, state=NotificationState.QUEUED).first()
    if row is None:
        return True
    try:
        move(
            row,
            NOTIFICATION_TRANSITIONS,
            "sending",
            lease_until=timezone.now() + LEASE,
            attempts=F("attempts") + 1,
        )
    except StaleState:
        return True
    row.refresh_from_db()
    try:
        _hand_over(row)
    except Exception as why:  # a provider's library may raise anything; the message stays ours
        log.warning("notify.not_taken", notification=row.pk, error=type(why).__name__)
        _put_off(row, why)
        return False
    move(row, NOTIFICATION_TRANSITIONS, "sent", sent_at=clock.now(), lease_until=None)
    retry.done(MESSAGES, row.key)
    return True


class NotTaken(Exception):
    """The provider did not take a message."""


class NoProvider(NotTaken):
    """A channel without an address in the settings: a person is asked at once, and it is tried on meanwhile."""


class _Listener(logging.Handler):
    """Hears from Apprise's log, which alone is told, with which status the provider answered."""

    def emit(self, record: logging.LogRecord) -> None:
        heard, found = _answers.get(), re.search(r"error=(\d{3})", record.getMessage())
        if heard is not None and found:
            heard.append(int(found[1]))


def _hand_over(row: Notification) -> None:
    """Raises `NotTaken`, or `Hopeless` where the provider says that the message can never arrive."""
    pattern = settings.NOTIFY_URLS.get(row.channel, "")
    if not pattern:
        raise NoProvider(row.channel)
    provider = apprise.Apprise()
    provider.add(pattern.format(to=quote(row.recipient, safe=""), key=quote(row.key, safe="")))
    heard: list[int] = []
    listener, token = _Listener(logging.INFO), _answers.set(heard)
    _apprise_log.addHandler(listener)
    try:
        if provider.notify(body=row.text, title="Huhang 护航"):
            return
    finally:
        _apprise_log.removeHandler(listener)
        _answers.reset(token)
    status = heard[-1] if heard else 0
    if status in NEVER:
        raise retry.Hopeless(f"{row.channel}: {status}")
    raise NotTaken(f"{row.channel}: {status or 'no answer'}")


@transaction.atomic
def _put_off(row: Notification, why: Exception) -> None:
    rests = isinstance(why, retry.Hopeless) or clock.now() - row.created_at > HELPS
    written = retry.failed(
        MESSAGES,
        row.key,
        why,
        life_safety=row.life_safety,
        needs_person=isinstance(why, NoProvider),
        rests=rests,
        subject=row.subject,
    )
    if rests:
        move(row, NOTIFICATION_TRANSITIONS, "needs_person", lease_until=None)
    else:
        move(row, NOTIFICATION_TRANSITIONS, "queued", not_before=written.next_at, lease_until=None)


def _again(key: str) -> bool:
    """Try a message now, whatever its time; False where it was not sent, also while another worker has it."""
    row = Notification.objects.filter(key=key).first()
    if row is None:
        return True
    if row.state == NotificationState.NEEDS_PERSON:
        move(row, NOTIFICATION_TRANSITIONS, "queued", not_before=clock.now())
    send(row.pk)
    return Notification.objects.filter(pk=row.pk, state=NotificationState.SENT).exists()


MESSAGES = retry.declare(
    "core.messages",
    _("Sending a message"),
    law=retry.Law(first=timedelta(seconds=2), patience=timedelta(hours=1), gives_up=False),
    again=_again,
)


def _due() -> "QuerySet[Notification]":
    """Messages to send now, those on which a life may depend first. A lease that ran out is given back before."""
    Notification.objects.filter(state=NotificationState.SENDING, lease_until__lt=timezone.now()).update(
        state=NotificationState.QUEUED, lease_until=None
    )
    rows = Notification.objects.filter(Q(state=NotificationState.QUEUED), not_before__lte=clock.now())
    return rows.order_by("-life_safety", "not_before", "pk")


def sweep(*, queue: str | None = None, limit: int = 500) -> list[tuple[int, str]]:
    """Messages that are due: (id, queue), those on which a life may depend first."""
    rows = _due() if queue is None else _due().filter(life_safety=queue == LIFE_SAFETY)
    found = rows.values_list("pk", "life_safety")[:limit]
    return [(pk, LIFE_SAFETY if life_safety else DEFAULT) for pk, life_safety in found]


def queues_with_due() -> list[str]:
    """The queues in which a message waits that no worker was woken for, or that is due again."""
    found = _due().order_by().values_list("life_safety", flat=True).distinct()
    return sorted({LIFE_SAFETY if life_safety else DEFAULT for life_safety in found})


def work_off(queue: str, *, seconds: float = retry.TURN) -> bool:
    """Send what is due in a queue until nothing is or the time is over; True where more may wait."""
    until = monotonic() + seconds
    while rows := sweep(queue=queue, limit=20):
        for pk, _queue in rows:
            send(pk)
            if monotonic() > until:
                return True
    return False


def count_about(subject: str) -> int:
    """How many messages were promised about a code, such as contacts alerted for an incident."""
    return Notification.objects.filter(subject=subject).count()


def count_keys(prefix: str) -> int:
    """How many messages were promised under keys that begin so."""
    return Notification.objects.filter(key__startswith=prefix).count()


def about(subject: str) -> list[Notification]:
    """The messages about a code, oldest first."""
    return list(Notification.objects.filter(subject=subject).order_by("pk"))
