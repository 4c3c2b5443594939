"""Where the interpreter keeps the frames of calls."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

SLOTS = 32_000  # of 8 bytes: asked for as one frame, they bring a chunk of 512 KiB, half of which stays for what is called


def in_one_chunk(function: Function) -> Function:
    """What this function calls, however deep, finds its frames in one piece of memory.

    CPython keeps frames in chunks of 16 KiB: a call past the end of one asks the system for another, and its return gives
    that back. Where a loop stands just before such an end, each of its calls does so: a page then takes up to twice its
    time, by how deep its template happens to stand (python/cpython#142183, mended from 3.13 on; 3.11 stays as it is). A
    frame too large for the rest of a chunk gets one of its own, twice as large as it asks. Memory that nothing is written
    to is not taken.
    """
    code = cast(FunctionType, function).__code__
    cast(FunctionType, function).__code__ = code.replace(co_stacksize=max(code.co_stacksize, SLOTS))
    return function
