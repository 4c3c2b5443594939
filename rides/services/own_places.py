"""Places that somebody keeps for their own bookings: home, work, others by a name of their own (N6).

They are read by nobody else: no page of staff, no message, no pack for the police asks for them, and no line of the
journal, which stays for ever, says where somebody lives.
"""

from typing import TYPE_CHECKING

from django.db import connection

from core import clock, typed
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.transactions import begins_transaction
from rides import selectors
from rides.errors import TooManyOwnPlaces
from rides.geometry import Point, distance
from rides.models import City, OwnPlace
from rides.states import OwnPlaceKind

if TYPE_CHECKING:
    from accounts.models import Account

MAX_OWN_PLACES = 30
MAX_HIDDEN = 100  # more than recent trips could bring back; the oldest goes first
LONGEST_LABEL = 20


@begins_transaction
def keep_place(
    *, account: "Account", city: City, kind: OwnPlaceKind, point: Point, label: str = ""
) -> OwnPlace:
    """Keep a point under home, work or an own name, in the place of what had that name in this city; or suggest it no more.

    Raises `InvalidInput`, `TooManyOwnPlaces`.
    """
    called = typed.text.flat(label) if kind == OwnPlaceKind.NAMED else ""
    if kind == OwnPlaceKind.NAMED and not (0 < len(called) <= LONGEST_LABEL):
        raise InvalidInput("label")
    if not distance((city.latitude, city.longitude), point) <= city.radius:  # nor what is no number
        raise InvalidInput("place")
    with connection.cursor() as cursor:  # two at once must not make two homes, nor one more than can be kept
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"places:{account.pk}"])
    mine = list(OwnPlace.objects.filter(account=account).order_by("pk"))
    here = [row for row in mine if row.city_id == city.pk]
    shown = [row for row in mine if row.kind != OwnPlaceKind.HIDDEN]
    hidden = [row for row in mine if row.kind == OwnPlaceKind.HIDDEN]
    if kind == OwnPlaceKind.HIDDEN:
        for row in hidden[: len(hidden) - MAX_HIDDEN + 1]:
            row.delete()
    else:  # whoever keeps a place wishes to see it
        for row in here:
            if row.kind == OwnPlaceKind.HIDDEN and distance(row.point, point) <= selectors.NEAR:
                row.delete()
    found = next((row for row in here if _is_same(row, kind, called, point)), None)
    if found is None and kind != OwnPlaceKind.HIDDEN and len(shown) >= MAX_OWN_PLACES:
        raise TooManyOwnPlaces
    row = found or OwnPlace(code=new_code("H"), account=account, city=city, kind=kind)
    row.called, row.names = called, selectors.place_name(city, point)
    row.coordinates, row.kept_at = f"{point[0]:.6f},{point[1]:.6f}", clock.now()
    row.save()
    return row


def _is_same(row: OwnPlace, kind: OwnPlaceKind, called: str, point: Point) -> bool:
    """Whether a row is what is kept again: the one home, what has the same name, what is hidden already."""
    if row.kind != kind:
        return False
    if kind == OwnPlaceKind.NAMED:
        return typed.text.fold(row.called) == typed.text.fold(called)
    return kind != OwnPlaceKind.HIDDEN or distance(row.point, point) <= selectors.NEAR


@begins_transaction
def remove_place(*, account: "Account", code: str) -> None:
    """Keep a place no more; nothing of it stays. Raises `NotFound`."""
    if not OwnPlace.objects.filter(account=account, code=code).delete()[0]:
        raise NotFound
