"""Celery entries of drivers."""

from celery import shared_task

from core import clock
from drivers import services


@shared_task
def settle_screening(screening_id: int) -> None:
    services.settle_screening(screening_id)


@shared_task
def sweep_screenings() -> None:
    services.SCREENING_QUEUE.work_off()


@shared_task
def kick_run() -> None:
    if services.wants_worker():
        work_on_run.apply_async(queue="bulk")


@shared_task
def work_on_run() -> None:
    """One stretch, then behind whatever else waits."""
    if services.work_on_run() is not None:
        work_on_run.apply_async(queue="bulk")


@shared_task
def chase_expiries() -> None:
    services.chase_expiries(at=clock.now())
