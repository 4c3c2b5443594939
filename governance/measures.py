"""What was promised, claimed or learned in 2018, and the live check of each (G1).

`measures.json` holds the texts. A check is a function registered for a measure's id: it runs against the system and
its data and says pass, fail or how much is left, with evidence. A measure without one is red and says what is missing.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import structlog
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import clock, policy
from governance.states import Status

log = structlog.get_logger()
DATE = re.compile(r"\d{4}-\d\d-\d\d")
WORDS = {
    "platform": _("the whole platform"),
    "hitch": _("hitch"),
    "express": _("express"),
    "premier": _("premier"),
    "luxury": _("luxury"),
    "relaunch": _("before a relaunch"),
    "open": _("no date"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the board."""

    id: str
    kind: str
    scope: str
    date: str
    due: str
    requirements: tuple[str, ...]
    zh: str
    en: str

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.zh if (get_language() or "").startswith("zh") else self.en

    @property
    def scope_label(self) -> str:
        return ", ".join(str(WORDS.get(word, word)) for word in self.scope.split(", "))

    @property
    def due_label(self) -> str:
        """A date, or what it waits for."""
        return str(WORDS.get(self.due, self.due))


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found. `share` is done, from 0 to 1, where that means something."""

    status: Status
    evidence: str | Promise
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A measure with what its check found, and when. `broken` says that the check itself failed."""

    measure: Measure
    found: Found
    checked_at: datetime
    broken: bool = False


Check = Callable[[datetime], Found]
_checks: dict[str, Check] = {}


def live_check(measure_id: str) -> Callable[[Check], Check]:
    """Register the live check of a measure. Raises `ValueError` for no measure of ours, and for a second check of one."""
    if measure_id in _checks or measure_id not in {row.id for row in measures()}:
        raise ValueError(f"{measure_id}: no such measure, or a check that it has already")

    def register(check: Check) -> Check:
        _checks[measure_id] = check
        return check

    return register


@lru_cache(maxsize=1)
def measures() -> tuple[Measure, ...]:
    """All measures, in the order of their ids. Raises `ValueError` for a scope or time that no reader is told."""
    found = json.loads((Path(__file__).parent / "measures.json").read_text())["measures"]
    rows = tuple(Measure(**(row | {"requirements": tuple(row["requirements"])})) for row in found)
    for row in rows:
        unknown = {*row.scope.split(", "), row.due} - set(WORDS)
        if any(not DATE.fullmatch(word) for word in unknown):
            raise ValueError(f"{row.id}: {', '.join(sorted(unknown))}")
    return rows


@policy.read_once()
def check_measure(measure: Measure) -> Checked:
    """Run one check now. A check that breaks is a measure that could not be checked, which is never green."""
    at = clock.now()
    check = _checks.get(measure.id)
    if check is None:
        missing = ", ".join(measure.requirements)
        return Checked(measure, Found(Status.FAIL, _no_check(missing)), at)
    try:
        return Checked(measure, check(at), at)
    except Exception as why:  # whatever broke, the promise is not shown to hold
        log.exception("governance.check_broke", measure=measure.id)
        said = str(_("It could not be checked: %(why)s. The log says where.")) % {"why": type(why).__name__}
        return Checked(measure, Found(Status.FAIL, said), at, broken=True)


def _no_check(requirements: str) -> str:
    return str(_("Not built yet: %(requirements)s. There is no live check that could show it.")) % {
        "requirements": requirements
    }


def has_check(measure_id: str) -> bool:
    return measure_id in _checks


@policy.read_once()
def check_all() -> list[Checked]:
    """Run every check now."""
    return [check_measure(measure) for measure in measures()]
