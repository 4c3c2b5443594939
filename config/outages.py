"""Staff on call hear by message when a process behind the pages is late, and when it works again.

Beat, every worker and every web process watch, each in threads of its own, so that one that is left tells of the others;
who is first writes, the others find it written (`core.outages`). The message is handed over here at once: the worker that
would send it may be what is late. Where that one is, all messages on which a life may depend are handed over here as well.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog
from django.db import close_old_connections, connection

from accounts.selectors import people_who_may
from complaints.selectors import on_shift
from config import messages
from core import clock, heartbeat, outages
from core.events import LIFE_SAFETY
from core.messages import outbox
from core.messages.catalogue import Message
from core.models import NotificationState, Outage
from core.permissions import may
from core.recipients import write_to_each

if TYPE_CHECKING:
    from accounts.models import Account

log = structlog.get_logger()
EVERY = 5.0  # seconds
# Queues that send what a life may depend on, or sweep it up (`CELERY_BEAT_SCHEDULE`).
SENDERS = (LIFE_SAFETY, outbox.LIFE_MESSAGES)
# Its worker, and whether its tasks run; also where this is not known because beat is away, who sends again what failed.
OF_MESSAGES = {heartbeat.worker_of(outbox.LIFE_MESSAGES), heartbeat.queue_of(outbox.LIFE_MESSAGES)}


def on_call() -> "list[Account]":
    """Who can be called now, and the supervisors and administrators on shift; all of these where there is nobody."""
    found = [
        shift.account
        for shift in on_shift(clock.now())
        if shift.account.is_active and (shift.on_call or may(shift.account, "duty.answer"))
    ]
    return found or people_who_may("duty.answer")


def look() -> list[Outage]:
    """Look once, and tell whom it concerns; returns the outages of which people were told."""
    told = outages.look(begun=_say_begun, ended=_say_ended)
    for row in told:
        for message in outbox.about(_subject(row)):
            if message.state == NotificationState.QUEUED:
                outbox.send(message.pk)
    return told


def hand_over() -> None:
    """Where the worker of messages on which a life may depend is late: send what waits for it."""
    if any(sign.late for sign in heartbeat.signs() if sign.watcher.name in OF_MESSAGES):
        # Several who watch take different ones: each is claimed before it is sent.
        outbox.work_off(outbox.LIFE_MESSAGES, seconds=EVERY)


def _subject(row: Outage) -> str:
    return f"outage:{row.pk}"


def _of_senders(rows: Sequence[Outage]) -> bool:
    """Whether a worker is late that sends messages on which a life may depend, or sweeps up what was not sent: whoever could
    not be handed the message here waits for another one. Of what is late besides, however grave, people are told by such a
    message."""
    return any(queue in row.process for row in rows for queue in SENDERS)


def _names(rows: Sequence[Outage]) -> tuple[str, ...]:
    """What is late, gravest first: as it was declared."""
    late = {row.process for row in rows}
    known = [each.name for each in heartbeat.declared() if each.name in late]
    return (*known, *sorted(late.difference(known)))


def _say_begun(rows: Sequence[Outage]) -> None:
    late, names = messages.LifeWorkerLate if _of_senders(rows) else messages.ProcessLate, _names(rows)
    _say(rows[0], "late", late(what=names, since=rows[0].since, meanwhile=names))


def _say_ended(rows: Sequence[Outage]) -> None:
    back = messages.LifeWorkerBack if _of_senders(rows) else messages.ProcessBack
    at = max(row.well_at for row in rows if row.well_at is not None)
    _say(rows[0], "back", back(what=_names(rows), at=at, since=rows[0].since))


def _say(first: Outage, step: str, message: Message) -> None:
    def write(person: "Account") -> None:
        outbox.queue(
            message,
            key=f"{_subject(first)}:{step}:{person.code}",
            to=person.phone,
            language=person.language,
            subject=_subject(first),
        )

    write_to_each(on_call(), write, about=f"{_subject(first)}:{step}", life_safety=True)


def watch(ended: threading.Event | None = None) -> None:
    """Look every few seconds for as long as this process lives, or until `ended`.

    Each in a thread of its own: telling waits for others who tell, and one of them may hang.
    """
    until = ended or threading.Event()
    for what in (hand_over, look):
        threading.Thread(
            target=_watch, args=(until, what), name=f"outages.{what.__name__}", daemon=True
        ).start()


def _watch(ended: threading.Event, what: Callable[[], object]) -> None:
    while not ended.wait(EVERY):
        try:
            close_old_connections()
            what()
        except Exception:  # a database that is away, or anything else: who watches must not end
            log.exception("outages.could_not_look", what=what.__name__)
        finally:
            connection.close()  # in the web process it belongs to a pool that answers people
