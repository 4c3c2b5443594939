"""Live check of what staff and drivers report in confidence (G9). It has its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from core import policy
from governance.checks.verdicts import SPAN, laws, verdict
from governance.concerns import counted, readers, too_few_left, words_waiting
from governance.evidence import fault, line
from governance.measures import Found, breaks, live_check
from governance.policies import ANSWER_WITHIN, LOOK_WITHIN
from governance.shadow import World

PROMISED_LOOK, PROMISED_ANSWER = timedelta(hours=72), timedelta(days=30)
LONG = fault("concern_rules_long", noop("The rules in force give more time than 72 hours and 30 days"))
NOBODY = fault("concern_no_readers", noop("Fewer than two people may read reports in confidence"))
NOBODY_LEFT = fault(
    "concern_nobody_left", noop("Fewer than two people can read %(count)s reports in confidence")
)
WAIT = fault("concern_words_wait", noop("Of %(count)s words in confidence no clock runs after two hours"))
LATE = fault("concerns_late", noop("%(count)s reports in confidence wait too long"))
BROKEN = fault("concerns_broken", noop("Of %(count)s reports in confidence in 60 days a clock was broken"))
SPOKEN = line(
    "concerns", noop("%(answered)s of %(count)s reports in confidence of the last 60 days are answered.")
)


@live_check("G9")
def dangers_reported_in_confidence_are_answered(at: datetime) -> Found:
    """No report in confidence waits beyond its clock, none of the last 60 days was late, and the laws that hide who it was stand."""
    faults = laws(
        "concern_opening_takes_two_people", "concern_reporter_has_no_name", "concern_reporter_has_no_minute"
    )
    if policy.span(LOOK_WITHIN) > PROMISED_LOOK or policy.span(ANSWER_WITHIN) > PROMISED_ANSWER:
        faults.append(LONG())
    if len(readers()) < 2:
        faults.append(NOBODY())
    # In figures alone: of some reports some of those who read this must not learn.
    if count := too_few_left(at):
        faults.append(NOBODY_LEFT(count=count))
    if count := words_waiting(at):
        faults.append(WAIT(count=count))
    found = counted(at - 2 * SPAN, at)
    if found.late:
        faults.append(LATE(count=len(found.late)))
    if broken := found.broken - len(found.late):
        faults.append(BROKEN(count=broken))
    return verdict(faults, SPOKEN(answered=found.answered, count=found.every), happened=found.every)


@breaks("G9", LATE)
def a_report_that_nobody_reads(world: World) -> None:
    world.make(
        "governance.Concern",
        state="received",
        shown_from=world.at - SPAN,
        look_by=world.at - SPAN,
        answer_by=world.at,
    )
