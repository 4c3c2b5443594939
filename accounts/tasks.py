"""Celery entries of accounts."""

from accounts import services
from core import jobs


@jobs.piece
def settle_real_name(check_id: int) -> None:
    services.settle_real_name(check_id)


sweep_real_names = jobs.periodic("accounts.tasks.sweep_real_names", jobs.queue(services.REAL_NAME_QUEUE))
forget_places = jobs.periodic("accounts.tasks.forget_places", services.FORGETTING)
forget_sessions = jobs.periodic("accounts.tasks.forget_sessions", services.SESSIONS_OVER)
