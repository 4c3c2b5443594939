"""The demo world: the cast, one city, the hitch line. The tests use the same people."""

import json
import os
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from accounts.demo import enrol_cast, enrol_member
from accounts.models import Authenticator
from accounts.selectors import account_by_code
from core import clock, motions
from core.actors import SYSTEM
from core.messages.transports.template_sms import to_submit
from core.transactions import begins_transaction
from drivers.demo import enrol_driver, enrol_drivers
from drivers.selectors import newest_run
from drivers.services import begin_run
from governance.consultations import QUESTION, drafts
from police.demo import enrol_police
from rides.demo import make_cities, make_history
from rides.services import begin_line
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver

CITY = Path(__file__).resolve().parent.parent / "sandbox"


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
            begin_line(
                actor=SYSTEM,
                line=line,
                city=city,
                permit_until=until + timedelta(days=1),
                permit_number=f"{city.code.upper()}-{line.upper()}-2018",
            )


@begins_transaction
def make_city(*, password: str) -> int:
    """The people who live in the demo's cities; how many were made, none where they are there already.

    They are who the sandbox's registries know, in the same file. Who lives there is marked like the drill's own
    passenger: what they do enters no figure. Those of the stage, whom the director lets act, are as real as the cast.
    """
    rows = json.loads((CITY / "city_people.json").read_text())
    if account_by_code(rows[0]["code"]):
        return 0
    verified, password_hash = clock.now() - timedelta(days=90), make_password(password)
    riders: list[Account] = []
    drivers: list[Driver] = []
    for row in rows:
        account = enrol_member(
            code=row["code"],
            phone=row["phone"],
            real_name=row["name"],
            id_number=row["id_number"],
            password_hash=password_hash,
            verified_at=verified,
            is_drill=not row["stage"],
        )
        if "licence" in row:
            picture = (CITY / "city_portraits" / f"{row['face']}.jpg").read_bytes()
            driver = enrol_driver(account, row, picture)
            drivers += [] if row["stage"] else [driver]
        elif not row["stage"]:
            riders.append(account)
    make_history(riders, drivers)
    return len(rows)


@begins_transaction
def screen_the_fleet() -> None:
    """Have the registries asked about the demo's drivers by the worker, as after every start of a new platform."""
    if newest_run() is None:
        begin_run(actor=SYSTEM, reason="demo world")


def open_questions() -> None:
    """Two people open the questions of 2018; does nothing where they are open."""
    one, other = account_by_code("admin"), account_by_code("supervisor")
    for given in drafts():
        if one and other:
            motion = motions.propose(account=one, kind=QUESTION, given=given, subject=given.slug)
            motions.decide(account=other, code=motion.code, agrees=True)


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
