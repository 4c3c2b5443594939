"""The one door for work that Celery does, so that one bad row stops only itself.

A periodic task is made of jobs, and of nothing else: `rows()` for what is done row by row, `whole()` for what is one
piece. Each row goes through `core.retry.each`: what fails is set aside, written down, tried again by its law, and the
rows behind it are done. A job reads until less than a batch came back or its time is up, so that no batch multiplied
by a period is a ceiling. A task for one row is made with `piece`. A test asks every task which of them it is.

The broker gives a task that nobody acknowledged within its visibility timeout to another worker, so a task has a turn of
`TURN` seconds: when it is over, what runs stops at a row's border, and the task queues itself on. What no life depends
on runs in one worker at a time, under a lease.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.functional import Promise

from core import broker, clock, retry
from core.models import JobTurn
from core.retry import Law, Queue, Work

log = structlog.get_logger()
K = TypeVar("K", int, str)
BATCH = 200
SECONDS = 20.0  # for one job, where nobody says otherwise
TURN = 40.0  # for one task, whatever jobs it is made of; well below the broker's visibility timeout
DELETED_AT_ONCE = 2_000
LEASE = timedelta(seconds=60)  # a worker that was killed delays its job so long at most
# What fails goes on being tried: whatever is due stays due. A person hears of it meanwhile.
JOB_LAW = Law(patience=timedelta(hours=1), gives_up=False)
LIFE_LAW = retry.LIFE
# What people wait for on a page: tried again within seconds.
SOON = Law(ceiling=timedelta(seconds=30), patience=timedelta(minutes=5), gives_up=False)
READING = "reading what is due"  # the key under which a job that could not even read its rows is set aside
ALL = "all"  # the key of a job that is one piece


@dataclass(frozen=True, slots=True)
class Ran:
    """What a job did: rows done, failed now, resting; `total` sums what the act returned, None and True as one.

    `left` is True where the time was over before the work was; `after` is the key behind which a walk goes on then.
    """

    done: int = 0
    failed: int = 0
    resting: int = 0
    total: int = 0
    left: bool = False
    after: str = ""


# --- Time --------------------------------------------------------------------------------------------------


class Turn:
    """The time that a job may work now. It is over for whoever asked and was told so."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.over = False

    def go_on(self) -> bool:
        """True while another row or part may begin."""
        self.over = self.over or time.monotonic() >= self.until
        return not self.over


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


def go_on() -> bool:
    """True while the job that runs may begin another part of a long row or piece; it asks at each border.

    After False the act returns, with what it did committed and the rest still due: its task is queued on. Always True
    outside of a job.
    """
    turn = _turn.get()
    return turn is None or turn.go_on()


def delete(rows: "QuerySet[Any]") -> int:
    """Delete rows, some at a time, until none is left or the turn is over; how many, with what went with them."""
    count = 0
    while part := list(rows.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        count += rows.model._default_manager.filter(pk__in=part).delete()[0]
        if not go_on():
            break
    return count


@contextmanager
def _in(turn: Turn) -> "Iterator[Turn]":
    token = _turn.set(turn)
    try:
        yield turn
    finally:
        _turn.reset(token)


# --- Jobs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job(Generic[K]):
    """Work on rows that are due, named by their keys. Make one with `rows()` or `whole()`."""

    work: Work
    due: Callable[[datetime, int], Iterable[K]]
    act: Callable[[K, datetime], object]
    batch: int
    seconds: float
    life_safety: bool
    lease: timedelta = LEASE

    @property
    def alone(self) -> bool:
        """True where one worker at a time runs it. What a life may depend on never waits for another worker."""
        return not self.life_safety

    def run(self, *, at: datetime, seconds: float | None = None, after: str = "") -> Ran:
        """Do what is due, for as long as the job may work; each row stands for itself, and one at least is done.

        Raises what keeps all rows from being done: a database that is away, a question that cannot be asked.
        """
        count = _Count(self, at)
        seen: set[K] = set()
        with _in(Turn(self.seconds if seconds is None else min(seconds, self.seconds))) as turn:
            stay = retry.open_count(
                self.work
            )  # rows that rest are still due, and stand in front of the others
            while True:
                limit = self.batch + stay
                found = list(self.due(at, limit))
                new = [key for key in found if key not in seen]
                stay = retry.open_count(self.work) + len(found) - len(new)
                seen.update(new)
                count.each(new, turn)
                if turn.over or len(found) < limit or not turn.go_on():
                    return count.ran(left=turn.over)


@dataclass(frozen=True, slots=True)
class Walk(Generic[K]):
    """Work on rows that are due again in each run, such as looking at all papers that end soon. Made by `walk()`."""

    work: Work
    behind: Callable[[datetime, K | None, int], Iterable[K]]
    act: Callable[[K, datetime], object]
    key: Callable[[str], K]
    batch: int
    seconds: float = SECONDS
    life_safety: bool = False
    alone: bool = True  # the place where it stopped is one
    lease: timedelta = LEASE

    def run(self, *, at: datetime, seconds: float | None = None, after: str = "") -> Ran:
        """Go through all rows once, from behind the key `after` on; each row stands for itself, one at least is done.

        Raises what keeps all rows from being done.
        """
        count = _Count(self, at)
        last = self.key(after) if after else None
        with _in(Turn(self.seconds if seconds is None else min(seconds, self.seconds))) as turn:
            while found := list(self.behind(at, last, self.batch)):
                looked_at = count.each(found, turn)
                last = found[looked_at - 1]
                if turn.over:
                    return count.ran(left=True, after=str(last))
        return count.ran(left=False)


class _Count(Generic[K]):
    """What became of a job's rows so far."""

    def __init__(self, job: "Job[K] | Walk[K]", at: datetime) -> None:
        self.job: Job[K] | Walk[K] = job
        self.at = at
        self.done = self.failed = self.resting = self.total = 0

    def each(self, keys: list[K], turn: Turn) -> int:
        """Do these until the turn is over; how many of them were looked at."""
        tally = retry.each(
            self.job.work,
            keys,
            self._act,
            life_safety=self.job.life_safety,
            begins=True,
            go_on=turn.go_on,
        )
        self.done, self.failed = self.done + tally.done, self.failed + tally.failed
        self.resting += tally.resting
        return tally.done + tally.failed + tally.resting

    def _act(self, key: K) -> None:
        said = self.job.act(key, self.at)
        self.total += int(said) if isinstance(said, int) else 1

    def ran(self, *, left: bool, after: str = "") -> Ran:
        return Ran(self.done, self.failed, self.resting, self.total, left, after)


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
    text (`int` for primary keys), so that a person can have one row tried again. `label` names the work to staff. An
    act that can take long asks `go_on()` at its borders.
    """
    if seconds > TURN:
        raise ValueError(f"{kind}: {seconds} s are longer than a task's turn")
    law = law or (LIFE_LAW if life_safety else JOB_LAW)
    again = _once_more(lambda at: due(at, 1), act, key)
    return Job(retry.declare(kind, label, law=law, again=again), due, act, batch, seconds, life_safety)


def walk(
    kind: str,
    label: str | Promise,
    *,
    behind: Callable[[datetime, K | None, int], Iterable[K]],
    act: Callable[[K, datetime], object],
    key: Callable[[str], K],
    batch: int = BATCH,
    life_safety: bool = False,
) -> Walk[K]:
    """Declare work on rows that stay due however often it is done: each run goes through all of them once.

    `behind(at, last, limit)` gives the next keys behind `last` in an order that does not change, from the first one for
    None. Where the time is over, the next turn goes on behind the last row. `act`, `key` and `label` as in `rows()`.
    """
    again = _once_more(lambda at: behind(at, None, 1), act, key)
    law = LIFE_LAW if life_safety else JOB_LAW
    work = retry.declare(kind, label, law=law, again=again)
    return Walk(work, behind, act, key, batch, life_safety=life_safety)


def _once_more(
    read: Callable[[datetime], object], act: Callable[[K, datetime], object], key: Callable[[str], K]
) -> Callable[[str], None]:
    """How a person has one row tried again; what of it is left when a turn is over is due for the next run."""

    def again(text: str) -> None:
        with _in(Turn(TURN)):
            if text == READING:
                read(clock.now())
            else:
                act(key(text), clock.now())

    return again


def whole(
    kind: str,
    label: str | Promise,
    act: Callable[[datetime], object],
    *,
    life_safety: bool = False,
    law: Law | None = None,
    lease: timedelta = LEASE,
) -> Job[str]:
    """Declare work that is one piece, such as sealing the journal; `act(at)` isolates what it loops over by itself.

    It takes less than a turn, or asks `go_on()` between its parts. One that cannot be parted says with `lease` what it
    takes at most: the broker may give it to another worker, which finds it under way and leaves it.
    """
    job = rows(
        kind,
        label,
        due=lambda _at, _limit: [ALL],
        act=lambda _key, at: act(at),
        key=str,
        batch=2,
        life_safety=life_safety,
        law=law,
    )
    return replace(job, lease=lease)


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

    alone: bool = False  # each row is claimed by one worker
    lease: timedelta = LEASE
    places: threading.Semaphore | None = None

    @property
    def work(self) -> Work:
        return self.queue.work

    def run(self, *, at: datetime, seconds: float = SECONDS, after: str = "") -> Ran:
        """Work off what is due; the queue looks at the clock itself, row by row."""
        if self.places is not None and not self.places.acquire(blocking=False):
            return Ran()  # those who are at it go on until nothing is due
        try:
            return Ran(left=self.queue.work_off(seconds=min(seconds, SECONDS)))
        finally:
            if self.places is not None:
                self.places.release()


def queue(rows: Queue[Any], *, at_once: int = 0) -> QueueJob:
    """A queue's table, worked off by a periodic task; with `at_once` by so many threads of a process and no more."""
    return QueueJob(rows, places=threading.Semaphore(at_once) if at_once else None)


# --- Tasks -------------------------------------------------------------------------------------------------

AnyJob = Job[Any] | Walk[Any] | QueueJob
_periodic: dict[str, tuple[AnyJob, ...]] = {}
_pieces: set[str] = set()


def periodic(name: str, *jobs: AnyJob) -> "Task[Any, Any]":
    """The Celery task `name` that runs these jobs, each of them whatever became of the one before.

    They share a turn, so that none of them keeps another from its part; where one has more to do, the task is put
    into its queue again. Raises `ValueError` for a name that a task has already.
    """
    if name in _periodic:
        raise ValueError(f"two periodic tasks are called {name}")

    def run() -> None:
        broker.taken(f"job:{name}")
        ends, left = time.monotonic() + TURN, False
        for number, job in enumerate(jobs):
            share = (ends - time.monotonic()) / (len(jobs) - number)
            left = _run_alone(job, max(share, 0.0)) or left
        if left:
            broker.wake(task, queue=queue_of(name), once=f"job:{name}")

    _periodic[name] = jobs
    task = shared_task(name=name)(run)
    return task


def queue_of(name: str) -> str:
    """The queue in which beat puts a periodic task."""
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    options = [entry.get("options", {}) for entry in schedule.values() if entry["task"] == name]
    return str(
        options[0].get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
        if options
        else settings.CELERY_TASK_DEFAULT_QUEUE
    )


def _run_alone(job: AnyJob, seconds: float) -> bool:
    """Run a job as if it were the only one; True where it has more to do than its time allowed."""
    try:
        with _lease(job) as lease:
            if lease is None:
                return False  # whoever is at it goes on by itself
            ran = job.run(at=clock.now(), seconds=seconds, after=lease.after)
            lease.after = ran.after
    except Exception as why:  # whatever is wrong with one job is not the next one's fault
        if retry.database_away(why):
            raise
        log.exception("jobs.could_not_read", kind=job.work.kind)
        retry.failed(job.work, READING, why, life_safety=job.life_safety)
        return False
    retry.done(job.work, READING)
    return ran.left


@dataclass(slots=True)
class _Lease:
    after: str = ""  # behind which key a walk goes on


@contextmanager
def _lease(job: AnyJob) -> "Iterator[_Lease | None]":
    """Keep other workers from a job that one runs at a time; None where another one has it."""
    if not job.alone:
        yield _Lease()
        return
    rows, holder = JobTurn.objects.filter(job=job.work.kind), secrets.token_hex(8)

    def take() -> int:
        return rows.filter(Q(until=None) | Q(until__lt=Now())).update(until=Now() + job.lease, holder=holder)

    if not take():
        JobTurn.objects.bulk_create([JobTurn(job=job.work.kind)], ignore_conflicts=True)
        if not take():
            yield None
            return
    lease = _Lease(rows.values_list("after", flat=True).get())
    try:
        yield lease
    finally:
        rows.filter(holder=holder).update(until=None, holder="", after=lease.after)


def piece(act: Callable[..., None]) -> "Task[Any, Any]":
    """A Celery task about one row, named by its arguments; its failure is its own.

    Raises `ValueError` for a name that a task has already.
    """
    name = f"{act.__module__}.{act.__name__}"
    if name in _pieces:
        raise ValueError(f"two tasks are called {name}")
    _pieces.add(name)
    return shared_task(act)


def periodic_tasks() -> dict[str, tuple[AnyJob, ...]]:
    """All periodic tasks by their names, with the jobs that they run."""
    return dict(_periodic)


def pieces() -> frozenset[str]:
    """The names of all tasks about one row."""
    return frozenset(_pieces)
