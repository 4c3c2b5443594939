"""Whom somebody's own SOS told, for the page where everybody sees what they shared (R11)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from core import notify
from core.shares import Share, tells
from safety.selectors import own_sos_calls


@tells
def told_by_sos(code: str) -> Iterator[Share]:
    """The contacts that an SOS of this account reached; nothing of an SOS of the other side."""
    for call, party in own_sos_calls(code):
        count = notify.count_keys(f"sos:{call.incident.code}:{party}:")
        if count and call.incident.trip:
            yield Share(
                call.at,
                call.at,
                _("Your name and this trip: from, to, car and driver"),
                _("your emergency contacts (%(count)s), because you called for help") % {"count": count},
                call.incident.trip.code,
            )
