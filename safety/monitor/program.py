"""The rules, compiled into two functions over arrays: `observe` for positions, `tick` for the clock. No I/O, no objects.

What numba keeps on disk is used again only while the code of every rule, and every constant that it reads, is as it
was. numba itself looks at one file alone, the one in which the outermost function stands.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numba import njit
from numba.core import config
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)
from numpy.typing import NDArray

from safety.monitor.declare import (
    AT,
    BEGAN,
    COARSE,
    COSINE,
    DOUBTED_AT,
    DOUBTED_X,
    DOUBTED_Y,
    DRIVER,
    FASTEST,
    HEARD,
    LATITUDE,
    LONGITUDE,
    MEETING_SECONDS,
    PASSENGER,
    PHASE,
    Again,
    Array,
    Moment,
    Once,
    Phase,
    Place,
    Position,
    Rule,
    X,
    Y,
)
from safety.monitor.plane import METRES_IN_DEGREE
from safety.monitor.rules import FIGURES, MARKS, RULES, SEEN

# Columns of what was said: trip row, rule, phone, at, x, y, then the figures.
FIRST_FIGURE = 6
SAID_COLUMNS = FIRST_FIGURE + FIGURES
BEFORE_BOARDING, ABOARD = Phase.BEFORE_BOARDING.value, Phase.ABOARD.value
CANCELLED = Phase.CANCELLED.value
ALLOWANCE = 100.0  # metres by which two positions may lie wrong, whatever their phone says
ASTRAY = 100_000.0  # metres: a first position farther from the way is doubted
LONGEST_TURN = 60.0  # seconds; one that compiles for longer hangs
INSISTS = 60.0  # seconds after which the same place again is no repeat of one mistake

# Nothing in here makes an array: without counting who uses one, a position costs a third less.
_OPTIONS: dict[str, Any] = {"_nrt": False}
_plain: Any = njit(**_OPTIONS)
_inlined: Any = njit(**_OPTIONS, forceinline=True)

Ints = NDArray[np.int64]
Marks = NDArray[np.uint8]


# --- what is kept on disk ---


def fingerprint(*functions: Callable[..., Any]) -> str:
    """A digest of the functions' code, of every function of ours that they call, and of every constant they read."""
    digest = hashlib.sha256()
    for part in _parts([*functions, repr(_OPTIONS)]):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _parts(waiting: list[Any]) -> Iterator[str]:
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        function = getattr(each, "py_func", each)
        if isinstance(function, FunctionType):
            if id(function) in seen:
                continue
            seen.add(id(function))
            yield repr(sorted(getattr(each, "targetoptions", {}).items()))
            yield from _code(function.__code__)
            names = [name for name in function.__code__.co_names if name in function.__globals__]
            waiting += [function.__globals__[name] for name in names]
            waiting += [cell.cell_contents for cell in function.__closure__ or ()]
        elif isinstance(each, (bool, int, float, str, tuple)):
            yield repr(each)
        else:
            yield f"{getattr(each, '__module__', '')}.{getattr(each, '__qualname__', type(each).__name__)}"
            yield repr(getattr(each, "_fields", ""))


def _code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(constant)


class _Stamped:
    """A place on disk whose content counts only under the fingerprint of today."""

    def __init__(self, py_func: FunctionType, py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[call-arg]  # numba's locator beside it takes both
        self._stamp = fingerprint(py_func)

    def get_source_stamp(self) -> str:
        return self._stamp

    def get_cache_path(self) -> str:
        """Code that checks its bounds stands apart: numba does not tell it from other code."""
        path: str = super().get_cache_path()  # type: ignore[misc]  # numba's locator beside it has it
        return f"{path}/bounds" if getattr(config, "BOUNDSCHECK", 0) else path


class _Given(_Stamped, UserProvidedCacheLocator): ...


class _InTree(_Stamped, InTreeCacheLocator): ...


class _OfUser(_Stamped, UserWideCacheLocator): ...


class _CacheImpl(CompileResultCacheImpl):
    _locator_classes = [_Given, _InTree, _OfUser]


class _Cache(FunctionCache):
    _impl_class = _CacheImpl


def kept(function: Callable[..., Any]) -> Any:
    """Decorator: compile when first called, and keep the machine code until the code or a constant changes.

    Of processes that begin together one compiles, which takes seconds of a core; the others wait and read what it kept.
    """
    compiled = _plain(function)
    compiled._cache = _Cache(compiled.py_func)  # type: ignore[no-untyped-call]  # numba's own class
    compiled.compile = partial(_compile_alone, compiled)
    return compiled


def _compile_alone(compiled: Any, signature: Any) -> Any:
    # Within a process numba has a lock of its own; this one is the process's, so that it meets no thread of ours.
    with _turn(Path(compiled._cache.cache_path) / "compiling.lock"):
        return type(compiled).compile(compiled, signature)


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """A turn at compiling, where one is to be had: without it two processes do the same work, and nobody is unwatched."""
    with ExitStack() as held:
        with suppress(OSError):  # a lock that is another user's, a disk without locks or without room
            lock = held.enter_context(path.open("w"))
            until = monotonic() + LONGEST_TURN
            while monotonic() < until:
                try:
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    sleep(0.1)
                else:
                    break
        yield


# --- the frame of the rules ---


@_plain  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def distance_to_way(x: float, y: float, way: Array, first: int, last: int) -> float:
    """Metres from a point to the nearest piece of the way that its points `first` to `last` - 1 make."""
    best = (way[first, 0] - x) ** 2 + (way[first, 1] - y) ** 2
    for i in range(first, last - 1):
        ax, ay = way[i, 0], way[i, 1]
        bx, by = way[i + 1, 0] - ax, way[i + 1, 1] - ay
        length = bx * bx + by * by
        if length > 1e-9:
            share = ((x - ax) * bx + (y - ay) * by) / length
            share = min(1.0, max(0.0, share))
            ax += share * bx
            ay += share * by
        squared = (ax - x) ** 2 + (ay - y) ** 2
        best = min(best, squared)
    return float(np.sqrt(best))


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _apart(phones: Array, within: float) -> float:
    """Metres between the phones where both have spoken within so many seconds; infinite otherwise."""
    if not abs(phones[PASSENGER, AT] - phones[DRIVER, AT]) <= within:
        return float(np.inf)
    dx = phones[PASSENGER, X] - phones[DRIVER, X]
    dy = phones[PASSENGER, Y] - phones[DRIVER, Y]
    return float(np.sqrt(dx * dx + dy * dy))


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _heard(at: float, began: float) -> float:
    """When a phone was heard last; when the trip began, where that is later or it never was."""
    return began if np.isnan(at) else max(at, began)


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _reachable(dx: float, dy: float, seconds: float, known: float, fastest: float) -> bool:
    """Whether a car can have gone so far; False where nothing is known of where it was."""
    return bool(np.sqrt(dx * dx + dy * dy) - known <= fastest * seconds)


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _believed(mine: Array, at: float, x: float, y: float, known: float, off: float, fastest: float) -> bool:
    """Whether rules hear of a position; one that is doubted is remembered until another one says the same."""
    last_at = mine[AT]
    first = np.isnan(last_at)
    if (first and off <= ASTRAY) or _reachable(x - mine[X], y - mine[Y], at - last_at, known, fastest):
        mine[DOUBTED_AT] = np.nan
        return True
    since = mine[DOUBTED_AT]
    same = x == mine[DOUBTED_X] and y == mine[DOUBTED_Y]
    if _reachable(x - mine[DOUBTED_X], y - mine[DOUBTED_Y], at - since, known, fastest):
        if not same or at - since >= INSISTS:
            mine[DOUBTED_AT] = np.nan
            return True
        return False
    mine[DOUBTED_AT], mine[DOUBTED_X], mine[DOUBTED_Y] = at, x, y
    return False


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _could_speak(since: float, now: float, gaps: Array) -> float:
    """Seconds between two times in which a phone could be heard: without the gaps, in which we heard nobody."""
    seconds = now - since
    for i in range(len(gaps)):
        seconds -= max(0.0, min(now, gaps[i, 1]) - max(since, gaps[i, 0]))
    return float(seconds)


@_inlined  # type: ignore[untyped-decorator]  # numba's options that its stubs do not know
def _ask_nobody(_given: Any, _marks: Marks, _row: int, _said: Array, count: int) -> int:
    return count


def _ask(look: Any, rule: Rule, number: int, rest: Any) -> Any:
    """A compiled function that asks one rule, writes down what it says, then asks the rest."""
    mark, figures = MARKS[rule.key], len(rule.figures)
    once, each_phone = rule.once != Once.NEVER, rule.once == Once.FOR_PHONE
    of_passenger = rule.place == Place.PASSENGER
    # What is looked at by the clock is no position, and needs no second one.
    twice = rule.on_position is not None and rule.again != Again.ITSELF
    each = twice and rule.again == Again.TWICE_EACH
    times = SEEN.get(rule.key, 0)

    @_inlined  # type: ignore[untyped-decorator]  # as above
    def ask(given: Any, marks: Marks, row: int, said: Array, count: int) -> int:
        fires, values = look(given)
        if len(values) != figures:
            raise ValueError("a rule gave another number of figures than it declares")
        if twice:
            given.mine[times] = given.mine[times] + 1.0 if fires else 0.0
            fires = fires and given.mine[times] >= 2.0
        if each:
            fires = fires and min(given.phones[PASSENGER, times], given.phones[DRIVER, times]) >= 2.0
        if fires:
            mine = mark + given.phone if each_phone else mark
            if not once or marks[mine] == 0:
                if once:
                    marks[mine] = 1
                said[count, 0], said[count, 1], said[count, 2] = row, number, given.phone
                said[count, 3] = given.at
                if of_passenger:
                    said[count, 4], said[count, 5] = given.phones[PASSENGER, X], given.phones[PASSENGER, Y]
                else:
                    said[count, 4], said[count, 5] = given.x, given.y
                for i in range(figures):
                    said[count, FIRST_FIGURE + i] = values[i]
                count += 1
        return int(rest(given, marks, row, said, count))

    return ask


def _chain(looks: list[tuple[Any, Rule]]) -> Any:
    """One compiled function that asks these rules one after another."""
    asked = _ask_nobody
    for look, rule in reversed(looks):
        asked = _ask(_inlined(look), rule, RULES.index(rule), asked)
    return asked


def _at_positions(phase: Phase) -> Any:
    return _chain([(rule.on_position, rule) for rule in RULES if rule.on_position and phase in rule.phases])


def _at_ticks(phase: Phase, *, each_phone: bool) -> Any:
    return _chain(
        [
            (rule.on_tick, rule)
            for rule in RULES
            if rule.on_tick and phase in rule.phases and rule.each_phone == each_phone
        ]
    )


_before_boarding = _at_positions(Phase.BEFORE_BOARDING)
_aboard = _at_positions(Phase.ABOARD)
_cancelled = _at_positions(Phase.CANCELLED)
_ended = _at_positions(Phase.ENDED)
_tick_phone_before = _at_ticks(Phase.BEFORE_BOARDING, each_phone=True)
_tick_phone_aboard = _at_ticks(Phase.ABOARD, each_phone=True)
_tick_phone_cancelled = _at_ticks(Phase.CANCELLED, each_phone=True)
_tick_phone_ended = _at_ticks(Phase.ENDED, each_phone=True)
_tick_trip_before = _at_ticks(Phase.BEFORE_BOARDING, each_phone=False)
_tick_trip_aboard = _at_ticks(Phase.ABOARD, each_phone=False)
_tick_trip_cancelled = _at_ticks(Phase.CANCELLED, each_phone=False)
_tick_trip_ended = _at_ticks(Phase.ENDED, each_phone=False)


@kept
def observe(
    pings: Array,
    trips: Array,
    phones: Array,
    memory: Array,
    marks: Marks,
    way: Array,
    ways: Ints,
    place: Array,
    places: Ints,
    limits: Array,
    gaps: Array,
    said: Array,
) -> int:
    """Take positions into account, in the order of their rows; returns how many rows of `said` were written.

    `pings` has shape (n, 6): trip row, phone, at, latitude, longitude in degrees WGS-84, accuracy in metres, 0 where it
    is unknown. A repeated or older position of a phone changes nothing; of one that is coarse, or that no car can have
    come to, the rules do not hear, but the phone was heard. The points of trip `r` are `way[ways[r, 0]:ways[r, 1]]`, its known places likewise.
    `gaps`, shape (n, 2), are times from and to which no phone could be heard; they do not overlap.
    """
    count = 0
    for i in range(len(pings)):
        row, phone, at = int(pings[i, 0]), int(pings[i, 1]), pings[i, 2]
        both, trip = phones[row], trips[row]
        mine = both[phone]
        last_at, last_x, last_y = mine[AT], mine[X], mine[Y]
        if at <= mine[HEARD]:
            continue
        mine[HEARD] = at
        phase = int(trip[PHASE])
        if pings[i, 5] > limits[COARSE]:
            continue
        x = (pings[i, 4] - trip[LONGITUDE]) * METRES_IN_DEGREE * trip[COSINE]
        y = (pings[i, 3] - trip[LATITUDE]) * METRES_IN_DEGREE
        off = distance_to_way(x, y, way, ways[row, 0], ways[row, 1])
        if not _believed(mine, at, x, y, ALLOWANCE + pings[i, 5], off, limits[FASTEST]):
            continue
        mine[AT], mine[X], mine[Y] = at, x, y
        here = Position(
            phone,
            at,
            x,
            y,
            last_at,
            last_x,
            last_y,
            off,
            np.sqrt(x * x + y * y),  # the destination lies at the plane's origin
            _apart(both, limits[MEETING_SECONDS]),
            _could_speak(both[1 - phone, AT], at, gaps),
            trip,
            mine,
            both,
            memory[row],
            limits,
            place[places[row, 0] : places[row, 1]],
        )
        if phase == ABOARD:
            count = _aboard(here, marks[row], row, said, count)
        elif phase == BEFORE_BOARDING:
            count = _before_boarding(here, marks[row], row, said, count)
        elif phase == CANCELLED:
            count = _cancelled(here, marks[row], row, said, count)
        else:
            count = _ended(here, marks[row], row, said, count)
    return count


@kept
def tick(
    clocks: Array,
    shards: Ints,
    trips: Array,
    phones: Array,
    memory: Array,
    marks: Marks,
    limits: Array,
    gaps: Array,
    progress: Ints,
    said: Array,
) -> int:
    """What silence and the clock say; returns how many rows of `said` were written.

    `clocks[shards[r]]` is the time of trip `r` in Unix seconds, NaN where its shard is not looked at; a row without a
    trip has the shard -1. `gaps` as in `observe`.

    `progress` is where to begin, and where it came to when a rule raises: the row to begin with; the row for which it
    raised, -1 where it was none; how many rows of `said` were written before that one.
    """
    count = 0
    for row in range(progress[0], len(shards)):
        progress[1], progress[2] = row, count
        if shards[row] < 0 or np.isnan(clocks[shards[row]]):
            continue
        now, both, trip = clocks[shards[row]], phones[row], trips[row]
        phase = int(trip[PHASE])
        for phone in range(2):
            mine = both[phone]
            silent = _could_speak(_heard(mine[HEARD], trip[BEGAN]), now, gaps)
            unplaced = _could_speak(_heard(mine[AT], trip[BEGAN]), now, gaps)
            moment = Moment(
                phone, now, mine[X], mine[Y], silent, unplaced, trip, mine, both, memory[row], limits
            )
            if phase == ABOARD:
                count = _tick_phone_aboard(moment, marks[row], row, said, count)
            elif phase == BEFORE_BOARDING:
                count = _tick_phone_before(moment, marks[row], row, said, count)
            elif phase == CANCELLED:
                count = _tick_phone_cancelled(moment, marks[row], row, said, count)
            else:
                count = _tick_phone_ended(moment, marks[row], row, said, count)
        mine = both[DRIVER]
        silent = _could_speak(_heard(mine[HEARD], trip[BEGAN]), now, gaps)
        unplaced = _could_speak(_heard(mine[AT], trip[BEGAN]), now, gaps)
        moment = Moment(
            DRIVER, now, mine[X], mine[Y], silent, unplaced, trip, mine, both, memory[row], limits
        )
        if phase == ABOARD:
            count = _tick_trip_aboard(moment, marks[row], row, said, count)
        elif phase == BEFORE_BOARDING:
            count = _tick_trip_before(moment, marks[row], row, said, count)
        elif phase == CANCELLED:
            count = _tick_trip_cancelled(moment, marks[row], row, said, count)
        else:
            count = _tick_trip_ended(moment, marks[row], row, said, count)
    progress[1], progress[2] = -1, count
    return count
