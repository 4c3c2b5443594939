"""What two phones say about a 'not boarded', a cancel or an early end (R6): pure, over both trails. No I/O.

Who says 'not boarded' is not simply believed, and a silent phone is never proof that she left. Only her own later
positions, away from the car, say that both have parted; that she is safe needs her own answer besides.
"""

from dataclasses import asdict, dataclass
from typing import Any, assert_never

from django.utils.translation import gettext as _

from core import formats, timeline
from rides.geometry import distance
from rides.policies import PhoneLimits
from rides.states import PhonesSay
from rides.trails import Fix


@dataclass(frozen=True, slots=True)
class Truth:
    """What the phones say, and from which figures: metres and seconds of what is said, positions of her phone and the
    car's."""

    says: PhonesSay
    metres: float = 0.0
    seconds: float = 0.0
    hers: int = 0
    his: int = 0

    @property
    def why(self) -> str:
        """The figures, in the reader's language."""
        match self.says:
            case PhonesSay.SILENT:
                text = _("No position of her phone; the car went %(way)s.")
            case PhonesSay.TOGETHER:
                text = _("Together for %(way)s.")
            case PhonesSay.APART:
                text = _("%(way)s apart, for %(time)s.")
            case PhonesSay.UNCLEAR:
                text = _("Positions of her phone: %(hers)s; of the car's: %(his)s.")
            case _ as never:
                assert_never(never)
        facts = {"way": formats.distance(self.metres), "time": formats.span(self.seconds)}
        return text % (facts | {"hers": self.hers, "his": self.his})

    @property
    def facts(self) -> dict[str, Any]:
        """As a line of the timeline holds it."""
        return asdict(self) | {"says": self.says.value}


def told(facts: dict[str, Any]) -> str:
    """A line's fact in the reader's language: what the phones say, and why."""
    truth = Truth(**facts | {"says": PhonesSay(facts["says"])})
    return _("%(what)s. %(why)s") % {"what": truth.says.label, "why": truth.why}


timeline.forms(truth=told)


def reconcile_phones(passenger: list[Fix], driver: list[Fix], since: float, limits: PhoneLimits) -> Truth:
    """What both trails (by time) say about the time after `since`, in Unix seconds."""
    hers = [fix for fix in passenger if fix.at > since]
    his = [fix for fix in driver if fix.at > since]
    if not hers:
        return Truth(PhonesSay.SILENT, _travelled(his), his=len(his))
    gaps = [
        (fix, distance((fix.latitude, fix.longitude), (other.latitude, other.longitude)))
        for fix in hers
        if (other := _nearest_in_time(his, fix.at, limits.within)) is not None
    ]
    together = [fix for fix, gap in gaps if gap <= limits.near]
    if _travelled(together) >= limits.moved:
        return Truth(PhonesSay.TOGETHER, _travelled(together), hers=len(hers), his=len(his))
    apart = [(fix, gap) for fix, gap in gaps if gap >= limits.apart]
    if apart and apart[-1][0] == gaps[-1][0] and apart[-1][0].at - apart[0][0].at >= limits.least_span:
        seconds = apart[-1][0].at - apart[0][0].at
        return Truth(PhonesSay.APART, apart[-1][1], seconds, len(hers), len(his))
    return Truth(PhonesSay.UNCLEAR, hers=len(hers), his=len(his))


def _nearest_in_time(fixes: list[Fix], at: float, within: float) -> Fix | None:
    best = min(fixes, key=lambda fix: abs(fix.at - at), default=None)
    return best if best and abs(best.at - at) <= within else None


def _travelled(fixes: list[Fix]) -> float:
    """Metres between the two ends of the span in which the fixes lie farthest from the first one."""
    if not fixes:
        return 0.0
    first = (fixes[0].latitude, fixes[0].longitude)
    return max(distance(first, (fix.latitude, fix.longitude)) for fix in fixes)
