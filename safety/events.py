from dataclasses import dataclass
from typing import ClassVar

from core.events import LIFE_SAFETY, Event


@dataclass(frozen=True, slots=True)
class SosRaised(Event):
    """Somebody tapped SOS: contacts are to be told."""

    name: ClassVar[str] = "safety.sos_raised"
    queue: ClassVar[str] = LIFE_SAFETY
    version: ClassVar[int] = 2
    incident: str
    party: str


@dataclass(frozen=True, slots=True)
class SosRepeated(Event):
    """A side that had called for help in an incident tapped SOS again: whoever was told of it is told anew where they left."""

    name: ClassVar[str] = "safety.sos_repeated"
    queue: ClassVar[str] = LIFE_SAFETY
    version: ClassVar[int] = 2
    incident: str


@dataclass(frozen=True, slots=True)
class DangerShown(Event):
    """The risk of an incident is high by what its trip showed, not by a tap on SOS or by who worries."""

    name: ClassVar[str] = "safety.danger_shown"
    queue: ClassVar[str] = LIFE_SAFETY
    version: ClassVar[int] = 2
    incident: str


@dataclass(frozen=True, slots=True)
class RecordingKept(Event):
    """A passenger asked to keep the recording of her trip: a case is to be opened."""

    name: ClassVar[str] = "safety.recording_kept"
    trip: str
