from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PoliceConfig(AppConfig):
    name = "police"
    verbose_name = _("Police liaison")

    def ready(self) -> None:
        """It tells of the stations that other apps may call, and of its cases."""
        for name in ("stations", "handlers", "own_data"):
            import_module(f"police.{name}")
