from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True)
class DeviceShared(Event):
    """An account signed in on a device on which other accounts had signed in before."""

    name: ClassVar[str] = "accounts.device_shared"
    account: str
    others: list[str]


@dataclass(frozen=True, slots=True)
class GuardianEnded(Event):
    """A guardian who had confirmed stands for somebody no more; `teen` is whose account that was, `by` who ended it
    (`GuardianEndedBy`). The row is gone where the guardian closed the account."""

    name: ClassVar[str] = "accounts.guardian_ended"
    version: ClassVar[int] = 2
    guardianship: int
    teen: str
    by: str


@dataclass(frozen=True, slots=True)
class FoundUnderAge(Event):
    """The registry said of an account's person that they are not of age, also where that is why they were refused."""

    name: ClassVar[str] = "accounts.found_under_age"
    account: str


@dataclass(frozen=True, slots=True)
class SignedInSomewhere(Event):
    """A sign-in said where it happened; `place` is the row's key, so that no position is in the event."""

    name: ClassVar[str] = "accounts.signed_in_somewhere"
    account: str
    place: int
