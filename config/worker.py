"""How a worker comes back after its broker was away."""

from functools import partial
from typing import Any

from celery.worker import consumer
from kombu import Connection

FIRST, STEP, MOST = 0.1, 0.2, 0.4  # seconds between two tries to connect


class Consumer(consumer.Consumer):  # type: ignore[misc]  # celery has no types for it
    """Asks twice a second whether it is back. Celery waits 2, 4, 6 … seconds and has no setting for it.

    After an outage of half a second what saves lives would wait as long as after one of seconds.
    """

    def ensure_connected(self, conn: Connection) -> Any:
        conn.ensure_connection = partial(  # type: ignore[method-assign]  # the only way in
            conn.ensure_connection, interval_start=FIRST, interval_step=STEP, interval_max=MOST
        )
        return super().ensure_connected(conn)
