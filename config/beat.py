"""Beat as it is, with a sign of life for each of its turns and a probe through each queue (`core.heartbeat`)."""

import time
from typing import Any

from celery.beat import BeatLazyFunc, PersistentScheduler

from core import heartbeat

PROBE_EVERY = 5.0  # seconds
PROBE_EXPIRES = 60.0  # a queue that is stuck is not filled with probes


class WatchedScheduler(PersistentScheduler):
    """Named in the settings; beat makes it."""

    def setup_schedule(self) -> None:
        self.app.conf.beat_schedule |= {
            f"a probe of {queue}": {
                "task": "core.tasks.probe",
                "schedule": PROBE_EVERY,
                "args": (queue, BeatLazyFunc(time.time)),
                "options": {"queue": queue, "expires": PROBE_EXPIRES},
            }
            for queue in heartbeat.QUEUES
        }
        super().setup_schedule()

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        heartbeat.beat(heartbeat.BEAT)
        return super().tick(*args, **kwargs)
