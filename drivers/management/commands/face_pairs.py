import csv
import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core import policy
from core.commands import PlatformCommand
from core.errors import DomainError
from drivers.policies import FACE_ACCEPT, FACE_DEMANDS
from drivers.vision.faces import Demands, Face, likeness, read_face


def limits() -> tuple[float, Demands]:
    """The likeness and what pictures must show, as in force; the declared ones where there is no database to ask."""
    with policy.read_once(offline=True):
        return policy.value(FACE_ACCEPT), policy.value(FACE_DEMANDS)


class Command(PlatformCommand):
    in_production = True
    help = "Measure error rates on labelled pairs: CSV image_a,image_b,same with paths relative to the file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open(newline="") as opened:
                rows = list(csv.DictReader(opened))
        except OSError as why:
            raise CommandError(f"{path}: {why.strerror}") from None
        if not rows or not {"image_a", "image_b", "same"} <= set(rows[0]):
            raise CommandError(
                f"{path} must have the columns image_a, image_b and same, and at least one pair."
            )
        found = measure(path.parent, rows, *limits())
        self.stdout.write(
            json.dumps(found)
            if options["json"]
            else "\n".join(f"{name}: {value}" for name, value in found.items())
        )


def measure(folder: Path, rows: list[dict[str, str]], limit: float, demands: Demands) -> dict[str, Any]:
    """What `face_pairs` prints. `ms_per_check` is the whole path of one picture: decode, detect, align, describe."""
    faces: dict[str, Face | None] = {}
    seconds = 0.0
    for name in sorted({row[side] for row in rows for side in ("image_a", "image_b")}):
        began = time.perf_counter()
        try:
            faces[name] = read_face((folder / name).read_bytes(), demands)
        except (DomainError, OSError):
            faces[name] = None
        seconds += time.perf_counter() - began
    accepted = {True: 0, False: 0}
    counted = {True: 0, False: 0}
    unreadable = 0
    for row in rows:
        same = row["same"].strip().lower() in {"1", "true", "yes"}
        one, other = faces[row["image_a"]], faces[row["image_b"]]
        counted[same] += 1
        if one is None or other is None:
            unreadable += 1  # nobody is accepted by a picture that cannot be read
            continue
        accepted[same] += likeness(one.vector, other.vector) >= limit
    return {
        "pairs": len(rows),
        "same": counted[True],
        "threshold": limit,
        "true_accept_rate": round(accepted[True] / counted[True], 4) if counted[True] else None,
        "false_accept_rate": round(accepted[False] / counted[False], 4) if counted[False] else None,
        "unreadable": unreadable,
        "ms_per_check": round(1000 * seconds / max(len(faces), 1), 1),
    }
