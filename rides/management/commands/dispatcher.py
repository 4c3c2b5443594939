"""The dispatcher's process: a batch for each line and city every two seconds (R3). Several can run at once."""

import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.db.utils import InterfaceError, OperationalError

from core import clock
from rides import services

log = structlog.get_logger()
BATCH = 2.0  # seconds from one batch to the next


class Command(BaseCommand):
    help = "Give waiting orders of express, premier and luxury to drivers, in batches of two seconds."

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            began = time.monotonic()
            try:
                close_old_connections()
                turn()
            except (OperationalError, InterfaceError):
                log.warning("dispatcher.waiting")
            time.sleep(max(0.0, BATCH - (time.monotonic() - began)))


def turn() -> int:
    """One batch everywhere: what nobody answered goes on, what waits is given; how many offers were made."""
    services.expire_offers(at=clock.now())
    return sum(
        services.dispatch_batch(city=market.city, line=market.line, at=clock.now())
        for market in services.markets()
    )
