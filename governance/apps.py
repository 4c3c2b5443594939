from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        import governance.checks
        import governance.own_data  # noqa: F401 - registers itself
        from governance.measures import refuse_untried
        from governance.promised import refuse_less

        refuse_untried()
        refuse_less()
