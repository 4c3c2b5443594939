"""What the red team finds about faces goes through the journal to the board (D4+, M03)."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from core import clock, policy
from core.models import AuditEntry
from core.tests.factories import set_policy
from drivers.board_selectors import Shown, attacks_shown, living_shown
from drivers.policies import FACE_DEMANDS, FACE_MOVES
from drivers.services import redteam
from drivers.services.redteam import Tried, try_attacks
from drivers.vision.attacks import Attack
from drivers.vision.faces import Demands
from drivers.vision.liveness import Moves
from governance.measures import check_measure, measures
from governance.states import Status

pytestmark = pytest.mark.long


def said_of_faces():
    measure = next(row for row in measures() if row.id == "M03")
    found = check_measure(measure).found
    with override("en"):
        return found.status, str(found.evidence)


def test_a_check_that_is_weakened_shows_in_the_journal_and_turns_the_board_red(world, monkeypatch):
    """No bound of a policy lets photos pass; one that did would be seen."""
    for name in ("apart", "nearing"):
        monkeypatch.setitem(FACE_MOVES.kind.kinds, name, policy.Real(-9.0, 9.0))
    set_policy(FACE_MOVES, Moves(apart=0.0, nearing=-9.0))
    monkeypatch.setattr(redteam, "next_attacks", lambda *_given: [Attack.STILLS_9])
    try_attacks(clock.now())
    assert AuditEntry.objects.filter(action="drivers.attack_passed", subject="stills_9").exists()
    status, said = said_of_faces()
    assert status == Status.FAIL and "stills_9" in said


def test_a_check_that_refuses_everybody_is_no_check(world, noon):
    set_policy(FACE_DEMANDS, Demands(light=120, certain=0.95, height=400))
    try_attacks(clock.now())
    lines = AuditEntry.objects.filter(action__startswith="drivers.attack_")
    assert {line.action for line in lines} == {"drivers.attack_unread"}
    assert {each.read for each in attacks_shown(clock.now()).values()} == {None}
    assert not living_shown(clock.now())[0]
    status, said = said_of_faces()
    assert status == Status.FAIL and "alive" in said and "could be read" in said


def test_an_unread_picture_leaves_the_verdict_before_it(world, noon, monkeypatch):
    """Absence is not innocence: who passed has passed until somebody was refused."""
    came = iter([Tried("passed", read=True), Tried("no_face", read=False)])
    monkeypatch.setattr(redteam, "try_attack", lambda *_given: next(came))
    monkeypatch.setattr(redteam, "try_control", lambda *_given: Tried("passed", read=True))
    monkeypatch.setattr(redteam, "next_attacks", lambda *_given: [Attack.BENT_X])
    for _hour in range(2):
        noon.shift(3600)
        try_attacks(clock.now())
    assert attacks_shown(clock.now() - timedelta(days=1))["bent_x"].read == Shown.PASSED
    assert said_of_faces()[0] == Status.FAIL
