import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import environ
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from core import clock
from core.commands import PlatformCommand
from governance.measures import Measure, has_check, measures
from governance.oscal import assessment_results
from governance.selectors import last_board
from governance.services import board_json, record_breaker
from governance.states import Breaker


class Command(PlatformCommand):
    in_production = True
    help = (
        "Check every measure of the rectification board now, or those that are named. With --break, break each on purpose"
        " out of sight and keep whether its check noticed; exit 0 only when all did. With --oscal, write what the last"
        " round found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "ids", nargs="*", metavar="ID", help="a measure, as M28 or P5+; all where none is named"
        )
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--break", action="store_true", dest="breaks")
        parser.add_argument("--oscal", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        connection.ensure_connection()  # a measure that cannot be checked says so, and stops no other
        if options["breaks"]:
            _as_the_board()
            self._break(_named(options["ids"]))
            return
        if options["oscal"]:
            text = json.dumps(assessment_results(last_board(), clock.now()), ensure_ascii=False, indent=1)
            Path(options["oscal"]).write_text(text)
            return
        text = board_json(_named(options["ids"]))
        if options["json"]:
            self.stdout.write(text)
            return
        for row in json.loads(text)["measures"]:
            self.stdout.write(
                f"{row['id']}  {row['status']:<8}  {row['title']['en']}\n      {row['evidence']}"
            )

    def _break(self, chosen: Sequence[Measure]) -> None:
        unnoticed = 0
        for measure in chosen:
            if not has_check(measure.id):
                continue
            tried = record_breaker(measure)
            unnoticed += tried.came != Breaker.TURNED
            self.stdout.write(f"{measure.id}  {tried.came.value:<8}  {tried.why}")
        if unnoticed:
            raise SystemExit(1)


def _as_the_board() -> None:
    """What checks found is written by the role of the board's worker alone; on the stack of `make run` its address is known."""
    if "HUHANG_BOARD_URL" in os.environ:
        connection.close()
        connection.settings_dict |= environ.Env().db_url("HUHANG_BOARD_URL")


def _named(ids: list[str]) -> Sequence[Measure]:
    """The measures of these ids, in the order of the board. Raises `CommandError` for one that is none."""
    if unknown := sorted(set(ids) - {row.id for row in measures()}):
        raise CommandError(f"no such measure: {', '.join(unknown)}")
    return [row for row in measures() if not ids or row.id in ids]
