from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from core import audit
from core.actors import SYSTEM
from core.privacy import newest_version
from core.rotation import rotate_columns, rotate_pictures
from core.transactions import begins_transaction


class Command(BaseCommand):
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


@begins_transaction
def _record(values: int, pictures: int) -> None:
    audit.record(SYSTEM, "core.keys_rotated", f"v{newest_version()}", values=values, pictures=pictures)
