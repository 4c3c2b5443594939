"""The photo of car and plate before the pick-up (D11)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import audit, clock, pictures, policy, typed
from core.errors import DomainError, NotFound, refuse
from core.pictures import Written
from core.reader import door
from core.reader.door import Upload
from core.states import move
from core.transactions import begins_transaction
from drivers import policies
from drivers.errors import FaceRequired, PlateDiffers
from drivers.models import Driver, PlatePhoto, Vehicle
from drivers.services.cases import open_case
from drivers.services.faces import consume_face_token
from drivers.states import PLATE_PHOTO_TRANSITIONS, CaseKind, FacePurpose, PlatePhotoState
from drivers.vision import plates
from drivers.vision.plates import Reading

if TYPE_CHECKING:
    from accounts.models import Account


@dataclass(frozen=True, slots=True)
class PlateOutcome:
    """What the photo showed, committed; `refusal` where another plate was seen."""

    photo: PlatePhoto
    refusal: DomainError | None = None


def send_plate_photo(
    *, driver: Driver, vehicle: Vehicle, subject: str, token: str, content: "Upload | bytes"
) -> PlateOutcome:
    """Compare the plate on a live photo with the registered one; a person looks where the reading is unsure.

    `token` is that of the passed face check for the same pick-up. Raises `FaceRequired`, `PictureUnreadable`,
    `PictureTooLarge`, `ReaderBusy`, `FileNotKept`.
    """
    reading, drawn = plates.read_plate(content, side=door.SIDE)
    return _record(driver, vehicle, subject, token, pictures.store(drawn), reading)


@begins_transaction
def _record(
    driver: Driver, vehicle: Vehicle, subject: str, token: str, written: Written, reading: Reading
) -> PlateOutcome:
    check = consume_face_token(driver=driver, purpose=FacePurpose.PICKUP, subject=subject, token=token)
    if check is None:
        raise FaceRequired
    picture = pictures.attach(
        written,
        purpose="plate",
        subject=subject,
        keep_for=policy.span(policies.FAILED_FRAMES_KEPT),
    )
    state = _state_of(reading, vehicle)
    photo = PlatePhoto.objects.create(
        driver=driver,
        vehicle=vehicle,
        face_check=check,
        subject=subject,
        picture=picture,
        read=reading.plate[:12],
        certainty=reading.certainty,
        state=state,
        taken_at=clock.now(),
        decided_by="" if state == PlatePhotoState.WAITING else "ocr",
    )
    audit.record(
        driver.account.actor,
        "drivers.plate_photo",
        driver.account.code,
        case=subject,
        state=state,
        read=photo.read,
        registered=vehicle.plate,
    )
    if state == PlatePhotoState.DIFFERS:
        return _refused(photo)
    return PlateOutcome(photo)


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
