"""Safeguards (C6): an accident, its claims, their documents, two people for much money, a cap that cannot be passed.

What is granted under the cap is added to the accident's row in one UPDATE whose constraint the database checks; rows
are locked accident first, then claim. Money is written in double entry and leaves with the payouts of `core.money`.
Nothing here limits damages that the law requires.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import looks
from accounts.selectors import account_by_code, account_by_phone
from accounts.states import LookKind
from complaints import messages
from complaints.errors import CapReached, ClaimClosed, FundEmpty, PapersMissing, ReasonNeeded
from complaints.models import Accident, Claim, ClaimPaper
from complaints.safeguards import CAP, CARE_FUND_YEAR, CLAIM_ALONE, closed, had_a_part
from complaints.selectors import (
    accident_by_code,
    alone_left,
    claim_by_code,
    claim_link,
    fund_spent,
    missing_papers,
)
from complaints.services.care import make_task
from complaints.services.files import PURPOSES, File, Missing, check_something_came, kept_for
from complaints.states import (
    CAPPED,
    CLAIM_TRANSITIONS,
    CareKind,
    ClaimKind,
    ClaimLine,
    ClaimState,
    EvidenceKind,
    Paper,
    Settlement,
)
from core import (
    audit,
    clock,
    formats,
    four_eyes,
    idempotency,
    ledger,
    money,
    pictures,
    policy,
    timeline,
    typed,
)
from core.actors import Actor
from core.codes import new_code
from core.errors import InvalidInput
from core.messages import outbox
from core.messages.catalogue import Message
from core.permissions import may, require
from core.privacy import phone_index
from core.states import move
from core.transactions import begins_transaction
from rides.selectors import trip_by_code

if TYPE_CHECKING:
    from accounts.models import Account

PAYABLE = "payable:claim:{}"
ADVANCES = "asset:advances:{}"
EXPENSE = "expense:safeguards:{}"
FUND = "fund:care"
FUND_LOCK = 0x46554E44
GRANT_LOCK = 0x4752414E
MOST_PAPERS = 20
LARGEST = 1_000_000_000  # fen in one claim; more is a typing error


def _line(accident: Accident, actor: Actor, kind: ClaimLine, *, words: str = "", **facts: Any) -> None:
    trip = accident.trip.code if accident.trip else ""
    timeline.add(kind, actor, trip=trip, case=accident.code, words=words, **facts)


def _check_worker(account: "Account") -> None:
    require(account, "claims.work")


@begins_transaction
def open_accident(
    *, account: "Account", trip_code: str, happened_at: datetime, place: str, words: str, submission: str
) -> Accident:
    """Open an accident, once for each trip; a call to those concerned is due within a day.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    _check_worker(account)
    submission = idempotency.hold("claims.accident", account.code, submission)
    again = Accident.objects.filter(submission=submission).first()
    if again:
        return again
    trip = trip_by_code(trip_code) if trip_code else None
    if trip:  # one for each trip, whoever opens it
        idempotency.alone(f"claims.accident:{trip.code}")
    if not words.strip() or happened_at > clock.now():
        raise InvalidInput("words" if not words.strip() else "happened_at")
    known = Accident.objects.filter(trip=trip).first() if trip else None
    if known:
        return known
    rule = policy.in_force(CAP, at=happened_at)
    accident = Accident.objects.create(
        code=new_code("A"),
        trip=trip,
        happened_at=happened_at,
        place=place.strip()[:120],
        words=words.strip()[:4_000],
        opened_by=account.code,
        opened_at=clock.now(),
        submission=submission,
        cap_fen=rule.value,
        citation=rule.citation,
        named_contact=account,
    )
    _line(accident, account.actor, ClaimLine.ACCIDENT, words=accident.words, code=accident.code)
    audit.record(account.actor, "claims.accident", accident.code, case=accident.code, citation=rule.citation)
    make_task(actor=account.actor, kind=CareKind.AFTER_ACCIDENT, accident=accident, owner=account)
    return accident


@begins_transaction
def file_claim(
    *,
    account: "Account",
    accident_code: str,
    kind: ClaimKind,
    name: str,
    phone: str,
    fen: int,
    submission: str,
) -> Claim:
    """Write down what somebody asks for; they get a link under which they follow it and add documents.

    Raises `Forbidden`, `NotFound`, `InvalidPhone`, `InvalidInput`.
    """
    _check_worker(account)
    submission = idempotency.hold("claims.claim", account.code, submission)
    again = Claim.objects.filter(submission=submission).first()
    if again:
        return again
    accident, number = accident_by_code(accident_code), typed.phone.read(phone)
    if not name.strip():
        raise InvalidInput("name")
    if not 0 < fen <= LARGEST:
        raise InvalidInput("yuan")
    claim = Claim.objects.create(
        code=new_code("K"),
        submission=submission,
        accident=accident,
        kind=kind,
        account=account_by_phone(number),
        name=name.strip()[:60],
        phone=number,
        phone_index=phone_index(number),
        asked_fen=fen,
        filed_at=clock.now(),
        filed_by=account.code,
    )
    _line(accident, account.actor, ClaimLine.FILED, code=claim.code, claim=kind)
    audit.record(account.actor, "claims.filed", claim.code, case=accident.code, kind=kind, fen=fen)
    _write(claim, "filed")
    return claim


def _write(claim: Claim, what: str) -> None:
    """A message to whoever claims, in their language; `what` is `filed`, `approved` or `refused`."""
    code, link = claim.code, claim_link(claim)
    written: dict[str, Message] = {
        "filed": messages.ClaimFiled(code=code, link=link),
        "approved": messages.ClaimApproved(code=code, sum=claim.granted_fen, link=link),
        "refused": messages.ClaimRefused(code=code, link=link),
    }
    outbox.queue(
        written[what],
        key=f"claim:{claim.code}:{what}:{claim.decided_at or claim.filed_at:%Y%m%d%H%M%S}",
        to=claim.phone,
        language=claim.account.language if claim.account else "zh-hans",
        subject=claim.code,
    )


def _locked(claim: Claim) -> tuple[Accident, Claim]:
    """Accident and claim, locked in this order."""
    accident = (
        Accident.objects.select_for_update(of=("self",)).select_related("trip").get(pk=claim.accident_id)
    )
    row = Claim.objects.select_for_update(of=("self",)).select_related("account").get(pk=claim.pk)
    return accident, row


def _check(claim: Claim, key: str, account: "Account | None" = None) -> None:
    """Raises `ClaimClosed`, and `SecondPersonNeeded` where `account` took the step that this one answers."""
    if why := closed(claim, key):
        raise ClaimClosed(why=str(why))
    if account is not None:
        four_eyes.another(account.code, had_a_part(claim, key))


@begins_transaction
def add_papers(*, claim: Claim, actor: Actor, paper: Paper, files: "Sequence[File | Missing]") -> None:
    """Documents of a claim that was fetched for whoever gives them; the caller says which of them are missing.

    What lies there as the same paper is kept once, and sent again is no fault of a claim that takes no more. Raises `InvalidInput`, `ClaimClosed`, and the fault of the file where none came through.
    """
    accident, row = _locked(claim)
    if not files:
        raise InvalidInput("uploads")
    known = pictures.digests_of(row.papers.filter(paper=paper))
    kept = [file for file in files if isinstance(file, File) and pictures.is_new(file.written, known)]
    if not kept and all(isinstance(file, File) for file in files):
        return
    _check(row, "papers")
    if row.papers.count() + len(kept) > MOST_PAPERS:
        raise ClaimClosed(why=str(_("It has as many documents as it can hold.")))
    check_something_came(files)
    for file in kept:
        picture = pictures.attach(
            file.written, purpose=PURPOSES[file.kind], subject=row.code, keep_for=kept_for()
        )
        ClaimPaper.objects.create(
            claim=row,
            picture=picture,
            paper=paper,
            is_document=file.kind == EvidenceKind.DOCUMENT,
            given_by=actor.code,
            at=clock.now(),
        )
        _line(accident, actor, ClaimLine.PAPER, code=row.code, paper=paper)
    audit.record(actor, "claims.papers", row.code, case=accident.code, paper=paper, files=len(kept))


@begins_transaction
def propose_claim(*, account: "Account", code: str, fen: int, reason: str) -> Claim:
    """The first of two people says how much; up to a limit an adjudicator or supervisor approves alone.

    What they granted alone to the same person not long ago counts to that limit (`alone_left`).

    Raises `NotFound`, `Forbidden`, `ClaimClosed`, `ReasonNeeded`, `InvalidInput`, `PapersMissing`, `CapReached`.
    """
    _check_worker(account)
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "propose")
    if not reason.strip():
        raise ReasonNeeded("reason")
    if not 0 < fen <= LARGEST:
        raise InvalidInput("yuan")
    missing = missing_papers(claim)
    if missing:
        raise PapersMissing(papers=", ".join(str(paper.label) for paper in missing))
    _check_room(accident, claim, fen)
    said = reason.strip()[:4_000]
    Claim.objects.filter(pk=claim.pk).update(proposed_fen=fen, proposed_by=account.code)
    claim.proposed_fen, claim.proposed_by, claim.reason = fen, account.code, said
    claim.save(update_fields=["reason"])
    _line(accident, account.actor, ClaimLine.PROPOSED, words=said, code=code, fen=fen)
    audit.record(account.actor, "claims.proposed", code, case=accident.code, fen=fen)
    _one_grant_at_a_time(claim)
    if fen <= alone_left(claim, account.code, clock.now()) and may(account, "claims.decide"):
        _grant(accident, claim, account)
    else:
        move(claim, CLAIM_TRANSITIONS, ClaimState.PROPOSED)
    return claim


def _one_grant_at_a_time(claim: Claim) -> None:
    """Two grants to one person at once must not both find the other not yet there."""
    with connection.cursor() as cursor:
        person = crc32(claim.phone_index.encode()) - 2**31
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [GRANT_LOCK, person])


def _check_room(accident: Accident, claim: Claim, fen: int) -> None:
    left = accident.cap_fen - accident.reserved_fen
    if claim.kind in CAPPED and fen > left:
        raise CapReached(left=formats.money(left), cap=formats.money(accident.cap_fen))


@begins_transaction
def decide_claim(*, account: "Account", code: str, approves: bool, reason: str = "") -> Claim:
    """The second, another person: agrees, and the money is owed; or sends it back with a reason.

    Raises `NotFound`, `Forbidden`, `SecondPersonNeeded`, `ClaimClosed`, `CapReached`, `ReasonNeeded`.
    """
    require(account, "claims.decide")
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "approve" if approves else "send_back", account)
    if approves:
        _grant(accident, claim, account)
        return claim
    if not reason.strip():
        raise ReasonNeeded("reason")
    move(claim, CLAIM_TRANSITIONS, ClaimState.OPEN, proposed_fen=0)
    _line(accident, account.actor, ClaimLine.SENT_BACK, words=reason.strip()[:4_000], code=code)
    audit.record(account.actor, "claims.sent_back", code, case=accident.code)
    return claim


def _grant(accident: Accident, claim: Claim, account: "Account") -> None:
    """Grant what was proposed: the cap first, by the database, then claim and ledger."""
    fen = claim.proposed_fen
    if claim.kind in CAPPED:
        try:
            with transaction.atomic():
                Accident.objects.filter(pk=accident.pk).update(reserved_fen=F("reserved_fen") + fen)
        except IntegrityError:
            _check_room(Accident.objects.get(pk=accident.pk), claim, fen)
            raise
    else:
        _check_fund(fen)
    at, payable = clock.now(), PAYABLE.format(claim.code)
    citation = accident.citation if claim.kind in CAPPED else policy.in_force(CLAIM_ALONE).citation
    move(
        claim,
        CLAIM_TRANSITIONS,
        ClaimState.APPROVED,
        granted_fen=fen,
        alone_fen=alone_left(claim, claim.proposed_by, at),
        decided_by=account.code,
        decided_at=at,
        citation=citation,
    )
    # An advance is lent before anybody knows who was at fault; it is settled when that is known.
    paid_from = {
        ClaimKind.ADVANCE: ADVANCES.format(accident.code),
        ClaimKind.CARE_FUND: FUND,
    }.get(ClaimKind(claim.kind), EXPENSE.format(claim.kind))
    ledger.transfer(
        actor=account.actor,
        key=f"claim:{claim.code}",
        subject=claim.code,
        entries={paid_from: fen, payable: -fen},
        citation=citation,
    )
    money.owe_payout(
        key=f"claim:{claim.code}",
        payee=claim.account.code if claim.account else claim.code,
        fen=fen,
        subject=claim.code,
        account=payable,
    )
    _line(accident, account.actor, ClaimLine.APPROVED, code=claim.code, fen=fen)
    audit.record(account.actor, "claims.approved", claim.code, case=accident.code, fen=fen)
    _write(claim, "approved")


def _check_fund(fen: int) -> None:
    """The fund of a year cannot be given twice: one grant at a time looks and takes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FUND_LOCK])
    left = policy.value(CARE_FUND_YEAR) - fund_spent(clock.now())
    if fen > left:
        raise FundEmpty(left=formats.money(left))


@begins_transaction
def refuse_claim(*, account: "Account", code: str, reason: str) -> Claim:
    """Refuse a claim with a reason that whoever claims reads. Raises `Forbidden`, `NotFound`, `ClaimClosed`, `ReasonNeeded`."""
    require(account, "claims.decide")
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "refuse")
    if not reason.strip():
        raise ReasonNeeded("reason")
    move(
        claim,
        CLAIM_TRANSITIONS,
        ClaimState.REFUSED,
        decided_by=account.code,
        decided_at=clock.now(),
        reason=reason.strip()[:4_000],
    )
    _line(accident, account.actor, ClaimLine.REFUSED, words=claim.reason, code=code)
    audit.record(account.actor, "claims.refused", code, case=accident.code)
    _write(claim, "refused")
    return claim


@begins_transaction
def reopen_claim(*, account: "Account", code: str, reason: str) -> Claim:
    """A refused claim is looked at again, by somebody else than who refused it.

    Raises as `refuse_claim`, and `SecondPersonNeeded`.
    """
    require(account, "claims.decide")
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "reopen", account)
    if not reason.strip():
        raise ReasonNeeded("reason")
    move(claim, CLAIM_TRANSITIONS, ClaimState.OPEN, decided_by="", decided_at=None, proposed_fen=0)
    _line(accident, account.actor, ClaimLine.REOPENED, words=reason.strip()[:4_000], code=code)
    audit.record(account.actor, "claims.reopened", code, case=accident.code)
    return claim


@begins_transaction
def settle_advance(*, account: "Account", code: str, how: Settlement, reason: str) -> Claim:
    """Fault is settled: the advance was paid back, which gives the cap its room again, or the company bears it.

    An advance that took two people is settled by two: this proposes it. Raises `Forbidden`, `NotFound`, `ClaimClosed`,
    `ReasonNeeded`.
    """
    require(account, "claims.decide")
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "settle")
    if not reason.strip():
        raise ReasonNeeded("reason")
    said = reason.strip()[:4_000]
    if claim.granted_fen > claim.alone_fen:
        Claim.objects.filter(pk=claim.pk).update(settle_how=how, settle_by=account.code)
        claim.settle_how, claim.settle_by = how, account.code
        _line(accident, account.actor, ClaimLine.SETTLING, words=said, code=code)
        audit.record(account.actor, "claims.settling", code, case=accident.code, how=how)
        return claim
    _settle(accident, claim, account, how)
    _line(accident, account.actor, ClaimLine.SETTLED, words=said, code=code)
    return claim


@begins_transaction
def decide_settlement(*, account: "Account", code: str, approves: bool, reason: str = "") -> Claim:
    """The second, another person: agrees that an advance is settled so, or does not, with a reason.

    Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `ClaimClosed`, `ReasonNeeded`.
    """
    require(account, "claims.decide")
    accident, claim = _locked(claim_by_code(code))
    _check(claim, "settle_agree" if approves else "settle_refuse", account)
    if approves:
        _settle(accident, claim, account, Settlement(claim.settle_how))
        _line(accident, account.actor, ClaimLine.SETTLED, code=code)
        return claim
    if not reason.strip():
        raise ReasonNeeded("reason")
    Claim.objects.filter(pk=claim.pk).update(settle_how="", settle_by="")
    claim.settle_how = claim.settle_by = ""
    _line(accident, account.actor, ClaimLine.NOT_SETTLED, words=reason.strip()[:4_000], code=code)
    audit.record(account.actor, "claims.not_settled", code, case=accident.code)
    return claim


def _settle(accident: Accident, claim: Claim, account: "Account", how: Settlement) -> None:
    fen, advances = claim.granted_fen, ADVANCES.format(accident.code)
    other = money.CASH if how == Settlement.RECOVERED else EXPENSE.format(ClaimKind.ADVANCE)
    ledger.transfer(
        actor=account.actor,
        key=f"settled:{claim.code}",
        subject=claim.code,
        entries={other: fen, advances: -fen},
        citation=claim.citation,
    )
    if how == Settlement.RECOVERED:
        Accident.objects.filter(pk=accident.pk).update(reserved_fen=F("reserved_fen") - fen)
    move(
        claim,
        CLAIM_TRANSITIONS,
        ClaimState.SETTLED,
        settled_at=clock.now(),
        settled_how=how,
        settle_how="",
        settled_by=account.code,
    )
    audit.record(account.actor, "claims.settled", claim.code, case=accident.code, how=how, fen=fen)


@begins_transaction
def record_pdf_of_accident(*, account: "Account", code: str) -> None:
    """A statement of an accident was drawn: it holds what people were paid (A8)."""
    audit.record(account.actor, "claims.statement", code, case=code)


@begins_transaction
def name_accident_contact(*, account: "Account", accident_code: str, to: str) -> Accident:
    """Who stays with those concerned; only a supervisor changes it. Raises `Forbidden`, `NotFound`, `InvalidInput`."""
    require(account, "claims.decide")
    accident, person = accident_by_code(accident_code), account_by_code(to)
    if person is None or not may(person, "claims.work"):
        raise InvalidInput("to")
    Accident.objects.filter(pk=accident.pk).update(named_contact=person)
    audit.record(account.actor, "claims.contact", accident_code, case=accident_code, to=to)
    return accident


@begins_transaction
def record_accident_read(*, account: "Account", accident: Accident) -> None:
    """Somebody of the staff opened an accident: what it says is personal (A8)."""
    claimants = accident.claims.exclude(account=None).values_list("account__code", flat=True)
    looks.note_read(
        account=account,
        subject=accident.code,
        seen=LookKind.ACCIDENT,
        action="claims.accident_read",
        people=sorted(set(claimants)),
        case=accident.code,
    )
