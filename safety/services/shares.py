"""Sharing a trip with friends and family by a link (S4): whoever has it sees car, driver's name and position."""

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts.errors import GuardianStays
from accounts.selectors import contacts_who_agreed
from core import clock, inserts, limits, timeline
from core.errors import NotFound
from core.messages import outbox
from core.privacy import phone_index
from core.transactions import begins_transaction, joins_transaction
from rides.selectors import name_of_rider, trip_by_code
from rides.states import WITH_DRIVER, Party
from rides.tokens import TripKey
from safety import messages
from safety.models import TripShare
from safety.policies import SHARES
from safety.selectors.shares import guardians_links
from safety.states import SafetyLine

if TYPE_CHECKING:
    from rides.models import Trip


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(token: str) -> str:
    """The whole address of a share's page."""
    return settings.PUBLIC_URL + reverse("safety:share", args=[token])


@joins_transaction
def share_with(*, trip: "Trip", party: Party, contact: int | None = None, phone: str = "") -> TripShare:
    """A link to a trip; with a contact the one that they have already."""
    token = secrets.token_urlsafe(24)
    share = TripShare(
        trip=trip,
        digest=_digest(token),
        token=token,
        party=party,
        contact=contact,
        contact_phone=phone,
        created_at=clock.now(),
    )
    if inserts.insert(share, unless_there=contact is not None):
        return share
    return TripShare.objects.get(trip=trip, party=party, contact=contact, revoked_at=None)


@begins_transaction
def share_trip(*, key: TripKey) -> TripShare:
    """The passenger makes a link to pass on. Raises `TooMany`, and `NotFound` for the driver's side and without a car."""
    trip = trip_by_code(key.trip)
    if key.party != Party.PASSENGER or trip.state not in WITH_DRIVER:
        raise NotFound
    limits.take(SHARES, limits.NOBODY, target=trip.code)
    share = share_with(trip=trip, party=key.party)
    timeline.add(SafetyLine.SHARED, trip.passenger.actor, trip=trip.code, party=key.party)
    return share


@begins_transaction
def revoke_share(*, key: TripKey, number: int) -> None:
    """Who shared it ends it at once; again changes nothing. Raises `NotFound`, `GuardianStays` of a guardian's."""
    mine = TripShare.objects.filter(pk=number, trip__code=key.trip, party=key.party)
    share = mine.select_related("trip__passenger").first()
    if share is None:
        raise NotFound
    if guardians_links(share.trip, [share]):
        raise GuardianStays
    mine.filter(revoked_at=None).update(revoked_at=clock.now())


@joins_transaction
def end_guardians_links(*, passenger: str, phone: str) -> int:
    """Our staff ended that whoever has a phone (its index) is a passenger's guardian: they follow no trip any more, from
    now on. Returns how many links ended."""
    rows = TripShare.objects.filter(
        trip__passenger__code=passenger, party=Party.PASSENGER, contact__isnull=False, revoked_at=None
    )
    ended = [each.pk for each in rows if phone_index(each.contact_phone) == phone]
    return TripShare.objects.filter(pk__in=ended).update(revoked_at=clock.now())


@begins_transaction
def note_seen(*, share: TripShare) -> None:
    """Somebody opened the link for the first time: who called for help sees that it was seen."""
    TripShare.objects.filter(pk=share.pk, first_seen_at=None).update(first_seen_at=clock.now())


@joins_transaction
def share_with_contacts(*, trip: "Trip") -> int:
    """The passenger wants it so: contacts who agreed get the link when a car was found; returns how many.

    Nobody takes one away meanwhile: who ends that somebody is a guardian finds the link that they got.
    """
    contacts = contacts_who_agreed(trip.passenger, since=trip.accepted_at, locked=True)
    for contact in contacts:
        share = share_with(trip=trip, party=Party.PASSENGER, contact=contact.pk, phone=contact.phone)
        shared = messages.TripShared(
            name=name_of_rider(trip),
            origin=trip.origin_name,
            destination=trip.destination_name,
            link=address_of(share.token),
        )
        outbox.queue(
            shared,
            key=f"share:{trip.code}:{contact.pk}:{trip.driver_id}",
            to=contact.phone,
            language=trip.passenger.language,
            subject=trip.code,
        )
    return len(contacts)
