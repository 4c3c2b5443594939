"""Celery entries of rides."""

from celery import shared_task

from core import clock
from rides import partitions, services


@shared_task
def settle_payments() -> None:
    services.PAYMENT_QUEUE.work_off()


@shared_task
def close_unanswered() -> None:
    services.close_unanswered(at=clock.now())


@shared_task
def carry_out_suspensions() -> None:
    services.carry_out_suspensions(at=clock.now())


@shared_task
def open_late_pickups() -> None:
    services.open_late_pickups(at=clock.now())


@shared_task
def expire_trails() -> None:
    partitions.drop_expired()
