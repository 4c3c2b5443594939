from celery import shared_task

from governance import services


@shared_task
def check_board() -> None:
    services.check_board()


@shared_task
def hourly_drill() -> None:
    services.run_hourly_drill()
