"""What other values of the rules of drivers would have done to face checks (`core.policy.simulation`)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.policy import simulation
from core.policy.simulation import Simulation, simulated
from drivers.policies import (
    FACE_ACCEPT,
    FACE_CHALLENGE_LIFE,
    FACE_DEMANDS,
    FACE_MOVES,
    FACE_TOKEN_LIFE,
)

_CHECKS: dict[str, Any] = {
    "key": "f.id",
    "at": "f.asked_at",
    "city": "''",
    "line": "''",
}
_OF_CHECKS = (
    "FROM drivers_facecheck f JOIN drivers_driver d ON d.id = f.driver_id"
    " JOIN accounts_account p ON p.id = d.account_id WHERE NOT p.is_drill AND NOT f.by_video"
)

simulated(
    Simulation(
        policy=FACE_ACCEPT,
        passed_only=True,
        of=_("face checks that passed"),
        counts=_("checks that do not pass"),
        # A check that failed may have failed by its movements: what more likeness would have made of it nobody knows.
        rows=f"{_OF_CHECKS} AND f.state = 'passed' AND f.score IS NOT NULL",
        columns={"score": "f.score"},
        rule=lambda accept, rows: rows["score"] < accept,
        **_CHECKS,
    )
)
simulated(
    Simulation(
        policy=FACE_TOKEN_LIFE,
        passed_only=True,
        of=_("face checks that opened something"),
        counts=_("checks that are too old for it"),
        rows=f"{_OF_CHECKS} AND f.token_used_at IS NOT NULL AND f.decided_at IS NOT NULL",
        columns={"age": "extract(epoch FROM f.token_used_at) - extract(epoch FROM f.decided_at)"},
        rule=lambda seconds, rows: rows["age"] > seconds,
        **_CHECKS,
    )
)
simulated(
    Simulation(
        policy=FACE_CHALLENGE_LIFE,
        passed_only=True,
        of=_("face checks that were answered"),
        counts=_("answers that come too late"),
        rows=f"{_OF_CHECKS} AND f.decided_at IS NOT NULL AND f.state <> 'expired'",
        columns={"took": "extract(epoch FROM f.decided_at) - extract(epoch FROM f.asked_at)"},
        rule=lambda seconds, rows: rows["took"] > seconds,
        **_CHECKS,
    )
)
simulation.never(
    _(
        "It is measured on named sets of pictures instead (docs/faces.md); the frames of those who passed are not kept."
    ),
    FACE_MOVES,
    FACE_DEMANDS,
)
