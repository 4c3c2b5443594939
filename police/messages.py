"""What stations and the executive on duty are told."""

from django.utils.translation import gettext_lazy as _

from core.messages.catalogue import Code, Link, Message, Moment, Time, Words


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
    text=_(
        "Huhang: police request %(code)s was escalated at %(at)s and is not decided. Please decide it now."
    ),
    channels=("voice", "sms"),
    life_safety=True,
):
    """To the executive on duty, again and again until somebody decided."""

    code: Code
    at: Time


class WasThisYours(
    Message,
    code="police.was_this_yours",
    text=_(
        "Huhang: at %(at)s an officer of your station asked for a release at once (request %(code)s). Was it yours? Answer here: %(link)s"
    ),
    channels=("email", "sms"),
    life_safety=True,
):
    code: Code
    at: Moment
    link: Link


class WasThisYoursSpoken(
    Message,
    code="police.was_this_yours_spoken",
    text=_(
        "Huhang: at %(at)s an officer of your station asked for a release at once, request %(code)s. If it was not yours, call %(line)s now."
    ),
    channels=("voice",),
    life_safety=True,
):
    code: Code
    at: Moment
    line: Words


class NotTheirs(
    Message,
    code="police.not_theirs",
    text=_(
        "Huhang: at %(at)s a station said that police request %(code)s was not theirs. The officer is suspended and the pack closed. Look at it now: %(link)s"
    ),
    channels=("voice", "sms"),
    life_safety=True,
):
    code: Code
    at: Moment
    link: Link


class DataWereRead(
    Message,
    code="police.data_were_read",
    text=_(
        "Huhang: on %(at)s data about a trip of yours were given to the police, as the law provides. What it was and who read it: %(link)s"
    ),
):
    at: Moment
    link: Link


class CodeMade(
    Message,
    code="police.code_made",
    text=_(
        "Huhang: at %(at)s a code was made in your account with which a case of yours can be opened once. Was it not you? Take it back: %(link)s"
    ),
):
    """Says nothing of the police: whoever is beside her may read it."""

    at: Moment
    link: Link


class CodeUsed(
    Message,
    code="police.code_used",
    text=_("Huhang: the code that you made was used at %(at)s. Who used it: %(link)s"),
):
    at: Moment
    link: Link


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


class PapersAwaited(
    Message,
    code="police.papers_awaited",
    text=_(
        "Huhang: the written request to what we gave your station (request %(code)s) is not here yet. It is due at %(at)s. Questions: %(line)s."
    ),
    channels=("email",),
):
    code: Code
    at: Moment
    line: Words


class OfficerEnds(
    Message,
    code="police.officer_ends",
    text=_(
        "Huhang: the time of the liaison officer %(code)s ends at %(at)s. Your station is called about them again; to have it done now, call %(line)s."
    ),
    channels=("email", "sms"),
):
    code: Code
    at: Moment
    line: Words
