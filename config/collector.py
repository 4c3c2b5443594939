"""Lines of the log also go to the company's collector over https, at once: what happened is known where a host was taken.

Each process hands on its own lines in batches, by a thread of its own. Each is written to standard output first, so nothing
is lost where the collector is away for longer than the thread holds lines: how many it let go is a line itself.
"""

import atexit
import os
import threading
from collections import deque
from time import monotonic
from typing import Any

import httpx
import structlog

HELD = 20_000  # lines
AT_ONCE = 500
EVERY = 0.5  # seconds
LONGEST_PAUSE = 30.0
TIMEOUT = 5.0
AT_THE_END = 3.0  # seconds that a process which ends takes for what it still holds

log = structlog.get_logger()


class Collector:
    """Where lines go to. `hand` never waits and never raises."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.lines: deque[str] = deque()
        self.lost = 0
        self.away = False
        self.pid = 0
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.ended = threading.Event()

    def hand(self, line: str) -> None:
        """Take a line of this process; after a fork the child has a thread of its own and nothing of its parent's."""
        if self.pid != os.getpid():
            self._begin()
        if len(self.lines) >= HELD:
            self.lost += 1
        else:
            self.lines.append(line)

    def _begin(self) -> None:
        if self.pid:  # in a fork, where whoever held the lock may not exist any more
            self.lock = threading.Lock()
        with self.lock:
            if self.pid == os.getpid():
                return
            self.pid, self.lines, self.lost = os.getpid(), deque(), 0
            self.ending, self.ended = threading.Event(), threading.Event()
            threading.Thread(target=self._run, name="collector", daemon=True).start()
            atexit.register(self.end)

    def end(self) -> None:
        """Hand on what is left, for a moment."""
        if self.pid == os.getpid():
            self.ending.set()
            self.ended.wait(AT_THE_END)

    def _run(self) -> None:
        from core.outside import trusted  # knows the settings, which are being read while logging is set up

        pause, until = EVERY, 0.0
        with httpx.Client(timeout=TIMEOUT, trust_env=False, verify=trusted()) as client:
            while True:
                ending = self.ending.wait(pause)
                until = until or (monotonic() + AT_THE_END if ending else 0.0)
                while self.lines and self._send(client):
                    pause = EVERY
                if ending and (not self.lines or monotonic() > until):
                    break
                if self.lines:
                    pause = 0.2 if ending else min(pause * 2, LONGEST_PAUSE)
        self.ended.set()

    def _send(self, client: httpx.Client) -> bool:
        batch = [self.lines[at] for at in range(min(AT_ONCE, len(self.lines)))]
        try:
            answer = client.post(
                self.url,
                content="".join(f"{each}\n" for each in batch).encode(),
                headers={
                    "Content-Type": "application/x-ndjson",
                    "Authorization": f"Bearer {self.token}",
                },
            )
            taken, why = answer.is_success, str(answer.status_code)
        except httpx.HTTPError as error:
            taken, why = False, type(error).__name__
        if not taken:
            if not self.away:
                self.away = True
                log.warning("collector.away", why=why)
            return False
        for _each in batch:
            self.lines.popleft()
        if self.away:
            self.away, lost, self.lost = False, self.lost, 0
            log.warning("collector.back", lost=lost)
        return True

    def processor(self, _logger: Any, _name: str, written: Any) -> Any:
        """The last of our own lines' processors: sees the line as it is written."""
        self.hand(str(written))
        return written
