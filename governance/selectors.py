"""Reads of the board: what the last round found, and what was found in the last days. Nothing is checked here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as noop

from core import clock, formats
from governance import evidence
from governance.evidence import line
from governance.measures import Checked, Found, Measure, has_check, measures
from governance.models import MeasureResult, MeasureState, Waiver
from governance.states import Breaker, Status

# A round is due each minute. What was not checked for so long is not known: a job that did not run shows nothing.
ZONE = ZoneInfo("Asia/Shanghai")
STALE_AFTER = timedelta(minutes=10)
NEVER = line("never_checked", noop("It was not checked yet."))
STALE = line(
    "stale",
    noop("It was last checked at %(at)s: what is true now is not known."),
    at=lambda at: formats.moment(datetime.fromisoformat(at)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measure as pages show it: `state` is what the last round kept, None where there was none."""

    checked: Checked
    state: MeasureState | None
    waiver: Waiver | None = None

    @property
    def measure(self) -> Measure:
        return self.checked.measure

    @property
    def found(self) -> Found:
        return self.checked.found

    @property
    def since(self) -> datetime | None:
        return self.state.since if self.state else None

    @property
    def seen_at(self) -> datetime | None:
        """When it was checked; None where it never was."""
        never = any(each.get("rule") == NEVER.rule for each in self.found.facts)
        return None if never else self.checked.checked_at

    @property
    def breaker(self) -> Breaker:
        return Breaker(self.state.breaker) if self.state else Breaker.UNTRIED

    @property
    def breaker_seen(self) -> str:
        """What the check saw when its promise was broken on purpose, in the reader's language; the marked rows unnamed."""
        seen = self.state.breaker_seen if self.state and self.breaker == Breaker.TURNED else []
        return evidence.told([evidence.unnamed(each) for each in seen])


def histories(*, days: int = 30) -> dict[str, list[MeasureResult]]:
    """What each measure was in the last days, oldest first, by the measure's id."""
    found: dict[str, list[MeasureResult]] = {}
    since = clock.now() - timedelta(days=days)
    for row in MeasureResult.objects.filter(checked_at__gte=since).order_by("checked_at"):
        found.setdefault(row.measure, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a measure's history: the worst that it was, None where nothing was written down."""

    day: datetime
    status: Status | None

    @property
    def label(self) -> str:
        return str(self.status.label) if self.status else ""


_WORST = (Status.FAIL, Status.NONE, Status.PROGRESS, Status.PASS)


def days_of(history: Sequence[MeasureResult], at: datetime, *, days: int = 30) -> list[Day]:
    """The worst state of each of the last days, in China's time, oldest first. A state lasts until the next was found."""
    local = at.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    last: Status | None = None
    for number in range(days - 1, -1, -1):
        begin = midnight - timedelta(days=number)
        rows = [row for row in history if begin <= row.checked_at < begin + timedelta(days=1)]
        of_day = {Status(row.status) for row in rows} | ({last} if last else set())
        found.append(Day(begin, next((each for each in _WORST if each in of_day), None)))
        last = Status(rows[-1].status) if rows else last
    return found


def last_board(*, waivers: bool = True) -> list[Row]:
    """Every measure as the last round found it; what was not checked lately is not known, and says so."""
    at = clock.now()
    known = {row.measure: row for row in MeasureState.objects.all()}
    if not waivers:
        return [_row(measure, known.get(measure.id), None, at) for measure in measures()]
    waived = {
        row.measure: row for row in Waiver.objects.filter(begins_at__lte=at, ends_at__gt=at).order_by("pk")
    }
    return [_row(measure, known.get(measure.id), waived.get(measure.id), at) for measure in measures()]


def _row(measure: Measure, state: MeasureState | None, waiver: Waiver | None, at: datetime) -> Row:
    if state is None:
        return Row(Checked(measure, Found(Status.NONE, (NEVER(),)), at), None, waiver)
    found = Found(Status(state.status), tuple(state.facts), state.share)
    if at - state.checked_at > STALE_AFTER and found.status != Status.FAIL:
        said = STALE(at=state.checked_at.isoformat())
        found = Found(Status.NONE, (said, *found.facts), found.share)
    return Row(Checked(measure, found, state.checked_at, seconds=state.seconds), state, waiver)


def waivers_of(measure: str) -> list[Waiver]:
    """All waivers of a measure, newest first."""
    return list(Waiver.objects.filter(measure=measure).order_by("-pk"))


def untried() -> list[str]:
    """Measures with a check, whose breaker has not turned them red the last time, or was not tried yet."""
    proven = set(MeasureState.objects.filter(breaker=Breaker.TURNED).values_list("measure", flat=True))
    return [row.id for row in measures() if has_check(row.id) and row.id not in proven]
