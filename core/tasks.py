"""Celery entries of the ground."""

import time

from django.utils.translation import gettext_lazy as _

from core import audit, events, heartbeat, jobs, money, notify, pictures


@jobs.piece
def deliver_event(event_id: int) -> None:
    events.deliver(event_id)


@jobs.piece
def send_notification(notification_id: int) -> None:
    notify.send(notification_id)


@jobs.piece
def probe(queue: str, sent: float) -> None:
    """A task of this queue ran, and waited so long for it (`sent` in Unix seconds)."""
    heartbeat.write(heartbeat.queue_of(queue), delay=max(time.time() - sent, 0.0))


def _wake_events() -> None:
    for event_id, queue in events.sweep():
        deliver_event.apply_async((event_id,), queue=queue)


def _wake_notifications() -> None:
    for notification_id, queue in notify.sweep():
        send_notification.apply_async((notification_id,), queue=queue)


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
seal_audit = jobs.periodic("core.tasks.seal_audit", audit.SEALING)
destroy_pictures = jobs.periodic("core.tasks.destroy_pictures", pictures.DESTRUCTION)
settle_payouts = jobs.periodic("core.tasks.settle_payouts", money.PAYOUTS)
