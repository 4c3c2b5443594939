import json
from typing import Any

from core.commands import PlatformCommand
from governance.services import run_red_team


class Command(PlatformCommand):
    in_production = True
    help = "Let the false officer try each way now, on this live stack with its marked accounts; exit 0 only when all were refused."

    def handle(self, *args: Any, **options: Any) -> None:
        tried = run_red_team()
        self.stdout.write(json.dumps({each.way: each.got for each in tried}, ensure_ascii=False))
        if any(each.got for each in tried):
            raise SystemExit(1)
