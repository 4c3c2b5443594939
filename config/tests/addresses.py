"""An address of every route, for walks over all of them: each part has a value that its kind takes, so that it is the
view that answers, whether or not something is there."""

import re
from typing import Any

from django.urls import get_resolver

# By kind of `core.addresses`, and of Django's own; a kind that is not here fails the walk.
VALUES = {
    "code": "T-7K2M9QX4ZB",
    "side": "T-7K2M9QX4ZB:passenger",
    "number": "1",
    "row": "1",
    "person": "x",
    "rule": "x",
    "name": "x",
    "word": "x",
    "secret": "x" * 32,
    "path": "x",
}
_PART = re.compile(r"<(\w+):\w+>")
_PATTERN = re.compile(r"\(\?P<\w+>[^)]*\)")


def addresses() -> list[str]:
    """One for each route of the resolver."""

    def walk(resolver: Any, before: str = "") -> Any:
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern).strip("^$")
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, route)
            else:
                yield "/" + _PATTERN.sub("x", _PART.sub(lambda part: VALUES[part[1]], route))

    return sorted(set(walk(get_resolver())))
