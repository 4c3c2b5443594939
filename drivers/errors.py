from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

if TYPE_CHECKING:
    from drivers.certificates import Fault


class NotADriver(DomainError):
    code, status, sentence = "not_a_driver", 403, _("This page is for drivers. Apply to drive first.")


class NotVetted(DomainError):
    code, status, sentence = "driver_not_vetted", 403, _("Your vetting is not complete yet.")


class NoVehicle(DomainError):
    code, status, sentence = "no_bound_vehicle", 403, _("No vehicle is bound to your account.")


class WhichVehicle(DomainError):
    code, status, sentence = (
        "which_vehicle",
        403,
        _("Two cars are bound to your account. Say first, on your page, which one you drive now."),
    )


class DriverHeld(DomainError):
    code, status, sentence = (
        "driver_held",
        403,
        _(
            "You cannot accept orders while %(why)s is looked into. You see the reason on your page and can appeal."
        ),
    )


class BannedThing(DomainError):
    code, status, sentence = (
        "banned_thing",
        403,
        _("This licence or car was banned from the platform with a driver. It cannot be used again."),
    )


class PersonBarred(DomainError):
    code, status, sentence = (
        "person_barred",
        403,
        _("A decision about a complaint keeps you from driving. The decision and how to appeal stand under 'My complaints'."),
    )  # fmt: skip


class PersonHeld(DomainError):
    code, status, sentence = (
        "person_held",
        409,
        _(
            "Orders of this person are stopped (%(holds)s), under this account or an earlier one. Decide that first."
        ),
    )


# --- Pictures ---


class NoFace(DomainError):
    code, status, sentence = (
        "no_face",
        400,
        _("No face was found. Hold the phone at arm's length, at the height of your eyes."),
    )


class TwoFaces(DomainError):
    code, status, sentence = (
        "two_faces",
        400,
        _("More than one face was seen. Only you may be in the picture."),
    )


class FaceTooSmall(DomainError):
    code, status, sentence = "face_too_small", 400, _("The face is too small. Come closer to the camera.")


class FaceTooDark(DomainError):
    code, status, sentence = (
        "face_too_dark",
        400,
        _("It is too dark. Turn on the light in the car, or face a lamp."),
    )


class FaceTooSlow(DomainError):
    code, status, sentence = (
        "face_too_slow",
        400,
        _(
            "It took too long from one pose to its pictures, so nothing was checked and nothing counts against you. Try again, or ask for a video check."
        ),
    )


# --- Face checks and cases ---


class FaceRequired(DomainError):
    code, status, sentence = (
        "face_required",
        403,
        _("Show your face first: the check opens this once, for five minutes."),
    )


class FaceConsentNeeded(DomainError):
    code, status, sentence = (
        "face_consent_needed",
        403,
        _("Please read and agree to how faces are used first."),
    )


class NotEnrolled(DomainError):
    code, status, sentence = (
        "face_not_enrolled",
        403,
        _("Your face is not enrolled yet. It is part of your vetting."),
    )


class IdCardFirst(DomainError):
    code, status, sentence = (
        "id_card_first",
        409,
        _("Photograph your ID card first: your face is compared with it."),
    )


class AlreadyEnrolled(DomainError):
    code, status, sentence = (
        "face_already_enrolled",
        409,
        _("Your face is enrolled and vetted. Call us if it must be done again."),
    )


class IdCardUnreadable(DomainError):
    code, status, sentence = (
        "id_card_unreadable",
        409,
        _("No face can be made out on the photo of your ID card. Photograph it again, flat and close."),
    )


class FaceFrozen(DomainError):
    code, status, sentence = (
        "face_frozen",
        403,
        _(
            "Your account is frozen after repeated failed face checks. Two people look at the pictures and decide. On your page as a driver you see the reason and can object."
        ),
    )


class FaceRefused(DomainError):
    code, status, sentence = (
        "face_refused",
        403,
        _(
            "The check did not pass. Do it yourself, follow each pose in good light, and try again. After several failures in a row the account is frozen. Do the poses go too fast, or is the camera poor? Ask for a video check instead: a person looks then."
        ),
    )


class CallTaken(DomainError):
    code, status, sentence = "call_taken", 409, _("%(who)s has taken this call.")


class CallOver(DomainError):
    code, status, sentence = "call_over", 409, _("This video call is over.")


class NotSeen(DomainError):
    code, status, sentence = (
        "not_seen",
        409,
        _("Call first: it is decided once both of you have seen each other for %(seconds)s seconds."),
    )


class NotRecorded(DomainError):
    code, status, sentence = "not_recorded", 409, _("The driver has not agreed to a recording.")


class DailyCheckNeeded(DomainError):
    code, status, sentence = "daily_check_needed", 403, _("Show your face once today before you go online.")


class PickupCheckNeeded(DomainError):
    code, status, sentence = (
        "pickup_check_needed",
        403,
        _(
            "Before the pick-up, show your face and photograph the car with its plate. It must not be older than ten minutes."
        ),
    )


class PlatePhotoWaiting(DomainError):
    code, status, sentence = (
        "plate_photo_waiting",
        409,
        _(
            "Your photo of the plate waits for a person to look at it. Stay where you are. You need not wait for them: a photo of the whole plate in good light is often read at once."
        ),
    )


class PhotoPlaceUnknown(DomainError):
    code, status, sentence = (
        "photo_place_unknown",
        409,
        _(
            "Your phone did not say where the photo of the plate was taken. Let the page see where you are and take another one, or wait: a person looks at this one."
        ),
    )


class PlateDiffers(DomainError):
    code, status, sentence = (
        "plate_differs",
        403,
        _("The photo does not show the registered plate %(plate)s. You cannot pick up with this car."),
    )


class PlateNotThere(DomainError):
    code, status, sentence = (
        "plate_not_there",
        400,
        _(
            "The plate does not stand where it was asked for: %(spot)s on the photo. Please take it once more."
        ),
    )


class PhotoSeenBefore(DomainError):
    code, status, sentence = (
        "photo_seen_before",
        403,
        _(
            "This photo was sent before. Please show your face again, then photograph the car as it stands now."
        ),
    )


class AlreadyProposed(DomainError):
    code, status, sentence = (
        "already_proposed",
        409,
        _("%(who)s has proposed an outcome. Another person agrees or not."),
    )


class TooManyVehicles(DomainError):
    code, status, sentence = "too_many_vehicles", 409, _("Two vehicles are bound to this account already.")


class TooManyPersons(DomainError):
    code, status, sentence = "too_many_persons", 409, _("Three persons are bound to this vehicle already.")


class AlreadyAppealed(DomainError):
    code, status, sentence = (
        "already_appealed",
        409,
        _("You have objected to this already. The answer comes on this page."),
    )


class HadAPart(DomainError):
    code, status, sentence = (
        "had_a_part",
        403,
        _("You had a part in this hold; somebody else decides the appeal."),
    )


class HoldEndsOtherwise(DomainError):
    """A hold is released by the way that its kind asks for, in these words."""

    code, sentence = "hold_ends_otherwise", "%(way)s"


# --- Application and screening ---


class CertificatesFaulty(DomainError):
    """`faults` are those of `drivers.certificates`, each at its field."""

    code, status, sentence = (
        "certificates_faulty",
        400,
        _("Some fields do not hold up yet. Each says what to do."),
    )

    def __init__(self, faults: "list[Fault]") -> None:
        super().__init__()
        self.faults = faults

    def problem(self) -> dict[str, Any]:
        """With the sentence and the code of every field."""
        return super().problem() | {
            "errors": {fault.field: [fault.sentence] for fault in self.faults},
            "codes": {fault.field: fault.code for fault in self.faults},
        }


class ApplicationOpen(DomainError):
    code, status, sentence = (
        "application_open",
        409,
        _("Your application is being checked and cannot be changed now."),
    )


class NotYourIdNumber(DomainError):
    code, status, sentence = (
        "not_your_id_number",
        400,
        _("This is not the ID number with which this account is verified. One person, one account."),
    )


class LicenceTaken(DomainError):
    code, status, sentence = (
        "licence_taken",
        409,
        _("This driving licence is bound to another account. One licence, one account."),
    )


class VehicleDiffers(DomainError):
    code, status, sentence = (
        "vehicle_differs",
        409,
        _("This plate is registered here with another VIN. It cannot be bound before that is cleared."),
    )


class ScreeningBars(DomainError):
    code, status, sentence = (
        "screening_bars",
        409,
        _("The screening bars this person. Ask the registries again if they were wrong; nobody is approved against them."),
    )  # fmt: skip


class ScreeningOpen(DomainError):
    code, status, sentence = (
        "screening_open",
        409,
        _("The registries have not answered yet. Nothing is decided before they do."),
    )


class PaperExpired(DomainError):
    code, status, sentence = (
        "paper_expired",
        403,
        _("Your %(paper)s has expired on %(until)s. Send the new one on your page; orders open again when it is checked."),
    )  # fmt: skip


class LineNotYours(DomainError):
    code, status, sentence = (
        "line_not_yours",
        403,
        _("You were not vetted for this line. Apply for it on your page first."),
    )


class RunGoesOn(DomainError):
    code, status, sentence = (
        "run_goes_on",
        409,
        _("The fleet is being screened already. Resume or finish that run first."),
    )


class AlreadyReported(DomainError):
    code, status, sentence = "already_reported", 409, _("You have reported this already. We are on it.")


class ReportNeedsPhoto(DomainError):
    code, status, sentence = (
        "photo_needed",
        400,
        _("Please add a photo of the car with its plate, so that nobody is accused by a typing error."),
    )
