import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core.commands import PlatformCommand

# What formatters do not hold: djangofmt leaves a run of tags on one line, and nothing formats scripts.
WIDEST = {"templates": ("*.html", 160), "static/js": ("*.js", 120), "tests/scripts": ("*.js", 120)}
# One sentence is one line, however long: it is looked up as it stands.
SENTENCE = re.compile(r"""\s*{% translate "[^"]*"(?: context "[^"]*")? %}\s*""")


class Command(PlatformCommand):
    in_production = False
    help = "No line of a template or script is too long to be read; one sentence by itself may be."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(too_long(Path(settings.BASE_DIR)))
        if faults:
            raise CommandError("\n".join(faults))


def too_long(root: Path) -> Iterator[str]:
    """`path:line: characters` of each line that is too long."""
    for folder, (names, most) in WIDEST.items():
        for path in sorted((root / folder).rglob(names)):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if len(line) > most and not SENTENCE.fullmatch(line):
                    yield f"{path.relative_to(root)}:{number}: {len(line)} characters, at most {most}"
