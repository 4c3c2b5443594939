"""What the addresses of rides are about: one of each (`tests/test_permissions.py`)."""

from datetime import timedelta

from core import clock, motions
from drivers.selectors import driver_of
from rides.models import LatePickup, Offer, Reminder, Trip
from rides.selectors import position_key
from rides.services import Rider, cities, keep_place, propose_suspension
from rides.states import Line, OwnPlaceKind, Party, RiderKind


def things(rides, people, made):
    waiting = rides.booked("passenger2")
    ended, late = rides.ended(driver="driver2"), rides.accepted(driver="driver2")
    # As if it had been booked for somebody else: that person has a key to it.
    Trip.objects.filter(pk=late.pk).update(rider_kind="other", rider_name="x", rider_phone="+8613911110008")
    stopped = rides.booked("passenger2", rider=Rider(RiderKind.OTHER, "x", "13911110007"))
    Trip.objects.filter(pk=stopped.pk).update(
        state="cancelled", cancelled_at=clock.now(), cancel_reason="mismatch", plate_check="differs"
    )
    trip = rides.under_way()
    own_place = keep_place(
        account=people("passenger"), city=trip.city, kind=OwnPlaceKind.HOME, point=(28.2127, 121.0260)
    )
    for party in Party:
        Reminder.objects.create(trip=late, party=party, made_at=clock.now(), call_from=clock.now())
    care = LatePickup.objects.create(code="L-1", trip=late, opened_at=clock.now())
    given = rides.booked("passenger2", line=Line.EXPRESS, rider=Rider(RiderKind.OTHER, "x", "13911110009"))
    Trip.objects.filter(pk=given.pk).update(state="matched")
    offer = Offer.objects.create(
        code="O-1", trip=given, driver=driver_of(people("driver2")), pickup_seconds=1,
        offered_at=clock.now(), expires_at=clock.now() + timedelta(1),
    )  # fmt: skip
    permit = motions.propose(
        account=people("admin"),
        kind=cities.PERMIT,
        given=cities.Permit("x", clock.now().date() + timedelta(9)),
        subject="express:wenzhou",
    )
    suspension = propose_suspension(account=people("admin"), line=Line.LUXURY, city=None, at=None, reason="x")
    return {
        "trip": trip.code,
        "waiting": waiting.code,
        "itinerary": trip.itinerary.code,
        "own_place": own_place.code,
        "reminder": f"{late.code}:passenger",
        "ended": ended.code,
        "late": late.code,
        "late_key": position_key(late, Party.PASSENGER),
        "care": care.code,
        "stopped": stopped.code,
        "stopped_key": position_key(stopped, Party.PASSENGER),
        "rider_key": position_key(given, Party.PASSENGER),
        "offer": offer.code,
        "line_motion": permit.code,
        "suspension": suspension.code,
    }
