"""Reads about drivers and cars."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import DomainError, NotFound
from drivers.errors import DriverHeld, NotADriver, NotVetted, NoVehicle
from drivers.models import Driver, Hold, Vehicle
from drivers.states import DriverState, HoldKind

if TYPE_CHECKING:
    from accounts.models import Account


@dataclass(frozen=True, slots=True)
class DriverIdentity:
    """Everything that the police may get of a driver in an emergency (P3)."""

    name: str
    id_number: str
    phone: str
    photo: str
    licence_number: str


@dataclass(frozen=True, slots=True)
class VehicleCard:
    """What the passenger and whom she shares with may see of the car."""

    plate: str
    model: str
    colour: str


def driver_of(account: "Account") -> Driver:
    """The driver that an account is. Raises `NotADriver`."""
    driver = Driver.objects.select_related("account").filter(account=account).first()
    if driver is None:
        raise NotADriver
    return driver


def is_driver(account: "Account") -> bool:
    return Driver.objects.filter(account=account).exists()


def drivers_vehicle(driver: Driver) -> Vehicle | None:
    """The vehicle of the newest open binding."""
    return (
        Vehicle.objects.filter(bindings__driver=driver, bindings__ended_at=None)
        .order_by("-bindings__pk")
        .first()
    )


def why_not_eligible(driver: Driver) -> DomainError | None:
    """The first reason why a driver may not accept an order, or None (R5)."""
    if driver.state != DriverState.VETTED:
        return NotVetted()
    if drivers_vehicle(driver) is None:
        return NoVehicle()
    hold = driver.holds.open().order_by("pk").first()
    if hold:
        return DriverHeld(why=str(HoldKind(hold.kind).label))
    return None


def has_covert_hold(driver: Driver) -> bool:
    return driver.holds.open().filter(covert=True).exists()


def visible_holds(driver: Driver) -> list[Hold]:
    """Holds that the driver may know of now (D8, S11)."""
    return list(driver.holds.open().filter(covert=False).order_by("pk"))


def open_holds(driver_code: str) -> list[Hold]:
    """All open holds of a driver, for staff."""
    return list(Hold.objects.open().filter(driver__account__code=driver_code).order_by("pk"))


def hold_by_code(code: str) -> Hold:
    """Any hold, for staff. Raises `NotFound`."""
    hold = Hold.objects.select_related("driver__account").filter(code=code).first()
    if hold is None:
        raise NotFound
    return hold


def identity_of(driver: Driver) -> DriverIdentity:
    """The driver's identity in the clear; the caller records that it was read."""
    account = driver.account
    return DriverIdentity(
        account.real_name, account.id_number, account.phone, driver.photo, driver.licence_number
    )


def held_sources(kind: HoldKind) -> set[str]:
    """The codes from which open holds of one kind come."""
    return set(Hold.objects.open().filter(kind=kind).values_list("source", flat=True))


def card_of(vehicle: Vehicle) -> VehicleCard:
    return VehicleCard(vehicle.plate, vehicle.model, vehicle.colour)


def plate_key(plate: str) -> str:
    """A plate as it is compared: capitals, without dots, spaces and dashes."""
    return "".join(mark for mark in plate.upper() if mark not in " ·•.-　")
