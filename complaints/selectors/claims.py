"""Reads about accidents and claims."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from complaints.calendars import ZONE
from complaints.models import Accident, Claim, ClaimPaper
from complaints.safeguards import CLAIM_ALONE, CLAIMS_TOGETHER, PAPERS_NEEDED
from complaints.states import CAPPED, ClaimKind, ClaimState, Paper, Settlement
from core import cases, ledger, money, policy
from core.errors import NotFound
from core.reads import Read

if TYPE_CHECKING:
    from accounts.models import Account


_ACCIDENTS = Accident.objects.select_related("trip__driver__account", "trip__passenger", "named_contact")
_ACCIDENT = Read(lambda code: _ACCIDENTS.filter(code=code), str)
_CLAIMS = Claim.objects.select_related("accident__trip", "account", "accident__named_contact")
_CLAIM = Read(lambda code: _CLAIMS.filter(code=code), str)


def accident_by_code(code: str) -> Accident:
    """Raises `NotFound`."""
    return _ACCIDENT.the(code)


def claim_by_code(code: str) -> Claim:
    """Raises `NotFound`."""
    return _CLAIM.the(code)


def claim_link(claim: Claim) -> str:
    return settings.PUBLIC_URL + reverse("complaints:claim", args=[claim.code, claim.secret])


def claim_by_link(code: str, secret: str) -> Claim:
    """The claim behind a link in a message. Raises `NotFound`."""
    row = claim_by_code(code)
    if not row.opens_to(secret):
        raise NotFound
    return row


def papers_of(claim: Claim) -> list[ClaimPaper]:
    return list(claim.papers.select_related("picture").filter(picture__destroyed_at=None).order_by("pk"))


def missing_papers(claim: Claim) -> list[Paper]:
    """Which documents the kind rests on that are not there yet."""
    there = set(claim.papers.values_list("paper", flat=True))
    return [paper for paper in PAPERS_NEEDED[ClaimKind(claim.kind)] if paper not in there]


def claims_of(accident: Accident) -> list[Claim]:
    return list(accident.claims.select_related("account").order_by("pk"))


def paid_out(claim: Claim) -> bool:
    """True where the money has left."""
    return money.paid_out(f"claim:{claim.code}")


def accidents(*, limit: int = 100) -> list[Accident]:
    """The newest accidents with how many of their claims wait."""
    rows = Accident.objects.select_related("trip", "named_contact").annotate(
        waiting=Count("claims", filter=Q(claims__state__in=["open", "proposed"])), asked=Count("claims")
    )
    return list(rows.order_by("-pk")[:limit])


_TO_DECIDE = Read(
    lambda code: (
        Claim.objects.select_related("accident")
        .filter(state=ClaimState.PROPOSED)
        .exclude(proposed_by=code)
        .order_by("filed_at")[:50]
    ),
    str,
)


def claims_to_decide(account: "Account") -> list[Claim]:
    """Claims that wait for a second person who is not this one's own proposal, oldest first."""
    return _TO_DECIDE.all(account.code)


def open_claims(*, limit: int = 50) -> list[Claim]:
    return list(
        Claim.objects.select_related("accident").filter(state=ClaimState.OPEN).order_by("filed_at")[:limit]
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """Safeguards in a time: how many claims were granted, how much, what of it by the care fund; fen."""

    claims: int
    fen: int
    care_claims: int
    care_fen: int


def safeguards_since(since: datetime) -> Paid:
    """What was granted since a time."""
    care = Q(kind=ClaimKind.CARE_FUND)
    found = Claim.objects.filter(decided_at__gte=since, granted_fen__gt=0).aggregate(
        claims=Count("pk", filter=~care),
        fen=Coalesce(Sum("granted_fen", filter=~care), 0),
        care_claims=Count("pk", filter=care),
        care_fen=Coalesce(Sum("granted_fen", filter=care), 0),
    )
    return Paid(found["claims"], found["fen"], found["care_claims"], found["care_fen"])


@dataclass(frozen=True, slots=True)
class DeathClaimed:
    """An accident after which a death was claimed, by the first such claim, its trip where it has one, and since when."""

    accident: str
    claim: str
    trip: str
    at: datetime


def deaths_claimed_since(since: datetime) -> list[DeathClaimed]:
    """Accidents with a claim for a driver's sudden death, or a claim of any kind with a death certificate, that came since
    then: one of each, however many claim; oldest first."""
    named = ("accident__code", "code", "accident__trip__code", "filed_at")
    rows = Claim.objects.filter(kind=ClaimKind.SUDDEN_DEATH, filed_at__gte=since).values_list(*named)
    papers = ClaimPaper.objects.filter(paper=Paper.DEATH, at__gte=since)
    every = [*rows, *papers.values_list(*(f"claim__{name}" for name in named[:3]), "at")]
    first: dict[str, DeathClaimed] = {}
    for accident, claim, trip, at in sorted(every, key=lambda row: row[3]):
        first.setdefault(accident, DeathClaimed(accident, claim, trip or "", at))
    return list(first.values())


def fund_spent(at: datetime) -> int:
    """What the care fund gave in the calendar year of a time, Asia/Shanghai; fen."""
    local = at.astimezone(ZONE)
    since = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = Claim.objects.filter(kind=ClaimKind.CARE_FUND, decided_at__gte=since, decided_at__lte=at)
    return rows.aggregate(fen=Sum("granted_fen"))["fen"] or 0


def alone_left(claim: Claim, who: str, at: datetime) -> int:
    """How much somebody may still grant alone to whoever claims; fen.

    What they granted alone to the same person within the time of `CLAIMS_TOGETHER` counts: many small claims are one
    large one. The same person is the same phone or the same account.
    """
    same = Q(phone_index=claim.phone_index)
    if claim.account_id is not None:
        same |= Q(account=claim.account_id)
    since = at - policy.span(CLAIMS_TOGETHER)
    rows = Claim.objects.filter(same, proposed_by=who, decided_by=who, decided_at__gt=since)
    granted = rows.exclude(pk=claim.pk).aggregate(fen=Sum("granted_fen"))["fen"] or 0
    return max(0, policy.value(CLAIM_ALONE) - granted)


def wrong_accidents() -> list[str]:
    """Accidents whose sum does not agree with their claims, or passes the cap: always none (live check)."""
    counts = Q(claims__kind__in=sorted(CAPPED)) & ~Q(claims__settled_how=Settlement.RECOVERED)
    rows = Accident.objects.annotate(granted=Coalesce(Sum("claims__granted_fen", filter=counts), 0))
    wrong = ~Q(granted=F("reserved_fen")) | Q(granted__gt=F("cap_fen"))
    return list(rows.filter(wrong).values_list("code", flat=True)[:20])


def granted_without_entry() -> list[str]:
    """Granted claims that the ledger does not know: always none (live check)."""
    codes = list(Claim.objects.filter(granted_fen__gt=0).values_list("code", flat=True))
    known = ledger.known(f"claim:{code}" for code in codes)
    return [code for code in codes if f"claim:{code}" not in known]


def granted_by_one_alone(limit: int) -> list[str]:
    """Claims above the limit that one person granted alone: always none (live check)."""
    rows = Claim.objects.filter(granted_fen__gt=limit).values_list("code", "proposed_by", "decided_by")
    return [code for code, proposed, decided in rows if proposed == decided]


def trips_of_claims(codes: Collection[str]) -> dict[str, str]:
    """The trips of the accidents of these claims, by the claims' codes."""
    rows = Claim.objects.filter(code__in=codes, accident__trip__isnull=False)
    return dict(rows.values_list("code", "accident__trip__code"))


def open_accidents_about(subject: str) -> list[cases.OpenCase]:
    """Accidents with an open claim that concern an account, or the one with this code."""
    if not cases.may_be_account(subject):  # accidents' own codes look like those of people
        return []
    rows = Accident.objects.filter(claims__state=ClaimState.OPEN).filter(
        Q(code=subject)
        | Q(claims__account__code=subject)
        | Q(trip__passenger__code=subject)
        | Q(trip__driver__account__code=subject)
    )
    found = rows.values_list("code", "named_contact__code", "opened_by").order_by("code").distinct()
    return [
        cases.OpenCase(code, cases.ours(contact), readers="claims.work", opened_by=opener)
        for code, contact, opener in found
    ]
