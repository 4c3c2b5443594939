"""What a trip costs (R12): pure arithmetic in whole fen (分, 1/100 CNY) by a tariff that is policy and is cited.

Hitch shares the owner's costs and is no trade: a rate for the distance, capped for each trip and seat. The other lines
have a base fare, a rate for distance and one for time, and a least fare.
"""

from dataclasses import dataclass
from datetime import datetime

from core import policy
from rides.policies import FARE_SLACK, MORE_SEATS, TARIFF, Rates
from rides.states import Line


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
    return Fare(min(after.fen, round(before.fen * policy.value(FARE_SLACK))), before.citation)


def _amount(rates: Rates, metres: float, seconds: float, seats: int) -> int:
    one = rates.base + rates.per_km * metres / 1000 + rates.per_minute * seconds / 60
    one = max(one, rates.least)
    if rates.most is not None:
        one = min(one, rates.most)
    # Whole jiao (角): nobody pays in fen.
    return round(one * (1 + policy.value(MORE_SEATS) * (seats - 1)) / 10) * 10
