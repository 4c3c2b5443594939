from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class ActionClosed(DomainError):
    code, status, sentence = "action_closed", 403, _("This cannot be done now: %(why)s")


class AlreadyTaken(DomainError):
    code, sentence = "already_taken", _("%(who)s has it already.")


class ReasonMissing(DomainError):
    code, status, sentence = "reason_missing", 400, _("Please write a reason.")


class OutcomeUnknown(DomainError):
    code, status, sentence = "outcome_unknown", 400, _("Please choose an outcome.")


class AudioToken(DomainError):
    code, status, sentence = "audio_token_invalid", 401, _("This key opens no recording.")


class RecordingOver(DomainError):
    code, sentence = "recording_over", _("This recording is over and takes nothing more.")


class NoConsent(DomainError):
    code, status, sentence = (
        "recording_without_consent",
        403,
        _("This trip is recorded only when both sides agree."),
    )


class GuardianAgreed(DomainError):
    code, status, sentence = (
        "guardian_agreed",
        403,
        _(
            "Your guardian agreed to the recording of your trips. It goes on for as long as they are your guardian."
        ),
    )


class NotAfterHelp(DomainError):
    code, status, sentence = "sound_without_sos", 403, _("Sound is sent live after SOS.")


class ChunkNumberWrong(DomainError):
    code, status, sentence = "chunk_number_wrong", 400, _("The chunk's number is missing or out of range.")


class ChunkTooLarge(DomainError):
    code, status, sentence = "chunk_too_large", 413, _("One chunk of sound is too large.")


class ChunkUnreadable(DomainError):
    code, status, sentence = (
        "chunk_unreadable",
        400,
        _("This chunk does not belong here, or did not arrive whole. Please send it again."),
    )


class ChunkDiffers(DomainError):
    code, sentence = "chunk_differs", _("Another chunk has this number already.")


class SoundUnknown(DomainError):
    code, status, sentence = "sound_unknown", 400, _("This kind of sound is not known here.")


class StorageDown(DomainError):
    code, status, sentence = (
        "storage_down",
        503,
        _("The sound cannot be kept at the moment. Please send it again."),
    )


class CaseNeeded(DomainError):
    code, status, sentence = (
        "case_needed",
        403,
        _("A recording is played only inside an open case of its trip."),
    )


class QuestionClosed(DomainError):
    code, sentence = "question_closed", _("There is no open question.")


class NothingAside(DomainError):
    code, status, sentence = "nothing_aside", 404, _("Nothing is set aside under this key any more.")


class StillUnreadable(DomainError):
    code, sentence = "still_unreadable", _("This cannot be read by this release either: %(why)s")


class StillUnwatchable(DomainError):
    code, sentence = "still_unwatchable", _("This trip cannot be watched as it is: %(why)s")
