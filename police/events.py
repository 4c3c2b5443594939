from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True)
class PreservationAsked(Event):
    """An officer asked that what exists is kept. What it names is looked for and held behind the answer."""

    name: ClassVar[str] = "police.preservation_asked"
    code: str
