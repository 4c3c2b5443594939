from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Django's admin as the operations console."""

    default_site = "config.console.ConsoleSite"
