"""Which cases are open, for whoever may act only inside one: playing a recording and showing a person's data ask here.

An app that has cases registers functions; nobody imports upward.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

# Takes a case's code; gives the code of its trip where the case is open, else nothing.
CaseLookup = Callable[[str], str]
_lookups: list[CaseLookup] = []


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that is worked on: its code, the codes of those of the staff whose it is, and the permission of those who
    read it as their work beside them.

    `opened_by` is the colleague on whose word alone there is a case: it is theirs to work on, and no ground on which
    they see somebody in the clear.
    """

    code: str
    owners: frozenset[str]
    readers: str
    opened_by: str = ""

    def is_ground_for(self, code: str) -> bool:
        """Whether a colleague needs no other reason to see whom it concerns."""
        return code in self.owners and code != self.opened_by


# Takes the code of an account, or of a case; gives the open cases that concern that person, or the case itself.
About = Callable[[str], Iterable[OpenCase]]
_about: list[About] = []


def register_case_lookup(lookup: CaseLookup) -> CaseLookup:
    """Function decorator: register an app's cases."""
    _lookups.append(lookup)
    return lookup


def register_open_cases(lookup: About) -> About:
    """Function decorator: say which of an app's open cases concern somebody, and whose they are."""
    _about.append(lookup)
    return lookup


# Takes the code of a case or a trip; gives the codes of those of the staff whose it is or was, also when it is over.
Owners = Callable[[str], Iterable[str]]
_owners: list[Owners] = []


def register_owners(lookup: Owners) -> Owners:
    """Function decorator: say whose an app's cases are or were, for whom they concern."""
    _owners.append(lookup)
    return lookup


def owners_of(code: str) -> set[str]:
    """Of the staff, whose this case is or was, or any case of this trip."""
    return {owner for case in open_about(code) for owner in case.owners} | {
        owner for lookup in _owners for owner in lookup(code) if owner
    }


def trip_of_open_case(code: str) -> str:
    """The trip of an open case; empty where there is no such open case."""
    return next((trip for lookup in _lookups if (trip := lookup(code))), "")


def open_about(subject: str) -> list[OpenCase]:
    """Open cases that concern an account, or the case with this code. An app that cannot be asked knows of none."""
    found: list[OpenCase] = []
    for lookup in _about:
        try:
            found += lookup(subject)
        except Exception as why:  # whatever one app's question meets: without a case a reason is asked for
            log.error("cases.unreadable", app=lookup.__module__, error=type(why).__name__, exc_info=why)
    return found


def is_any_open_about(subject: str) -> bool:
    """Whether a case concerns an account now. Raises what an app raises that cannot be asked: unknown is not no.

    All are asked, whatever the first one says: how long it takes tells nobody that there is one.
    """
    found = [list(lookup(subject)) for lookup in _about]
    return any(found)


def may_be_account(subject: str) -> bool:
    """Whether such a code can be an account's: those of people begin with `A-`, or are names of staff."""
    return subject[1:2] != "-" or subject.startswith("A-")


def ours(*owners: str | None) -> frozenset[str]:
    """The codes of those who have a case, of columns that may be empty."""
    return frozenset(owner for owner in owners if owner)
