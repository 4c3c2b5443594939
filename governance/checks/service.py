"""Live checks of what is given to people after the ride: safeguards, the care fund, customer service. Each has its breaker."""

from datetime import datetime

from django.utils.translation import gettext_noop as noop

from complaints.safeguards import CAP, CARE_FUND_YEAR, CLAIM_ALONE, PAPERS_NEEDED
from complaints.selectors import (
    fund_spent,
    granted_by_one_alone,
    granted_without_entry,
    limits_met,
    limits_not_watched,
    live_without_limit,
    overdue_care,
    roster_gaps,
    safeguards_since,
    wrong_accidents,
)
from complaints.states import CAPPED, ClaimKind
from core import formats, policy
from governance.checks import ask
from governance.checks.verdicts import NO_LAW, SPAN, laws, trigger_stands, verdict
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.shadow import World
from safety.selectors import ownership_of_checks, sos_answered

PROMISED = 120_000_000  # fen: the company said 'up to 1.2 million CNY'
LEAST_MET = 0.95  # of grave complaints' first answers


NEWEST_TRANSFERS = 50_000  # looked at in each round; the trigger proves all that were written
LOW_CAP = fault("cap_low", noop("The cap is %(sum)s, less than was promised"), sum=formats.money)
NO_SAFEGUARD = fault("safeguard_missing", noop("A safeguard cannot be claimed"))
WRONG_SUMS = fault("accidents_wrong", noop("Sums that do not agree with their claims: %(codes)s"))
NOT_BOOKED = fault("claims_not_booked", noop("Granted and not in the ledger: %(codes)s"))
BY_ONE = fault("claims_by_one", noop("Granted by one person alone: %(codes)s"))
NOT_ZERO = fault("transfers_not_zero", noop("Transfers that do not sum to zero: %(codes)s"))
GRANTED = line(
    "safeguards",
    noop("Up to %(cap)s for an accident; %(claims)s claims of %(sum)s were granted in 30 days."),
    cap=formats.money,
    sum=formats.money,
)


@live_check("M18")
def safeguards_up_to_what_was_promised(at: datetime) -> Found:
    """All four safeguards can be claimed, up to the promised sum for an accident and not beyond it, by two people."""
    faults = laws(
        "accident_never_passes_its_cap",
        "claim_granted_when_approved",
        "claim_above_the_limit_takes_two",
        "advance_above_the_limit_settled_by_two",
    )
    faults += [NO_LAW(law=name) for name in trigger_stands("ledger_entries_sum_to_zero")]
    cap = policy.value(CAP)
    if cap < PROMISED:
        faults.append(LOW_CAP(sum=cap))
    if CAPPED - PAPERS_NEEDED.keys() or len(CAPPED) != 4:
        faults.append(NO_SAFEGUARD())
    for codes, said in (
        (wrong_accidents(), WRONG_SUMS),
        (granted_without_entry(), NOT_BOOKED),
        (granted_by_one_alone(policy.value(CLAIM_ALONE)), BY_ONE),
        (ask.unbalanced_of_newest(NEWEST_TRANSFERS), NOT_ZERO),
    ):
        if codes:
            faults.append(said(codes=named(codes)))
    paid = safeguards_since(at - SPAN)
    return verdict(faults, GRANTED(cap=cap, claims=paid.claims, sum=paid.fen), happened=paid.claims)


@breaks("M18", WRONG_SUMS)
def a_sum_that_no_claim_bears(world: World) -> None:
    world.table("complaints.Claim")
    world.make("complaints.Accident", reserved_fen=1, cap_fen=PROMISED)


FUND_EMPTY = fault("fund_empty", noop("The care fund has no money"))
FUND_OVER = fault("fund_over", noop("More was granted than the fund has"))
FUND_UNDER_CAP = fault("fund_under_cap", noop("The care fund does not stand beside the cap"))
CARE_LATE = fault("care_late", noop("%(count)s calls or other care are overdue"))
FUND = line(
    "fund",
    noop("%(left)s of %(budget)s are left this year; %(claims)s families got %(sum)s in 30 days."),
    left=formats.money,
    budget=formats.money,
    sum=formats.money,
)


@live_check("M19")
def care_fund_beyond_what_law_asks(at: datetime) -> Found:
    """The care fund has money, stands beside the cap and not under it, and care that is due is given."""
    faults = []
    budget, spent = policy.value(CARE_FUND_YEAR), fund_spent(at)
    if budget <= 0:
        faults.append(FUND_EMPTY())
    if spent > budget:
        faults.append(FUND_OVER())
    if ClaimKind.CARE_FUND in CAPPED or ClaimKind.CARE_FUND not in PAPERS_NEEDED:
        faults.append(FUND_UNDER_CAP())
    if late := overdue_care(at):
        faults.append(CARE_LATE(count=late))
    paid = safeguards_since(at - SPAN)
    seen = FUND(left=budget - spent, budget=budget, claims=paid.care_claims, sum=paid.care_fen)
    return verdict(faults, seen, happened=paid.care_claims)


@breaks("M19", CARE_LATE)
def care_that_nobody_gives(world: World) -> None:
    world.make("complaints.CareTask", due_at=world.at - SPAN)


NO_LIMIT = fault("no_limit", noop("Open complaints without a limit: %(codes)s"))
UNWATCHED = fault("limits_unwatched", noop("Late, and nobody was told: %(codes)s"))
GRAVE_LATE = fault("grave_late", noop("Only %(met)s of %(all)s grave complaints were answered in time"))
ROSTER_GAPS = fault("roster_gaps", noop("%(hours)s of the next 12 hours have too few specialists"))
CHECKS_LATE = fault("checks_late", noop("%(late)s welfare checks had no person within a minute"))
SOS_LATE = fault("sos_late", noop("Only %(taken)s of %(all)s SOS were taken within 10 s"))
SERVED = line(
    "served",
    noop(
        "%(met)s of %(all)s grave complaints in 30 days were answered within ten minutes, %(checks)s welfare checks had a person within one."
    ),
)


@live_check("M24")
def customer_service_is_rebuilt(at: datetime) -> Found:
    """Every open complaint has a limit that is watched, grave ones are answered in time, and enough people are there."""
    faults = []
    since = at - SPAN
    for codes, said in ((live_without_limit(), NO_LIMIT), (limits_not_watched(at), UNWATCHED)):
        if codes:
            faults.append(said(codes=named(codes)))
    met, all_ = limits_met("severe", "answer", since, at)
    if all_ and met < LEAST_MET * all_:
        faults.append(GRAVE_LATE(met=met, all=all_))
    if gaps := roster_gaps(at):
        faults.append(ROSTER_GAPS(hours=len(gaps)))
    checks_all, checks_late = ownership_of_checks(since)
    if checks_late:
        faults.append(CHECKS_LATE(late=checks_late))
    sos, taken = sos_answered(since)
    if sos >= 10 and taken < 0.9 * sos:
        faults.append(SOS_LATE(taken=taken, all=sos))
    seen = SERVED(met=met, all=all_, checks=checks_all - checks_late)
    return verdict(faults, seen, happened=all_ + checks_all + sos)


@breaks("M24", NO_LIMIT)
def a_complaint_that_no_limit_watches(world: World) -> None:
    world.table("complaints.Timer")
    world.make("complaints.Complaint", state="open", level="severe", round=1)


UNDECIDED = fault("cases_undecided", noop("Past their time and not decided: %(codes)s"))
NOT_OWED = fault("awards_not_booked", noop("Awarded and not in the ledger: %(codes)s"))
DECIDED = line(
    "cases_decided",
    noop(
        "%(decided)s complaints and appeals were decided in 30 days; %(awards)s compensations awarded in them stand in the ledger."
    ),
)


@live_check("M17")
def responsibility_is_taken(at: datetime) -> Found:
    """What is asked of the company is decided by its time, and what a decision awards is owed from that moment on; safeguards
    and the care fund, which wait for no decision on fault, are promises of their own (M18, M19)."""
    faults = laws("money_has_an_amount", "a_decision_does_each_thing_once")
    cases, awards = ask.cases_undecided(at - SPAN, at), ask.awards_not_booked(at - SPAN)
    for found, said in ((cases, UNDECIDED), (awards, NOT_OWED)):
        if found.wrong:
            faults.append(said(codes=named(found.codes, found.wrong)))
    decided = cases.all - cases.wrong
    return verdict(faults, DECIDED(decided=decided, awards=awards.all - awards.wrong), happened=decided)


@breaks("M17", UNDECIDED)
def a_case_that_nobody_decides(world: World) -> None:
    world.table("accounts.Account", "complaints.Measure")
    case = world.make("complaints.Complaint", state="open", level="ordinary")
    world.make("complaints.Timer", complaint_id=case.pk, kind="decide", due_at=world.at - SPAN)


@breaks("M17", NOT_OWED)
def an_award_that_nobody_owes(world: World) -> None:
    world.table("core.LedgerTransfer", "complaints.Timer", "complaints.Complaint", "accounts.Account")
    world.make("complaints.Measure", outcome="compensation", fen=1, done_at=world.at)
