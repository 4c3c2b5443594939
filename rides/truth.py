"""What two phones say about a 'not boarded', a cancel or an early end (R6): pure, over both trails. No I/O.

Who says 'not boarded' is not simply believed, and a silent phone is never proof that she left. Only her own later
positions, away from the car, say that both have parted; that she is safe needs her own answer besides.
"""

from dataclasses import dataclass

from rides.geometry import distance, in_words
from rides.policies import PhoneLimits
from rides.states import PhonesSay
from rides.trails import Fix


@dataclass(frozen=True, slots=True)
class Truth:
    """What the phones say, and from which figures."""

    says: PhonesSay
    why: str


def what_was_true(passenger: list[Fix], driver: list[Fix], since: float, limits: PhoneLimits) -> Truth:
    """What both trails (by time) say about the time after `since`, in Unix seconds."""
    hers = [fix for fix in passenger if fix.at > since]
    his = [fix for fix in driver if fix.at > since]
    if not hers:
        moved = _travelled(his)
        return Truth(PhonesSay.SILENT, f"0 positions of her phone; the car went {in_words(moved)}")
    gaps = [
        (fix, distance((fix.latitude, fix.longitude), (other.latitude, other.longitude)))
        for fix in hers
        if (other := _nearest_in_time(his, fix.at, limits.within)) is not None
    ]
    together = [fix for fix, gap in gaps if gap <= limits.near]
    if _travelled(together) >= limits.moved:
        return Truth(PhonesSay.TOGETHER, f"together for {in_words(_travelled(together))}")
    apart = [(fix, gap) for fix, gap in gaps if gap >= limits.apart]
    if apart and apart[-1][0] == gaps[-1][0] and apart[-1][0].at - apart[0][0].at >= limits.least_span:
        seconds = apart[-1][0].at - apart[0][0].at
        return Truth(PhonesSay.APART, f"{in_words(apart[-1][1])} apart, for {seconds:.0f} s")
    return Truth(PhonesSay.UNCLEAR, f"{len(hers)} positions of her phone, {len(his)} of the car's")


def _nearest_in_time(fixes: list[Fix], at: float, within: float) -> Fix | None:
    best = min(fixes, key=lambda fix: abs(fix.at - at), default=None)
    return best if best and abs(best.at - at) <= within else None


def _travelled(fixes: list[Fix]) -> float:
    """Metres between the two ends of the span in which the fixes lie farthest from the first one."""
    if not fixes:
        return 0.0
    first = (fixes[0].latitude, fixes[0].longitude)
    return max(distance(first, (fix.latitude, fix.longitude)) for fix in fixes)
