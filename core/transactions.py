"""The two kinds of service: those that begin a transaction and those that need one."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")


class NoTransaction(RuntimeError):
    """A joining service was called outside a transaction: a mistake in the code that calls it."""


def begins_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """For services that fronts call: commits when it returns, refuses to run inside another transaction."""

    @wraps(service)
    def durable(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            return service(*args, **kwargs)

    return durable


def joins_transaction(service: Callable[P, R]) -> Callable[P, R]:
    """For services that handlers and higher apps call: refuses to run without a transaction."""

    @wraps(service)
    def joining(*args: P.args, **kwargs: P.kwargs) -> R:
        if not transaction.get_connection().in_atomic_block:
            raise NoTransaction(service.__qualname__)
        return service(*args, **kwargs)

    return joining
