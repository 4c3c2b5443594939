from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        import governance.checks  # noqa: F401 - registers the live checks
        from governance.measures import refuse_untried

        refuse_untried()
