from celery import shared_task

from core import clock
from police import services


@shared_task
def call_executive() -> None:
    services.call_executive(at=clock.now())
