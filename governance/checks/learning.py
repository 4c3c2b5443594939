"""Live check of the learning loop: reviews in time, and actions that came true (G10). It has its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from core import policy
from governance.checks.verdicts import SPAN, laws
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.policies import REVIEW_WITHIN
from governance.reviews import counted, not_opened
from governance.shadow import World
from governance.states import Status
from safety.selectors import harm_not_known

PROMISED, OPENED_WITHIN, KNOWN_WITHIN = timedelta(days=14), timedelta(hours=1), timedelta(days=7)
LONG = fault("review_rule_long", noop("The rule in force gives a review more than 14 days"))
LATE = fault("reviews_late", noop("Reviews that are not done after 14 days: %(codes)s"))
MISSING = fault("reviews_missing", noop("Nobody opened a review of %(codes)s"))
OVERDUE = fault(
    "review_actions_overdue", noop("Actions of reviews whose time is over and that nothing shows: %(codes)s")
)
LEARNED = line(
    "reviews",
    noop("%(done)s of %(count)s reviews are done; %(true)s of their %(actions)s actions came true."),
)
WITHDRAWN = line(
    "actions_withdrawn", noop("%(count)s published actions were withdrawn, %(corrected)s of them corrected.")
)
NOT_KNOWN = line(
    "harm_not_known",
    noop("Nobody found out within seven days whether somebody was hurt: %(codes)s."),
)


@live_check("G10")
def what_happened_is_learned_from(at: datetime) -> Found:
    """Each death, severe injury and broken clock has its review in time, and each action that is due is shown."""
    faults = laws("review_takes_two_people", "review_once_of_each")
    if policy.span(REVIEW_WITHIN) > PROMISED:
        faults.append(LONG())
    # What the job should have opened by now: that it did not run is no evidence of anything good.
    if missing := [each.subject for each in not_opened(at) if each.at < at - OPENED_WITHIN]:
        faults.append(MISSING(codes=named(missing)))
    found = counted(at)
    if found.late:
        faults.append(LATE(codes=named(found.late)))
    if found.overdue:
        faults.append(OVERDUE(codes=named(found.overdue)))
    learned = LEARNED(done=found.done, count=found.every, true=found.came_true, actions=found.actions)
    seen = [learned]
    if found.withdrawn:
        seen.append(WITHDRAWN(count=found.withdrawn, corrected=found.corrected))
    share = found.came_true / found.actions if found.actions else None
    if faults:
        return Found(Status.FAIL, (*faults, *seen), share)
    if unknown := harm_not_known(at - KNOWN_WITHIN):
        return Found(Status.PROGRESS, (NOT_KNOWN(codes=named(unknown)), *seen), share)
    if not found.every:
        return Found(Status.NONE, tuple(seen))
    whole = found.done == found.every and found.came_true == found.actions
    return Found(Status.PASS if whole else Status.PROGRESS, tuple(seen), share)


@breaks("G10", LATE)
def a_review_that_nobody_wrote(world: World) -> None:
    world.table("governance.ReviewAction")
    world.make("governance.Review", state="open", kind="death", due_at=world.at - SPAN)
