"""Celery entries of accounts."""

from accounts import retention as tables  # noqa: F401 - how long they are kept
from accounts import services
from accounts.exports import MAKING
from accounts.leaving import ERASING
from accounts.seen import TELLING
from core import jobs, retention


@jobs.piece
def settle_real_name(check_id: int) -> None:
    services.settle_real_name(check_id)


sweep_real_names = jobs.periodic("accounts.tasks.sweep_real_names", jobs.queue(services.REAL_NAME_QUEUE))
forget_places = jobs.periodic("accounts.tasks.forget_places", services.FORGETTING)
forget_sessions = jobs.periodic("accounts.tasks.forget_sessions", services.SESSIONS_OVER)
forget_what_is_over = jobs.periodic("accounts.tasks.forget_what_is_over", *retention.jobs_of("accounts"))
make_exports = jobs.periodic("accounts.tasks.make_exports", MAKING)
erase_accounts = jobs.periodic("accounts.tasks.erase_accounts", ERASING, TELLING)
