"""What somebody may do with a case now: a list that pages draw and services ask again."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done; `why_not` is empty where it may be done now. `shortcut` is a key on the keyboard."""

    key: str
    label: str | Promise
    why_not: str | Promise = ""
    shortcut: str = ""


def why_not(actions: Iterable[Action], key: str) -> str | Promise:
    """The reason against one action of a list, empty where it is allowed; an action that is not there is closed."""
    return next((action.why_not for action in actions if action.key == key), "?")
