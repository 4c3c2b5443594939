"""Reads about police requests, and the search for the trip that is meant."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.selectors import is_new_device
from complaints import calendars
from core import cases, clock, policy, typed
from core.errors import InvalidInput, NotFound
from core.privacy import phone_index
from core.reads import Read
from police import papers
from police.errors import NotAnOfficer, OfficerSuspended, QueryUnreadable
from police.models import (
    Agency,
    IdentityPart,
    Notice,
    Officer,
    PoliceRequest,
    Preservation,
    Release,
    ReleaseError,
    ReleaseReview,
)

# The rules in force, for whoever judges by them.
from police.policies import (
    BORNE_OUT_FOR,
    INSPECTION_WITHIN,
    NEW_DEVICE_FOR,
    OPEN_FOR,
    ORDINARY_WITHIN,
    PAPERS_RING_AFTER,
    PAPERS_WITHIN,
    PLACE_WINDOW,
    SAME_NUMBER_FOR,
    UNUSUAL_TIMES,
    USUAL_OVER,
    Claim,
    identity_part,
    lets_in,
    may_be_by_rule,
)
from police.policies import EMERGENCY_RULE as EMERGENCY_RULE
from police.policies import FORM_WITHIN as FORM_WITHIN
from police.policies import LETTER_HALF_WITHIN as LETTER_HALF_WITHIN
from police.policies import LETTER_WITHIN as LETTER_WITHIN
from police.policies import PHONE_WITHIN as PHONE_WITHIN
from police.policies import missing_papers as missing_from
from police.states import (
    IDENTITY_WAITS,
    UNDECIDED,
    AgencyKind,
    Channel,
    IdentityState,
    OfficerState,
    Query,
    RequestState,
    Sign,
    Unusual,
    Urgency,
)
from rides import maps
from rides.selectors import each_trip_in, trip_by_code, trips_by_phone, trips_by_plate, trips_in, trips_near
from safety.selectors import check_by_code, signs_of

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.geometry import Point
    from rides.models import Trip

# What the red team's false officers ask is nobody's work and enters no figure (P11).
OF_PEOPLE = ~Q(officer__account__is_drill=True)
RELEASED_TO_PEOPLE = ~Q(request__officer__account__is_drill=True)
HISTORY_MINUTES = 92  # from the first question to the plate, on 2018-08-24


_OFFICER = Read(
    lambda account: Officer.objects.select_related("agency", "account").filter(account_id=account), int
)


def officer_of(account: "Account", at: datetime) -> Officer:
    """The active officer that an account is. Raises `NotAnOfficer`, `OfficerSuspended`."""
    officer = _OFFICER.first(account.pk)
    if officer is None:
        raise NotAnOfficer(line=settings.LIAISON_LINE)
    if not lets_in(officer, at):
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


# What a town or district is called without what kind of place it is: a station's name has no more of it.
_KIND_OF_PLACE = re.compile("(?:市区|街道|新区|[镇乡区县市])$")
_TOWNS = 6  # so many of the nearest are looked for


def _stem(name: str) -> str:
    stem = _KIND_OF_PLACE.sub("", name)
    return stem if len(stem) > 1 else name


def stations_near(trip: "Trip", point: "Point", *, limit: int = 3) -> list[Agency]:
    """Police stations of the country named after the towns around a point of a trip's city, the nearest town's first, then
    those of the nearest districts, then of the city.

    The register says a station's name and number and not where it stands. So a town alone is not enough, of which there
    is another one of the same name elsewhere: the station's name has the city or one of its districts too.
    """
    around = maps.towns_around(trip.city.code, point)
    towns = [_stem(each.name_zh) for each in around if each.kind == "town"][:_TOWNS]
    districts = [_stem(each.name_zh) for each in around if each.kind == "district"]
    regions = [*districts, _stem(trip.city.name_zh)]
    named = Q()
    for region in regions:
        named |= Q(search__contains=typed.text.fold(region))
    rows = Agency.objects.filter(named, country="CN", kind=AgencyKind.POLICE).order_by("code")
    ranked = []
    for row in rows[:2_000]:
        town = next((at for at, each in enumerate(towns) if each in row.name_zh), len(towns))
        area = next((at for at, each in enumerate(regions) if each in row.name_zh), len(regions))
        ranked.append((town, area, row.code, row))
    return [row for *_order, row in sorted(ranked, key=lambda each: each[:3])[:limit]]


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
        "agency",
        "officer__account",
        "trip__driver__account",
        "trip__vehicle",
        "release__identity",
        "notice",
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
            # What was asked by telephone stands on the word of whoever took it down, also once a colleague has it.
            opened_by=writer or owner,  # of the release before it is whose it was
        )
        for code, owner, first, writer in rows.values_list(
            "code", "owned_by", "proposed_by", "taken_down_by"
        ).order_by("pk")
    ]


_REQUEST = Read(lambda code: _requests().filter(code=code), str)
# A question of an inspection about a car or a driver is one of each trip (P13): of those after the first an officer learns
# once two people have decided them. Before that nothing says how many there are, nor which.
TOLD = Q(part=1) | ~Q(state__in=sorted(UNDECIDED))
_OWN = Read(lambda officer, code: _requests().filter(TOLD, officer_id=officer, code=code), int, str)
_SAME_TRIP = Read(lambda trip: _requests().filter(trip_id=trip).order_by("asked_at", "pk"), int)
_SAME_TRIP_OR_REPORT = Read(
    lambda trip, report: (
        _requests().filter(Q(trip_id=trip) | Q(report_code=report)).order_by("asked_at", "pk")
    ),
    int,
    str,
)
_SAME_REPORT = Read(lambda report: _requests().filter(report_code=report).order_by("asked_at", "pk"), str)
_UNDECIDED = Read(lambda: _requests().filter(OF_PEOPLE, state__in=sorted(UNDECIDED)).order_by("asked_at"))
_PAPERS_MISSING = Read(
    lambda at: (
        _requests()
        .filter(OF_PEOPLE, state=RequestState.RELEASED, papers_at=None, papers_due_at__lt=at)
        .order_by("papers_due_at")
    ),
    datetime,
)
_PAPERS_UNSAID = Read(
    lambda at: (
        _requests()
        .filter(OF_PEOPLE, state=RequestState.RELEASED, papers_at=None, papers_due_at__lt=at)
        .exclude(pk__in=ReleaseError.objects.exclude(noted_by="").values("request"))
        .order_by("-papers_due_at")[:100]
    ),
    datetime,
)
_PAPERS_AWAITED = Read(
    lambda person: (
        _requests()
        .filter(OF_PEOPLE, state=RequestState.RELEASED, papers_at=None, papers_due_at__isnull=False)
        .filter(owned_by=person)
        .exclude(channel=Channel.FORM)
        .order_by("papers_due_at")
    ),
    str,
)
_UNREVIEWED: Read[Any] = Read(
    lambda: (
        Release.objects.select_related("request__agency")
        .filter(RELEASED_TO_PEOPLE)
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
    return _OWN.the(officer.pk, code)


def requests_of(officer: Officer, *, limit: int = 50) -> list[PoliceRequest]:
    return list(_requests().filter(TOLD, officer=officer).order_by("-pk")[:limit])


def linked_for_officer(request: PoliceRequest) -> list[PoliceRequest]:
    """What an officer sees of the requests of others: police alone, whom their station vouched for, and where something is
    unusual only once it was called back. An account that was bought or stolen must not tell a perpetrator that somebody
    looks for the car, and since when (P2, P3b). Nor does a number say so that there was a trip, before it is answered."""
    known = may_be_by_rule(request.officer_tier) and request.agency_kind == AgencyKind.POLICE
    usual = not request.all_unusual or was_reached(request)
    answered = request.query != Query.PHONE or request.state == RequestState.RELEASED
    return linked_requests(request) if known and usual and answered else []


def was_reached(request: PoliceRequest) -> bool:
    """Whether the station was called back for what was released."""
    part = identity_part(request)
    return request.called_back_at is not None or (part is not None and part.state == IdentityState.RELEASED)


def linked_requests(request: PoliceRequest) -> list[PoliceRequest]:
    """Requests of others for the same trip or report code: who asked first, and what is already there (P2)."""
    trip, report = request.trip_id, request.report_code
    if trip and report:
        rows = _SAME_TRIP_OR_REPORT.all(trip, report)
    elif trip:
        rows = _SAME_TRIP.all(trip)
    else:
        rows = _SAME_REPORT.all(report) if report else []
    return [row for row in rows if row.pk != request.pk]


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


def trips_meant(asked: PoliceRequest) -> "list[Trip]":
    """The trips among which somebody says which is meant, where a query led to several; also who says so once more.

    Of a question of a letter there are none: its span is not asked again here.
    """
    if asked.notice_id or (asked.trips_found < 2 and not asked.trip_found_by):
        return []
    found, _report = resolve_query(Query(asked.query), asked.query_value, asked.about, asked.about_until)
    if asked.officer and asked.officer.account.is_drill:
        found = [each for each in found if each.passenger.is_drill]
    return found


def resolve_query(
    query: Query,
    value: str,
    about: datetime,
    until: datetime | None = None,
    *,
    within: tuple[datetime, datetime] | None = None,
) -> "tuple[list[Trip], str]":
    """(trips with a driver that are meant, report code if that was quoted); `until` ends the time of a place. By a plate
    or phone all trips `within` a span are meant, where no moment is named.

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
            return (trips_in(*within, plate=value) if within else trips_by_plate(value, about)), ""
        case Query.PHONE:
            try:
                phone = typed.phone.read(value, field="query_value")
            except typed.phone.InvalidPhone:
                raise QueryUnreadable("query_value") from None
            return (trips_in(*within, phone=phone) if within else trips_by_phone(phone, about)), ""
        case Query.PLACE:
            try:
                place = typed.place.read(value)
            except typed.place.PlaceUnreadable:
                raise QueryUnreadable("query_value") from None
            return trips_near(place, about, until=until), ""


PRESERVES = "preserve"  # whoever holds data for the police by a notice of its own (P7)
ANEW_WITHIN = timedelta(hours=1)  # trips that come later are held by a job of each ten minutes


def check_readable(query: Query, value: str) -> None:
    """Whether something can be read as what it is said to be, whatever it leads to. Raises `QueryUnreadable`,
    `InvalidInput`."""
    if query == Query.PHONE:
        typed.phone.read(value, field="query_value")
    if query == Query.PLACE:
        try:
            typed.place.read(value)
        except typed.place.PlaceUnreadable:
            raise QueryUnreadable("query_value") from None


def trips_preserved(row: Preservation) -> "Iterable[Trip]":
    """Every trip that a preservation request names, as far as it is there. Raises `QueryUnreadable`, `InvalidInput`."""
    query, value = Query(row.query), str(row.query_value)
    if query == Query.PHONE:
        phone = typed.phone.read(value, field="query_value")
        return each_trip_in(row.span_from, row.span_to, phone=phone)
    if query == Query.PLATE:
        return each_trip_in(row.span_from, row.span_to, plate=value)
    until = min(row.span_to, row.span_from + place_window()) if query == Query.PLACE else None
    trips, _report = resolve_query(query, value, row.span_from, until)
    return trips


def preserved_unheld(at: datetime) -> list[str]:
    """Codes of preservation requests in force of which, as the job that holds anew found, a trip was not held, or that it
    has not gone through within the hour (P7+)."""
    since = at - ANEW_WITHIN
    missed = Q(walked_at=None) | Q(walked_at__lt=since) | Q(missed_at__gt=since)
    rows = Preservation.objects.filter(missed, until__gt=at, asked_at__lt=since).order_by("-pk")
    return list(rows.values_list("code", flat=True))


def place_window() -> timedelta:
    """The longest time of a question about a place."""
    return policy.span(PLACE_WINDOW)


def answer_due(request: PoliceRequest) -> datetime | None:
    """When an ordinary request has to be answered at the latest; None for an emergency, which is answered now."""
    if request.urgency != Urgency.ORDINARY:
        return None
    return request.asked_at + policy.span(INSPECTION_WITHIN if is_inspection(request) else ORDINARY_WITHIN)


def is_inspection(request: PoliceRequest) -> bool:
    """Whether the transport authority asks: it has a clock of its own, beside that of the police (P13)."""
    return request.agency_kind == AgencyKind.TRANSPORT


def letter_due(request: PoliceRequest, at: datetime) -> datetime | None:
    """By when staff answer an ordinary request: with complete papers within the time of most of them, and once that is over
    within that of nearly all (P5+); without, by the outer limit. None for an emergency, which is answered now."""
    if request.urgency != Urgency.ORDINARY or missing_from(request) or is_inspection(request):
        return answer_due(request)
    first, last = (request.asked_at + policy.span(each) for each in (LETTER_HALF_WITHIN, LETTER_WITHIN))
    return first if at < first else last


def letters_that_ring(at: datetime) -> list[PoliceRequest]:
    """Of each complete letter that nobody took for half of the time in which most are answered, its first question."""
    since = at - letter_rings_within()
    rows = PoliceRequest.objects.filter(
        OF_PEOPLE,
        state__in=UNDECIDED - {RequestState.ESCALATED},
        urgency=Urgency.ORDINARY,
        asked_at__lte=since,
        proposed_by="",
        refuse_by="",
    ).exclude(agency_kind=AgencyKind.TRANSPORT)
    first: dict[int | None, PoliceRequest] = {}
    for row in rows.order_by("asked_at", "pk")[:200]:
        if not missing_from(row):
            first.setdefault(row.notice_id, row)
    return list(first.values())


def letter_rings_within() -> timedelta:
    """How long after it was asked a complete letter that nobody took begins to ring; as long after that staff are rung."""
    return policy.span(LETTER_HALF_WITHIN) / 2


def published_limits() -> dict[str, timedelta]:
    """Within what time the police are answered, as the rules in force have it."""
    return {
        "form": policy.span(FORM_WITHIN),
        "phone": policy.span(PHONE_WITHIN),
        "ordinary": policy.span(ORDINARY_WITHIN),
        "papers": policy.span(PAPERS_WITHIN),
        "open": policy.span(OPEN_FOR),
    }


def phone_asked_by(query: Query, value: str) -> str:
    """The keyed digest of the phone that is asked by; empty where it is no phone."""
    try:
        return phone_index(typed.phone.read(value)) if query == Query.PHONE else ""
    except typed.phone.InvalidPhone:
        return ""


def claim_of(request: PoliceRequest, trip: "Trip", at: datetime) -> Claim:
    """What the rule grades a request by: the officer, the declaration, and what the platform itself knows (P3a)."""
    officer = request.officer
    over = trip.ended_at or trip.cancelled_at
    return Claim(
        verified=officer is not None and lets_in(officer, at) and may_be_by_rule(request.officer_tier),
        declared=request.declared,
        recent=over is None or at - over < policy.span(BORNE_OUT_FOR),
        signs=_signs(request, trip, at),
        unusual=frozenset(Unusual(code) for code in request.all_unusual),
    )


_ASKED_OUT = Read(
    lambda trip, since: PoliceRequest.objects.filter(
        trip_id=trip, channel=Channel.OUTBOUND, state=RequestState.RELEASED, asked_at__gte=since
    ).only("pk"),
    int,
    datetime,
)


def _signs(request: PoliceRequest, trip: "Trip", at: datetime) -> frozenset[Sign]:
    known = signs_of(trip, at)
    # One agent opens such a request; that the station was reached is said by two.
    asked_out = _ASKED_OUT.all(trip.pk, trip.accepted_at or trip.requested_at)
    there = {
        Sign.SOS: known.sos,
        Sign.WELFARE_CHECK: known.welfare_check,
        Sign.SIGNAL: known.signal,
        Sign.SILENT_PHONE: known.silent_phone,
        Sign.REPORT_CODE: bool(request.report_code),
        Sign.OUTBOUND: known.station_called or any(row.pk != request.pk for row in asked_out),
    }
    return frozenset(sign for sign, seen in there.items() if seen)


def unusual_of(request: PoliceRequest, at: datetime, device: str) -> set[Unusual]:
    """Of a request that is not written yet: what is unlike this officer or station in an emergency by the form, or with a
    code of hers (P10). `device` is what the cookie says."""
    officer = request.officer
    if officer is None or request.urgency == Urgency.ORDINARY:
        return set()
    rates = _rates(request, at)
    found = {
        Unusual.OFFICER_RATE: _more_than_usual(*rates[:2]),
        Unusual.STATION_RATE: _more_than_usual(*rates[2:]),
        Unusual.NEW_DEVICE: _from_a_new_device(officer, device, at),
        Unusual.NO_TRIP: bool(request.phone_index) and not request.trips_found,
        Unusual.SAME_NUMBER: _asked_by_unlinked_stations(request, at),
    }
    return {code for code, there in found.items() if there}


def unusual_of_letter(notice: Notice, *, agency: int, number: str) -> set[Unusual]:
    """Whether a letter is one that was sent before (`police.papers`): that alone makes its questions unusual. It is looked at
    once, however many they are. `number` is that of the letter, `agency` the key of the station."""
    return papers.came_before(notice, agency=agency, number=number) & {Unusual.LETTER_USED}


def _from_a_new_device(officer: Officer, device: str, at: datetime) -> bool:
    """Of the devices of an officer the one counts as known at once with which they first signed in when the station was
    called back about them; whoever gets hold of an account that was never used has none (P10)."""
    new_for, called = policy.span(NEW_DEVICE_FOR), officer.called_back_at
    enrolled_by = called + new_for if called else None
    return is_new_device(officer.account, device, since=at - new_for, enrolled_by=enrolled_by)


DAY = timedelta(days=1)
_RATES = f"""
SELECT
    count(*) FILTER (WHERE officer_id = %(officer)s AND asked_at > %(day)s),
    count(*) FILTER (WHERE officer_id = %(officer)s AND asked_at <= %(day)s),
    count(*) FILTER (WHERE agency_id = %(agency)s AND asked_at > %(day)s),
    count(*) FILTER (WHERE agency_id = %(agency)s AND asked_at <= %(day)s)
FROM {PoliceRequest._meta.db_table}
WHERE (agency_id = %(agency)s OR officer_id = %(officer)s) AND channel = %(form)s AND urgency <> %(ordinary)s
  AND asked_at > %(since)s AND asked_at <= %(at)s
"""  # noqa: S608 - a table of ours


def _rates(request: PoliceRequest, at: datetime) -> tuple[int, int, int, int]:
    """What was asked by the form and is no letter's, with this one, which is not written yet: by this officer in the last
    day and in the days before, and by the station in both."""
    given = {
        "officer": request.officer_id,
        "agency": request.agency_id,
        "form": Channel.FORM.value,
        "ordinary": Urgency.ORDINARY.value,
        "since": at - DAY - policy.span(USUAL_OVER),
        "day": at - DAY,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RATES, given)
        mine, mine_before, station, station_before = cursor.fetchone()
    return mine + 1, mine_before, station + 1, station_before


def _more_than_usual(now: int, before: int) -> bool:
    """Whether the last day has more than so many times the mean of the days before, which counts as one at least."""
    return now > policy.value(UNUSUAL_TIMES) * max(1.0, before * DAY / policy.span(USUAL_OVER))


def _asked_by_unlinked_stations(request: PoliceRequest, at: datetime) -> bool:
    """Whether another station asked about the same number lately, and neither a trip nor a report leads to both."""
    if not request.phone_index:
        return False
    others = PoliceRequest.objects.filter(
        phone_index=request.phone_index, asked_at__gt=at - policy.span(SAME_NUMBER_FOR)
    ).exclude(agency=request.agency)
    linked = Q(trip=request.trip_id) if request.trip_id else Q(pk=None)
    if request.report_code:
        linked |= Q(report_code=request.report_code)
    return others.exclude(linked).exists()


_IDENTITY_WAITS = Read(
    lambda at: (
        IdentityPart.objects.select_related("release__request__agency")
        .filter(
            state__in=sorted(IDENTITY_WAITS),
            release__disowned_at=None,
            release__expires_at__gte=at,
            release__request__officer__state=OfficerState.ACTIVE,
            release__request__officer__account__is_drill=False,
        )
        .order_by("asked_at")
    ),
    datetime,
)


def identity_waits() -> list[IdentityPart]:
    """Identity parts that wait for a call-back or a second person, of packs that can still be read, oldest first."""
    return _IDENTITY_WAITS.all(clock.now())


def disowned_unreviewed() -> list[Release]:
    """Releases that their station says were not theirs, and that nobody has looked at since, oldest first."""
    rows = Release.objects.select_related("request__agency").filter(
        RELEASED_TO_PEOPLE, disowned_at__isnull=False
    )
    seen = ReleaseReview.objects.filter(release=OuterRef("pk"), at__gte=OuterRef("disowned_at"))
    return list(rows.filter(~Exists(seen)).order_by("disowned_at"))


def papers_came_before() -> list[tuple[PoliceRequest, set[str]]]:
    """What was released, and papers followed that had come with another request: those that nobody has looked at since, oldest
    first, with who looked before and cannot do so again."""
    asked: QuerySet[Any] = PoliceRequest.objects.select_related("release__identity")
    rows = asked.filter(OF_PEOPLE, ~Q(papers_unusual=[]), state=RequestState.RELEASED)
    seen = ReleaseReview.objects.filter(release__request=OuterRef("pk"), at__gte=OuterRef("papers_at"))
    rows = rows.filter(~Exists(seen)).order_by("papers_at")
    before = ReleaseReview.objects.filter(release__request=OuterRef("pk")).values("reviewer")
    return [(row, set(row.reviewers)) for row in rows.annotate(reviewers=ArraySubquery(before))]


def undecided() -> list[PoliceRequest]:
    """Requests that wait for an answer, oldest first."""
    return _UNDECIDED.all()


def own_undecided(account: "Account") -> list[PoliceRequest]:
    """Requests without an answer that this person has, oldest first."""
    return [row for row in undecided() if row.owned_by == account.code]


def waiting_for_second_person() -> list[PoliceRequest]:
    """Requests whose release one person proposed, which another has to confirm, oldest first."""
    rows = PoliceRequest.objects.filter(OF_PEOPLE, state__in=UNDECIDED, trip__isnull=False).exclude(
        proposed_by=""
    )
    return list(rows.order_by("asked_at"))


def emergencies_without_answer() -> list[PoliceRequest]:
    """Danger to life that waits for a first person, oldest first."""
    rows = PoliceRequest.objects.filter(OF_PEOPLE, state__in=UNDECIDED, urgency=Urgency.EMERGENCY)
    return list(rows.filter(Q(proposed_by="") | Q(trip=None)).order_by("asked_at"))


def unreviewed_releases() -> list[tuple[Release, int]]:
    """Releases that fewer than two people have looked at, with how many have."""
    return [(row, row.looks) for row in _UNREVIEWED.all()]


def papers_awaited_by(person: str) -> list[PoliceRequest]:
    """What a person of ours took down by telephone, and whose written request has not come (P4)."""
    return _PAPERS_AWAITED.all(person)


def papers_nobody_looks_at(at: datetime) -> list[PoliceRequest]:
    """Late papers of which nobody has said why yet, once business hours have begun after they were due: at night nobody is
    rung about a paper."""
    return [
        row
        for row in _PAPERS_UNSAID.all(at)
        if row.papers_due_at and calendars.add(row.papers_due_at, 1, calendars.BUSINESS) <= at
    ]


def papers_ring_at(due: datetime) -> datetime:
    """When staff are rung about papers that were due then."""
    seconds = policy.span(PAPERS_RING_AFTER).total_seconds()
    return calendars.add(due, seconds, calendars.BUSINESS)


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
    reasons: Mapping[str, int] = field(
        default_factory=dict
    )  # how many releases had which reason of their grade

    @property
    def history_minutes(self) -> int:
        """What it took in 2018."""
        return HISTORY_MINUTES


def release_clocks(since: datetime) -> ClockFigures:
    """P8's figures since a time."""
    rows = PoliceRequest.objects.filter(OF_PEOPLE, urgency=Urgency.EMERGENCY, asked_at__gte=since)
    released = list(rows.filter(state="released").values_list("asked_at", "decided_at", "release__reason"))
    spans = sorted((done - asked).total_seconds() for asked, done, _reason in released if done)
    reasons = Counter(reason for _asked, _done, reason in released)
    waiting = rows.filter(state__in=UNDECIDED).count()
    if not spans:
        return ClockFigures(0, 0, 0, 0, waiting)
    return ClockFigures(
        len(spans),
        spans[len(spans) // 2],
        spans[min(len(spans) - 1, int(len(spans) * 0.95))],
        spans[-1],
        waiting,
        reasons,
    )


def emergencies_late(since: datetime, *, form_seconds: float, phone_seconds: float) -> tuple[int, list[str]]:
    """(emergency requests since, codes of those that were not answered in time); abroad counts as answered."""
    rows = list(PoliceRequest.objects.filter(OF_PEOPLE, urgency=Urgency.EMERGENCY, asked_at__gte=since))
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
    # Packs are destroyed after their time: what they said of the plate was kept when they were made.
    rows = Release.objects.filter(RELEASED_TO_PEOPLE, released_at__gte=since, has_plates=False).order_by("pk")
    return list(rows.values_list("request__code", flat=True))
