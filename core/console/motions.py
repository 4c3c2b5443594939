"""The second half of motions in the console: a desk for each page that lists some (`core.motions`)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import motions
from core.actions import ActionSet, Given, Offer, Refusal, Step, Text, by_two
from core.models import Motion, MotionState

if TYPE_CHECKING:
    from accounts.models import Account


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that waits, as a page draws it."""

    motion: Motion
    label: Text
    said: Sequence[tuple[Text, str]]
    offers: list[Offer[Motion]]


def _decides(*, agrees: bool) -> Callable[[Motion, "Account", Given], Text | None]:
    def run(motion: Motion, person: "Account", _given: Given) -> Text | None:
        said = motions.decide(account=person, code=motion.code, agrees=agrees)
        return said or (_("Agreed, and done.") if agrees else pgettext_lazy("motion", "Withdrawn."))

    return run


def desk(
    kind: str, *, permission: str, kinds: Collection[str], route: str, back: Callable[[Motion], str]
) -> ActionSet[Motion]:
    """The actions with motions of these kinds; all of them ask for the same permission."""
    found: ActionSet[Motion] = ActionSet(
        kind=kind,
        find=lambda code, _person: motions.by_code(code, kinds),
        route=route,
        back=back,
        why_not=motions.against,
        listed=True,
    )
    found.add(
        *by_two(
            motions.PAIR.key,
            permission,
            None,
            Step("agree", _("Agree: do it"), _decides(agrees=True)),
            Step("withdraw", pgettext_lazy("motion", "Withdraw"), _decides(agrees=False)),
            proposal=lambda row: row.moved_by if row.state == MotionState.MOVED else None,
        )
    )
    return found


def shown(
    desk: ActionSet[Motion],
    kinds: Collection[str],
    person: "Account",
    refusal: Refusal | None = None,
    subject: str | None = None,
    code: str | None = None,
) -> list[Waiting]:
    """What waits at a desk, with what may be done about it; of one `subject` or with one `code` alone where it is given."""
    return [
        Waiting(
            row,
            motions.KINDS[row.kind].label,
            motions.KINDS[row.kind].says(motions.KINDS[row.kind].given(row)),
            desk.offers(row, person, refusal),
        )
        for row in motions.waiting(kinds)
        if (subject is None or row.subject == subject) and (code is None or row.code == code)
    ]
