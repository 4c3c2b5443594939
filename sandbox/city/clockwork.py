"""Many small stories on one clock: each says how long it rests, and one that fails harms only itself."""

import heapq
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

Story = Iterator[float]
log = logging.getLogger("sandbox.city")
AT_ONCE = 3  # stories that wait for an answer at the same time
BACK_OFF = (10.0, 600.0)  # seconds until a story that failed begins anew: at first, and at most
CALM = 300.0  # seconds after which a story that went well is no longer blamed for what failed before
SLOW = 0.7  # seconds of an answer from which on the city gives way
MOST_SLOWED = 10.0  # so many times as long the rests become


class Clockwork:
    """Steps through stories, each `make()` an iterator of the seconds until its next step."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._due: list[tuple[float, int, str, Callable[[], Story], Story]] = []
        self._number = count()
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, float]] = {}
        self._answer = 0.0
        self._ended = threading.Event()

    # --- stories ---
    def begin(self, name: str, make: Callable[[], Story], *, after: float = 0.0) -> None:
        """Begin a story after some seconds. One that fails begins anew, later each time; one that ends has ended."""
        self._push(after, name, make, make())

    def _push(self, after: float, name: str, make: Callable[[], Story], story: Story) -> None:
        with self._lock:
            heapq.heappush(self._due, (self._now() + after, next(self._number), name, make, story))

    def step(self, name: str, make: Callable[[], Story], story: Story) -> None:
        """One step of one story, and when its next one is."""
        try:
            rest = next(story)
        except StopIteration:
            self._failures.pop(name, None)
            return
        except Exception as why:
            log.warning("%s: %s", name, why)
            self._push(self._back_off(name), name, make, make())
            return
        self._push(rest * self.slowed, name, make, story)

    def _back_off(self, name: str) -> float:
        times, last = self._failures.get(name, (0, 0.0))
        times = 1 if self._now() - last > CALM + BACK_OFF[1] else times + 1
        self._failures[name] = (times, self._now())
        return min(BACK_OFF[0] * 2.0 ** (times - 1), BACK_OFF[1]) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret

    # --- giving way ---
    def answered(self, seconds: float) -> None:
        """How long the platform took for an answer."""
        self._answer += (seconds - self._answer) * 0.1

    @property
    def slowed(self) -> float:
        """By what all rests are stretched: 1 while the platform answers quickly, more the slower it is."""
        return min(max(self._answer / SLOW, 1.0), MOST_SLOWED)

    # --- running ---
    def due(self) -> list[tuple[str, Callable[[], Story], Story]]:
        """What is due now, taken out; the earliest first."""
        found = []
        with self._lock:
            while self._due and self._due[0][0] <= self._now():
                _at, _number, name, make, story = heapq.heappop(self._due)
                found.append((name, make, story))
        return found

    def end(self) -> None:
        """Let `run` come back."""
        self._ended.set()

    def run(self, *, tick: float = 0.25) -> None:
        """Step through the stories until `end`."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="city") as hands:
            while not self._ended.wait(tick):
                for name, make, story in self.due():
                    hands.submit(self.step, name, make, story)
