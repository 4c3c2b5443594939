"""Whom somebody's own SOS told, for the page where everybody sees what they shared (R11)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from core.disclosures import Disclosure, discloses
from core.messages import outbox
from rides.selectors import CARD_AFTER
from rides.states import Party
from safety.selectors import own_sos_calls, push_of, shares_made_by


@discloses
def links_to_trips(code: str) -> Iterator[Disclosure]:
    """The links that this account made, or had made for its contacts."""
    for row in shares_made_by(code):
        over = row.trip.ended_at or row.trip.cancelled_at
        until = row.revoked_at or (over + CARD_AFTER if over else None)
        yield Disclosure(
            row.created_at,
            until,
            _("This trip: car, driver's name, and where it is"),
            _("an emergency contact") if row.contact else _("whoever has the link"),
            row.trip.code,
        )


@discloses
def told_by_sos(code: str) -> Iterator[Disclosure]:
    """The contacts that an SOS of this account reached; nothing of an SOS of the other side."""
    for call, party in own_sos_calls(code):
        prefix = f"sos:{call.incident.code}:{party}:"
        count = outbox.count_keys(prefix)
        if count and call.incident.trip:
            yield Disclosure(
                call.at,
                call.at,
                _("Your name and this trip: from, to, car and driver"),
                _("your emergency contacts (%(count)s), because you called for help: %(known)s")
                % {"count": count, "known": outbox.tally(prefix)},
                call.incident.trip.code,
            )


@discloses
def told_to_110(code: str) -> Iterator[Disclosure]:
    """What the emergency centre (110) got because this account, as a passenger, called for help."""
    for call, party in own_sos_calls(code):
        push = push_of(call.incident) if party == Party.PASSENGER else None
        if push and push.received_at and call.incident.trip:
            yield Disclosure(
                push.received_at,
                push.closed_at,
                _("This trip: car, and where both phones are"),
                _("the emergency centre of the police (110), because you called for help"),
                call.incident.trip.code,
            )
