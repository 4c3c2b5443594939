import json
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from core.commands import PlatformCommand
from governance.services import board_json


class Command(PlatformCommand):
    in_production = True
    help = "Check every measure of the rectification board now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # a measure that cannot be checked says so, and stops no other
        text = board_json()
        if options["json"]:
            self.stdout.write(text)
            return
        for row in json.loads(text)["measures"]:
            self.stdout.write(
                f"{row['id']}  {row['status']:<8}  {row['title']['en']}\n      {row['evidence']}"
            )
