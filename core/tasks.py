"""Celery entries of the ground."""

from celery import shared_task

from core import audit, clock, events, money, notify, pictures, policy


@shared_task
def deliver_event(event_id: int) -> None:
    events.deliver(event_id)


@shared_task
def sweep_events() -> None:
    for event_id, queue in events.sweep():
        deliver_event.apply_async((event_id,), queue=queue)


@shared_task
def send_notification(notification_id: int) -> None:
    notify.send(notification_id)


@shared_task
def sweep_notifications() -> None:
    for notification_id, queue in notify.sweep():
        send_notification.apply_async((notification_id,), queue=queue)


@shared_task
def seal_audit() -> None:
    audit.seal()


@shared_task
def destroy_pictures() -> None:
    pictures.sweep(at=clock.now())


@shared_task
def settle_payouts() -> None:
    for payout_id in money.due_payouts(at=clock.now()):
        money.settle_payout(payout_id)


@shared_task
def examine_policies() -> None:
    policy.examine()
