from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.commands import PlatformCommand
from core.danger import learn, pieces


class Command(PlatformCommand):
    in_production = False
    help = (
        "Learn the weights of danger from files of wordings (class, tab, text) and write core/danger/weights.tsv. "
        "Never give it the wordings that are kept to measure with."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        told = learn.wordings(*options["files"])
        learned = learn.learn(told)
        (pieces.HERE / "weights.tsv").write_text(learn.written(learned), encoding="utf-8")
        self.stdout.write(f"{len(learned)} weights from {len(told)} wordings")
