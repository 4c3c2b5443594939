"""Hitch requests held out to owners, one at a time (R2): the lot draws them or the passenger chooses, never the owner.

Locks are taken in one order: the owner's way, the trip, then proposals. The database holds an owner to one open
proposal, on whichever of their ways, so that several ways at once are no list to pick from; whoever closes a way with
a request held out has declined it.
"""

from collections.abc import Iterable
from datetime import datetime
from secrets import SystemRandom
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts import push
from core import audit, clock, jobs, live, policy, timeline
from core.actors import MONITOR, Actor
from core.errors import DomainError, NotFound
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides import messages, selectors
from rides.errors import NoLongerAvailable, OwnersNotChosen
from rides.models import Itinerary, Proposal, Trip
from rides.policies import HITCH_CHOICE, HITCH_LOT_WITHIN
from rides.states import OFFER_TRANSITIONS, WAITING, HitchChoice, Line, OfferState, TripLine

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver
    from rides.selectors import Along

_lot = SystemRandom()


# --- Held out ------------------------------------------------------------------------------------


@joins_transaction
def draw_for(itinerary: Itinerary) -> None:
    """Hold out one fitting request on a way, if its owner has none and may have one: by lot among the least detours."""
    if policy.value(HITCH_CHOICE) != HitchChoice.LOT:
        return
    if itinerary.driver_id in selectors.owners_resting([itinerary.driver_id]):
        return
    best = fitting_equally(selectors.requests_along(itinerary))
    if best:
        _hold_out([(itinerary, _lot.choice(best).trip, len(best))])


def fitting_equally(along: list["Along"]) -> list["Along"]:
    """Those of the requests along a way whose detour is within the lot's share of the least one; by fit alone."""
    least = min((row.candidate.detour_metres for row in along), default=0.0)
    most = least * (1.0 + policy.value(HITCH_LOT_WITHIN))
    return [row for row in along if row.candidate.detour_metres <= most]


@joins_transaction
def hold_out_to_ways(trip: Trip) -> None:
    """Hold out a request that has just begun to wait to all owners who go its way and have none: it is their only one."""
    if policy.value(HITCH_CHOICE) != HitchChoice.LOT or trip.line != Line.HITCH:
        return
    first = {way.driver_id: way for way, _candidate in reversed(selectors.ways_open_to(trip))}
    _hold_out([(way, trip, 1) for _driver, way in sorted(first.items())])


def _hold_out(pairs: list[tuple[Itinerary, Trip, int]]) -> None:
    at, citation = clock.now(), policy.in_force(HITCH_CHOICE).citation
    rows = [
        Proposal(
            trip=trip, itinerary=way, driver_id=way.driver_id, among=among, citation=citation, made_at=at
        )
        for way, trip, among in pairs
    ]
    # Where another request was held out to an owner meanwhile, the unique key says no: one at a time.
    Proposal.objects.bulk_create(rows, ignore_conflicts=True)
    of_ways = [way.pk for way, _trip, _among in pairs]
    made = Proposal.objects.filter(itinerary__in=of_ways, state=OfferState.OPEN, made_at=at)
    facts = {row.trip.code: {"among": row.among} for row in made.select_related("trip") if row.among}
    if facts:
        timeline.add_each(TripLine.PROPOSED, MONITOR, facts)
    told = push.told_among(way.driver.account_id for way, _trip, _among in pairs)
    for row in made.select_related("trip", "itinerary", "driver__account").filter(driver__account__in=told):
        push.tell(
            messages.RequestOnScreen(),
            account=row.driver.account,
            key=f"request:{row.pk}",
            subject=row.itinerary.code,
            until=row.trip.window_end,
        )


@begins_transaction
def choose_owner(*, passenger: "Account", trip_code: str, way_code: str) -> Trip:
    """The passenger of a waiting request chooses one of the owners who fit, where policy says so.

    Whoever she chose before gets other requests again. Raises `NotFound`, `OwnersNotChosen`, `NoLongerAvailable` where
    that owner does not go this way any more or has another request.
    """
    trip = (
        Trip.objects.select_for_update(of=("self",))
        .select_related("city", "passenger")
        .filter(passenger=passenger, code=trip_code)
        .first()
    )
    if trip is None:
        raise NotFound
    if policy.value(HITCH_CHOICE) != HitchChoice.PASSENGER:
        raise OwnersNotChosen
    if trip.proposals.filter(itinerary__code=way_code, state=OfferState.OPEN).exists():
        return trip
    if trip.state not in WAITING:
        raise NoLongerAvailable
    way = next((way for way, _fit in selectors.ways_open_to(trip) if way.code == way_code), None)
    if way is None:
        raise NoLongerAvailable
    withdraw_proposals(trip=trip)
    _hold_out([(way, trip, 0)])
    if not trip.proposals.filter(itinerary=way, state=OfferState.OPEN).exists():
        raise NoLongerAvailable
    timeline.add(TripLine.CHOSEN, passenger.actor, trip=trip.code)
    audit.record(passenger.actor, "rides.owner_chosen", trip.code, itinerary=way.code)
    live.changed_on_commit(f"trip:{trip.code}")
    return trip


# --- Answered ------------------------------------------------------------------------------------


@begins_transaction
def decline_request(*, driver: "Driver", trip_code: str, itinerary_code: str) -> None:
    """An owner leaves a request to others. Counted, and the next one comes later; it never comes back to this owner.

    Raises `NotFound` for a way that is not the driver's; a request that is not held out any more stays as it is.
    """
    itinerary = (
        Itinerary.objects.select_for_update(of=("self",))
        .select_related("city", "driver__account")
        .filter(driver=driver, code=itinerary_code)
        .first()
    )
    if itinerary is None:
        raise NotFound("itinerary")
    decline_on(itinerary, driver.account.actor, trip_code)
    draw_for(itinerary)


@joins_transaction
def decline_on(itinerary: Itinerary, actor: Actor, trip_code: str = "") -> None:
    """Close what is held out on a way, which the caller has locked, as declined."""
    rows = itinerary.proposals.select_for_update(of=("self",)).filter(state=OfferState.OPEN)
    row = rows.filter(trip__code=trip_code).first() if trip_code else rows.first()
    if row is None:
        return
    trip = row.trip
    move(row, OFFER_TRANSITIONS, OfferState.DECLINED, answered_at=clock.now())
    timeline.add(TripLine.DECLINED, MONITOR, trip=trip.code)
    audit.record(actor, "rides.request_declined", trip.code, itinerary=itinerary.code)
    live.changed_on_commit(f"trip:{trip.code}")


def open_proposal(itinerary: Itinerary, trip: Trip) -> Proposal | None:
    """What is held out of this request on this way, locked; None where nothing is."""
    rows = Proposal.objects.select_for_update().filter(itinerary=itinerary, trip=trip, state=OfferState.OPEN)
    return rows.first()


# Refusals after which a request cannot be taken by this owner any more: the next one may come.
OVER = frozenset({"no_longer_available", "not_along_the_way", "no_seat", "score_too_low", "own_request"})


@joins_transaction
def settle(itinerary: Itinerary, trip: Trip, refusal: DomainError | None) -> None:
    """After an owner tried to take a request: close what is held out of it, and hold out the next one."""
    if refusal is None:
        if row := open_proposal(itinerary, trip):
            move(row, OFFER_TRANSITIONS, OfferState.ACCEPTED, answered_at=clock.now())
        withdraw_proposals(trip=trip)
    elif refusal.code in OVER:
        withdraw_proposals(trip=trip, driver=itinerary.driver)
    else:
        return
    draw_for(itinerary)


@joins_transaction
def withdraw_proposals(*, trip: Trip, driver: "Driver | None" = None) -> None:
    """A request waits no more, or not for this driver: neither they nor, where none is named, anybody can take it."""
    rows = Proposal.objects.select_for_update().filter(trip=trip, state=OfferState.OPEN)
    if driver:
        rows = rows.filter(driver=driver)
    for row in rows.order_by("pk"):
        move(row, OFFER_TRANSITIONS, OfferState.WITHDRAWN, answered_at=clock.now())


# --- What waits ----------------------------------------------------------------------------------


def _idle(at: datetime, last: int | None, limit: int) -> Iterable[int]:
    """Open ways whose owners have no request held out, by key."""
    held = Proposal.objects.filter(driver=OuterRef("driver"), state=OfferState.OPEN)
    rows = Itinerary.objects.filter(~Exists(held), closed_at=None, window_end__gt=at, pk__gt=last or 0)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _draw(pk: int, at: datetime) -> bool:
    rows = Itinerary.objects.select_for_update(skip_locked=True, of=("self",))
    way = (
        rows.select_related("city", "driver__account")
        .filter(pk=pk, closed_at=None, window_end__gt=at)
        .first()
    )
    if way is None:
        return False
    draw_for(way)
    return True


def _over(at: datetime) -> "QuerySet[Proposal]":
    gone = (
        Q(itinerary__window_end__lte=at) | Q(itinerary__closed_at__isnull=False) | Q(trip__window_end__lte=at)
    )
    return Proposal.objects.filter(gone | ~Q(trip__state__in=WAITING), state=OfferState.OPEN)


@begins_transaction
def _expire(pk: int, at: datetime) -> bool:
    row = _over(at).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if row is None:
        return False
    move(row, OFFER_TRANSITIONS, OfferState.EXPIRED, answered_at=at)
    return True


PROPOSALS_OVER = jobs.rows(
    "rides.expire_hitch_requests",
    gettext_lazy("closing hitch requests held out whose time is over"),
    due=lambda at, limit: list(_over(at).order_by("pk").values_list("pk", flat=True)[:limit]),
    act=_expire,
    key=int,
)
LOTS = jobs.walk(
    "rides.draw_hitch_requests",
    gettext_lazy("holding out hitch requests to owners"),
    behind=_idle,
    act=_draw,
    key=int,
)
