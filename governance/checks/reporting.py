"""Live check of the transparency reports: each month has its own in time (G7). It has its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from core import policy
from governance.checks.verdicts import SPAN, laws, trigger_always_stands, verdict
from governance.evidence import fault, line
from governance.measures import Found, breaks, live_check
from governance.policies import REPORT_WITHIN
from governance.shadow import World
from governance.transparency.owed import owed
from governance.transparency.reports import published

PROMISED = timedelta(days=20)
LONG = fault("report_rule_long", noop("The rule in force gives a report more than 20 days"))
LATE = fault("reports_late", noop("Months without a transparency report whose time is over: %(months)s"))
OPEN = fault("reports_rewritten", noop("What was published could be rewritten: %(law)s"))
REPORTED = line(
    "reports",
    noop("%(count)s transparency reports are published; %(owed)s more are not due yet."),
)


@live_check("G7")
def each_month_is_reported(at: datetime) -> Found:
    """No month since the first trip is without a report beyond its time, and what was published stays as it is."""
    faults = laws("report_takes_two_people", "report_periods_share_no_day", "report_published_was_counted")
    faults += [OPEN(law=name) for name in trigger_always_stands("report_stays", "reports_are_not_emptied")]
    if policy.span(REPORT_WITHIN) > PROMISED:
        faults.append(LONG())
    waiting = owed(at)
    if late := [each.name for each in waiting if each.late]:
        faults.append(LATE(months=", ".join(late)))
    count = published().count()
    return verdict(faults, REPORTED(count=count, owed=len(waiting) - len(late)), happened=count)


@breaks("G7", LATE)
def a_month_that_nobody_reported(world: World) -> None:
    world.table("governance.TransparencyReport")
    world.trip(requested_at=world.at - 3 * SPAN)
