"""Commands of ours: which of them a company's own platform runs is said by each, and asked before anything else."""

import os
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


def variable(name: str) -> str:
    """What the environment says, for what is no setting of the platform. Raises `CommandError` where it says nothing."""
    value = os.environ.get(name, "")
    if not value:
        raise CommandError(f"{name} is not set.")
    return value


class PlatformCommand(BaseCommand):
    """`in_production` is said by each: False for the demo, for drills of cases, and for those who write the platform.

    What is False touches nothing in production, not even to see whether the settings are right.
    """

    in_production: ClassVar[bool]

    def __init_subclass__(cls, **given: Any) -> None:
        """Raises `TypeError` where a command does not say it."""
        super().__init_subclass__(**given)
        if not isinstance(getattr(cls, "in_production", None), bool):
            raise TypeError(f"{cls.__module__} does not say whether production runs it")

    def execute(self, *args: Any, **options: Any) -> str | None:
        if settings.STAGE == "production" and not self.in_production:
            name = type(self).__module__.rpartition(".")[2]
            raise CommandError(f"`{name}` is not for production; nothing was done.")
        return super().execute(*args, **options)
