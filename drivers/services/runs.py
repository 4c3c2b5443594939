"""Screening the whole fleet again (D6): stretches of drivers, each held by one worker under a lease.

A worker that dies leaves its lease to run out; another goes on where rows are missing. The unique key of a screening
(driver and run) makes every repeat harmless, so nobody is skipped and nobody is done twice.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.states import Role
from core import audit, clock, jobs, live, policy, retry
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import Forbidden, InvalidInput, NotFound
from core.registries import RegistryDown
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers.errors import RunGoesOn
from drivers.models import Driver, Screening, ScreeningChunk, ScreeningRun
from drivers.screening import Car, Subject
from drivers.services.screening import Answers, act_on, ask_registries, result_of
from drivers.states import RUN_TRANSITIONS, ChunkState, DriverState, RunState, ScreeningState

if TYPE_CHECKING:
    from accounts.models import Account

log = structlog.get_logger()
RUN_LIMIT = policy.declare(
    "drivers.screening_concurrency",
    32,
    unit="drivers at once",
    about="How many drivers one worker asks the registries about at the same time (D6).",
)
RUN_WORKERS = policy.declare(
    "drivers.screening_workers",
    1,
    unit="workers",
    about="How many workers screen the fleet at the same time, each with its own limit (D6).",
)
RUN_WITHIN = policy.declare(
    "drivers.screening_run_within",
    7 * 86_400,
    unit="seconds",
    about="A screening of the fleet is done this long after its start (D6).",
)
STARTERS = frozenset({Role.VETTING, Role.SUPERVISOR})
CHUNK = 200  # drivers: a second or two of work, so that other work comes between
WRITE = 50  # screenings in one transaction
LEASE = timedelta(seconds=120)  # of machine time
PAUSE_WHEN_DOWN = timedelta(seconds=30)


@begins_transaction
def start_run(*, account: "Account", reason: str) -> ScreeningRun:
    """Begin to screen everybody who is vetted now. Raises `Forbidden`, `InvalidInput`, `RunGoesOn`."""
    if account.role not in STARTERS:
        raise Forbidden
    if not reason.strip():
        raise InvalidInput("reason")
    if ScreeningRun.objects.exclude(state=RunState.DONE).exists():
        raise RunGoesOn
    return begin_run(actor=account.actor, reason=reason.strip())


@joins_transaction
def begin_run(*, actor: Actor, reason: str) -> ScreeningRun:
    """The run and its stretches; a worker takes them up after the commit."""
    at = clock.now()
    keys = list(Driver.objects.filter(state=DriverState.VETTED).order_by("pk").values_list("pk", flat=True))
    run = ScreeningRun.objects.create(
        code=new_code("G"),
        started_by=actor.code,
        reason=reason[:200],
        started_at=at,
        due_at=at + timedelta(seconds=policy.value(RUN_WITHIN)),
        drivers=len(keys),
    )
    ScreeningChunk.objects.bulk_create(
        ScreeningChunk(run=run, first=part[0], last=part[-1], not_before=timezone.now())
        for part in (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
    )
    audit.record(actor, "drivers.run_started", run.code, reason=reason, drivers=len(keys))
    live.changed_on_commit("console")
    return run


@begins_transaction
def pause_run(*, account: "Account", code: str, pause: bool) -> ScreeningRun:
    """Stop after what is in hand, or go on. Raises `Forbidden`, `NotFound`, `IllegalTransition`, `StaleState`."""
    if account.role not in STARTERS:
        raise Forbidden
    run = ScreeningRun.objects.filter(code=code).first()
    if run is None:
        raise NotFound
    move(run, RUN_TRANSITIONS, RunState.PAUSED if pause else RunState.RUNNING)
    audit.record(account.actor, "drivers.run_paused" if pause else "drivers.run_resumed", run.code)
    live.changed_on_commit("console")
    return run


def wants_worker() -> bool:
    """True where a run has something to do and fewer stretches are in hand than may be."""
    now = timezone.now()
    in_hand = ScreeningChunk.objects.filter(
        run__state=RunState.RUNNING, state=ChunkState.WORKING, lease_until__gte=now
    ).count()
    return (
        in_hand < policy.value(RUN_WORKERS) and ScreeningRun.objects.filter(state=RunState.RUNNING).exists()
    )


def work_on_run() -> int | None:
    """Take one stretch of the running run; how many drivers were screened, None where there was nothing to take."""
    chunk = _claim()
    done = None if chunk is None else _work(chunk)
    _finish()
    return done


def _claim() -> ScreeningChunk | None:
    """One stretch that waits, or whose worker's lease ran out; None where there is nothing to do."""
    now = timezone.now()
    rows = ScreeningChunk.objects.filter(
        Q(state=ChunkState.WAITING, not_before__lte=now) | Q(state=ChunkState.WORKING, lease_until__lt=now),
        run__state=RunState.RUNNING,
    )
    for chunk in rows.select_related("run").order_by("not_before", "pk")[:20]:
        free = ScreeningChunk.objects.filter(pk=chunk.pk, state=chunk.state, lease_until=chunk.lease_until)
        if free.update(state=ChunkState.WORKING, lease_until=now + LEASE):
            chunk.state, chunk.lease_until = ChunkState.WORKING, now + LEASE
            return chunk
    return None


def _work(chunk: ScreeningChunk) -> int:
    """Screen whoever of the stretch has no screening in this run. A registry that is down puts the stretch back."""
    run = chunk.run
    waiting = list(
        Driver.objects.filter(pk__gte=chunk.first, pk__lte=chunk.last, state=DriverState.VETTED)
        .exclude(screenings__subject=run.code)
        .select_related("account")
        .prefetch_related("bindings__vehicle")
        .order_by("pk")
    )
    done = 0
    pool = ThreadPoolExecutor(int(policy.value(RUN_LIMIT)))
    try:
        # The pool goes on asking while a part is written.
        coming = pool.map(_ask, waiting)
        while part := list(islice(coming, WRITE)):
            for each in part:
                if isinstance(each, _Broken):
                    retry.failed(ONE_DRIVER, _key(run, each.driver), each.why)
            kept = _keep(chunk, [each for each in part if isinstance(each, _Answered)])
            if kept is None:
                return done
            done += kept
            if None in part:
                _leave(chunk, ChunkState.WAITING, PAUSE_WHEN_DOWN)
                return done
            if not ScreeningRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
                _leave(chunk, ChunkState.WAITING)
                return done
    finally:
        pool.shutdown(cancel_futures=True)
    _leave(chunk, ChunkState.DONE)
    return done


def _leave(chunk: ScreeningChunk, state: ChunkState, wait: timedelta = timedelta()) -> None:
    """Give a stretch back, unless its lease ran out and it is another worker's now."""
    ScreeningChunk.objects.filter(
        pk=chunk.pk, state=ChunkState.WORKING, lease_until=chunk.lease_until
    ).update(state=state, lease_until=None, not_before=timezone.now() + wait)


@dataclass(frozen=True, slots=True)
class _Answered:
    driver: Driver
    subject: Subject
    answers: Answers


@dataclass(frozen=True, slots=True)
class _Broken:
    driver: Driver
    why: Exception


def _ask(driver: Driver) -> _Answered | _Broken | None:
    """The registries' answers about one driver, without touching the database; None where one is down.

    A driver who cannot even be asked about, whose papers do not open, is set aside: the others are screened.
    """
    try:
        subject = subject_of_driver(driver)
        return _Answered(driver, subject, ask_registries(subject))
    except RegistryDown:
        return None
    except Exception as why:  # whatever is wrong with one driver is not the next one's fault
        log.exception("drivers.not_asked", driver=driver.pk)
        return _Broken(driver, why)


def subject_of_driver(driver: Driver) -> Subject:
    """Who a vetted driver is, and which cars they drive; bindings and vehicles come with the row."""
    cars = tuple(
        Car(row.vehicle.plate, row.vehicle.vin) for row in driver.bindings.all() if row.ended_at is None
    )
    account = driver.account
    return Subject(account.real_name, account.id_number, driver.licence_number, cars, tuple(driver.lines))


@begins_transaction
def _keep(chunk: ScreeningChunk, answered: list[_Answered]) -> int | None:
    """Write the results of a part and renew the lease; None where another worker has the stretch now.

    All are written together; where that fails, one by one, and whoever cannot be written is set aside.
    """
    until = timezone.now() + LEASE
    mine = ScreeningChunk.objects.filter(
        pk=chunk.pk, state=ChunkState.WORKING, lease_until=chunk.lease_until
    ).update(lease_until=until)
    if not mine:
        return None
    chunk.lease_until = until
    run = chunk.run
    live.changed_on_commit("console")
    with policy.read_once():
        try:
            with transaction.atomic():
                _write(run, answered)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one of them: the others are written without it
            log.exception("drivers.part_not_written", chunk=chunk.pk)
            written = retry.each(
                ONE_DRIVER,
                answered,
                lambda each: _write(run, [each]),
                key=lambda each: _key(run, each.driver),
            )
            return written.done
    return len(answered)


def _write(run: ScreeningRun, answered: list[_Answered]) -> None:
    at = clock.now()
    rows = Screening.objects.bulk_create(
        Screening(
            code=new_code("N"),
            driver=each.driver,
            subject=run.code,
            asked_at=at,
            next_at=at,
            state=ScreeningState.ANSWERED,
            **result_of(each.subject, each.answers),
        )
        for each in answered
    )
    for row, each in zip(rows, answered, strict=True):
        act_on(each.driver, row)


def _key(run: ScreeningRun, driver: Driver) -> str:
    return f"{run.code}:{driver.pk}"


def _screen_again(key: str) -> None:
    """One driver whom a run set aside, unless somebody screened them in it meanwhile or they drive no more."""
    code, _colon, driver_id = key.partition(":")
    run = ScreeningRun.objects.get(code=code)
    driver = (
        Driver.objects.filter(pk=int(driver_id), state=DriverState.VETTED)
        .exclude(screenings__subject=code)
        .select_related("account")
        .prefetch_related("bindings__vehicle")
        .first()
    )
    if driver is None:
        return
    subject = subject_of_driver(driver)
    answered = _Answered(driver, subject, ask_registries(subject))
    with transaction.atomic():
        _write(run, [answered])


# A run ends without those it had to set aside, so that the next one can begin; its progress and the journal say how
# many there were, and each of them is tried again.
ONE_DRIVER = retry.declare(
    "drivers.screen_one",
    gettext_lazy("screening one driver of the fleet"),
    law=jobs.JOB_LAW,
    again=_screen_again,
)


@begins_transaction
def _finish() -> None:
    """Close the run when every stretch is done."""
    run = ScreeningRun.objects.select_for_update().filter(state=RunState.RUNNING).first()
    if run and not run.chunks.exclude(state=ChunkState.DONE).exists():
        move(run, RUN_TRANSITIONS, RunState.DONE, finished_at=clock.now())
        aside = sum(key.startswith(f"{run.code}:") for key in retry.open_keys(ONE_DRIVER))
        audit.record(SYSTEM, "drivers.run_finished", run.code, drivers=run.drivers, set_aside=aside)
        live.changed_on_commit("console")
