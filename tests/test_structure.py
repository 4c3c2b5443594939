"""What holds of the modules as a whole: no circles among them, and tasks that are named are there."""

import ast
from pathlib import Path

import grimp
from celery import current_app

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
    assert "core.tasks.deliver_event" in named
    assert named <= current_app.tasks.keys()
