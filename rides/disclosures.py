"""What passengers and drivers show each other on trips, for the page where everybody sees what they shared (R11)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from core.disclosures import Disclosure, discloses
from rides.selectors import CARD_AFTER, trips_shared_by
from rides.states import Party


@discloses
def shown_on_trips(code: str) -> Iterator[Disclosure]:
    """What the other side of each trip sees of this account, by the time in which it does."""
    for trip, party in trips_shared_by(code):
        if trip.accepted_at is None or trip.driver is None:
            continue
        over = trip.ended_at or trip.cancelled_at
        if party == Party.DRIVER:
            yield Disclosure(
                trip.accepted_at,
                over + CARD_AFTER if over else None,
                _("Your verified name, badge, plate, car and colour, and your position during the trip"),
                _("the passenger of this trip, and whom they share the trip with"),
                trip.code,
            )
            continue
        yield Disclosure(
            trip.accepted_at,
            over,
            _("Pick-up and destination, seats, and your score; no name, photo or phone"),
            _("the driver with badge %(badge)s") % {"badge": trip.driver.badge},
            trip.code,
        )
        if trip.rider_name:
            yield Disclosure(
                trip.requested_at,
                over,
                _("Car, boarding code and this trip's page"),
                _("the person whom you booked it for"),
                trip.code,
            )
