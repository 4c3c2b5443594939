"""Lines of the log: one JSON object each, whoever says something in whichever process of ours.

Django calls `configure` in each process, Celery's among them (`config.celery`); granian, whose main process knows no
Django, reads `config/granian.json`, which names `config.collector.lines_of_server`.
"""

import logging
import logging.config
import sys
import threading
from types import TracebackType
from typing import Any

import structlog
from django.conf import settings

from config.collector import Collector, Handed
from core.logs import PROCESSORS, WRITTEN, AtOnce

log = structlog.get_logger()


def configure(given: dict[str, Any]) -> None:
    """All that is said in this process from now on is a line: what is logged, what Python warns of, what nobody caught.

    A person at a terminal reads what nobody caught as Python writes it.
    """
    away = Collector(settings.LOGS_URL, settings.LOGS_TOKEN) if settings.LOGS_URL else None
    last = [away.processor] if away else []
    structlog.configure(
        processors=[*PROCESSORS, *WRITTEN, *last], logger_factory=AtOnce, cache_logger_on_first_use=True
    )
    logging.config.dictConfig(given)
    if away:
        for written in logging.getLogger().handlers:
            if written.formatter is not None:
                written.setFormatter(Handed(away, written.formatter))
    logging.captureWarnings(True)
    if not sys.stderr.isatty():
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, Exception):
        log.critical("process.uncaught", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if isinstance(given.exc_value, Exception):
        found = (given.exc_type, given.exc_value, given.exc_traceback)
        log.critical("thread.uncaught", thread=given.thread.name if given.thread else "", exc_info=found)


class RoutesForAddresses(logging.Filter):
    """In the place of an address, in which codes and secrets of links stand, the route that it was found by."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True for every record: it changes what is said and keeps nothing back."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            found = getattr(request, "resolver_match", None)
            route = found.route if found else "no route"
            record.args = tuple(route if each == path else each for each in record.args)
        return True
