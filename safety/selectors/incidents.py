"""Reads about incidents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, TruncHour

from accounts.selectors import contacts_to_alert, person_by_code
from core import cases, centre, clock, policy, typed
from core.errors import NotFound
from core.links import digest_of
from core.reads import Read
from core.rehearsal import Statement, rehearse
from rides.geometry import distance
from rides.selectors import latest_positions
from rides.states import ABOARD, OWN_PHONE, WITH_DRIVER, CancelReason, Party, RiderKind
from rides.trails import is_coarse
from safety.models import (
    AccidentQuestion,
    Acknowledgement,
    Caller,
    EmergencyPush,
    HelpMessage,
    Incident,
    MaliceAppeal,
    PlacedCall,
    SafetyQuestion,
    Signal,
    SosCall,
    WelfareCheck,
)
from safety.monitor.rules.signal_lost import SILENCE_AFTER, SILENCE_AWAY_AFTER
from safety.policies import (
    CALLED_BACK_WITHIN,
    OWNED_WITHIN,
    POLICE_AFTER,
    POLICE_LIMIT,
    PUSH_CONFIRMED,
    PUSHED,
    TAKEN_WITHIN,
    RanOut,
    clocks_of,
    ran_out,
)
from safety.states import (
    GRAVE,
    LIVE,
    AccidentAnswer,
    Answer,
    Callee,
    CallerPhrase,
    CentreWord,
    Harm,
    Heard,
    IncidentOutcome,
    IncidentState,
    Origin,
    PushCause,
    SignalKind,
)

if TYPE_CHECKING:
    from accounts.models import Account, EmergencyContact
    from rides.models import Trip


_ANY_TRIP = 100_000  # as wide as numbers of trips are: a statement is planned for the width of its values


_INCIDENT = Read(
    lambda code: Incident.objects.select_related(
        "trip__passenger", "trip__driver__account", "trip__vehicle", "trip__city"
    ).filter(code=code),
    str,
)


def incident_by_code(code: str) -> Incident:
    """Raises `NotFound`."""
    return _INCIDENT.the(code)


_TOLD = (
    "code",
    *(f"trip__{name}" for name in ("code", "state", "origin_name", "destination_name", "plate_registered")),
    *(f"trip__{name}" for name in ("rider_kind", "rider_name")),
    *(f"trip__vehicle__{name}" for name in ("colour", "model")),
    *(f"trip__passenger__{name}" for name in ("code", "real_name", "language")),
    *(f"trip__driver__account__{name}" for name in ("code", "real_name", "language")),
)


_TO_TELL = Read(
    lambda code: (
        Incident.objects.select_related("trip__passenger", "trip__driver__account", "trip__vehicle")
        .only(*_TOLD)
        .filter(code=code)
    ),
    str,
)


def incident_to_tell(code: str) -> Incident:
    """An incident with what contacts are told of it; anything else is read when it is asked for. Raises `NotFound`."""
    return _TO_TELL.the(code)


_RECORD = (
    f"SELECT EXISTS (SELECT FROM {Incident._meta.db_table} WHERE trip_id = %s),"  # noqa: S608 - tables of ours
    f" (SELECT coalesce(sum(score), 0) FROM {Signal._meta.db_table} WHERE trip_id = %s)"
)


@rehearse
def _record_of_none() -> Statement:
    return _RECORD, [_ANY_TRIP, _ANY_TRIP]


def record_of(trip: "Trip") -> tuple[bool, int]:
    """Whether a trip ever had an incident, and the points of all its signals.

    One plain question, because a call for help waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [trip.pk, trip.pk])
        had, points = cursor.fetchone()
    return bool(had), int(points)


_LIVE_OF = Read(
    lambda trip: Incident.objects.filter(trip_id=trip, state__in=sorted(LIVE)).order_by("pk"), int
)


def live_incident_of(trip: "Trip") -> Incident | None:
    return _LIVE_OF.first(trip.pk)


def has_live_incident(trip_code: str) -> bool:
    return Incident.objects.live().filter(trip__code=trip_code).exists()


def signals_of(incident: Incident) -> list[Signal]:
    """Why the score is what it is, oldest first."""
    wanted = Q(incident=incident)
    if incident.trip_id:
        wanted |= Q(trip=incident.trip_id)
    return list(Signal.objects.filter(wanted).order_by("at", "pk"))


@dataclass(frozen=True, slots=True)
class Signs:
    """What the platform itself knows that speaks for danger on a trip, whatever anybody claims about it."""

    sos: bool
    welfare_check: bool
    signal: bool
    silent_phone: bool
    station_called: bool


# Told by whoever files a welfare check: it stands as that, not as something that the trip showed by itself.
TOLD_BY_A_REPORTER = frozenset({SignalKind.WELFARE_CHECK, SignalKind.REPEATED_REPORT, SignalKind.DISTRESS})


# One statement: whoever asks by the emergency rule waits for it, and what follows the car asks it at each look.
_SIGNS = f"""
WITH its AS (SELECT id, has_sos, opened_at FROM {Incident._meta.db_table} WHERE trip_id = %(trip)s)
SELECT
    ARRAY(SELECT DISTINCT kind FROM {Signal._meta.db_table} WHERE trip_id = %(trip)s AND at >= %(since)s),
    EXISTS (SELECT FROM its WHERE has_sos AND opened_at >= %(since)s)
        OR EXISTS (SELECT FROM {SosCall._meta.db_table} c JOIN its ON its.id = c.incident_id WHERE c.at >= %(since)s),
    EXISTS (
        SELECT FROM {WelfareCheck._meta.db_table} w JOIN its ON its.id = w.incident_id WHERE w.filed_at >= %(since)s
    ),
    EXISTS (
        SELECT FROM {PlacedCall._meta.db_table} p JOIN its ON its.id = p.incident_id
        WHERE p."to" = %(station)s AND p.connected_at >= %(since)s
    )
"""  # noqa: S608 - tables of ours


def signs_of(trip: "Trip", at: datetime) -> Signs:
    """Of this trip alone, by its incidents, live or over, its signals, and how long its phones have been silent.

    What was before its driver of today took it speaks of another one, to whom it belonged then.
    """
    since = trip.accepted_at or trip.requested_at
    with connection.cursor() as cursor:
        cursor.execute(_SIGNS, {"trip": trip.pk, "since": since, "station": Callee.STATION.value})
        told, sos, welfare_check, station_called = cursor.fetchone()
    kinds = set(told)
    of_the_trip = kinds - TOLD_BY_A_REPORTER - {SignalKind.SOS, SignalKind["SIGNAL_LOST"]}
    return Signs(
        sos=SignalKind.SOS in kinds or sos,
        welfare_check=welfare_check,
        signal=bool(of_the_trip),
        silent_phone=SignalKind["SIGNAL_LOST"] in kinds or _phone_is_silent(trip, at),
        station_called=station_called,
    )


def shows_danger_now(trip: "Trip") -> bool:
    """Whether a live incident stands on what a phone or a person of the trip told: a call for help, or a danger signal
    since an incident of it was closed last. A phone that is silent may lie in a bag: alone it shows nothing (S19)."""
    incident = live_incident_of(trip)
    if incident is None:
        return False
    signals = Signal.objects.filter(trip=trip).exclude(
        kind__in={*TOLD_BY_A_REPORTER, SignalKind.SOS, SignalKind["SIGNAL_LOST"]}
    )
    over = Incident.objects.filter(trip=trip, closed_at__isnull=False).order_by("-closed_at").first()
    if over is not None:
        signals = signals.filter(at__gt=over.closed_at)
    return incident.has_sos or signals.exists()


def _phone_is_silent(trip: "Trip", at: datetime) -> bool:
    """Somebody is aboard, and a phone of the trip was not heard for longer than it may be silent, or never (S5).

    The monitor says so by a signal; this is true also while the monitor stands still.
    """
    if trip.state not in ABOARD or trip.boarded_at is None:
        return False
    heard = latest_positions(trip)
    for party in Party:
        last = heard.get(party)
        allowed = policy.span(SILENCE_AWAY_AFTER if last is None or last.away else SILENCE_AFTER)
        if at - max(last.at if last else trip.boarded_at, trip.boarded_at) > allowed:
            return True
    return False


def her_metres_at_end(trip: "Trip") -> int:
    """How far from the destination her own phone was when the trip ended; -1 where it did not say so just then, or only
    coarsely."""
    last = latest_positions(trip).get(Party.PASSENGER)
    ended = trip.ended_at or clock.now()
    if last is None or is_coarse(last.fix) or ended - last.at > policy.span(SILENCE_AFTER):
        return -1
    return round(distance((last.latitude, last.longitude), trip.destination))


WATCHED_FOR = timedelta(minutes=30)
DOUBTED = frozenset({SignalKind.CANCEL_ABOARD, SignalKind.CANCEL_AFTER_MEETING, SignalKind.ENDED_FAR})


def doubted_since(trip: "Trip") -> datetime | None:
    """When somebody first said something about this trip that is not simply believed (R6): a cancel, an early end."""
    return (
        Signal.objects.filter(trip=trip, kind__in=DOUBTED).order_by("at").values_list("at", flat=True).first()
    )


def own_sos_calls(code: str, *, limit: int = 20) -> list[tuple[SosCall, Party]]:
    """The first SOS of each incident that an account tapped itself, with its side of the trip, newest first.

    Not those of who travelled where it booked for somebody else: they may not even know of each other's (A6).
    """
    hers = Q(
        party=Party.PASSENGER, incident__trip__passenger__code=code, incident__trip__rider_kind__in=OWN_PHONE
    )
    rows = SosCall.objects.select_related(
        "incident__trip__passenger", "incident__trip__driver__account"
    ).filter(hers | Q(party=Party.DRIVER, incident__trip__driver__account__code=code))
    first = {(row.incident_id, row.party): row for row in rows.order_by("-pk")[: limit * 3]}
    return [(row, Party(row.party)) for row in list(first.values())[:limit]]


def trips_to_follow() -> set[int]:
    """Primary keys of trips with a live incident or an open question: they are followed also when they are over (R9)."""
    incidents = Incident.objects.live().filter(trip__isnull=False).values_list("trip_id", flat=True)
    asked = SafetyQuestion.objects.filter(answer="").values_list("trip_id", flat=True)
    return {*incidents, *asked} - {None}


def fine_answers(since: datetime) -> dict[str, int]:
    """How often all was called well on each trip, by its code, where it was since then."""
    fine = SafetyQuestion.objects.filter(answer=Answer.FINE)
    lately = fine.filter(answered_at__gte=since).values("trip")
    rows = fine.filter(trip__in=lately).values_list("trip__code").annotate(answers=Count("pk"))
    return dict(rows.order_by())


def open_question(trip: "Trip") -> SafetyQuestion | None:
    """The question that the passenger's page shows now, if any."""
    return SafetyQuestion.objects.filter(trip=trip, answer="", expires_at__gt=clock.now()).first()


LATEST_OF_ACCIDENT = timedelta(minutes=10)  # an answer is heard, and asked for, until then


def accident_question(trip: "Trip", party: Party) -> AccidentQuestion | None:
    """The question about an accident that this side has not answered: by its own answer alone, so that the other's shows
    nowhere."""
    rows = AccidentQuestion.objects.filter(trip=trip, asked_at__gt=clock.now() - LATEST_OF_ACCIDENT)
    newest = rows.order_by("-pk").first()
    return newest if newest and not getattr(newest, party) else None


@dataclass(frozen=True, slots=True)
class AskedNow:
    """What one side is asked now, and until when its page asks it: at most one of both."""

    ride: SafetyQuestion | None = None
    accident: AccidentQuestion | None = None

    @property
    def until(self) -> datetime | None:
        """None where nothing is asked."""
        if self.accident:
            return self.accident.asked_at + LATEST_OF_ACCIDENT
        return self.ride.expires_at if self.ride else None


def asked_now(trip: "Trip", party: Party) -> AskedNow:
    """What this side is asked; the driver's about an accident alone, and as if nobody had called for help (S11, S12)."""
    ride = open_question(trip) if party == Party.PASSENGER else None
    accident = accident_question(trip, party)
    # Her own question is the one that she can answer in secret: it waits for the first moment of the other alone.
    if accident and (ride is None or accident.closed_at is None):
        return AskedNow(accident=accident)
    return AskedNow(ride=ride)


ACCIDENT_ASKED_WITHIN = timedelta(seconds=5)
ACCIDENT_OPENED_WITHIN = timedelta(seconds=10)  # after the time for an answer: the job runs each two seconds


@dataclass(frozen=True, slots=True)
class AccidentsAsked:
    """How many questions about accidents there were, and the trips of which one was not asked, or silence opened nothing."""

    count: int
    not_asked: list[str]
    let_lie: list[str]


def accidents_asked(since: datetime, at: datetime) -> AccidentsAsked:
    """What became of cars that stood still at once, since then (S12); drills are left out."""
    own = {"trip__passenger__is_drill": False}
    asked = AccidentQuestion.objects.filter(asked_at__gt=since, **own)
    of_trip = AccidentQuestion.objects.filter(trip=OuterRef("trip"))
    in_time = of_trip.filter(
        asked_at__lte=OuterRef("at") + ACCIDENT_ASKED_WITHIN, expires_at__gte=OuterRef("at")
    )
    crashes = Signal.objects.filter(
        kind=SignalKind["CRASH"], at__gt=since, at__lte=at - ACCIDENT_ASKED_WITHIN, **own
    )
    opened = Signal.objects.filter(
        trip=OuterRef("trip"),
        kind=SignalKind.ACCIDENT,
        incident__isnull=False,
        at__lte=OuterRef("expires_at") + ACCIDENT_OPENED_WITHIN,
    )
    silent = asked.filter(passenger="", driver="", expires_at__lte=at - ACCIDENT_OPENED_WITHIN)
    return AccidentsAsked(
        asked.count(),
        list(crashes.filter(~Exists(in_time)).order_by("pk").values_list("trip__code", flat=True)),
        list(silent.filter(~Exists(opened)).order_by("pk").values_list("trip__code", flat=True)),
    )


def may_be_accident(incident: Incident) -> bool:
    """Whether 120 is to be offered: a car stood still at once, or somebody said that there was an accident.

    Not where her own answer to the newest question is 'no' and nobody says 'yes', nor for what an earlier incident of the
    trip was closed over. A crash about which nobody was asked may be one.
    """
    trip = incident.trip
    if trip is None:
        return False
    signals = Signal.objects.filter(trip=trip, kind__in=[SignalKind["CRASH"], SignalKind.ACCIDENT])
    asked = AccidentQuestion.objects.filter(trip=trip).order_by("-pk")
    earlier = Incident.objects.filter(trip=trip, closed_at__lte=incident.opened_at).exclude(pk=incident.pk)
    if over := earlier.order_by("-closed_at").values_list("closed_at", flat=True).first():
        signals, asked = signals.filter(at__gt=over), asked.filter(asked_at__gt=over)
    answers = list(asked.values_list("passenger", "driver"))
    if any(AccidentAnswer.YES in both for both in answers):
        return True
    return signals.exists() and not (answers and answers[0][0] == AccidentAnswer.NO)


@dataclass(frozen=True, slots=True)
class CallForHelp:
    """What one side of a trip may know of its own call for help, and no more (S11).

    `call` is its first tap, `again` its newest where that is another one. `seen_at` and `again_seen_at` are when a
    person had looked at the incident after the one and the other; None where nobody has.
    """

    incident: Incident
    call: SosCall
    seen_at: datetime | None
    again: SosCall | None
    again_seen_at: datetime | None
    silent: bool

    @property
    def waits_since(self) -> datetime | None:
        """Since when a tap waits for a person; None where somebody has looked after all of them."""
        if self.seen_at is None:
            return self.call.at
        return self.again.at if self.again and self.again_seen_at is None else None


@dataclass(frozen=True, slots=True)
class WatchedByQuestion:
    """A trip below the threshold whose passenger was asked, and has not answered in time, or her phone does not show it."""

    trip_code: str
    question: SafetyQuestion
    why: list[SignalKind]
    heard: Heard | None  # by the automated call, where there was one


def _watched(lately: datetime, since: datetime) -> QuerySet[SafetyQuestion]:
    newest = SafetyQuestion.objects.filter(trip=OuterRef("trip")).order_by("-pk").values("pk")[:1]
    rows = SafetyQuestion.objects.filter(
        Q(trip__state__in=sorted(WITH_DRIVER)) | Q(asked_at__gte=lately),
        Q(answer__in=["", Answer.NONE]) | Q(doubted=True),
        pk=Subquery(newest),
        asked_at__gte=since,
        trip__passenger__is_drill=False,
    ).exclude(trip__in=Incident.objects.live().filter(trip__isnull=False).values("trip"))
    kinds = ArrayAgg("trip__signals__kind", order_by=["trip__signals__at", "trip__signals__pk"], default=[])
    heard = {"heard_by_phone": F("call__state")}
    return rows.select_related("trip").annotate(kinds=kinds, **heard).order_by("asked_at")[:100]


_WATCHED: Read[Any] = Read(_watched, datetime, datetime)


def watched_by_question() -> list[WatchedByQuestion]:
    """Trips under way, or over a moment ago, whose newest question stands open or unanswered, without an incident (S5)."""
    at = clock.now()
    return [
        WatchedByQuestion(
            each.trip.code,
            each,
            [SignalKind(kind) for kind in each.kinds if kind],
            Heard(each.heard_by_phone) if each.heard_by_phone else None,
        )
        for each in _WATCHED.all(at - WATCHED_FOR, at - timedelta(days=1))
    ]


def sos_of_side(trip_code: str, party: str) -> CallForHelp | None:
    """This side's call for help in the live incident of a trip; None where there is none."""
    looked = Acknowledgement.objects.filter(incident=OuterRef("incident"), at__gte=OuterRef("at"))
    silent = Caller.objects.filter(incident=OuterRef("incident"), party=party, silent=True)
    calls = list(
        SosCall.objects.select_related("incident")
        .filter(incident__trip__code=trip_code, party=party, incident__state__in=LIVE)
        .annotate(seen=Subquery(looked.order_by("at").values("at")[:1]), silent=Exists(silent))
        .order_by("pk")
    )
    if not calls:
        return None
    first, newest = calls[0], calls[-1]
    return CallForHelp(
        first.incident, first, first.seen, newest if newest is not first else None, newest.seen, first.silent
    )


def contacts_called_for(incident: Incident, party: str) -> "list[EmergencyContact]":
    """Whom a call for help of this side reaches: the contacts of whose side it is.

    Where somebody else booked, they are the booker's. One who calls without a sound may have to fear just these.
    """
    trip = incident.trip
    if trip is None:
        return []
    if party == Party.DRIVER and trip.driver:
        return contacts_to_alert(trip.driver.account)
    if trip.for_another and Party.PASSENGER in silent_callers(incident):
        return []
    return contacts_to_alert(trip.passenger)


_CALLED = Read(
    lambda pk, party: SosCall.objects.only("at").filter(incident_id=pk, party=party).order_by("pk")[:1],
    int,
    str,
)


def called_at(incident: Incident, party: str) -> datetime:
    """When this side of the trip, which called for help in an incident, first did."""
    return _CALLED.the(incident.pk, party).at


def seen_since(incident: Incident, at: datetime) -> datetime | None:
    """When a person first looked at an incident after something had come at this time; None where nobody has."""
    return incident.acknowledgements.filter(at__gte=at).order_by("at").values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class CheckOwned:
    """Who has a report: since when a person has seen it, and since when somebody has its incident; None where nobody has."""

    seen_at: datetime | None
    taken_at: datetime | None


def check_owned(check: WelfareCheck) -> CheckOwned:
    """What a reporter reads of who has the report, where it stands now.

    One that was put right and is another person's came to that person's incident later than it was filed: it is seen
    once somebody looked after that. Where nothing there waits to be seen, whoever has the incident has it.
    """
    incident = check.incident
    came = Signal.objects.filter(incident=incident, detail=f"{check.code}:{incident.pk}").values_list("at")
    since = max([check.filed_at, *(at for (at,) in came)]) if check.mends else check.filed_at
    seen, taken = seen_since(incident, since), incident.taken_at if check.mends else None
    return CheckOwned(seen or (None if incident.news_at else taken), taken)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """'Not this car', said before boarding: when, and since when a person looks after it; None where nobody does."""

    said_at: datetime
    seen_at: datetime | None


def mismatch_looked_at(trip: "Trip") -> LookedAt | None:
    """What her page says of it; None where she has not said it, or nobody stands at the roadside because of it."""
    if trip.cancel_reason != CancelReason.MISMATCH or trip.cancelled_at is None:
        return None
    looked = Acknowledgement.objects.filter(incident__trip=trip, at__gte=trip.cancelled_at).order_by("at")
    return LookedAt(trip.cancelled_at, looked.values_list("at", flat=True).first())


def push_of(incident: Incident) -> EmergencyPush | None:
    """What the emergency centre (110) has of an incident; None where it was not sent there."""
    return EmergencyPush.objects.filter(incident=incident).first()


def push_for_her(call: CallForHelp) -> EmergencyPush | None:
    """What the centre has of her own call: one that it ended before she called was the driver's."""
    push = push_of(call.incident)
    if push and push.ended_there and push.said_at and push.said_at < call.call.at:
        return None
    return push


def heard_of(push: EmergencyPush | None, call: CallForHelp) -> datetime | None:
    """Since when the centre has her call: by the case, or, where the driver's had opened it, by what was sent since."""
    since = call.call.at
    known = (push.received_at, push.traced_at) if push else ()
    return next((at for at in known if at and at >= since), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone was, in WGS-84 degrees; metres and metres per second where they are known."""

    at: datetime
    latitude: float
    longitude: float
    accuracy: float | None = None
    speed: float | None = None


def places_of(incident: Incident) -> dict[str, Place]:
    """The newest place of each side: what its phone sent, or what came with a tap on SOS, also as a message."""
    found = {
        party: Place(row.at, row.latitude, row.longitude, row.accuracy, row.speed)
        for party, row in (latest_positions(incident.trip) if incident.trip else {}).items()
    }
    for call in incident.sos_calls.all():
        if call.latitude is None or call.longitude is None:
            continue
        # A message came later than its place was; a phone's clock may also be ahead.
        at = min(call.sent_at or call.at, call.at)
        if call.party not in found or found[call.party].at < at:
            found[call.party] = Place(at, call.latitude, call.longitude)
    return found


def push_by_secret(secret: str) -> EmergencyPush:
    """The case whose link the centre opens, for as long as it is open. Raises `NotFound`."""
    rows = EmergencyPush.objects.select_related(
        "incident__trip__city",
        "incident__trip__passenger",
        "incident__trip__driver",
        "incident__trip__vehicle",
    )
    found = rows.filter(secret_digest=digest_of(secret)).first()
    if found is None or not found.opens_to(secret) or not found.is_followed:
        raise NotFound
    return found


_TRACE_LOST = timedelta(seconds=60)


def pushes_that_ring(at: datetime) -> list[EmergencyPush]:
    """Cases that the emergency centre has not confirmed in time, hears no more of, or ended while the incident is live.

    Until a person said that they called the police since, a supervisor why not, or the centre speaks.
    """
    late = at - policy.span(PUSH_CONFIRMED)
    silent = Q(received_at=None, asked_at__lte=late)
    lost = Q(received_at__lte=at - _TRACE_LOST, closed_at=None) & (
        Q(traced_at=None) | Q(traced_at__lte=at - _TRACE_LOST)
    )
    ended = Q(said__in=[CentreWord.OVER, CentreWord.REFUSED])
    since = Greatest(Coalesce(F("said_at"), F("asked_at")), Coalesce(F("traced_at"), F("asked_at")))
    called = (
        Q(incident__police_said_at__gte=since)
        | Q(incident__police_called_at__gte=since)
        | Q(incident__police_excused_at__gte=since)
    )
    rows = EmergencyPush.objects.select_related("incident").filter(
        silent | lost | ended, incident__state__in=LIVE
    )
    return list(rows.exclude(called).order_by("asked_at")[:50])


def calls_not_pushed(at: datetime) -> list[Incident]:
    """Live incidents with a call for help that should be at the emergency centre by now, and were never sent there.

    Until a person said that they called the police since, or a supervisor why not. Without a centre nothing is sent there:
    the clocks of the incident ask for the call.
    """
    if not centre.is_set_up() or PushCause.SOS not in policy.value(PUSHED):
        return []
    first = SosCall.objects.filter(incident=OuterRef("pk")).order_by("at").values("at")[:1]
    rows = Incident.objects.filter(
        state__in=LIVE, drill=False, trip__isnull=False, has_sos=True, push=None
    ).annotate(called_at=Subquery(first))
    told = (
        Q(police_said_at__gte=F("called_at"))
        | Q(police_called_at__gte=F("called_at"))
        | Q(police_excused_at__gte=F("called_at"))
    )
    late = rows.filter(called_at__lte=at - policy.span(PUSH_CONFIRMED)).exclude(told)
    return list(late.order_by("called_at")[:50])


def contacts_of(incident: Incident) -> "list[EmergencyContact]":
    """The contacts whom an SOS of the passenger reaches."""
    return contacts_called_for(incident, Party.PASSENGER)


def placed_calls_of(incident: Incident) -> list[PlacedCall]:
    """Calls that staff placed from it, newest first."""
    return list(incident.placed_calls.order_by("-pk"))


_CALLS = Read(lambda pk: SosCall.objects.only("party").filter(incident_id=pk).order_by("pk"), int)
_SILENT = Read(
    lambda pk: Caller.objects.only("party").filter(incident_id=pk, silent=True).order_by("pk"), int
)


def callers_of(incident: Incident) -> list[Party]:
    """Which sides of the trip called for help."""
    called = {row.party for row in _CALLS.all(incident.pk)}
    return [party for party in Party if party in called]


def silent_callers(incident: Incident) -> list[Party]:
    """Which sides may not be called."""
    return [Party(row.party) for row in _SILENT.all(incident.pk)]


def may_be_rung(trip: "Trip") -> bool:
    """Whether a machine may ring the passenger's phone: not where it must stay quiet until she says otherwise, nor while
    she waits for a person who calls her back."""
    callers = Caller.objects.filter(incident__trip=trip, party=Party.PASSENGER).select_related("incident")
    last = callers.order_by("-incident__opened_at", "-pk").first()
    if last is None:
        return True
    return not last.silent and (last.called_at is None or last.incident.state not in LIVE)


def is_called_in_silence(trip: str) -> bool:
    """Whether somebody on the trip with this code called for help, may not be called back, and still may need it."""
    return Incident.objects.live().filter(trip__code=trip, callers__silent=True).exists()


_NEEDS = (CallerPhrase.CANNOT_SPEAK, CallerPhrase.HURT, CallerPhrase.LOCKED)


_HERS = Read(
    lambda pk: (
        HelpMessage.objects.only("phrase")
        .filter(incident_id=pk, party=Party.PASSENGER, staff="")
        .order_by("pk")
    ),
    int,
)


def needs_of(incident: Incident) -> list[str]:
    """What helpers must know of the passenger (P12): `teen` (14 to 17), `english` where she has chosen that language, and
    of what she wrote `cannot_speak`, `hurt`, and `locked` until she is out of the car.

    Nothing else is known: accounts hold neither impairments nor illnesses. Who rides for somebody else's account has not
    chosen its language.
    """
    trip, found = incident.trip, []
    if trip and trip.for_teen:
        found.append("teen")
    if trip and trip.rider_kind == RiderKind.SELF and trip.passenger.language == "en":
        found.append("english")
    written = [row.phrase for row in _HERS.all(incident.pk)]
    known = set(written)
    if CallerPhrase.OUT in known and CallerPhrase.LOCKED not in written[written.index(CallerPhrase.OUT) :]:
        known.discard(CallerPhrase.LOCKED)
    return found + [need.value for need in _NEEDS if need in known]


@dataclass(frozen=True, slots=True)
class Written:
    """A message of a thread, since when the other end has seen it (None where it has not), and which of its thread it is."""

    message: HelpMessage
    seen_at: datetime | None
    number: int


def thread_of(incident: Incident, party: Party | None = None) -> list[Written]:
    """What one side and staff wrote to each other, or both threads for staff, oldest first.

    Each counts from 1, so that no number tells one side that the other has written (S11).
    """
    rows = incident.help_messages.order_by("pk")
    if party is not None:
        rows = rows.filter(party=party)
    written = list(rows)
    looked = sorted(incident.acknowledgements.values_list("at", flat=True)) if written else []
    return [
        Written(row, row.shown_at if row.staff else next((at for at in looked if at >= row.at), None), number)
        for number, row in enumerate(written, 1)
    ]


def malicious_alarm_of(trip_code: str, party: str) -> Incident | None:
    """The newest closed incident that this side of a trip opened and that was called malicious."""
    return (
        Incident.objects.filter(
            trip__code=trip_code,
            state=IncidentState.CLOSED,
            outcome=IncidentOutcome.MALICIOUS,
            sos_calls__party=party,
        )
        .order_by("-pk")
        .first()
    )


def open_appeals() -> list[MaliceAppeal]:
    """Appeals that wait, oldest first."""
    return list(MaliceAppeal.objects.filter(decided_at=None).select_related("incident").order_by("pk"))


def appeal_of(incident: Incident, party: str) -> MaliceAppeal | None:
    """What one side of the trip wrote; the other side never reads it."""
    return incident.appeals.filter(party=party).first()


_APPEALS = Read(
    lambda pk: MaliceAppeal.objects.select_related("incident").filter(incident_id=pk).order_by("pk"), int
)


def appeals_of(incident: Incident) -> list[MaliceAppeal]:
    """The appeals of both sides, for staff."""
    return _APPEALS.all(incident.pk)


def offered_to(account: "Account") -> list[Incident]:
    """Incidents that somebody wants to hand over to this person."""
    return list(
        Incident.objects.filter(state=IncidentState.TAKEN, offered_to=account.code).order_by("opened_at")
    )


def owned_by(account: "Account") -> list[Incident]:
    """Incidents that this person has, highest risk first."""
    return list(
        Incident.objects.filter(state=IncidentState.TAKEN, taken_by=account.code).order_by(
            "-score", "opened_at"
        )
    )


def incident_trip(code: str) -> str:
    """The trip of an incident; empty where it has none."""
    return Incident.objects.filter(code=code).values_list("trip__code", flat=True).first() or ""


def incident_trip_if_open(code: str) -> str:
    """The trip of a live incident; empty where it is closed or has none."""
    return Incident.objects.live().filter(code=code).values_list("trip__code", flat=True).first() or ""


def open_incidents_about(subject: str) -> list[cases.OpenCase]:
    """Live incidents that concern an account, also as the missing person of a report, or the one with this code."""
    rows = Incident.objects.live()
    if subject.startswith("I-"):
        rows = rows.filter(code=subject)
    elif not cases.may_be_account(subject):
        return []
    else:
        about = Q(trip__passenger__code=subject) | Q(trip__driver__account__code=subject)
        person = person_by_code(subject)
        if person is not None:
            about |= Q(missing_index=person.phone_index)
        rows = rows.filter(about)
    return [
        cases.OpenCase(code, cases.ours(owner), readers="incidents.respond")
        for code, owner in rows.values_list("code", "taken_by").order_by("pk")
    ]


def takers_of_incidents(code: str) -> list[str]:
    """Who of the staff took, ended or closed the incident with this code, or one of the trip with it; old ones as well."""
    rows = Incident.objects.filter(Q(code=code) | Q(trip__code=code))
    return [who for row in rows.values_list("taken_by", "resolved_by", "closed_by") for who in row if who]


@dataclass(frozen=True, slots=True)
class Burning:
    """One line of the console's first strip."""

    incident: Incident
    waited_seconds: int
    overdue: bool
    escalation: str
    # For how long something new waits for its owner to look at it; None where they have seen all.
    news_seconds: int | None = None
    # Each side that called for help and to which nobody has spoken since, and for how many seconds: the passenger first.
    calls: tuple[tuple[Party, int], ...] = ()


@policy.read_once()
def burning() -> list[Burning]:
    """Live incidents by risk, then age. Escalation follows from the age, so no broken job can stop it (S3).

    Below all others stand those that a report opened for which no trip was found, where nothing but a crowd of reports
    from one address says it, or none any more, because the number was put right and the report went elsewhere.
    """
    at = clock.now()
    others = WelfareCheck.objects.filter(incident=OuterRef("pk"), from_crowd=False)
    rows = (
        Incident.objects.live()
        .real()
        .select_related("trip", "trip__city")
        .prefetch_related("callers")
        .annotate(crowd=Q(trip=None, origin=Origin.WELFARE_CHECK) & ~Exists(others))
        .order_by("crowd", "-score", "opened_at", "pk")
    )
    return [
        Burning(
            incident=row,
            waited_seconds=int((at - row.opened_at).total_seconds()),
            overdue=any(clock_.done is None and clock_.overdue(at) for clock_ in clocks_of(row)),
            escalation=_escalation(row, at),
            news_seconds=int((at - row.news_at).total_seconds()) if row.taken_at and row.news_at else None,
            calls=tuple(_waiting_calls(row, at)),
        )
        for row in rows
    ]


def _waiting_calls(incident: Incident, at: datetime) -> Iterator[tuple[Party, int]]:
    waiting = {each.party: each.called_at for each in incident.callers.all() if each.spoken_to_at is None}
    for party in Party:
        if since := waiting.get(party):
            yield party, int((at - since).total_seconds())


def _escalation(incident: Incident, at: datetime) -> str:
    """Who is called to an incident that nobody took, or to what its owner has not looked at.

    At first `agents`, or the owner (empty); all `specialists` after 10 s, `supervisors` after 20 s.
    """
    is_open = incident.state == IncidentState.OPEN
    since = incident.opened_at if is_open else incident.news_at
    if since is None:
        return ""
    age = (at - since).total_seconds()
    limit = policy.value(TAKEN_WITHIN)
    if age < limit:
        return "agents" if is_open else ""
    return "specialists" if age < 2 * limit else "supervisors"


def incidents_that_ring() -> list[tuple[Incident, dict[Party, datetime]]]:
    """Those that nobody has, and those in which something is new that their owner has not looked at (S3).

    Each with the sides that called for help in it, and since when they wait.
    """
    rows = Incident.objects.live().real().annotate(**{party.value: _called_at(party) for party in Party})
    ring = rows.filter(Q(state=IncidentState.OPEN) | Q(news_at__isnull=False)).order_by("pk")
    return [(row, {party: at for party in Party if (at := getattr(row, party.value))}) for row in ring]


def _called_at(party: Party) -> Subquery:
    return Subquery(Caller.objects.filter(incident=OuterRef("pk"), party=party).values("called_at"))


# Asked after each change, also while hundreds ring: the database reads all of them, and one row is sent.
_SIGN = f"""
SELECT count(*), coalesce(sum(hashtextextended(
    concat_ws('|', code, state, taken_by, has_sos, trip_id IS NULL, opened_at, news_at, (
        SELECT string_agg(concat_ws(' ', party, called_at), ',' ORDER BY party)
        FROM {Caller._meta.db_table} WHERE incident_id = i.id AND called_at IS NOT NULL
    )), 0)), 0)
FROM {Incident._meta.db_table} i
WHERE NOT drill AND state <> 'closed' AND (state = 'open' OR news_at IS NOT NULL)
"""  # noqa: S608 - a table of ours
_LIVE_COUNTS = f"""
SELECT count(*), count(*) FILTER (WHERE state = 'open') FROM {Incident._meta.db_table} WHERE NOT drill AND state <> 'closed'
"""  # noqa: S608 - a table of ours


def sign_of_what_rings() -> tuple[int, ...]:
    """Other numbers whenever one of `incidents_that_ring` comes, goes, or rings otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGN)
        return tuple(map(int, cursor.fetchone()))


def incidents_that_ran_out(at: datetime) -> list[tuple[Incident, RanOut]]:
    """Owned incidents in which a call back (S2), a safe check or the call to the police (S10) is late, the oldest first."""
    calls, danger = at - policy.span(CALLED_BACK_WITHIN), at - policy.span(POLICE_AFTER)
    rows = Incident.objects.real().filter(
        Q(has_sos=True, taken_at__lte=calls) | Q(high_risk_at__lte=danger), state=IncidentState.TAKEN
    )
    found = [(row, late) for row in rows.prefetch_related("callers") if (late := ran_out(row, at))]
    return sorted(found, key=lambda each: (each[1].first.due, each[0].pk))


def sign_of_clocks_that_ran_out() -> list[tuple[str, str, str, float]]:
    """Other values whenever one of `incidents_that_ran_out` comes, goes, or rings otherwise or for somebody else first."""
    return [
        (row.code, row.taken_by, f"{late.first.key}:{late.gravest.key}", late.first.due.timestamp())
        for row, late in incidents_that_ran_out(clock.now())
    ]


_TO_LOOK_AT = Read(
    lambda at: (
        Incident.objects.live().real().filter(state=IncidentState.TAKEN, look_at__lte=at).order_by("look_at")
    ),
    datetime,
)


def incidents_to_look_at(at: datetime) -> list[Incident]:
    """Incidents of which the time has come at which somebody looks again, the oldest first."""
    return _TO_LOOK_AT.all(at)


def police_calls_to_confirm() -> list[Incident]:
    """Incidents in which one person said that the police were called by hand, and no second one has looked at it."""
    rows = Incident.objects.live().real().filter(police_seen_by="").exclude(police_said_by="")
    return [row for row in rows.order_by("police_said_at") if row.police_call_waits]


def high_risk_on(line: str, city: str, since: datetime | None) -> int:
    """Incidents of high risk on trips of a line in a city that came since a time, or that are open where it is None."""
    rows = Incident.objects.real().filter(
        trip__line=line, trip__city__code=city, trip__passenger__is_drill=False
    )
    if since is None:
        return (
            rows.filter(Q(high_risk_at__isnull=False) | Q(has_sos=True))
            .exclude(state=IncidentState.CLOSED)
            .count()
        )
    return rows.filter(high_risk_at__gte=since).count()


def live_counts() -> tuple[int, int]:
    """(live incidents, of which nobody has)."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_COUNTS)
        live, nobodys = cursor.fetchone()
    return live, nobodys


def check_by_code(text: str) -> WelfareCheck | None:
    """The welfare check of a report code as somebody quoted it."""
    return WelfareCheck.objects.select_related("incident__trip").filter(code=typed.code.read(text)).first()


def checks_of(incident: Incident) -> list[WelfareCheck]:
    return list(incident.welfare_checks.order_by("pk"))


def ownership_of_checks(since: datetime) -> tuple[int, int]:
    """(welfare checks since, of which not owned by a person within the limit).

    Whose incident had an owner already is owned once a person has looked at it; one that still waits within its time
    is not late.
    """
    limit, at = policy.span(OWNED_WITHIN), clock.now()
    first = Acknowledgement.objects.filter(incident=OuterRef("incident"), at__gte=OuterRef("filed_at"))
    rows = WelfareCheck.objects.filter(filed_at__gte=since, incident__drill=False).annotate(
        seen_at=Subquery(first.order_by("at").values("at")[:1])
    )
    late = Q(filed_at__lt=Coalesce("seen_at", at) - limit)
    found = rows.aggregate(all=Count("pk"), late=Count("pk", filter=late))
    return found["all"], found["late"]


def sos_answered(since: datetime) -> tuple[int, int]:
    """(taps on SOS since, of which a person looked at within the limit of S3).

    Each tap counts from its own time, also in an incident that somebody had already. One that waits within its time is
    not counted yet.
    """
    limit, at = policy.span(TAKEN_WITHIN), clock.now()
    first = Acknowledgement.objects.filter(incident=OuterRef("incident"), at__gte=OuterRef("at"))
    rows = SosCall.objects.filter(at__gte=since, incident__drill=False).annotate(
        seen_at=Subquery(first.order_by("at").values("at")[:1])
    )
    counted = Q(seen_at__isnull=False) | Q(at__lt=at - limit)
    found = rows.aggregate(
        all=Count("pk", filter=counted), taken=Count("pk", filter=Q(seen_at__lte=F("at") + limit))
    )
    return found["all"], found["taken"]


def calls_for_help(since: datetime) -> dict[datetime, int]:
    """How many incidents by SOS or welfare check opened in each hour since a time: what the roster is measured by."""
    rows = Incident.objects.real().filter(opened_at__gte=since)
    rows = rows.filter(Q(has_sos=True) | Q(welfare_checks__isnull=False))
    hours = rows.values(hour=TruncHour("opened_at")).annotate(count=Count("pk", distinct=True))
    return {row["hour"]: row["count"] for row in hours}


def incidents_worked_on(who: str, since: datetime, until: datetime) -> int:
    """How many incidents somebody took, took over, answered in or looked at in a time: also those they handed over since."""
    rows = Acknowledgement.objects.filter(by=who, at__gte=since, at__lt=until, incident__drill=False)
    return rows.values("incident").distinct().count()


_OF_TRIP = Read(lambda pk: Incident.objects.real().filter(trip_id=pk).order_by("-pk"), int)


def incidents_of_trip(trip: "Trip") -> list[Incident]:
    """Every incident of a trip, newest first."""
    return _OF_TRIP.all(trip.pk)


def incidents_of_person(account: "Account", *, limit: int = 5) -> list[Incident]:
    """The newest incidents on trips of somebody, as passenger or driver."""
    rows = Incident.objects.real().filter(Q(trip__passenger=account) | Q(trip__driver__account=account))
    return list(rows.order_by("-pk")[:limit])


def incidents_reported_by(account: "Account", *, limit: int = 20) -> list[Incident]:
    """The newest incidents that somebody reported about a trip of their own as passenger: by SOS, or by their own word.

    Of a trip on which somebody else travelled, who booked it learns nothing: not even that there was a call (A6). What
    was before the driver of today took the trip concerns another driver, and is not among them.
    """
    hers = Q(sos_calls__party=Party.PASSENGER) | Q(opened_by=account.code)
    rows = Incident.objects.real().filter(
        hers,
        trip__passenger=account,
        trip__rider_kind__in=OWN_PHONE,
        trip__driver__isnull=False,
        opened_at__gte=F("trip__accepted_at"),
    )
    return list(rows.select_related("trip").distinct().order_by("-pk")[:limit])


# --- For whoever learns from it (G10) ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """An incident in which a clock of safety was broken: `clock` is S3, S6 or S10."""

    incident: str
    clock: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Grave:
    """An incident in which somebody died or was severely injured, its trip where it has one, and since when it is known."""

    incident: str
    trip: str
    harm: Harm
    at: datetime


def harmed_since(since: datetime) -> list[Grave]:
    """Incidents whose grave harm was recorded since then, oldest first."""
    rows = Incident.objects.real().filter(harm__in=GRAVE, harm_at__gte=since).order_by("harm_at")
    named = rows.values_list("code", "trip__code", "harm", "harm_at")
    return [Grave(code, trip or "", Harm(harm), at) for code, trip, harm, at in named if at is not None]


def harm_not_known(until: datetime) -> list[str]:
    """Incidents that got their outcome, where whoever gave it before `until` did not know whether somebody was hurt."""
    rows = Incident.objects.real().filter(harm=Harm.UNKNOWN, harm_at__lt=until).order_by("pk")
    return list(rows.values_list("code", flat=True))


@policy.read_once()
def clocks_broken(since: datetime, at: datetime) -> list[Broken]:
    """Since a time: an SOS or welfare check that no person looked at within its limit (S3, S6), an incident of another kind
    that nobody took (S6), whoever called for help and was not called back (S2), and danger of which nobody told the police
    (S10), each by the rule of its day; of each incident each clock once, at its first break."""
    found = [
        *_unseen_sos(since, at),
        *_unowned_checks(since, at),
        *_untaken(since, at),
        *_not_called_back(since, at),
        *_untold_police(since, at),
    ]
    first: dict[tuple[str, str], Broken] = {}
    for each in sorted(found, key=lambda one: (one.at, one.incident, one.clock)):
        first.setdefault((each.incident, each.clock), each)
    return list(first.values())


def _late(
    clock: str, rule: policy.SpanPolicy, rows: Iterable[tuple[str, datetime, datetime | None]], at: datetime
) -> list[Broken]:
    """Of rows (incident, since when its clock ran, when it was answered) those that were answered too late."""
    found = []
    for code, since, answered in rows:
        due = since + policy.span(rule, at=since)
        if (answered or at) > due:
            found.append(Broken(code, clock, due))
    return found


def _unseen_sos(since: datetime, at: datetime) -> list[Broken]:
    seen = Acknowledgement.objects.filter(incident=OuterRef("incident"), at__gte=OuterRef("at"))
    rows = SosCall.objects.filter(at__gte=since, incident__drill=False).annotate(
        seen_at=Subquery(seen.order_by("at").values("at")[:1])
    )
    return _late("S3", TAKEN_WITHIN, rows.values_list("incident__code", "at", "seen_at"), at)


def _unowned_checks(since: datetime, at: datetime) -> list[Broken]:
    seen = Acknowledgement.objects.filter(incident=OuterRef("incident"), at__gte=OuterRef("filed_at"))
    rows = WelfareCheck.objects.filter(filed_at__gte=since, incident__drill=False).annotate(
        seen_at=Subquery(seen.order_by("at").values("at")[:1])
    )
    return _late("S6", OWNED_WITHIN, rows.values_list("incident__code", "filed_at", "seen_at"), at)


def _untaken(since: datetime, at: datetime) -> list[Broken]:
    # An SOS that came to it later runs beside this clock; it takes nothing back.
    rows = Incident.objects.real().filter(opened_at__gte=since).exclude(origin=Origin.SOS)
    return _late("S6", OWNED_WITHIN, rows.values_list("code", "opened_at", "taken_at"), at)


def _not_called_back(since: datetime, at: datetime) -> list[Broken]:
    rows = Incident.objects.real().filter(has_sos=True, taken_at__gte=since).prefetch_related("callers")
    called = [
        (row.code, max(row.taken_at, caller.called_at), caller.spoken_to_at)
        for row in rows
        if (caller := row.caller) and caller.called_at and not caller.silent and row.taken_at
    ]
    return _late("S2", CALLED_BACK_WITHIN, called, at)


def _untold_police(since: datetime, at: datetime) -> list[Broken]:
    found = []
    for row in Incident.objects.real().filter(high_risk_at__gte=since):
        danger = row.high_risk_at
        if danger is None:
            continue
        safe_by = danger + policy.span(POLICE_AFTER, at=danger)
        told_by = danger + policy.span(POLICE_LIMIT, at=danger)
        safe = row.answer(row.safe_check_at, row.closed_at) or at
        told = row.answer(row.police_called_at, row.police_excused_at) or at
        if safe > safe_by and told > told_by:
            found.append(Broken(row.code, "S10", told_by))
    return found
