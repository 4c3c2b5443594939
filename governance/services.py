"""The only writer of the board's history."""

import json
import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy, override

from accounts.selectors import people_who_may
from core import audit, clock, jobs, live, retry
from core.actors import SYSTEM
from core.messages import outbox
from core.recipients import write_to_each
from core.transactions import begins_transaction
from governance import messages
from governance.measures import Checked, Measure, check_measure, measures
from governance.models import DrillRun, MeasureResult
from governance.states import Status

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Account

HISTORY_STEP = timedelta(days=1)
live.moves("board", "governance.")


def show(checked: Checked) -> dict[str, Any]:
    """One row of `manage.py board --json`."""
    measure = checked.measure
    with override("en"):
        evidence = str(checked.found.evidence)
    return {
        "id": measure.id,
        "title": {"zh": measure.zh, "en": measure.en},
        "source": f"{measure.kind} {measure.date}",
        "scope": measure.scope,
        "due": measure.due,
        "status": checked.found.status.value,
        "share": checked.found.share,
        "evidence": evidence,
        "checked_at": checked.checked_at.isoformat(),
    }


def board_json() -> str:
    """The board as JSON, checked now."""
    with override("en"):
        rows = [show(check_measure(measure)) for measure in measures()]
    return json.dumps({"measures": rows}, ensure_ascii=False)


@begins_transaction
def record_check(measure: Measure) -> Checked:
    """Check one measure and keep what changed. A measure that held and now does not alarms the supervisors."""
    with override("zh-hans"):
        checked = _checked_apart(measure)
        zh = str(checked.found.evidence)
    with override("en"):
        checked = _checked_apart(measure)
        en = str(checked.found.evidence)
    last = MeasureResult.objects.filter(measure=measure.id).order_by("-checked_at", "-pk").first()
    status = checked.found.status
    if last and last.status == status and checked.checked_at - last.checked_at < HISTORY_STEP:
        return checked
    row = MeasureResult.objects.create(
        measure=measure.id,
        status=status,
        share=checked.found.share,
        evidence_zh=zh,
        evidence_en=en,
        checked_at=checked.checked_at,
    )
    if last and last.status == Status.PASS and status == Status.FAIL:
        _alarm(measure, row)
    return checked


def _checked_apart(measure: Measure) -> Checked:
    """A question that the database refuses must not spoil the transaction in which its failure is kept."""
    with transaction.atomic():
        checked = check_measure(measure)
        if checked.broken:
            transaction.set_rollback(True)
    return checked


def _alarm(measure: Measure, row: MeasureResult) -> None:
    audit.record(SYSTEM, "governance.measure_failed", measure.id, evidence=row.evidence_en)

    def write(supervisor: "Account") -> None:
        outbox.queue(
            messages.MeasureFailed(id=measure.id, evidence=(row.evidence_zh, row.evidence_en)),
            key=f"measure:{row.pk}:{supervisor.code}",
            to=supervisor.phone,
            language=supervisor.language,
            subject=measure.id,
        )

    write_to_each(people_who_may("duty.supervise"), write, about=f"measure:{row.pk}")


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


def _behind(_at: "datetime", last: str | None, limit: int) -> list[str]:
    names = [measure.id for measure in measures()]
    return names[names.index(last) + 1 if last in names else 0 :][:limit]


def _check_one(name: str, _at: "datetime") -> None:
    record_check(next(measure for measure in measures() if measure.id == name))


BOARD = jobs.walk(
    "governance.check_measure",
    gettext_lazy("checking one promise"),
    behind=_behind,
    act=_check_one,
    key=str,
)
DRILL = jobs.whole(
    "governance.hourly_drill",
    gettext_lazy("the drill of the hour"),
    lambda _at: run_hourly_drill(),
    lease=timedelta(minutes=10),  # real time on the live stack: every step may take its patience
)
