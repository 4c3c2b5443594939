"""What a form of ours says, where a missing word must not be taken for an answer."""

from typing import Any

from core.errors import InvalidInput


def chosen(request: Any, name: str, *, yes: str = "1", no: str = "0") -> bool:
    """Which of two buttons was pressed. Raises `InvalidInput` for anything else: absent is never 'no'."""
    given = request.POST.get(name)
    if given not in {yes, no}:
        raise InvalidInput(name)
    return bool(given == yes)
