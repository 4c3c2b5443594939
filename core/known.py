"""What is known of somebody elsewhere, for whoever has to act about them now: offered by apps, read below them.

An app offers in its `handlers.py` a function from the code of an account to what there is:

    @known.about_people("complaints")
    def complaints_about(code: str) -> list[Known]: ...
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

log = structlog.get_logger()
Text = str | Promise
Query = Callable[[str], Iterable["Known"]]


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that is known: its code, its page, what it is, since when, and how far it is."""

    code: str
    link: str
    what: Text
    at: datetime | None = None
    state: Text = ""
    level: Literal["bad", "warn", "good"] = "warn"


_offered: dict[str, Query] = {}


def about_people(key: str) -> Callable[[Query], Query]:
    """Function decorator: offer what an app knows of people. Raises `ValueError` for a key that is taken."""

    def offer(query: Query) -> Query:
        if key in _offered:
            raise ValueError(f"two apps tell {key} of people")
        _offered[key] = query
        return query

    return offer


def of_person(code: str) -> list[Known]:
    """All that apps know of an account. What cannot be read is said: nothing known is not nothing there."""
    found: list[Known] = []
    for key, query in _offered.items():
        try:
            found += query(code)
        except Exception as why:  # an app's question may raise anything
            log.error("known.unreadable", what=key, error=type(why).__name__, exc_info=why)
            found.append(Known(key, "", _("cannot be read now"), level="bad"))
    return found
