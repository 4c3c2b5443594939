"""Reading lists of people's data: each opened list and each search of the staff is one line of the journal (A8).

The line says which list, what it was asked for, how many rows it showed and which. What was typed may be a person's
phone or name, and the journal holds no personal data: of such words it keeps a keyed index, by which whoever knows the
words can show that they were asked for.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core import audit, live
from core.access import account_of
from core.privacy import blind_index
from core.transactions import begins_transaction

live.looks("core.list_read")
SHOWN, ASKED = 50, 12  # codes and parameters that a line names
# What a filter says: words of the platform, codes, days. Names, phones and plates look otherwise.
_OURS = re.compile(r"[a-z][a-z_.]{0,40}|[A-Z]-[0-9A-Z]{4,12}|-?\d{1,6}|\d{4}-\d{2}-\d{2}|[01]|")


def is_opened(request: Any) -> bool:
    """Whether somebody opens the list: a page that looks at itself again shows nothing that it did not show before."""
    return bool(request.method == "GET" and request.headers.get("HX-Request") != "true")


def note(request: Any, name: str, codes: Iterable[Any]) -> None:
    """Somebody of the staff opened a list, or searched in it. `name` is the list, `codes` what its rows are called."""
    if is_opened(request):
        _record(account_of(request), name, [str(code) for code in codes], asked_for(request.GET))


def note_more(request: Any, name: str, codes: Iterable[Any]) -> None:
    """The next rows of a list, which its page fetches when somebody goes on reading."""
    _record(account_of(request), name, [str(code) for code in codes], asked_for(request.GET))


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    """What a list was asked for, with a keyed index in the place of words that may be a person's."""
    given = [(name[:40], query[name]) for name in list(query)[:ASKED] if query[name]]
    return {
        name: value
        if _OURS.fullmatch(value)
        else f"index:{blind_index(value.strip(), purpose='search')[:24]}"
        for name, value in given
    }


@begins_transaction
def _record(account: Any, name: str, codes: list[str], asked: dict[str, str]) -> None:
    audit.record(account.actor, "core.list_read", name, count=len(codes), codes=codes[:SHOWN], asked=asked)
