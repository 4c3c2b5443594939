"""The board as OSCAL assessment results (NIST, 1.1.2), for whoever reads such files by machine."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import override

from governance.selectors import Row
from governance.states import Status

VERSION = "1.1.2"
# Always the same for the same thing, so that two files can be compared.
SPACE = uuid.UUID("6b1e8d2c-0f43-5d0a-9a63-3f5a3f1c2018")
_STATE = {Status.PASS: "satisfied"}


def _id(*parts: str) -> str:
    return str(uuid.uuid5(SPACE, ":".join(parts)))


def assessment_results(rows: Sequence[Row], at: datetime) -> dict[str, Any]:
    """What `manage.py board --oscal` writes: a result with an observation and a finding for each measure, in English.

    OSCAL knows 'satisfied' and 'not-satisfied'; which of our other three states it is stands in the finding's reason.
    """
    moment = at.isoformat()
    with override("en"):
        observations = [_observation(row, moment) for row in rows]
        findings = [_finding(row, moment) for row in rows]
    return {
        "assessment-results": {
            "uuid": _id("results", moment),
            "metadata": {
                "title": "Huhang: rectification board",
                "last-modified": moment,
                "version": moment,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": "https://huhang.example/promises/"},
            "results": [
                {
                    "uuid": _id("result", moment),
                    "title": "The last round of live checks",
                    "description": "Each measure is checked by a program against the running system and its data.",
                    "start": moment,
                    "reviewed-controls": {"control-selections": [{"include-all": {}}]},
                    "observations": observations,
                    "findings": findings,
                }
            ],
        }
    }


def _observation(row: Row, moment: str) -> dict[str, Any]:
    return {
        "uuid": _id("observation", row.measure.id, moment),
        "title": row.measure.id,
        "description": row.found.evidence or row.measure.en,
        "methods": ["TEST"],
        "types": ["control-objective"],
        "collected": row.checked.checked_at.isoformat(),
    }


def _finding(row: Row, moment: str) -> dict[str, Any]:
    name = row.measure.id.lower().replace("+", "-plus")
    return {
        "uuid": _id("finding", row.measure.id, moment),
        "title": row.measure.id,
        "description": row.measure.en,
        "target": {
            "type": "objective-id",
            "target-id": name if name[0].isalpha() else f"m-{name}",
            "status": {
                "state": _STATE.get(row.found.status, "not-satisfied"),
                "reason": row.found.status.value,
            },
        },
        "related-observations": [{"observation-uuid": _id("observation", row.measure.id, moment)}],
    }
