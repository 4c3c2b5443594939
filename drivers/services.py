"""The only writer of drivers, vehicles, bindings and holds."""

from typing import TYPE_CHECKING

from core import audit, clock, events
from core.actors import Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.privacy import blind_index
from core.transactions import begins_transaction, joins_transaction
from drivers.events import DriverHeld
from drivers.models import Binding, Driver, Hold, Vehicle
from drivers.states import DriverState, HoldKind

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def register_vetted_driver(
    *,
    account: "Account",
    licence_number: str,
    licence_class: str,
    photo: str,
    plate: str,
    model: str,
    colour: str,
    seats: int,
) -> Driver:
    """A driver whose three certificates were checked, with the car bound."""
    at = clock.now()
    driver = Driver.objects.create(
        account=account,
        state=DriverState.VETTED,
        licence_number=licence_number,
        licence_index=blind_index(licence_number, purpose="licence"),
        licence_class=licence_class,
        photo=photo,
        vetted_at=at,
    )
    vehicle, _new = Vehicle.objects.get_or_create(
        plate=plate, defaults={"model": model, "colour": colour, "seats": seats}
    )
    Binding.objects.create(driver=driver, vehicle=vehicle, bound_at=at)
    return driver


@joins_transaction
def hold_driver(
    *, actor: Actor, driver: Driver, kind: HoldKind, source: str, citation: str, covert: bool
) -> Hold:
    """Stop new orders for a driver; a second hold for the same reason is the same hold.

    `covert` while somebody may be in the car: the driver's pages then say nothing of it (S11).
    """
    hold, new = Hold.objects.get_or_create(
        driver=driver,
        kind=kind,
        source=source,
        released_at=None,
        defaults={
            "code": new_code("H"),
            "citation": citation,
            "covert": covert,
            "opened_at": clock.now(),
            "opened_by": actor.code,
        },
    )
    if new:
        audit.record(
            actor,
            "drivers.held",
            driver.account.code,
            case=source,
            kind=kind,
            hold=hold.code,
            citation=citation,
        )
        events.publish(DriverHeld(driver_code=driver.account.code, hold_code=hold.code, covert=covert))
    return hold


@joins_transaction
def release_holds_of(*, actor: Actor, source: str, reason: str) -> int:
    """Release every open hold that comes from `source`; returns how many there were."""
    if not reason.strip():
        raise InvalidInput("reason")
    holds = list(Hold.objects.open().select_for_update().filter(source=source).order_by("pk"))
    for hold in holds:
        _release(actor, hold, reason)
    return len(holds)


@begins_transaction
def release_hold(*, actor: Actor, code: str, reason: str) -> None:
    """A member of staff releases one hold, with a reason. Raises `NotFound`, `InvalidInput`."""
    if not reason.strip():
        raise InvalidInput("reason")
    hold = Hold.objects.open().select_for_update().filter(code=code).first()
    if hold is None:
        raise NotFound
    _release(actor, hold, reason)


def _release(actor: Actor, hold: Hold, reason: str) -> None:
    Hold.objects.filter(pk=hold.pk).update(
        released_at=clock.now(), released_by=actor.code, release_reason=reason
    )
    audit.record(
        actor,
        "drivers.hold_released",
        hold.driver.account.code,
        case=hold.source,
        reason=reason,
        hold=hold.code,
    )


@joins_transaction
def uncover_holds(*, driver: Driver) -> None:
    """Nobody is in the car any more: the driver may now see why orders stopped (D8)."""
    Hold.objects.open().filter(driver=driver, covert=True).update(covert=False)
