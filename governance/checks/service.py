"""Live checks of what is given to people after the ride: safeguards, the care fund, customer service."""

from datetime import datetime

from django.utils.translation import gettext as _

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
from core import formats, ledger, policy
from governance.checks.verdicts import SPAN, law_stands, verdict
from governance.measures import Found, live_check
from safety.selectors import ownership_of_checks, sos_answered

PROMISED = 120_000_000  # fen: the company said 'up to 1.2 million CNY'
LEAST_MET = 0.95  # of grave complaints' first answers


@live_check("M18")
def safeguards_up_to_what_was_promised(at: datetime) -> Found:
    """All four safeguards can be claimed, up to the promised sum for an accident and not beyond it, by two people."""
    faults = [
        _("The database no longer holds: %(law)s") % {"law": name}
        for name in law_stands(
            "accident_never_passes_its_cap",
            "claim_granted_when_approved",
            "claim_above_the_limit_takes_two",
            "advance_above_the_limit_settled_by_two",
        )
    ]
    cap = policy.value(CAP)
    if cap < PROMISED:
        faults.append(_("The cap is %(sum)s, less than was promised") % {"sum": formats.money(cap)})
    missing = CAPPED - PAPERS_NEEDED.keys()
    if missing or len(CAPPED) != 4:
        faults.append(_("A safeguard cannot be claimed"))
    checks = (
        (wrong_accidents(), _("Sums that do not agree with their claims: %(codes)s")),
        (granted_without_entry(), _("Granted and not in the ledger: %(codes)s")),
        (granted_by_one_alone(policy.value(CLAIM_ALONE)), _("Granted by one person alone: %(codes)s")),
        (ledger.unbalanced(), _("Transfers that do not sum to zero: %(codes)s")),
    )
    faults += [text % {"codes": ", ".join(codes[:5])} for codes, text in checks if codes]
    paid = safeguards_since(at - SPAN)
    return verdict(
        faults,
        _("Up to %(cap)s for an accident; %(claims)s claims of %(sum)s were granted in 30 days.")
        % {"cap": formats.money(cap), "claims": paid.claims, "sum": formats.money(paid.fen)},
    )


@live_check("M19")
def care_fund_beyond_what_law_asks(at: datetime) -> Found:
    """The care fund has money, stands beside the cap and not under it, and care that is due is given."""
    faults = []
    budget, spent = policy.value(CARE_FUND_YEAR), fund_spent(at)
    if budget <= 0:
        faults.append(_("The care fund has no money"))
    if spent > budget:
        faults.append(_("More was granted than the fund has"))
    if ClaimKind.CARE_FUND in CAPPED or ClaimKind.CARE_FUND not in PAPERS_NEEDED:
        faults.append(_("The care fund does not stand beside the cap"))
    late = overdue_care(at)
    if late:
        faults.append(_("%(count)s calls or other care are overdue") % {"count": late})
    paid = safeguards_since(at - SPAN)
    return verdict(
        faults,
        _("%(left)s of %(budget)s are left this year; %(claims)s families got %(sum)s in 30 days.")
        % {
            "left": formats.money(budget - spent),
            "budget": formats.money(budget),
            "claims": paid.care_claims,
            "sum": formats.money(paid.care_fen),
        },
    )


@live_check("M24")
def customer_service_is_rebuilt(at: datetime) -> Found:
    """Every open complaint has a limit that is watched, grave ones are answered in time, and enough people are there."""
    faults = []
    since = at - SPAN
    checks = (
        (live_without_limit(), _("Open complaints without a limit: %(codes)s")),
        (limits_not_watched(at), _("Late, and nobody was told: %(codes)s")),
    )
    faults += [text % {"codes": ", ".join(codes[:5])} for codes, text in checks if codes]
    met, all_ = limits_met("severe", "answer", since, at)
    if all_ and met < LEAST_MET * all_:
        faults.append(
            _("Only %(met)s of %(all)s grave complaints were answered in time") % {"met": met, "all": all_}
        )
    gaps = roster_gaps(at)
    if gaps:
        faults.append(_("%(hours)s of the next 12 hours have too few specialists") % {"hours": len(gaps)})
    checks_all, checks_late = ownership_of_checks(since)
    if checks_late:
        faults.append(_("%(late)s welfare checks had no person within a minute") % {"late": checks_late})
    sos, taken = sos_answered(since)
    if sos >= 10 and taken < 0.9 * sos:
        faults.append(
            _("Only %(taken)s of %(all)s SOS were taken within 10 s") % {"taken": taken, "all": sos}
        )
    return verdict(
        faults,
        _(
            "%(met)s of %(all)s grave complaints in 30 days were answered within ten minutes, %(checks)s welfare checks had a person within one."
        )
        % {"met": met, "all": all_, "checks": checks_all - checks_late},
    )
