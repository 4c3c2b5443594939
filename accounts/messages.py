"""What accounts say: one-time codes, and the question to an emergency contact."""

from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import Digits, Link, Message


class OneTimeCodeSent(
    Message,
    code="accounts.code",
    text=_("Huhang: your code is %(code)s. It is valid for 5 minutes. Give it to nobody."),
):
    code: Digits


class ContactAsked(
    Message,
    code="accounts.contact_asked",
    text=_(
        "Huhang: a passenger named you as emergency contact; we tell you if they call for help. Agree or decline: %(link)s"
    ),
):
    link: Link
