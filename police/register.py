"""The register of stations and their officers (P1, P4): two people enter each, so that nobody makes a police force alone."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, DateTimeField, ExpressionWrapper, F, Q, QuerySet, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pypinyin import lazy_pinyin

from accounts.staffing import check_number, set_up_said, take_on
from core import audit, clock, jobs, live, motions, policy, typed
from core.actors import SYSTEM
from core.errors import InvalidInput, NotFound
from core.formats import moment
from core.messages import outbox
from core.models import Motion
from core.permissions import LIAISON, require
from core.privacy import mask_name, mask_phone
from core.transactions import begins_transaction
from police import messages
from police.errors import NotThePublishedNumber, StationExists
from police.models import Agency, Officer
from police.policies import CALL_BACK_HOLDS, END_TOLD, OFFICER_UNTIL, REVIEW_GRACE, STATION_WAITS
from police.selectors import agency_by_code
from police.states import AgencyKind, OfficerState, Tier

if TYPE_CHECKING:
    from accounts.models import Account

REGISTER = "stations.register"
_CHANNEL = re.compile(r"\+?[0-9][0-9 -]{1,18}")  # also a short one, such as 110
_CALLED_WITHIN = timedelta(days=1)  # of a call-back: what is older is called anew
live.moves("stations", "police.station", "police.officer_")


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the public register has it. `country` is ISO 3166."""

    code: str
    name_zh: str
    name_en: str
    published_phone: str
    registered_email: str
    country: str
    kind: str = AgencyKind.POLICE


@dataclass(frozen=True, slots=True)
class Liaison:
    """A liaison officer who is to be let in, until the end of a day."""

    agency: str
    name: str
    phone: str
    badge: str
    until: date


@dataclass(frozen=True, slots=True)
class Called:
    """Who was reached at the published number of an officer's station, when, and what tier follows. `head` is the name of
    the head of the station, who confirmed the officer, for tier 3."""

    tier: int
    number: str
    called_at: datetime
    head: str = ""


@dataclass(frozen=True, slots=True)
class Until:
    """Until the end of which day an officer is let in from now on."""

    until: date


def searchable(code: str, name_zh: str, name_en: str) -> str:
    """The words by which a station is found: its names, and the Chinese one in pinyin and by its first letters."""
    syllables = lazy_pinyin(name_zh, errors="ignore")
    initials = "".join(each[0] for each in syllables)
    words = (code, name_zh, name_en, "".join(syllables), initials)
    return " ".join(typed.text.fold(word) for word in words)[:600]


def _check_station(subject: str, given: Station) -> None:
    """`subject` is the code of a station whose entry changes, empty for a new one. Raises `InvalidInput`, `StationExists`."""
    check_entry(given)
    if subject:
        if given.code != agency_by_code(subject).code:
            raise InvalidInput("code")
    elif Agency.objects.filter(code=given.code).exists():
        raise StationExists("code")
    if Agency.objects.filter(name_zh=given.name_zh).exclude(code=given.code).exists():
        raise StationExists("name_zh")


def check_entry(given: Station) -> None:
    """What can be told of an entry alone. Raises `InvalidInput`."""
    if not _CHANNEL.fullmatch(given.published_phone):
        raise InvalidInput("published_phone")
    if not re.fullmatch(r"[A-Z]{2}", given.country):
        raise InvalidInput("country")
    if given.kind not in AgencyKind.values:
        raise InvalidInput("kind")


def _write_station(motion: Motion, given: Station, person: "Account") -> None:
    if motion.subject:
        change_station(agency_by_code(motion.subject), given, person, motion.code)
        return
    try:
        with transaction.atomic():
            Agency.objects.create(
                code=given.code,
                published_phone=given.published_phone,
                registered_email=given.registered_email,
                **plain_of(given),
            )
    except IntegrityError:
        raise StationExists("code") from None
    audit.record(person.actor, "police.station_registered", given.code, phone=given.published_phone)


def plain_of(given: Station) -> dict[str, str]:
    """What of an entry leads nobody anywhere, and counts at once."""
    return {
        "name_zh": given.name_zh,
        "name_en": given.name_en,
        "country": given.country,
        "kind": given.kind,
        "search": searchable(given.code, given.name_zh, given.name_en),
    }


def change_station(agency: Agency, given: Station, person: "Account", source: str) -> None:
    """Names count at once; another number or address is told to the old one now, and counts when its time has come.

    Whoever holds a stolen account of ours could else make a station of a telephone of their own (P1+).
    """
    at = clock.now()
    phone = given.published_phone if given.published_phone != agency.published_phone else ""
    email = given.registered_email if given.registered_email != agency.registered_email else ""
    coming_at = at + policy.span(STATION_WAITS) if phone or email else None
    Agency.objects.filter(pk=agency.pk).update(
        coming_phone=phone, coming_email=email, coming_at=coming_at, **plain_of(given)
    )
    audit.record(
        person.actor,
        "police.station_changed",
        agency.code,
        phone=phone,
        email=email,
        counts=str(coming_at or ""),
    )
    if coming_at:
        _tell_the_old(agency, given.name_zh, coming_at, source)


def _tell_the_old(agency: Agency, name: str, coming_at: datetime, source: str) -> None:
    told = messages.StationChanges(station=name, at=coming_at, line=settings.LIAISON_LINE)
    to = [("email", agency.registered_email)]
    with suppress(
        InvalidInput
    ):  # a short number of the public register, such as 110, is not rung by a machine
        to.append(("voice", typed.phone.read(agency.published_phone)))
    for channel, whom in to:
        outbox.queue(
            told,
            key=f"station-changes:{source}:{agency.code}:{channel}",
            channel=channel,
            to=whom,
            language="zh-hans",
            subject=agency.code,
        )


@begins_transaction
def stop_change(*, account: "Account", code: str, reason: str) -> None:
    """One person stops another number or address of a station before it counts: the old one said that it is not theirs.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    require(account, REGISTER)
    if not reason.strip():
        raise InvalidInput("reason")
    agency = Agency.objects.select_for_update().filter(code=code).first()
    if agency is None or agency.coming_at is None:
        raise NotFound
    Agency.objects.filter(pk=agency.pk).update(coming_phone="", coming_email="", coming_at=None)
    audit.record(account.actor, "police.station_change_stopped", code, why=reason.strip()[:200])


def _changes_due(at: datetime, limit: int) -> list[int]:
    return list(
        Agency.objects.filter(coming_at__lte=at).order_by("coming_at").values_list("pk", flat=True)[:limit]
    )


@begins_transaction
def _let_count(pk: int, at: datetime) -> bool:
    agency = Agency.objects.select_for_update().filter(pk=pk, coming_at__lte=at).first()
    if agency is None:
        return False
    phone, email = agency.coming_phone, agency.coming_email
    Agency.objects.filter(pk=pk).update(
        published_phone=phone or agency.published_phone,
        registered_email=email or agency.registered_email,
        coming_phone="",
        coming_email="",
        coming_at=None,
    )
    audit.record(SYSTEM, "police.station_change_counts", agency.code, phone=phone, email=email)
    return True


CHANGES = jobs.rows(
    "police.station_changes",
    _("letting another number or address of a station count"),
    due=_changes_due,
    act=_let_count,
    key=int,
)


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
            (pgettext_lazy("agency", "kind"), str(AgencyKind(given.kind).label)),
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


def officers_of(stations: Iterable[Agency]) -> list[Officer]:
    """All of these stations, suspended ones and those whose time is over too."""
    rows = Officer.objects.select_related("account", "agency").filter(agency__in=list(stations))
    return list(rows.order_by("agency", "pk")[:300])


def _ends() -> Least:
    """When an officer's entry or call-back ends, whichever comes first (`police.policies.review_due`)."""
    called = Greatest("called_back_at", "head_confirmed_at")
    review = ExpressionWrapper(called + policy.span(CALL_BACK_HOLDS), output_field=DateTimeField())
    return Least("expires_at", review)


def _untold() -> Q:
    """Nobody was told of this end (`police.policies.unreviewed_from`): never, or of an earlier one."""
    earlier = Q(end_told_at__lt=F("ends") - policy.span(END_TOLD))
    other = Q(end_told_at__lt=F("called_back_at")) | Q(end_told_at__lt=F("head_confirmed_at"))
    return Q(end_told_at=None) | earlier | other


def officers_that_end(at: datetime) -> QuerySet[Any]:
    """Officers who are let in, and whose entry or call-back (`ends`) ends soon, or is over for less than the grace after they
    were told; those that end next first, then who is over the longest. Nobody can do anything about others but enter them anew."""
    rows: QuerySet[Any] = Officer.objects.select_related("account", "agency").annotate(ends=_ends())
    rows = rows.filter(
        state=OfficerState.ACTIVE, account__is_drill=False, ends__lte=at + policy.span(END_TOLD)
    )
    kept = at - policy.span(REVIEW_GRACE)
    told_late = Q(end_told_at__gt=kept, expires_at__gt=at)
    rows = rows.filter(Q(ends__gt=kept) | told_late | (_untold() & Q(expires_at__gt=at)))
    return rows.order_by(Case(When(ends__gt=at, then=0), default=1), "ends", "pk")


def officers_to_review(at: datetime) -> list[tuple[Officer, datetime]]:
    """Whose station is to be called again now or soon, or who is to be let in longer, with the day (P1)."""
    return [(row, row.ends) for row in officers_that_end(at)[:300]]


def _to_tell(at: datetime) -> QuerySet[Any]:
    """Also of an end that came before anybody was told: their grace runs from now."""
    return officers_that_end(at).filter(_untold())


@begins_transaction
def _tell_of_end(pk: int, at: datetime) -> bool:
    """The station at its registered address, and the officer."""
    Officer.objects.select_for_update().filter(pk=pk).first()
    officer = _to_tell(at).filter(pk=pk).first()
    if officer is None:
        return False
    Officer.objects.filter(pk=pk).update(end_told_at=at)
    # A call-back that is over already ends nothing before the grace is over, which begins now.
    late = min(officer.expires_at, at + policy.span(REVIEW_GRACE))
    ends = officer.ends if officer.ends > at else late
    told = messages.OfficerEnds(code=officer.account.code, at=ends, line=settings.LIAISON_LINE)
    ways = (
        ("email", officer.agency.registered_email, "zh-hans"),
        ("sms", officer.account.phone, officer.account.language),
    )
    for channel, to, language in ways:
        outbox.queue(
            told,
            key=f"officer-ends:{officer.account.code}:{officer.ends:%Y%m%d}:{channel}",
            channel=channel,
            to=to,
            language=language,
            subject=officer.account.code,
        )
    audit.record(SYSTEM, "police.officer_told_of_end", officer.account.code, ends=officer.ends.isoformat())
    return True


ENDS = jobs.rows(
    "police.officers_that_end",
    _("telling stations of officers whose time ends"),
    due=lambda at, limit: list(_to_tell(at).values_list("pk", flat=True)[:limit]),
    act=_tell_of_end,
    key=int,
)


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


def _check_called(subject: str, given: Called) -> None:
    officer = officer_by_code(subject)
    if given.tier not in {Tier.CALLED_BACK, Tier.CONFIRMED}:
        raise InvalidInput("tier")
    if _figures(given.number) != _figures(officer.agency.published_phone):
        raise NotThePublishedNumber("number")
    if not clock.now() - _CALLED_WITHIN <= given.called_at <= clock.now():
        raise InvalidInput("called_at")
    if given.tier == Tier.CONFIRMED and not given.head.strip():
        raise InvalidInput("head")


def _figures(number: str) -> str:
    return re.sub(r"\D", "", number)


def _raise_tier(motion: Motion, given: Called, person: "Account") -> None:
    officer = officer_by_code(motion.subject)
    found = {
        "tier": given.tier,
        "called_back_at": given.called_at,
        "called_back_by": motion.moved_by,
        "called_back_number": officer.agency.published_phone,
    }
    if given.tier == Tier.CONFIRMED:
        found |= {"head_confirmed_at": given.called_at, "head": given.head.strip()}
    Officer.objects.filter(pk=officer.pk).update(**found)
    audit.record(
        person.actor,
        "police.officer_called_back",
        motion.subject,
        by=motion.moved_by,
        number=officer.agency.published_phone,
        tier=given.tier,
    )


CALLED = motions.declare(
    motions.Kind(
        key="police.officer_tier",
        label=_("A liaison officer who was called back at the published number"),
        permission=REGISTER,
        page="police_console:stations",
        shape=Called,
        check=_check_called,
        carry=_raise_tier,
        says=lambda given: [
            (pgettext_lazy("officer", "tier"), str(Tier(given.tier).label)),
            (pgettext_lazy("officer", "number called back"), given.number),
            (pgettext_lazy("officer", "called back at"), moment(given.called_at)),
            (pgettext_lazy("officer", "name of the head"), mask_name(given.head) if given.head else "—"),
        ],
    )
)
