"""S19: the officer's page follows the car as long as the emergency is open, and each minute of looking is written down.

What may be followed is less than what a pack holds, because a car that is followed leads to a door (P3b): nothing before
our own data bear the claim out or the station was reached, nor from when papers follow that had come with another request;
and nothing near the passenger's places unless an incident is live that the trip itself showed, by more than a silent phone,
or somebody reached the station.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core import audit, clock, idempotency
from core.transactions import begins_transaction
from police import selectors
from police.documents import services as documents
from police.documents.models import ReleaseCopy
from police.documents.states import CopyKind
from police.models import PoliceRequest, Release
from police.packs import positions_of
from police.policies import lets_in
from police.services import grade_of
from police.states import FollowingEnd, Grade, RequestState, Urgency
from rides.selectors import trip_by_code
from safety.selectors import live_incident_of, shows_danger_now

if TYPE_CHECKING:
    from core.actors import Actor
    from rides.models import Trip


@dataclass(frozen=True, slots=True)
class Following:
    """The car now. `end` says why nothing is shown any more, or not yet; `copy` is the code of this minute of looking."""

    end: FollowingEnd | None = None
    trip: "Trip | None" = None
    plate: str = ""
    positions: list[dict[str, Any]] = field(default_factory=list)
    at: datetime | None = None
    copy: str = ""

    @property
    def state(self) -> str:
        return self.trip.state if self.trip else ""

    @property
    def waits(self) -> bool:
        """It may begin later: the page goes on asking."""
        return self.end == FollowingEnd.NOT_YET


def may_follow(request: PoliceRequest) -> bool:
    """Whether a page offers it: an emergency of an officer with an account, released, and not over."""
    return _end(request, clock.now()) in {None, FollowingEnd.NOT_YET}


def _end(request: PoliceRequest, at: datetime) -> FollowingEnd | None:
    """Why the car is not followed, the reason that lasts first; None where it is."""
    officer, trip = request.officer, request.trip
    released = request.state == RequestState.RELEASED and request.urgency == Urgency.EMERGENCY
    if not released or officer is None or trip is None:
        return FollowingEnd.NOTHING
    if not lets_in(officer, at) or not request.release.is_open(at):
        return FollowingEnd.CLOSED
    if request.all_unusual and not selectors.was_reached(request):
        return FollowingEnd.NOT_YET  # neither whether somebody works on what is over
    if trip.is_over and live_incident_of(trip) is None:
        return FollowingEnd.OVER
    if request.release.grade == Grade.WHOLE or selectors.was_reached(request):
        return None
    return None if grade_of(request, trip).whole else FollowingEnd.NOT_YET


@begins_transaction
def follow(*, actor: "Actor", request: PoliceRequest) -> Following:
    """Where the car is now. The first look of each minute is a line of the journal and a copy with a code of its own.

    The caller has let in the officer whose request it is: session, second factor and account.
    """
    at = clock.now()
    # One at a time: a 'no' of the station that comes meanwhile is seen, and a minute is written down once.
    idempotency.alone(f"police.follow:{request.code}:{actor.code}")
    Release.objects.select_for_update().filter(request=request).first()
    request = selectors.request_by_code(request.code)
    if end := _end(request, at):
        return Following(end)
    assert request.trip is not None  # noqa: S101 - `_end` says so
    trip = trip_by_code(request.trip.code)
    graded, reached = grade_of(request, trip), selectors.was_reached(request)
    if reached:  # two people released it after a call-back, whatever was unusual
        graded = replace(graded, grade=Grade.WHOLE)
    return Following(
        trip=trip,
        plate=trip.plate_registered,
        positions=positions_of(
            trip, at, seen=graded.whole and shows_danger_now(trip), never_hers=not reached
        ),
        at=at,
        copy=_note(actor, request, trip, at),
    )


def _note(actor: "Actor", request: PoliceRequest, trip: "Trip", at: datetime) -> str:
    minute = at.replace(second=0, microsecond=0)
    seen = ReleaseCopy.objects.filter(
        release__request=request, reader=actor.code, kind=CopyKind.LIVE, at__gte=minute
    ).first()
    if seen:
        return seen.code
    copied = documents.note_copy(actor=actor, request=request, kind=CopyKind.LIVE)
    audit.record(
        actor,
        "police.followed",
        request.code,
        case=request.code,
        trip=trip.code,
        copy=copied.code,
        minute=minute.isoformat(timespec="minutes"),
    )
    return copied.code
