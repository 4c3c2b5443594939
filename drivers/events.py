from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True)
class DriverHeld(Event):
    """A driver may not get new orders. `covert` while somebody may be in the car."""

    name: ClassVar[str] = "drivers.driver_held"
    driver_code: str
    hold_code: str
    covert: bool


@dataclass(frozen=True, slots=True)
class WentOffline(Event):
    """A driver's time online ended otherwise than by their own button."""

    name: ClassVar[str] = "drivers.went_offline"
    driver_code: str


@dataclass(frozen=True, slots=True)
class DangerOnStreet(Event):
    """Somebody reports a car from the street in grave words; nobody may have proved who it is."""

    name: ClassVar[str] = "drivers.danger_on_street"
    queue: ClassVar[str] = "life_safety"
    report: str
