from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import translation

from core import retention
from core.commands import PlatformCommand
from core.retention import Data, Rule

PATH = Path("docs") / "processing.md"
HEAD = """# What is kept of people, what for, and until when

Made by `manage.py processing` from what each app says in its `retention.py` (those of the ground in `core/tables.py`);
`make check` fails where this file is older. Each kind of data has its purpose, its ground and who else gets it (PIPL
art. 13, 17, 51 and 56), each table what it holds and when it goes. What goes asks `core.holds` first: nothing is destroyed
of a trip or case on which a hold lies, nor what is kept by itself of the people of such a trip. Times are the first
values of their policies (`/admin/core/policyversion/`).
"""


class Command(PlatformCommand):
    in_production = False
    help = "Write docs/processing.md, the register of processing; --check fails where it is not current."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / PATH
        text = register()
        if not options["check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError(f"{PATH} is not current: manage.py processing writes it.")


def register() -> str:
    """The whole document."""
    with translation.override("en"):
        # In an order that does not depend on which app was loaded first.
        rules = sorted(retention.rules().values(), key=lambda rule: rule.table)
        kinds = sorted(retention.kinds(), key=lambda data: str(data.label))
        parts = [_part(data, [rule for rule in rules if rule.data is data]) for data in kinds]
        nobody = "## Nobody\n\n" + _table([rule for rule in rules if rule.data is None])
    return "\n".join([HEAD, *parts, nobody])


def _part(data: Data, rules: list[Rule]) -> str:
    lines = [f"## {data.label}", "", f"- *What for*: {data.purpose}", f"- *Ground*: {data.ground.label}"]
    if data.law:
        lines.append(f"- *Law and time*: {data.law}")
    lines += [f"- *Who else gets it*: {data.processors or 'nobody'}", "", _table(rules)]
    return "\n".join(lines)


def _table(rules: list[Rule]) -> str:
    rows = ["| table | what it holds | when it goes |", "|---|---|---|"]
    rows += [f"| `{rule.table}` | {rule.holds} | {rule.ends} |" for rule in rules]
    return "\n".join(rows) + "\n"
