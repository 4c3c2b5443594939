"""Welfare checks (失联核查): filed at once, verified after."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from accounts.codes import send_code, use_code
from accounts.errors import CodeTooSoon, WrongCode
from accounts.selectors import account_by_phone
from core import audit, clock, danger, facts, idempotency, timeline, typed
from core.actors import NOBODY
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.limits import NOBODY as NOBODY_KNOWN
from core.limits import Asker
from core.links import digest_of
from core.models import TimelineEntry
from core.privacy import phone_index
from core.transactions import begins_transaction, joins_transaction
from rides.selectors import lock_trip, trip_by_code, trip_meant, trip_meant_by_phone
from safety.errors import ReasonMissing
from safety.models import Incident, Signal, WelfareCheck
from safety.services.incidents import add_signal, bring_news, change_incident, open_incident
from safety.states import (
    IncidentState,
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    from rides.models import Trip


@dataclass(frozen=True, slots=True)
class FiledCheck:
    """What the reporter gets: the report code, and the secret that opens their page."""

    code: str
    secret: str


WORDS_LENGTH = 20_000  # nobody writes so much by hand
NAME_LENGTH = 200
MENDS = 5  # who reads a number wrongly puts it right once or twice


@begins_transaction
def file_welfare_check(
    *,
    missing_phone: str,
    reporter_phone: str,
    words: str,
    reporter_name: str = "",
    relation: str = "",
    submission: str = "",
    trip: str = "",
    from_crowd: bool = False,
    asker: Asker = NOBODY_KNOWN,
) -> FiledCheck:
    """Take a report at once (S6): filed first, verified after. The answer is the same for every phone number.

    Nothing about how it is written keeps it from being taken: a number that cannot be read, or may be another one, is
    kept as written and marked. `trip` is the code of the one that it is of, where that is known by more than the number.
    `from_crowd` says that many came from the same address just now. Merges with what is live on that trip or person; a
    repeated report raises the priority. The same report with the same `submission` is filed once. Raises `InvalidInput`
    where it says neither whom it is about nor what happened.
    """
    words, missing_phone, reporter_phone = (
        as_written(words),
        as_written(missing_phone),
        as_written(reporter_phone),
    )
    if not (words or missing_phone):
        raise InvalidInput("words")
    # Nothing keeps a report from being taken, a short key neither: only the same words of the same phones are the same.
    told = (missing_phone, reporter_phone, words)
    key = idempotency.hold("safety.welfare_check", "", submission or idempotency.new_key(), *told)
    again = WelfareCheck.objects.filter(submission=key).first()
    if again:
        return FiledCheck(again.code, again.secret)
    missing, reporter = typed.phone.guess(missing_phone), typed.phone.guess(reporter_phone)
    incident = _incident_of(missing, trip)
    number = incident.welfare_checks.count() + 1
    code = new_code("R", 8)
    check = WelfareCheck.objects.create(
        code=code,
        submission=key,
        incident=incident,
        missing_phone=missing.number,
        missing_written=missing_phone[:NAME_LENGTH],
        missing_doubted=not missing.sure,
        reporter_phone=reporter.number,
        reporter_written=reporter_phone[:NAME_LENGTH],
        reporter_doubted=not reporter.sure,
        reporter_index=phone_index(reporter.number) if reporter.number else "",
        reporter_name=as_written(reporter_name)[:NAME_LENGTH],
        relation=as_written(relation)[:NAME_LENGTH],
        from_crowd=from_crowd,
        filed_at=clock.now(),
    )
    timeline.add(
        SafetyLine.WELFARE_CHECK,
        NOBODY,
        trip=incident.trip.code if incident.trip else "",
        incident=incident.code,
        words=words,
        code=check.code,
    )
    audit.record(NOBODY, "safety.welfare_check", check.code, case=incident.code, number=number)
    _signal(incident, number, check)
    hear_distress(incident, words)
    if reporter.sure and not from_crowd:
        # To nobody whose number was guessed, and not to a crowd of numbers that one sender names.
        _send_code(check, asker)
    return FiledCheck(check.code, check.secret)


def _incident_of(missing: typed.phone.Guess, code: str = "") -> Incident:
    """The live incident of this person's trip, or of the person; where no number could be read, one of its own."""
    at, person = clock.now(), account_by_phone(missing.number) if missing.number else None
    # Who travels may be somebody for whom another person booked (A6).
    index = phone_index(missing.number) if missing.number else ""
    known = trip_by_code(code) if code else None
    trip = (
        known
        or (trip_meant_by_phone(index, at) if index else None)
        or (trip_meant(person, at) if person else None)
    )
    unknown = f"unread-{secrets.token_hex(8)}"
    return open_incident(actor=NOBODY, origin=Origin.WELFARE_CHECK, trip=trip, missing_index=index or unknown)


def _signal(incident: Incident, number: int, check: WelfareCheck) -> None:
    """A report weighs once in each incident that it comes to: also on a trip whose last incident is closed."""
    kind = SignalKind.WELFARE_CHECK if number == 1 else SignalKind.REPEATED_REPORT
    why = facts.of(kind) if number == 1 else facts.of(kind, number=number)
    detail = f"{check.code}:{incident.pk}"
    add_signal(actor=NOBODY, kind=kind, trip=incident.trip, incident=incident, detail=detail, facts=why)


def _send_code(check: WelfareCheck, asker: Asker) -> None:
    try:
        with transaction.atomic():
            send_code(phone=check.reporter_phone, purpose="welfare_check", subject=check.code, asker=asker)
    except CodeTooSoon:
        pass  # a friend who reports again has a code already; the report never waits for it


@begins_transaction
def mend_check(
    *,
    secret: str,
    missing_phone: str = "",
    reporter_phone: str = "",
    from_crowd: bool = False,
    asker: Asker = NOBODY_KNOWN,
) -> WelfareCheck:
    """The reporter puts right a number that was read wrongly. What was found by the first one stays as it is.

    Where the number is another person's, the report goes to that person's incident, with its code. `from_crowd` as in
    `file_welfare_check`; one that is put right again and again is marked like it, and nobody is written to any more.
    Raises `NotFound`.
    """
    check = WelfareCheck.objects.select_for_update().get(pk=check_by_secret(secret).pk)
    before = _locked(check)
    missing_phone, reporter_phone = as_written(missing_phone), as_written(reporter_phone)
    changed: list[str] = []
    crowd = check.from_crowd or from_crowd or check.mends >= MENDS
    if reporter_phone and reporter_phone != check.reporter_written:
        reporter = typed.phone.guess(reporter_phone)
        check.reporter_phone, check.reporter_doubted = reporter.number, not reporter.sure
        check.reporter_written = reporter_phone[:NAME_LENGTH]
        check.reporter_index = phone_index(reporter.number) if reporter.number else ""
        check.verified_at = None
        changed += ["reporter_phone", "reporter_doubted", "reporter_written", "reporter_index", "verified_at"]
        if reporter.sure and not crowd:
            _send_code(check, asker)
    now = before
    if missing_phone and missing_phone != check.missing_written:
        missing = typed.phone.guess(missing_phone)
        other = missing.number != check.missing_phone
        check.missing_phone, check.missing_doubted = missing.number, not missing.sure
        check.missing_written = missing_phone[:NAME_LENGTH]
        changed += ["missing_phone", "missing_doubted", "missing_written"]
        if other and missing.number:
            now = _incident_of(missing)
    if not changed:
        return check
    check.mends, check.from_crowd = min(check.mends + 1, MENDS), crowd
    changed += ["mends", "from_crowd"]
    for incident in {before.pk: before, now.pk: now}.values():
        trip = incident.trip.code if incident.trip else ""
        timeline.add(SafetyLine.CHECK_MENDED, NOBODY, trip=trip, incident=incident.code, code=check.code)
        change_incident(incident)
    if now.pk != before.pk:
        _move(check, before, now)
    check.save(update_fields=changed)
    audit.record(NOBODY, "safety.check_mended", check.code, case=now.code)
    return check


def _move(check: WelfareCheck, before: Incident, now: Incident) -> None:
    """The report goes to another incident, with its code and all that it says; there it weighs as a new one does.

    Where it was, it weighs nothing any more, and whoever has that looks. An incident that is closed stays as it was found.
    """
    said = _said(check, before)
    trip = before.trip.code if before.trip else ""
    timeline.add(
        SafetyLine.CHECK_MOVED, NOBODY, trip=trip, incident=before.code, code=check.code, to=now.code
    )
    check.incident = now
    check.save(update_fields=["incident"])
    if before.state != IncidentState.CLOSED:
        bring_news(before, **_without(check, before))
    timeline.add(
        SafetyLine.CHECK_CAME,
        NOBODY,
        trip=now.trip.code if now.trip else "",
        incident=now.code,
        words=said,
        code=check.code,
        other=before.code,
    )
    _signal(now, now.welfare_checks.count(), check)
    hear_distress(now, said)


_SAID_BY_IT = frozenset({SafetyLine.WELFARE_CHECK, SafetyLine.EVIDENCE, SafetyLine.CHECK_CAME})
_OF_REPORTS = frozenset({SignalKind.WELFARE_CHECK, SignalKind.REPEATED_REPORT})


def _is_of(check: WelfareCheck, line: TimelineEntry) -> bool:
    return line.kind in _SAID_BY_IT and line.facts.get("code") == check.code


def _said(check: WelfareCheck, incident: Incident) -> str:
    """All that a report says in an incident: what was filed, what came with it from elsewhere, and what was added."""
    lines = timeline.of(incident=incident.code)
    return "\n".join(each.words for each in lines if each.words and _is_of(check, each))


def _without(check: WelfareCheck, incident: Incident) -> dict[str, object]:
    """What an incident is once a report has left it: a risk of which nobody else says anything is none, and its clocks end."""
    signals = Signal.objects.filter(incident=incident)
    signals.filter(kind__in=_OF_REPORTS, detail=f"{check.code}:{incident.pk}").update(score=0)
    lines = timeline.of(trip=incident.trip.code if incident.trip else "", incident=incident.code)
    if not any(each.facts.get("danger") == danger.SEVERE and not _is_of(check, each) for each in lines):
        signals.filter(kind=SignalKind.DISTRESS).update(score=0)
    rest = Signal.objects.filter(trip=incident.trip) if incident.trip else signals
    score = rest.aggregate(total=Sum("score", default=0))["total"]
    if score or incident.has_sos or incident.welfare_checks.exists():
        return {"score": score}
    return {"score": score, "high_risk_at": None}


def as_written(text: str) -> str:
    """As somebody wrote it, whatever breaks their lines; zero bytes, which no text holds, are left out."""
    plain = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return plain[:WORDS_LENGTH]


def hear_distress(incident: Incident, words: str) -> None:
    """Words of danger, of her or of who knows her, raise the score once and start S10's clock whatever the score was.

    The row of `incident` is locked, and of its trip before it.
    """
    if not danger.is_severe(words):
        return
    if Signal.objects.filter(incident=incident, kind=SignalKind.DISTRESS).exists():
        bring_news(incident, high_risk_at=incident.risk_since(clock.now()))
        return
    why = facts.of(SignalKind.DISTRESS)
    add_signal(actor=NOBODY, kind=SignalKind.DISTRESS, trip=incident.trip, incident=incident, facts=why)


@joins_transaction
def hear_from_trip(*, trip: "Trip", words: str) -> None:
    """What a side of a trip tells of grave danger, on whatever page, while nobody knows them apart: an incident opens.

    A complaint is not the place to call for help, and whoever is driven away may find only that one.
    """
    if trip.ended_at or (trip.cancelled_at and not trip.somebody_may_be_aboard):
        return
    incident = open_incident(actor=NOBODY, origin=Origin.RULE, trip=trip)
    bring_news(incident)
    hear_distress(incident, words)


def _locked(check: WelfareCheck) -> Incident:
    """The incident of a report, its row locked, and its trip's before it."""
    if check.incident.trip:
        lock_trip(check.incident.trip)
    rows = Incident.objects.select_for_update(of=("self",)).select_related("trip__passenger", "trip__driver")
    return rows.get(pk=check.incident_id)


def check_by_secret(secret: str) -> WelfareCheck:
    """The reporter's own check. Raises `NotFound`."""
    check = WelfareCheck.objects.select_related("incident").filter(secret_digest=digest_of(secret)).first()
    if check is None:
        raise NotFound
    return check


@begins_transaction
def add_evidence(*, secret: str, words: str) -> WelfareCheck:
    """The reporter adds what they learned later; on a report that was closed, it opens an incident again.

    Raises `NotFound`, `ReasonMissing`.
    """
    check = WelfareCheck.objects.select_for_update().get(pk=check_by_secret(secret).pk)
    words = as_written(words)
    if not words:
        raise ReasonMissing("words")
    incident = _locked(check)
    if incident.state == IncidentState.CLOSED:
        now = open_incident(
            actor=NOBODY,
            origin=Origin.WELFARE_CHECK,
            trip=incident.trip,
            missing_index=incident.missing_index,
        )
        _move(check, incident, now)
        incident = now
    trip = incident.trip.code if incident.trip else ""
    timeline.add(
        SafetyLine.EVIDENCE,
        NOBODY,
        trip=trip,
        incident=incident.code,
        words=words,
        code=check.code,
    )
    audit.record(NOBODY, "safety.evidence", check.code, case=incident.code)
    bring_news(incident)
    hear_distress(incident, words)
    return check


def verify_reporter(*, secret: str, code: str, asker: Asker = NOBODY_KNOWN) -> WelfareCheck:
    """The reporter proves their phone; nothing ever waited for it.

    Raises `NotFound`, `TooManyCodes`; `WrongCode` also where the code was sent for another report, which is verified by it.
    """
    check = check_by_secret(secret)
    subject = use_code(
        phone=check.reporter_phone, purpose="welfare_check", code=code, subject=check.code, asker=asker
    )
    with transaction.atomic(durable=True):
        at = clock.now()
        proved = WelfareCheck.objects.select_related("incident").get(code=subject)
        # Somebody else's report may name the same phone: the code speaks for the one that it was sent for.
        own = WelfareCheck.objects.filter(pk=proved.pk, reporter_index=check.reporter_index, verified_at=None)
        if own.update(verified_at=at):
            timeline.add(
                SafetyLine.REPORTER_VERIFIED, NOBODY, incident=proved.incident.code, code=proved.code
            )
            change_incident(proved.incident)
    if proved.pk != check.pk:
        raise WrongCode("code")
    check.verified_at = at
    return check
