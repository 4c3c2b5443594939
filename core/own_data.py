"""What is somebody's own: the consents they gave, all that is kept of them, and what happens when they leave.

Each app tells its part in its `own_data.py`; the pages and the API of accounts put them together. Nothing told here may
depend on what the other side of a trip, staff or police did without the person knowing: from their own data nobody learns
who complained, that they are held, or that somebody asked about them (S11). And no part holds what is another person's:
a file of one's own data may fall into other hands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from core.errors import DomainError, NotFound

if TYPE_CHECKING:
    from accounts.models import Account

Text = str | Promise
Json = dict[str, Any]

# --- Consents ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent as it stands: what it is for, its version and date where it was ever given, what its end brings.

    `follows` is said before it is withdrawn. What is agreed to case by case says with `state` how it stands, with `asked`
    whether the switch ends it now although nothing may be agreed to yet, and with `withdraw` and `agree` what it does.
    `fixed` says who decides it instead, where the person does not; there is no switch then.
    """

    key: str
    title: Text
    purpose: Text
    given: bool
    follows: Text
    version: str = ""
    at: datetime | None = None
    state: Text = ""
    asked: bool = False
    withdraw: Text = ""
    agree: Text = ""
    fixed: Text = ""

    @property
    def ends(self) -> bool:
        """Whether its switch withdraws it now."""
        return self.given or self.asked


Offer = Callable[["Account"], Consent | None]
Switch = Callable[["Account", bool], None]
_consents: dict[str, tuple[Offer, Switch]] = {}


def consent(key: str, *, switch: Switch) -> Callable[[Offer], Offer]:
    """Function decorator: tell how a consent of somebody stands, None where it is not for them.

    `switch(account, on)` begins its own transaction, and raises a `DomainError` where it cannot be done now.
    """

    def keep(offer: Offer) -> Offer:
        if key in _consents:
            raise ValueError(f"two apps offer the consent {key}")
        _consents[key] = (offer, switch)
        return offer

    return keep


def consents_of(account: "Account") -> list[Consent]:
    """All consents that this person has given or could give."""
    return [found for offer, _switch in _consents.values() if (found := offer(account)) is not None]


def set_consent(account: "Account", key: str, *, on: bool) -> None:
    """Give or withdraw one. Raises `NotFound` where there is no such for them, and what its own switch raises."""
    known = _consents.get(key)
    found = known[0](account) if known else None
    if known is None or found is None:
        raise NotFound
    known[1](account, on)


# --- A copy of all that is kept ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    """A file of the copy: its name inside, and how its content is read when its turn comes."""

    name: str
    read: Callable[[], bytes]


Rows = Iterable[Json]
Files = Iterable[File]


@dataclass(frozen=True, slots=True)
class Part:
    """What one app keeps of somebody on one topic: rows of plain JSON, and files beside them."""

    key: str
    label: Text
    rows: Callable[["Account"], Rows]
    files: Callable[["Account"], Files] | None = None


_parts: dict[str, Part] = {}


RowsOf = Callable[["Account"], Rows]


def part(
    key: str, label: Text, *, files: Callable[["Account"], Files] | None = None
) -> Callable[[RowsOf], RowsOf]:
    """Function decorator: add a topic to everybody's copy; the function gives its rows of one account."""

    def keep(rows: RowsOf) -> RowsOf:
        if key in _parts:
            raise ValueError(f"two apps tell {key} of people")
        _parts[key] = Part(key, label, rows, files)
        return rows

    return keep


def parts() -> list[Part]:
    """All topics, in the order in which apps were loaded."""
    return list(_parts.values())


# --- What they did themselves --------------------------------------------------------------------

_did: dict[str, Text] = {}


def did(said: dict[str, Text]) -> None:
    """What somebody reads of lines of the journal that they wrote about themselves, by action."""
    if again := _did.keys() & said.keys():
        raise ValueError(f"two apps say {', '.join(sorted(again))}")
    _did.update(said)


def said_of(action: str) -> Text | None:
    """The sentence of an action of one's own; None for one that nobody has one for."""
    return _did.get(action)


# --- What others were given by law ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """One time that data of somebody were given to others by law, which they were told. `reads` are the times at which it
    was read there, and as what."""

    to: str
    at: datetime
    about: str
    what: Text
    law: Text
    reads: list[tuple[datetime, Text]]


TellsOf = Callable[["Account"], Iterable[Told]]
_tells: list[TellsOf] = []


def tells(found: TellsOf) -> TellsOf:
    """Function decorator: what data of somebody were given to others; nothing that they were not told yet (S11)."""
    _tells.append(found)
    return found


def told_to(account: "Account") -> list[Told]:
    """All of it, the newest first."""
    found = [each for teller in _tells for each in teller(account)]
    return sorted(found, key=lambda each: each.at, reverse=True)


# --- Leaving -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """Why something of somebody stays: until when (None while nobody can know), by which law.

    `said` is False for what they may not learn now: it keeps, and no page or answer shows it. `names` is False for what
    stays as codes and sums: it points to nobody, and delays nothing.
    """

    what: Text
    until: datetime | None
    law: Text
    said: bool = True
    names: bool = True


Refusal = Callable[["Account"], DomainError | None]
Keeper = Callable[["Account", datetime], Iterable[Kept]]
Act = Callable[["Account", datetime], None]
_refusals: list[Refusal] = []
_keepers: list[Keeper] = []
_endings: list[Act] = []
_erasers: list[Act] = []


def against_closing(refusal: Refusal) -> Refusal:
    """Function decorator: a reason that keeps somebody from closing their account now, which they may know."""
    _refusals.append(refusal)
    return refusal


def keeps(keeper: Keeper) -> Keeper:
    """Function decorator: what of somebody has to stay after they left, and until when."""
    _keepers.append(keeper)
    return keeper


def ends_with(act: Act) -> Act:
    """Function decorator: what ends and goes at the moment in which somebody closes their account; it joins."""
    _endings.append(act)
    return act


def erases(act: Act) -> Act:
    """Function decorator: what goes once nothing keeps it any more; it joins a transaction, and may be repeated."""
    _erasers.append(act)
    return act


def why_not_close(account: "Account") -> DomainError | None:
    """The first reason against closing it now."""
    return next((why for refusal in _refusals if (why := refusal(account)) is not None), None)


def kept_of(account: "Account", at: datetime) -> list[Kept]:
    """All that stays of somebody at this time. What cannot be asked raises: unknown is not nothing."""
    return [each for keeper in _keepers for each in keeper(account, at)]


def end_for(account: "Account", at: datetime) -> None:
    """All that goes when an account is closed."""
    for act in _endings:
        act(account, at)


def erase_for(account: "Account", at: datetime) -> None:
    """All that goes when nothing is kept any more."""
    for act in _erasers:
        act(account, at)
