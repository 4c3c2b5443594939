"""The rules of the trip monitor, one file each, and all that is derived from what they declare.

A file of this folder is a rule by standing here. Column numbers, sizes of buffers, marks, the version of what is
saved, kinds of signals with their weights, and sentences come from the declarations alone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from safety.monitor import declare
from safety.monitor.declare import Again, Kind, Limits, Phase, Rule, limits_in_force, no_detail

__all__ = [
    "BITS",
    "FIGURES",
    "KINDS",
    "MARKS",
    "RULES",
    "SAID_AT_POSITION",
    "SAID_AT_TICK",
    "SEEN",
    "VERSION",
    "Limits",
    "limits_in_force",
]


def _read() -> Iterator[Rule]:
    """The rules of each file here, by the files' names. Raises `ValueError` for a file without one, and for a folder."""
    for path in __path__:
        for each in sorted(Path(path).iterdir()):
            if each.is_dir() and each.name != "__pycache__":
                # Without an `__init__.py` it would not even be seen, and its rules never asked.
                raise ValueError(f"safety/monitor/rules/{each.name}: a rule is a file, not a folder")
    for module in sorted(each.name for each in iter_modules(__path__)):
        found = [
            each for each in vars(import_module(f"{__name__}.{module}")).values() if isinstance(each, Rule)
        ]
        if not found:
            raise ValueError(f"safety/monitor/rules/{module}.py declares no Rule")
        yield from found


def _kinds(rules: Iterable[Rule]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for rule in rules:
        if rule.kind and kinds.setdefault(rule.kind.value, rule.kind) != rule.kind:
            raise ValueError(f"{rule.kind.value} is declared twice, with another weight or label")
    for kind in kinds:
        plain = [rule for rule in rules if rule.kind and rule.kind.value == kind and rule.detail is no_detail]
        if len({_file_of(rule) for rule in plain}) > 1:
            # A trip has one signal of a kind and a detail: the second rule would never be heard.
            keys = ", ".join(rule.key for rule in plain)
            raise ValueError(
                f"{keys}: rules of several files that share the kind {kind} need a detail each but one"
            )
    return kinds


def _file_of(rule: Rule) -> str:
    """Two rules of one file may be two ways to see the same."""
    look = rule.on_position or rule.on_tick
    return look.__module__ if look else ""


def _marks() -> dict[str, int]:
    """The first mark of each rule that speaks once: set when it has spoken."""
    marks, count = {}, 0
    for rule in RULES:
        marks[rule.key] = count
        count += rule.bits
    return marks


def _version() -> bytes:
    """A digest of all that gives the bytes of what is saved their meaning: 8 bytes."""
    phone, memory, *_rest = declare.columns()
    said = [(rule.key, rule.bits) for rule in RULES]
    form = json.dumps([phone.names, phone.starts, memory.names, memory.starts, said])
    return hashlib.sha256(form.encode()).digest()[:8]


RULES: tuple[Rule, ...] = tuple(_read())
# How many positions in a row a rule saw what it looks for: a column of each phone.
SEEN = {
    rule.key: declare.phone_column(f"{rule.key}.seen", 0.0)
    for rule in RULES
    if rule.on_position and rule.again != Again.ITSELF
}
KINDS = _kinds(RULES)
MARKS = _marks()
BITS = sum(rule.bits for rule in RULES)
FIGURES = max(len(rule.figures) for rule in RULES)
# A rule speaks at most once at a position, and at most once for each phone at a tick.
SAID_AT_POSITION = max(
    sum(1 for rule in RULES if rule.on_position and phase in rule.phases) for phase in Phase
)
SAID_AT_TICK = max(
    sum(2 if rule.each_phone else 1 for rule in RULES if rule.on_tick and phase in rule.phases)
    for phase in Phase
)
VERSION = _version()
