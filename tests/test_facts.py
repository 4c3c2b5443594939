"""Facts are stored, sentences rendered: no sentence is put together where rows are written, in whatever language."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance"]
WRITERS = {"services", "handlers", "tasks", "monitor", "timers"}
# What columns are called that people read.
READ = {
    "why", "reason", "summary", "detail", "note", "notes", "words", "evidence", "outcome", "facts", "truth", "about",
    "title", "body", "result", "release_reason", "refusal", "what", "station", "dismissed", "question", "verdict",
}  # fmt: skip
GETTEXT = {"_", "gettext", "pgettext", "ngettext", "npgettext"}
# What is declared once and told in words each time, such as what a rule is about: no row.
DECLARED = {"policy.declare"}


def _writes(path: Path) -> bool:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return bool(WRITERS & set(parts)) and "tests" not in parts and "drills" not in parts


def _raises(call: ast.Call) -> bool:
    """An exception is told at once, in the language of whom it is told: it is no row."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name[:1].isupper() and name in REFUSALS


def _has_words(text: ast.JoinedStr) -> bool:
    """A key, such as `sos:{code}`, has no space; what is read has."""
    return any(isinstance(part, ast.Constant) and " " in str(part.value) for part in text.values)


def _refusals():
    from core.errors import DomainError

    found, open_ = set(), [DomainError]
    while open_:
        each = open_.pop()
        found.add(each.__name__)
        open_ += each.__subclasses__()
    return found


REFUSALS = _refusals()


def sentences(source):
    """(called, keyword) of each sentence that is made for a column that people read."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or _raises(node) or ast.unparse(node.func) in DECLARED:
            continue
        for keyword in node.keywords:
            if keyword.arg not in READ:
                continue
            for part in ast.walk(keyword.value):
                made = isinstance(part, ast.JoinedStr) and _has_words(part)
                made = made or (
                    isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in GETTEXT
                )
                made = made or (
                    isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and " " in part.value.strip()
                )
                if made:
                    yield ast.unparse(node.func), keyword.arg


FILES = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if _writes(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_is_stored(path):
    found = {(str(path.relative_to(ROOT)), *each) for each in sentences(path.read_text())}
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        'move(row, why=f"{metres} m")',
        'timeline.add(KIND, SYSTEM, words=_("It was cancelled"))',
        'add_signal(why="two phones apart")',
        'Row.objects.create(facts={"why": f"{a} of {b}"})',
    ],
)
def test_the_guard_sees_a_sentence(line):
    assert list(sentences(line))


@pytest.mark.parametrize(
    "line",
    [
        'move(row, why="taken")',
        'raise NotNow(why=str(_("It is done.")))',
        "add(words=text.strip())",
        'write_to_each(people, about=f"sos:{code}")',
    ],
)
def test_the_guard_lets_facts_and_refusals_pass(line):
    assert not list(sentences(line))
