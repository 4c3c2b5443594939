"""What the console's lists and panels show of core: `tests/test_console_queries.py` asks for one of each, then for eleven."""

from django.db import transaction

from core import events, ledger, retry
from core.actors import SYSTEM


def rows(people, trip, mark):
    with transaction.atomic():
        ledger.transfer(actor=SYSTEM, key=f"{mark}-{trip.code}", subject="x", entries={"a": 1, "b": -1})
        retry.failed(events.EVENTS.work, mark, "x", needs_person=True, subject=trip.code)
        retry.failed(events.EVENTS.work, f"{mark} again", "x", subject=trip.code)
