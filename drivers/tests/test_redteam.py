"""The red team shows pictures to the check in force and writes down what came of it (D4+)."""

import numpy as np
import pytest

from core import clock
from core.models import AuditEntry
from drivers.board_selectors import Shown, attacks_shown, living_shown
from drivers.services import redteam
from drivers.services.redteam import Tried, next_attacks, try_attack, try_attacks
from drivers.states import ATTACKS
from drivers.vision.attacks import Attack

pytestmark = pytest.mark.long


def test_attacks_are_shown_to_the_whole_check_beside_somebody_alive_and_stand_in_the_journal(world):
    try_attacks(clock.now())
    lines = AuditEntry.objects.filter(action__startswith="drivers.attack_")
    assert lines.count() == 2
    assert len(set(lines.values_list("subject", flat=True))) == 2
    assert {line.action for line in lines} == {"drivers.attack_refused"}
    assert not {line.facts["verdict"] for line in lines} & {"passed", ""}
    assert {each.read for each in attacks_shown(clock.now()).values()} == {Shown.REFUSED}
    passed, _at = living_shown(clock.now())
    assert passed, AuditEntry.objects.get(subject="living").facts


def test_all_kinds_are_shown_in_turn(world, noon, monkeypatch):
    monkeypatch.setattr(redteam, "try_attack", lambda *_given: Tried("not_solid", read=True))
    monkeypatch.setattr(redteam, "try_control", lambda *_given: Tried("passed", read=True))
    seen = []
    for _hour in range(len(Attack)):
        noon.shift(3600)
        seen += next_attacks(clock.now(), 2)
        try_attacks(clock.now())
    assert seen == [*Attack, *Attack]


@pytest.mark.parametrize("attack", [Attack.STILLS_5, Attack.STILLS_9, Attack.STILLS_10, Attack.STILLS_12])
def test_photos_of_a_turned_head_are_refused_by_the_check_in_force(world, attack):
    tried = try_attack(attack, np.random.default_rng(3))
    assert tried.read and not tried.passed


def test_each_kind_of_picture_has_its_words():
    assert ATTACKS.keys() == {str(attack) for attack in Attack}
