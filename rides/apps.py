from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RidesConfig(AppConfig):
    name = "rides"
    verbose_name = _("Rides")

    def ready(self) -> None:
        """They register what this app does when others speak, and what it tells of what people shared."""
        for name in ("handlers", "disclosures", "own_data", "simulations"):
            import_module(f"rides.{name}")
