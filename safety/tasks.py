from celery import shared_task

from core import clock
from safety import services


@shared_task
def expire_questions() -> None:
    services.expire_questions(at=clock.now())
