"""The driver whom the red team looks for (P11): marked, with a car that is none."""

from typing import TYPE_CHECKING

from core.errors import Forbidden
from core.transactions import begins_transaction
from drivers.models import Driver, Vehicle

if TYPE_CHECKING:
    from accounts.models import Account

PLATE = "演·DRILL1"  # no plate of any province


@begins_transaction
def mark_drill_driver(*, account: "Account") -> tuple[Driver, Vehicle]:
    """Somebody who never was vetted and so never drives. Raises `Forbidden` for an account that is not marked."""
    if not account.is_drill:
        raise Forbidden
    driver, _new = Driver.objects.get_or_create(
        account=account, defaults={"licence_number": str(account.id_number), "lines": []}
    )
    vehicle, _new = Vehicle.objects.get_or_create(plate=PLATE, defaults={"model": "drill", "colour": "drill"})
    return driver, vehicle
