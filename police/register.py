"""The register of stations and their officers (P1, P4): two people enter each, so that nobody makes a police force alone."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.staffing import check_number, set_up_said, take_on
from core import audit, clock, live, motions, policy, typed
from core.errors import InvalidInput, NotFound
from core.formats import moment
from core.models import Motion
from core.permissions import LIAISON
from core.privacy import mask_name, mask_phone
from police.errors import StationExists
from police.models import Agency, Officer
from police.policies import OFFICER_UNTIL
from police.selectors import agency_by_code

if TYPE_CHECKING:
    from accounts.models import Account

REGISTER = "stations.register"
_CHANNEL = re.compile(r"\+?[0-9][0-9 -]{1,18}")  # also a short one, such as 110
live.moves("stations", "police.station_", "police.officer_")


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the public register has it. `country` is ISO 3166."""

    code: str
    name_zh: str
    name_en: str
    published_phone: str
    registered_email: str
    country: str


@dataclass(frozen=True, slots=True)
class Liaison:
    """A liaison officer who is to be let in, until the end of a day."""

    agency: str
    name: str
    phone: str
    badge: str
    until: date


@dataclass(frozen=True, slots=True)
class Until:
    """Until the end of which day an officer is let in from now on."""

    until: date


def _check_station(subject: str, given: Station) -> None:
    """`subject` is the code of a station whose entry changes, empty for a new one."""
    if not _CHANNEL.fullmatch(given.published_phone):
        raise InvalidInput("published_phone")
    if not re.fullmatch(r"[A-Z]{2}", given.country):
        raise InvalidInput("country")
    if subject:
        if given.code != agency_by_code(subject).code:
            raise InvalidInput("code")
    elif Agency.objects.filter(code=given.code).exists():
        raise StationExists("code")


def _write_station(motion: Motion, given: Station, person: "Account") -> None:
    fields = {
        "name_zh": given.name_zh,
        "name_en": given.name_en,
        "published_phone": given.published_phone,
        "registered_email": given.registered_email,
        "country": given.country,
    }
    if motion.subject:
        Agency.objects.filter(code=motion.subject).update(**fields)
    else:
        try:
            with transaction.atomic():
                Agency.objects.create(code=given.code, **fields)
        except IntegrityError:
            raise StationExists("code") from None
    audit.record(person.actor, "police.station_registered", given.code, phone=given.published_phone)


STATION = motions.declare(
    motions.Kind(
        key="police.station",
        label=_("A police station of the register"),
        permission=REGISTER,
        page="police_console:stations",
        shape=Station,
        check=_check_station,
        carry=_write_station,
        says=lambda given: [
            (pgettext_lazy("station", "short name"), given.code),
            (pgettext_lazy("station", "name"), f"{given.name_zh} {given.name_en}"),
            (pgettext_lazy("station", "published number"), given.published_phone),
            (pgettext_lazy("station", "registered address"), given.registered_email),
            (pgettext_lazy("station", "country"), given.country),
        ],
    )
)


def _check_until(until: date) -> None:
    today = timezone.localtime(clock.now()).date()
    if not today <= until <= today + policy.span(OFFICER_UNTIL):
        raise InvalidInput("until")


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), timezone.get_default_timezone())


def _check_officer(_subject: str, given: Liaison) -> None:
    if (
        agency_by_code(given.agency).country != "CN"
    ):  # only authorities of the country are answered (PIPL art. 41)
        raise InvalidInput("agency")
    if not given.badge.strip():
        raise InvalidInput("badge")
    _check_until(given.until)
    typed.phone.read_mobile(given.phone)
    check_number(given.phone)


def _take_on(_motion: Motion, given: Liaison, person: "Account") -> str:
    account, code = take_on(actor=person.actor, name=given.name, phone=given.phone, role=LIAISON)
    Officer.objects.create(
        account=account,
        agency=agency_by_code(given.agency),
        badge_number=given.badge.strip(),
        expires_at=_end_of(given.until),
    )
    audit.record(person.actor, "police.officer_registered", account.code, agency=given.agency)
    return set_up_said(account, code)


OFFICER = motions.declare(
    motions.Kind(
        key="police.officer",
        label=_("A liaison officer"),
        permission=REGISTER,
        page="police_console:stations",
        shape=Liaison,
        check=_check_officer,
        carry=_take_on,
        says=lambda given: [
            (pgettext_lazy("officer", "station"), given.agency),
            (pgettext_lazy("officer", "name"), mask_name(given.name)),
            (pgettext_lazy("officer", "phone"), mask_phone(given.phone)),
            (pgettext_lazy("officer", "badge number"), f"***{given.badge[-3:]}"),
            (pgettext_lazy("officer", "let in until"), moment(given.until, "date")),
        ],
    )
)


def officer_by_code(code: str) -> Officer:
    """By the code of the account. Raises `NotFound`."""
    found = Officer.objects.select_related("account", "agency").filter(account__code=code).first()
    if found is None:
        raise NotFound
    return found


def officers() -> list[Officer]:
    """All, suspended ones and those whose time is over too."""
    return list(Officer.objects.select_related("account", "agency").order_by("agency", "pk"))


def _check_longer(subject: str, given: Until) -> None:
    officer_by_code(subject)
    _check_until(given.until)


def _let_in_longer(motion: Motion, given: Until, person: "Account") -> None:
    Officer.objects.filter(account__code=motion.subject).update(expires_at=_end_of(given.until))
    audit.record(person.actor, "police.officer_let_in_until", motion.subject, until=given.until.isoformat())


LONGER = motions.declare(
    motions.Kind(
        key="police.officer_until",
        label=_("A liaison officer, let in until another day"),
        permission=REGISTER,
        page="police_console:stations",
        shape=Until,
        check=_check_longer,
        carry=_let_in_longer,
        says=lambda given: [(pgettext_lazy("officer", "let in until"), moment(given.until, "date"))],
    )
)
KINDS = frozenset({STATION.key, OFFICER.key, LONGER.key})
