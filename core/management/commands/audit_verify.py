import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import audit


class Command(BaseCommand):
    help = (
        "Read the journal against its seals; exit 1 and name the first bad row where something was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.verify()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
        else:
            self.stdout.write(f"{found.rows} rows, {found.seals} seals: {found.first_bad or 'all as sealed'}")
        if not found.ok:
            raise SystemExit(1)
