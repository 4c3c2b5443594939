"""Reads about drivers and cars."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone

from accounts.selectors import other_accounts, whoever_is
from core import audit_selectors, cases, clock, formats, policy, typed
from core.errors import DomainError, NotFound
from core.privacy import blind_index
from core.reads import Read
from drivers.errors import (
    CallOver,
    DriverHeld,
    NotADriver,
    NotVetted,
    NoVehicle,
    PaperExpired,
    PhotoPlaceUnknown,
    PhotoSeenBefore,
    PickupCheckNeeded,
    PlateDiffers,
    PlatePhotoWaiting,
    WhichVehicle,
)
from drivers.models import (
    Appeal,
    Application,
    Bar,
    Binding,
    Driver,
    FaceCheck,
    FaceFrame,
    Hold,
    MismatchReport,
    OnlineSpell,
    Paper,
    PlatePhoto,
    Reward,
    Screening,
    ScreeningRun,
    Vehicle,
    VettingCase,
    VettingDecision,
    VideoCall,
    VideoPart,
    VideoSignal,
)
from drivers.policies import PICKUP_WITHIN, VEHICLE_SAID_FOR
from drivers.policies import told_from as told_from  # a rule that other apps read here
from drivers.states import (
    UNDECIDED_PHOTO,
    AppealState,
    ApplicationState,
    CallSide,
    CaseState,
    DriverState,
    FaceCheckState,
    FacePurpose,
    Finding,
    HoldKind,
    PaperKind,
    PlatePhotoState,
    ReportSource,
    RewardState,
    RunState,
    ScreeningState,
)

if TYPE_CHECKING:
    from accounts.models import Account

SIGNALS_AT_ONCE = 100


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


_DRIVER_OF = Read(lambda pk: Driver.objects.select_related("account").filter(account_id=pk), int)
_DRIVER = Read(lambda code: Driver.objects.select_related("account").filter(account__code=code), str)


def driver_of(account: "Account") -> Driver:
    """The driver that an account is. Raises `NotADriver`."""
    driver = _DRIVER_OF.first(account.pk)
    if driver is None:
        raise NotADriver
    return driver


def driver_by_code(account_code: str) -> Driver | None:
    """The driver whose account has this code, for handlers and staff."""
    return _DRIVER.first(account_code)


def licences_of(drivers: Collection[int]) -> dict[int, Driver]:
    """Drivers by their numbers, with licence and phone alone, as the law has them reported (`governance.regulator`).

    What does not open raises where it is read, and stops nobody else.
    """
    rows = Driver.objects.filter(pk__in=drivers).select_related("account")
    return rows.only("licence_number", "account__phone").in_bulk()


def bars_to_report(cases: Collection[int]) -> dict[int, str]:
    """What kind of case barred a driver, by its number, as the regulator is told."""
    return dict(VettingCase.objects.filter(pk__in=cases).values_list("pk", "kind"))


def drivers_to_report(drivers: Collection[int]) -> list[Driver]:
    """Drivers with account and papers, also those that were, without their portrait, as the law has them reported."""
    rows = Driver.objects.filter(pk__in=drivers).select_related("account").defer("photo")
    return list(rows.prefetch_related("papers"))


def vehicles_to_report(vehicles: Collection[int]) -> list[Vehicle]:
    """Cars with their papers, also those that were, and with whose they are, as the law has them reported."""
    bindings = Binding.objects.filter(ended_at=None).select_related("driver__account").defer("driver__photo")
    return list(
        Vehicle.objects.filter(pk__in=vehicles).prefetch_related(
            Prefetch("papers", Paper.objects.defer("number")), Prefetch("bindings", bindings)
        )
    )


def count_to_report() -> tuple[int, int]:
    """How many cars and drivers have a permit of ride-hailing in force; nobody who is marked."""
    papers = Paper.objects.filter(replaced_at=None)
    cars = papers.filter(
        kind=PaperKind.TRANSPORT_PERMIT, vehicle__bindings__driver__account__is_drill=False
    ).aggregate(n=Count("vehicle", distinct=True))
    people = papers.filter(
        kind=PaperKind.DRIVER_PERMIT, driver__state=DriverState.VETTED, driver__account__is_drill=False
    )
    return cars["n"], people.count()


def plates_of(vehicles: Collection[int]) -> dict[int, str]:
    """Plates of cars by their numbers."""
    return dict(Vehicle.objects.filter(pk__in=vehicles).values_list("pk", "plate"))


def is_driver(account: "Account") -> bool:
    return Driver.objects.filter(account=account).exists()


def is_vetted(account: "Account") -> bool:
    """Whether they were let in as a driver, and not barred since."""
    return Driver.objects.filter(account=account, state=DriverState.VETTED).exists()


_BOUND = Read(
    lambda pk: Vehicle.objects.filter(bindings__driver_id=pk, bindings__ended_at=None).order_by(
        "bindings__pk"
    ),
    int,
)


def drivers_vehicles(driver: Driver) -> list[Vehicle]:
    """The vehicles bound to a driver now, in the order in which they were."""
    return _BOUND.all(driver.pk)


def drivers_vehicle(driver: Driver) -> Vehicle | None:
    """The vehicle that a driver drives now: the one that is bound, or of two the one that they said, not too long ago."""
    cars = drivers_vehicles(driver)
    if len(cars) < 2:
        return cars[0] if cars else None
    since = clock.now() - policy.span(VEHICLE_SAID_FOR)
    said = Driver.objects.filter(pk=driver.pk, driving_since__gte=since).values_list("driving", flat=True)
    return next((car for car in cars if car.pk == said.first()), None)


def why_not_eligible(driver: Driver) -> DomainError | None:
    """The first reason why a driver may not accept an order and that the driver may know, or None (R5).

    A hold that is kept from the driver is none of them: where orders are given, `has_covert_hold` is asked besides,
    last, and answered as a lost race is (S11).
    """
    if driver.state != DriverState.VETTED:
        return NotVetted()
    if drivers_vehicle(driver) is None:
        return WhichVehicle() if drivers_vehicles(driver) else NoVehicle()
    paper = expired_paper(driver)
    if paper and paper.until:
        return PaperExpired(paper=PaperKind(paper.kind).label, until=formats.moment(paper.until))
    hold = driver.holds.open().filter(covert=False).order_by("pk").first()
    if hold:
        return DriverHeld(why=str(HoldKind(hold.kind).label))
    return None


def is_barred(*, plate: str = "", licence_number: str = "") -> bool:
    """True for a car or licence that was banned with its driver."""
    values = [typed.plate.key(plate)] if plate else []
    if licence_number:
        values.append(blind_index(licence_number, purpose="licence"))
    return Bar.objects.filter(value__in=values, lifted_at=None).exists()


def drivers_who_are(driver: Driver) -> list[Driver]:
    """Under which other accounts, closed ones too, whoever this is drove: by the documents that their real name was verified
    with, and by whom the registry knows with several."""
    rows = Driver.objects.filter(account__in=whoever_is(driver.account).accounts).exclude(pk=driver.pk)
    return list(rows.select_related("account").order_by("pk"))


def locked_together(hold: Hold) -> list[Hold]:
    """The open holds for the same reason of whoever a hold holds, under whichever account, in the order of their keys and
    locked until the transaction ends: what is placed and what is released wait for each other at the first of them."""

    def rows() -> list[Hold]:
        same = Q(pk=hold.pk) | Q(driver__in=drivers_who_are(hold.driver))
        found = Hold.objects.open().filter(same, kind=hold.kind, source=hold.source)
        return list(found.select_for_update(of=("self",)).select_related("driver__account").order_by("pk"))

    rows()  # while this waited for the first, further ones may have been placed
    return rows()


def locked_from(source: str) -> list[Hold]:
    """The open holds that come from one thing, whomever they hold, locked as `locked_together` does."""

    def rows() -> list[Hold]:
        found = Hold.objects.open().filter(source=source)
        return list(found.select_for_update(of=("self",)).select_related("driver__account").order_by("pk"))

    rows()
    return rows()


def holds_against(
    driver: Driver, *, id_index: str = "", person_index: str = "", licence_index: str = ""
) -> list[Hold]:
    """Open holds of whoever this is, or may be: under this account or another, by a document verified or typed (its
    index), by whom the registry says that is, by the licence, by the phone (`accounts.selectors.other_accounts`). For who decides on an application: nothing
    of it is told to whoever typed it, who may have typed somebody else's."""
    others = other_accounts(driver.account, document=id_index, person=person_index)
    same = Q(driver=driver) | Q(driver__account__in=others)
    if licence_index:
        same |= Q(driver__licence_index=licence_index)
    return list(Hold.objects.open().filter(same).select_related("driver__account").order_by("pk"))


def holds_about_car(plate: str, driver: Driver) -> list[Hold]:
    """Open holds of others who drove the car with this plate when they were held, or since: for whoever decides on an
    application with it. A car is not held with its driver: families share one."""
    rows = (
        Hold.objects.open()
        .exclude(driver=driver)
        .filter(
            Q(driver__bindings__ended_at=None) | Q(driver__bindings__ended_at__gte=F("opened_at")),
            driver__bindings__vehicle__plate=typed.plate.shown(plate),
        )
    )
    return list(rows.select_related("driver__account").order_by("pk").distinct())


def drivers_to_greet(*, on_duty: bool, among: Collection[int]) -> list["Account"]:
    """Which of these accounts are vetted drivers' without a hold; who is online now alone, where that is asked."""
    rows = Driver.objects.select_related("account").filter(state=DriverState.VETTED, account__in=among)
    rows = rows.exclude(pk__in=Hold.objects.open().values("driver"))
    if on_duty:
        rows = rows.filter(spells__ended_at=None, spells__isnull=False)
    return [row.account for row in rows.order_by("pk").distinct()]


def drivers_of_plate(plate: str) -> list[Driver]:
    """Who is bound to the car with this plate now."""
    return list(
        Driver.objects.filter(bindings__vehicle__plate=typed.plate.shown(plate), bindings__ended_at=None)
        .select_related("account")
        .order_by("pk")
        .distinct()
    )


def has_covert_hold(driver: Driver) -> bool:
    """True where orders are stopped without a sign of it (S11)."""
    return driver.holds.open().filter(covert=True).exists()


def covert_holds(driver: Driver | None = None, *, pk: int | None = None) -> list[Hold]:
    """Open holds that their driver may not know of yet: of one driver, or the one with this key, row locked."""
    rows = Hold.objects.open().filter(covert=True).select_related("driver__account")
    if pk is not None:
        return list(rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk))
    return list(rows.filter(driver=driver).order_by("pk"))


def covert_holds_behind(_at: datetime, last: int | None, limit: int) -> list[int]:
    """Keys behind `last` of holds that their drivers may not know of yet."""
    rows = Hold.objects.open().filter(covert=True, pk__gt=last or 0).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def held_among(drivers: list[int]) -> set[int]:
    """Those drivers, by key, who get no orders: not vetted, or under a hold of any kind, covert ones included."""
    held = set(Hold.objects.open().filter(driver__in=drivers).values_list("driver_id", flat=True))
    return held | set(
        Driver.objects.filter(pk__in=drivers).exclude(state=DriverState.VETTED).values_list("pk", flat=True)
    )


def open_spell(driver: Driver, line: str) -> OnlineSpell | None:
    """The time online on a line that goes on now."""
    return driver.spells.filter(line=line, ended_at=None).first()


def pass_of_day(driver: Driver, day: str) -> FaceCheck | None:
    """The daily check of a service day that the driver passed (D4); one by a face counts while its consent stands."""
    passed = driver.face_checks.filter(purpose=FacePurpose.DAILY, subject=day, state=FaceCheckState.PASSED)
    by_face = Q(pk__gt=0) if driver.face_consent else Q(pk=None)
    if driver.face_consent_at:
        by_face &= Q(asked_at__gte=driver.face_consent_at)
    return passed.filter(Q(by_video=True) | by_face).order_by("-pk").first()


def passed_today(driver: Driver, day: str) -> bool:
    """True where the driver has passed the daily check of a service day (D4)."""
    return pass_of_day(driver, day) is not None


def is_enrolled(driver: Driver) -> bool:
    """A template of the face is kept, or a reviewer has compared it with the present ID card by video (D4)."""
    if driver.state == DriverState.VETTED or driver.templates.filter(retired_at=None).exists():
        return True
    by_video = driver.face_checks.filter(
        by_video=True, purpose=FacePurpose.ENROL, state=FaceCheckState.PASSED
    )
    draft = driver.applications.select_related("id_card").order_by("-pk").first()
    card = draft.id_card if draft else None
    return card is not None and by_video.filter(decided_at__gte=card.kept_at).exists()


_WAITING_VIDEO = Read(
    lambda at: (
        FaceCheck.objects.filter(state=FaceCheckState.ASKED, by_video=True, expires_at__gt=at)
        .select_related("driver__account")
        .order_by("asked_at")
    ),
    datetime,
)


def waiting_video_checks() -> list[FaceCheck]:
    """Drivers who wait for a reviewer's video call, the longest waiting first."""
    return _WAITING_VIDEO.all(clock.now())


def video_check_of(driver: Driver, code: str) -> FaceCheck:
    """One's own wish for a video call. Raises `NotFound`."""
    check = driver.face_checks.filter(code=code, by_video=True).first()
    if check is None:
        raise NotFound
    return check


_VIDEO_CHECK = Read(
    lambda code: FaceCheck.objects.select_related("driver__account").filter(code=code, by_video=True), str
)


def video_check_by_code(code: str) -> FaceCheck:
    """Any wish for a video call, for reviewers. Raises `NotFound`."""
    return _VIDEO_CHECK.the(code)


def calls_of(check: FaceCheck) -> list[VideoCall]:
    """The calls that reviewers made for a wish, the first first."""
    return list(check.calls.order_by("pk"))


def open_call(check: FaceCheck) -> VideoCall | None:
    """The call that is under way for a wish."""
    return check.calls.filter(ended_at=None).first()


def call_with(account: "Account", code: str, side: CallSide, *, locked: bool = False) -> VideoCall:
    """The call that somebody is in on one side, `locked` until the transaction ends.

    It is the driver's whose wish it is and the reviewer's who took it, and nobody else's. Raises `NotFound` for others,
    `CallOver` where it has ended, its time is over, or the wish was decided.
    """
    rows = VideoCall.objects.filter(check_row__code=code, check_row__by_video=True).order_by("-pk")
    match side:
        case CallSide.DRIVER:
            if not FaceCheck.objects.filter(code=code, by_video=True, driver__account=account).exists():
                raise NotFound
        case CallSide.REVIEWER:
            rows = rows.filter(reviewer=account.code)
            if not rows.exists():
                raise NotFound
    if locked:
        rows = rows.select_for_update(of=("self",))
    call = rows.filter(ended_at=None).select_related("check_row__driver__account").first()
    check = call.check_row if call else None
    if call is None or check is None or check.state != FaceCheckState.ASKED or clock.now() > check.expires_at:
        raise CallOver
    return call


def signals_for(call: VideoCall, side: CallSide, after: int) -> list[VideoSignal]:
    """What the other side has said behind a number, in its order."""
    rows = call.signals.filter(pk__gt=after).exclude(side=side)
    return list(rows.order_by("pk")[:SIGNALS_AT_ONCE])


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording of a call, as far as it is there still: `take` names it, `bytes` is its length."""

    call: VideoCall
    take: str
    bytes: int
    kept_at: datetime
    keep_until: datetime


def recordings_of(check: FaceCheck) -> list[Recorded]:
    """What was recorded of the calls for a wish and is not destroyed, the first first."""
    rows = VideoPart.objects.filter(call__check_row=check, picture__destroyed_at=None)
    found: dict[str, Recorded] = {}
    for part in rows.select_related("call", "picture").order_by("pk"):
        known, picture = found.get(part.take), part.picture
        size = picture.size + (known.bytes if known else 0)
        begun = known.kept_at if known else picture.kept_at
        found[part.take] = Recorded(part.call, part.take, size, begun, picture.keep_until)
    return list(found.values())


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
    plate: str  # the registered one


def pickup_check(driver: Driver, trip_code: str) -> PickupCheck | None:
    """The newest check before this pick-up, if there is one."""
    photo = (
        PlatePhoto.objects.select_related("face_check", "vehicle")
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
        photo.vehicle.plate,
    )


@dataclass(frozen=True, slots=True)
class PlateRead:
    """What a machine read from the photo before a pick-up, apart from what anybody saw.

    `plate` is empty where nothing was made out; `certainty` from 0 to 1; `decided_by` the colleague who looked, `ocr`
    where nobody had to, empty while somebody still has to. `metres_away` from the pick-up is null where the phone said nothing of late;
    `on_sheet` where the plate may be a picture on a sheet.
    """

    plate: str
    certainty: float
    state: PlatePhotoState
    decided_by: str
    at: datetime
    metres_away: int | None
    on_sheet: bool


_NEWEST_PLATE_PHOTO = Read(
    lambda driver, subject: PlatePhoto.objects.filter(driver_id=driver, subject=subject).order_by("-pk")[:1],
    int,
    str,
)


def plate_read(trip_code: str, driver: Driver | None) -> PlateRead | None:
    """Of the newest photo of the car for this pick-up by this driver; None where there is none."""
    photo = _NEWEST_PLATE_PHOTO.first(driver.pk, trip_code) if driver else None
    if photo is None:
        return None
    return PlateRead(
        typed.plate.shown(photo.read),
        round(photo.certainty, 3),
        PlatePhotoState(photo.state),
        photo.decided_by,
        photo.taken_at,
        photo.metres_away,
        photo.on_sheet,
    )


def why_not_arrive(driver: Driver, trip_code: str) -> DomainError | None:
    """What is missing before the driver may be at the pick-up (D11): face and plate, both within ten minutes."""
    check = pickup_check(driver, trip_code)
    oldest = clock.now() - policy.span(PICKUP_WITHIN)
    if check is None or min(check.face_at, check.plate_at) < oldest:
        return PickupCheckNeeded()
    match check.plate_state:
        case PlatePhotoState.SAME:
            return None
        case PlatePhotoState.WAITING:
            return PlatePhotoWaiting()
        case PlatePhotoState.UNPLACED:
            return PhotoPlaceUnknown()
        case PlatePhotoState.DIFFERS:
            return PlateDiffers(plate=check.plate)
        case PlatePhotoState.REUSED:
            return PhotoSeenBefore()


_NEWER = PlatePhoto.objects.filter(
    driver=OuterRef("driver"), subject=OuterRef("subject"), pk__gt=OuterRef("pk")
)
_WAITING_PLATES: Read[PlatePhoto] = Read(
    lambda: (
        PlatePhoto.objects.filter(state__in=sorted(UNDECIDED_PHOTO))
        .annotate(replaced=Exists(_NEWER))
        .select_related("driver__account", "vehicle", "picture", "like__picture", "face_check")
        .order_by("taken_at")
    )
)


@dataclass(frozen=True, slots=True)
class PlateToRead:
    """A photo that a person must look at. Until when the driver can arrive with it; None where that is over, or a newer one
    was sent: then nobody waits for it."""

    photo: PlatePhoto
    until: datetime | None


def plates_to_read(at: datetime) -> list[PlateToRead]:
    """Photos that a person must look at: first those for which a driver may stand at the pick-up, then the others, each the
    longest waiting first."""
    within, waited, left = policy.span(PICKUP_WITHIN), [], []
    for photo in _WAITING_PLATES.all():
        seen = photo.face_check.decided_at
        until = min(seen, photo.taken_at) + within if seen else None
        replaced = vars(photo)["replaced"]  # what the read adds to the row
        if until is not None and until > at and not replaced:
            waited.append(PlateToRead(photo, until))
        else:
            left.append(PlateToRead(photo, None))
    return waited + left


_PLATE_PHOTO = Read(
    lambda picture: PlatePhoto.objects.select_related("driver__account", "vehicle", "picture").filter(
        picture__code=picture
    ),
    str,
)


def plate_photo_of(picture: str) -> PlatePhoto:
    """The photo of a plate with this picture, for staff. Raises `NotFound`."""
    return _PLATE_PHOTO.the(picture)


_OPEN_APPEALS = Read(
    lambda: (
        Appeal.objects.filter(state=AppealState.OPEN)
        .select_related("hold__driver__account", "decision__application__driver__account")
        .order_by("due_at")
    )
)


def open_appeals() -> list[Appeal]:
    """Appeals that wait for a decision, the first due first."""
    return _OPEN_APPEALS.all()


_APPEAL = Read(
    lambda code: Appeal.objects.select_related(
        "hold__driver__account", "decision__application__driver__account"
    ).filter(code=code),
    str,
)


def appeal_by_code(code: str) -> Appeal:
    """Any appeal, for staff. Raises `NotFound`."""
    return _APPEAL.the(code)


def parties_to(appeal: Appeal) -> set[str]:
    """The codes of whoever opened the hold, or turned a key in the case or decision, that an appeal is about."""
    if appeal.hold is None:
        assert appeal.decision is not None  # noqa: S101 - `appeal_against_one_thing` says so
        return {appeal.decision.proposed_by, appeal.decision.agreed_by}
    cases = VettingCase.objects.filter(code=appeal.hold.source)
    keys = {key for case in cases for key in (case.proposed_by, case.decided_by)}
    return (keys | {appeal.hold.opened_by}) - {""}


_OPEN_CASES = Read(
    lambda: (
        VettingCase.objects.filter(state=CaseState.OPEN)
        .select_related("driver__account")
        .order_by("opened_at")
    )
)


def open_cases() -> list[VettingCase]:
    """Vetting cases that wait for a decision, oldest first."""
    return _OPEN_CASES.all()


_CASE = Read(lambda code: VettingCase.objects.select_related("driver__account").filter(code=code), str)


def case_by_code(code: str) -> VettingCase:
    """Any vetting case, for reviewers. Raises `NotFound`."""
    return _CASE.the(code)


def case_of_hold(hold: Hold) -> VettingCase | None:
    """The vetting case that a hold comes from, if it comes from one."""
    return VettingCase.objects.filter(code=hold.source).first()


def frames_of_case(case: VettingCase) -> list[tuple[FaceCheck, list[FaceFrame]]]:
    """The checks that a case is about, newest first, each with its frames."""
    rows = FaceCheck.objects.filter(driver=case.driver, code__in=case.facts.get("checks", []))
    return [
        (check, list(check.frames.select_related("picture").order_by("step")))
        for check in rows.order_by("-decided_at")
    ]


def visible_holds(driver: Driver) -> list[Hold]:
    """Holds that the driver may know of now (D8, S11)."""
    return list(driver.holds.open().filter(covert=False).select_related("appeal").order_by("pk"))


_OPEN_HOLDS = Read(lambda code: Hold.objects.open().filter(driver__account__code=code).order_by("pk"), str)


def open_holds(driver_code: str) -> list[Hold]:
    """All open holds of a driver, for staff."""
    return _OPEN_HOLDS.all(driver_code)


_PROPOSED_RELEASES = Read(
    lambda: (
        Hold.objects.open().exclude(release_proposed_by="").select_related("driver__account").order_by("pk")
    )
)


def proposed_releases() -> list[Hold]:
    """Holds whose release waits for a second person, the oldest first."""
    return _PROPOSED_RELEASES.all()


_HOLD = Read(lambda code: Hold.objects.select_related("driver__account").filter(code=code), str)


def hold_by_code(code: str) -> Hold:
    """Any hold, for staff. Raises `NotFound`."""
    return _HOLD.the(code)


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


def screening_of(application: Application) -> Screening | None:
    """The newest round of questions for an application."""
    rows = Screening.objects.filter(subject__startswith=application.code + ":")
    return rows.order_by("-pk").first()


def person_in(screening: Screening | None) -> str:
    """The identity registry's own name for whoever it was asked about; empty where it has none, or was not heard yet."""
    if screening is None or not screening.answers:
        return ""
    identity = json.loads(screening.answers).get("identity") or {}
    return str(identity.get("person", "")) if identity.get("match") is True else ""


_APPLICATION = Read(lambda code: Application.objects.select_related("driver__account").filter(code=code), str)


def application_by_code(code: str) -> Application:
    """Any application, for reviewers. Raises `NotFound`."""
    return _APPLICATION.the(code)


def newest_application(driver: Driver) -> Application | None:
    return driver.applications.order_by("-pk").first()


def standing_decision(application: Application) -> VettingDecision | None:
    """The decision that no later one overrides, with the appeal against it if there is one."""
    rows = VettingDecision.objects.select_related("appeal", "screening")
    return rows.filter(application=application, overridden_by=None).first()


def decisions_on(application: Application) -> list[VettingDecision]:
    """Every decision on an application, the newest first."""
    return list(VettingDecision.objects.filter(application=application).order_by("-pk"))


def enrolment_of(driver: Driver) -> FaceCheck | None:
    """The passed face check that enrolled the driver, against the photo of the ID card."""
    rows = driver.face_checks.filter(purpose=FacePurpose.ENROL, state=FaceCheckState.PASSED)
    return rows.order_by("-pk").first()


def bindings_around(driver: Driver, plate: str) -> list[Binding]:
    """Open bindings of the driver, and of everybody else who drives the car with this plate."""
    rows = Binding.objects.filter(ended_at=None).filter(Q(driver=driver) | Q(vehicle__plate=plate))
    return list(rows.select_related("driver__account", "vehicle").order_by("pk"))


def signals_about(driver: Driver) -> list[VettingCase]:
    """Cases of a driver: the same face or device on other accounts, and all the rest."""
    return list(driver.cases.order_by("-pk")[:20])


def reports_of_case(case: VettingCase) -> list[MismatchReport]:
    """Reports of one mismatch, the first first."""
    return list(case.reports.select_related("picture").order_by("reported_at", "pk"))


def screening_of_case(case: VettingCase) -> Screening | None:
    """The screening that opened a case."""
    return Screening.objects.filter(code=case.facts.get("screening", "")).first()


_TO_REVIEW = Read(
    lambda: (
        Application.objects.filter(state=ApplicationState.REVIEW)
        .select_related("driver__account")
        .order_by("submitted_at")
    )
)


def review_queue() -> list[Application]:
    """Applications that wait for a reviewer, the longest waiting first."""
    return _TO_REVIEW.all()


def next_in_queue(after: str, who: str) -> str:
    """The code of the next application that `who` may act on, after one; empty where there is none."""
    codes = [row.code for row in review_queue() if row.proposed_by != who]
    later = codes[codes.index(after) + 1 :] if after in codes else codes
    return (later or [code for code in codes if code != after] or [""])[0]


def papers_of(driver: Driver) -> list[Paper]:
    """The papers in force of a driver and of the cars that they drive, the first to expire first."""
    return list(
        Paper.objects.filter(replaced_at=None)
        .filter(Q(driver=driver) | Q(vehicle__bindings__driver=driver, vehicle__bindings__ended_at=None))
        .select_related("vehicle")
        .order_by(F("until").asc(nulls_last=True), "pk")
        .distinct()
    )


def expired_paper(driver: Driver) -> Paper | None:
    """A paper of the driver, or of the car that they drive, whose last day is over (D9)."""
    today = timezone.localtime(clock.now()).date()
    vehicle = drivers_vehicle(driver)
    rows = Paper.objects.filter(replaced_at=None, until__lt=today)
    return rows.filter(Q(driver=driver) | Q(vehicle=vehicle, vehicle__isnull=False)).first()


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a screening of the fleet is. `rate` is drivers per second, `left` seconds until all are done, if known.

    `aside` are the codes of drivers who could not be screened and are not yet.
    """

    run: ScreeningRun
    done: int
    clear: int
    review: int
    bar: int
    rate: float
    left: int | None
    aside: list[str]


def run_progress(run: ScreeningRun) -> RunProgress:
    """Counts by result; the rate is that of the last five minutes, of a finished run that of the whole."""
    counts = dict(
        Screening.objects.filter(subject=run.code, state=ScreeningState.ANSWERED)
        .values_list("verdict")
        .annotate(n=Count("pk"))
        .values_list("verdict", "n")
    )
    done = sum(counts.values())
    waiting = Screening.objects.filter(subject=run.code, state=ScreeningState.ASKED).order_by("pk")
    since = run.started_at
    if run.finished_at is None:
        since = max(since, clock.now() - timedelta(minutes=5))
    recent = Screening.objects.filter(subject=run.code, answered_at__gte=since).count()
    span = ((run.finished_at or clock.now()) - since).total_seconds()
    rate = recent / span if span > 0 else 0.0
    left = None if rate == 0 or run.state == RunState.DONE else round(max(run.drivers - done, 0) / rate)
    return RunProgress(
        run,
        done,
        counts.get(Finding.CLEAR, 0),
        counts.get(Finding.REVIEW, 0),
        counts.get(Finding.BAR, 0),
        rate,
        left,
        list(waiting.values_list("driver__account__code", flat=True)),
    )


def screening_runs(*, limit: int = 10) -> list[RunProgress]:
    """The newest runs over the fleet, with their progress."""
    return [run_progress(run) for run in ScreeningRun.objects.order_by("-pk")[:limit]]


def mismatch_reported(trip_code: str) -> bool:
    """True where the passenger of a trip has said that driver or car was another one."""
    return MismatchReport.objects.filter(trip=trip_code).exists()


def reports_to_sort() -> list[MismatchReport]:
    """Reports whose plate fits no driver, or several, or whose phone nobody proved: a person finds out whom they are about.
    So also those whose grave words nobody looked at.
    """
    return list(
        MismatchReport.objects.filter(Q(driver=None) | Q(MismatchReport.unseen(), trip=""))
        .select_related("picture")
        .alias(grave=MismatchReport.unseen())
        .order_by("from_crowd", "-grave", "reported_at")[:100]
    )


def reports_that_ring() -> list[MismatchReport]:
    """Those from the street in whose words somebody tells of grave danger, and nobody looked at them, oldest first. What was
    told of a trip opened its incident."""
    rows = MismatchReport.objects.filter(MismatchReport.unseen(), trip="")
    return list(rows.only("code", "reported_at", "from_crowd").order_by("from_crowd", "reported_at")[:50])


def appeals_that_ring() -> list[Appeal]:
    """Open ones in whose words a driver tells of grave danger, or threatens with it, and nobody looked at them."""
    return [row for row in open_appeals() if row.rings]


_REPORT = Read(lambda code: MismatchReport.objects.select_related("picture").filter(code=code), str)


def report_by_code(code: str) -> MismatchReport:
    """Any report, for reviewers. Raises `NotFound`."""
    return _REPORT.the(code)


def street_report_by_code(code: str) -> MismatchReport:
    """The report of somebody without an account, for its own page. Raises `NotFound`."""
    report = MismatchReport.objects.filter(code=code, source=ReportSource.PUBLIC, reporter="").first()
    if report is None:
        raise NotFound
    return report


_REWARD = Read(lambda code: Reward.objects.select_related("case", "report").filter(report__code=code), str)


def reward_by_report(code: str) -> Reward:
    """The reward that a report earned. Raises `NotFound`."""
    return _REWARD.the(code)


def open_rewards() -> list[Reward]:
    """Rewards that wait for one of their two people, oldest first."""
    rows = Reward.objects.filter(state__in=[RewardState.DUE, RewardState.PROPOSED])
    return list(rows.select_related("case", "report").order_by("due_since"))


_RUN = Read(lambda code: ScreeningRun.objects.filter(code=code), str)


def run_by_code(code: str) -> ScreeningRun:
    """A screening of the fleet. Raises `NotFound`."""
    return _RUN.the(code)


def newest_run() -> ScreeningRun | None:
    return ScreeningRun.objects.order_by("-pk").first()


def face_withdrawn_at(driver: Driver) -> datetime | None:
    """When a driver last took back the consent to face checks; None where they never did."""
    return audit_selectors.last_of("drivers.face_consent_withdrawn", driver.account.code)


def video_withdrawn_at(driver: Driver) -> datetime | None:
    """When a driver last took back the consent to recorded video calls; None where they never did."""
    return audit_selectors.last_of("drivers.video_consent_withdrawn", driver.account.code)


def trips_of_checks(codes: Collection[str]) -> dict[str, str]:
    """The trips for which these face checks were asked, by the checks' codes."""
    rows = FaceCheck.objects.filter(code__in=codes, purpose__in=[FacePurpose.ACCEPT, FacePurpose.PICKUP])
    return dict(rows.values_list("code", "subject"))


def trips_of_reports(codes: Collection[str]) -> dict[str, str]:
    """The trips of these mismatch reports, by the reports' codes."""
    return dict(MismatchReport.objects.filter(code__in=codes).exclude(trip="").values_list("code", "trip"))


def open_vetting_about(subject: str) -> list[cases.OpenCase]:
    """Applications in review and open vetting cases of an account, or the one with this code."""
    if not (subject.startswith(("B-", "V-")) or cases.may_be_account(subject)):
        return []
    mine = Q(code=subject) | Q(driver__account__code=subject)
    asked = Application.objects.filter(mine, state=ApplicationState.REVIEW)
    opened = VettingCase.objects.filter(mine, state=CaseState.OPEN)
    found = [
        (code, first, "vetting.decide")
        for code, first in asked.values_list("code", "proposed_by").order_by("pk")
    ]
    found += [
        (code, first, "vetting.see")
        for code, first in opened.values_list("code", "proposed_by").order_by("pk")
    ]
    return [cases.OpenCase(code, cases.ours(first), readers) for code, first, readers in found]
