"""The least that the rules in force may say, of each measure that rests on them (G1, G5).

A check counts what happened by the rule of its day: whoever lets a rule say less would keep the promise green. So each such
rule stands here with the least that was promised, and its measure is red as long as less is in force, whatever happened.
What nobody promised in a figure, such as the limits of the monitor, may be tuned to half as strict; beyond it is off.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_noop as noop

from core import policy
from core.danger import SEVERE
from core.danger.lists import phrases
from core.typed.text import fold
from governance import evidence
from safety.states import PushCause, SignalKind

DAY = 86_400  # seconds
Least = Callable[[Any], bool]  # whether a value is as strict as what was promised, or stricter

LESS = evidence.fault(
    "less_than_promised", noop("A rule in force says less than was promised: %(rules)s"), rules=policy.title
)


def at_most(limit: float) -> Least:
    return lambda value: value is not None and value <= limit


def at_least(limit: float) -> Least:
    return lambda value: value is not None and value >= limit


def has_all(*wanted: str) -> Least:
    return lambda value: {str(each) for each in value} >= {str(each) for each in wanted}


ALONE = 70  # points: what opens an incident of high risk by itself


def opens_alone(*kinds: SignalKind) -> Least:
    """Each of these signals opens an incident of high risk by itself."""
    return lambda weights: all(weights[kind] >= ALONE for kind in kinds)


def _law_bars(rules: Mapping[str, str]) -> bool:
    """Records that bar by the Interim Measures of 2016 (art. 14), beside those that no rule lifts."""
    return all(
        rules[each] == "refuse" for each in ("traffic_crime", "dangerous_driving", "drugs", "drink_driving")
    )


def _none_is_off(weights: Mapping[str, int]) -> bool:
    return all(weights.values())


def _grave_in_ten_minutes(levels: Mapping[str, Mapping[str, Any]]) -> bool:
    first = levels["severe"]["answer"]
    return first.seconds <= 600 and first.hours == "always" and not first.pause


# What a list of dangers has to hear by itself, whatever the weights of words say beside it.
HEARD = ("救命", "他锁车门不让我下车", "他拿刀指着我", "帮我报警", "help me")


def _hears(lists: Mapping[str, list[str]]) -> bool:
    """No pile of harmless phrases hides them either."""
    return all(any(level == SEVERE for level, _said in phrases(fold(said), lists)) for said in HEARD)


_MONITOR: dict[str, Least] = {
    "safety.stop_seconds": at_most(600),
    "safety.stop_metres": at_least(50),
    "safety.off_route_metres": at_most(1_000),
    "safety.off_route_seconds": at_most(60),
    "safety.overlong_factor": at_most(4.0),
    "safety.overlong_seconds": at_most(2_400),
    "safety.silence": at_most(360),
    "safety.silence_away": at_most(1_800),
    "safety.together_metres": at_least(100),
    "safety.meeting_metres": at_least(50),
    "safety.after_cancel_metres": at_most(600),
    "safety.after_end_metres": at_most(2_000),
    "safety.away_metres": at_most(1_800),
    "safety.away_share": at_most(0.3),
    "safety.remote_metres": at_most(6_000),
    "safety.ended_far_metres": at_most(4_000),
    "safety.ended_far_share": at_most(0.5),
}
_RESTS: dict[str, dict[str, Least]] = {
    "M07": {"drivers.screened_within": at_most(365 * DAY), "drivers.offence_rules": _law_bars},
    "M09": {"safety.weights": opens_alone(SignalKind.MISMATCH), "drivers.plate_marks": at_most(3)},
    "M13": {"safety.called_back_within": at_most(60), "safety.sos_taken_within": at_most(10)},
    "M24": {"complaints.service_levels": _grave_in_ten_minutes},
    "M26": {
        "safety.cancel_alert_within": at_most(60),
        "safety.police_after": at_most(180),
        "safety.police_limit": at_most(600),
        "safety.incident_threshold": at_most(ALONE),
        "safety.weights": lambda value: opens_alone(SignalKind.CANCEL_ABOARD)(value) and _none_is_off(value),
        **_MONITOR,
    },
    "M27": {"safety.weights": opens_alone(SignalKind.WELFARE_CHECK)},
    "M28": {"police.form_within": at_most(60), "police.phone_within": at_most(300)},
    "M29": {"core.danger_words": _hears, "core.danger_sureness": lambda sure: sure[SEVERE] <= 0.9},
    "M32": {"governance.night_assessed_within": at_most(183 * DAY)},
    "M30": {"drivers.plate_certainty": at_least(0.75), "drivers.plate_marks": at_most(3)},
    # Chance and a pause after a declined request are what keeps owners from picking: half as strict is still that.
    "R2+": {
        "rides.hitch_lot_within": at_least(0.05),
        "rides.hitch_declines": at_most(6),
        "rides.hitch_next_after": at_least(30),
    },
    "S3+": {
        "safety.sos_taken_within": at_most(10),
        "safety.owned_within": at_most(60),
        "police.form_within": at_most(60),
        "complaints.next_on_call": at_most(40),
    },
    "P5+": {"police.letter_half_within": at_most(600), "police.letter_within": at_most(3_600)},
    "P7+": {"police.preserved_for": at_least(60)},
    "P10": {"police.unusual_times": at_most(6)},
    "P3a": {"police.identity_within": at_most(300)},
    "P12": {
        "safety.pushed_to_110": has_all(PushCause.SOS, PushCause.DANGER),
        "safety.incident_threshold": at_most(ALONE),
        "safety.weights": opens_alone(SignalKind.SOS, SignalKind.ASKED_FOR_HELP),
    },
}


def _rule(key: str) -> policy.Policy[Any]:
    """Raises `ValueError`, which stops the start, for a rule that this release does not have."""
    found = policy.of_key(key)
    if found is None:
        raise ValueError(f"a measure rests on {key}, which is no rule")
    return found


def rests_on() -> Iterator[tuple[str, policy.Policy[Any], Least]]:
    """Each measure, a rule that it rests on, and the least that was promised."""
    for measure, rules in _RESTS.items():
        for key, least in rules.items():
            yield measure, _rule(key), least


def refuse_less() -> None:
    """Raises `ValueError` where a rule as it is declared says less than was promised, or is none."""
    for measure, rule, least in rests_on():
        if not least(rule.default):
            raise ValueError(f"{measure}: {rule.key} is declared to say less than was promised")


def less_than_promised(measure: str) -> list[evidence.Facts]:
    """What is wrong with the rules in force that a measure rests on."""
    said = []
    for key, least in _RESTS.get(measure, {}).items():
        held = policy.in_force(_rule(key))
        if not least(held.value):
            said.append(held.citation)
    return [LESS(rules=", ".join(said))] if said else []
