"""What complaints keep of somebody, for themselves (`core.own_data`): what they filed, and of what others filed about
them as much as their own page shows (S11). Words of another side, notes and names of the staff stand in no part of it."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from complaints import selectors
from complaints.models import Appeal as AppealRow
from complaints.models import CareConsent, Claim, ClaimPaper, Complaint, Evidence, Satisfaction, Statement
from complaints.policies import CARE_TEXT
from complaints.retention import CARE, CASES
from complaints.services import set_care_consent
from complaints.states import OVER, PAST_APPEAL, ClaimState, ComplaintLine, Side
from core import policy, timeline
from core.own_data import Consent, File, Json, Kept, consent, did, ends_with, keeps, part
from core.pictures import read
from core.retention import RECORDS_KEPT

if TYPE_CHECKING:
    from accounts.models import Account


def _switch_care(account: "Account", on: bool) -> None:
    set_care_consent(account=account, on=on)


@consent("greetings", switch=_switch_care)
def greetings(account: "Account") -> Consent:
    """Whether they want greetings and messages of care."""
    row = CareConsent.objects.filter(account=account).order_by("-pk").first()
    given = row is not None and row.withdrawn_at is None
    text = policy.in_force(CARE_TEXT)
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    return Consent(
        "greetings",
        _("Greetings and care"),
        text.value[language],
        given,
        _("You get no greetings any more. Nothing else changes."),
        version=row.citation if row else text.citation,
        at=(row.withdrawn_at or row.given_at) if row else None,
    )


def _case_files(account: "Account") -> Iterator[File]:
    """What they gave themselves."""
    given = Evidence.objects.filter(given_by=account.code, picture__destroyed_at=None)
    for row in given.select_related("picture", "complaint").order_by("pk"):
        name = f"{row.complaint.code}-{row.picture.code}.{'pdf' if row.kind == 'document' else 'jpg'}"
        yield File(name, partial(read, actor=account.actor, code=row.picture.code, case=row.complaint.code))
    papers = ClaimPaper.objects.filter(
        claim__account=account, given_by=account.code, picture__destroyed_at=None
    )
    for paper in papers.select_related("picture", "claim").order_by("pk"):
        name = f"{paper.claim.code}-{paper.picture.code}.{'pdf' if paper.is_document else 'jpg'}"
        yield File(name, partial(read, actor=account.actor, code=paper.picture.code, case=paper.claim.code))


@part("cases", CASES.label, files=_case_files)
def case_rows(account: "Account") -> Iterator[Json]:
    """Complaints from their side, and claims."""
    for complaint, side in selectors.my_cases(account):
        filed = side == Side.COMPLAINANT
        row: Json = {
            "kind": "complaint",
            "code": complaint.code,
            "as": "complainant" if filed else "asked",
            "category": complaint.category,
            "state": complaint.state,
        }
        if filed:
            row |= {
                "trip": complaint.trip.code
                if selectors.was_on_its_trip(complaint) and complaint.trip
                else "",
                "words": complaint.words,
                "filed_at": complaint.filed_at,
            }
        row["added"] = _added(account, complaint)
        root = complaint.merged_into or complaint
        if selectors.speaks_for(complaint, root):
            if root.state in OVER:
                row |= {"decided_at": root.decided_at, "finding": root.finding}
            # To whom nothing was put there is no question either.
            row["statements"] = [
                {"question": each.question, "words": each.words, "asked_at": each.asked_at}
                for each in Statement.objects.filter(complaint=root, side=side).order_by("pk")
            ]
            row["appeals"] = [
                {"words": each.words, "filed_at": each.filed_at}
                for each in AppealRow.objects.filter(complaint=root, side=side).order_by("pk")
            ]
        yield row
    for claim in Claim.objects.filter(account=account).select_related("accident").order_by("pk"):
        yield {
            "kind": "claim",
            "code": claim.code,
            "claim": claim.kind,
            "state": claim.state,
            "asked_fen": claim.asked_fen,
            "granted_fen": claim.granted_fen if claim.state in DECIDED else None,
            "filed_at": claim.filed_at,
        }


def _added(account: "Account", complaint: Complaint) -> list[Json]:
    """What they said later themselves; another side, and colleagues, add by lines of their own."""
    lines = timeline.of(case=complaint.code)
    mine = [line for line in lines if line.kind == ComplaintLine.WORDS and line.actor == account.code]
    return [{"words": line.words, "at": line.at} for line in mine]


DECIDED = frozenset({ClaimState.APPROVED, ClaimState.REFUSED, ClaimState.SETTLED})


@part("care", CARE.label)
def care_rows(account: "Account") -> Iterator[Json]:
    """Consents to greetings, and scores that they gave."""
    for row in CareConsent.objects.filter(account=account).order_by("pk"):
        yield {
            "kind": "consent",
            "version": row.citation,
            "given_at": row.given_at,
            "withdrawn_at": row.withdrawn_at,
        }
    scored = Satisfaction.objects.filter(complaint__complainant=account, scored_at__isnull=False)
    for answer in scored.select_related("complaint").order_by("pk"):
        yield {
            "kind": "score",
            "complaint": answer.complaint.code,
            "score": answer.score,
            "at": answer.scored_at,
        }


@keeps
def cases_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """Own complaints and claims, which they know of; what others filed is kept by `core.cases` and by its trip."""
    for complaint in Complaint.objects.filter(complainant=account).order_by("pk"):
        open_ = complaint.state not in PAST_APPEAL
        since = complaint.decided_at or complaint.filed_at
        yield Kept(
            _("Complaint %(code)s, which is open") % {"code": complaint.code} if open_ else CASES.label,
            None if open_ else since + policy.span(RECORDS_KEPT),
            CASES.law,
        )
    for claim in Claim.objects.filter(account=account).order_by("pk"):
        open_ = claim.state not in DECIDED
        yield Kept(
            _("Claim %(code)s, which is open") % {"code": claim.code} if open_ else CASES.label,
            None
            if open_
            else (claim.settled_at or claim.decided_at or claim.filed_at) + policy.span(RECORDS_KEPT),
            CASES.law,
        )


@keeps
def others_cases_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """What somebody else said about them, that is not over: an appeal may come. Nobody is told of it here."""
    live = Complaint.objects.filter(accused=account).exclude(state__in=PAST_APPEAL)
    if live.exists():
        yield Kept(CASES.label, None, CASES.law, said=False)


@ends_with
def greetings_end(account: "Account", at: datetime) -> None:
    """Nobody greets them any more."""
    CareConsent.objects.filter(account=account, withdrawn_at=None).update(withdrawn_at=at)


# --- What they did themselves, as the journal has it

did(
    {
        "care.consent": _("You said whether you wish to be greeted."),
    }
)
