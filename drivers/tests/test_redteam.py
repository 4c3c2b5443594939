"""The red team shows pictures to the check in force and writes down what came of it (D4+)."""

import pytest

from core import clock
from core.models import AuditEntry
from drivers.board_selectors import attacks_shown
from drivers.services.redteam import try_attacks
from drivers.states import ATTACKS
from drivers.vision.attacks import Attack

pytestmark = pytest.mark.long


def test_each_attack_is_shown_to_the_whole_check_and_stands_in_the_journal(world):
    try_attacks(clock.now())
    lines = AuditEntry.objects.filter(action__startswith="drivers.attack_")
    assert lines.count() == 2
    assert len(set(lines.values_list("subject", flat=True))) == 2
    assert {line.action for line in lines} == {"drivers.attack_refused"}
    assert not {line.facts["verdict"] for line in lines} & {"passed", ""}
    assert {passed for passed, _at in attacks_shown(clock.now()).values()} == {False}


def test_each_kind_of_picture_has_its_words():
    assert ATTACKS.keys() == {str(attack) for attack in Attack}
