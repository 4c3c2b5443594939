"""What supervisors are told of promises that do not hold."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.messages.catalogue import Bilingual, Choice, Code, Kind, Message, Moment, Place

LONGEST = 200


def told(step: dict[str, Any]) -> str:
    """A step of a drill in the reader's language; what was seen are codes and figures."""
    return _now("%(what)s: expected %(expected)s, seen %(seen)s") % {
        "what": _now(step["what"]),
        "expected": _now(step["expected"]),
        "seen": step["seen"] or "–",
    }


def _all_told(steps: Sequence[dict[str, Any]]) -> str:
    return (" · ".join(told(step) for step in steps) or _now("it broke off"))[:LONGEST]


Steps = Annotated[
    Sequence[dict[str, Any]],
    Kind(pgettext_lazy("message parameter", "steps of a drill"), _all_told, longest=LONGEST, cut=True),
]


class MeasureFailed(
    Message, code="governance.measure_failed", text=_("Huhang: %(id)s no longer holds. %(evidence)s")
):
    id: Code
    evidence: Bilingual


class DrillFailed(
    Message, code="governance.drill_failed", text=_("Huhang: the hourly drill failed. %(seen)s")
):
    seen: Steps


class RelaunchFell(
    Message,
    code="governance.relaunch_fell",
    channels=("sms", "voice"),
    text=_(
        "Huhang: the %(line)s line in %(city)s was suspended again at %(at)s, because its relaunch %(code)s no longer holds."
        " The console says why."
    ),
):
    line: Choice
    city: Place
    code: Code
    at: Moment


class AlarmTrial(
    Message,
    code="governance.alarm_trial",
    channels=("sms", "voice"),
    text=_("Huhang: this is a trial of the alarms, at %(at)s. There is nothing to do."),
):
    at: Moment
