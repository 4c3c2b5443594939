from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class SignInFailed(DomainError):
    code, status, sentence = "sign_in_failed", 400, _("Name or password is wrong.")


class LockedOut(DomainError):
    code, status, sentence = (
        "locked_out",
        429,
        _("Too many failed attempts. Sign in again in 15 minutes, or by a code to your phone."),
    )


class WrongCode(DomainError):
    code, status, sentence = "wrong_code", 400, _("This code is wrong or has expired. Ask for a new one.")


class SignInAgain(DomainError):
    code, status, sentence = (
        "sign_in_again",
        403,
        _(
            "Sign in again here first, then sign out the other devices. We ask once more so that nobody can do it who only found"
            " this page open."
        ),
    )


class PushUnknown(DomainError):
    code, status, sentence = (
        "push_unknown",
        400,
        _("We cannot reach this browser. Text messages tell you what is new all the same."),
    )


class PasswordWrong(DomainError):
    code, status, sentence = "password_wrong", 400, _("This is not your current password.")


class PasswordWeak(DomainError):
    code, status, sentence = (
        "password_weak",
        400,
        _(
            "Choose another password: at least 12 characters, none that many people use, and nothing that is known of you."
        ),
    )


class CodeTooSoon(DomainError):
    code, status, sentence = (
        "code_too_soon",
        429,
        _("A code was just sent. Please wait a minute before asking for another."),
    )


class TooManyCodes(CodeTooSoon):
    code, status, sentence = (
        "too_many_codes",
        429,
        _(
            "Too many codes were asked for, or wrong ones typed. Please try later, or sign in by your password."
        ),
    )


class NotToSetUp(DomainError):
    code, sentence = "not_to_set_up", _("There is nothing to set up: your second factor stands already.")


class NumberInUse(DomainError):
    code, sentence = (
        "number_in_use",
        _("Somebody has this number already. Staff and officers work with a number of their own."),
    )


class TooFewLeft(DomainError):
    code, sentence = (
        "too_few_left",
        _("Two others who may add staff have to remain: otherwise nobody could undo this."),
    )


class NotStaff(DomainError):
    code, sentence = "not_staff", _("This person does not belong to the staff.")


class OwnAccount(DomainError):
    code, sentence = "own_account", _("Nobody decides about their own account.")


class AlreadySo(DomainError):
    code, sentence = "already_so", _("That is how it stands already.")


class AdministratorExists(DomainError):
    code, sentence = (
        "administrator_exists",
        _("There is an administrator already. The console adds further staff, two people together."),
    )


class OwnNumber(DomainError):
    code, status, sentence = "own_number", 400, _("This is your own number: help needs somebody else's.")


class TooManyContacts(DomainError):
    code, status, sentence = "too_many_contacts", 400, _("Up to five emergency contacts can be kept.")


class RealNameOpen(DomainError):
    code, status, sentence = (
        "real_name_open",
        409,
        _("The registry is being asked already. You will see the answer here."),
    )


class RealNameVerified(DomainError):
    code, status, sentence = "real_name_verified", 409, _("Your real name is verified already.")


class RealNameRequired(DomainError):
    code, status, sentence = (
        "real_name_required",
        403,
        _("Your real name must be verified before the first hitch request."),
    )


class GuardianBooks(DomainError):
    code, status, sentence = (
        "guardian_books",
        403,
        _("Who is under 14 travels on a booking of a guardian: ask one to book for you."),
    )


class GuardianNeeded(DomainError):
    code, status, sentence = (
        "guardian_needed",
        403,
        _("Who is under 18 travels once a guardian has confirmed the account: name one on the page of your guardian."),
    )  # fmt: skip


class NotGrownUp(DomainError):
    code, status, sentence = (
        "not_grown_up",
        403,
        _("A guardian is of age, and their real name is verified. Have yours verified first."),
    )


class NotTheirName(DomainError):
    code, status, sentence = (
        "not_their_name",
        400,
        _("This is not the name of who named you. Please write it as it stands on their document."),
    )


class NotATeen(DomainError):
    code, sentence = "not_a_teen", _("Only who is 14 to 17, by the real name, names a guardian.")


class GuardianNamed(DomainError):
    code, sentence = "guardian_named", _("A guardian is named already.")


class GuardianStays(DomainError):
    code, status, sentence = (
        "guardian_stays",
        403,
        _(
            "Your guardian follows your trips until you are of age. On the page of your guardian you can end that they are it."
        ),
    )


class GuardianRefusedByStaff(DomainError):
    code, status, sentence = (
        "guardian_refused_by_staff",
        403,
        _("Our staff ended that this person is your guardian. Name somebody else, or call the safety line."),
    )


class GuardianNotAgain(DomainError):
    code, status, sentence = (
        "guardian_not_again",
        403,
        _("Our staff ended that you are the guardian of this person. You cannot confirm it again: call the safety line."),
    )  # fmt: skip


class DocumentTaken(DomainError):
    code, status, sentence = (
        "document_taken",
        409,
        _("This document belongs to another account already. One person, one account."),
    )


class SentenceNeeded(DomainError):
    code, status, sentence = (
        "sentence_needed",
        400,
        _(
            "You have no open case about this person. Say in a sentence why you need this: a supervisor reads it today."
        ),
    )


class NotRevealable(DomainError):
    code, status, sentence = (
        "not_revealable",
        403,
        _("Data of colleagues and of police officers are shown to nobody here."),
    )


class AlreadyAnswered(DomainError):
    code, sentence = "already_answered", _("Somebody answered this already.")


class PasskeyRefused(DomainError):
    code, status, sentence = (
        "passkey_refused",
        400,
        _("This passkey was not accepted. Try once more, or go on without it."),
    )


class PasskeyTaken(DomainError):
    code, status, sentence = "passkey_taken", 409, _("This passkey is in use already.")


class TooManyPasskeys(DomainError):
    code, status, sentence = "too_many_passkeys", 409, _("Up to ten passkeys can be kept.")


class CopyUnderWay(DomainError):
    code, sentence = "copy_under_way", _("A copy of your data is being made already.")


class CopyLocked(DomainError):
    code, status, sentence = (
        "copy_locked",
        403,
        _("This copy opens where you asked for it with a code. Ask for a new one here."),
    )
