"""What holds of the modules as a whole: no circles among them, and tasks that are named are there."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from celery import current_app

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
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
    "sandbox",
)


def imports():
    """Which module imports which, also within functions and for types alone; tests and migrations left out."""
    graph = grimp.build_graph(*APPS, cache_dir=None)
    modules = {name for name in graph.modules if not {"tests", "migrations"} & set(name.split("."))}
    return {name: graph.find_modules_directly_imported_by(name) & modules for name in modules}


def circles(imported):
    """Groups of modules each of which leads to each other one (Tarjan's strongly connected components)."""
    found, number, lowest, waiting = [], {}, {}, []

    def visit(name):
        number[name] = lowest[name] = len(number)
        waiting.append(name)
        for other in imported[name]:
            if other not in number:
                visit(other)
            if other in waiting:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == number[name]:
            circle = waiting[waiting.index(name) :]
            del waiting[waiting.index(name) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for name in sorted(imported):
        if name not in number:
            visit(name)
    return found


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_module_leads_back_to_itself():
    assert circles(imports()) == []


def named_tasks():
    """The names that `broker.wake` is given anywhere."""
    for app in APPS:
        for file in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and ast.unparse(node.func) == "broker.wake"
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield node.args[0].value


def test_every_task_that_is_named_is_there():
    current_app.loader.import_default_modules()
    named = set(named_tasks())
    assert "core.tasks.work_off_events" in named
    assert named <= current_app.tasks.keys()


# --- What services raise ---


def _raised(node, caught=frozenset()):
    """The names of errors that leave a function by its own `raise`, and of private functions that it calls."""
    if isinstance(node, ast.Raise) and node.exc is not None:
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        name = ast.unparse(error).rpartition(".")[2]
        if name[0].isupper() and not {name, "DomainError", "Exception"} & caught:
            yield name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("_"):
        yield node.func.id, caught
    if isinstance(node, ast.Try):
        handled = {name for each in node.handlers if each.type for name in _names(each.type)}
        for inner in node.body:
            yield from _raised(inner, caught | handled)
        for inner in [*node.handlers, *node.orelse, *node.finalbody]:
            yield from _raised(inner, caught)
        return
    for inner in ast.iter_child_nodes(node):
        yield from _raised(inner, caught)


def _names(types):
    each = types.elts if isinstance(types, ast.Tuple) else [types]
    return {ast.unparse(one).rpartition(".")[2] for one in each}


def unnamed():
    """Services whose docstring does not name what they, or private functions beside them, raise."""
    for app in APPS:
        for file in sorted([*(ROOT / app).glob("services.py"), *(ROOT / app).glob("services/*.py")]):
            there = {
                node.name: node
                for node in ast.parse(file.read_text()).body
                if isinstance(node, ast.FunctionDef)
            }
            for name, node in there.items():
                if name.startswith("_"):
                    continue
                raised = set()
                for found in _raised(node):
                    if isinstance(found, str):
                        raised.add(found)
                    elif found[0] in there:
                        own = {each for each in _raised(there[found[0]]) if isinstance(each, str)}
                        raised |= set() if {"DomainError", "Exception"} & found[1] else own - found[1]
                said = ast.get_docstring(node) or ""
                for like in re.findall(r"Raises as `(\w+)`", said):
                    said += ast.get_docstring(there[like]) or ""
                missing = sorted(each for each in raised if f"`{each}`" not in said)
                if missing:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", name, missing


def test_services_name_what_they_raise():
    assert list(unnamed()) == []


# --- The walks of docs/architecture.md ---


def steps(text):
    """(file, the names said to be in it) of each step: `file` `name`, and names that follow without a file."""
    walks = text[text.index("## Five walks") :]
    file = ""
    for said in re.findall(r"`([^`]+)`", walks):
        if "/" in said:
            file = said
            yield file, ""
        elif re.fullmatch(r"\w+", said):
            yield file, said


def defined_anywhere():
    """Every name that a module of ours defines, by file."""
    found = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            names = re.findall(r"^(?:\s*(?:async )?def |\s*class )(\w+)", path.read_text(), re.M)
            found[str(path.relative_to(ROOT))] = set(names)
    return found


def test_the_five_walks_lead_through_what_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert re.findall(r"^### (.+)$", text, re.M) == ["SOS", "Ping", "Acceptance", "Complaint", "Release"]
    defined = defined_anywhere()
    everything = set().union(*defined.values())
    for file, name in steps(text):
        assert (ROOT / file).exists(), file
        if name:
            assert name in everything, name
    pairs = re.findall(r"`([\w/]+\.py)`\s+`(\w+)`", text)
    assert len(pairs) > 30
    assert [pair for pair in pairs if pair[1] not in defined[pair[0]]] == []


def test_the_drawing_has_the_layers_of_the_import_rules():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    assert " --> ".join(layers) in (ROOT / "docs" / "architecture.md").read_text()


def test_each_decision_has_its_date_and_its_state_and_stands_in_the_list():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()
    records = [path for path in folder.glob("*.md") if path.name != "README.md"]
    assert records
    for path in records:
        title, _, state = path.read_text().split("\n")[:3]
        assert title.startswith("# "), path
        assert re.fullmatch(r"\d{4}-\d\d-\d\d · (in force|replaced by \d{4}(-\d\d)?)", state), path
        assert f"({path.name}) | {state.replace(' · ', ' | ')} |" in listed, path


def test_a_process_that_starts_hears_all_that_is_said_and_knows_all_that_is_shared():
    """Handlers and disclosures register themselves when their module is imported: an app that forgets it is deaf."""
    said = (
        "import django; django.setup(); from core import cases, disclosures, events; "
        "print(sum(map(len, events._handlers.values())), len(disclosures._disclosers), len(cases._lookups), len(cases._about))"
    )
    heard = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, cwd=ROOT)
    written = [
        sum(len(re.findall(rf"^@{decorator}", path.read_text(), re.M)) for path in sources())
        for decorator in (
            r"(?:events\.)?handles\(",
            "discloses",
            r"cases\.register_case_lookup",
            r"cases\.register_open_cases",
        )
    ]
    assert list(map(int, heard.stdout.split()[-4:])) == written


def sources():
    return [
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    ]
