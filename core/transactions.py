"""The two kinds of service: those that begin a transaction and those that need one."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from functools import wraps
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

import structlog
from django.db import OperationalError, connection, models, transaction

P = ParamSpec("P")
R = TypeVar("R")
log = structlog.get_logger()
_ONCE = (GeneratorType, map, filter, zip)
IN_THE_WAY = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure


class NoTransaction(RuntimeError):
    """A joining service was called outside a transaction: a mistake in the code that calls it."""


class NotAsked(RuntimeError):
    """What had to be asked first was not: nothing inside began a transaction, or something was written before one began.

    A mistake in the code.
    """


_around: list[Callable[[], AbstractContextManager[None]]] = []


def around(context: Callable[[], AbstractContextManager[None]]) -> None:
    """Each transaction that a service begins runs inside this, from before it begins until it is over."""
    _around.append(context)


_beginning: WeakSet[Callable[..., object]] = WeakSet()
# What the next transaction asks before anything else; empty once one has committed.
_first: ContextVar[list[Callable[[], None]] | None] = ContextVar("first", default=None)
# Whether what is written now needs no question: a service of ours is at work, which asked, or `before_asking`.
_free: ContextVar[bool] = ContextVar("free", default=False)
_WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|TRUNCATE|COPY|MERGE)\b|\s*WITH\b.*\b(INSERT|UPDATE|DELETE|MERGE)\b",
    re.IGNORECASE | re.DOTALL,
)


@contextmanager
def before_asking() -> Iterator[None]:
    """What is written inside comes before what has to be asked first, and outlives its refusal: a wrong try of a second
    factor is noted and slowed down whatever the rule says."""
    token = _free.set(True)
    try:
        yield
    finally:
        _free.reset(token)


def _nothing_unasked(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]
) -> Any:
    if _first.get() and not _free.get() and _WRITES.match(sql):
        raise NotAsked(sql[:60])
    return execute(sql, params, many, context)


@contextmanager
def asking_first(ask: Callable[[], None]) -> Iterator[None]:
    """What begins a transaction inside asks this in it, before the service does anything; what it raises undoes all.

    So a rule is asked under locks that last until the service has committed, and no service can forget it. A
    transaction that is tried again asks again; one that follows upon a commit does not. Raises `NotAsked` for what is
    written outside of one, before it is, and on leaving where none began.
    """
    waiting = [ask]
    token = _first.set(waiting)
    try:
        with connection.execute_wrapper(_nothing_unasked):
            yield
    finally:
        _first.reset(token)
    if waiting:
        raise NotAsked


# Whether what services write stays: False for who asks what an answer would be, and not for the answer.
_stays: ContextVar[bool] = ContextVar("stays", default=True)


@contextmanager
def undone_unless() -> Iterator[Callable[[], None]]:
    """What is written inside is undone at the end, with all that waits for its commit, unless the value was called.

    Services that begin transactions may be called inside: to them it is as if each had committed.
    """
    kept = False

    def keep() -> None:
        nonlocal kept
        kept = True

    token = _stays.set(False)
    try:
        with transaction.atomic():
            yield keep
            if not kept:
                transaction.set_rollback(True)
    finally:
        _stays.reset(token)


def begins_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """For services that fronts call: commits when it returns, refuses to run inside another transaction.

    Where the database undid it because it stood in another one's way (a deadlock, a serialization failure), it is done
    once more: nothing of the first time is left, and the other one is over.
    """

    @wraps(service)
    def durable(*args: P.args, **kwargs: P.kwargs) -> R:
        # What gives its items once would be empty the second time.
        given = [list(each) if isinstance(each, _ONCE) else each for each in args]
        named = {name: list(each) if isinstance(each, _ONCE) else each for name, each in kwargs.items()}
        try:
            return once(*given, **named)
        except OperationalError as why:
            if getattr(why.__cause__, "sqlstate", None) not in IN_THE_WAY:
                raise
            log.warning("transaction.again", service=service.__qualname__, why=type(why.__cause__).__name__)
        for each in (*given, *named.values()):
            if isinstance(each, models.Model) and not each._state.adding:
                each.refresh_from_db()  # the first time may have changed it, and the database took that back
        return once(*given, **named)

    def once(*args: Any, **kwargs: Any) -> R:
        waiting = _first.get()
        with ExitStack() as stack:
            stack.enter_context(before_asking())
            for context in _around:
                stack.enter_context(context())
            stack.enter_context(transaction.atomic(durable=_stays.get()))
            if waiting:
                waiting[0]()
            result = service(*args, **kwargs)
        if waiting:
            waiting.clear()
        return result

    _beginning.add(durable)
    return durable


def begins(service: Callable[..., object]) -> bool:
    """Whether a service begins a transaction of its own, also under a decorator that wraps it."""
    return service in _beginning or (hasattr(service, "__wrapped__") and begins(service.__wrapped__))


def joins_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """For services that handlers and higher apps call: refuses to run without a transaction."""

    @wraps(service)
    def joining(*args: P.args, **kwargs: P.kwargs) -> R:
        if not transaction.get_connection().in_atomic_block:
            raise NoTransaction(service.__qualname__)
        return service(*args, **kwargs)

    return joining


def on_commit_once(act: Callable[[], None]) -> None:
    """Do it after the commit, once however often the same (by `==`) is asked for."""
    connection = transaction.get_connection()
    within = set(connection.savepoint_ids)
    if not any(waiting == act and sids == within for sids, waiting, *_rest in connection.run_on_commit):
        transaction.on_commit(act)
