from typing import Any

from django.core.management.base import BaseCommand

from safety.monitor.loop import Monitor


class Command(BaseCommand):
    help = (
        "Watch the position streams and raise signals, until the process is ended. Several may run at once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        Monitor().run_forever()
