from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RidesConfig(AppConfig):
    name = "rides"
    verbose_name = _("Rides")

    def ready(self) -> None:
        import rides.handlers
        import rides.shares  # noqa: F401 - tells what people shared on trips
