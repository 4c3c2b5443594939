"""Rules of the safeguards (C6): the cap, what takes two people, which documents each kind rests on."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import ClaimKind, ClaimState, Paper
from core import four_eyes, policy
from core.permissions import may
from core.policy import Unit

if TYPE_CHECKING:
    from accounts.models import Account
    from complaints.models import Claim

CAP = policy.declare(
    "complaints.safeguards_cap",  # C6
    policy.Whole(1_000_000, 1_000_000_000, Unit.FEN),
    120_000_000,
    name=pgettext_lazy("policy name", "Cap of safeguards"),
    about=_(
        "Insurance, medical advance, humanitarian aid and sudden-death aid together, for each accident, as promised in 2018."
    ),
)
CLAIM_ALONE = policy.declare(
    "complaints.claim_alone",  # C6
    policy.Whole(0, 20_000_000, Unit.FEN),
    1_000_000,
    name=pgettext_lazy("policy name", "Claim granted by one person"),
    about=_("Up to this much an adjudicator or supervisor grants alone; above it a second person agrees."),
)
CLAIMS_TOGETHER = policy.declare(
    "complaints.claims_together",  # C6
    policy.Span(1, 365, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Claims of one person that count together"),
    about=_(
        "What one adjudicator or supervisor alone granted to one person within this time counts to what they may grant alone."
    ),
)
CARE_FUND_YEAR = policy.declare(
    "complaints.care_fund_year",  # C6
    policy.Whole(0, 100_000_000_000, Unit.FEN),
    1_000_000_000,
    name=pgettext_lazy("policy name", "Care fund of a year"),
    about=_("What the care fund has for a calendar year, beside the cap and beyond what law asks."),
)
# What a claim of each kind rests on. An advance needs the hospital's word alone: it comes before fault is settled.
PAPERS_NEEDED: dict[ClaimKind, tuple[Paper, ...]] = {
    ClaimKind.INSURANCE: (Paper.IDENTITY, Paper.ACCIDENT, Paper.INSURER),
    ClaimKind.ADVANCE: (Paper.HOSPITAL,),
    ClaimKind.HUMANITARIAN: (Paper.IDENTITY, Paper.MEDICAL),
    ClaimKind.SUDDEN_DEATH: (Paper.IDENTITY, Paper.RELATION, Paper.DEATH),
    ClaimKind.CARE_FUND: (Paper.IDENTITY,),
}


GRANT = four_eyes.declare(
    "complaints.claim",  # C6
    _("A claim above the limit"),
    table="complaints.Claim",
    first="proposed_by",
    second="decided_by",
    law="claim_above_the_limit_takes_two",
)
SETTLEMENT = four_eyes.declare(
    "complaints.settlement",  # C6: it gives the cap its room again, or writes off what two people lent
    _("Settling an advance above the limit"),
    table="complaints.Claim",
    first="settle_by",
    second="settled_by",
    law="advance_above_the_limit_settled_by_two",
)


def closed(claim: "Claim", key: str) -> str | Promise:
    """Why nobody can take this step of a claim now; empty where somebody can. Raises `KeyError` for no step."""
    states, otherwise = _STEPS[key]
    if claim.state not in states:
        return otherwise
    if key == "settle" or key in _ABOUT_SETTLEMENT:
        if claim.kind != ClaimKind.ADVANCE:
            return _("Only an advance that was paid is settled.")
        if key == "settle" and claim.settle_how:
            return _("A settlement is proposed already: somebody else agrees.")
        if key in _ABOUT_SETTLEMENT and not claim.settle_how:
            return _("No settlement is proposed.")
    return ""


_ABOUT_SETTLEMENT = frozenset({"settle_agree", "settle_refuse"})
_OPEN = frozenset({ClaimState.OPEN, ClaimState.PROPOSED})
_STEPS: dict[str, tuple[frozenset[ClaimState], Promise]] = {
    "papers": (_OPEN, _("It is decided.")),
    "propose": (frozenset({ClaimState.OPEN}), _("It is decided, or a sum is proposed already.")),
    "approve": (frozenset({ClaimState.PROPOSED}), _("Nothing is proposed.")),
    "send_back": (frozenset({ClaimState.PROPOSED}), _("Nothing is proposed.")),
    "refuse": (frozenset({ClaimState.OPEN}), _("It is decided, or waits for a second person.")),
    "reopen": (frozenset({ClaimState.REFUSED}), _("It was not refused.")),
    "settle": (frozenset({ClaimState.APPROVED}), _("Only an advance that was paid is settled.")),
    "settle_agree": (frozenset({ClaimState.APPROVED}), _("No settlement is proposed.")),
    "settle_refuse": (frozenset({ClaimState.APPROVED}), _("No settlement is proposed.")),
}


def had_a_part(claim: "Claim", key: str) -> str:
    """Who may not take this step, because they took the one that it answers; empty where that is nobody."""
    return {
        "approve": claim.proposed_by,
        "send_back": claim.proposed_by,
        "reopen": claim.decided_by,
        "settle_agree": claim.settle_by,
    }.get(key, "")


def why_not(claim: "Claim", account: "Account", key: str) -> str | Promise:
    """The reason against one step of a claim, empty where this person may take it. Raises `KeyError` for no step."""
    if why := closed(claim, key):
        return why
    if key in {"approve", "send_back"} and not may(account, "claims.decide"):
        return _("An adjudicator or supervisor is the second person.")
    if account.code == had_a_part(claim, key):
        return (
            _("You refused it: somebody else looks at it again.")
            if key == "reopen"
            else _("You proposed it: somebody else agrees.")
        )
    return ""
