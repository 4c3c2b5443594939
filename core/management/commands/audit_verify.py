import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from core import audit
from core.commands import PlatformCommand
from core.models import AuditSeal


class Command(PlatformCommand):
    in_production = True
    help = (
        "Read the journal against its seals; exit 1 and name the first bad row where something was changed. It prints the"
        " last seal, NUMBER:VALUE, to be written down elsewhere; `--seal` asks for one that was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--seal",
            default="",
            help="A seal that was written down; exit 1 where the journal ends before it or has another one there.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.verify()
        given = options["seal"].strip()
        held = not given or any(f"{row.pk}:{row.seal}" == given for row in _numbered(given))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found) | ({"seal_found": held} if given else {})))
        else:
            self.stdout.write(f"{found.rows} rows, {found.seals} seals: {found.first_bad or 'all as sealed'}")
            self.stdout.write(f"last seal {found.last_seal or 'none'}")
            if not held:
                self.stdout.write(f"no seal {given}: the journal was cut before it")
        if not (found.ok and held):
            raise SystemExit(1)


def _numbered(given: str) -> list[AuditSeal]:
    number = given.partition(":")[0]
    return list(AuditSeal.objects.filter(pk=int(number))) if number.isdecimal() and len(number) < 19 else []
