from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("Complaints")

    def ready(self) -> None:
        import complaints.checks
        import complaints.handlers
        import complaints.own_data  # noqa: F401 - all register themselves
