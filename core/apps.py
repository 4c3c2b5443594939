from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Journal, policies, messages, money")

    def import_models(self) -> None:
        """Say what fields of libraries refuse with before a module of ours declares one: later they have their sentences."""
        from core import refused

        refused.say_it_in_one_sentence()
        super().import_models()

    def ready(self) -> None:
        """Know each message of each app, and refuse those that are declared by halves."""
        autodiscover_modules("messages")
        register(_messages_are_whole)
        from core import build, production, revoked  # noqa: F401 - its checks

        if settings.REVOKED:
            revoked.look_up()
        build.digest()  # of what runs: later the files may be others


def _messages_are_whole(**_options: object) -> list[CheckMessage]:
    from core.messages import catalogue, transports

    return [
        *(Error(fault, id="core.E001") for fault in catalogue.faults()),
        *(Error(fault, id="core.E002") for fault in transports.faults()),
    ]
