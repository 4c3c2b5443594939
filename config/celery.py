"""The Celery application, and how its workers show that they live (`core.heartbeat`)."""

import os
import sys
import warnings
from typing import Any

import structlog
from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import (
    beat_init,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
)
from django.conf import settings
from django.utils.log import configure_logging

log = structlog.get_logger()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("huhang")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Celery would open a new connection to the database for each task: half of what a small task costs, most of it in a
# server that has to learn the tables again. Django's own rule closes what is old or broken instead.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
# It would warn before anybody has set up what writes lines, over ten of them; `refuse_to_start` says it instead.
warnings.filterwarnings("ignore", category=SecurityWarning)


@setup_logging.connect
def leave_logging_alone(**_kwargs: Any) -> None:
    """Where somebody listens to this, Celery sets up no handler of its own, and does not read what is printed as words to
    be logged: each line of ours would stand as a text within one of Celery's. Ours is set up with Django."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@worker_init.connect
@beat_init.connect
def refuse_to_start(**_kwargs: Any) -> None:
    """Neither workers nor beat start in production with what it forbids."""
    from core import production

    production.refuse_to_start()
    if os.geteuid() == 0:
        log.warning("celery.runs_as_root")


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(sender: Any, **_kwargs: Any) -> None:
    """Around each task a connection that broke, or is older than `CONN_MAX_AGE`, is closed."""
    from django.db import close_old_connections

    if not sender.request.is_eager:
        close_old_connections()


@worker_ready.connect
def show_signs_of_life(sender: Any, **_kwargs: Any) -> None:
    """The worker's own loop marks each queue that it reads; whether tasks run is said by the probes of beat."""
    from core import heartbeat

    names = [heartbeat.worker_of(queue) for queue in app.amqp.queues.consume_from]

    def mark() -> None:
        for name in names:
            heartbeat.beat(name)

    mark()
    sender.timer.call_repeatedly(heartbeat.PERIOD, mark)


@worker_ready.connect
@beat_init.connect
def watch_the_others(**_kwargs: Any) -> None:
    """Staff on call hear of a process that is late, also where it is the worker that sends their messages."""
    from config import outages

    outages.watch()
