import os
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from core import clock
from core.commands import PlatformCommand, variable
from core.journal import witness


class Command(PlatformCommand):
    in_production = True
    requires_system_checks = []
    help = "The witness of the journal: signs checkpoints that extend what it saw. Knows the platform by HTTP alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.PUBLIC_URL)
        parser.add_argument("--folder", default=os.environ.get("HUHANG_WITNESS_STATE", ""))
        parser.add_argument("--name", default="witness")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"] or variable("HUHANG_WITNESS_STATE")
        given = ["--url", options["url"], "--folder", folder, "--name", options["name"]]
        witness.main(given, now=lambda: clock.now().timestamp())
