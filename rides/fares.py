"""What a trip costs (R12): pure arithmetic in whole fen (分, 1/100 CNY) by a tariff that is policy and is cited.

Hitch shares the owner's costs and is no trade: a rate for the distance, capped for each trip and seat. The other lines
have a base fare, a rate for distance and one for time, and a least fare.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import policy
from rides.states import Line

TARIFF = policy.declare(
    "rides.tariff",
    {
        Line.HITCH.value: {"base": 300, "per_km": 80, "per_minute": 0, "least": 500, "most": 20_000},
        Line.EXPRESS.value: {"base": 500, "per_km": 180, "per_minute": 35, "least": 900, "most": None},
        Line.PREMIER.value: {"base": 1000, "per_km": 300, "per_minute": 60, "least": 1800, "most": None},
        Line.LUXURY.value: {"base": 2000, "per_km": 520, "per_minute": 110, "least": 3800, "most": None},
    },
    unit="fen",
    about="Tariff of each line: base, per km, per minute, least and most; hitch for each seat, capped (R12).",
)
MORE_SEATS = (
    0.7  # the second and each further hitch seat of one party costs this share: they sit in the same car
)
SLACK = 1.2  # the amount after is never more than this times the estimate before


@dataclass(frozen=True, slots=True)
class Fare:
    """An amount in fen with the tariff version that it came from."""

    fen: int
    citation: str

    def __str__(self) -> str:
        return yuan(self.fen)


def yuan(fen: int) -> str:
    """`12.50`."""
    return f"{fen / 100:.2f}"


def estimate(line: str, metres: float, seconds: float, *, seats: int = 1, at: datetime | None = None) -> Fare:
    """The amount for a way by the tariff in force `at`, now by default."""
    tariff = policy.in_force(TARIFF, at=at)
    return Fare(
        _amount(tariff.value[line], metres, seconds, seats if line == Line.HITCH else 1), tariff.citation
    )


def final(before: Fare, after: Fare) -> Fare:
    """The amount after: as driven, by the tariff of the booking, and never far above what was said before."""
    return Fare(min(after.fen, round(before.fen * SLACK)), before.citation)


def _amount(tariff: dict[str, Any], metres: float, seconds: float, seats: int) -> int:
    one = tariff["base"] + tariff["per_km"] * metres / 1000 + tariff["per_minute"] * seconds / 60
    one = max(one, tariff["least"])
    if tariff["most"] is not None:
        one = min(one, tariff["most"])
    # Whole jiao (角): nobody pays in fen.
    fen: int = round(one * (1 + MORE_SEATS * (seats - 1)) / 10) * 10
    return fen
