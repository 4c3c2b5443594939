from celery import shared_task

from accounts import services
from core import clock


@shared_task
def settle_real_name(check_id: int) -> None:
    services.settle_real_name(check_id)


@shared_task
def sweep_real_names() -> None:
    services.REAL_NAME_QUEUE.work_off()


@shared_task
def forget_places() -> None:
    services.forget_places(at=clock.now())
