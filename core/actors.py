"""Who acts. The ground knows people only as an opaque code and a role, so that the journal outlives an account."""

from dataclasses import dataclass

from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Actor:
    """An opaque code and the role in which somebody acts."""

    code: str
    role: str


SYSTEM = Actor("system", "system")
MONITOR = Actor("monitor", "system")
NOBODY = Actor("anonymous", "public")
_NAMES = {
    SYSTEM.code: pgettext_lazy("actor", "system"),
    MONITOR.code: pgettext_lazy("actor", "system's monitor"),
    NOBODY.code: pgettext_lazy("actor", "somebody not signed in"),
}


def name_of(code: str) -> str:
    """Who acted, in the reader's words: a person's code as it is, and a name for what is no person."""
    return str(_NAMES.get(code, code))
