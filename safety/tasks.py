from celery import shared_task

from core import clock
from safety import services


@shared_task
def expire_questions() -> None:
    services.expire_questions(at=clock.now())


@shared_task
def destroy_recordings() -> None:
    services.destroy_due(at=clock.now())
    services.erase_rest()


@shared_task
def close_silent_recordings() -> None:
    services.close_silent_recordings(at=clock.now())


@shared_task
def turn_wrapping_keys() -> None:
    services.turn_wrapping_keys()


@shared_task
def tell_of_plays() -> None:
    services.tell_of_plays()
