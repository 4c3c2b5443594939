import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.services import board_json


class Command(BaseCommand):
    help = "Check every measure of the rectification board now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        text = board_json()
        if options["json"]:
            self.stdout.write(text)
            return
        for row in json.loads(text)["measures"]:
            self.stdout.write(
                f"{row['id']}  {row['status']:<8}  {row['title']['en']}\n      {row['evidence']}"
            )
