"""Lines of the log also go to the company's collector over https, at once: what happened is known where a host was taken.

Each process hands on its own lines in batches, by a thread of its own. Each is written to standard output first, so nothing
is lost where the collector is away for longer than the thread holds lines: how many it let go is a line itself.
"""

import atexit
import logging
import os
import threading
from collections import deque
from contextlib import suppress
from multiprocessing.util import Finalize
from time import monotonic
from typing import Any

import httpx
import structlog

from config.environment import ELSEWHERE
from core.logs import lines

HELD = 20_000  # lines
AT_ONCE = 500
EVERY = 0.5  # seconds
LONGEST_PAUSE = 30.0
TIMEOUT = 5.0
REFUSED = {
    400,
    413,
    422,
}  # what is wrong with the lines themselves: a batch is halved, one alone let go and counted
AT_THE_END = 3.0  # seconds that a process which ends takes for what it still holds

log = structlog.get_logger()


class Collector:
    """Where lines go to. `hand` never waits for the collector and never raises."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.lines: deque[str] = deque()
        self.lost = 0
        self.away = False
        self.at_once = AT_ONCE
        self.client: httpx.Client | None = None
        self.owner = self.pid = 0  # whose lines these are, and whose thread hands them on
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.ended = threading.Event()

    def hand(self, line: str) -> None:
        """Take a line of this process; after a fork the child has a thread of its own and nothing of its parent's."""
        if self.pid != os.getpid():
            with suppress(Exception):  # no thread is to be had: the next line tries again
                self._begin()
        if len(self.lines) >= HELD:
            self.lost += 1
        else:
            self.lines.append(line)

    def _begin(self) -> None:
        if self.owner not in {0, os.getpid()}:  # a fork, where whoever held the lock may not exist any more
            self.lock = threading.Lock()
        with self.lock:
            if self.pid == os.getpid():
                return
            if self.owner != os.getpid():
                self.owner, self.lines, self.lost = os.getpid(), deque(), 0
                self.away, self.at_once = False, AT_ONCE
            self.ending, self.ended = threading.Event(), threading.Event()
            threading.Thread(target=self._run, name="collector", daemon=True).start()
            self.pid = os.getpid()
            atexit.register(self.end)
            # A process that another one made (a server's worker) ends without what `atexit` knows.
            Finalize(None, self.end, exitpriority=0)

    def end(self) -> None:
        """Hand on what is left, for a moment."""
        if self.pid == os.getpid():
            self.ending.set()
            self.ended.wait(AT_THE_END)

    def _run(self) -> None:
        self.client = None  # another process' would write on connections that the parent uses
        pause, until = EVERY, 0.0
        while True:
            ending = self.ending.wait(pause)
            until = until or (monotonic() + AT_THE_END if ending else 0.0)
            with suppress(
                Exception
            ):  # such as a standard output that was closed; who hands lines on must not end
                while self.lines and self._send():
                    pause = EVERY
            if ending and (not self.lines or monotonic() > until):
                break
            if self.lines:
                pause = 0.2 if ending else min(pause * 2, LONGEST_PAUSE)
        self.ended.set()

    def _send(self) -> bool:
        """Whether more may be handed on at once."""
        batch = [self.lines[at] for at in range(min(self.at_once, len(self.lines)))]
        try:
            client = self.client = self.client or _client()
            answer = client.post(
                self.url,
                content="".join(f"{each}\n" for each in batch).encode(errors="backslashreplace"),
                headers={
                    "Content-Type": "application/x-ndjson",
                    "Authorization": f"Bearer {self.token}",
                },
            )
            status, why = answer.status_code, str(answer.status_code)
        except Exception as error:  # a URL that is none, a token that no header holds: it may be put right
            status, why = 0, type(error).__name__
        if status in REFUSED and len(batch) > 1:
            self.at_once = len(batch) // 2
            return True
        if not 200 <= status < 300:
            if status in REFUSED:  # no other time will be better for this line; the next one waits a little
                self.lines.popleft()
                self.lost += 1
            if not self.away:
                self.away = True
                log.warning("collector.away", why=why)
            return False
        for _each in batch:
            self.lines.popleft()
        self.at_once = min(self.at_once * 2, AT_ONCE)
        if self.away:
            self.away, lost, self.lost = False, self.lost, 0
            log.warning("collector.back", lost=lost)
        return True

    def processor(self, _logger: Any, _name: str, written: Any) -> Any:
        """The last of our own lines' processors: sees the line as it is written."""
        self.hand(str(written))
        return written


class Handed(logging.Formatter):
    """What is written also goes to the collector, as it is written: filters were asked, and the time is the same."""

    def __init__(self, away: Collector, writes: logging.Formatter) -> None:
        super().__init__()
        self.away, self.writes = away, writes

    def format(self, record: logging.LogRecord) -> str:
        """The line of the other formatter."""
        line = self.writes.format(record)
        self.away.hand(line)
        return line


def lines_of_server() -> logging.Formatter:
    """For granian (`config/granian.json`), whose main process has no Django and whose loggers are none of Django's."""
    url = os.environ.get("HUHANG_LOGS_URL", "")
    if not url or url.startswith(ELSEWHERE):
        return lines()
    return Handed(Collector(url, os.environ.get("HUHANG_LOGS_TOKEN", "")), lines())


def _client() -> httpx.Client:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")  # the server's main process has none
    from core.outside import trusted  # knows the settings, which are being read while logging is set up

    return httpx.Client(timeout=TIMEOUT, trust_env=False, verify=trusted())
