"""Celery entries of drivers."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import jobs, retention
from drivers import retention as tables  # noqa: F401 - how long they are kept
from drivers import services
from drivers.services.applications import DRAFTS
from drivers.services.calls import LATE
from drivers.services.papers import EXPIRIES, TELLING
from drivers.services.runs import SET_ASIDE


@jobs.piece
def settle_screening(screening_id: int) -> None:
    services.settle_screening(screening_id)


@jobs.piece
def work_on_run() -> None:
    """One stretch, then behind whatever else waits."""
    if services.work_on_run() is not None:
        work_on_run.apply_async(queue="bulk")


def _kick() -> None:
    if services.wants_worker():
        work_on_run.apply_async(queue="bulk")


sweep_screenings = jobs.periodic(
    "drivers.tasks.sweep_screenings", jobs.queue(services.SCREENING_QUEUE), jobs.queue(SET_ASIDE)
)
kick_run = jobs.periodic(
    "drivers.tasks.kick_run",
    jobs.whole("drivers.kick_run", _("going on with the screening of the fleet"), lambda _at: _kick()),
)
chase_expiries = jobs.periodic("drivers.tasks.chase_expiries", EXPIRIES, jobs.again(TELLING))


def _show_attacks(at: datetime) -> None:
    from drivers.services.redteam import (
        try_attacks,
    )  # it draws: only the worker whose turn it is loads what draws

    try_attacks(at)


show_attacks = jobs.periodic(
    "drivers.tasks.show_attacks",
    jobs.whole(
        "drivers.show_attacks", _("showing pictures to the face check, as a fraud would"), _show_attacks
    ),
)
end_calls = jobs.periodic("drivers.tasks.end_calls", LATE)
forget_what_is_over = jobs.periodic(
    "drivers.tasks.forget_what_is_over", *retention.jobs_of("drivers"), DRAFTS
)
