"""The police stations that can be called from an incident. Who keeps their register tells of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Station:
    """One station of the register: its names, and the number that it has published (P4)."""

    code: str
    name: str
    phone: str


_registers: list[Callable[[], Sequence[Station]]] = []


def lists_stations(register: Callable[[], Sequence[Station]]) -> Callable[[], Sequence[Station]]:
    """Decorator: what it gives can be called from every incident."""
    _registers.append(register)
    return register


def stations() -> list[Station]:
    """All stations, in the order of their registers."""
    return [station for register in _registers for station in register()]


def phone_of_station(code: str) -> str:
    """The published number. Raises `NotFound`."""
    found = next((station.phone for station in stations() if station.code == code), "")
    if not found:
        raise NotFound("station")
    return found
