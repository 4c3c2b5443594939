"""Live check of the journal's proofs: outsiders sign, keep and read what it was. It has its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from core import audit_selectors
from governance.checks.verdicts import SPAN, verdict
from governance.evidence import Facts, fault, line
from governance.measures import Found, breaks, live_check
from governance.shadow import World

EACH = timedelta(minutes=3)  # one is due each minute
LATE = timedelta(minutes=5)
STOPPED = fault("checkpoints_stopped", noop("There was no checkpoint for three minutes"))
NO_WITNESS = fault("no_witness", noop("No witness is set up"))
UNSIGNED = fault("checkpoints_unsigned", noop("The witness has signed nothing for five minutes"))
REFUSED = fault("witness_refused", noop("Refused by the witness in 30 days: %(count)s"))
NO_ANCHOR = fault("no_anchor", noop("Nothing outside the database keeps checkpoints"))
UNKEPT = fault("checkpoints_unkept", noop("Not kept outside the database: %(count)s checkpoints"))
NOT_AS_IT_WAS = fault(
    "journal_not_as_it_was",
    noop("Read against its tree, the journal is not as it was; the console says where"),
)
PROVED = line(
    "journal_proved",
    noop("The newest checkpoint counts %(lines)s lines; the witness has signed the first %(signed)s."),
)


@live_check("G6+")
def outsiders_prove_the_journal(at: datetime) -> Found:
    """A checkpoint each minute, signed by the witness and kept outside; nothing was refused, and nothing read is changed."""
    found = audit_selectors.proved(at, since=at - SPAN, late=at - LATE)
    faults: list[Facts] = []
    began = audit_selectors.began_at()
    if began is not None and began < at - EACH and (found.newest_at is None or found.newest_at < at - EACH):
        faults.append(STOPPED())
    if not found.has_witness:
        faults.append(NO_WITNESS())
    elif found.unsigned:
        faults.append(UNSIGNED())
    if found.refusals:
        faults.append(REFUSED(count=found.refusals))
    if not found.has_anchor:
        faults.append(NO_ANCHOR())
    elif found.unkept:
        faults.append(UNKEPT(count=found.unkept))
    if found.is_changed:
        faults.append(NOT_AS_IT_WAS())
    return verdict(faults, PROVED(lines=found.lines, signed=found.signed), happened=found.signed)


@breaks("G6+", REFUSED)
def the_witness_sees_another_journal(world: World) -> None:
    world.make("core.JournalRefusal", at=world.at)


@breaks("G6+", NOT_AS_IT_WAS)
def a_line_is_not_as_it_was(world: World) -> None:
    world.make("core.FailedWork", kind=audit_selectors.READING, key="x", needs_person_at=world.at)
