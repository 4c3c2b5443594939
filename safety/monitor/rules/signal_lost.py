"""A phone that was not heard for long while somebody is aboard (S5)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import span
from safety.monitor.declare import (
    GONE,
    PARTY,
    Kind,
    Moment,
    Once,
    Rule,
    closeness,
    limit,
    trip_column,
)

SILENCE = limit(
    "silence",
    policy.declare(
        "safety.silence",  # S5
        policy.Span(30, 3_600),
        180,
        name=pgettext_lazy("policy name", "Silent phone"),
        about=_("A phone that is silent for longer is lost."),
    ),
)
SILENCE_AWAY = limit(
    "silence_away",
    policy.declare(
        "safety.silence_away",  # R9
        policy.Span(60, 7_200),
        900,
        name=pgettext_lazy("policy name", "Silent phone in the background"),
        about=_("A phone whose page said that it goes to the background is lost after this time."),
    ),
)
CLOSENESS = trip_column("signal_lost.closeness", closeness)


def look(now: Moment) -> tuple[bool, tuple[float]]:
    """Silent since it was last heard, or since the trip began."""
    allowed = now.limits[SILENCE_AWAY] if now.mine[GONE] > 0 else now.limits[SILENCE]
    return now.silent > allowed / now.trip[CLOSENESS], (now.silent,)


RULE = Rule(
    key="signal_lost",
    kind=Kind("signal_lost", _("a phone went silent"), weight=30),
    on_tick=look,
    figures=("seconds",),
    once=Once.FOR_PHONE,
    detail=lambda facts: str(facts["party"]),
    says=_("the %(party)s's phone silent for %(seconds)s"),
    forms={"seconds": span, "party": PARTY},
)
