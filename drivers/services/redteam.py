"""The red team (D4+): shows presentation attacks to the face check in force, as drivers' phones send them.

Its print is the drawn portrait of somebody who does not exist, so no real face is used. What came of each attack stands
in the journal; the board reads it (M03).
"""

import secrets
from datetime import datetime
from pathlib import Path

import numpy as np

from core import audit, policy
from core.actors import SYSTEM
from core.errors import DomainError
from core.reader.errors import ReaderBusy
from core.transactions import begins_transaction
from drivers import policies
from drivers.vision import faces, liveness
from drivers.vision.attacks import Attack, Forger, photographed, print_of
from drivers.vision.liveness import Verdict

FRAMES = 2  # of each pose, as the page sends them
FACE = 0.45  # of the portrait's width
PORTRAIT = Path(__file__).parent.parent / "portraits" / "driver.jpg"


def try_attacks(at: datetime, *, attacks: int = 2) -> None:
    """Some attacks, by chance and each of another kind, against challenges of their own."""
    for attack in secrets.SystemRandom().sample(list(Attack), attacks):
        _record(at, attack, try_attack(attack, np.random.default_rng(secrets.randbits(64))))


def try_attack(attack: Attack, chance: np.random.Generator) -> str:
    """The verdict of a whole check, or the code of why its frames cannot be read."""
    moves = policy.value(policies.FACE_MOVES)
    challenge = liveness.new_challenge(moves.steps)
    forger = Forger(attack, print_of(PORTRAIT.read_bytes(), FACE), chance)
    shown = [photographed(forger.frame(pose), chance) for pose in challenge for _frame in range(FRAMES)]
    demands = policy.value(policies.FACE_DEMANDS)
    try:
        clip = faces.read_clip(shown, demands, sides=[0] * len(shown))
    except ReaderBusy:
        raise
    except DomainError as unreadable:
        return unreadable.code
    steps = [clip[first : first + FRAMES] for first in range(0, len(clip), FRAMES)]
    # Enrolled by its own first frame: what is tried is whether a picture passes for its person.
    enrolled = [steps[0][0].face.vector]
    return liveness.judge(challenge, steps, enrolled, policies.bands(), moves).verdict.value


@begins_transaction
def _record(at: datetime, attack: Attack, verdict: str) -> None:
    audit.record(
        SYSTEM,
        "drivers.attack_passed" if verdict == Verdict.PASSED else "drivers.attack_refused",
        attack.value,
        at=at,
        verdict=verdict,
    )
