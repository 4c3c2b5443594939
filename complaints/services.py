"""The only writer of complaints."""

from typing import TYPE_CHECKING

from accounts.states import Role
from complaints.errors import AlreadyDecided, NoDriverYet, NotAdjudicator
from complaints.models import Complaint
from complaints.policies import INTERLOCK, is_severe
from complaints.selectors import complaint_by_code
from complaints.states import COMPLAINT_TRANSITIONS, Category, ComplaintLine, ComplaintState, Finding
from core import audit, clock, holds, live, policy, timeline
from core.codes import new_code
from core.errors import InvalidInput
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers.services import hold_driver, release_holds_of
from drivers.states import HoldKind
from rides.selectors import aboard, trip_of
from rides.services import give_to_others
from rides.states import Party

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


@begins_transaction
def file_complaint(
    *, account: "Account", trip_code: str, category: Category, words: str, submission: str
) -> Complaint:
    """File a complaint about one's own trip; the same `submission` files once.

    A severe one holds the accused driver in the same transaction (C2), without a sign on the driver's phone while
    somebody may be in the car (S11). Raises `NotFound`, `NoDriverYet`.
    """
    again = Complaint.objects.filter(submission=submission, complainant=account).first()
    if again:
        return again
    trip, party = trip_of(account, trip_code)
    if trip.driver is None:
        raise NoDriverYet
    accused = trip.driver if party == Party.PASSENGER else None
    complaint = Complaint.objects.create(
        code=new_code("C"),
        submission=submission,
        trip=trip,
        complainant=account,
        accused=accused,
        category=category,
        severe=is_severe(category, words),
        words=words.strip()[:4000],
        filed_at=clock.now(),
    )
    actor = account.actor
    holds.place(actor=actor, subject=trip.code, source="complaint", case=complaint.code)
    timeline.add(
        ComplaintLine.FILED,
        actor,
        trip=trip.code,
        words=complaint.words,
        code=complaint.code,
        category=category,
    )
    audit.record(
        actor,
        "complaints.filed",
        complaint.code,
        case=complaint.code,
        category=category,
        severe=complaint.severe,
    )
    if complaint.severe and accused and policy.value(INTERLOCK):
        covert = aboard(accused.account.code) is not None
        hold_driver(
            actor=actor,
            driver=accused,
            kind=HoldKind.COMPLAINT,
            source=complaint.code,
            citation=policy.in_force(INTERLOCK).citation,
            covert=covert,
        )
        timeline.add(ComplaintLine.HELD, actor, trip=trip.code)
        if not covert:
            give_to_others(actor=actor, driver=accused)
    live.changed_on_commit("console")
    return complaint


@joins_transaction
def open_recording_case(*, trip: "Trip") -> Complaint:
    """A passenger asked to keep the recording of her trip (S7): a case that holds it, once for each trip."""
    submission = f"recording:{trip.code}"
    complaint, new = Complaint.objects.get_or_create(
        submission=submission,
        complainant=trip.passenger,
        defaults={
            "code": new_code("C"),
            "trip": trip,
            "category": Category.OTHER,
            "severe": False,
            "words": "",
            "filed_at": clock.now(),
        },
    )
    if new:
        actor = trip.passenger.actor
        holds.place(actor=actor, subject=trip.code, source="complaint", case=complaint.code)
        holds.release(actor=actor, source="passenger", case=trip.code)
        timeline.add(ComplaintLine.FILED, actor, trip=trip.code, code=complaint.code, category=Category.OTHER)
        audit.record(actor, "complaints.filed", complaint.code, case=complaint.code, category=Category.OTHER)
        live.changed_on_commit("console")
    return complaint


@begins_transaction
def decide_complaint(*, account: "Account", code: str, finding: Finding, reason: str) -> Complaint:
    """Decide a complaint with a reason. An unfounded one releases the driver; an upheld one leaves the hold to vetting.

    Raises `NotAdjudicator`, `AlreadyDecided`, `InvalidInput`, `NotFound`.
    """
    if account.role not in {Role.ADJUDICATOR, Role.SUPERVISOR}:
        raise NotAdjudicator
    if not reason.strip():
        raise InvalidInput("reason")
    complaint = complaint_by_code(code)
    if complaint.state != ComplaintState.OPEN:
        raise AlreadyDecided
    move(
        complaint,
        COMPLAINT_TRANSITIONS,
        ComplaintState.DECIDED,
        decided_at=clock.now(),
        decided_by=account.code,
        finding=finding,
        reason=reason.strip()[:4000],
    )
    actor = account.actor
    timeline.add(
        ComplaintLine.DECIDED,
        actor,
        trip=complaint.trip.code,
        words=complaint.reason,
        code=code,
        finding=finding,
    )
    audit.record(actor, "complaints.decided", code, case=code, finding=finding)
    holds.release(actor=actor, source="complaint", case=code)
    if finding == Finding.UNFOUNDED:
        release_holds_of(actor=actor, source=code, reason=str(Finding.UNFOUNDED.label))
    live.changed_on_commit("console")
    return complaint
