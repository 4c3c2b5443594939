"""The red team (D4+): shows presentation attacks to the face check in force, as drivers' phones send them, and once each
time somebody alive, who has to pass: a check that refuses everybody refuses attacks too.

Its print is the drawn portrait of somebody who does not exist, so no real face is used. What came of each stands in the
journal; the board reads it (M03).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from core import audit, policy
from core.actors import SYSTEM
from core.errors import DomainError
from core.reader.errors import ReaderBusy
from core.transactions import begins_transaction
from drivers import board_selectors, policies
from drivers.vision import faces, liveness, solidity
from drivers.vision.attacks import Attack, Print, attacker, print_of, print_with
from drivers.vision.heads import Living, head_of
from drivers.vision.liveness import Verdict
from drivers.vision.poses import Pose, shares
from drivers.vision.solids import AWAY, Solid

FACE = 0.45  # of the portrait's width
CALM = 0.3  # of how much more or less somebody follows: who is alive here is no hard case
ROUND = timedelta(days=7)  # within which each kind has its turn many times
PORTRAIT = Path(__file__).parent.parent / "portraits" / "driver.jpg"


@dataclass(frozen=True, slots=True)
class Tried:
    """The verdict of a whole check, or, where its frames cannot be `read`, the code of why."""

    verdict: str
    read: bool

    @property
    def passed(self) -> bool:
        return self.read and self.verdict == Verdict.PASSED


def try_attacks(at: datetime, *, attacks: int = 2) -> None:
    """Somebody alive, and the attacks that were shown longest ago, each against a challenge of its own."""
    _record_control(at, try_control(np.random.default_rng(secrets.randbits(64))))
    for attack in next_attacks(at, attacks):
        _record_attack(at, attack, try_attack(attack, np.random.default_rng(secrets.randbits(64))))


def next_attacks(at: datetime, count: int) -> list[Attack]:
    """All kinds in turn: those not shown lately first, then those shown longest ago."""
    shown = board_selectors.attacks_shown(at - ROUND)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(Attack, key=lambda each: shown[each.value].at if each.value in shown else never)[:count]


def try_attack(attack: Attack, chance: np.random.Generator) -> Tried:
    return _try(attacker(attack, _sheet(), _head(), chance).photo)


def try_control(chance: np.random.Generator) -> Tried:
    return _try(Living(_head(), chance, loose=CALM).photo)


def _try(photo: Callable[[Pose, float], bytes]) -> Tried:
    moves = policy.value(policies.FACE_MOVES)
    challenge = liveness.new_challenge(moves.steps)
    shown = [photo(pose, share) for pose in challenge for share in shares(pose)]
    demands = policy.value(policies.FACE_DEMANDS)
    try:
        clip = faces.read_clip(shown, demands, sides=[0] * len(shown))
    except ReaderBusy:
        raise
    except DomainError as unreadable:
        return Tried(unreadable.code, read=False)
    rest = iter(clip)
    steps = [list(islice(rest, len(shares(pose)))) for pose in challenge]
    # Enrolled by its own first frame: what is tried is whether a picture passes for its person.
    enrolled = [steps[0][0].face.vector]
    return Tried(liveness.judge(challenge, steps, enrolled, policies.bands(), moves).verdict.value, read=True)


def _sheet() -> Print:
    return print_of(PORTRAIT.read_bytes(), FACE)


@lru_cache(maxsize=1)
def _head() -> Solid:
    """The head of the portrait, with an average one's depths where its own points lie. Raises as `faces.read_clip`."""
    content = PORTRAIT.read_bytes()
    # By the first demands: those in force are what is tried.
    (seen,) = faces.read_clip([content], faces.Demands(), sides=[0])
    return head_of(print_with(content, seen.points[:, :2]), solidity.head()[:, 2], AWAY)


def _record_attack(at: datetime, attack: Attack, tried: Tried) -> None:
    if not tried.read:
        action = "drivers.attack_unread"
    else:
        action = "drivers.attack_passed" if tried.passed else "drivers.attack_refused"
    _keep_trial(at, action, attack.value, tried)


def _record_control(at: datetime, tried: Tried) -> None:
    _keep_trial(
        at,
        "drivers.living_passed" if tried.passed else "drivers.living_refused",
        board_selectors.LIVING,
        tried,
    )


@begins_transaction
def _keep_trial(at: datetime, action: str, subject: str, tried: Tried) -> None:
    audit.record(SYSTEM, action, subject, at=at, verdict=tried.verdict)
