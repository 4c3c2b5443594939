"""Rules of the safeguards (C6): the cap, what takes two people, which documents each kind rests on."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import ClaimKind, ClaimState, Paper
from core import policy
from core.policy import Unit

if TYPE_CHECKING:
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


def why_not_propose(claim: "Claim") -> str | Promise:
    """Why nothing can be proposed now; empty where it can."""
    match claim.state:
        case ClaimState.OPEN:
            return ""
        case ClaimState.PROPOSED:
            return _("a sum is proposed already.")
        case _:
            return _("it is decided.")
