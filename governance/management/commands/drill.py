from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.drills import yueqing, zhengzhou

DRILLS = {"yueqing": yueqing.play, "zhengzhou": zhengzhou.play}


class Command(BaseCommand):
    help = "Play a case of 2018 on a scratch stack of its own, over HTTP alone; exit 0 only when all expectations hold."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DRILLS))
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        report = DRILLS[options["name"]]()
        self.stdout.write(report.as_json() if options["json"] else report.as_text())
        if not report.passed:
            raise SystemExit(1)
