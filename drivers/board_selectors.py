"""Reads for the rectification board: what must hold of everybody who drives."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, OuterRef, Subquery

from core import audit_selectors
from drivers.models import (
    Binding,
    Driver,
    Hold,
    MismatchReport,
    Screening,
    VettingCase,
)
from drivers.models.cases import CLEARED

# The rules in force, for whoever judges by them.
from drivers.policies import FACE_ACCEPT as FACE_ACCEPT
from drivers.policies import FACE_REFUSE as FACE_REFUSE
from drivers.policies import FACE_TOKEN_LIFE as FACE_TOKEN_LIFE
from drivers.policies import MISMATCH_REWARD as MISMATCH_REWARD
from drivers.policies import REWARD_WITHIN as REWARD_WITHIN
from drivers.policies import SCREENED_WITHIN as SCREENED_WITHIN
from drivers.states import (
    CaseKind,
    CaseOutcome,
    CaseState,
    DriverState,
    Finding,
    HoldKind,
    RewardState,
    ScreeningState,
)


@dataclass(frozen=True, slots=True)
class FleetScreening:
    """How the vetted drivers stand with the registries: counts, and codes of those who should not drive."""

    vetted: int
    screened: int
    driving_although_barred: list[str]


class Shown(StrEnum):
    """What came of a picture that the red team showed: its frames may not be readable, which says nothing of the check."""

    PASSED = "passed"
    REFUSED = "refused"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Attacked:
    """Of one kind of attack: when it was shown last, and what came of the newest that could be read (None: of none)."""

    at: datetime
    read: Shown | None
    read_at: datetime | None


LIVING = "living"  # the subject of a control's line
_READ = {"drivers.attack_passed": Shown.PASSED, "drivers.attack_refused": Shown.REFUSED}
_SHOWN = {**_READ, "drivers.attack_unread": Shown.UNREAD}


def attacks_shown(since: datetime) -> dict[str, Attacked]:
    """Each kind of presentation attack that the red team showed since then (M03)."""
    read = audit_selectors.newest_of_each(_READ, since)
    found = {}
    for kind, (_action, at) in audit_selectors.newest_of_each(_SHOWN, since).items():
        action, read_at = read.get(kind, ("", None))
        found[kind] = Attacked(at, _READ.get(action), read_at)
    return found


def living_shown(since: datetime) -> tuple[bool, datetime] | None:
    """Whether the newest clip of somebody alive, which the red team shows with its attacks, passed, and when that was."""
    newest = audit_selectors.newest_of_each(["drivers.living_passed", "drivers.living_refused"], since)
    if LIVING not in newest:
        return None
    action, at = newest[LIVING]
    return action == "drivers.living_passed", at


def answered_mismatches(trips: list[str]) -> set[str]:
    """Which of these trips have a report whose vetting case held the driver (M09)."""
    rows = dict(
        MismatchReport.objects.filter(trip__in=trips, case__isnull=False).values_list("trip", "case__code")
    )
    held = Hold.objects.filter(kind=HoldKind.MISMATCH, source__in=rows.values())
    sources = set(held.values_list("source", flat=True))
    return {trip for trip, case in rows.items() if case in sources}


def bindings_over_the_law() -> tuple[int, int, int]:
    """(open bindings, drivers with more than two vehicles, vehicles with more than three persons) (M23)."""
    rows = Binding.objects.filter(ended_at=None, driver__account__is_drill=False)
    cars = rows.values("driver").annotate(n=Count("vehicle", distinct=True)).filter(n__gt=2).count()
    persons = rows.values("vehicle").annotate(n=Count("driver", distinct=True)).filter(n__gt=3).count()
    return rows.count(), cars, persons


def fleet_screening(since: datetime) -> FleetScreening:
    """Vetted drivers, those screened since a time, and those whose newest result bars them and who are not held (M07)."""
    newest = Screening.objects.filter(driver=OuterRef("pk"), state=ScreeningState.ANSWERED).order_by(
        "-answered_at", "-pk"
    )
    rows = Driver.objects.filter(state=DriverState.VETTED, account__is_drill=False).annotate(
        result=Subquery(newest.values("verdict")[:1]), result_at=Subquery(newest.values("answered_at")[:1])
    )
    held = Hold.objects.open().filter(driver=OuterRef("pk"), kind=HoldKind.SCREENING)
    cleared = VettingCase.objects.filter(
        CLEARED, driver=OuterRef("pk"), kind=CaseKind.SCREENING, decided_at__gte=OuterRef("result_at")
    )
    loose = rows.filter(result=Finding.BAR).exclude(Exists(held)).exclude(Exists(cleared))
    return FleetScreening(
        rows.count(),
        rows.filter(result_at__gte=since).count(),
        list(loose.order_by("pk").values_list("account__code", flat=True)[:20]),
    )


def unproven_certificates() -> tuple[int, list[str]]:
    """(vetted drivers, codes of those of whom a registry never said that all three certificates are real) (M08)."""
    proven = Screening.objects.filter(driver=OuterRef("pk"), proven=True)
    vetted = Driver.objects.filter(state=DriverState.VETTED, account__is_drill=False)
    return vetted.count(), list(
        vetted.exclude(Exists(proven)).order_by("pk").values_list("account__code", flat=True)[:20]
    )


def rewards_late(before: datetime) -> tuple[int, list[str]]:
    """(confirmed mismatches with a report that earns, codes of those without a decided reward since `before`) (M11)."""
    cases = VettingCase.objects.filter(
        kind=CaseKind.MISMATCH,
        state=CaseState.DECIDED,
        proposed=CaseOutcome.BARRED,
        reports__isnull=False,
    ).distinct()
    settled = [RewardState.APPROVED, RewardState.REFUSED]
    late = cases.filter(decided_at__lt=before).exclude(reward__state__in=settled)
    return cases.count(), list(late.order_by("pk").values_list("code", flat=True)[:20])
