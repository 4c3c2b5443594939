"""Who is not to ride together again (R15). Each person learns only of what they said themselves; staff see both."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from core import clock
from rides.models import NeverAgain, Trip
from rides.states import Party

if TYPE_CHECKING:
    from accounts.models import Account


def kept_apart(account: int, other: int) -> bool:
    """True where one of two people, by their accounts' keys, keeps the two apart now."""
    both = Q(account=account, other=other) | Q(account=other, other=account)
    return NeverAgain.objects.in_force(clock.now()).filter(both).exists()


def apart_among(accounts: Iterable[int], others: Iterable[int]) -> set[tuple[int, int]]:
    """Of all pairs (account, other), by their keys, those that somebody keeps apart now."""
    accounts, others = set(accounts), set(others)
    if not accounts or not others:
        return set()
    rows = NeverAgain.objects.in_force(clock.now())
    said = rows.filter(account__in=accounts, other__in=others).values_list("account", "other")
    heard = rows.filter(account__in=others, other__in=accounts).values_list("other", "account")
    return {*said, *heard}


def never_again_of(account: "Account") -> list[NeverAgain]:
    """All that somebody said and did not take back, newest first."""
    rows = NeverAgain.objects.in_force(clock.now()).filter(account=account)
    return list(rows.select_related("trip").order_by("-said_at", "-pk"))


def other_side(trip: Trip, party: Party) -> "Account | None":
    """Who sat on the other side of a trip; None where nobody did."""
    if trip.driver is None:
        return None
    return trip.driver.account if party == Party.PASSENGER else trip.passenger


def never_again_after(trip: Trip, party: Party, *, by_key: bool = False) -> NeverAgain | None:
    """What this side of a trip said of the other side, after this trip or another; `by_key` what who travels said after
    this one, by its key."""
    mine = trip.passenger if party == Party.PASSENGER else trip.driver.account if trip.driver else None
    other = other_side(trip, party)
    if mine is None or other is None:
        return None
    rows = NeverAgain.objects.in_force(clock.now()).filter(account=mine, other=other)
    if by_key:
        rows = rows.filter(trip=trip, by_key=True)
    return rows.order_by("-until", "-pk").first()


def never_again_about(account: "Account", *, limit: int = 50) -> list[NeverAgain]:
    """For staff: all that somebody said or that was said of them, newest first, with what was taken back."""
    rows = NeverAgain.objects.filter(Q(account=account) | Q(other=account))
    return list(rows.select_related("trip", "account", "other").order_by("-said_at", "-pk")[:limit])
