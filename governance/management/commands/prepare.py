import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from complaints.demo import make_demo_desk
from governance.demo import make_world, screen_the_fleet, write_second_factors, write_sms_templates


class Command(BaseCommand):
    help = "Migrate, grant rights and make the demo world, on one machine's stack. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STAGE == "production":
            raise CommandError("The demo world is not for production; use migrate and grant_rights.")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("grant_rights")
        make_world(password=os.environ["HUHANG_DEMO_PASSWORD"])
        screen_the_fleet()
        make_demo_desk()
        write_second_factors(Path(os.environ["HUHANG_STATE"]) / "sandbox")
        write_sms_templates(Path(os.environ["HUHANG_STATE"]))
