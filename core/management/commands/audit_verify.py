import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.commands import PlatformCommand
from core.journal import checkpoints
from core.journal.offline import Checkpoint, NotProven
from core.journal.verify import Verification, verify


class Command(PlatformCommand):
    in_production = True
    help = (
        "Read the journal against its tree, its checkpoints, and those that are kept outside; exit 1 and name what was"
        " changed, removed, put in or built anew. It prints the last checkpoint, to be written down elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--since",
            metavar="CHECKPOINT",
            help="A file with a checkpoint that was kept: the journal must hold it, and is read from there on.",
        )
        parser.add_argument(
            "--part",
            metavar="FILE",
            help="Read from where FILE says that the reading before stopped, and write there how far it came.",
        )
        parser.add_argument(
            "--seconds", type=float, help="Stop after this time, with what was read until then."
        )

        parser.add_argument(
            "--without-anchor",
            action="store_true",
            help="Leave out what is kept outside, which knows of lines that a dump cannot have: after a restore.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        part = Path(options["part"]) if options["part"] else None
        since = self._since(options["since"], part)
        found = verify(since=since, seconds=options["seconds"], outside=not options["without_anchor"])
        if part is not None and found.ok:
            part.write_text(json.dumps({"size": found.size, "root": found.root}))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
        else:
            self._say(found, since)
        if not found.ok:
            raise SystemExit(1)

    def _since(self, given: str | None, part: Path | None) -> Checkpoint | None:
        """Raises `CommandError` for what cannot be read, or is no checkpoint of ours."""
        try:
            if part is not None and part.exists():
                kept = json.loads(part.read_text())
                return Checkpoint("", int(kept["size"]), bytes.fromhex(kept["root"]), "the reading before")
            return checkpoints.ours(Path(given).read_text(encoding="utf-8")) if given else None
        except (OSError, ValueError, KeyError, TypeError, NotProven) as why:
            raise CommandError(f"{given or part}: {why}") from why

    def _say(self, found: Verification, since: Checkpoint | None) -> None:
        of = f" behind the first {since.size}" if since else ""
        self.stdout.write(
            f"{found.rows} rows{of}, {found.seals} batches, {found.checkpoints} checkpoints:"
            f" {'all as it was' if found.ok else ''}{'' if found.complete else ' (not read to the end)'}"
        )
        for fault in found.faults:
            self.stdout.write(fault)
        self.stdout.write(found.checkpoint or "no checkpoint yet")
