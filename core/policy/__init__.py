"""Versioned rules: a value of a declared type, from a time on, that decisions cite.

An app declares its policies with type, bounds and first value; later versions are rows, written by `adopt()` alone.
`value()` asks for the one in force. What is stored is never trusted: a key that an old version lacks, and a value that
cannot be read or lies outside of its bounds, is the declared one. So no row can stop a call for help.
"""

from core.policy.declared import (
    InForce,
    Policy,
    SpanPolicy,
    declare,
    declared,
    fixed,
    key_of,
    of_key,
    title,
)
from core.policy.kinds import (
    Choice,
    Day,
    Fault,
    Flag,
    Kind,
    Maybe,
    Real,
    Record,
    Row,
    Several,
    Span,
    Table,
    Text,
    TimeOfDay,
    Whole,
    Words,
    texts,
)
from core.policy.units import Unit
from core.policy.versions import (
    BackdatedPolicy,
    PolicyValueRefused,
    adopt,
    examine,
    in_force,
    read_once,
    span,
    value,
)

__all__ = [
    "BackdatedPolicy",
    "Choice",
    "Day",
    "Fault",
    "Flag",
    "InForce",
    "Kind",
    "Maybe",
    "Policy",
    "PolicyValueRefused",
    "Real",
    "Record",
    "Row",
    "Several",
    "Span",
    "SpanPolicy",
    "Table",
    "Text",
    "TimeOfDay",
    "Unit",
    "Whole",
    "Words",
    "adopt",
    "declare",
    "declared",
    "examine",
    "fixed",
    "in_force",
    "key_of",
    "of_key",
    "read_once",
    "span",
    "texts",
    "title",
    "value",
]
