"""From travelling speed to standing at once, and standing on: perhaps an accident (S12).

A driver who brakes for a light needs seconds from the last place at full speed to the one at which the car stands; what
stops a car at once leaves it at the next position. The rule takes the least braking that explains both positions.
"""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import number
from core.formats import span, speed
from core.policy import Unit
from safety.monitor.declare import PARTY, Again, Kind, Once, Position, Rule, limit, phone_column
from safety.monitor.rules.together import APART_METRES

SPEED = limit(
    "crash_speed",
    policy.declare(
        "safety.crash_speed",  # S12
        policy.Whole(4, 30, Unit.SPEED),
        8,
        name=pgettext_lazy("policy name", "Speed before a crash"),
        about=_("A car that stands at once after it was faster than this may have crashed."),
    ),
)
FALL = limit(
    "crash_fall",
    policy.declare(
        "safety.crash_fall",  # S12
        policy.Span(2, 15),
        5,
        name=pgettext_lazy("policy name", "Fall of speed in a crash"),
        about=_(
            "The longest time from the last position at full speed to the first one at which the car stands."
        ),
    ),
)
BRAKING = limit(
    "crash_braking",
    policy.declare(
        "safety.crash_braking",  # S12
        policy.Real(1.0, 10.0),
        3.0,
        name=pgettext_lazy("policy name", "Braking of a crash"),
        about=_(
            "Metres per second lost in each second: what less explains is how drivers brake for a light."
        ),
    ),
)
STANDS = limit(
    "crash_stands",
    policy.declare(
        "safety.crash_stands",  # S12
        policy.Span(30, 600),
        60,
        name=pgettext_lazy("policy name", "Standing after a crash"),
        about=_("A car that drives on within this time has had no crash that the monitor asks about."),
    ),
)
WANDER = 1.0  # metres between two positions of a receiver that stands
STILL = 1.5  # metres per second between two positions of a car that stands
AROUND = 25.0  # metres in which positions of a car that stands may lie
GROWS = 1.5  # times the speed of the piece before: what is faster still is a position that lies wrong
GAP = 10.0  # seconds: positions farther apart in time say nothing of how a car came to stand
# What `crash.state` holds: none, may stand since the last position, stands by two, by two that differ, told.
_NONE, _ONE, _STANDS, _STIRS, _TOLD = 0.0, 1.0, 2.0, 3.0, 4.0

BEFORE_AT = phone_column("crash.before_at", time=True)  # the position before the last one
BEFORE_X = phone_column("crash.before_x")
BEFORE_Y = phone_column("crash.before_y")
PACE = phone_column("crash.pace")  # from that one to the last one, metres per second
FAST_AT = phone_column("crash.fast_at", time=True)  # when it was last at full speed, and how fast that was
FAST_X = phone_column("crash.fast_x")
FAST_Y = phone_column("crash.fast_y")
FAST = phone_column("crash.fast")
FAST_HALF = phone_column("crash.fast_half")
STATE = phone_column("crash.state", 0.0)
SINCE = phone_column("crash.since", time=True)
STOP_X = phone_column("crash.x")
STOP_Y = phone_column("crash.y")
# From full speed to that place: that speed, seconds, metres.
FROM = phone_column("crash.from")
FELL = phone_column("crash.fell")
REACH = phone_column("crash.reach")


def look(here: Position) -> tuple[bool, tuple[float, float, float]]:
    """Once for each stop. Full speed takes two pieces that lead on, so that one position that lies wrong is none; a phone
    that says the very same place again and again, as in a tunnel, does not know it."""
    mine, limits, fires = here.mine, here.limits, False
    moved = np.sqrt((here.x - here.last_x) ** 2 + (here.y - here.last_y) ** 2)
    out = np.sqrt((here.x - mine[STOP_X]) ** 2 + (here.y - mine[STOP_Y]) ** 2)
    last_out = np.sqrt((here.last_x - mine[STOP_X]) ** 2 + (here.last_y - mine[STOP_Y]) ** 2)
    if mine[STATE] == _ONE:
        # The least braking that leads from the speed over this way within this time: it may begin late, or end early. The
        # car may have rolled on for what lies between both positions.
        rest = max(0.0, moved - WANDER)
        way, seconds = mine[REACH] + rest, mine[FELL] + np.sqrt(2.0 * rest / limits[BRAKING])
        least = mine[FROM] ** 2 / 2.0 / max(0.1, min(way, mine[FROM] * seconds - way))
        seconds = here.at - here.last_at
        at_once = least >= limits[BRAKING] and moved <= STILL * min(seconds, 4.0) and seconds <= GAP
        mine[STATE] = (_STIRS if moved > 0.0 else _STANDS) if at_once else _NONE
    elif mine[STATE] >= _STANDS and out > AROUND and last_out > AROUND:
        mine[STATE] = _NONE
    elif mine[STATE] == _STANDS and 0.0 < out <= AROUND:
        mine[STATE] = _STIRS
    # Where the other phone goes on, this one has lost its place.
    lost = np.isfinite(here.apart) and here.apart > limits[APART_METRES]
    if mine[STATE] == _STIRS and out <= AROUND and here.at - mine[SINCE] >= limits[STANDS] and not lost:
        mine[STATE] = _TOLD
        fires = True
    if mine[STATE] == _NONE:
        half = mine[FAST_HALF]
        if here.at - mine[FAST_AT] <= limits[FALL]:
            mine[STATE], mine[SINCE], mine[STOP_X], mine[STOP_Y] = _ONE, here.at, here.x, here.y
            mine[FROM], mine[FELL] = mine[FAST], here.at - mine[FAST_AT] + half
            straight = np.sqrt((here.x - mine[FAST_X]) ** 2 + (here.y - mine[FAST_Y]) ** 2)
            mine[REACH] = straight + half * mine[FAST]
        seconds, whole = here.at - here.last_at, here.at - mine[BEFORE_AT]
        through = np.sqrt((here.x - mine[BEFORE_X]) ** 2 + (here.y - mine[BEFORE_Y]) ** 2) / whole
        pace = min(moved / seconds, GROWS * min(mine[PACE], through))
        if whole <= 2.0 * GAP and pace > limits[SPEED]:
            mine[FAST_AT], mine[FAST_X], mine[FAST_Y] = here.at, here.x, here.y
            # The speed of a piece is that of its middle.
            mine[FAST], mine[FAST_HALF] = pace, seconds / 2.0
    mine[BEFORE_AT], mine[BEFORE_X], mine[BEFORE_Y] = here.last_at, here.last_x, here.last_y
    mine[PACE] = moved / (here.at - here.last_at)
    return fires, (here.at - mine[SINCE], mine[SINCE], mine[FROM] * 3.6)


RULE = Rule(
    key="crash",
    kind=Kind("crash", _("stood still at once, as in an accident"), weight=20),
    on_position=look,
    again=Again.ITSELF,
    figures=("seconds", "since", "speed"),
    once=Once.NEVER,
    # As a long stop: another one is another signal, the same seen by both phones is one.
    detail=lambda facts: f"{float(facts['since']) // 600:.0f}",
    says=_("from %(speed)s to standing at once, and standing for %(seconds)s (%(party)s's phone)"),
    forms={"seconds": span, "since": number, "speed": speed, "party": PARTY},
)
