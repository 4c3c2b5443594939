"""What other values of the rules of safety would have done to trips and incidents (`core.policy.simulation`)."""

from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from core import danger, policy
from core.policy import simulation
from core.policy.simulation import Column, Columns, Simulation, simulated
from safety.policies import ANSWER_WITHIN, OWNED_WITHIN, TAKEN_WITHIN, THRESHOLD, WEIGHTS
from safety.states import SignalKind

_OF_TRIP = (
    "JOIN rides_trip t ON t.id = s.trip_id JOIN rides_city c ON c.id = t.city_id"
    " JOIN accounts_account p ON p.id = t.passenger_id WHERE NOT p.is_drill"
)
_SIGNALS: dict[str, Any] = {
    "of": _("trips with signals"),
    "counts": _("trips whose points reach the threshold"),
    "key": "s.trip_id",
    "at": "s.at",
    "city": "c.code",
    "line": "t.line",
}


def _signals(figures: str) -> str:
    return (
        f"FROM (SELECT trip_id, min(at) AS at, {figures} FROM safety_signal WHERE trip_id IS NOT NULL GROUP BY trip_id) s"  # noqa: S608 - ours
        f" {_OF_TRIP}"
    )


simulated(
    Simulation(
        policy=THRESHOLD,
        rows=_signals("sum(score) AS score"),
        columns={"score": "s.score"},
        rule=lambda threshold, rows: rows["score"] >= threshold,
        **_SIGNALS,
    )
)
_COUNTED = ", ".join(f"count(*) FILTER (WHERE kind = '{kind}') AS {kind}" for kind in SignalKind.values)


def _reach(weights: dict[str, int], rows: Columns) -> Column:
    score = np.zeros(len(rows["id"]))
    for kind in SignalKind.values:
        score += weights[kind] * rows[kind]
    return score >= policy.value(THRESHOLD)


simulated(
    Simulation(
        policy=WEIGHTS,
        rows=_signals(_COUNTED),
        columns={kind: f"s.{kind}" for kind in SignalKind.values},
        rule=_reach,
        **_SIGNALS,
    )
)
simulated(
    Simulation(
        policy=ANSWER_WITHIN,
        passed_only=True,
        of=_("“Are you all right?” that was answered"),
        counts=_("answers that come too late"),
        rows=f"FROM safety_safetyquestion s {_OF_TRIP} AND s.answer NOT IN ('', 'none') AND s.answered_at IS NOT NULL",
        key="s.id",
        at="s.asked_at",
        city="c.code",
        line="t.line",
        columns={"took": "extract(epoch FROM s.answered_at) - extract(epoch FROM s.asked_at)"},
        rule=lambda seconds, rows: rows["took"] > seconds,
    )
)


def _taken(sos: str) -> dict[str, Any]:
    return {
        "of": _("incidents"),
        "counts": _("incidents that are taken too late, or by nobody"),
        "rows": (
            "FROM safety_incident s LEFT JOIN rides_trip t ON t.id = s.trip_id LEFT JOIN rides_city c ON c.id = t.city_id"
            f" WHERE NOT s.drill AND {sos}"
        ),
        "key": "s.id",
        "at": "s.opened_at",
        "city": "coalesce(c.code, '')",
        "line": "coalesce(t.line, '')",
        # Who was not taken was waited for without end: a silence is no proof that it was in time.
        "columns": {
            "took": "coalesce(extract(epoch FROM s.taken_at) - extract(epoch FROM s.opened_at), 1e9)"
        },
        "rule": lambda seconds, rows: rows["took"] > seconds,
    }


simulated(Simulation(policy=TAKEN_WITHIN, **_taken("s.has_sos")))
simulated(Simulation(policy=OWNED_WITHIN, **_taken("NOT s.has_sos")))
simulation.never(
    _("What people wrote is sealed, and read for no trial. Try the words on the page of the danger words."),
    danger.DANGER_WORDS,
    danger.SURENESS,
)
