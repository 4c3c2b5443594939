from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DriversConfig(AppConfig):
    name = "drivers"
    verbose_name = _("Drivers")

    def ready(self) -> None:
        import drivers.handlers  # noqa: F401 - registers what drivers do when others speak
