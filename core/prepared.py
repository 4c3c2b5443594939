"""Steps that supervisors prepared and whoever acts takes with one key: words to whom it is about, a note, and when it is
looked at again. They are kept above those who take them: one app offers them, the others read them here.

    @prepared.offer
    def steps() -> list[Step]: ...
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One prepared step. Its texts are kept by language, `zh` and `en`; what is empty is not done.

    `words` are read by whom it is about, in their language, `note` stands in the timeline, and `again` is how long after
    it somebody has to look again.
    """

    code: str
    title: Mapping[str, str]
    words: Mapping[str, str]
    note: Mapping[str, str]
    again: timedelta | None = None


Query = Callable[[], Iterable[Step]]
_offered: list[Query] = []


def offer(query: Query) -> Query:
    """Function decorator: say which steps there are."""
    _offered.append(query)
    return query


def steps() -> list[Step]:
    """All that are in use, in a stable order. An app that cannot be asked has none: they are a help, and no way to act."""
    found: list[Step] = []
    for query in _offered:
        try:
            found += query()
        except Exception as why:  # whatever an app's question meets
            log.error("prepared.unreadable", app=query.__module__, error=type(why).__name__, exc_info=why)
    return found


def in_language(texts: Mapping[str, str], language: str) -> str:
    """A text in the language of who reads it."""
    return texts["zh" if language.startswith("zh") else "en"]
