from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.commands import PlatformCommand
from governance.drills import yueqing, zhengzhou

DRILLS = {"yueqing": yueqing, "zhengzhou": zhengzhou}


class Command(PlatformCommand):
    in_production = False
    help = "Play a case of 2018 on a scratch stack of its own, over HTTP alone; exit 0 only when all expectations hold. What is reported apart is not counted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=sorted(DRILLS))
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--branch", default="", help="play this branch alone: the name of its function")

    def handle(self, *args: Any, **options: Any) -> None:
        drill = DRILLS[options["name"]]
        names = [each.__name__ for each in (*drill.BRANCHES, *(branch for branch, _why in drill.APART))]
        if options["branch"] not in {"", *names}:
            raise CommandError(f"No branch of this name. There are: {', '.join(names)}")
        report = drill.play(options["branch"])
        self.stdout.write(report.as_json() if options["json"] else report.as_text())
        if not report.passed:
            raise SystemExit(1)
