"""Why these measures together let a line run: one claim, what it rests on, and the live evidence of each (G1+).

A branch is as good as its worst leaf. A measure belongs to the branch of its first requirement, so that none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from governance.selectors import Row
from governance.states import Status

BRANCHES: dict[str, str | Promise] = {
    "D": _("Who drives is who was vetted, in the car that was registered"),
    "R": _("The ride is what was agreed, and nobody is picked or left in the night"),
    "S": _("Whoever calls for help gets it, and silence is noticed"),
    "C": _("What people complain about stops harm, and who was harmed is cared for"),
    "P": _("The police get at once what may save somebody, and nobody else gets it"),
    "A": _("What is known of people stays theirs"),
    "G": _("What we promise can be checked by anybody"),
}
_WORST = (Status.FAIL, Status.NONE, Status.PROGRESS, Status.PASS)


@dataclass(frozen=True, slots=True)
class Branch:
    """One claim below the first one, with the measures it rests on."""

    key: str
    label: str | Promise
    rows: Sequence[Row]

    @property
    def status(self) -> Status:
        return worst([row.found.status for row in self.rows])


def worst(states: Sequence[Status]) -> Status:
    """The worst of several; nothing is no evidence."""
    return next((each for each in _WORST if each in states), Status.NONE)


def tree(rows: Sequence[Row]) -> list[Branch]:
    """The branches, each with its leaves. Raises `KeyError` for a measure that belongs to none."""
    found: dict[str, list[Row]] = {key: [] for key in BRANCHES}
    for row in rows:
        found[row.measure.requirements[0][0]].append(row)
    return [Branch(key, BRANCHES[key], leaves) for key, leaves in found.items() if leaves]
