import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.commands import PlatformCommand
from governance import capacity
from rides.states import Line


class Command(PlatformCommand):
    in_production = True
    help = (
        "Order at twice the expected load on this live stack with the drill's marked passenger, on a line that is suspended in a"
        " city, and keep what was measured of this build for the relaunch gate; exit 0 only when it passed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("line", choices=Line.values)
        parser.add_argument("city")
        parser.add_argument("--seconds", type=int, default=60, choices=range(60, 3_601), metavar="60-3600")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            proof = capacity.run(line=options["line"], city=options["city"], seconds=options["seconds"])
        except capacity.OtherBuild:
            raise CommandError("The stack that answers is of another build; nothing was kept.") from None
        self.stdout.write(json.dumps({"passed": proof.passed, "build": proof.build} | proof.figures))
        if not proof.passed:
            raise SystemExit(1)
