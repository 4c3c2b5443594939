"""Messages out: a row first, sent afterwards by a worker through a transport, never inside a transaction.

A message is claimed by compare-and-swap with a lease. Its channel's transports are asked in their order until one takes
it. Life-safety messages are sent at least once, with the row's key, so that a repeat is seen as one. The others carry
the same key, and are given to a second provider only where it is known that the first has not got them. What was not
taken, or was not delivered, is tried again by the law of `core.retry`; what can never arrive needs a person at once.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from core import broker, clock, inserts, retry
from core.messages import beside, push, transports
from core.messages.catalogue import PASSING, SIGNATURES, Message, of_code
from core.messages.transports import (
    Lapsed,
    Letter,
    NoAnswer,
    NoProvider,
    NotTaken,
    Transport,
    Unfit,
    WrongRecipient,
    breaker,
)
from core.messages.transports.breaker import Resting
from core.models import NOTIFICATION_TRANSITIONS, Answer, Notification, NotificationState
from core.reads import Read
from core.states import StaleState, move
from core.transactions import joins_transaction, on_commit_once

log = structlog.get_logger()
LEASE = timedelta(seconds=30)  # of machine time: a drill's shifted clock must not end it
GRACE = timedelta(seconds=2)  # a worker that was woken for this one has it by then, or the sweep takes it
# After the time from which it leaves; later it helps nobody any more: it rests, and a person knows of it.
HELPS = timedelta(hours=24)
# What would betray its reader is asked about again so often.
ASK_AGAIN = timedelta(minutes=1)
# Those on which a life may depend have a queue and a worker of their own: a provider that hangs holds up messages, and
# nothing else that saves lives.
LIFE_MESSAGES, ORDINARY = "life_messages", "default"
# In a storm all threads of this worker send; others that ask for one, such as who tells 110, have theirs after it.
LIFE_TURN = 1.0  # seconds


class _Betrays(Exception):
    """Whoever it is about may read along."""


_ROW = Read(lambda pk: Notification.objects.filter(pk=pk), int)


@joins_transaction
def queue(
    message: Message,
    *,
    key: str,
    to: str,
    language: str,
    channel: str = "sms",
    subject: str = "",
    not_before: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """Promise a message in its reader's language; the same `key` promises it once.

    `to` is a phone in E.164, an address or a name, as the channel has it; `subject` the code of what it is about. An SMS
    says first who sends it. With `not_before` it leaves from then on; after `until`, a day where none is given, it helps
    nobody any more. Raises `ValueError` for a channel by which this
    message does not leave.
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
            not_before=not_before or (at if entry.life_safety else at + GRACE),
            helps_until=until or max(at, not_before or at) + HELPS,
        )
    if not inserts.insert(row, unless_there=True):
        row = Notification.objects.get(key=key)  # what is promised already stays as it is
    if not_before is not None:
        return
    if entry.life_safety:
        on_commit_once(_wake_for_lives)
    else:
        transaction.on_commit(partial(broker.wake, "core.tasks.send_notification", row.pk, queue=ORDINARY))


def _signed(text: str) -> str:
    """Carriers in China deliver only what begins with the sender's name in these brackets; phones know codes by it."""
    if text.startswith(SIGNATURES):
        return text
    chinese = (get_language() or "").startswith("zh")
    return (SIGNATURES[0] if chinese else SIGNATURES[1]) + text


def wake(queue: str) -> None:
    """Ask a worker to send what is due in a queue, once however many messages ask for it."""
    broker.wake("core.tasks.work_off_notifications", queue, queue=queue, once=f"messages:{queue}")


def _wake_for_lives() -> None:
    wake(LIFE_MESSAGES)


# Plain, as all that a message waits for: Django would make each anew. Only one that is queued is claimed.
_CLAIM = """
UPDATE core_notification SET state = 'sending', lease_until = %s, attempts = attempts + 1
WHERE id = %s AND state = 'queued'
"""
_CLAIM_FIRST = """
UPDATE core_notification SET state = 'sending', lease_until = %s, attempts = attempts + 1
WHERE id = (
    SELECT id FROM core_notification WHERE state = 'queued' AND life_safety = %s AND not_before <= %s
    ORDER BY not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""


def send(notification_id: int) -> bool:
    """Claim one message and send it; False where it was not taken, which is tried again.

    Another worker's claim, or a message that is done, is left alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [timezone.now() + LEASE, notification_id])
        claimed = cursor.rowcount == 1
    return _send_claimed(_ROW.the(notification_id)) if claimed else True


def _claim_first(queue: str) -> Notification | None:
    """The message of a queue that has been due for longest, as it is from now on ours."""
    given = [timezone.now() + LEASE, queue == LIFE_MESSAGES, clock.now()]
    return next(iter(Notification.objects.raw(_CLAIM_FIRST, given)), None)


def _send_claimed(row: Notification) -> bool:
    try:
        number = _hand_over(row)
    except _Betrays:
        return _wait(row)
    except Lapsed as why:
        log.info("messages.lapsed", notification=row.pk, message=row.message, why=str(why))
        return _lapse(row)
    except Exception as why:  # a provider's library may raise anything; the message stays ours
        known = isinstance(why, retry.Known)
        # What our transports say names a provider and a status, never a person; a library's own words may.
        log.warning(
            "messages.not_taken",
            notification=row.pk,
            message=row.message,
            error=type(why).__name__,
            why=str(why) if known else "",
            exc_info=not known,
        )
        return _put_off(row, why)
    _taken(row, number)
    return True


def _taken(row: Notification, number: str) -> None:
    """A provider has it. Its receipt may have been faster, and says more."""
    taken = {"answer": Answer.TAKEN, "provider_id": number[:80]}
    try:
        move(row, NOTIFICATION_TRANSITIONS, "sent", sent_at=clock.now(), lease_until=None, **taken)
    except StaleState:
        Notification.objects.filter(pk=row.pk, state=NotificationState.DELIVERED).update(**taken)
        return
    # What was claimed once has not failed before; what did not arrive once is done when it does.
    if row.attempts > 1 and not row.undelivered:
        retry.done(MESSAGES, row.key)


# --- Asking transports ---


def _in_turn(row: Notification) -> list[Transport]:
    """Whom to ask, in which order. Who may have an ordinary message already is asked alone: nobody gets it twice."""
    ways = list(transports.of_channel(row.channel))
    if not ways:
        raise NoProvider(f"{row.channel}: no provider")
    if row.answer == Answer.ASKED and not row.life_safety:
        ways = [way for way in ways if way.name == row.transport] or ways
    first = row.undelivered % len(ways)
    return ways[first:] + ways[:first]


def _hand_over(row: Notification) -> str:
    """The id that the first transport gave that took it. Raises `NotTaken`, `WrongRecipient`, `Lapsed` or `_Betrays`."""
    entry = of_code(row.message)
    if entry is not None and entry.betrays and beside.is_read_along(row.subject, row.recipient):
        raise _Betrays
    if row.channel in PASSING and (clock.now() > row.helps_until or push.is_hushed(row.subject)):
        raise Lapsed(f"{row.channel}: over, or not to be shown now")
    letter = Letter(
        row.key,
        row.channel,
        row.recipient,
        row.text,
        row.message,
        row.language,
        row.values(),
        row.subject,
        row.helps_until,
    )
    failures: list[NotTaken] = []
    for way in _in_turn(row):
        try:
            return breaker.of(way.name).ask(partial(_ask, row, way, letter))
        except Resting as why:
            failures.append(why)
        except NoAnswer as why:
            failures.append(why)
            if not row.life_safety:
                break
        except NotTaken as why:
            _note(row, way, Answer.REFUSED)
            failures.append(why)
        log.warning("messages.next_transport", notification=row.pk, transport=way.name)
    said = "; ".join(str(why) for why in failures)
    raise (Unfit if all(isinstance(why, Unfit) for why in failures) else NotTaken)(said)


def _ask(row: Notification, way: Transport, letter: Letter) -> str:
    """Raises as `Transport.hand_over` says, whatever the transport raises: what it did not mean is no answer."""
    _note(row, way, Answer.ASKED)
    try:
        return way.hand_over(letter)
    except retry.Known:
        raise
    except Exception as why:  # a provider's library may raise anything; another provider may carry it
        log.exception("messages.transport_broke", notification=row.pk, transport=way.name)
        raise NoAnswer(f"{way.name}: {type(why).__name__}") from why


_NOTE = "UPDATE core_notification SET transport = %s, answer = %s WHERE id = %s AND state = %s"


def _note(row: Notification, way: Transport, answer: Answer) -> None:
    """Written before it is asked: a receipt finds the row, and a worker that dies leaves word of who may have it."""
    row.transport, row.answer = way.name, answer
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [way.name, answer, row.pk, NotificationState.SENDING])


@transaction.atomic
def _wait(row: Notification) -> bool:
    """It leaves when the two are no longer together; nobody has to do anything about it, and it helps as long as ever."""
    at = clock.now() + ASK_AGAIN
    later = {"not_before": at, "helps_until": max(row.helps_until, at + HELPS)}
    try:
        move(row, NOTIFICATION_TRANSITIONS, "queued", lease_until=None, sent_at=None, **later)
    except StaleState:
        return True
    return False


@transaction.atomic
def _lapse(row: Notification) -> bool:
    """It goes nowhere any more, and nobody has to do anything about it."""
    try:
        move(row, NOTIFICATION_TRANSITIONS, "lapsed", lease_until=None, sent_at=None)
    except StaleState:
        return True
    retry.done(MESSAGES, row.key)
    return True


@transaction.atomic
def _put_off(row: Notification, why: Exception) -> bool:
    """Write down that it did not get through, and when it is tried again; True where it arrived meanwhile."""
    rests = isinstance(why, retry.Hopeless) or clock.now() > row.helps_until
    if row.channel in PASSING and (rests or isinstance(why, Unfit)):
        return _lapse(row)
    try:
        if rests:
            move(row, NOTIFICATION_TRANSITIONS, "needs_person", lease_until=None, sent_at=None)
        else:
            move(row, NOTIFICATION_TRANSITIONS, "queued", lease_until=None, sent_at=None)
    except StaleState:
        return True
    written = retry.failed(
        MESSAGES,
        row.key,
        why,
        life_safety=row.life_safety,
        needs_person=isinstance(why, Unfit),
        rests=rests,
        subject=row.subject,
    )
    Notification.objects.filter(pk=row.pk).update(not_before=written.next_at)
    return False


def _again(key: str) -> bool:
    """Try a message now, whatever its time; False where it was not sent, also while another worker has it."""
    row = Notification.objects.filter(key=key).first()
    if row is None:
        return True
    if row.state == NotificationState.NEEDS_PERSON:
        move(row, NOTIFICATION_TRANSITIONS, "queued", not_before=clock.now())
    send(row.pk)
    row.refresh_from_db()
    return row.handed_over


MESSAGES = retry.declare(
    "core.messages",
    _("Sending a message"),
    law=retry.Law(first=timedelta(seconds=2), patience=timedelta(hours=1), gives_up=False),
    again=_again,
    life_queue=LIFE_MESSAGES,
)


# --- Receipts ---


class Undelivered(NotTaken):
    """A receipt said that it did not arrive."""


# In the order of their numbers, so that no two who bring the same ones stand in each other's way.
_ARRIVED = """
UPDATE core_notification SET state = 'delivered', delivered_at = %(at)s, sent_at = coalesce(sent_at, %(at)s),
    lease_until = NULL, answer = %(taken)s
WHERE id IN (
    SELECT id FROM core_notification WHERE key = ANY(%(keys)s) AND transport = %(transport)s AND state <> 'delivered'
    ORDER BY id FOR UPDATE
)
RETURNING key
"""


@transaction.atomic
def delivered(*, transport: str, keys: Sequence[str]) -> None:
    """Receipts: these messages arrived. Again, or of messages that another transport has, it changes nothing.

    Providers bring hundreds together, while pages are answered and calls for help among them: so all are written at once.
    """
    given: dict[str, Any] = {
        "at": clock.now(),
        "taken": Answer.TAKEN,
        "keys": list(keys),
        "transport": transport,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED, given)
        arrived = [key for (key,) in cursor.fetchall()]
    if arrived:
        retry.done(MESSAGES, *arrived)


def undelivered(*, transport: str, key: str, reason: str, wrong: bool) -> None:
    """A receipt: the message did not arrive, for a `reason` that is the provider's code.

    It goes to the next transport by the law of `core.retry`; where the number is `wrong`, to a person at once.
    """
    with_it = {NotificationState.SENT, NotificationState.SENDING}  # it may be faster than the worker
    rows = Notification.objects.filter(key=key, transport=transport, state__in=with_it)
    with transaction.atomic():
        row = rows.select_for_update().first()
        if row is None:
            return
        rows.update(answer=Answer.UNDELIVERED, undelivered=F("undelivered") + 1)
        said = f"{transport}: {reason or 'not delivered'}"
        _put_off(row, WrongRecipient(said) if wrong else Undelivered(said))


# --- What is due ---


def _due() -> "QuerySet[Notification]":
    """Messages to send now, those on which a life may depend first. A lease that ran out is given back before."""
    _give_back()
    rows = Notification.objects.filter(Q(state=NotificationState.QUEUED), not_before__lte=clock.now())
    return rows.order_by("-life_safety", "not_before", "pk")


def _give_back() -> None:
    """Whoever had claimed them died with them."""
    Notification.objects.filter(state=NotificationState.SENDING, lease_until__lt=timezone.now()).update(
        state=NotificationState.QUEUED, lease_until=None
    )


def sweep(*, queue: str | None = None, limit: int = 500) -> list[tuple[int, str]]:
    """Messages that are due: (id, queue), those on which a life may depend first."""
    rows = _due() if queue is None else _due().filter(life_safety=queue == LIFE_MESSAGES)
    found = rows.values_list("pk", "life_safety")[:limit]
    return [(pk, LIFE_MESSAGES if life_safety else ORDINARY) for pk, life_safety in found]


def queues_with_due() -> list[str]:
    """The queues in which a message waits that no worker was woken for, or that is due again."""
    found = _due().order_by().values_list("life_safety", flat=True).distinct()
    return sorted({LIFE_MESSAGES if life_safety else ORDINARY for life_safety in found})


def work_off(queue: str, *, seconds: float = retry.TURN, beside: Callable[[str], None] | None = None) -> bool:
    """Send what is due in a queue until nothing is or the time is over; True where more may wait.

    `beside` is told, once there is a message, that another worker may come and take the next one meanwhile.
    """
    _give_back()
    until = monotonic() + seconds
    while row := _claim_first(queue):
        if beside is not None:
            beside(queue)
            beside = None
        _send_claimed(row)
        if monotonic() > until:
            return True
    return False


# --- For people ---


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of several messages: how many wait, were handed over and not confirmed, arrived, did not arrive."""

    waiting: int = 0
    handed_over: int = 0
    delivered: int = 0
    failed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """What is known of both."""
        return Tally(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        """In the reader's language, and no more than is known."""
        return gettext(
            "%(delivered)s delivered, %(handed_over)s handed over and not confirmed, %(waiting)s waiting, %(failed)s not delivered"
        ) % asdict(self)


_COUNTED_AS = {
    NotificationState.QUEUED: "waiting",
    NotificationState.SENDING: "waiting",
    NotificationState.SENT: "handed_over",
    NotificationState.DELIVERED: "delivered",
    NotificationState.NEEDS_PERSON: "failed",
    NotificationState.LAPSED: "failed",
}


def _tally(states: Iterable[tuple[str, int]]) -> Tally:
    found: Counter[str] = Counter()
    for state, count in states:
        found[_COUNTED_AS[NotificationState(state)]] += count
    return Tally(**found)


def tally(prefix: str) -> Tally:
    """What became of the messages under keys that begin so."""
    rows = Notification.objects.filter(key__startswith=prefix).values_list("state")
    return _tally(rows.annotate(Count("pk")).order_by())


def figures(column: str, since: datetime) -> dict[str, Tally]:
    """What became of the messages since then, by `message` (its code) or `transport`."""
    found: dict[str, list[tuple[str, int]]] = {}
    rows = Notification.objects.filter(created_at__gte=since).values_list(column, "state")
    for name, state, count in rows.annotate(Count("pk")).order_by():
        found.setdefault(name, []).append((state, count))
    return {name: _tally(states) for name, states in found.items()}


def oldest_life_message(at: datetime) -> float:
    """For how many seconds the oldest message on which a life may depend is waiting for a provider; 0 for none."""
    rows = Notification.objects.filter(state__in=["queued", "sending"], life_safety=True)
    oldest = rows.aggregate(oldest=Min("created_at"))["oldest"]
    return (at - oldest).total_seconds() if oldest else 0.0


def count_keys(prefix: str) -> int:
    """How many messages were promised under keys that begin so."""
    return Notification.objects.filter(key__startswith=prefix).count()


def about(subject: str, *, since: datetime | None = None) -> list[Notification]:
    """The messages about a code, oldest first; with `since`, those made from then on."""
    rows = Notification.objects.filter(subject=subject)
    return list((rows.filter(created_at__gte=since) if since else rows).order_by("pk"))
