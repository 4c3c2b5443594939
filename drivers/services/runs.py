"""Screening the whole fleet again (D6): stretches of drivers, each held by one worker under a lease.

A worker that dies leaves its lease to run out; another goes on where rows are missing. The unique key of a screening
(driver and run) makes every repeat harmless, so nobody is skipped and nobody is done twice.

Who cannot be screened, by a fault of their own row or of an answer about them, is set aside: a screening that stays
asked, tried again by itself and by people. The run ends without them, and says how many they are.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import audit, clock, live, policy, retry
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.permissions import require
from core.registries import RegistryDown
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from core.typed.document import Kind
from drivers.errors import RunGoesOn
from drivers.models import Driver, Screening, ScreeningChunk, ScreeningRun
from drivers.policies import RUN_LIMIT, RUN_WITHIN, RUN_WORKERS, against_run
from drivers.screening import Car, Subject
from drivers.services.screening import Answers, act_on, ask_registries, result_of
from drivers.states import (
    RUN_TRANSITIONS,
    SCREENING_TRANSITIONS,
    ChunkState,
    DriverState,
    RunState,
    ScreeningState,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Account

log = structlog.get_logger()
CHUNK = 200  # drivers: a second or two of work, so that other work comes between
WRITE = 50  # screenings in one transaction
LEASE = timedelta(seconds=120)  # of machine time


@begins_transaction
def start_run(*, account: "Account", reason: str) -> ScreeningRun:
    """Begin to screen everybody who is vetted now. Raises `Forbidden`, `InvalidInput`, `RunGoesOn`."""
    require(account, "fleet.screen")
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
        due_at=at + policy.span(RUN_WITHIN),
        drivers=len(keys),
    )
    ScreeningChunk.objects.bulk_create(
        ScreeningChunk(run=run, first=part[0], last=part[-1], not_before=timezone.now())
        for part in (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
    )
    audit.record(actor, "drivers.run_started", run.code, reason=reason, drivers=len(keys))
    return run


@begins_transaction
def pause_run(*, account: "Account", code: str, pause: bool) -> ScreeningRun:
    """Stop after what is in hand, or go on. Raises `Forbidden`, `NotFound`, `IllegalTransition`, `StaleState`."""
    run = ScreeningRun.objects.filter(code=code).first()
    if run is None:
        raise NotFound
    refuse(against_run(run, account, "pause" if pause else "resume"))
    move(run, RUN_TRANSITIONS, RunState.PAUSED if pause else RunState.RUNNING)
    audit.record(account.actor, "drivers.run_paused" if pause else "drivers.run_resumed", run.code)
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
        if _take(chunk):
            return chunk
    return None


def _take(chunk: ScreeningChunk) -> bool:
    """Hold a stretch under a lease, unless somebody else took it meanwhile."""
    until = timezone.now() + LEASE
    free = ScreeningChunk.objects.filter(pk=chunk.pk, state=chunk.state, lease_until=chunk.lease_until)
    if not free.update(state=ChunkState.WORKING, lease_until=until):
        return False
    chunk.state, chunk.lease_until = ChunkState.WORKING, until
    return True


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
    why: Exception | None = None
    pool = ThreadPoolExecutor(policy.value(RUN_LIMIT))
    try:
        # The pool goes on asking while a part is written.
        coming = pool.map(_ask, waiting)
        while part := list(islice(coming, WRITE)):
            failures = [each for each in part if isinstance(each, _Failed)]
            down = [each.why for each in failures if isinstance(each.why, RegistryDown)]
            kept = _keep_all(chunk, [each for each in part if isinstance(each, _Answered)])
            if kept is None:
                return done
            done += kept
            for each in failures:
                if not isinstance(each.why, RegistryDown):
                    _set_aside(run, each)
            if down:
                why = down[0]
                break
            if not ScreeningRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
                _leave(chunk, ChunkState.WAITING)
                return done
    finally:
        pool.shutdown(cancel_futures=True)
    if why is None:
        _leave(chunk, ChunkState.DONE)
        retry.done(STRETCHES, _name(chunk))
    else:
        written = retry.failed(STRETCHES, _name(chunk), why, subject=run.code)
        _leave(chunk, ChunkState.WAITING, written.next_at - clock.now())
    return done


def _leave(chunk: ScreeningChunk, state: ChunkState, wait: timedelta = timedelta()) -> None:
    """Give a stretch back, unless its lease ran out and it is another worker's now."""
    ScreeningChunk.objects.filter(
        pk=chunk.pk, state=ChunkState.WORKING, lease_until=chunk.lease_until
    ).update(state=state, lease_until=None, not_before=timezone.now() + wait)


def _name(chunk: ScreeningChunk) -> str:
    return f"{chunk.run.code}:{chunk.first}"


def _again(name: str) -> bool:
    """Work on a stretch now, whatever its time; True also where it is done meanwhile."""
    code, _colon, first = name.partition(":")
    chunk = ScreeningChunk.objects.select_related("run").filter(run__code=code, first=first).first()
    if chunk is None or chunk.state == ChunkState.DONE:
        return True
    if _take(chunk):
        _work(chunk)
        _finish()
    return ScreeningChunk.objects.filter(pk=chunk.pk, state=ChunkState.DONE).exists()


STRETCHES = retry.declare(
    "drivers.screening_stretches",
    _("Screening a stretch of the fleet"),
    law=retry.Law(timedelta(seconds=30), timedelta(minutes=10), timedelta(hours=1), gives_up=False),
    again=_again,
)


@dataclass(frozen=True, slots=True)
class _Answered:
    driver: Driver
    subject: Subject
    answers: Answers


@dataclass(frozen=True, slots=True)
class _Failed:
    driver: Driver
    why: Exception


def _ask(driver: Driver) -> "_Answered | _Failed":
    """The registries' answers about one driver, without touching the database."""
    try:
        subject = subject_of_driver(driver)
        return _Answered(driver, subject, ask_registries(subject))
    except Exception as why:  # one driver's fault is not the next one's
        return _Failed(driver, why)


@begins_transaction
def _set_aside(run: ScreeningRun, failure: _Failed) -> None:
    """One driver's question stays asked: the run goes on and ends without them, and staff see who it is."""
    driver, why, at = failure.driver, failure.why, clock.now()
    log.error("drivers.screening_set_aside", run=run.code, driver=driver.account.code, exc_info=why)
    row, new = Screening.objects.get_or_create(
        driver=driver,
        subject=run.code,
        defaults={"code": new_code("N"), "asked_at": at, "next_at": at},
    )
    if new:
        SET_ASIDE.put_off(row, f"{driver.account.code}: {type(why).__name__}: {why}")
        live.changed_on_commit("console")


def _waiting() -> "QuerySet[Screening]":
    """Whom runs have set aside; what an application asks has a number behind a colon."""
    return Screening.objects.filter(state=ScreeningState.ASKED).exclude(subject__contains=":")


def _ask_once_more(row: Screening) -> None:
    """Raises what the registries or the row say. Who does not drive any more is not asked about."""
    driver = (
        Driver.objects.filter(pk=row.driver_id, state=DriverState.VETTED)
        .select_related("account")
        .prefetch_related("bindings__vehicle")
        .first()
    )
    if driver is None:
        Screening.objects.filter(pk=row.pk, state=ScreeningState.ASKED).delete()
        return
    subject = subject_of_driver(driver)
    _keep_late(row, driver, subject, ask_registries(subject))


@begins_transaction
def _keep_late(row: Screening, driver: Driver, subject: Subject, answers: Answers) -> None:
    try:
        move(row, SCREENING_TRANSITIONS, ScreeningState.ANSWERED, **result_of(subject, answers))
    except StaleState:
        return  # another worker was faster
    act_on(driver, row)
    live.changed_on_commit("console")


SET_ASIDE = retry.queue(
    "drivers.screening_of_driver",
    _("Screening one driver of the fleet"),
    law=retry.Law(timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=10), gives_up=False),
    waiting=_waiting,
    act=_ask_once_more,
    key="code",
    about=lambda row: row.subject,
)


def subject_of_driver(driver: Driver) -> Subject:
    """Who a vetted driver is, and which cars they drive; bindings and vehicles come with the row."""
    cars = tuple(
        Car(row.vehicle.plate, row.vehicle.vin) for row in driver.bindings.all() if row.ended_at is None
    )
    account = driver.account
    return Subject(
        account.real_name,
        account.id_number,
        driver.licence_number,
        cars,
        tuple(driver.lines),
        account.document or Kind.RESIDENT_ID,
    )


def _keep_all(chunk: ScreeningChunk, answered: list[_Answered]) -> int | None:
    """Write a part; where that fails, each by itself, so that one driver's fault keeps no other from being screened.

    How many were written; None where another worker has the stretch now.
    """
    try:
        return _keep_or_nothing(chunk, answered)
    except Exception as why:  # found out below, driver by driver
        if retry.database_away(why):
            raise
    done = 0
    for each in answered:
        try:
            kept = _keep_or_nothing(chunk, [each])
        except Exception as why:  # whatever is wrong with one driver's answers
            if retry.database_away(why):
                raise
            _set_aside(chunk.run, _Failed(each.driver, why))
            continue
        if kept is None:
            return None
        done += kept
    return done


def _keep_or_nothing(chunk: ScreeningChunk, answered: list[_Answered]) -> int | None:
    """`_keep`; where it fails the lease is the one of before, because its renewal was undone with the rest."""
    before = chunk.lease_until
    try:
        return _keep(chunk, answered)
    except Exception:
        chunk.lease_until = before
        raise


@begins_transaction
def _keep(chunk: ScreeningChunk, answered: list[_Answered]) -> int | None:
    """Write the results of a part and renew the lease, all or nothing; None where another worker has the stretch now."""
    until = timezone.now() + LEASE
    mine = ScreeningChunk.objects.filter(
        pk=chunk.pk, state=ChunkState.WORKING, lease_until=chunk.lease_until
    ).update(lease_until=until)
    if not mine:
        return None
    chunk.lease_until = until
    at, run = clock.now(), chunk.run
    with policy.read_once():
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
    live.changed_on_commit("console")
    return len(rows)


@begins_transaction
def _finish() -> None:
    """Close the run when every stretch is done; whom it set aside it does not wait for."""
    run = ScreeningRun.objects.select_for_update().filter(state=RunState.RUNNING).first()
    if run and not run.chunks.exclude(state=ChunkState.DONE).exists():
        move(run, RUN_TRANSITIONS, RunState.DONE, finished_at=clock.now())
        aside = _waiting().filter(subject=run.code).count()
        audit.record(SYSTEM, "drivers.run_finished", run.code, drivers=run.drivers, set_aside=aside)
