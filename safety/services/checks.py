"""Welfare checks (失联核查): filed at once, verified after."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.errors import CodeTooSoon, WrongCode
from accounts.selectors import account_by_phone
from accounts.services import send_code, use_code
from core import audit, clock, danger, facts, timeline
from core.actors import NOBODY
from core.codes import new_code
from core.errors import NotFound
from core.privacy import normalise_phone, phone_index
from core.transactions import begins_transaction
from rides.selectors import trip_meant, trip_meant_by_phone
from safety.errors import ReasonMissing
from safety.models import Incident, Signal, WelfareCheck
from safety.services.incidents import add_signal, bring_news, open_incident, touch
from safety.states import (
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class FiledCheck:
    """What the reporter gets: the report code, and the secret that opens their page."""

    code: str
    secret: str


@begins_transaction
def file_welfare_check(
    *,
    missing_phone: str,
    reporter_phone: str,
    words: str,
    reporter_name: str = "",
    relation: str = "",
    submission: str,
) -> FiledCheck:
    """Take a report at once (S6): filed first, verified after. The answer is the same for every phone number.

    Merges with what is live on that trip or person; a repeated report raises the priority. `submission` files once.
    Raises `InvalidPhone`.
    """
    missing = normalise_phone(missing_phone, field="missing_phone")
    reporter = normalise_phone(reporter_phone, field="reporter_phone")
    secret = _check_secret(submission)
    again = WelfareCheck.objects.filter(submission=submission).first()
    if again:
        return FiledCheck(again.code, secret)
    at = clock.now()
    person = account_by_phone(missing)
    # Who travels may be somebody for whom another person booked (A6).
    trip = trip_meant_by_phone(phone_index(missing), at) or (trip_meant(person, at) if person else None)
    incident = open_incident(
        actor=NOBODY, origin=Origin.WELFARE_CHECK, trip=trip, missing_index=phone_index(missing)
    )
    number = incident.welfare_checks.count() + 1
    check = WelfareCheck.objects.create(
        code=new_code("R", 8),
        submission=submission,
        secret_digest=_digest(secret),
        incident=incident,
        missing_phone=missing,
        reporter_phone=reporter,
        reporter_index=phone_index(reporter),
        reporter_name=reporter_name,
        relation=relation,
        filed_at=at,
    )
    timeline.add(
        SafetyLine.WELFARE_CHECK,
        NOBODY,
        trip=trip.code if trip else "",
        incident=incident.code,
        words=words.strip()[:2000],
        code=check.code,
    )
    audit.record(NOBODY, "safety.welfare_check", check.code, case=incident.code, number=number)
    kind = SignalKind.WELFARE_CHECK if number == 1 else SignalKind.REPEATED_REPORT
    why = facts.of(kind) if number == 1 else facts.of(kind, number=number)
    add_signal(actor=NOBODY, kind=kind, trip=trip, incident=incident, detail=str(number), facts=why)
    _hear_distress(incident, words)
    try:
        with transaction.atomic():
            send_code(phone=reporter, purpose="welfare_check", subject=check.code)
    except CodeTooSoon:
        pass  # a friend who reports again has a code already; the report never waits for it
    return FiledCheck(check.code, secret)


def _check_secret(submission: str) -> str:
    """The reporter's page opens with what their browser sent along, so a form sent twice leads to one page."""
    return hashlib.sha256(f"welfare-check:{submission}".encode()).hexdigest()[:40]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _hear_distress(incident: Incident, words: str) -> None:
    """A message of distress raises the score once, and starts S10's clock whatever the score was."""
    if not danger.is_severe(words):
        return
    if not Signal.objects.filter(incident=incident, kind=SignalKind.DISTRESS).exists():
        why = facts.of(SignalKind.DISTRESS)
        add_signal(actor=NOBODY, kind=SignalKind.DISTRESS, trip=incident.trip, incident=incident, facts=why)
    incident.refresh_from_db()
    if incident.high_risk_at is None:
        touch(incident, high_risk_at=clock.now())


def check_by_secret(secret: str) -> WelfareCheck:
    """The reporter's own check. Raises `NotFound`."""
    check = WelfareCheck.objects.select_related("incident").filter(secret_digest=_digest(secret)).first()
    if check is None:
        raise NotFound
    return check


@begins_transaction
def add_evidence(*, secret: str, words: str) -> WelfareCheck:
    """The reporter adds what they learned later. Raises `NotFound`, `ReasonMissing`."""
    check = check_by_secret(secret)
    if not words.strip():
        raise ReasonMissing("words")
    incident = (
        Incident.objects.select_for_update(of=("self",)).select_related("trip").get(pk=check.incident_id)
    )
    trip = incident.trip.code if incident.trip else ""
    timeline.add(
        SafetyLine.EVIDENCE,
        NOBODY,
        trip=trip,
        incident=incident.code,
        words=words.strip()[:2000],
        code=check.code,
    )
    audit.record(NOBODY, "safety.evidence", check.code, case=incident.code)
    bring_news(incident)
    _hear_distress(incident, words)
    return check


def verify_reporter(*, secret: str, code: str) -> WelfareCheck:
    """The reporter proves their phone; nothing ever waited for it. Raises `NotFound`, `WrongCode`."""
    check = check_by_secret(secret)
    use_code(phone=check.reporter_phone, purpose="welfare_check", code=code)
    with transaction.atomic(durable=True):
        at = clock.now()
        same = WelfareCheck.objects.filter(
            incident=check.incident, reporter_index=check.reporter_index, verified_at=None
        )
        if not same.update(verified_at=at):
            raise WrongCode("code")
        check.verified_at = at
        timeline.add(SafetyLine.REPORTER_VERIFIED, NOBODY, incident=check.incident.code, code=check.code)
        touch(check.incident)
    return check
