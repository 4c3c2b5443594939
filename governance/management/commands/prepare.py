from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from complaints.demo import make_demo_desk
from core.commands import PlatformCommand, variable
from core.reader.pool import unhurried
from governance.demo import (
    make_city,
    make_world,
    open_questions,
    screen_the_fleet,
    write_second_factors,
    write_sms_templates,
)


class Command(PlatformCommand):
    in_production = False
    help = "Migrate, grant rights and make the demo world, on one machine's stack. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        password, state = variable("HUHANG_DEMO_PASSWORD"), Path(variable("HUHANG_STATE"))
        call_command("migrate", verbosity=0, interactive=False)
        call_command("grant_rights")
        with unhurried():  # however busy the machine is
            make_world(password=password)
            if settings.STAGE == "local":
                make_city(password=password)
        screen_the_fleet()
        open_questions()
        make_demo_desk()
        write_second_factors(state / "sandbox")
        write_sms_templates(state)
