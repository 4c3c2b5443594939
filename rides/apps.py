from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RidesConfig(AppConfig):
    name = "rides"
    verbose_name = _("Rides")

    def ready(self) -> None:
        import rides.handlers  # noqa: F401 - registers what rides do when others speak
