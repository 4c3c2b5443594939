"""The dispatcher's process: a batch for each line and city every two seconds (R3). Several can run at once."""

import time
from typing import Any

import structlog
from django.db import close_old_connections
from django.db.utils import InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

from core import clock, heartbeat, jobs, production, retry
from core.commands import PlatformCommand
from rides import services
from rides.services import Market
from rides.services.offers import DISPATCHER

log = structlog.get_logger()
BATCH = 2.0  # seconds from one batch to the next
MARKETS = retry.declare("rides.dispatch_batch", _("giving the orders of a line in a city"), law=jobs.SOON)


class Command(PlatformCommand):
    in_production = True
    help = "Give waiting orders of express, premier and luxury to drivers, in batches of two seconds."

    def handle(self, *args: Any, **options: Any) -> None:
        production.refuse_to_start()
        while True:
            began = time.monotonic()
            try:
                close_old_connections()
                turn()
                heartbeat.beat(DISPATCHER.name)
            except (OperationalError, InterfaceError):
                log.warning("dispatcher.waiting")
            except Exception:  # a turn that fails is written down, and the next one comes
                log.exception("dispatcher.turn_failed")
            time.sleep(max(0.0, BATCH - (time.monotonic() - began)))


def turn() -> int:
    """One batch everywhere: what nobody answered goes on, what waits is given; how many offers were made.

    A line in a city that cannot be dispatched costs the others nothing.
    """
    services.expire_offers(at=clock.now())
    made = 0

    def give(market: Market) -> None:
        nonlocal made
        made += services.dispatch_batch(city=market.city, line=market.line, at=clock.now())

    retry.each(
        MARKETS,
        services.markets(),
        give,
        key=lambda market: f"{market.city.code}:{market.line}",
        begins=True,
    )
    return made
