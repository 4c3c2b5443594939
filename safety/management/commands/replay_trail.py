import csv
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser

from core import facts, policy
from core.commands import PlatformCommand
from rides.geometry import Point
from rides.trails import Fix
from safety.replay import ReplayedTrip, replay

HELP = """Replay a trip's trail through the monitor: CSV lat,lon,time with ISO times, WGS-84.

The trip is aboard from the first position to the last. --passenger is the trail of the second phone; with it the
order is cancelled when both phones have met, or at --cancelled-at, or never (--cancelled-at never).
"""


class Command(PlatformCommand):
    in_production = True
    help = HELP
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--destination", help="LAT,LON; the trail's last point where neither is given")
        parser.add_argument("--route", type=Path, help="the planned way, CSV lat,lon")
        parser.add_argument("--passenger", type=Path, help="the trail of the second phone")
        parser.add_argument("--cancelled-at", help="ISO time, or `never`")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.perf_counter()
        trail = read_trail(options["file"])
        route = read_points(options["route"]) if options["route"] else None
        if options["destination"]:
            destination = read_point(options["destination"])
        else:
            destination = route[-1] if route else (trail[-1].latitude, trail[-1].longitude)
        passenger = read_trail(options["passenger"]) if options["passenger"] else None
        cancelled = options["cancelled_at"]
        story = ReplayedTrip(
            trail,
            destination,
            route,
            passenger,
            cancelled_at=None if cancelled in {None, "never"} else read_time(cancelled, "--cancelled-at"),
            cancelled_on_meeting=passenger is not None and cancelled is None,
        )
        with policy.read_once(offline=True):
            found = replay(story)
        answer = {
            "pings": len(trail) + len(passenger or []),
            "signals": [
                {
                    "kind": each.kind,
                    "at": _iso(each.detection.at),
                    "score": each.score,
                    "why": facts.say(each.detection.facts),
                }
                for each in found.raised
            ],
            "incident_at": _iso(found.incident_at) if found.incident_at else None,
            "seconds": round(time.perf_counter() - began, 3),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(f"{answer['pings']} positions, {len(found.raised)} signals")
        for each in found.raised:
            self.stdout.write(
                f"{_iso(each.detection.at)}  {each.kind:<20} {each.score:>4}  {facts.say(each.detection.facts)}"
            )
        self.stdout.write(f"incident: {answer['incident_at'] or 'none'}")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, tz=ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds")


def read_time(text: str, where: str) -> float:
    """Unix seconds of an ISO time; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{where}: {text!r} is not an ISO time.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def read_point(text: str) -> Point:
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise CommandError(f"{text!r} is not LAT,LON.") from None
    return _on_globe(latitude, longitude, text)


def _on_globe(latitude: float, longitude: float, where: str) -> Point:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise CommandError(f"{where}: {latitude}, {longitude} is not on the globe (latitude first).")
    return latitude, longitude


def _rows(path: Path, columns: set[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise CommandError(f"{path} cannot be read: {why}") from None
    if not rows or not columns <= set(rows[0]):
        raise CommandError(f"{path} must have the columns {', '.join(sorted(columns))} and at least one row.")
    return rows


def read_points(path: Path) -> list[Point]:
    """The points of a way."""
    points = []
    for number, row in enumerate(_rows(path, {"lat", "lon"}), start=2):
        try:
            points.append(_on_globe(float(row["lat"]), float(row["lon"]), f"{path} line {number}"))
        except (TypeError, ValueError):
            raise CommandError(f"{path} line {number}: lat and lon must be numbers.") from None
    return points


def read_trail(path: Path) -> list[Fix]:
    """The positions of a trail by time."""
    points = read_points(path)
    rows = _rows(path, {"lat", "lon", "time"})
    times = [read_time(row["time"], f"{path} line {number}") for number, row in enumerate(rows, start=2)]
    return sorted(Fix(at, *point) for at, point in zip(times, points, strict=True))
