"""What became of an attempt."""

from dataclasses import dataclass

from core.errors import DomainError
from rides.models import Trip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt whose refusal must be remembered: committed, then said by the front."""

    trip: Trip
    refusal: DomainError | None = None
