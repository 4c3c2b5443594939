"""What accounts say: one-time codes, and the question to an emergency contact."""

from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import Digits, Link, Message, Moment, Words


class OneTimeCodeSent(
    Message,
    code="accounts.code",
    text=_("Huhang: your code is %(code)s. It is valid for 5 minutes. Give it to nobody."),
):
    code: Digits


class CopyCodeSent(
    Message,
    code="accounts.code_for_copy",
    text=_(
        "Huhang: %(code)s is your code for a copy of all your data. It is valid for 5 minutes. Our staff never ask for it: give it to nobody."
    ),
):
    code: Digits


class ClosingCodeSent(
    Message,
    code="accounts.code_to_close",
    text=_(
        "Huhang: %(code)s is your code to close your account. It is valid for 5 minutes. Our staff never ask for it: give it to nobody."
    ),
):
    code: Digits


class PoliceCodeSent(
    Message,
    code="accounts.code_for_police",
    text=_(
        "Huhang: %(code)s is your code to hand over a case of yours. It is valid for 5 minutes. Our staff never ask for it: give it to nobody."
    ),
):
    code: Digits


class PasskeyCodeSent(
    Message,
    code="accounts.code_for_passkey",
    text=_(
        "Huhang: %(code)s is your code to add a passkey, with which a device signs in to your account. It is valid for 5 minutes. Our staff never ask for it: give it to nobody."
    ),
):
    code: Digits


class WrongTries(
    Message,
    code="accounts.wrong_tries",
    text=_(
        "Huhang: at %(at)s somebody tried wrong codes or passwords for your account. Give codes to nobody. Was it not you? Call %(line)s."
    ),
):
    at: Moment
    line: Words


class ContactAsked(
    Message,
    code="accounts.contact_asked",
    text=_(
        "Huhang: a passenger named you as emergency contact; we tell you if they call for help. Agree or decline: %(link)s"
    ),
):
    link: Link


class GuardianAsked(
    Message,
    code="accounts.guardian_asked",
    text=_(
        "Huhang: somebody of 14 to 17 named you as guardian for their rides. Sign in to confirm or refuse: %(link)s"
    ),
):
    link: Link


class GuardianConfirmed(
    Message,
    code="accounts.guardian_confirmed",
    text=_(
        "Huhang: whom you named confirmed to be your guardian and gets the link of each of your trips. You do not know them? Call %(line)s."
    ),
):
    line: Words


class GuardianOver(
    Message,
    code="accounts.guardian_over",
    text=_(
        "Huhang: you have no guardian here any more. You ride again once one has confirmed. Was that not you, or do you need help? Call %(line)s."
    ),
):
    """To who is not of age."""

    line: Words


class WardOver(
    Message,
    code="accounts.ward_over",
    text=_(
        "Huhang: you are no longer the guardian of the account that named you, and get no more links of its trips. Questions? Call %(line)s."
    ),
):
    line: Words


class GuardianKept(
    Message,
    code="accounts.guardian_kept",
    text=_("Huhang: we looked at your question; your guardian stays. To talk about it, call %(line)s."),
):
    line: Words


class SignedInElsewhere(
    Message,
    code="accounts.signed_in_elsewhere",
    text=_(
        "Huhang: your password was used to sign in on another device at %(at)s. Was it not you? Change it and call %(line)s."
    ),
):
    at: Moment
    line: Words


class PasswordChanged(
    Message,
    code="accounts.password_changed",
    text=_(
        "Huhang: your password was changed at %(at)s and other devices were signed out. Was it not you? Call %(line)s now."
    ),
):
    at: Moment
    line: Words


class SecondFactorSet(
    Message,
    code="accounts.second_factor_set",
    text=_("Huhang: your second factor was set up at %(at)s. Was it not you? Call %(line)s now."),
):
    at: Moment
    line: Words


class PasskeyAdded(
    Message,
    code="accounts.passkey_added",
    text=_("Huhang: a passkey was added to your account at %(at)s. Was it not you? Call %(line)s now."),
):
    at: Moment
    line: Words


class PasskeyRemoved(
    Message,
    code="accounts.passkey_removed",
    text=_("Huhang: a passkey was removed from your account at %(at)s. Was it not you? Call %(line)s now."),
):
    at: Moment
    line: Words


class RecoveryCodeUsed(
    Message,
    code="accounts.recovery_code_used",
    text=_(
        "Huhang: a recovery code was used at %(at)s in the place of your second factor. Was it not you? Call %(line)s now."
    ),
):
    at: Moment
    line: Words


class AdministratorMade(
    Message,
    code="accounts.administrator_made",
    text=_(
        "Huhang: an administrator %(account)s was made at the command line at %(at)s. If you do not know of it, call %(line)s now."
    ),
):
    account: Words
    at: Moment
    line: Words


class SignedOut(
    Message,
    code="accounts.signed_out",
    text=_("Huhang: staff signed you out on all your devices at %(at)s. Sign in again. Questions: %(line)s."),
):
    at: Moment
    line: Words


class CopyAsked(
    Message,
    code="accounts.copy_asked",
    text=_(
        "Huhang: at %(at)s a copy of all your data was asked for. Was it not you? Change your password and call %(line)s now."
    ),
):
    at: Moment
    line: Words


class AccountClosed(
    Message,
    code="accounts.closed",
    text=_("Huhang: your account was closed at %(at)s. Was it not you? Call %(line)s now."),
):
    at: Moment
    line: Words
