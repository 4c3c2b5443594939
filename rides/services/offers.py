"""Orders of express, premier and luxury: drivers on duty, the dispatcher's batches, offers and their answers (R3).

Locks are taken in one order: orders by key, then drivers by key. A dispatcher that finds a row locked leaves it to the
one that holds it, so that several can run at once; the database's unique keys have the last word.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts import push
from core import audit, clock, events, heartbeat, jobs, live, policy, timeline
from core.actors import MONITOR
from core.codes import new_code
from core.errors import DomainError, NotFound
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from drivers import services as driver_services
from drivers.selectors import held_among, open_spell, why_not_eligible
from rides import messages, selectors
from rides.dispatch import Limits, assign, cell, cells_around
from rides.errors import LineNotRunning, NoLongerAvailable, NotOnDuty
from rides.events import TripAccepted
from rides.geometry import Point
from rides.models import City, DriverOnDuty, Offer, Trip
from rides.policies import DISPATCH_LATE_AFTER, DISPATCH_REACH, DISPATCH_SPEED, DUTY_FRESH, OFFER_WITHIN
from rides.services.coming import tell_found
from rides.services.outcomes import Outcome
from rides.services.proposals import withdraw_proposals
from rides.services.taking import is_lost, take
from rides.states import (
    OFFER_TRANSITIONS,
    TRIP_TRANSITIONS,
    WITH_DRIVER,
    Line,
    OfferState,
    TripLine,
    TripState,
)
from rides.tokens import DUTY

if TYPE_CHECKING:
    from drivers.models import Driver, OnlineSpell

DISPATCHER = heartbeat.declare(
    "dispatcher",
    gettext_lazy("the dispatcher"),
    gettext_lazy("Orders of express, premier and luxury are given to nobody; hitch goes on."),
)
MOST_ORDERS = 2_000  # in one batch; the rest waits two seconds
MOST_DRIVERS = 4_000


# --- Drivers on duty -----------------------------------------------------------------------------------


def go_on_duty(*, driver: "Driver", line: Line, city: City, position: Point) -> "OnlineSpell":
    """Go online and wait for orders at a position. Raises as `drivers.services.go_online`, and `LineNotRunning`."""
    if not selectors.line_runs(line, city, clock.now()):
        raise LineNotRunning("line")
    spell = driver_services.go_online(driver=driver, line=line)
    _stand(driver, Line(spell.line), city, position)
    return spell


@begins_transaction
def _stand(driver: "Driver", line: Line, city: City, position: Point) -> None:
    DriverOnDuty.objects.update_or_create(
        driver=driver,
        defaults={
            "line": line,
            "city": city,
            "latitude": position[0],
            "longitude": position[1],
            "cell": cell(position),
            "at": clock.now(),
        },
    )


def go_off_duty(*, driver: "Driver") -> None:
    """No more orders; an open offer goes to the next driver."""
    driver_services.go_offline(driver=driver)
    _leave(driver)


@begins_transaction
def _leave(driver: "Driver") -> None:
    stop_offering(driver=driver)


@joins_transaction
def stop_offering(*, driver: "Driver") -> None:
    """Who waits for orders no more; an open offer goes to the next driver. Raises `NotFound` where that is gone."""
    code = Offer.objects.filter(driver=driver, state=OfferState.OPEN).values_list("code", flat=True).first()
    if code:
        trip, offer = _offered(driver, code)
        if offer.state == OfferState.OPEN:
            _pass_on(offer, OfferState.DECLINED, trip)
    DriverOnDuty.objects.filter(driver=driver).delete()


# --- One batch -------------------------------------------------------------------------------------------


@begins_transaction
def dispatch_batch(*, city: City, line: Line, at: datetime) -> int:
    """Give the waiting orders of a line in a city to drivers on duty; how many offers were made."""
    if not selectors.line_runs(line, city, at):
        return 0
    orders = _waiting_orders(city, line, at)
    duties = _free_drivers(city, line, at, orders)
    if not orders or not duties:
        return 0
    limits = Limits(
        policy.value(DISPATCH_REACH), policy.value(DISPATCH_SPEED), policy.value(DISPATCH_LATE_AFTER)
    )
    pairs = assign(
        [trip.origin for trip in orders],
        [(at - trip.requested_at).total_seconds() for trip in orders],
        [(duty.latitude, duty.longitude) for duty in duties],
        limits,
        _apart(orders, duties),
    )
    return _hold_out([(orders[pair.order], duties[pair.driver], pair.seconds) for pair in pairs], at)


def _apart(orders: list[Trip], duties: list[DriverOnDuty]) -> list[tuple[int, int]]:
    """Pairs that may not come together: the driver had this order already, ordered it, or one of both said never again."""
    place = {duty.driver_id: column for column, duty in enumerate(duties)}
    own = {duty.driver.account_id: column for column, duty in enumerate(duties)}
    line = {trip.pk: row for row, trip in enumerate(orders)}
    had = Offer.objects.filter(trip__in=orders, driver__in=place).values_list("trip_id", "driver_id")
    apart = [(line[trip], place[driver]) for trip, driver in had]
    teens = [line[trip.pk] for trip in orders if trip.for_teen]
    if teens:
        fit = selectors.teens_drivers([duty.driver for duty in duties], clock.now())
        apart += [(row, column) for row in teens for driver, column in place.items() if driver not in fit]
    never = selectors.apart_among({trip.passenger_id for trip in orders}, own)
    # Marked people are among themselves: nobody real waits for a car that is none, and none is sent to a drill.
    marked = [column for column, duty in enumerate(duties) if duty.driver.account.is_drill]
    by_passenger: dict[int, list[int]] = {}
    for passenger, account in never:
        by_passenger.setdefault(passenger, []).append(own[account])
    for row, trip in enumerate(orders):
        if trip.passenger_id in own:
            apart.append((row, own[trip.passenger_id]))
        apart += [(row, column) for column in by_passenger.get(trip.passenger_id, [])]
        others = sorted(set(range(len(duties))) - set(marked)) if trip.passenger.is_drill else marked
        apart += [(row, column) for column in others]
    return apart


def _waiting_orders(city: City, line: Line, at: datetime) -> list[Trip]:
    """Orders without an offer whose departure is near, the longest waiting first; locked."""
    rows = Trip.objects.filter(
        city=city, line=line, state=TripState.REQUESTED, window_start__lte=at + timedelta(minutes=10)
    )
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    return list(locked.select_related("passenger").order_by("requested_at", "pk")[:MOST_ORDERS])


def _free_drivers(city: City, line: Line, at: datetime, orders: list[Trip]) -> list[DriverOnDuty]:
    """Drivers on duty around the orders, with a fresh position, no offer, no trip and no hold of any kind; locked."""
    if not orders:
        return []
    near = {one for trip in orders for one in cells_around(trip.origin, policy.value(DISPATCH_REACH))}
    rows = DriverOnDuty.objects.filter(
        ~Exists(Offer.objects.filter(driver=OuterRef("driver"), state=OfferState.OPEN)),
        ~Exists(Trip.objects.filter(driver=OuterRef("driver"), state__in=WITH_DRIVER)),
        city=city,
        line=line,
        cell__in=near,
        at__gte=at - policy.span(DUTY_FRESH),
    )
    locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("driver__account")
    found = list(locked.order_by("driver_id")[:MOST_DRIVERS])
    held = held_among([duty.driver_id for duty in found])
    return [duty for duty in found if duty.driver_id not in held]


def _hold_out(pairs: list[tuple[Trip, DriverOnDuty, float]], at: datetime) -> int:
    """Offer the orders to their drivers, all of a batch together; how many."""
    until = at + policy.span(OFFER_WITHIN)
    rows = [
        Offer(
            code=new_code("O"),
            trip=trip,
            driver_id=duty.driver_id,
            pickup_seconds=round(seconds),
            offered_at=at,
            expires_at=until,
        )
        for trip, duty, seconds in pairs
    ]
    # Where another dispatcher gave a driver an order while we looked, the unique key says no, and the order waits for
    # the next batch.
    Offer.objects.bulk_create(rows, ignore_conflicts=True)
    codes = [row.code for row in rows]
    made = {
        row.trip_id: row
        for row in Offer.objects.filter(code__in=codes).select_related("trip", "driver__account")
    }
    Trip.objects.filter(pk__in=made, state=TripState.REQUESTED).update(state=TripState.MATCHED)
    facts = {row.trip.code: {"seconds": row.pickup_seconds} for row in made.values()}
    timeline.add_each(TripLine.OFFERED, MONITOR, facts)
    told = push.told_among(row.driver.account_id for row in made.values())
    for row in made.values():
        live.changed_on_commit(f"trip:{row.trip.code}")
        live.changed_on_commit(f"trip:{DUTY}{row.driver.account.code}")
        if row.driver.account_id in told:
            push.tell(
                messages.OrderOnScreen(fare=row.trip.fare_estimate),
                account=row.driver.account,
                key=f"offer:{row.code}",
                subject=row.code,
                until=row.expires_at,
            )
    return len(made)


# --- Answers ---------------------------------------------------------------------------------------------


@begins_transaction
def accept_offer(*, driver: "Driver", code: str) -> Outcome:
    """Take an order that the dispatcher gave to this driver: line, driver, offer, then the trip, in one transaction.

    Who has taken it already is told so again. A refusal is committed and returned. Raises `NotFound`.
    """
    trip, offer = _offered(driver, code)
    if offer.state == OfferState.ACCEPTED and trip.driver_id == driver.pk and trip.went_past("accepted_at"):
        return Outcome(trip)
    actor = driver.account.actor
    refusal = _why_not_take(driver, trip, offer)
    if refusal:
        if offer.state == OfferState.OPEN:
            _pass_on(offer, OfferState.DECLINED, trip)
        timeline.add(TripLine.ACCEPT_REFUSED, actor, trip=trip.code, code=refusal.code)
        audit.record(actor, "rides.acceptance_refused", trip.code, code=refusal.code)
        return Outcome(trip, refusal)
    move(offer, OFFER_TRANSITIONS, OfferState.ACCEPTED, answered_at=clock.now())
    take(trip, driver)
    timeline.add(TripLine.ACCEPTED, actor, trip=trip.code, plate=trip.plate_registered)
    audit.record(actor, "rides.accepted", trip.code, offer=offer.code)
    tell_found(trip)
    events.publish(TripAccepted(trip=trip.code))
    live.changed_on_commit(f"trip:{trip.code}")
    return Outcome(trip)


def _offered(driver: "Driver", code: str) -> tuple[Trip, Offer]:
    """The order and its offer, locked in that order."""
    found = Offer.objects.filter(driver=driver, code=code).values_list("trip_id", flat=True).first()
    if found is None:
        raise NotFound
    trip = Trip.objects.select_for_update(of=("self",)).select_related("city", "passenger").get(pk=found)
    return trip, Offer.objects.select_for_update().get(code=code)


def _why_not_take(driver: "Driver", trip: Trip, offer: Offer) -> DomainError | None:
    """The first reason against taking an order, in the order of R5."""
    at = clock.now()
    if not selectors.line_runs(trip.line, trip.city, at):
        return LineNotRunning()
    not_eligible = why_not_eligible(driver)
    if not_eligible:
        return not_eligible
    if open_spell(driver, trip.line) is None:
        return NotOnDuty()
    if offer.state != OfferState.OPEN or offer.expires_at < at or is_lost(driver, trip):
        return NoLongerAvailable()
    return None


@begins_transaction
def decline_offer(*, driver: "Driver", code: str) -> None:
    """Leave an order to the next driver. Raises `NotFound`; an offer that is over already stays as it is."""
    trip, offer = _offered(driver, code)
    if offer.state == OfferState.OPEN:
        _pass_on(offer, OfferState.DECLINED, trip)


def expire_offers(*, at: datetime) -> int:
    """Offers that nobody answered, and those of drivers who have gone, go to the next driver; how many."""
    return EXPIRIES.run(at=at).total


def _over(at: datetime) -> "QuerySet[Offer]":
    silent = at - policy.span(DUTY_FRESH)
    gone = ~Exists(DriverOnDuty.objects.filter(driver=OuterRef("driver"), at__gte=silent))
    return Offer.objects.filter(Q(expires_at__lt=at) | gone, state=OfferState.OPEN)


def _expired(at: datetime, limit: int) -> list[int]:
    return list(_over(at).order_by("trip_id").values_list("trip_id", flat=True)[:limit])


@begins_transaction
def _expire(trip_id: int, at: datetime) -> bool:
    """One order's offer, unless another dispatcher has it in hand."""
    trip = Trip.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=trip_id).first()
    if trip is None:
        return False
    offer = _over(at).select_for_update().filter(trip=trip).first()
    if offer is None:
        return False
    _pass_on(offer, OfferState.EXPIRED, trip)
    return True


EXPIRIES = jobs.rows(
    "rides.expire_offers",
    gettext_lazy("passing on offers that nobody answered"),
    due=_expired,
    act=_expire,
    key=int,
    seconds=2.0,
    law=jobs.SOON,
)


def _pass_on(offer: Offer, why: OfferState, trip: Trip) -> None:
    """Close an offer, and let its order be dispatched again; this driver does not get it a second time."""
    move(offer, OFFER_TRANSITIONS, why, answered_at=clock.now())
    if trip.state == TripState.MATCHED:
        move(trip, TRIP_TRANSITIONS, TripState.REQUESTED)
        timeline.add(TripLine.OFFER_OVER, MONITOR, trip=trip.code, why=why)
        live.changed_on_commit(f"trip:{trip.code}")


@joins_transaction
def withdraw_offers(*, trip: Trip) -> None:
    """Close the open offer of an order that is cancelled, and what of a hitch request is held out to owners."""
    withdraw_proposals(trip=trip)
    offer = Offer.objects.select_for_update().filter(trip=trip, state=OfferState.OPEN).first()
    if offer:
        try:
            move(offer, OFFER_TRANSITIONS, OfferState.WITHDRAWN, answered_at=clock.now())
        except StaleState:
            return


@dataclass(frozen=True, slots=True)
class Market:
    """A line in a city that has orders to dispatch."""

    city: City
    line: Line


def markets() -> list[Market]:
    """Where orders wait now."""
    waiting = Trip.objects.exclude(line=Line.HITCH).filter(state=TripState.REQUESTED)
    pairs = sorted(set(waiting.values_list("city_id", "line")))
    cities = {city.pk: city for city in City.objects.filter(pk__in={key for key, _line in pairs})}
    return [Market(cities[key], Line(line)) for key, line in pairs]
