"""Sentences that would be stored: facts go into rows, and their reader's language makes the sentence.

No page needs this; `manage.py check_translations` does, for all of our Python but what makes up a world to show.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.db.models import CharField, JSONField, TextField

from core.errors import DomainError
from core.wording import APPS, FUNCTIONS

# Worlds that are made up have words that somebody could have said.
MADE_UP = {"drills", "management", "cast.py", "demo.py"}
# What takes a column's name for something else: logs, the title of a message that leaves, what a policy is about.
NO_ROW = ("log.", "provider.notify", "policy.declare")
# By these names text reaches a column by way of services.
ARGUMENTS = frozenset(
    {
        "why", "reason", "summary", "detail", "note", "notes", "words", "evidence", "outcome", "facts", "truth", "about",
        "title", "body", "result", "release_reason", "refusal", "what", "station", "dismissed", "question", "verdict",
    }
)  # fmt: skip
WRITERS = {"services", "handlers", "tasks", "monitor", "timers"}
_SAID = {*FUNCTIONS, "_"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def columns() -> frozenset[str]:
    """Names of all columns of ours that hold text without a list of values, and of those that hold JSON."""
    return frozenset(
        field.name
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for field in model._meta.get_fields()
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    )


def refusals() -> frozenset[str]:
    """Names of all errors: they are told at once, to whoever asked, and are no rows."""
    for app in APPS:
        if find_spec(f"{app}.errors"):
            import_module(f"{app}.errors")
    found, open_ = {DomainError.__name__}, [DomainError]
    while open_:
        below = open_.pop().__subclasses__()
        found |= {each.__name__ for each in below}
        open_ += below
    return frozenset(found)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Those in which a row may be written."""
    return (path for path in paths if not MADE_UP & set(path.parts))


def in_code(
    source: str, names: frozenset[str], errors: frozenset[str], outside: frozenset[str] = frozenset()
) -> Iterator[tuple[int, str]]:
    """(line, what is written) of each sentence that a function puts together for one of these columns.

    It is given by keyword, within `defaults` or another dictionary, set as an attribute, or by way of a variable. A
    sentence has words: an f-string or text with a space in it, or a translation. A key such as `sos:{code}` is none.
    Outside of functions, where things are declared, only columns of `outside` count.
    """
    tree = ast.parse(source)
    seen = set(_of_function(tree, outside, errors, by_name=False))
    for function in ast.walk(tree):
        if isinstance(function, _Function):
            seen.update(_of_function(function, names, errors))
    yield from sorted(seen)


def _of_function(
    function: _Function | ast.Module,
    names: frozenset[str],
    errors: frozenset[str],
    *,
    by_name: bool = True,
) -> Iterator[tuple[int, str]]:
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        for target, value in _assigned(node):
            if isinstance(target, ast.Name):
                given.setdefault(target.id, []).append(value)

    def made(value: ast.expr) -> bool:
        named = given.get(value.id, []) if by_name and isinstance(value, ast.Name) else []
        return any(_is_sentence(part) for each in (value, *named) for part in ast.walk(each))

    for node in ast.walk(function):
        for target, value in _assigned(node):
            if isinstance(target, ast.Attribute) and target.attr in names and made(value):
                yield node.lineno, ast.unparse(target)  # type: ignore[attr-defined]  # what is assigned has a line
        if isinstance(node, ast.Call) and not _tells(node, errors):
            for keyword in node.keywords:
                for name, value in _written(keyword):
                    if name in names and made(value):
                        yield node.lineno, f"{ast.unparse(node.func)}({name}=…)"


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    yield from zip(target.elts, value.elts, strict=False)
                else:
                    yield target, value
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
        ):
            yield target, value
        case _:
            pass


def _written(keyword: ast.keyword) -> Iterator[tuple[str, ast.expr]]:
    """The names and values that a keyword gives: its own, and those of dictionaries in it."""
    if keyword.arg is not None:
        yield keyword.arg, keyword.value
    for part in ast.walk(keyword.value):
        if isinstance(part, ast.Dict):
            for key, value in zip(part.keys, part.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _tells(call: ast.Call, errors: frozenset[str]) -> bool:
    called = ast.unparse(call.func)
    return called.rpartition(".")[2] in errors or called.startswith(NO_ROW)


def _is_sentence(part: ast.AST) -> bool:
    match part:
        case ast.JoinedStr(values=values):
            return any(isinstance(each, ast.Constant) and " " in str(each.value) for each in values)
        case ast.Call(func=ast.Name(id=name)):
            return name in _SAID
        case ast.Constant(value=str() as text):
            return " " in text.strip()
        case _:
            return False


def faults(root: Path, paths: Iterable[Path]) -> Iterator[str]:
    """Each sentence that would be stored, as `file:line: what`."""
    in_columns, errors = columns(), refusals()
    for path in files(paths):
        writes = WRITERS & set(path.relative_to(root).with_suffix("").parts)
        outside: frozenset[str] = ARGUMENTS if writes else frozenset()
        for line, what in in_code(path.read_text(), in_columns | outside, errors, outside):
            yield f"{path.relative_to(root)}:{line}: a sentence that is stored: {what}"
