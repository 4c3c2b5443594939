"""How long something took by its own doing: what a busy machine adds is told apart."""

import time
from pathlib import Path


def _held_up() -> float:
    """Seconds for which this thread could have computed and others had the machine; 0 where the system does not say."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Stopwatch:
    """Runs from its making. A limit that is promised to people is a promise of what we do, not of who else computes."""

    def __init__(self) -> None:
        self._began, self._held_up, self._cpu = time.monotonic(), _held_up(), time.process_time()

    def waited(self) -> float:
        """Seconds in which this thread computed or waited for something that was to come: the clock's, without those in
        which it only waited for a core."""
        return time.monotonic() - self._began - (_held_up() - self._held_up)

    def computed(self) -> float:
        """Seconds of CPU of this process."""
        return time.process_time() - self._cpu
