"""Reads about shared trips."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from accounts.selectors import phones_of_guardians
from core import clock
from core.errors import NotFound
from core.privacy import phone_index
from rides.selectors import CARD_AFTER
from rides.states import OWN_PHONE, Party
from safety.models import Incident, TripShare
from safety.states import LIVE

if TYPE_CHECKING:
    from rides.models import Trip


def share_by_token(token: str) -> TripShare:
    """An open share. Raises `NotFound` for one that never was, was revoked, or whose trip is over for a day."""
    share = (
        TripShare.objects.select_related(
            "trip__city", "trip__passenger", "trip__driver__account", "trip__vehicle"
        )
        .filter(digest=hashlib.sha256(token.encode()).hexdigest(), revoked_at=None)
        .first()
    )
    if share is None:
        raise NotFound
    over = share.trip.ended_at or share.trip.cancelled_at
    if over and clock.now() > over + CARD_AFTER:
        raise NotFound
    return share


def follows_live(share: TripShare) -> bool:
    """True while the page shows positions: until the trip is over, and on while the sharer's own call for help lives."""
    trip = share.trip
    if not (trip.ended_at or trip.cancelled_at):
        return True
    return Incident.objects.filter(trip=trip, state__in=LIVE, sos_calls__party=share.party).exists()


def shares_of(trip: "Trip", party: Party) -> list[TripShare]:
    """Who follows this side's trip now, oldest first."""
    return list(TripShare.objects.filter(trip=trip, party=party, revoked_at=None).order_by("pk"))


def guardians_links(trip: "Trip", shares: Iterable[TripShare]) -> set[int]:
    """Those that nobody ends: of whoever was the guardian of a passenger who is 14 to 17 when a car was found, or since (A9)."""
    since = trip.accepted_at or clock.now()
    phones = phones_of_guardians(trip.passenger, since)
    return {each.pk for each in shares if each.contact and phone_index(each.contact_phone) in phones}


def shares_made_by(code: str, *, limit: int = 100) -> list[TripShare]:
    """What an account shared itself, newest first; not what somebody did for whom it booked."""
    rows = TripShare.objects.filter(
        party=Party.PASSENGER, trip__passenger__code=code, trip__rider_kind__in=OWN_PHONE
    ).select_related("trip")
    return list(rows.order_by("-pk")[:limit])


def share_for_check(trip: "Trip") -> TripShare:
    """A share of a trip as it would be, kept nowhere: the board draws its page."""
    return TripShare(trip=trip, party=Party.PASSENGER)


def newest_open_share(since: datetime) -> TripShare | None:
    """A share whose page can be drawn, for the board."""
    rows = TripShare.objects.filter(created_at__gte=since, revoked_at=None, trip__driver__isnull=False)
    rows = rows.filter(trip__passenger__is_drill=False)
    return rows.select_related("trip").order_by("-pk").first()
