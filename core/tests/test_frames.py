"""Calls that stand at the end of a chunk of frames."""

import resource
from collections.abc import Callable

import pytest

from config import settings
from core.frames import in_one_chunk

DEEP, CALLS = 300, 200


def _least() -> int:
    return 0


def _worst_from_here() -> int:
    """The most faults of memory that a loop of `CALLS` calls brings, of all depths from here on."""

    def at(depth: int) -> int:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        for _ in range(CALLS):
            _least()
        here = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before
        return max(here, at(depth - 1)) if depth else here

    return at(DEEP)


@in_one_chunk
def _in_one_chunk(call: Callable[[], int]) -> int:
    return call()


def test_no_loop_asks_the_system_for_memory_at_each_call() -> None:
    assert _in_one_chunk(_worst_from_here) < CALLS


def test_the_interpreter_still_needs_it() -> None:
    """When this is red, CPython keeps a chunk for the next call (python/cpython#142183): `core.frames` may go."""
    assert _worst_from_here() >= CALLS


def test_requests_are_answered_in_one_chunk() -> None:
    assert settings.MIDDLEWARE[0] == "config.middleware.in_one_piece"


@pytest.mark.parametrize("given", [1, "two"])
def test_a_function_stays_what_it_was(given: object) -> None:
    def told(first: object, *rest: object, name: str = "n") -> tuple[object, ...]:
        return first, rest, name, given

    assert in_one_chunk(told)(0, 1, name="m") == (0, (1,), "m", given)
