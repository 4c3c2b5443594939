"""The only writer of the board's history."""

import json
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.selectors import people_with_role
from accounts.states import Role
from core import audit, clock, notify
from core.actors import SYSTEM
from core.transactions import begins_transaction
from governance.measures import Checked, Measure, check_measure, measures
from governance.models import DrillRun, MeasureResult
from governance.states import Status

HISTORY_STEP = timedelta(days=1)


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
        checked = check_measure(measure)
        zh = str(checked.found.evidence)
    with override("en"):
        checked = check_measure(measure)
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


def _alarm(measure: Measure, row: MeasureResult) -> None:
    audit.record(SYSTEM, "governance.measure_failed", measure.id, evidence=row.evidence_en)
    for supervisor in people_with_role(Role.SUPERVISOR):
        with override(supervisor.language):
            text = _("Huhang: %(id)s no longer holds. %(evidence)s") % {
                "id": measure.id,
                "evidence": row.evidence_zh if supervisor.language == "zh-hans" else row.evidence_en,
            }
        notify.queue_message(
            key=f"measure:{row.pk}:{supervisor.code}",
            channel="sms",
            to=supervisor.phone,
            text=text,
            subject=measure.id,
        )


def told(step: dict[str, Any]) -> str:
    """A step of a drill in the reader's language; what was seen are codes and figures."""
    return _("%(what)s: expected %(expected)s, seen %(seen)s") % {
        "what": _(step["what"]),
        "expected": _(step["expected"]),
        "seen": step["seen"] or "–",
    }


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
    for supervisor in people_with_role(Role.SUPERVISOR):
        with override(supervisor.language):
            seen = " · ".join(told(step) for step in failed) or _("it broke off")
            text = _("Huhang: the hourly drill failed. %(seen)s") % {"seen": seen[:200]}
        notify.queue_message(
            key=f"drill:{run.pk}:{supervisor.code}",
            channel="sms",
            to=supervisor.phone,
            text=text,
            subject="drill",
        )


def check_board() -> list[Checked]:
    """Check every measure and keep the history."""
    return [record_check(measure) for measure in measures()]
