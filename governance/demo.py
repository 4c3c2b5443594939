"""The demo world: the cast, one city, the hitch line. The tests use the same people."""

import json
import os
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from accounts.demo import enrol_cast
from accounts.models import Authenticator
from accounts.selectors import account_by_code
from core import clock
from core.actors import SYSTEM
from core.messages.transports.template_sms import to_submit
from core.transactions import begins_transaction
from drivers.demo import enrol_drivers
from drivers.selectors import newest_run
from drivers.services import begin_run
from police.demo import enrol_police
from rides.demo import make_cities
from rides.services import set_line
from rides.states import Line, LineState


@begins_transaction
def make_world(*, password: str) -> None:
    """Fill an empty database; does nothing where the cast is there already."""
    if account_by_code("passenger"):
        return
    people = enrol_cast(password=password)
    enrol_drivers(people)
    enrol_police(people)
    until = datetime.combine(
        date.fromordinal(clock.now().date().toordinal() + 365), time(), ZoneInfo("Asia/Shanghai")
    )
    for city in make_cities():
        for line in Line:
            set_line(
                actor=SYSTEM,
                line=line,
                city=city,
                state=LineState.RUNNING,
                permit_until=until + timedelta(days=1),
                permit_number=f"{city.code.upper()}-{line.upper()}-2018",
            )


@begins_transaction
def screen_the_fleet() -> None:
    """Have the registries asked about the demo's drivers by the worker, as after every start of a new platform."""
    if newest_run() is None:
        begin_run(actor=SYSTEM, reason="demo world")


def write_second_factors(folder: Path) -> None:
    """Give the sandbox the secrets of the demo accounts' authenticators, as if each person held a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        device.user.code: device.key
        for device in Authenticator.objects.select_related("user").filter(name="demo")
    }
    path = folder / "second_factors.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.write(json.dumps(rows))


def write_sms_templates(state: Path) -> None:
    """Give the sandbox's SMS provider our templates, approved, and the platform its codes of them, as after weeks of forms."""
    templates = to_submit()
    (state / "sandbox").mkdir(parents=True, exist_ok=True)
    known = {
        row["name"]: {"content": row["content"], "parameters": row["parameters"], "state": "approved"}
        for row in templates
    }
    (state / "sandbox" / "sms_templates.json").write_text(json.dumps(known, ensure_ascii=False))
    codes: dict[str, dict[str, str]] = {}
    for row in templates:
        codes.setdefault(row["message"], {})[row["language"]] = row["name"]
    (state / "sms_templates.json").write_text(json.dumps(codes))
