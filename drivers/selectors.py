"""Reads about drivers and cars."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone

from core import clock, policy
from core.errors import DomainError, NotFound
from drivers.errors import (
    DriverHeld,
    NotADriver,
    NotVetted,
    NoVehicle,
    PickupCheckNeeded,
    PlateDiffers,
    PlatePhotoWaiting,
)
from drivers.models import (
    Appeal,
    Binding,
    Driver,
    FaceCheck,
    FaceFrame,
    Hold,
    OnlineSpell,
    PlatePhoto,
    Vehicle,
    VettingCase,
)
from drivers.policies import PICKUP_WITHIN
from drivers.states import (
    AppealState,
    CaseKind,
    CaseState,
    DriverState,
    FaceCheckState,
    FacePurpose,
    HoldKind,
    PlatePhotoState,
)

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


def is_frozen(driver: Driver) -> bool:
    """Failed face checks have frozen the account (D4)."""
    return driver.holds.open().filter(kind=HoldKind.FACE).exists()


@dataclass(frozen=True, slots=True)
class PickupCheck:
    """What the passenger sees of the check before the pick-up (D11)."""

    face_at: datetime
    plate_at: datetime
    plate_state: PlatePhotoState
    by_person: bool


def pickup_check(driver: Driver, trip_code: str) -> PickupCheck | None:
    """The newest check before this pick-up, if there is one."""
    photo = (
        PlatePhoto.objects.select_related("face_check")
        .filter(driver=driver, subject=trip_code)
        .order_by("-pk")
        .first()
    )
    if photo is None or photo.face_check.decided_at is None:
        return None
    return PickupCheck(
        photo.face_check.decided_at,
        photo.taken_at,
        PlatePhotoState(photo.state),
        photo.decided_by not in {"", "ocr"},
    )


def why_not_arrive(driver: Driver, trip_code: str) -> DomainError | None:
    """What is missing before the driver may be at the pick-up (D11): face and plate, both within ten minutes."""
    check = pickup_check(driver, trip_code)
    oldest = clock.now() - timedelta(seconds=policy.value(PICKUP_WITHIN))
    if check is None or min(check.face_at, check.plate_at) < oldest:
        return PickupCheckNeeded()
    match check.plate_state:
        case PlatePhotoState.SAME:
            return None
        case PlatePhotoState.WAITING:
            return PlatePhotoWaiting()
        case PlatePhotoState.DIFFERS:
            vehicle = drivers_vehicle(driver)
            return PlateDiffers(plate=vehicle.plate if vehicle else "")


def waiting_plate_photos() -> list[PlatePhoto]:
    """Photos that a person must look at, oldest first."""
    return list(
        PlatePhoto.objects.filter(state=PlatePhotoState.WAITING)
        .select_related("driver__account", "vehicle", "picture")
        .order_by("taken_at")
    )


def open_appeals() -> list[Appeal]:
    """Appeals that wait for a decision, the first due first."""
    rows = Appeal.objects.filter(state=AppealState.OPEN).select_related("hold__driver__account")
    return list(rows.order_by("due_at"))


def appeal_by_code(code: str) -> Appeal:
    """Any appeal, for staff. Raises `NotFound`."""
    row = Appeal.objects.select_related("hold__driver__account").filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def open_cases() -> list[VettingCase]:
    """Vetting cases that wait for a decision, oldest first."""
    return list(
        VettingCase.objects.filter(state=CaseState.OPEN)
        .select_related("driver__account")
        .order_by("opened_at")
    )


def case_by_code(code: str) -> VettingCase:
    """Any vetting case, for reviewers. Raises `NotFound`."""
    case = VettingCase.objects.select_related("driver__account").filter(code=code).first()
    if case is None:
        raise NotFound
    return case


def frames_of_case(case: VettingCase) -> list[tuple[FaceCheck, list[FaceFrame]]]:
    """The checks that a case is about, newest first, each with its frames."""
    rows = FaceCheck.objects.filter(driver=case.driver, code__in=case.facts.get("checks", []))
    return [
        (check, list(check.frames.select_related("picture").order_by("step")))
        for check in rows.order_by("-decided_at")
    ]


def acceptances_without_face(since: datetime, accepted: list[tuple[str, str, datetime]]) -> list[str]:
    """Trips accepted since (code, driver's account code, at) for which no face token was used at that time (M03)."""
    used = {
        (row.subject, row.driver.account.code): row.token_used_at
        for row in FaceCheck.objects.filter(
            purpose=FacePurpose.ACCEPT, token_used_at__gte=since
        ).select_related("driver__account")
    }
    return [
        code
        for code, driver, at in accepted
        if (found := used.get((code, driver))) is None or abs(found - at) > timedelta(seconds=5)
    ]


def answered_mismatches(trips: list[str]) -> set[str]:
    """Which of these trips have both a hold and a vetting case from the report of a mismatch (M09)."""
    held = Hold.objects.filter(kind=HoldKind.MISMATCH, source__in=trips).values_list("source", flat=True)
    cases = VettingCase.objects.filter(kind=CaseKind.MISMATCH, subject__in=trips)
    return set(held) & set(cases.values_list("subject", flat=True))


def spells_without_face(since: datetime) -> tuple[int, int]:
    """(online spells since, of which the face check is not a passed one of the same service day) (M10)."""
    rows = list(OnlineSpell.objects.filter(began_at__gte=since).select_related("face_check"))
    bad = sum(
        row.face_check.state != FaceCheckState.PASSED
        or row.face_check.purpose != FacePurpose.DAILY
        or row.face_check.subject != timezone.localtime(row.began_at).date().isoformat()
        for row in rows
    )
    return len(rows), bad


def bindings_over_the_law() -> tuple[int, int, int]:
    """(open bindings, drivers with more than two vehicles, vehicles with more than three persons) (M23)."""
    rows = Binding.objects.filter(ended_at=None)
    cars = rows.values("driver").annotate(n=Count("vehicle", distinct=True)).filter(n__gt=2).count()
    persons = rows.values("vehicle").annotate(n=Count("driver", distinct=True)).filter(n__gt=3).count()
    return rows.count(), cars, persons


def visible_holds(driver: Driver) -> list[Hold]:
    """Holds that the driver may know of now (D8, S11)."""
    return list(driver.holds.open().filter(covert=False).select_related("appeal").order_by("pk"))


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
