from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DriversConfig(AppConfig):
    name = "drivers"
    verbose_name = _("Drivers")

    def ready(self) -> None:
        """They register what this app does when others speak, and what it tells of what people shared."""
        for name in ("handlers", "own_data", "simulations"):
            import_module(f"drivers.{name}")
