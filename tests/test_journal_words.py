"""Each action that the code writes into the journal has words for who reads it, in both languages; none is left over."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation

from core import audit, clock
from core.actors import SYSTEM
from core.journal import words
from core.models import AuditEntry
from drivers.states import FaceCheckState

APPS = ("config", "governance", "police", "complaints", "safety", "rides", "drivers", "accounts", "core")
# What is put together from a beginning and one of several ends.
ENDS = {
    "drivers.face_": set(FaceCheckState.values) - {FaceCheckState.ASKED},
    "police.officer_reinstatement_": {"proposed", "agreed", "refused"},
}
Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Call:
    """A call in the code, with the function that makes it and its module."""

    node: ast.Call
    inside: Def | None
    module: ModuleType

    @property
    def name(self) -> str:
        return ast.unparse(self.node.func).rpartition(".")[2]


def calls_of(node: ast.AST, inside: Def | None, module: ModuleType) -> Iterator[Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield Call(child, inside, module)
        yield from calls_of(child, child if isinstance(child, Def) else inside, module)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    root, found = Path(settings.BASE_DIR), []
    for path in (path for app in APPS for path in sorted((root / app).rglob("*.py"))):
        if {"tests", "migrations"} & set(path.parts) or path.name == "__main__.py":
            continue
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text()
        if "audit" in text or "looks." in text:
            found += calls_of(ast.parse(text), None, importlib.import_module(name))
    return found


def named(module: ModuleType, name: str) -> Any:
    """What a dotted name of a module stands for; None where it is no name of the module."""
    first, *rest = name.split(".")
    found = vars(module).get(first)
    for each in rest:
        found = getattr(found, each, None)
    return found


def given(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """What a call gives for a parameter."""
    if len(call.args) > place:
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == name), None)


def meant(node: ast.expr, call: Call, calls: list[Call]) -> set[str]:
    """Which actions an expression may be: read from the code, through variables and parameters."""
    match node:
        case ast.Constant(value=str(action)):
            return {action}
        case ast.IfExp(body=body, orelse=other):
            return meant(body, call, calls) | meant(other, call, calls)
        case ast.JoinedStr(values=[ast.Constant(value=str(begins)), *_]):
            where = f"{call.module.__name__}:{node.lineno}"
            assert begins in ENDS, f"{where}: say the action whole, or its ends in ENDS: {ast.unparse(node)}"
            return {begins + end for end in ENDS[begins]}
        case ast.Attribute():
            return {str(named(call.module, ast.unparse(node)))}
        case ast.Name(id=name):
            pass
        case _:
            raise AssertionError(
                f"{call.module.__name__}:{node.lineno}: which action is {ast.unparse(node)}?"
            )
    assert call.inside
    arguments = call.inside.args
    if name in (names := [each.arg for each in (*arguments.args, *arguments.kwonlyargs)]):
        place = names.index(name) if name in [each.arg for each in arguments.args] else 99
        callers = [
            (other, value)
            for other in calls
            if other.name == call.inside.name and is_of(other, call)
            if (value := given(other.node, place, name)) is not None
        ]
        return set().union(*(meant(value, other, calls) for other, value in callers))
    found = [
        each.value
        for each in ast.walk(call.inside)
        if isinstance(each, ast.Assign) and any(ast.unparse(target) == name for target in each.targets)
    ]
    if found:
        return set().union(*(meant(each, call, calls) for each in found))
    return {str(named(call.module, name))}


def is_of(other: Call, call: Call) -> bool:
    """Whether a call is one of the function that another stands in: two modules may have a `_line` of their own."""
    assert call.inside
    function = getattr(call.module, call.inside.name, None)
    called = named(other.module, ast.unparse(other.node.func))
    return called is None or called is function


@pytest.fixture(scope="module")
def written(calls) -> set[str]:
    found: set[str] = set()
    for call in calls:
        if ast.unparse(call.node.func) == "audit.record":
            action = given(call.node, 1, "action")
            assert action is not None
            found |= meant(action, call, calls)
    assert len(found) > 300
    return found


def test_each_action_that_is_written_has_words(written):
    without = sorted(action for action in written if not words.is_known(action))
    assert not without, f"no words in core/journal/words.py for {without}"


def test_no_words_are_left_of_what_nobody_writes(written):
    left = sorted(action for action in words.known() if action not in written)
    assert not left, f"nothing writes {left}"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_two_actions_are_called_alike(language):
    with translation.override(language):
        for action in words.known():
            assert words.called(words.in_words(action).upper()) == [action]
            assert language == "en" or words.in_words(action) == "SOS" or not words.in_words(action).isascii()


@pytest.mark.parametrize(("language", "said"), [("en", "complaint decided"), ("zh-hans", "投诉有裁决")])
@pytest.mark.django_db
def test_the_journal_says_what_was_done_and_is_searched_by_it(signed_in, language, said):
    audit.record(SYSTEM, "complaints.decided", "C-AAAAAAAA", at=clock.now())
    audit.record(SYSTEM, "complaints.filed", "C-BBBBBBBB", at=clock.now())
    audit.record(SYSTEM, "older.version", "C-CCCCCCCC", at=clock.now())
    client = signed_in("supervisor")
    client.cookies["django_language"] = language
    page = client.get("/admin/core/auditentry/").content.decode()
    assert said in page
    assert "complaints.decided" not in page and "older.version" in page
    page = client.get("/admin/core/auditentry/", {"q": said}).content.decode()
    assert "C-AAAAAAAA" in page and "C-BBBBBBBB" not in page
    entry = AuditEntry.objects.get(subject="C-AAAAAAAA")
    page = client.get(f"/admin/core/auditentry/{entry.pk}/change/").content.decode()
    assert said in page and "complaints.decided" in page
