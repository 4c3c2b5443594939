"""Who acts. The ground knows people only as an opaque code and a role, so that the journal outlives an account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """An opaque code and the role in which somebody acts."""

    code: str
    role: str


SYSTEM = Actor("system", "system")
MONITOR = Actor("monitor", "system")
NOBODY = Actor("anonymous", "public")
