"""Celery entries of the ground."""

from celery import shared_task

from core import audit, broker, clock, events, money, notify, pictures, policy, retry
from core.errors import NotFound


@shared_task
def deliver_event(event_id: int) -> None:
    events.deliver(event_id)


@shared_task
def send_notification(notification_id: int) -> None:
    notify.send(notification_id)


@shared_task
def sweep_events() -> None:
    """One task for each queue in which something is due, however much it is: it works off all of it."""
    for queue in events.queues_with_due():
        broker.wake(work_off_events, queue, queue=queue, once=f"events:{queue}")


@shared_task
def work_off_events(queue: str) -> None:
    broker.taken(f"events:{queue}")
    if events.EVENTS.work_off(queue=queue):
        broker.wake(work_off_events, queue, queue=queue, once=f"events:{queue}")


@shared_task
def sweep_notifications() -> None:
    """The same for messages."""
    for queue in notify.queues_with_due():
        broker.wake(work_off_notifications, queue, queue=queue, once=f"messages:{queue}")


@shared_task
def work_off_notifications(queue: str) -> None:
    broker.taken(f"messages:{queue}")
    if notify.work_off(queue):
        broker.wake(work_off_notifications, queue, queue=queue, once=f"messages:{queue}")


@shared_task
def try_again(kind: str, key: str) -> None:
    """A person asked for it; what came of it stands in its row."""
    try:
        retry.again(kind, key)
    except NotFound:
        return  # it succeeded meanwhile


@shared_task
def seal_audit() -> None:
    audit.seal()


@shared_task
def destroy_pictures() -> None:
    pictures.sweep(at=clock.now())


@shared_task
def settle_payouts() -> None:
    money.PAYOUT_QUEUE.work_off()


@shared_task
def forget_failed_work() -> None:
    retry.forget(at=clock.now())


@shared_task
def examine_policies() -> None:
    policy.examine()
