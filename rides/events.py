from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True)
class TripAccepted(Event):
    """A driver has accepted a request."""

    name: ClassVar[str] = "rides.trip_accepted"
    trip: str


@dataclass(frozen=True, slots=True)
class TripCancelled(Event):
    """Cancelled before boarding; `doubted` says that it is not simply believed: the car was there, or they had met (R6)."""

    name: ClassVar[str] = "rides.trip_cancelled"
    version: ClassVar[int] = 2
    queue: ClassVar[str] = "life_safety"
    trip: str
    party: str
    reason: str
    doubted: bool


@dataclass(frozen=True, slots=True)
class MetAfterCancel(Event):
    """Both phones stood at one place after the driver had cancelled a trip of which nothing was doubted until then (R6)."""

    name: ClassVar[str] = "rides.met_after_cancel"
    queue: ClassVar[str] = "life_safety"
    trip: str
    party: str
    reason: str


@dataclass(frozen=True, slots=True)
class CancelAttempted(Event):
    """Somebody tried to cancel a trip after boarding; it was refused."""

    name: ClassVar[str] = "rides.cancel_attempted"
    queue: ClassVar[str] = "life_safety"
    trip: str
    party: str
    reason: str


@dataclass(frozen=True, slots=True)
class BoardingPresumed(Event):
    """Both phones travel together and no code was entered: counts as boarded; `compared` says that she called it her car."""

    name: ClassVar[str] = "rides.boarding_presumed"
    queue: ClassVar[str] = "life_safety"
    trip: str
    compared: bool


@dataclass(frozen=True, slots=True)
class MismatchReported(Event):
    """Before boarding the passenger said: not this car, or not this driver."""

    name: ClassVar[str] = "rides.mismatch_reported"
    queue: ClassVar[str] = "life_safety"
    trip: str
    what: str


@dataclass(frozen=True, slots=True)
class TripEnded(Event):
    """The driver has ended the trip; metres between the last position and the destination, -1 where unknown."""

    name: ClassVar[str] = "rides.trip_ended"
    queue: ClassVar[str] = "life_safety"
    trip: str
    metres: int


@dataclass(frozen=True, slots=True)
class PickupLate(Event):
    """A passenger whose pick-up slipped into the night could not be reached by an agent."""

    name: ClassVar[str] = "rides.pickup_late"
    queue: ClassVar[str] = "life_safety"
    trip: str
