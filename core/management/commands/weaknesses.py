"""Which of the packages and scripts that run here are known to be weak: asked of the open database of advisories (OSV).

Its contract (https://google.github.io/osv.dev/post-v1-querybatch/): `POST {base}/v1/querybatch` with `queries`, each a
`package` by its `purl`, answers `results` in the same order, each with `vulns` where there are any. Which packages are only
old, pip says by the index from which it installs; which scripts, the index of npm: `GET {base}/{name}/latest`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core import outside
from core.commands import PlatformCommand
from core.management.commands.sbom import components

AT_ONCE = 500  # of a thousand that one question may name
PATIENCE = 600  # seconds for all packages


class Command(PlatformCommand):
    in_production = True
    help = (
        "Ask which packages and scripts of this release are known to be weak; exit 1 and name them where there are any. What"
        " is only old is named as well."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        asked = components(Path(settings.BASE_DIR))
        weak = 0
        for component, advisories in known_weak(asked):
            weak += 1
            self.stdout.write(f"{component['name']} {component['version']}: {', '.join(advisories)}")
        self._say_old(asked)
        if weak:
            raise CommandError(
                f"{weak} of {len(asked)} are known to be weak: read the advisories, and bring the lock forward."
            )
        self.stdout.write(f"{len(asked)} packages and scripts, none known to be weak.")

    def _say_old(self, asked: list[dict[str, Any]]) -> None:
        old, unknown = only_old(asked)
        old_scripts, unknown_scripts = only_old_scripts(asked)
        for name, version, newest in old + old_scripts:
            self.stdout.write(f"{name} {version} is old: {newest} is there.")
        for many, what in ((unknown, "packages"), (unknown_scripts, "scripts")):
            if many:
                self.stdout.write(f"Of {many} {what} the index does not say whether they are old.")


def only_old(asked: list[dict[str, Any]]) -> tuple[list[tuple[str, str, str]], int]:
    """Of the packages that are installed: name, version and the newest one, where that is another; and how many of all
    packages the index told nothing about.

    Raises `CommandError` where pip is not there, or its index tells of none: nothing is known then.
    """
    ours = {each["name"] for each in asked if each["purl"].startswith("pkg:pypi/")}
    old = [each for each in _pip("--outdated") if each[0] in ours]
    current = [each for each in _pip("--uptodate") if each[0] in ours]
    if not old and not current:
        raise CommandError(
            "What is only old is not known: the index from which pip installs tells of no package."
        )
    return old, len(ours) - len(old) - len(current)


def only_old_scripts(asked: list[dict[str, Any]]) -> tuple[list[tuple[str, str, str]], int]:
    """The same of the scripts of others that lie in the repository."""
    old, unknown = [], 0
    for each in asked:
        if not each["purl"].startswith("pkg:npm/"):
            continue
        try:
            newest = (outside.get("scripts", f"{settings.SCRIPTS_URL}/{each['name']}/latest") or {}).get(
                "version"
            )
        except outside.OutsideDown:
            newest = None
        if not isinstance(newest, str):
            unknown += 1
        elif newest != each["version"]:
            old.append((each["name"], each["version"], newest))
    return old, unknown


def _pip(which: str) -> list[tuple[str, str, str]]:
    """Name, version and newest version of the installed packages that are `which`. Raises `CommandError`."""
    asked = [which, "--format=json", "--disable-pip-version-check", "--retries=1", "--timeout=10"]
    command = [sys.executable, "-m", "pip", "list", *asked]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)  # noqa: S603 - ours
        found = json.loads(said.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as why:
        raise CommandError(
            f"What is only old is not known: pip does not say it ({type(why).__name__})."
        ) from why
    return [
        (re.sub(r"[-_.]+", "-", each["name"]).lower(), each["version"], each.get("latest_version", ""))
        for each in found
    ]


def known_weak(asked: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each component of which advisories tell, with their names. Raises `core.outside.OutsideDown`: nothing is known then."""
    for begin in range(0, len(asked), AT_ONCE):
        batch = asked[begin : begin + AT_ONCE]
        queries = [{"package": {"purl": each["purl"]}} for each in batch]
        answer = outside.post("advisories", f"{settings.ADVISORIES_URL}/v1/querybatch", {"queries": queries})
        results = (answer or {}).get("results")
        if not isinstance(results, list) or len(results) != len(batch):
            raise outside.OutsideDown  # an answer about something else is none
        for component, found in zip(batch, results, strict=True):
            names = [str(each["id"]) for each in (found or {}).get("vulns", ())]
            if names:
                yield component, names
