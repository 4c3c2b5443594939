"""Whatever is declared when the platform starts is declared once: a second thing of one key stops the start with a sentence.

Silence would let one of the two do the other's work: try it again in its way, run in its place, be judged by its rule.
"""

import ast

import pytest
from django.conf import settings
from django.db import models

from complaints.services.outcomes import CONSEQUENCES, Consequence
from core import (
    actions,
    alarms,
    events,
    facts,
    four_eyes,
    handover,
    heartbeat,
    jobs,
    known,
    limits,
    live,
    motions,
    own_data,
    policy,
    retention,
    retry,
    timeline,
)
from core.console import navigation, panels
from core.messages import catalogue
from core.policy import simulation
from governance import evidence, gate, measures
from governance.checks import drivers as _checks  # noqa: F401 - their registration
from police.actions import REQUESTS
from safety.monitor import declare as monitor

pytestmark = pytest.mark.long

APPS = (
    "core",
    "accounts",
    "drivers",
    "rides",
    "safety",
    "complaints",
    "police",
    "governance",
    "config",
)
POLICY = {"name": "x", "about": "x"}


def handles_twice() -> None:
    found = next(iter(events._handlers.values()))[0]
    events.handles(found.event_class)(found.handle)


def another_event_of_the_name() -> None:
    class Same(events.Event):
        name = next(iter(events._handlers))

    events.handles(Same)(lambda _event: None)


def mark_twice() -> None:
    (name, *_others) = next(iter(live._marks))
    live.mark("new_of_this_test", name)(lambda: (0, 0))


def action_twice() -> None:
    desk = REQUESTS
    desk.add(desk.actions["refuse"])


def kind_of_rows_twice() -> None:
    desk = REQUESTS
    actions.ActionSet(kind=desk.kind, find=desk.find, route=desk.route, back=desk.back, why_not=desk.why_not)


def panel_twice() -> None:
    first = panels.offered()[0]
    panels.panel(
        first.key, "x", place=first.place, order=99_999, marks=first.marks, permission=first.permission
    )(lambda _person, _at: [])


def lines_twice() -> None:
    @timeline.kinds
    class _Lines(models.TextChoices):
        SAME = next(iter(timeline._sentences)), "x"


def two_words_for_one_value() -> None:
    class Same(models.TextChoices):
        FORM = "form", "another word"

    timeline.vocabulary(channel=Same)


def message_twice() -> None:
    class _Same(catalogue.Message, code=catalogue.entries()[0].code, text="Huhang: x"):
        pass


def outcome_twice() -> None:
    class _Same(Consequence, outcome=next(iter(CONSEQUENCES))):
        pass


def link_twice() -> None:
    first = navigation.links()[0]
    navigation.link(first.group, 99_999, "x", "x", first.name, first.permission)


# Each registry by its name, with somebody who declares what is there already.
SECOND = {
    "core.actions.ACTION_SETS": kind_of_rows_twice,
    "core.actions.ActionSet.actions": action_twice,
    "core.alarms._sources": lambda: alarms.alarm(alarms.sources()[0], permission="console.open")(
        lambda _at: []
    ),
    "core.console.navigation._keys": lambda: navigation.key(0, *navigation.list_of_keys()[0].keys, does="x"),
    "core.console.navigation._links": link_twice,
    "core.console.panels._offered": panel_twice,
    "core.events._handlers": handles_twice,
    "core.events._handlers of another class": another_event_of_the_name,
    "core.facts._known": lambda: facts.declare(next(iter(facts.declared()))),
    "core.four_eyes.PAIRS": lambda: four_eyes.declare(
        "police.release", "x", table="police.PoliceRequest", first="x", second="y", law="z"
    ),
    "core.handover._held": lambda: handover.held(
        next(iter(handover.kinds())),
        "x",
        column="x",
        due="x",
        order=0,
        permission="night.call",
        marks=(),
        mine=lambda _account: [],
    )(lambda *_given: 0),
    "core.heartbeat._declared": lambda: heartbeat.declare(heartbeat.declared()[0].name, "x", "x"),
    "core.jobs._periodic": lambda: jobs.periodic(next(iter(jobs.periodic_tasks()))),
    "core.jobs._pieces": lambda: jobs.piece(retold(next(iter(jobs.pieces())))),
    "core.known._offered": lambda: known.about_people(next(iter(known._offered)))(lambda _code: []),
    "core.limits._declared": lambda: limits.declare(
        next(iter(limits.declared())), {limits.Per.ALL: 1}, within=1, **POLICY
    ),
    "core.limits._declared of a mark": lambda: limits.mark(
        next(iter(limits.declared())), {limits.Per.ALL: 1}, within=1, **POLICY
    ),
    "core.live._looks": lambda: live.looks(next(iter(live.all_looks()))),
    "core.live._marks": mark_twice,
    "core.live._moved": lambda: live.moves("x", next(iter(live._moved))),
    "core.messages.catalogue._known": message_twice,
    "core.motions.KINDS": lambda: motions.declare(next(iter(motions.KINDS.values()))),
    "core.own_data._consents": lambda: own_data.consent(
        next(iter(own_data._consents)), switch=lambda _account, _on: None
    )(lambda _account: None),
    "core.own_data._did": lambda: own_data.did({next(iter(own_data._did)): "x"}),
    "core.own_data._parts": lambda: own_data.part(own_data.parts()[0].key, "x")(lambda _account: []),
    "core.policy.declared._declared": lambda: policy.declare(
        policy.declared()[0].key, policy.Flag(), True, **POLICY
    ),
    "core.policy.declared._fixed": lambda: policy.fixed("D15", "x"),
    "core.policy.safety._ways": lambda: policy.safer(policy.LOWER, policy.of_key(next(iter(ways())))),
    "core.policy.simulation._known": lambda: simulation.simulated(simulation.known()[0]),
    "core.policy.simulation._none": lambda: simulation.never(
        "x", policy.of_key(next(iter(simulation._none)))
    ),
    "core.policy.simulation._none beside a simulation": lambda: simulation.never(
        "x", simulation.known()[0].policy
    ),
    "core.retention._data": lambda: retention.data(
        retention.kinds()[0].key, "x", purpose="x", ground=retention.kinds()[0].ground
    ),
    "core.retention._rules": lambda: retention.nobody(next(iter(retention.rules())), why="x"),
    "core.retry._declared": lambda: retry.declare("core.messages", "x"),
    "core.timeline._formats": lambda: timeline.forms(fen=str),
    "core.timeline._sentences": lines_twice,
    "core.timeline._vocabulary": two_words_for_one_value,
    "complaints.services.outcomes.CONSEQUENCES": outcome_twice,
    "governance.evidence._faults": lambda: evidence.fault("no_check", "x"),
    "governance.gate.CONDITIONS": lambda: gate.condition(next(iter(gate.CONDITIONS)), "x")(
        lambda _case: None
    ),
    "governance.measures._checks": lambda: measures.live_check(next(iter(measures._checks)))(lambda: None),
    "safety.monitor.declare._limits": lambda: monitor._limits.add(monitor._limits.names[0]),
    "safety.monitor.declare._phone": lambda: monitor._phone.add(monitor._phone.names[0]),
}
# What is empty when a module is read, and is no registry, or has no second of a key.
OTHERS = {
    "core.alarms._signs": "what was said last",
    "core.live._said": "what was said last",
    "core.timeline._apps": "filled with core.timeline._sentences",
    "core.timeline._by_staff": "names kinds, and says nothing else of them",
    "core.retention._due_of": "filled with core.retention._rules",
    "core.messages.transports.breaker._breakers": "one of each provider, made when it is asked",
    "core.policy.versions._said": "what the log was told",
    "core.machines._told": "what was said last",
    "governance.measures._breakers": "a measure may be broken in several ways",
    "governance.regulator.sending._dead": "what was silent",
    "rides.open_requests._copies": "copies of this process",
    "safety.audio._known": "keys of this process",
    "safety.audio._waking": "tasks of this process",
}


def ways() -> dict:
    from core.policy import safety

    return safety._ways


def retold(name: str):
    def act() -> None:
        pass

    act.__module__, _dot, act.__name__ = name.rpartition(".")
    return act


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_a_second_thing_of_one_key_stops_the_start(second):
    panels.offered()
    with pytest.raises(ValueError, match=r"\w \w"):
        second()


def empty_at_first() -> set[str]:
    """Each name of a module to which `{}` or `set()` is given when it is read."""
    found = set()
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts):
                continue
            module = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
            for each in ast.parse(path.read_text()).body:
                if not isinstance(each, ast.Assign | ast.AnnAssign) or each.value is None:
                    continue
                if ast.unparse(each.value) not in {"{}", "set()"}:
                    continue
                target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
                found.add(f"{module.removesuffix('.__init__')}.{ast.unparse(target)}")
    return found


def test_every_registry_is_tried():
    assert empty_at_first() - SECOND.keys() - OTHERS.keys() == set()
    assert OTHERS.keys() - empty_at_first() == set()
