"""One table says who may do what; nothing else asks for a role."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actors import Actor
from core.errors import Forbidden
from core.permissions import TABLE, Role, may, require, roles_who

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "complaints", "config", "core", "drivers", "governance", "police", "rides", "safety")
# The table itself; the column that holds a role; the demo's people; what writes a role down or names it for a reader.
KNOWS_ROLES = {"core/permissions.py", "accounts/models.py", "accounts/states.py", "accounts/demo.py"}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/tests/" not in name and "/migrations/" not in name and name not in KNOWS_ROLES:
                yield name, ast.parse(path.read_text())


def _asks_for_a_role(node: ast.AST) -> bool:
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            return any(isinstance(side, ast.Attribute) and side.attr == "role" for side in sides)
        case ast.Attribute(value=ast.Name(id="Role"), attr=name):
            return name in Role.__members__
        case ast.keyword(arg="role" | "role__in" | "account__role"):
            return isinstance(node.value, ast.Constant | ast.Set | ast.List | ast.Tuple)
        case _:
            return False


@pytest.mark.long
def test_nothing_but_the_table_asks_for_a_role() -> None:
    found = [
        f"{name}:{getattr(node, 'lineno', node)}"
        for name, tree in _sources()
        for node in ast.walk(tree)
        if _asks_for_a_role(node)
    ]
    assert found == []


@pytest.mark.long
def test_every_permission_that_is_asked_for_is_in_the_table_and_every_one_there_is_asked_for() -> None:
    said = {
        node.value
        for _name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    by_app = {name for name in TABLE if name.endswith(".read")}  # asked for by the app's label
    assert {name for name in TABLE if name not in by_app and name not in said} == set()
    asked = {
        argument.value
        for _name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "")
        in {
            "may",
            "require",
            "door",
            "check_permission",
            "roles_who",
            "people_who_may",
            "codes_who_may",
            "allowed",
        }
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert asked <= set(TABLE)


def test_a_permission_that_is_not_in_the_table_is_an_error_and_never_granted() -> None:
    with pytest.raises(KeyError):
        may(Actor("supervisor", "supervisor"), "claims.decide_all")
    with pytest.raises(KeyError):
        roles_who("")


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("permission", sorted(TABLE))
def test_require_refuses_whoever_may_not(role: str, permission: str) -> None:
    person = Actor("somebody", role)
    if role in TABLE[permission]:
        require(person, permission)
    else:
        with pytest.raises(Forbidden):
            require(person, permission)


@pytest.mark.parametrize("permission", sorted(TABLE))
def test_the_public_and_the_platform_itself_have_no_permission(permission: str) -> None:
    assert not may(Actor("anonymous", "public"), permission)
    assert not may(Actor("system", "system"), permission)
