"""The one door for work that Celery does, so that one bad row stops only itself.

A periodic task is made of jobs, and of nothing else: `rows()` for what is done row by row, `whole()` for what is one
piece. Each row goes through `core.retry.each`: what fails is set aside, written down, tried again by its law, and the
rows behind it are done. A job reads until less than a batch came back or its time is up, so that no batch multiplied
by a period is a ceiling. A task for one row is made with `piece`. A test asks every task which of them it is.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from celery import Task, shared_task
from django.utils.functional import Promise

from core import clock, retry
from core.retry import Law, Queue, Work

log = structlog.get_logger()
K = TypeVar("K", int, str)
BATCH = 200
SECONDS = 20.0
# What fails goes on being tried: whatever is due stays due. A person hears of it meanwhile.
JOB_LAW = Law(patience=timedelta(hours=1), gives_up=False)
LIFE_LAW = retry.LIFE
# What people wait for on a page: tried again within seconds.
SOON = Law(ceiling=timedelta(seconds=30), patience=timedelta(minutes=5), gives_up=False)
READING = "reading what is due"  # the key under which a job that could not even read its rows is set aside
ALL = "all"  # the key of a job that is one piece


@dataclass(frozen=True, slots=True)
class Ran:
    """What a job did: rows done, failed now, resting; `total` sums what the act returned, None and True as one."""

    done: int = 0
    failed: int = 0
    resting: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Job(Generic[K]):
    """Work on rows that are due, named by their keys. Make one with `rows()` or `whole()`."""

    work: Work
    due: Callable[[datetime, int], Iterable[K]]
    act: Callable[[K, datetime], object]
    batch: int
    seconds: float
    life_safety: bool

    def run(self, *, at: datetime) -> Ran:
        """Do what is due, for as long as the job may work; each row stands for itself.

        Raises what keeps all rows from being done: a database that is away, a question that cannot be asked.
        """
        until = time.monotonic() + self.seconds
        seen: set[K] = set()
        total = done = failed = resting = 0

        def act(key: K) -> None:
            nonlocal total
            said = self.act(key, at)
            total += int(said) if isinstance(said, int) else 1

        stay = retry.open_count(self.work)  # rows that rest are still due, and stand in front of the others
        while True:
            limit = self.batch + stay
            found = list(self.due(at, limit))
            new = [key for key in found if key not in seen]
            stay = retry.open_count(self.work) + len(found) - len(new)
            seen.update(new)
            # Smaller parts, so that the time that a job may work is kept whatever one row costs.
            for start in range(0, len(new), 20):
                part = new[start : start + 20]
                tally = retry.each(self.work, part, act, life_safety=self.life_safety, begins=True)
                done, failed, resting = done + tally.done, failed + tally.failed, resting + tally.resting
                if time.monotonic() >= until:
                    return Ran(done, failed, resting, total)
            if len(found) < limit or time.monotonic() >= until:
                return Ran(done, failed, resting, total)


def rows(
    kind: str,
    label: str | Promise,
    *,
    due: Callable[[datetime, int], Iterable[K]],
    act: Callable[[K, datetime], object],
    key: Callable[[str], K],
    batch: int = BATCH,
    seconds: float = SECONDS,
    life_safety: bool = False,
    law: Law | None = None,
) -> Job[K]:
    """Declare work on rows: `due(at, limit)` gives keys, the most urgent first, and `act(key, at)` does one.

    `act` begins its own transaction, and does nothing where the row is not due any more. `key` reads a key from its
    text (`int` for primary keys), so that a person can have one row tried again. `label` names the work to staff.
    """

    def again(text: str) -> None:
        if text == READING:
            due(clock.now(), 1)
        else:
            act(key(text), clock.now())

    law = law or (LIFE_LAW if life_safety else JOB_LAW)
    work = retry.declare(kind, label, law=law, again=again)
    return Job(work, due, act, batch, seconds, life_safety)


def whole(
    kind: str,
    label: str | Promise,
    act: Callable[[datetime], object],
    *,
    life_safety: bool = False,
    law: Law | None = None,
) -> Job[str]:
    """Declare work that is one piece, such as sealing the journal; `act(at)` isolates what it loops over by itself."""
    return rows(
        kind,
        label,
        due=lambda _at, _limit: [ALL],
        act=lambda _key, at: act(at),
        key=str,
        batch=2,
        life_safety=life_safety,
        law=law,
    )


def again(work: Work) -> Job[str]:
    """What failed inside another piece of work and was set aside there, tried when its next time has come."""

    def act(key: str, _at: datetime) -> None:
        if work.again is None or work.again(key) is False:
            raise retry.Known("again")

    return Job(work, partial(_failed_before, work), act, BATCH, SECONDS, life_safety=False)


def _failed_before(work: Work, at: datetime, limit: int) -> list[str]:
    return retry.due(work, at, limit)


@dataclass(frozen=True, slots=True)
class QueueJob:
    """A table that is its own queue (`core.retry.Queue`) as a job: its rows fail one by one by themselves."""

    queue: Queue[Any]
    life_safety: bool = False

    @property
    def work(self) -> Work:
        return self.queue.work

    def run(self, *, at: datetime) -> None:
        """Work off what is due; the queue looks at the clock itself, row by row."""
        self.queue.work_off(seconds=SECONDS)


def queue(rows: Queue[Any]) -> QueueJob:
    """A queue's table, worked off by a periodic task."""
    return QueueJob(rows)


# --- Tasks -------------------------------------------------------------------------------------------------

AnyJob = Job[Any] | QueueJob
_periodic: dict[str, tuple[AnyJob, ...]] = {}
_pieces: set[str] = set()


def periodic(name: str, *jobs: AnyJob) -> "Task[Any, Any]":
    """The Celery task `name` that runs these jobs, each of them whatever became of the one before."""

    def run() -> None:
        for job in jobs:
            _run_alone(job)

    _periodic[name] = jobs
    return shared_task(name=name)(run)


def _run_alone(job: AnyJob) -> None:
    try:
        job.run(at=clock.now())
    except Exception as why:  # whatever is wrong with one job is not the next one's fault
        if retry.database_away(why):
            raise
        log.exception("jobs.could_not_read", kind=job.work.kind)
        retry.failed(job.work, READING, why, life_safety=job.life_safety)
    else:
        retry.done(job.work, READING)


def piece(act: Callable[..., None]) -> "Task[Any, Any]":
    """A Celery task about one row, named by its arguments; its failure is its own."""
    task = shared_task(act)
    _pieces.add(f"{act.__module__}.{act.__name__}")
    return task


def periodic_tasks() -> dict[str, tuple[AnyJob, ...]]:
    """All periodic tasks by their names, with the jobs that they run."""
    return dict(_periodic)


def pieces() -> frozenset[str]:
    """The names of all tasks about one row."""
    return frozenset(_pieces)
