"""What two phones say about a 'not boarded', a cancel or an early end (R6): pure, over both trails. No I/O.

Who says 'not boarded' is not simply believed, and a silent phone is never proof that she left. Only her own later
positions, away from the car, say that both have parted; that she is safe needs her own answer besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core import sentences
from core.sentences import Fact, facts
from rides.geometry import distance
from rides.states import PhonesSay
from rides.trails import Fix

NEAR = 200.0  # metres: within this the phones are together
APART = 300.0  # metres: beyond this they are not
MOVED = 300.0  # metres that phones travel together before it is called so
WITHIN = 90.0  # seconds between two positions that are compared
LEAST_SPAN = 60.0  # seconds over which her own positions must show her elsewhere


@dataclass(frozen=True, slots=True)
class Truth:
    """What the phones say, and from which figures."""

    says: PhonesSay
    facts: Mapping[str, Fact]

    @property
    def why(self) -> str:
        """The figures in the reader's language."""
        return sentences.say(self.facts)


sentences.declare(
    "truth.silent", _("no positions of her phone; the car went %(metres)s"), metres=sentences.metres
)
sentences.declare("truth.together", _("together for %(metres)s"), metres=sentences.metres)
sentences.declare(
    "truth.apart",
    _("%(metres)s apart, for %(seconds)s"),
    metres=sentences.metres,
    seconds=sentences.seconds,
)
sentences.declare(
    "truth.unclear",
    _("%(hers)s positions of her phone, %(his)s of the car's"),
    hers=sentences.number,
    his=sentences.number,
)


def what_was_true(passenger: list[Fix], driver: list[Fix], since: float) -> Truth:
    """What both trails (by time) say about the time after `since`, in Unix seconds."""
    hers = [fix for fix in passenger if fix.at > since]
    his = [fix for fix in driver if fix.at > since]
    if not hers:
        moved = _travelled(his)
        return Truth(PhonesSay.SILENT, facts("truth.silent", metres=moved))
    gaps = [
        (fix, distance((fix.latitude, fix.longitude), (other.latitude, other.longitude)))
        for fix in hers
        if (other := _nearest_in_time(his, fix.at)) is not None
    ]
    together = [fix for fix, gap in gaps if gap <= NEAR]
    if _travelled(together) >= MOVED:
        return Truth(PhonesSay.TOGETHER, facts("truth.together", metres=_travelled(together)))
    apart = [(fix, gap) for fix, gap in gaps if gap >= APART]
    if apart and apart[-1][0] == gaps[-1][0] and apart[-1][0].at - apart[0][0].at >= LEAST_SPAN:
        seconds = apart[-1][0].at - apart[0][0].at
        return Truth(PhonesSay.APART, facts("truth.apart", metres=apart[-1][1], seconds=seconds))
    return Truth(PhonesSay.UNCLEAR, facts("truth.unclear", hers=len(hers), his=len(his)))


def _nearest_in_time(fixes: list[Fix], at: float) -> Fix | None:
    best = min(fixes, key=lambda fix: abs(fix.at - at), default=None)
    return best if best and abs(best.at - at) <= WITHIN else None


def _travelled(fixes: list[Fix]) -> float:
    """Metres between the two ends of the span in which the fixes lie farthest from the first one."""
    if not fixes:
        return 0.0
    first = (fixes[0].latitude, fixes[0].longitude)
    return max(distance(first, (fix.latitude, fix.longitude)) for fix in fixes)
