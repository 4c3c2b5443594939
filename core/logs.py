"""How a line of a log is written, by whichever process of ours: one JSON object with level and time.

Django's processes are set up by `config.logs`; those that know the platform by HTTP alone begin here.
"""

import logging
import sys
import threading

import structlog

PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
WRITTEN: list[structlog.typing.Processor] = [
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False),
]


class AtOnce:
    """A line and its end in one write: the processes of a worker share a pipe, and one would write between the two of another."""

    def __init__(self, *_names: str) -> None:
        self._lock = threading.Lock()

    def msg(self, message: str) -> None:
        """Write to what is standard output now: Celery and tests put something else in its place."""
        with self._lock:
            sys.stdout.write(f"{message}\n")
            sys.stdout.flush()

    log = debug = info = warn = warning = error = err = failure = fatal = critical = exception = msg


def lines() -> logging.Formatter:
    """Writes what anybody says through Python's own logging as our own lines are written."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *WRITTEN],
        foreign_pre_chain=PROCESSORS,
    )


def begin(level: int = logging.INFO) -> None:
    """All that this process says from now on is a line."""
    structlog.configure(
        processors=[*PROCESSORS, *WRITTEN], logger_factory=AtOnce, cache_logger_on_first_use=True
    )
    handler = logging.StreamHandler()
    handler.setFormatter(lines())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(True)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
