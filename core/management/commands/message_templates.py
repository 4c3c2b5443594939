import json
from typing import Any

from core.commands import PlatformCommand
from core.messages.transports.template_sms import to_submit


class Command(PlatformCommand):
    in_production = True
    help = "Print, as JSON lines, each template that an SMS provider has to approve: name, content, longest values."

    def handle(self, *args: Any, **options: Any) -> None:
        for row in to_submit():
            self.stdout.write(json.dumps(row, ensure_ascii=False))
