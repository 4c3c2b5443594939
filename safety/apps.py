from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SafetyConfig(AppConfig):
    name = "safety"
    verbose_name = _("Safety")

    def ready(self) -> None:
        """They register what this app does when others speak, and what it tells of what people shared."""
        for name in ("handlers", "disclosures", "own_data", "simulations", "monitor.quarantine"):
            import_module(f"safety.{name}")
