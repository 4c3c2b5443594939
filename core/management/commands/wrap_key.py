import os
import sys
from argparse import ArgumentParser
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.management.base import CommandError

from core.commands import PlatformCommand
from core.outside import OutsideDown
from core.wrapped import opened, wrap

KEY_BYTES = 32


def _is_private_key(content: bytes) -> bool:
    try:
        serialization.load_der_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


class Command(PlatformCommand):
    in_production = True
    help = (
        "Print a key as the settings hold it wrapped by the key service: a new one that nobody has seen, or with --given the"
        " one on the standard input, which stands there in the clear now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--given",
            action="store_true",
            help="wrap the key on the standard input (base64), the seal's (PKCS #8) among them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.KEY_SERVICE_URL:
            raise CommandError("HUHANG_KEY_SERVICE_URL is not set.")
        try:
            key = opened(sys.stdin.read().strip()) if options["given"] else os.urandom(KEY_BYTES)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES and not _is_private_key(key):
            raise CommandError(
                f"On the standard input is no base64 of {KEY_BYTES} bytes, and none of a private key (PKCS #8)."
            )
        try:
            self.stdout.write(wrap(key))
        except OutsideDown as why:
            raise CommandError("The key service does not wrap it; its log and ours say why.") from why
