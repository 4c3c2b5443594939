"""The photo of car and plate before the pick-up (D11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from msgspec.structs import astuple

from core import audit, clock, pictures, policy, typed
from core.errors import DomainError, NotFound, refuse
from core.pictures import Written
from core.reader import door
from core.reader.door import Upload
from core.states import move
from core.transactions import begins_transaction
from drivers import policies
from drivers.errors import FaceRequired, PhotoSeenBefore, PlateDiffers, PlateNotThere
from drivers.models import Driver, PlatePhoto, Vehicle
from drivers.services.cases import open_case
from drivers.services.faces import consume_face_token
from drivers.states import PLATE_PHOTO_TRANSITIONS, UNDECIDED_PHOTO, CaseKind, FacePurpose, PlatePhotoState
from drivers.vision import marks, plates
from drivers.vision.plates import Reading

if TYPE_CHECKING:
    from accounts.models import Account

COMPARED = 1_000  # earlier photos of a driver or car
LOOKED_THROUGH = 100  # of them, for a part of one: some milliseconds for each


@dataclass(frozen=True, slots=True)
class PlateOutcome:
    """What the photo showed, committed; `refusal` where another plate was seen."""

    photo: PlatePhoto
    refusal: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How far the driver's phone is from the pick-up, in metres, by its newest position, when it was there, and by how
    many metres that may be wrong, as far as the phone says."""

    metres: float
    at: datetime
    accuracy: float | None = None


def send_plate_photo(
    *,
    driver: Driver,
    vehicle: Vehicle,
    subject: str,
    token: str,
    content: "Upload | bytes",
    where: Whereabouts | None = None,
) -> PlateOutcome:
    """Compare the plate on a live photo with the registered one; a person looks where the reading is unsure, the phone
    is far from the pick-up or does not say where it is (`UNPLACED`), the plate may be a picture on a sheet, or the photo
    resembles an earlier one. One that is an earlier one is refused.

    `token` is that of the passed face check for the same pick-up; it says where on the photo the plate has to stand
    (`drivers.vision.plates.spot_of`). Raises `FaceRequired`, `PlateNotThere`, `PictureUnreadable`, `PictureTooLarge`,
    `ReaderBusy`, `FileNotKept`.
    """
    reading, drawn = plates.read_plate(content, side=door.SIDE)
    whole = _cut_from(driver, vehicle, reading.marks)
    return _record(driver, vehicle, subject, token, pictures.store(drawn), reading, where, whole)


@begins_transaction
def _record(
    driver: Driver,
    vehicle: Vehicle,
    subject: str,
    token: str,
    written: Written,
    reading: Reading,
    where: Whereabouts | None,
    whole: PlatePhoto | None,
) -> PlateOutcome:
    check = consume_face_token(driver=driver, purpose=FacePurpose.PICKUP, subject=subject, token=token)
    if check is None:
        raise FaceRequired
    spot = plates.spot_of(token)
    if reading.middle and not plates.stands_at(reading.middle, spot):
        raise PlateNotThere(spot=spot.label)  # the token is good for another photo
    picture = pictures.attach(
        written,
        purpose="plate",
        subject=subject,
        keep_for=policy.span(policies.FAILED_FRAMES_KEPT),
    )
    where = where if _is_known(where) else None
    like, apart = _most_alike(driver, vehicle, reading.fingerprint)
    like = like or whole
    state = _state_of(reading, vehicle)
    on_sheet = reading.is_on_a_sheet(policy.value(policies.PHOTO_SHEET))
    if like and apart <= policy.value(policies.PHOTO_SAME):
        state = PlatePhotoState.REUSED
    elif state == PlatePhotoState.SAME and (like or on_sheet or _is_far(where)):
        state = PlatePhotoState.WAITING
    elif state == PlatePhotoState.SAME and where is None:
        state = PlatePhotoState.UNPLACED
    photo = PlatePhoto.objects.create(
        driver=driver,
        vehicle=vehicle,
        face_check=check,
        subject=subject,
        picture=picture,
        read=reading.plate[:12],
        certainty=reading.certainty,
        state=state,
        spot=spot,
        fingerprint=reading.fingerprint,
        marks=reading.marks,
        like=like,
        on_sheet=on_sheet,
        metres_away=round(where.metres) if where else None,
        placed_at=where.at if where else None,
        taken_at=clock.now(),
        decided_by="" if state in UNDECIDED_PHOTO else "ocr",
    )
    audit.record(
        driver.account.actor,
        "drivers.plate_photo",
        driver.account.code,
        case=subject,
        state=state,
        read=photo.read,
        registered=vehicle.plate,
        sheet=[round(each, 2) for each in astuple(reading.sheet)],
    )
    if state == PlatePhotoState.DIFFERS:
        return _refused(photo)
    return PlateOutcome(photo, PhotoSeenBefore() if state == PlatePhotoState.REUSED else None)


def _most_alike(driver: Driver, vehicle: Vehicle, fingerprint: str) -> tuple[PlatePhoto | None, int]:
    """The earlier photo that this one resembles, and in how many bits they differ; of this driver or car, or the same."""
    rows = PlatePhoto.objects.exclude(fingerprint="")
    near = list(rows.filter(Q(driver=driver) | Q(vehicle=vehicle)).order_by("-pk")[:COMPARED])
    near += list(rows.filter(fingerprint=fingerprint)[:1])
    if not near:
        return None, 256
    like = min(near, key=lambda row: plates.bits_apart(row.fingerprint, fingerprint))
    apart = plates.bits_apart(like.fingerprint, fingerprint)
    return (like, apart) if apart <= policy.value(policies.PHOTO_ALIKE) else (None, apart)


def _cut_from(driver: Driver, vehicle: Vehicle, mine: bytes) -> PlatePhoto | None:
    """The earlier photo of this driver or car of which this one is a part, turned or not, larger or smaller."""
    rows = PlatePhoto.objects.exclude(marks=b"").filter(Q(driver=driver) | Q(vehicle=vehicle))
    shares = {row: marks.shared(mine, bytes(row.marks)) for row in rows.order_by("-pk")[:LOOKED_THROUGH]}
    whole = max(shares, key=lambda row: shares[row], default=None)
    return whole if whole and shares[whole] >= policy.value(policies.PHOTO_SHARED) else None


def _is_known(where: Whereabouts | None) -> bool:
    """A phone that said nothing of late, or nothing exact, may have been anywhere when the photo was taken."""
    if where is None or clock.now() - where.at > policy.span(policies.PHOTO_PLACE_AGE):
        return False
    return where.accuracy is None or where.accuracy <= policy.value(policies.PHOTO_AWAY)


def _is_far(where: Whereabouts | None) -> bool:
    return where is not None and where.metres > policy.value(policies.PHOTO_AWAY)


def _state_of(reading: Reading, vehicle: Vehicle) -> PlatePhotoState:
    """One or two marks off may be the reading's fault, so a person looks; more is another plate."""
    apart = plates.marks_apart(typed.plate.key(reading.plate), typed.plate.key(vehicle.plate))
    sure = reading.is_sure(policy.value(policies.PLATE_CERTAINTY))
    if not sure or 0 < apart < policy.value(policies.PLATE_MARKS):
        return PlatePhotoState.WAITING
    return PlatePhotoState.SAME if apart == 0 else PlatePhotoState.DIFFERS


def _refused(photo: PlatePhoto) -> PlateOutcome:
    open_case(
        driver=photo.driver,
        kind=CaseKind.PLATE_DIFFERS,
        subject=photo.subject,
        read=photo.read,
        registered=photo.vehicle.plate,
    )
    return PlateOutcome(photo, PlateDiffers(plate=photo.vehicle.plate))


@begins_transaction
def decide_plate_photo(*, account: "Account", picture: str, same: bool) -> PlatePhoto:
    """A member of staff says what is on the photo. Raises `Forbidden`, `NotFound`, `IllegalTransition`, `StaleState`."""
    photo = (
        PlatePhoto.objects.select_related("driver__account", "vehicle").filter(picture__code=picture).first()
    )
    if photo is None:
        raise NotFound
    refuse(policies.against_plate(photo, account))
    move(
        photo,
        PLATE_PHOTO_TRANSITIONS,
        PlatePhotoState.SAME if same else PlatePhotoState.DIFFERS,
        decided_by=account.code,
    )
    audit.record(
        account.actor, "drivers.plate_photo_decided", photo.driver.account.code, case=photo.subject, same=same
    )
    if not same:
        _refused(photo)
    return photo
