"""A code with which a harmed person lets the police have her own reported incident, without further papers (P15)."""

import re
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts.codes import POLICE
from accounts.exports import prove, send_proof
from core import audit, clock, idempotency, limits, policy, typed
from core.codes import new_code
from core.errors import NotFound
from core.limits import Asker
from core.messages import outbox
from core.permissions import require
from core.privacy import blind_index
from core.transactions import begins_transaction
from police import messages, selectors
from police.errors import CodeUnknown, InspectionInWriting, NotCalledBack
from police.models import PoliceRequest, ReferenceCode
from police.packs import Graded
from police.policies import CODE_FOR, CODES_MADE, CODES_TRIED, may_be_by_rule, tier_of
from police.services.owning import ask_station
from police.services.releases import release_pack
from police.services.requests import Question, write_request
from police.states import AgencyKind, Channel, Grade, GradeReason, Query, Urgency
from rides.selectors import trip_by_code
from rides.states import Party
from safety.selectors import incidents_reported_by, sos_of_side

if TYPE_CHECKING:
    from accounts.models import Account
    from safety.models import Incident

# No letter and no digit that is taken for another one when it is read out or written down.
ALPHABET = "ACDEFHJKMNPRTUVWXY3479"
LENGTH = 12  # 22¹² of them: 53 bits, beside bounds on trying


def digest_of(secret: str) -> str:
    """As it is kept: nobody without the key can try codes on a copy of the table."""
    plain = re.sub(r"[^A-Z0-9]", "", typed.text.flat(secret).upper())
    return blind_index(plain, purpose="police.reference")


def grouped(secret: str) -> str:
    """`KHXR-4M7D-ACDE`, as it is shown and read out."""
    return "-".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def codes_of(account: "Account") -> list[ReferenceCode]:
    """Somebody's own codes, the newest first."""
    rows = ReferenceCode.objects.filter(account=account)
    return list(rows.select_related("incident__trip", "request__agency").order_by("-pk")[:20])


def _hers(account: "Account", incident: str) -> "Incident":
    require(account, "ride")
    found = next((row for row in incidents_reported_by(account) if row.code == incident), None)
    if found is None:
        raise NotFound
    return found


def asks_proof(*, account: "Account", incident: str) -> bool:
    """Whether her one-time code is asked first: not while her own call for help of this incident is open.

    Who calls for help cannot wait for an SMS; all else could be done with a phone that lay open, or a stolen session.
    Raises `Forbidden`, `NotFound` for what is not hers.
    """
    found = _hers(account, incident)
    call = sos_of_side(found.trip.code, Party.PASSENGER) if found.trip else None
    return call is None or call.incident.code != found.code


def ask_proof(*, account: "Account", incident: str, asker: Asker) -> None:
    """Send her the one-time code. Raises `Forbidden`, `NotFound` for what is not hers, `CodeTooSoon`, `TooManyCodes`."""
    _hers(account, incident)
    send_proof(account=account, purpose=POLICE, asker=asker)


def make_code(*, account: "Account", incident: str, asker: Asker, proof: str = "") -> str:
    """A new code for an incident that she reported herself, shown now and never again; the one before ends. Her phone is told.

    `proof` is the one-time code that `ask_proof` sent. Raises `Forbidden`, `NotFound` for what is not hers, `WrongCode`,
    `TooManyCodes`, `TooMany`.
    """
    if asks_proof(account=account, incident=incident):
        prove(account=account, purpose=POLICE, code=proof, asker=asker)
    return _make(account, incident, asker)


@begins_transaction
def _make(account: "Account", incident: str, asker: Asker) -> str:
    limits.take(CODES_MADE, asker)
    idempotency.alone(f"police.code:{incident}")
    found = _hers(account, incident)
    at = clock.now()
    ReferenceCode.objects.filter(incident=found, used_at=None, revoked_at=None).update(revoked_at=at)
    secret = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))
    row = ReferenceCode.objects.create(
        code=new_code("PC"),
        account=account,
        incident=found,
        digest=digest_of(secret),
        made_at=at,
        until=at + policy.span(CODE_FOR),
    )
    audit.record(account.actor, "police.code_for_police_made", row.code, case=found.code)
    if account.phone:
        outbox.queue(
            messages.CodeMade(at=at, link=settings.PUBLIC_URL + reverse("police:codes")),
            key=f"police-code-made:{row.code}",
            to=account.phone,
            language=account.language,
            subject=account.code,
        )
    return grouped(secret)


@begins_transaction
def revoke_code(*, account: "Account", code: str) -> None:
    """It opens nothing any more. What was used is used; what ended has ended. Raises `Forbidden`, `NotFound`."""
    require(account, "ride")
    row = ReferenceCode.objects.select_for_update().filter(account=account, code=code).first()
    if row is None:
        raise NotFound
    if row.used_at is None and row.revoked_at is None:
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        audit.record(account.actor, "police.code_for_police_revoked", row.code)


@begins_transaction
def use_code(*, account: "Account", secret: str, asker: Asker) -> PoliceRequest:
    """A verified officer enters her code: her own incident is released at once, and she is told who used it. The station is
    asked whether it was theirs; where something is unusual, who the driver is waits for a call-back.

    Used, revoked, expired and unknown ones answer alike; the same officer who used it finds the same request.
    Raises `CodeUnknown`, `NotCalledBack`, `NotAnOfficer`, `OfficerSuspended`, `InspectionInWriting`, `TooMany`.
    """
    officer = selectors.officer_of(account, clock.now())
    limits.take(CODES_TRIED, asker)
    at = clock.now()
    if officer.agency.kind != AgencyKind.POLICE:
        raise InspectionInWriting
    if not may_be_by_rule(tier_of(officer, at)):
        raise NotCalledBack(line=settings.LIAISON_LINE)
    digest = digest_of(secret)
    idempotency.alone(f"police.code:{digest}")
    row = ReferenceCode.objects.select_for_update().filter(digest=digest).first()
    if row is not None and row.request_id is not None:
        used = PoliceRequest.objects.filter(pk=row.request_id, officer=officer).first()
        if used is not None:
            return selectors.request_by_code(used.code)
    if row is None or not row.is_open(at) or row.incident.trip is None:
        raise CodeUnknown("code")
    trip = trip_by_code(row.incident.trip.code)
    if trip.accepted_at is None or row.incident.opened_at < trip.accepted_at:
        raise CodeUnknown("code")  # the trip went to another driver, whom her incident does not concern
    question = Question(Query.TRIP, trip.code, at, urgency=Urgency.REFERENCE)
    request, trips = write_request(
        actor=account.actor,
        agency=officer.agency,
        question=question,
        channel=Channel.FORM,
        submission=idempotency.key_of("police.code", row.code, digest),
        officer=officer,
        device=asker.device,
    )
    if not trips:
        raise CodeUnknown("code")
    signs = selectors.claim_of(request, trip, at).signs
    graded = Graded(Grade.WHOLE, GradeReason.HER_CODE, signs)
    if (
        request.unusual
    ):  # a code may be taken from her, and an account sold: the station is called first (P10)
        graded = Graded(Grade.CAR, GradeReason.UNUSUAL, signs)
    release = release_pack(request, trip, account.actor, graded, by="P15", by_rule=True)
    ask_station(release, request)
    row.used_at, row.request = at, request
    row.save(update_fields=["used_at", "request"])
    audit.record(account.actor, "police.code_for_police_used", row.code, case=request.code)
    if row.account.phone:
        outbox.queue(
            messages.CodeUsed(at=at, link=settings.PUBLIC_URL + reverse("police:codes")),
            key=f"police-code:{row.code}",
            to=row.account.phone,
            language=row.account.language,
            subject=row.account.code,
        )
    return selectors.request_by_code(request.code)
