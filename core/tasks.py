"""Celery entries of the ground."""

import time

from django.utils.translation import gettext_lazy as _

from core import (
    broker,
    events,
    heartbeat,
    idempotency,
    jobs,
    money,
    pictures,
    policy,
    retention,
    retry,
)
from core import tables as tables  # how long they are kept
from core.errors import NotFound
from core.journal import checkpoints, sequence
from core.journal.verify import verify_newest
from core.messages import outbox


@jobs.piece
def send_notification(notification_id: int) -> None:
    outbox.send(notification_id)


@jobs.piece
def probe(queue: str, sent: float) -> None:
    """A task of this queue ran, and waited so long for it (`sent` in Unix seconds)."""
    heartbeat.write(heartbeat.queue_of(queue), delay=max(time.time() - sent, 0.0))


@jobs.piece
def work_off_events(queue: str) -> None:
    events.taken(queue)
    if events.EVENTS.work_off(queue=queue):
        events.wake(queue)


@jobs.piece
def work_off_notifications(queue: str) -> None:
    """Where lives may depend on them, each worker that finds one calls the next: a provider that is slow delays one message,
    and no worker is called for each of hundreds."""
    broker.taken(f"messages:{queue}")
    lives = queue == outbox.LIFE_MESSAGES
    if outbox.work_off(
        queue, seconds=outbox.LIFE_TURN if lives else retry.TURN, beside=outbox.wake if lives else None
    ):
        outbox.wake(queue)


@jobs.piece
def try_again(kind: str, key: str) -> None:
    """A person asked for it; what came of it stands in its row."""
    try:
        retry.again(kind, key)
    except NotFound:
        return  # it succeeded meanwhile


def _wake_events() -> None:
    """One task for each queue in which something is due, however much it is: it works off all of it."""
    for queue in events.queues_with_due():
        events.wake(queue)


def _wake_notifications() -> None:
    """The same for messages."""
    for queue in outbox.queues_with_due():
        outbox.wake(queue)


sweep_events = jobs.periodic(
    "core.tasks.sweep_events",
    jobs.whole(
        "core.sweep_events",
        _("finding events that were not delivered"),
        lambda _at: _wake_events(),
        life_safety=True,
    ),
)
sweep_notifications = jobs.periodic(
    "core.tasks.sweep_notifications",
    jobs.whole(
        "core.sweep_notifications",
        _("finding messages that were not sent"),
        lambda _at: _wake_notifications(),
        life_safety=True,
    ),
)
sequence_journal = jobs.periodic(
    "core.tasks.sequence_journal",
    jobs.whole(
        "core.sequence_journal",
        _("giving lines of the journal their places"),
        sequence.sequence_on,
        law=jobs.SOON,
    ),
)
publish_checkpoint = jobs.periodic(
    "core.tasks.publish_checkpoint",
    jobs.whole(
        "core.publish_checkpoint",
        _("publishing checkpoints of the journal and keeping them outside"),
        checkpoints.publish,
        law=jobs.SOON,
    ),
)
verify_journal = jobs.periodic(
    "core.tasks.verify_journal",
    jobs.whole(
        "core.verify_journal", _("reading the newest lines of the journal against its tree"), verify_newest
    ),
)
destroy_pictures = jobs.periodic("core.tasks.destroy_pictures", pictures.DESTRUCTION)
settle_payouts = jobs.periodic("core.tasks.settle_payouts", jobs.queue(money.PAYOUT_QUEUE))
forget_failed_work = jobs.periodic(
    "core.tasks.forget_failed_work",
    jobs.whole(
        "core.forget_failed_work", _("forgetting failures of long ago"), lambda at: retry.forget(at=at)
    ),
)
forget_acts = jobs.periodic(
    "core.tasks.forget_acts",
    jobs.whole(
        "core.forget_acts",
        _("forgetting what nobody does again"),
        lambda at: idempotency.forget_old(at=at),
    ),
)
examine_policies = jobs.periodic(
    "core.tasks.examine_policies",
    jobs.whole("core.examine_policies", _("examining rules that are in force"), lambda _at: policy.examine()),
)
forget_what_is_over = jobs.periodic("core.tasks.forget_what_is_over", *retention.jobs_of("core"))
