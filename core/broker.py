"""The door to Valkey for whoever must not wait for it: answers to people, and what follows a commit.

What goes through here may be lost, because it only hastens: rows are committed, and a sweep finds what nobody was woken
for. The sweeps are tasks too and travel through Valkey from beat to a worker, so while it is down no task runs at all,
and what waits runs once it is back. Pages ask the database by themselves meanwhile. So each word has a third of a
second, and after one that took that long nobody waits again for a moment: many wake-ups in one answer cost what one
costs, also when Valkey hangs instead of being down.
"""

from collections.abc import Callable
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import redis
import structlog
from celery import current_app
from django.conf import settings
from kombu import Connection, pools
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from celery import Task

log = structlog.get_logger()
T = TypeVar("T")
LIMIT = 0.3  # seconds for one word
REST = 2.0  # seconds in which nobody waits for it again
ONCE = 5  # seconds for which a task that waits in its queue is not put there again, also where nobody could say it began


class _Circuit:
    """Opened by a word that took its whole time. One that is refused at once costs nothing and opens nothing."""

    def __init__(self) -> None:
        self.closed_again = 0.0

    def ask(self, do: Callable[[], T], otherwise: T, **about: object) -> T:
        """What `do` answers; `otherwise` where Valkey does not answer it, or did not a moment ago."""
        began = monotonic()
        if began < self.closed_again:
            return otherwise
        try:
            return do()
        except Exception as why:  # redis, kombu and the socket have many errors; none of them is the caller's
            if monotonic() - began > LIMIT / 2:
                self.closed_again = monotonic() + REST
            log.warning("broker.no_answer", error=type(why).__name__, **about)
            return otherwise


circuit = _Circuit()


@lru_cache(maxsize=2)
def _client_of(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url, socket_connect_timeout=LIMIT, socket_timeout=LIMIT, retry=Retry(NoBackoff(), 0)
    )


@lru_cache(maxsize=2)
def _connection_to(url: str) -> Connection:
    """For producers alone: a worker's own connection waits longer, because it listens on it."""
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_connect_timeout": LIMIT,
        "socket_timeout": LIMIT,
    }
    return Connection(url, transport_options=options)


def ask(do: "Callable[[redis.Redis], T]", otherwise: T) -> T:
    """What Valkey says within `LIMIT`, else `otherwise`. `do` gets a client; it must not block by itself."""
    return circuit.ask(lambda: do(_client_of(settings.REDIS_URL)), otherwise)


def publish(channel: str, text: str) -> bool:
    """Wake who listens on a channel; False where Valkey did not take it."""

    def tell(client: "redis.Redis") -> bool:
        client.publish(channel, text)
        return True

    return ask(tell, False)


def wake(task: "Task[Any, Any] | str", *args: object, queue: str, once: str = "") -> bool:
    """Put a task into its queue; False where it could not be put there within `LIMIT`.

    Services name it (`core.tasks.work_off_events`): tasks stand above them, and a test looks that each name is one's.
    What is named by `once` is not put there again while it waits; the task says with `taken` that it began.
    """

    name = task if isinstance(task, str) else task.name

    def put() -> bool:
        if once and not _client_of(settings.REDIS_URL).set(f"waking:{once}", 1, nx=True, ex=ONCE):
            return True
        try:
            with pools.producers[_connection_to(settings.CELERY_BROKER_URL)].acquire(
                block=True, timeout=LIMIT
            ) as producer:
                current_app.send_task(name, args, queue=queue, producer=producer)
        except Exception:
            # Nothing waits in the queue: the next one may be put there at once.
            if once:
                _client_of(settings.REDIS_URL).delete(f"waking:{once}")
            raise
        return True

    return circuit.ask(put, False, task=name)


def taken(once: str) -> None:
    """A task that was put in its queue once has begun: the next one may be put there."""
    ask(lambda client: client.delete(f"waking:{once}"), 0)
