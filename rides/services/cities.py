"""Cities, their places, and lines that begin in them (R1). A city alone carries nobody: one person adds it; a line takes two."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, clock, live, motions
from core.errors import InvalidInput, NotFound
from core.formats import moment
from core.models import Motion
from core.permissions import require
from core.transactions import begins_transaction
from rides.errors import CityExists, LineExists, LineSuspendedEverywhere
from rides.models import City, KnownPlace, LineInCity
from rides.selectors import city_by_code, line_in_city, stops_ahead, was_suspended_everywhere
from rides.states import Line, LineState

if TYPE_CHECKING:
    from accounts.models import Account

PLAN = "cities.plan"
live.moves("lines", "rides.city_", "rides.place_")


@begins_transaction
def add_city(
    *, account: "Account", code: str, name_zh: str, name_en: str, middle: tuple[float, float], radius: int
) -> City:
    """A city in which lines may begin; `middle` is latitude and longitude, WGS-84, `radius` in metres.

    Raises `Forbidden`, `InvalidInput`, `CityExists`.
    """
    require(account, PLAN)
    if not (1_000 <= radius <= 300_000):
        raise InvalidInput("radius_km")
    try:
        with transaction.atomic():
            city = City.objects.create(
                code=code,
                name_zh=name_zh,
                name_en=name_en,
                latitude=middle[0],
                longitude=middle[1],
                radius=radius,
            )
    except IntegrityError:
        raise CityExists("code") from None
    audit.record(account.actor, "rides.city_added", code)
    return city


@begins_transaction
def add_place(
    *, account: "Account", city: str, name_zh: str, name_en: str, at: tuple[float, float]
) -> KnownPlace:
    """A place of a city that people choose by name; `at` is latitude and longitude. Raises `Forbidden`, `NotFound`."""
    require(account, PLAN)
    place = KnownPlace.objects.create(
        city=city_by_code(city), name_zh=name_zh, name_en=name_en, latitude=at[0], longitude=at[1]
    )
    audit.record(account.actor, "rides.place_added", city, place=place.pk)
    return place


@dataclass(frozen=True, slots=True)
class Opening:
    """A line that is to begin in a city, with the company's permit for it (准入许可); at once where `at` is None."""

    line: Line
    city: str
    permit_number: str
    permit_until: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """The permit that a line goes on with."""

    number: str
    until: date


def _check_permit(number: str, until: date, field: str) -> None:
    if not number.strip():
        raise InvalidInput("permit_number")
    if until < timezone.localtime(clock.now()).date():
        raise InvalidInput(field)


def _check_opening(_subject: str, given: Opening) -> None:
    city = city_by_code(given.city)
    _check_permit(given.permit_number, given.permit_until, "permit_until")
    if line_in_city(given.line, city) is not None:
        raise LineExists("line")
    elsewhere = LineInCity.objects.filter(line=given.line)
    going = elsewhere.exclude(state=LineState.SUSPENDED).exclude(suspends_at__lte=clock.now())
    if elsewhere.exists() and not going.exists():
        raise LineSuspendedEverywhere("line")


def _begins_as(line: str) -> LineState:
    """A line that was suspended everywhere, once, goes through the relaunch gate in a city where it never ran as well."""
    return LineState.SUSPENDED if was_suspended_everywhere(line) else LineState.RUNNING


def _open(_motion: Motion, given: Opening, person: "Account") -> None:
    city, now = city_by_code(given.city), clock.now()
    try:
        with transaction.atomic():
            LineInCity.objects.create(
                line=given.line,
                city=city,
                state=_begins_as(given.line),
                since=now,
                suspends_at=stops_ahead(given.line, city.code),
                starts_at=given.at if given.at and given.at > now else None,
                permit_number=given.permit_number,
                permit_until=given.permit_until,
            )
    except IntegrityError:
        raise LineExists("line") from None
    audit.record(person.actor, "rides.line_opened", f"{given.line}:{given.city}", permit=given.permit_number)


def _says_how(line: str) -> list[tuple[motions.Text, str]]:
    if _begins_as(line) == LineState.RUNNING:
        return []
    said = _("suspended at first: it was suspended everywhere once, and the relaunch gate lets it run")
    return [(pgettext_lazy("opening", "begins"), str(said))]


OPENING = motions.declare(
    motions.Kind(
        key="rides.opening",
        label=_("A line that begins in a city"),
        permission=PLAN,
        page="rides_console:cities",
        shape=Opening,
        check=_check_opening,
        carry=_open,
        says=lambda given: [
            (pgettext_lazy("opening", "line"), str(Line(given.line).label)),
            (pgettext_lazy("opening", "city"), given.city),
            (pgettext_lazy("opening", "from"), moment(given.at) if given.at else str(_("at once"))),
            (pgettext_lazy("opening", "permit"), given.permit_number),
            (pgettext_lazy("opening", "permit valid until"), moment(given.permit_until, "date")),
            *_says_how(given.line),
        ],
    )
)


def _line(subject: str) -> LineInCity:
    """The line in a city that `hitch:wenzhou` names. Raises `NotFound`."""
    line, _colon, city = subject.partition(":")
    found = LineInCity.objects.filter(line=line, city__code=city).first()
    if found is None:
        raise NotFound("line")
    return found


def _check_new_permit(subject: str, given: Permit) -> None:
    _line(subject)
    _check_permit(given.number, given.until, "permit_until")


def _write_permit(motion: Motion, given: Permit, person: "Account") -> None:
    row = _line(motion.subject)
    LineInCity.objects.filter(pk=row.pk).update(permit_number=given.number, permit_until=given.until)
    audit.record(person.actor, "rides.line_permitted", motion.subject, permit=given.number)


PERMIT = motions.declare(
    motions.Kind(
        key="rides.permit",
        label=_("A new permit of a line"),
        permission=PLAN,
        page="rides_console:cities",
        shape=Permit,
        check=_check_new_permit,
        carry=_write_permit,
        says=lambda given: [
            (pgettext_lazy("opening", "permit"), given.number),
            (pgettext_lazy("opening", "permit valid until"), moment(given.until, "date")),
        ],
    )
)
KINDS = frozenset({OPENING.key, PERMIT.key})
