"""Which of the packages and scripts that run here are known to be weak: asked of the open database of advisories (OSV).

Its contract (https://google.github.io/osv.dev/post-v1-querybatch/): `POST {base}/v1/querybatch` with `queries`, each a
`package` by its `purl`, answers `results` in the same order, each with `vulns` where there are any.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core import outside
from core.commands import PlatformCommand
from core.management.commands.sbom import components

AT_ONCE = 500  # of a thousand that one question may name


class Command(PlatformCommand):
    in_production = True
    help = "Ask which packages and scripts of this release are known to be weak; exit 1 and name them where there are any."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        asked = components(Path(settings.BASE_DIR))
        weak = 0
        for component, advisories in known_weak(asked):
            weak += 1
            self.stdout.write(f"{component['name']} {component['version']}: {', '.join(advisories)}")
        if weak:
            raise CommandError(
                f"{weak} of {len(asked)} are known to be weak: read the advisories, and bring the lock forward."
            )
        self.stdout.write(f"{len(asked)} packages and scripts, none known to be weak.")


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
