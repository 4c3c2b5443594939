"""Each policy in the editor: what nobody changed proposes nothing, what is typed reads back, what cannot be is refused at its field."""

import json

import pytest
from django.utils.translation import override

from core import policy
from core.policy import editor
from core.policy.kinds import Choice, Day, Flag, Real, Several, Text, TimeOfDay, Whole, Words
from core.tests.test_policy import ALL


def shown(one):
    return one.kind.plain(one.default)


def as_shown(leaves):
    return {leaf.where: leaf.shown for leaf in leaves}


@pytest.mark.parametrize("one", ALL, ids=str)
def test_its_unchanged_form_is_its_value(one):
    raw = shown(one)
    leaves = editor.leaves(one.kind, raw)
    assert leaves and len({leaf.where for leaf in leaves}) == len(leaves)
    found, faults = editor.gather(one.kind, raw, as_shown(leaves))
    assert (found, faults) == (raw, [])
    assert json.dumps(found) == json.dumps(raw)


@pytest.mark.parametrize("one", ALL, ids=str)
def test_no_rule_is_raw_json(one):
    assert "json" not in {leaf.kind for leaf in editor.leaves(one.kind, shown(one))}


@pytest.mark.parametrize("one", ALL, ids=str)
def test_what_is_read_from_its_fields_is_what_stood_there(one):
    """Read as if somebody had typed it: shown beside another value, so that nothing is taken as unchanged."""
    raw = shown(one)
    leaves = editor.leaves(one.kind, raw)
    for leaf in leaves:
        given = leaf.shown
        read = editor._read(leaf, given if leaf.kind != "text" else f"{given}")
        assert read == _at(raw, leaf.where) or set(read) == set(_at(raw, leaf.where)), leaf.where


def _at(raw, where):
    for part in where.split(".") if where else []:
        raw = raw[int(part) - 1] if isinstance(raw, list) else raw[part]
    return raw


def bad_values(leaf):
    match leaf.of:
        case Whole() | Real():
            unit = 100 if leaf.of.unit in {policy.Unit.SHARE, policy.Unit.FEN} else 1
            yield from ("x", "1,5", "1e3", "NaN", "--1", "1 2", "٫")
            if not leaf.empty:
                yield from ("", "  ")
            yield f"{leaf.of.most * (100 if leaf.of.unit == policy.Unit.SHARE else 1) + unit}"
            if isinstance(leaf.of, Whole):
                yield "1.5" if unit == 1 else "1.555" if leaf.of.unit == policy.Unit.FEN else "x"
        case Flag() | Choice():
            yield from ("", "x", "maybe")
        case Day():
            yield from ("", "tomorrow", "2026-13-01", "1900-01-01")
        case TimeOfDay():
            yield from ("", "25:00", "22:00:30", "x")
        case Words():
            yield from ("", "\n \n", "x" * 5_000)
        case Text():
            yield from ("", "  ", "x" * 100_000)
        case Several():
            return


@pytest.mark.parametrize("one", ALL, ids=str)
def test_what_each_field_cannot_hold_is_refused_at_that_field(one):
    raw = shown(one)
    leaves = editor.leaves(one.kind, raw)
    for leaf in leaves[:12]:
        for bad in bad_values(leaf):
            found, faults = editor.gather(one.kind, raw, as_shown(leaves) | {leaf.where: bad})
            faults = faults or one.read(found)[1]
            assert faults, (leaf.where, bad)
            assert faults[0].where == leaf.where or leaf.where.startswith(faults[0].where), (leaf.where, bad)
            for language in ("en", "zh-hans"):
                with override(language):
                    assert str(faults[0].why)


def test_amounts_shares_and_numbers_are_typed_as_people_write_them():
    for kind, raw, text, other, value in (
        (policy.Whole(0, 10**6, policy.Unit.FEN), 30_000, "300.00", "12.5", 1_250),
        (policy.Real(0.0, 1.0, policy.Unit.SHARE), 0.07, "7", "12.5", 0.125),
        (policy.Real(0.0, 9.0), 1e-05, "0.00001", "０.5", 0.5),
        (policy.Span(1, 99, policy.Unit.HOURS), 12, "12", " 24 ", 24),
    ):
        leaf = editor.leaves(kind, raw)[0]
        assert leaf.shown == text
        assert editor.gather(kind, raw, {"": other}) == (value, [])
