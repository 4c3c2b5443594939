from collections import Counter
from typing import Any

from django.core.management.base import CommandError

from core import audit
from core.actors import SYSTEM
from core.commands import PlatformCommand
from core.privacy import newest_version
from core.rotation import left_over, rotate_columns, rotate_pictures
from core.transactions import begins_transaction


class Command(PlatformCommand):
    in_production = True
    help = (
        "Encrypt everything again that an older of HUHANG_FIELD_KEYS encrypted. Add the new key last, restart, run this,"
        " then remove the old one. It can be stopped and run again. It rewrites ledgers too, which only their owner may:"
        " DATABASE_URL is the owner's."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()
        for table, column, rows in rotate_columns():
            counts[f"{table}.{column}"] += rows
            self.stdout.write(f"{table}.{column}: {counts[f'{table}.{column}']}")
        pictures = rotate_pictures()
        self.stdout.write(f"pictures: {pictures}")
        _record(sum(counts.values()), pictures)
        if left := left_over():
            said = ", ".join(f"{what}: {count}" for what, count in left.items())
            raise CommandError(
                f"Keep the older keys: they are still needed ({said}). Run this again; what stays does not open, and"
                " `manage.py retry` names it."
            )
        self.stdout.write(f"All is under version {newest_version()}: the older keys can go.")


@begins_transaction
def _record(values: int, pictures: int) -> None:
    audit.record(SYSTEM, "core.keys_rotated", f"v{newest_version()}", values=values, pictures=pictures)
