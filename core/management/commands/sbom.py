import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from core.commands import PlatformCommand

PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: *;[^\\\n]*)?((?:\s*\\\n\s*--hash=sha256:[0-9a-f]{64})*)", re.MULTILINE
)
# Scripts that lie in the repository, each with where it says its version itself.
SCRIPTS = {
    "htmx.org": ("htmx/htmx.min.js", r'version:"([\d.]+)"'),
    "leaflet": ("leaflet/leaflet.js", r"Leaflet ([\d.]+)"),
}


class Command(PlatformCommand):
    in_production = True
    help = "What the platform is made of, on the standard output: CycloneDX 1.5, from the locked packages and the scripts."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        bill = {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "components": components(Path(settings.BASE_DIR)),
        }
        self.stdout.write(json.dumps(bill, indent=2))


def components(root: Path) -> list[dict[str, Any]]:
    """What the platform in this folder is made of."""
    return [*packages((root / "requirements.lock").read_text()), *scripts(root / "static/vendor")]


def _component(kind: str, name: str, version: str, digests: list[str]) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"pkg:{kind}/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:{kind}/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in digests],
    }


def packages(lock: str) -> Iterator[dict[str, Any]]:
    """A component for each package of a lock, with the digests of the files that may be installed."""
    for name, version, digests in PINNED.findall(lock):
        plain = re.sub(r"[-_.]+", "-", name).lower()  # as a package URL writes it
        yield _component("pypi", plain, version, re.findall(r"[0-9a-f]{64}", digests))


def scripts(folder: Path) -> Iterator[dict[str, Any]]:
    """A component for each script of others in `static/vendor`. Raises `LookupError` where one does not say its version."""
    for name, (path, says) in SCRIPTS.items():
        content = (folder / path).read_bytes()
        found = re.search(says, content.decode())
        if found is None:
            raise LookupError(path)
        yield _component("npm", name, found[1], [hashlib.sha256(content).hexdigest()])
