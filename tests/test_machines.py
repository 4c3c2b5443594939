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
# Each app says beside its tests which machines it has, and what each is to end in.
DECLARED = {
    f"{app}.{model}": declared
    for app in APPS
    if importlib.util.find_spec(f"{app}.tests.machines")
    for model, declared in importlib.import_module(f"{app}.tests.machines").MACHINES.items()
}
MACHINES = {label: transitions for label, (transitions, _ends) in DECLARED.items()}
ENDS = {label: ends for label, (_transitions, ends) in DECLARED.items()}
# A column of this name that is set, not moved: the last answer, or an operator's switch. Leases move stretches.
NO_MACHINE = {"accounts.EmergencyContact", "rides.LineInCity", "drivers.ScreeningChunk", "police.Officer"}


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
        f"{module}.{name}": id(value)
        for app in APPS
        for module in (f"{app}.states", f"{app}.models")
        if importlib.util.find_spec(module)
        for name, value in vars(importlib.import_module(module)).items()
        if name.endswith("_TRANSITIONS") and not (module.endswith(".models") and app != "core")
    }
    declared = {id(transitions) for transitions in MACHINES.values()}
    assert [name for name, found in named.items() if found not in declared] == []
    assert len(set(named.values())) == len(declared)


@pytest.mark.parametrize("label", MACHINES)
def test_every_state_is_in_its_map_and_the_ends_are_meant(label):
    states, transitions = states_of(label), MACHINES[label]
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
    model, transitions = apps.get_model(label), MACHINES[label]
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
