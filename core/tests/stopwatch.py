"""How long something took by its own doing: what a busy machine adds is told apart."""

import time
from pathlib import Path


def _held_up(who: str) -> float:
    """Seconds for which a thread could have computed and others had the machine; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{who}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Stopwatch:
    """Runs from its making. A limit that is promised to people is a promise of what we do, not of who else computes.

    `child` is the id of a process that computes for this thread, which waits meanwhile.
    """

    def __init__(self, *, child: int = 0) -> None:
        self._who = ["thread-self", *([str(child)] if child else [])]
        self._began, self._held_up, self._cpu = time.monotonic(), self._lost(), time.process_time()

    def _lost(self) -> float:
        return sum(map(_held_up, self._who))

    def waited(self) -> float:
        """Seconds in which this thread computed or waited for something that was to come: the clock's, without those in
        which it, or who computed for it, only waited for a core."""
        return time.monotonic() - self._began - (self._lost() - self._held_up)

    def computed(self) -> float:
        """Seconds of CPU of this process."""
        return time.process_time() - self._cpu
