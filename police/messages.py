"""What stations and the executive on duty are told."""

from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import Code, Link, Message, Moment, Words


class PackReleased(
    Message,
    code="police.pack_released",
    text=_(
        "Huhang: what you asked for (request %(code)s) opens once at %(link)s with the code that was said on the call."
    ),
    channels=("email",),
    life_safety=True,
):
    code: Code
    link: Link


class RequestEscalated(
    Message,
    code="police.request_escalated",
    text=_("Huhang: police request %(code)s was escalated two minutes ago and is not decided."),
    life_safety=True,
):
    code: Code


class StationChanges(
    Message,
    code="police.station_changes",
    text=_(
        "Huhang: another telephone number or address was entered for %(station)s. It counts from %(at)s. If this was not you, call %(line)s now."
    ),
    channels=("email", "voice"),
):
    station: Words
    at: Moment
    line: Words
