"""Which cases are open, for whoever may act only inside one: playing a recording asks here.

An app that has cases registers a function; nobody imports upward.
"""

from collections.abc import Callable

# Takes a case's code; gives the code of its trip where the case is open, else nothing.
CaseLookup = Callable[[str], str]
_lookups: list[CaseLookup] = []


def register_case_lookup(lookup: CaseLookup) -> CaseLookup:
    """Function decorator: register an app's cases."""
    _lookups.append(lookup)
    return lookup


def trip_of_open_case(code: str) -> str:
    """The trip of an open case; empty where there is no such open case."""
    return next((trip for lookup in _lookups if (trip := lookup(code))), "")
