"""How a line of a log is written, by whichever process of ours: one JSON object with level and time.

Django's processes are set up by `config.logs`; those that know the platform by HTTP alone begin here.
"""

import logging

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
# A line and its end in one write: the processes of a worker share a pipe, and one would write between the two of another.
AT_ONCE = structlog.WriteLoggerFactory()


def lines() -> logging.Formatter:
    """Writes what anybody says through Python's own logging as our own lines are written."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *WRITTEN],
        foreign_pre_chain=PROCESSORS,
    )


def begin(level: int = logging.INFO) -> None:
    """All that this process says from now on is a line."""
    structlog.configure(
        processors=[*PROCESSORS, *WRITTEN], logger_factory=AT_ONCE, cache_logger_on_first_use=True
    )
    handler = logging.StreamHandler()
    handler.setFormatter(lines())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(True)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
