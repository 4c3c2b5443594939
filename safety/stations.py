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


_registers: list[Callable[[str], Sequence[Station]]] = []


def finds_stations(register: Callable[[str], Sequence[Station]]) -> Callable[[str], Sequence[Station]]:
    """Decorator: what it finds by a code or by words of a name can be called from every incident."""
    _registers.append(register)
    return register


def find_stations(words: str) -> list[Station]:
    """Those that words or a code can mean, in the order of their registers; some tens at most."""
    return [station for register in _registers for station in register(words)]


def phone_of_station(code: str) -> str:
    """The published number. Raises `NotFound`."""
    found = next((station.phone for station in find_stations(code) if station.code == code), "")
    if not found:
        raise NotFound("station")
    return found
