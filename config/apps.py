import gc

from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles import apps as staticfiles


class ConsoleConfig(AdminConfig):
    """Django's admin as the operations console."""

    default_site = "config.console.ConsoleSite"

    def ready(self) -> None:
        """Every process knows all kinds of work, also one that runs no tasks: its pages name what failed."""
        from core import addresses  # noqa: F401 - before anything that names an address

        super().ready()
        from config import messages  # noqa: F401 - their declarations
        from config.celery import app

        app.autodiscover_tasks(force=True)
        # Of what was imported by now nothing is garbage, nor will it be.
        gc.freeze()
        gc.enable()


class StaticFilesConfig(staticfiles.StaticFilesConfig):
    """What our packages bring and no page of ours shows is not collected: the browsable API."""

    ignore_patterns: list[str] = [*staticfiles.StaticFilesConfig.ignore_patterns, "rest_framework"]
