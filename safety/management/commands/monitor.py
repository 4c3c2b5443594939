from typing import Any

from core import heartbeat, production
from core.commands import PlatformCommand
from safety.monitor.loop import Monitor
from safety.services.questions import MONITOR_PROCESS


class WatchedMonitor(Monitor):
    """With a sign of life for each turn that came to its end."""

    def step(self) -> None:
        super().step()
        heartbeat.beat(MONITOR_PROCESS.name)


class Command(PlatformCommand):
    in_production = True
    help = (
        "Watch the position streams and raise signals, until the process is ended. Several may run at once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        production.refuse_to_start()
        WatchedMonitor().run_forever()
