"""Is this file what was released? `manage.py verify_release FILE`, or `--code` of a watermark. Asks nobody outside."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core.commands import PlatformCommand
from police.documents import verify
from police.documents.models import ReleaseCopy

GENUINE, NOT, UNKNOWN = 0, 1, 2


class Command(PlatformCommand):
    in_production = True
    help = (
        "Say whether a file is one that was released to the police, of which release, and which bytes of it were changed."
        " Exits with 0 for genuine, 1 for not, 2 for what cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--code", default="", help="of a watermark: says who read that copy, and when")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["code"]:
            self._who(options["code"])
            return
        if options["file"] is None:
            raise CommandError("Give a file, or the code of a watermark.", returncode=UNKNOWN)
        try:
            content = options["file"].read_bytes()
        except OSError as why:
            raise CommandError(
                f"{options['file']} cannot be read: {why.strerror}.", returncode=UNKNOWN
            ) from None
        found = verify.examine(content)
        self.stdout.write("genuine" if found.genuine else "not genuine")
        if found.request:
            word = "release" if found.genuine else "claims to be of release"
            self.stdout.write(f"{word}: {found.request}")
        if found.copy:
            self.stdout.write(f"copy: {found.copy} ({found.kind or 'not known'})")
        if found.at:
            self.stdout.write(f"handed over: {timezone.localtime(found.at).isoformat(timespec='seconds')}")
        if content.startswith(b"%PDF-"):
            self.stdout.write(f"seal: {'whole' if found.sealed else 'broken or not ours'}")
            at = (
                timezone.localtime(found.stamped_at).isoformat(timespec="seconds")
                if found.stamped_at
                else "none"
            )
            self.stdout.write(f"time of an authority: {at}")
        for first, last in found.changed:
            self.stdout.write(f"changed: bytes {first} to {last}")
        if not found.genuine:
            raise CommandError("This is not what was released.", returncode=NOT)

    def _who(self, code: str) -> None:
        wanted = code.replace("-", "").replace(" ", "").upper()
        row = ReleaseCopy.objects.select_related("release__request__agency").filter(code=wanted).first()
        if row is None:
            raise CommandError("No copy has this code.", returncode=NOT)
        request = row.release.request
        at = timezone.localtime(row.at).isoformat(timespec="seconds")
        self.stdout.write(
            f"{request.code} {row.kind} {at} {row.reader or 'one-time link'} {request.agency.code}"
        )
