import json
from typing import Any

from django.core.management.base import CommandParser

from core.commands import PlatformCommand
from governance.services import run_hourly_drill


class Command(PlatformCommand):
    in_production = True
    help = (
        "Play the hourly drill now, on this live stack with its marked accounts; exit 0 only when it passed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        run = run_hourly_drill()
        if options["json"]:
            self.stdout.write(json.dumps({"passed": run.passed, "seconds": run.seconds, "steps": run.steps}))
        else:
            for step in run.steps:
                self.stdout.write(
                    f"{'✔' if step['ok'] else '✘'} {step['what']}: {step['seen']} ({step['machine_seconds']} s)"
                )
        if not run.passed:
            raise SystemExit(1)
