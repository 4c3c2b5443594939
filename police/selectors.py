"""Reads about police requests, and the search for the trip that is meant."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from core import cases, clock, policy, typed
from core.errors import InvalidInput, NotFound
from core.reads import Read
from police.errors import NotAnOfficer, OfficerSuspended, QueryUnreadable
from police.models import Agency, Officer, PoliceRequest, Release

# The rules in force, for whoever judges by them.
from police.policies import EMERGENCY_RULE as EMERGENCY_RULE
from police.policies import FORM_WITHIN as FORM_WITHIN
from police.policies import OPEN_FOR, ORDINARY_WITHIN, PAPERS_WITHIN, PLACE_WINDOW
from police.policies import PHONE_WITHIN as PHONE_WITHIN
from police.states import UNDECIDED, Channel, OfficerState, Query, RequestState, Urgency
from rides.selectors import trip_by_code, trips_by_phone, trips_by_plate, trips_near
from safety.selectors import check_by_code

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip

HISTORY_MINUTES = 92  # from the first question to the plate, on 2018-08-24


def officer_of(account: "Account", at: datetime) -> Officer:
    """The active officer that an account is. Raises `NotAnOfficer`, `OfficerSuspended`."""
    officer = Officer.objects.select_related("agency", "account").filter(account=account).first()
    if officer is None:
        raise NotAnOfficer(line=settings.LIAISON_LINE)
    if officer.state != OfficerState.ACTIVE or officer.expires_at <= at:
        raise OfficerSuspended(line=settings.LIAISON_LINE)
    return officer


FOUND_AT_ONCE = 20


def find_agencies(words: str, *, limit: int = FOUND_AT_ONCE) -> list[Agency]:
    """Stations in whose names, code, pinyin or first letters each of the words stands; those that begin with them first."""
    wanted = typed.text.fold(words).split()[:6]
    if not wanted:
        return []
    fits = Q()
    for word in wanted:
        fits &= Q(search__contains=word)
    # In the order of an index, which ends early where nearly all fit; what begins with the words comes first of those.
    rows = list(Agency.objects.filter(fits).order_by("code")[: 5 * limit])
    rows.sort(key=lambda row: (row.code != wanted[0], not row.name_zh.startswith(wanted[0])))
    return rows[:limit]


def first_agencies() -> list[Agency]:
    """Some of the register, where nobody said which."""
    return list(Agency.objects.order_by("code")[:FOUND_AT_ONCE])


def count_agencies() -> int:
    return Agency.objects.count()


def changing_agencies() -> list[Agency]:
    """Those of which another number or address waits for its time, the soonest first."""
    return list(Agency.objects.filter(coming_at__isnull=False).order_by("coming_at")[:100])


def stations_meant(words: str) -> list[Agency]:
    """The one station of a code, else those that words can mean; of one name a few at most."""
    exact = Agency.objects.filter(code=words.strip()).first()
    return [exact] if exact else find_agencies(words)


def agency_by_code(code: str) -> Agency:
    """Raises `NotFound`."""
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        raise NotFound("agency")
    return agency


def _requests() -> QuerySet[PoliceRequest]:
    return PoliceRequest.objects.select_related(
        "agency", "officer__account", "trip__driver__account", "trip__vehicle", "release"
    )


def open_requests_about(subject: str) -> list[cases.OpenCase]:
    """Requests that wait for an answer, or whose pack can still be read, and concern an account; or the one with this code."""
    rows = PoliceRequest.objects.filter(
        Q(state__in=UNDECIDED) | Q(release__expires_at__gte=clock.now()),
    )
    if subject.startswith("P-"):
        rows = rows.filter(code=subject)
    elif not cases.may_be_account(subject):
        return []
    else:
        rows = rows.filter(Q(trip__passenger__code=subject) | Q(trip__driver__account__code=subject))
    return [
        cases.OpenCase(
            code,
            cases.ours(owner, first),
            readers="police.answer",
            # What was asked by telephone stands on the word of whoever took it down.
            opened_by="" if channel == Channel.FORM else owner,
        )
        for code, owner, first, channel in rows.values_list(
            "code", "owned_by", "proposed_by", "channel"
        ).order_by("pk")
    ]


_REQUEST = Read(lambda code: _requests().filter(code=code), str)
_UNDECIDED = Read(lambda: _requests().filter(state__in=sorted(UNDECIDED)).order_by("asked_at"))
_PAPERS_MISSING = Read(
    lambda at: (
        _requests()
        .filter(state=RequestState.RELEASED, papers_at=None, papers_due_at__lt=at)
        .order_by("papers_due_at")
    ),
    datetime,
)
_UNREVIEWED: Read[Any] = Read(
    lambda: (
        Release.objects.select_related("request__agency")
        .annotate(looks=Count("reviews"))
        .filter(looks__lt=2)
        .order_by("released_at")
    )
)


def request_by_code(code: str) -> PoliceRequest:
    """Any request, for staff. Raises `NotFound`."""
    return _REQUEST.the(code)


def own_request(officer: Officer, code: str) -> PoliceRequest:
    """An officer's own request; another's is not found, of the same station or not."""
    found = _requests().filter(officer=officer, code=code).first()
    if found is None:
        raise NotFound
    return found


def requests_of(officer: Officer, *, limit: int = 50) -> list[PoliceRequest]:
    return list(_requests().filter(officer=officer).order_by("-pk")[:limit])


def linked_requests(request: PoliceRequest) -> list[PoliceRequest]:
    """Requests of others for the same trip or report code: who asked first, and what is already there (P2)."""
    same = Q()
    if request.trip_id:
        same |= Q(trip=request.trip_id)
    if request.report_code:
        same |= Q(report_code=request.report_code)
    return list(_requests().filter(same).exclude(pk=request.pk).order_by("asked_at", "pk")) if same else []


_CODES = {"T": Query.TRIP, "R": Query.REPORT}


def query_of(value: str) -> Query:
    """What something is that was typed without saying what: a code of ours, a place, a phone, a plate.

    Raises `QueryUnreadable` where it could be several, or none.
    """
    written = typed.code.read(value)
    if re.fullmatch(r"[TR]-[A-Z0-9]{8,10}", written):
        return _CODES[written[0]]
    for query, read in ((Query.PHONE, typed.phone.read), (Query.PLACE, typed.place.read)):
        try:
            read(value)
        except InvalidInput:
            continue
        return query
    if typed.plate.searched(value) or typed.plate.FORM.match(typed.plate.key(value)):
        return Query.PLATE
    raise QueryUnreadable("query_value")


def resolve_query(
    query: Query, value: str, about: datetime, until: datetime | None = None
) -> "tuple[list[Trip], str]":
    """(trips with a driver that are meant, report code if that was quoted); `until` ends the time of a place.

    Raises `QueryUnreadable`, `InvalidInput`.
    """
    if until is not None and not (
        query == Query.PLACE and about < until <= about + policy.span(PLACE_WINDOW)
    ):
        raise InvalidInput("until")
    match query:
        case Query.TRIP:
            try:
                trip = trip_by_code(typed.code.read(value))
            except NotFound:
                return [], ""
            return ([trip] if trip.driver else []), ""
        case Query.REPORT:
            check = check_by_code(value)
            if check is None:
                return [], ""
            found = check.incident.trip
            return ([trip_by_code(found.code)] if found and found.driver_id else []), check.code
        case Query.PLATE:
            return trips_by_plate(value, about), ""
        case Query.PHONE:
            try:
                phone = typed.phone.read(value, field="query_value")
            except typed.phone.InvalidPhone:
                raise QueryUnreadable("query_value") from None
            return trips_by_phone(phone, about), ""
        case Query.PLACE:
            try:
                place = typed.place.read(value)
            except typed.place.PlaceUnreadable:
                raise QueryUnreadable("query_value") from None
            return trips_near(place, about, until=until), ""


def answer_due(request: PoliceRequest) -> datetime | None:
    """When an ordinary request has to be answered at the latest; None for an emergency, which is answered now."""
    if request.urgency != Urgency.ORDINARY:
        return None
    return request.asked_at + policy.span(ORDINARY_WITHIN)


def published_limits() -> dict[str, timedelta]:
    """Within what time the police are answered, as the rules in force have it."""
    return {
        "form": policy.span(FORM_WITHIN),
        "phone": policy.span(PHONE_WITHIN),
        "ordinary": policy.span(ORDINARY_WITHIN),
        "papers": policy.span(PAPERS_WITHIN),
        "open": policy.span(OPEN_FOR),
    }


def undecided() -> list[PoliceRequest]:
    """Requests that wait for an answer, oldest first."""
    return _UNDECIDED.all()


def waiting_for_second_person() -> list[PoliceRequest]:
    """Requests whose release one person proposed, which another has to confirm, oldest first."""
    rows = PoliceRequest.objects.filter(state__in=UNDECIDED, trip__isnull=False).exclude(proposed_by="")
    return list(rows.order_by("asked_at"))


def emergencies_without_answer() -> list[PoliceRequest]:
    """Danger to life that waits for a first person, oldest first."""
    rows = PoliceRequest.objects.filter(state__in=UNDECIDED, urgency=Urgency.EMERGENCY)
    return list(rows.filter(Q(proposed_by="") | Q(trip=None)).order_by("asked_at"))


def unreviewed_releases() -> list[tuple[Release, int]]:
    """Releases that fewer than two people have looked at, with how many have."""
    return [(row, row.looks) for row in _UNREVIEWED.all()]


def missing_papers(at: datetime) -> list[PoliceRequest]:
    """Releases whose paperwork is due and has not come."""
    return _PAPERS_MISSING.all(at)


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """Seconds from asked to decided, of emergency requests that were released."""

    count: int
    p50: float
    p95: float
    longest: float
    waiting: int

    @property
    def history_minutes(self) -> int:
        """What it took in 2018."""
        return HISTORY_MINUTES


def release_clocks(since: datetime) -> ClockFigures:
    """P8's figures since a time."""
    rows = PoliceRequest.objects.filter(urgency=Urgency.EMERGENCY, asked_at__gte=since)
    spans = sorted(
        (done - asked).total_seconds()
        for asked, done in rows.filter(state="released").values_list("asked_at", "decided_at")
        if done
    )
    waiting = rows.filter(state__in=UNDECIDED).count()
    if not spans:
        return ClockFigures(0, 0, 0, 0, waiting)
    return ClockFigures(
        len(spans),
        spans[len(spans) // 2],
        spans[min(len(spans) - 1, int(len(spans) * 0.95))],
        spans[-1],
        waiting,
    )


def emergencies_late(since: datetime, *, form_seconds: float, phone_seconds: float) -> tuple[int, list[str]]:
    """(emergency requests since, codes of those that were not answered in time); abroad counts as answered."""
    rows = list(PoliceRequest.objects.filter(urgency=Urgency.EMERGENCY, asked_at__gte=since))
    late = []
    for row in rows:
        limit = form_seconds if row.channel == "form" else phone_seconds
        if ((row.decided_at or clock.now()) - row.asked_at) > timedelta(
            seconds=limit
        ) and row.trips_found == 1:
            late.append(row.code)
    return len(rows), late


def releases_without_plate(since: datetime) -> list[str]:
    """Releases since whose pack lacks the registered plate, or says nothing of what was read, compared and seen."""

    bad = []
    for row in Release.objects.select_related("request").filter(released_at__gte=since):
        pack = json.loads(row.pack)
        if not pack.get("plate_registered") or not {"plate_seen", "plate_check", "plate_read"} <= pack.keys():
            bad.append(row.request.code)
    return bad
