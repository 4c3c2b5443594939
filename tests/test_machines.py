"""Every state machine of every app: its map is complete, and `move()` does what the map says and nothing else."""

import importlib
import re
from itertools import product

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import TextChoices

from core.states import IllegalTransition, StaleState, Transitions, may_move, move

APPS = ("core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance")
MACHINES = {
    "core.Notification": "core.models:NOTIFICATION_TRANSITIONS",
    "core.Motion": "core.models:MOTION_TRANSITIONS",
    "core.Payout": "core.models:PAYOUT_TRANSITIONS",
    "accounts.RealNameCheck": "accounts.states:REAL_NAME_TRANSITIONS",
    "accounts.Guardianship": "accounts.states:GUARDIAN_TRANSITIONS",
    "drivers.Driver": "drivers.states:DRIVER_TRANSITIONS",
    "drivers.Screening": "drivers.states:SCREENING_TRANSITIONS",
    "drivers.ScreeningRun": "drivers.states:RUN_TRANSITIONS",
    "drivers.Application": "drivers.states:APPLICATION_TRANSITIONS",
    "drivers.VettingCase": "drivers.states:CASE_TRANSITIONS",
    "drivers.Appeal": "drivers.states:APPEAL_TRANSITIONS",
    "drivers.FaceCheck": "drivers.states:FACE_CHECK_TRANSITIONS",
    "drivers.PlatePhoto": "drivers.states:PLATE_PHOTO_TRANSITIONS",
    "drivers.Reward": "drivers.states:REWARD_TRANSITIONS",
    "rides.LineSuspension": "rides.states:SUSPENSION_TRANSITIONS",
    "rides.Offer": "rides.states:OFFER_TRANSITIONS",
    "rides.Payment": "rides.states:PAYMENT_TRANSITIONS",
    "rides.Proposal": "rides.states:OFFER_TRANSITIONS",
    "rides.Trip": "rides.states:TRIP_TRANSITIONS",
    "safety.Incident": "safety.states:INCIDENT_TRANSITIONS",
    "safety.PlacedCall": "safety.states:PLACED_TRANSITIONS",
    "safety.Recording": "safety.states:RECORDING_TRANSITIONS",
    "complaints.Complaint": "complaints.states:COMPLAINT_TRANSITIONS",
    "complaints.Claim": "complaints.states:CLAIM_TRANSITIONS",
    "complaints.Campaign": "complaints.states:CAMPAIGN_TRANSITIONS",
    "complaints.Statement": "complaints.states:STATEMENT_TRANSITIONS",
    "complaints.WorkSummary": "complaints.states:SUMMARY_TRANSITIONS",
    "police.PoliceRequest": "police.states:REQUEST_TRANSITIONS",
    "governance.GatePassage": "governance.states:PASSAGE_TRANSITIONS",
    "police.IdentityPart": "police.states:IDENTITY_TRANSITIONS",
}
# A column of this name that is set, not moved: the last answer, or an operator's switch. Leases move stretches.
NO_MACHINE = {"accounts.EmergencyContact", "rides.LineInCity", "drivers.ScreeningChunk", "police.Officer"}
# What a machine ends in. A state that is added and forgotten would stand here, and this test would say so.
ENDS = {
    "core.Notification": {"delivered"},
    "core.Motion": {"carried", "dropped"},
    "core.Payout": {"paid"},
    "accounts.RealNameCheck": {"verified", "refused"},
    "accounts.Guardianship": {"refused", "ended"},
    "drivers.Driver": set(),
    "drivers.Screening": {"answered"},
    "drivers.ScreeningRun": {"done"},
    "drivers.Application": {"approved"},
    "drivers.VettingCase": {"overturned"},
    "drivers.Appeal": {"granted", "rejected"},
    "drivers.FaceCheck": {"failed", "passed", "unreadable", "unsure"},
    "drivers.PlatePhoto": {"differs", "reused", "same"},
    "drivers.Reward": {"approved", "refused"},
    "rides.LineSuspension": {"carried_out", "withdrawn"},
    "rides.Offer": {"accepted", "declined", "expired", "withdrawn"},
    "rides.Payment": {"refunded"},
    "rides.Proposal": {"accepted", "declined", "expired", "withdrawn"},
    "rides.Trip": {"ended", "cancelled"},
    "safety.Incident": {"closed"},
    "safety.PlacedCall": {"connected", "failed"},
    "safety.Recording": {"destroyed"},
    "complaints.Complaint": {"merged"},
    "complaints.Claim": {"settled"},
    "complaints.Campaign": {"sent", "dropped"},
    "complaints.Statement": {"given"},
    "complaints.WorkSummary": {"answered"},
    "police.PoliceRequest": {"released", "refused"},
    "governance.GatePassage": {"done", "withdrawn", "lapsed", "fallen"},
    "police.IdentityPart": {"refused", "disowned"},
}


def map_of(label):
    module, _colon, name = MACHINES[label].partition(":")
    return getattr(importlib.import_module(module), name)


def states_of(label):
    return [value for value, _label in apps.get_model(label)._meta.get_field("state").choices]


def test_every_column_of_a_state_has_a_machine_or_a_reason_for_none():
    found = set()
    for model in apps.get_models():
        try:
            field = model._meta.get_field("state")
        except FieldDoesNotExist:
            continue
        assert field.choices, model
        found.add(model._meta.label)
    assert found == MACHINES.keys() | NO_MACHINE


def test_every_map_of_the_platform_is_walked_here():
    named = {
        f"{module}:{name}"
        for app in APPS
        for module in (f"{app}.states", f"{app}.models")
        if importlib.util.find_spec(module)
        for name, value in vars(importlib.import_module(module)).items()
        if name.endswith("_TRANSITIONS") and not (module.endswith(".models") and app != "core")
    }
    assert named == set(MACHINES.values())


@pytest.mark.parametrize("label", MACHINES)
def test_every_state_is_in_its_map_and_the_ends_are_meant(label):
    states, transitions = states_of(label), map_of(label)
    assert isinstance(transitions, Transitions)
    assert apps.get_model(label)._meta.get_field("state").choices == transitions.states.choices
    assert set(transitions) == set(states)
    assert {target for targets in transitions.values() for target in targets} <= set(states)
    assert {state for state, targets in transitions.items() if not targets} == transitions.ends == ENDS[label]
    assert all(state not in targets for state, targets in transitions.items())
    default = apps.get_model(label)._meta.get_field("state").default
    beginnings = {default} if default in states else set(states)
    reached, edge = set(beginnings), set(beginnings)
    while edge:
        edge = {target for state in edge for target in transitions[state]} - reached
        reached |= edge
    assert reached == set(states), "a state that nothing leads to"


@pytest.mark.parametrize("label", MACHINES)
def test_every_pair_of_states_moves_or_is_refused(db, label):
    """A row that is not in the database: what the map allows is stale, what it does not allow is refused before that."""
    model, transitions = apps.get_model(label), map_of(label)
    for old, new in product(states_of(label), repeat=2):
        row = model(pk=-1, state=old)
        allowed = new in transitions[old]
        assert may_move(transitions, old, new) is allowed
        with pytest.raises(StaleState if allowed else IllegalTransition):
            move(row, transitions, new)
        assert row.state == old


@pytest.mark.parametrize("label", [*MACHINES, *sorted(NO_MACHINE)])
def test_the_database_knows_every_state_and_no_other(db, label):
    """A check of the table lists just the choices, as PostgreSQL itself prints it."""
    table = apps.get_model(label)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            [table],
        )
        laws = [row[0] for row in cursor.fetchall()]
    lists = [
        set(re.findall(r"'(\w*)'::", found[1]))
        for law in laws
        for found in re.finditer(r"\(\(state\)::text = ANY \(\(?ARRAY\[(.*?)\]", law)
    ]
    assert set(states_of(label)) in lists, laws


class Lamp(TextChoices):
    OFF = "off", "off"
    ON = "on", "on"
    BROKEN = "broken", "broken"


def test_a_whole_map_is_taken():
    lamp = Transitions(Lamp, {"off": {"on"}, "on": {"off", "broken"}}, ends={"broken"})
    assert dict(lamp) == {"off": {"on"}, "on": {"off", "broken"}, "broken": frozenset()}


@pytest.mark.parametrize(
    ("moves", "ends", "says"),
    [
        ({"off": {"on"}, "on": {"off"}}, set(), "neither moves nor is an end: broken"),
        ({"off": {"on", "lost"}, "on": {"off", "broken"}}, {"broken"}, "not among the choices: lost"),
        ({"off": {"on"}, "on": {"broken"}, "lost": {"off"}}, {"broken"}, "not among the choices: lost"),
        ({"off": {"on"}, "on": {"broken"}}, {"broken", "lost"}, "not among the choices: lost"),
        ({"off": {"on"}, "on": {"broken"}}, {"on", "broken"}, "is an end and moves: on"),
        ({"off": {"on"}, "on": {"broken"}, "broken": set()}, set(), "not said to be an end: broken"),
        ({"off": {"on", "off"}, "on": {"broken"}}, {"broken"}, "follows itself: off"),
    ],
)
def test_a_map_that_is_not_whole_does_not_come_to_be(moves, ends, says):
    with pytest.raises(ValueError, match=says):
        Transitions(Lamp, moves, ends=ends)
