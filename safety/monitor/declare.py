"""What a rule of the trip monitor declares, and what it is given. Nothing here is counted by hand.

Each column, limit and rule gets its number when it is declared, in the order in which `safety.monitor.rules` reads
its files. Times are Unix seconds, lengths are metres. Points lie in the trip's own plane: metres east and north of
its destination, equirectangular, good to 1 % within 100 km.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, final, overload

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from numpy.typing import NDArray

from core import facts, policy
from core.facts import Fact, Form
from core.policy import Policy, Unit
from rides.geometry import route_length
from rides.routing import SPEED
from rides.states import ABOARD, BEFORE_BOARDING, Party, TripState

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

Array = NDArray[np.float64]
T = TypeVar("T")
PHONES = (Party.PASSENGER, Party.DRIVER)
PASSENGER, DRIVER = 0, 1
PARTY = facts.choice(Party)
# Rules from which something else than a signal follows; what that is, `safety.monitor.findings` knows.
NO_SIGNAL = frozenset({"meeting", "together"})


class Phase(IntEnum):
    """What a trip is to the monitor."""

    BEFORE_BOARDING = 0
    ABOARD = 1
    CANCELLED = 2
    ENDED = 3


class Position(NamedTuple):
    """What a rule is given for each new position of a phone. It may write to `mine`, `phones` and `memory`.

    It is one that the phone knows well enough, and that a car can have come to; of others no rule hears.
    """

    phone: int  # PASSENGER or DRIVER
    at: float
    x: float
    y: float
    last_at: float  # the position before of this phone; NaN where there was none
    last_x: float
    last_y: float
    off: float  # to the nearest piece of the planned way
    left: float  # to the destination, as the crow flies
    apart: float  # between both phones, where both spoke at about the same time; infinite otherwise
    # Seconds in which rules heard of no position of the other phone although it could be heard; NaN where they never did.
    unplaced: float
    trip: Array  # the trip's columns
    mine: Array  # what is remembered of this phone, its columns
    phones: Array  # the same of both phones, shape (2, columns)
    memory: Array  # what is remembered of the trip itself, its columns
    limits: Array
    places: Array  # known places around the way, shape (n, 2)


class Moment(NamedTuple):
    """What a rule is given when the clock is looked at. Of a rule for the whole trip, `mine` is the driver's phone."""

    phone: int
    at: float  # the watermark of the trip's shard
    x: float  # where the phone was last; NaN where it was not heard
    y: float
    silent: float  # seconds in which the phone, or the trip that began, was not heard although it could be
    unplaced: float  # the same for positions that rules hear of: more than `silent` where coarse or doubted ones came
    trip: Array
    mine: Array
    phones: Array
    memory: Array
    limits: Array


# --- columns ---


@final
class Columns:
    """Named columns of one array, numbered as they are declared."""

    def __init__(self, of: str) -> None:
        self.of = of
        self.names: list[str] = []
        self.starts: list[float] = []
        self.times: list[int] = []

    def add(self, name: str, start: float = np.nan, *, time: bool = False) -> int:
        """The number of a new column; `start` is what it holds at first. Raises `ValueError` for a second one.

        `time` says that it holds Unix seconds.
        """
        if name in self.names:
            raise ValueError(f"{self.of} has a column {name} already")
        self.names.append(name)
        self.starts.append(start)
        if time:
            self.times.append(len(self.names) - 1)
        return len(self.names) - 1

    def __len__(self) -> int:
        return len(self.names)


_phone = Columns("a phone's memory")
_memory = Columns("a trip's memory")
_trip = Columns("a trip")
_limits = Columns("limits")
_compilers: list[Callable[["WatchedTrip", "Limits"], float]] = []
_readers: list[Callable[[], float]] = []


def phone_column(name: str, start: float = np.nan, *, time: bool = False) -> int:
    """Something that a rule remembers of each phone: the number of its column in `mine`.

    `time` says that it holds Unix seconds: it goes with the machine's clock when that steps.
    """
    return _phone.add(name, start, time=time)


def memory_column(name: str, start: float = np.nan, *, time: bool = False) -> int:
    """Something that a rule remembers of a trip: the number of its column in `memory`. `time` as for a phone's."""
    return _memory.add(name, start, time=time)


def trip_column(name: str, of: Callable[["WatchedTrip", "Limits"], float]) -> int:
    """Something that a rule knows of a trip: the number of its column in `trip`. `of` makes it from trip and limits."""
    _compilers.append(of)
    return _trip.add(name)


@overload
def limit(name: str, by: Policy[int] | Policy[float]) -> int: ...
@overload
def limit(name: str, by: Policy[T], *, of: Callable[[T], float]) -> int: ...
def limit(name: str, by: Policy[Any], *, of: Callable[[Any], float] = float) -> int:
    """A policy that is a limit: its number in `limits` and in `Limits`. `of` makes a number of a value that is none."""
    _readers.append(lambda: of(policy.value(by)))
    return _limits.add(name)


@final
class Limits:
    """The value of each declared limit, by its name: `Limits(silence=180, …)`. Read with the limit's number."""

    __slots__ = ("_values",)

    def __init__(self, **values: float) -> None:
        if missing := [name for name in _limits.names if name not in values]:
            raise ValueError(f"Limits(…) names every limit; missing: {', '.join(missing)}")
        if unknown := sorted(values.keys() - set(_limits.names)):
            raise ValueError(f"Limits(…): no rule declares {', '.join(unknown)}")
        self._values = tuple(float(values[name]) for name in _limits.names)
        if not np.isfinite(self._values).all():
            raise ValueError("a limit is not a number")

    def __getitem__(self, number: int) -> float:
        return self._values[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and other._values == self._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        pairs = zip(_limits.names, self._values, strict=True)
        return f"Limits({', '.join(f'{name}={value:g}' for name, value in pairs)})"

    def row(self) -> Array:
        """All of them, as the compiled rules read them."""
        return np.array(self._values)


def limits_in_force() -> Limits:
    """The limits of now."""
    return Limits(**{name: read() for name, read in zip(_limits.names, _readers, strict=True)})


# --- rules ---


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of signal: its stored value, what people call it, and what it adds to the risk score by default."""

    value: str
    label: "str | Promise"
    weight: int


class Once(Enum):
    """How often a rule speaks."""

    FOR_TRIP = "trip"
    FOR_PHONE = "phone"
    NEVER = "never"  # each time: the rule itself remembers that it spoke


class Again(Enum):
    """How often in a row a rule must see a thing at positions before it speaks: one position alone says nothing."""

    ITSELF = "itself"  # the rule sees to it, because what it looks for takes its time
    TWICE = "twice"  # at two positions of the phone that follow each other
    TWICE_EACH = (
        "twice each"  # the same of both phones: where each is, relative to the other, is what is seen
    )


class Place(Enum):
    """Which position stands beside what was seen."""

    PHONE = "phone"  # that of the phone that was looked at
    PASSENGER = "passenger"


def no_detail(_facts: Mapping[str, Fact]) -> str:
    """A rule has one signal on a trip."""
    return ""


def of_phone_since(facts: Mapping[str, Fact]) -> str:
    """A rule has one signal for each time that something begins with a phone, told by `party` and `since`."""
    return f"{facts['party']}/{float(facts['since']) // 600:.0f}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it looks at, how often it speaks, and what it then says.

    `on_position` and `on_tick` are plain functions of numbers that numba compiles: arithmetic, numpy, constants of
    modules; no other functions of ours. They return (whether it speaks, its figures as floats in the order of
    `figures`). The facts of what was seen are the figures, what `of_trip` finds in the trip, and `party` where
    `forms` names it: `forms` says how each of them is written in the sentence `says`.
    """

    key: str
    says: "str | Promise"
    forms: Mapping[str, Form]
    figures: tuple[str, ...]
    kind: Kind | None = None
    on_position: Callable[[Position], tuple[bool, tuple[float, ...]]] | None = None
    on_tick: Callable[[Moment], tuple[bool, tuple[float, ...]]] | None = None
    phases: frozenset[Phase] = frozenset({Phase.ABOARD})
    each_phone: bool = True  # whether `on_tick` is asked for each phone, or once for the trip
    once: Once = Once.FOR_TRIP
    again: Again = Again.TWICE
    place: Place = Place.PHONE
    of_trip: Mapping[str, Callable[["WatchedTrip"], Fact]] = field(default_factory=dict)
    # Tells a second signal of one kind on one trip from the first: at most 24 characters.
    detail: Callable[[Mapping[str, Fact]], str] = no_detail
    # What is already known of a trip of which nothing is remembered: (trip, phones, memory) → it has spoken.
    begin: Callable[["WatchedTrip", Array, Array], bool] | None = None
    # For a rule that speaks once: what its columns of each phone hold after she has called fine what it said, so that
    # what only goes on is no new fact. A column that holds what it began with is left.
    fine: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises `ValueError` where the parts do not belong together."""
        given = {*self.figures, *self.of_trip} | ({"party"} & self.forms.keys())
        if given != self.forms.keys():
            raise ValueError(f"{self.key}: facts {sorted(given)}, forms for {sorted(self.forms)}")
        if not self.figures:
            raise ValueError(f"{self.key}: a rule gives one figure at least")
        if (self.on_position is None) == (self.on_tick is None):
            raise ValueError(f"{self.key}: a rule looks either at positions or at the clock")
        if self.kind is None and self.key not in NO_SIGNAL:
            # Nothing is known to follow from it: each of its findings would fail when it is acted on.
            raise ValueError(f"{self.key}: a rule has a kind, unless something else follows from it")
        facts.declare(self.key, self.says, **self.forms)

    @property
    def bits(self) -> int:
        """How many marks that it has spoken it needs."""
        return {Once.FOR_TRIP: 1, Once.FOR_PHONE: len(PHONES), Once.NEVER: 0}[self.once]


# --- what all rules share ---

HEARD = phone_column("heard", time=True)  # the last position of any kind
AT = phone_column("at", time=True)  # the last one that rules heard of
X = phone_column("x")
Y = phone_column("y")
# One that no car can have come to: it waits until another one says the same.
DOUBTED_AT = phone_column("doubted.at", time=True)
DOUBTED_X = phone_column("doubted.x")
DOUBTED_Y = phone_column("doubted.y")
GONE = phone_column("gone", 0.0)  # 1 where the page said that it goes to the background


# Seconds by which the machine's clock stepped since the trip began, and the row's `driver_state_since` that is wrong by
# them: a trip that began anew since then began by the clock of now.
STEPPED = memory_column("stepped", 0.0)
STEPPED_OF = memory_column("stepped.of")
# How many of her answers that all is well are taken into account.
FINE = memory_column("fine", 0.0)


def phase_of(trip: "WatchedTrip") -> Phase:
    """What a trip is to the monitor."""
    if trip.state in ABOARD:
        return Phase.ABOARD
    if trip.state in BEFORE_BOARDING:
        return Phase.BEFORE_BOARDING
    return Phase.ENDED if trip.state == TripState.ENDED else Phase.CANCELLED


def planned_seconds(trip: "WatchedTrip") -> float:
    """The driving time that was planned; from the way's length where no router gave one."""
    return trip.planned_seconds or route_length(trip.route) / SPEED


CLOSER_WATCH = limit(
    "closer_watch",
    policy.declare(
        "safety.closer_watch",  # R1
        policy.Real(1.0, 10.0, Unit.TIMES),
        2.0,
        name=pgettext_lazy("policy name", "Closer watch"),
        about=_("A trip on a line that was suspended meanwhile is held to its limits divided by this."),
    ),
)
COARSE = limit(
    "coarse_metres",
    policy.declare(
        "safety.coarse_metres",  # R9
        policy.Whole(20, 2_000, Unit.METRES),
        100,
        name=pgettext_lazy("policy name", "Coarse position"),
        about=_("A position that its phone knows worse than this is shown, and raises nothing."),
    ),
)
FASTEST = limit(
    "fastest",
    policy.declare(
        "safety.fastest",  # R9
        policy.Whole(40, 150, Unit.SPEED),
        70,
        name=pgettext_lazy("policy name", "Fastest car"),
        about=_(
            "A position that a car would have had to be faster to reach is doubted until another one says the same."
        ),
    ),
)
MEETING_SECONDS = limit(
    "meeting_seconds",
    policy.declare(
        "safety.meeting_seconds",  # R6
        policy.Span(10, 600),
        90,
        name=pgettext_lazy("policy name", "Positions of a meeting"),
        about=_("Positions of two phones that lie farther apart in time are not compared."),
    ),
)


def closeness(trip: "WatchedTrip", limits: Limits) -> float:
    """What each limit is divided by: more than 1 on a line that was suspended while the trip was under way (R1)."""
    return limits[CLOSER_WATCH] if trip.closer else 1.0


PHASE = trip_column("phase", lambda trip, _limits: float(phase_of(trip)))
LATITUDE = trip_column("latitude", lambda trip, _limits: trip.destination[0])
LONGITUDE = trip_column("longitude", lambda trip, _limits: trip.destination[1])
COSINE = trip_column("cosine", lambda trip, _limits: float(np.cos(np.radians(trip.destination[0]))))
BEGAN = trip_column("began", lambda trip, _limits: trip.driver_state_since.timestamp())


def compile_row(trip: "WatchedTrip", limits: Limits) -> list[float]:
    """The trip's columns. Raises `ValueError` where one of them is not a number."""
    row = [float(of(trip, limits)) for of in _compilers]
    for name, value in zip(_trip.names, row, strict=True):
        if np.isnan(value):
            raise ValueError(f"{name} of the trip is not a number")
    return row


def columns() -> Iterator[Columns]:
    """The columns of a phone's memory, of a trip's memory, of a trip, and the limits."""
    yield from (_phone, _memory, _trip, _limits)
