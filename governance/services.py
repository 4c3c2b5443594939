"""The only writer of the board's history."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy, override
from django.utils.translation import gettext_noop as noop

from accounts.selectors import people_who_may
from core import audit, build, clock, jobs, live, retry
from core.actors import SYSTEM
from core.messages import outbox
from core.recipients import write_to_each
from core.transactions import begins_transaction
from governance import messages
from governance.evidence import fault, line
from governance.measures import (
    Checked,
    Found,
    Measure,
    Tried,
    break_measure,
    check_measure,
    has_check,
    measure_of,
    measures,
)
from governance.models import DrillRun, MeasureResult, MeasureState
from governance.selectors import Row
from governance.states import ATTACK_GOT, ATTACK_REFUSED, Breaker, Status

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Account
    from governance.drills import redteam
    from governance.models import Waiver

HISTORY_STEP = timedelta(days=1)
live.moves("board", "governance.", "regulator.")


def show(row: "Row", *, codes: bool = False) -> dict[str, Any]:
    """One row of the public board's JSON; with the facts and the `codes` in them, of `manage.py board --json`."""
    measure, found = row.measure, row.found
    said: dict[str, str] = {}
    noticed: dict[str, str] = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            said[key] = found.evidence if codes else found.public
            noticed[key] = row.breaker_seen
    with override("en"):
        owner = measure.owner_label
    return {
        "id": measure.id,
        "title": {"zh": measure.zh, "en": measure.en},
        "source": f"{measure.kind} {measure.date}",
        "source_text": {"zh": measure.source_zh, "en": measure.source_en},
        "scope": measure.scope,
        "owner": owner,
        "due": measure.due,
        "status": found.status.value,
        "since": row.since.isoformat() if row.since else None,
        "share": found.share,
        "evidence": said["en"],
        "evidence_zh": said["zh"],
        **({"facts": list(found.facts)} if codes else {}),
        "breaker": row.breaker.value or None,
        "breaker_seen": noticed,
        "waiver": _shown_waiver(row.waiver),
        "checked_at": row.seen_at.isoformat() if row.seen_at else None,
    }


def _shown_waiver(waiver: "Waiver | None") -> dict[str, Any] | None:
    if waiver is None:
        return None
    return {
        "reason": waiver.reason,
        "begins_at": waiver.begins_at.isoformat(),
        "ends_at": waiver.ends_at.isoformat(),
    }


def board_json(chosen: Sequence[Measure]) -> str:
    """Measures of the board as JSON, checked now and kept nowhere."""
    rows = [Row(check_measure(measure), None) for measure in chosen]
    return json.dumps({"measures": [show(row, codes=True) for row in rows]}, ensure_ascii=False)


# --- A round -----------------------------------------------------------------------------------------------

STAYED = fault(
    "breaker_stayed",
    noop("Broken on purpose, its check did not turn red by it: it proves nothing"),
)
UNBROKEN = fault(
    "breaker_failed",
    noop("It could not be broken on purpose (%(why)s): whether its check sees anything is not known"),
)
UNTRIED = line(
    "breaker_untried",
    noop(
        "It was not broken on purpose in the last three hours: whether its check sees anything is not known."
    ),
)
PROVEN_FOR = timedelta(hours=3)
BREAK_EVERY = timedelta(hours=1)


@begins_transaction
def record_check(measure: Measure) -> Checked:
    """Check one measure once, for all languages, and keep what was found. One that was not red and is now alarms the
    supervisors. A check that did not notice when its promise was broken on purpose shows nothing: its measure is red."""
    checked = check_measure(measure)
    state = MeasureState.objects.filter(measure=measure.id).first()
    found = _with_breaker(checked.found, state, checked.checked_at)
    kept: dict[str, Any] = {
        "status": found.status,
        "share": found.share,
        "facts": list(found.facts),
        "checked_at": checked.checked_at,
        "seconds": round(checked.seconds, 4),
    }
    last = MeasureResult.objects.filter(measure=measure.id).order_by("-checked_at", "-pk").first()
    changed = last is None or last.status != found.status
    if state is None or changed:
        kept["since"] = checked.checked_at
    MeasureState.objects.update_or_create(measure=measure.id, defaults=kept)
    if last is None or changed or checked.checked_at - last.checked_at >= HISTORY_STEP:
        row = MeasureResult.objects.create(
            measure=measure.id,
            status=found.status,
            share=found.share,
            facts=list(found.facts),
            checked_at=checked.checked_at,
        )
        if last and last.status != Status.FAIL and found.status == Status.FAIL:
            _alarm(measure, row)
    return replace(checked, found=found)


def _with_breaker(found: Found, state: MeasureState | None, at: "datetime") -> Found:
    came = Breaker(state.breaker) if state else Breaker.UNTRIED
    if came == Breaker.STAYED:
        return Found(Status.FAIL, (STAYED(), *found.facts), found.share)
    if came == Breaker.FAILED and state:
        return Found(Status.FAIL, (UNBROKEN(why=state.breaker_said), *found.facts), found.share)
    proven = state is not None and state.broken_at is not None and state.broken_at >= at - PROVEN_FOR
    if not proven and found.status in {Status.PASS, Status.PROGRESS}:
        return Found(Status.NONE, (UNTRIED(), *found.facts), found.share)
    return found


@begins_transaction
def record_breaker(measure: Measure) -> Tried:
    """Break one promise on purpose, out of everybody's sight, and keep whether its check noticed (G1+)."""
    tried = break_measure(measure)
    at = clock.now()
    came = {
        "breaker": tried.came,
        "breaker_said": tried.why[:80],
        "breaker_seen": list(tried.seen),
        "broken_at": at,
        "broken_build": build.digest(),
    }
    MeasureState.objects.update_or_create(
        measure=measure.id,
        defaults=came,
        create_defaults=came | {"status": Status.NONE, "since": at, "checked_at": at},
    )
    if tried.came != Breaker.TURNED:
        audit.record(SYSTEM, "governance.breaker_unnoticed", measure.id, came=tried.came, why=tried.why)
    return tried


def _alarm(measure: Measure, row: MeasureResult) -> None:
    said = []
    for language in ("zh-hans", "en"):
        with override(language):
            said.append(row.evidence)
    audit.record(SYSTEM, "governance.measure_failed", measure.id, evidence=said[1])

    def write(supervisor: "Account") -> None:
        outbox.queue(
            messages.MeasureFailed(id=measure.id, evidence=(said[0], said[1])),
            key=f"measure:{row.pk}:{supervisor.code}",
            to=supervisor.phone,
            language=supervisor.language,
            subject=measure.id,
        )

    write_to_each(people_who_may("duty.supervise"), write, about=f"measure:{row.pk}")


# --- The drill ---------------------------------------------------------------------------------------------


def run_hourly_drill() -> DrillRun:
    """Play the drill on the live stack and keep what came of it; a failure alarms the supervisors."""
    from governance.drills import hourly

    begun, clocked = clock.now(), time.monotonic()
    steps = hourly.play()
    with transaction.atomic(durable=True):
        run = DrillRun.objects.create(
            begun_at=begun,
            seconds=round(time.monotonic() - clocked, 2),
            passed=all(step.ok for step in steps) and len(steps) >= 7,
            steps=[asdict(step) for step in steps],
            build=build.digest(),
        )
        if not run.passed:
            _alarm_drill(run)
    return run


def _alarm_drill(run: DrillRun) -> None:
    failed = [step for step in run.steps if not step["ok"]]
    audit.record(SYSTEM, "governance.drill_failed", str(run.pk), failed=[step["what"] for step in failed])

    def write(supervisor: "Account") -> None:
        outbox.queue(
            messages.DrillFailed(seen=failed),
            key=f"drill:{run.pk}:{supervisor.code}",
            to=supervisor.phone,
            language=supervisor.language,
            subject="drill",
        )

    write_to_each(people_who_may("duty.supervise"), write, about=f"drill:{run.pk}")


def run_red_team() -> "list[redteam.Tried]":
    """Let the false officer try, and write into the journal what each way got (P11). Raises `Surprise` where one could not
    be tried: of that way nothing is written, and the board says so."""
    from governance.drills import redteam

    tried: list[redteam.Tried] = []
    try:
        redteam.play(tried)
    finally:
        for each in tried:
            if each.done or each.got:
                _record_attack(each.way, each.got)
    return tried


@begins_transaction
def _record_attack(way: str, got: list[str]) -> None:
    action = ATTACK_GOT if got else ATTACK_REFUSED
    audit.record(SYSTEM, action, way, got=got[:10])


def check_board() -> list[Checked]:
    """Check every measure and keep the history; one that cannot be kept does not stop the others."""
    found: list[Checked] = []
    retry.each(
        BOARD.work,
        measures(),
        lambda measure: found.append(record_check(measure)),
        key=lambda measure: measure.id,
        begins=True,
    )
    return found


def _after(last: str | None) -> list[str]:
    """The measures that come after this one, in the order of the board; all where it is none of them."""
    names = [measure.id for measure in measures()]
    return names[names.index(last) + 1 if last in names else 0 :]


def _check_one(name: str, _at: "datetime") -> None:
    if measure := measure_of(name):
        record_check(measure)


BOARD = jobs.walk(
    "governance.check_measure",
    gettext_lazy("checking one promise"),
    behind=lambda _at, last, limit: _after(last)[:limit],
    act=_check_one,
    key=str,
)


def _break_one(name: str, _at: "datetime") -> None:
    if measure := measure_of(name):
        record_breaker(measure)


def _tried_behind(at: "datetime", last: str | None, limit: int) -> list[str]:
    """Those that did not turn red in the last hour with this build: a fresh platform shows its greens after the first
    rounds, and a check or a breaker that another build brought is tried at once."""
    fresh = MeasureState.objects.filter(
        breaker=Breaker.TURNED, broken_at__gt=at - BREAK_EVERY, broken_build=build.digest()
    )
    tried = set(fresh.values_list("measure", flat=True))
    return [name for name in _after(last) if has_check(name) and name not in tried][:limit]


BREAKERS = jobs.walk(
    "governance.break_measure",
    gettext_lazy("breaking one promise on purpose, to try its check"),
    behind=_tried_behind,
    act=_break_one,
    key=str,
)
RED_TEAM = jobs.whole(
    "governance.red_team",
    gettext_lazy("the red team of the hour"),
    lambda _at: run_red_team() and None,
    lease=timedelta(minutes=10),
)
DRILL = jobs.whole(
    "governance.hourly_drill",
    gettext_lazy("the drill of the hour"),
    lambda _at: run_hourly_drill(),
    lease=timedelta(minutes=10),  # real time on the live stack: every step may take its patience
)
