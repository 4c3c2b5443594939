"""Pure rules of rides: may this be done? Reads policy values, writes nothing."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, limits, policy
from core.errors import DomainError, Forbidden
from core.four_eyes import SecondPersonNeeded
from core.limits import Per
from core.permissions import may
from core.policy import Unit
from core.states import IllegalTransition, StaleState, may_move
from rides.curfew import CITY_TIME, CURFEW, HOURS, Hours
from rides.errors import TooManyPhrases
from rides.states import BEFORE_BOARDING, TRIP_TRANSITIONS, HitchChoice, Line, SuspensionState, TripState

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import LatePickup, LineSuspension, Reminder, Trip


@dataclass(frozen=True, slots=True)
class Rates:
    """What a line costs, in whole fen; `most` caps the amount for each seat of hitch."""

    base: int
    per_km: int
    per_minute: int
    least: int
    most: int | None = None


def _fen(most: int) -> policy.Whole:
    return policy.Whole(0, most, Unit.FEN)


# --- Orders --------------------------------------------------------------------------------------

SHORTEST_TRIP = policy.declare(
    "rides.shortest_trip",
    policy.Whole(50, 5_000, Unit.METRES),
    500,
    name=pgettext_lazy("policy name", "Shortest trip"),
    about=_("Origin and destination lie at least this far apart."),
)
LONGEST_WINDOW = policy.declare(
    "rides.longest_window",
    policy.Span(1_800, 12 * 3_600),
    3 * 3_600,
    name=pgettext_lazy("policy name", "Departure window"),
    about=_("The earliest and the latest departure lie at most this far apart."),
)
BOOK_AHEAD = policy.declare(
    "rides.book_ahead",
    policy.Span(1, 60, Unit.DAYS),
    7,
    name=pgettext_lazy("policy name", "Booking ahead"),
    about=_("A trip is booked or offered at most this long ahead."),
)
TAKE_AWAY_BEFORE = policy.declare(
    "rides.take_away_before",  # S11
    policy.Span(600, 24 * 3_600),
    2 * 3_600,
    name=pgettext_lazy("policy name", "Trips of a driver who is stopped covertly"),
    about=_(
        "A trip whose earliest departure is farther away is given to others only then: at once, it would tell of the hold."
    ),
)
PATIENCE = policy.declare(
    "rides.order_patience",
    policy.Span(60, 3_600),
    600,
    name=pgettext_lazy("policy name", "Search for a driver"),
    about=_("How long an order of the lines other than hitch looks for a driver."),
)
NEAR = policy.declare(
    "rides.near",
    policy.Whole(100, 3_000, Unit.METRES),
    500,
    name=pgettext_lazy("policy name", "A car comes near"),
    about=_("The passenger is told when the car is this close to the pick-up."),
)
REAL_NAME_FROM = policy.declare(
    "rides.real_name_from",  # A2
    policy.Day(date(2018, 9, 1), date(2030, 1, 1)),
    date(2027, 1, 1),
    name=pgettext_lazy("policy name", "Real names on every line"),
    about=_("From this day on every line, not only hitch, needs a verified real name of the passenger."),
)
DETOUR_LIMIT = policy.declare(
    "rides.detour_limit",  # R2
    policy.Whole(0, 50_000, Unit.METRES),
    4_000,
    name=pgettext_lazy("policy name", "Usual detour"),
    about=_("The detour that an owner takes on for one party, where they name none."),
)
DETOUR_MOST = policy.declare(
    "rides.detour_most",  # R2
    policy.Whole(500, 50_000, Unit.METRES),
    10_000,
    name=pgettext_lazy("policy name", "Longest detour"),
    about=_("The longest detour that an owner may offer."),
)
DAILY_TRIPS = policy.declare(
    "rides.hitch_daily_trips",  # R2
    policy.Whole(1, 100),
    8,
    name=pgettext_lazy("policy name", "Hitch parties in a day"),
    about=_("Hitch shares costs and is no trade: one owner takes at most so many parties a day."),
)
MATCH_REACH = policy.declare(
    "rides.match_reach",
    policy.Whole(100, 10_000, Unit.METRES),
    2_000,
    name=pgettext_lazy("policy name", "Reach of an owner's route"),
    about=_("How far pick-up and drop-off may lie from the owner's route."),
)

HITCH_CHOICE = policy.declare(
    "rides.hitch_choice",  # R2, urgent notice of 2018-09-10
    policy.Choice(HitchChoice),
    HitchChoice.LOT.value,
    name=pgettext_lazy("policy name", "Who chooses in hitch"),
    about=_(
        "An owner never chooses among passengers: one request is held out at a time, or the passenger chooses."
    ),
)
HITCH_LOT_WITHIN = policy.declare(
    "rides.hitch_lot_within",  # R2
    policy.Real(0.0, 1.0, Unit.SHARE),
    0.1,
    name=pgettext_lazy("policy name", "Requests in the lot"),
    about=_(
        "The lot decides among requests whose detour is longer than the least one by this share at most."
    ),
)
HITCH_DECLINES = policy.declare(
    "rides.hitch_declines",  # R2
    policy.Whole(1, 100),
    3,
    name=pgettext_lazy("policy name", "Requests declined in a day"),
    about=_("An owner who declined so many requests in a day gets no further one on that day."),
)
HITCH_NEXT_AFTER = policy.declare(
    "rides.hitch_next_after",  # R2
    policy.Span(0, 3_600),
    60,
    name=pgettext_lazy("policy name", "Next request after a declined one"),
    about=_("An owner who declined a request waits this long for the next one."),
)
REMOTE_PICKUP = policy.declare(
    "rides.remote_pickup",  # R2
    policy.Whole(500, 50_000, Unit.METRES),
    3_000,
    name=pgettext_lazy("policy name", "Remote pick-up"),
    about=_(
        "A pick-up farther than this from every known place is remote; late in the day hitch does not go there."
    ),
)
REMOTE_PICKUP_HOURS = policy.declare(
    "rides.remote_pickup_hours",  # R2
    HOURS,
    Hours(time(19), time(6)),
    name=pgettext_lazy("policy name", "Hours without remote pick-ups"),
    about=_("In these hours no hitch owner is sent to a remote pick-up."),
)

# --- Dispatch ------------------------------------------------------------------------------------

DISPATCH_REACH = policy.declare(
    "rides.dispatch_reach",  # R3
    policy.Whole(500, 30_000, Unit.METRES),
    6_000,
    name=pgettext_lazy("policy name", "Reach of dispatch"),
    about=_("Farther than this no driver is sent to a pick-up."),
)
DISPATCH_SPEED = policy.declare(
    "rides.dispatch_speed",  # R3
    policy.Whole(1, 30, Unit.SPEED),
    7,
    name=pgettext_lazy("policy name", "Speed on the way to a pick-up"),
    about=_("The speed on the way to a pick-up, for estimates."),
)
DISPATCH_LATE_AFTER = policy.declare(
    "rides.dispatch_late_after",  # R3
    policy.Span(10, 1_800),
    60,
    name=pgettext_lazy("policy name", "Orders that waited long"),
    about=_("An order that waited longer is assigned before all younger ones."),
)
OFFER_WITHIN = policy.declare(
    "rides.offer_within",  # R3
    policy.Span(5, 300),
    15,
    name=pgettext_lazy("policy name", "Answer to an offer"),
    about=_("A driver answers an offer within this time."),
)
DUTY_FRESH = policy.declare(
    "rides.duty_fresh",  # R3
    policy.Span(10, 900),
    60,
    name=pgettext_lazy("policy name", "Position of a driver on duty"),
    about=_("A driver whose position is older gets no offer."),
)

# --- On the way ----------------------------------------------------------------------------------

CODE_TRIES = policy.declare(
    "rides.boarding_code_tries",
    policy.Whole(2, 20),
    5,
    name=pgettext_lazy("policy name", "Tries of a boarding code"),
    about=_("After so many wrong boarding codes the trip waits for an agent."),
)
CALL_AHEAD = policy.declare(
    "rides.reminder_call_ahead",  # R4
    policy.Span(60, 6 * 3_600),
    20 * 60,
    name=pgettext_lazy("policy name", "Call about an unread reminder"),
    about=_("Who has not read the reminder this long before the earliest departure is called by an agent."),
)
PHRASES = limits.declare(
    "rides.phrases",
    {Per.PAIR: 10},
    within=60,
    name=pgettext_lazy("policy name", "Phrases on one trip"),
    about=_("So many phrases one side of a trip can say to the other."),
    error=TooManyPhrases,
)
RIDERS_TOLD = limits.declare(
    "rides.riders_told",
    {Per.PERSON: 12, Per.PAIR: 4, Per.TARGET: 8},
    within=86_400,
    name=pgettext_lazy("policy name", "Rides for somebody else"),
    about=_(
        "So many rides that have not taken place one person books for others, books for the same other, and everybody books for one phone: each sends that phone a message. A ride counts no more once it has ended."
    ),
)
RELAY_AFTER = policy.declare(
    "rides.relay_after",  # A4
    policy.Span(0, 24 * 3_600),
    1_800,
    name=pgettext_lazy("policy name", "Relay number after a trip"),
    about=_("The relay number joins both sides until this long after the trip has ended."),
)
SUSPENSION_SPARES = policy.declare(
    "rides.suspension_spares",  # R1
    policy.Span(0, 24 * 3_600),
    3_600,
    name=pgettext_lazy("policy name", "Trips that a suspension spares"),
    about=_(
        "A trip already accepted that departs within this time of a suspension is finished under closer watch."
    ),
)
WATCH_AFTER = policy.declare(
    "rides.watched_after_cancel",
    policy.Span(300, 6 * 3_600),
    1_800,
    name=pgettext_lazy("policy name", "Watch after a cancel"),
    about=_("Both phones of a cancelled trip are watched for this long."),
)
WATCH_AFTER_END = policy.declare(
    "rides.watched_after_end",  # R9
    policy.Span(600, 6 * 3_600),
    600,
    name=pgettext_lazy("policy name", "Watch after the end"),
    about=_(
        "Both phones of a trip that ended are watched for this long, and for as long as an incident of it lives."
    ),
)
FAR_SIGN_IN = policy.declare(
    "rides.far_sign_in",  # D7
    policy.Whole(1_000, 1_000_000, Unit.METRES),
    30_000,
    name=pgettext_lazy("policy name", "Sign-in far from the car"),
    about=_("A sign-in farther than this from the driver's moving phone opens a case."),
)
FAR_SIGN_IN_FRESH = policy.declare(
    "rides.far_sign_in_fresh",  # D7
    policy.Span(60, 3_600),
    600,
    name=pgettext_lazy("policy name", "Position that a sign-in is compared with"),
    about=_("A position of the driver's phone that is older is not compared with a sign-in."),
)


@dataclass(frozen=True, slots=True)
class PhoneLimits:
    """When two phones are together, apart, or moved, in metres and seconds."""

    near: int = 200
    apart: int = 300
    moved: int = 300
    within: int = 90
    least_span: int = 60


PHONE_LIMITS = policy.declare(
    "rides.phone_limits",  # R6
    policy.Record(
        PhoneLimits,
        {
            "near": policy.Whole(20, 1_000, Unit.METRES),
            "apart": policy.Whole(50, 5_000, Unit.METRES),
            "moved": policy.Whole(50, 5_000, Unit.METRES),
            "within": policy.Span(10, 600),
            "least_span": policy.Span(10, 1_800),
        },
        labels={
            "near": pgettext_lazy("two phones", "together within"),
            "apart": pgettext_lazy("two phones", "apart from"),
            "moved": pgettext_lazy("two phones", "moved together from"),
            "within": pgettext_lazy("two phones", "positions compared within"),
            "least_span": pgettext_lazy("two phones", "shown elsewhere for"),
        },
        fits=lambda limits: limits.near <= limits.apart,
        unfit=_("Phones that are apart are farther from each other than phones that are together."),
    ),
    PhoneLimits(),
    name=pgettext_lazy("policy name", "What two phones say"),
    about=_("When the two phones of a trip count as together, as apart, and as moved together."),
)

# --- Money, ratings, what is kept ----------------------------------------------------------------

TARIFF = policy.declare(
    "rides.tariff",  # R12
    policy.Table.of(
        Line,
        policy.Record(
            Rates,
            {
                "base": _fen(20_000),
                "per_km": _fen(5_000),
                "per_minute": _fen(2_000),
                "least": _fen(50_000),
                "most": policy.Maybe(_fen(500_000)),
            },
            labels={
                "base": pgettext_lazy("tariff", "base"),
                "per_km": pgettext_lazy("tariff", "per km"),
                "per_minute": pgettext_lazy("tariff", "per minute"),
                "least": pgettext_lazy("tariff", "least"),
                "most": pgettext_lazy("tariff", "most"),
            },
            fits=lambda rates: rates.most is None or rates.least <= rates.most,
            unfit=_("The least amount is not above the most."),
        ),
    ),
    {
        "hitch": Rates(base=300, per_km=80, per_minute=0, least=500, most=20_000),
        "express": Rates(base=500, per_km=180, per_minute=35, least=900),
        "premier": Rates(base=1_000, per_km=300, per_minute=60, least=1_800),
        "luxury": Rates(base=2_000, per_km=520, per_minute=110, least=3_800),
    },
    name=pgettext_lazy("policy name", "Tariff"),
    about=_("Tariff of each line: base, per km, per minute, least and most; hitch for each seat, capped."),
)
MORE_SEATS = policy.declare(
    "rides.more_seats",  # R12
    policy.Real(0.0, 1.0, Unit.SHARE),
    0.7,
    name=pgettext_lazy("policy name", "Further hitch seats"),
    about=_(
        "The second and each further hitch seat of one party costs this share: they sit in the same car."
    ),
)
FARE_SLACK = policy.declare(
    "rides.fare_slack",  # R12
    policy.Real(1.0, 2.0, Unit.TIMES),
    1.2,
    name=pgettext_lazy("policy name", "Fare above its estimate"),
    about=_("The amount after a trip is never more than this times the estimate before."),
)
LEAST_RATINGS = policy.declare(
    "rides.least_ratings",  # R8
    policy.Whole(1, 100),
    5,
    name=pgettext_lazy("policy name", "Ratings that make a score"),
    about=_("A score with fewer ratings keeps nobody away."),
)
RATE_WITHIN = policy.declare(
    "rides.rate_within",  # R8
    policy.Span(3_600, 90 * 86_400),
    7 * 86_400,
    name=pgettext_lazy("policy name", "Time for a rating"),
    about=_("How long after a trip it can be rated."),
)
NEVER_AGAIN_FOR = policy.declare(
    "rides.never_again_for",  # R15
    policy.Span(30, 10 * 366, Unit.DAYS),
    365,
    name=pgettext_lazy("policy name", "Never again"),
    about=_(
        "Who does not want to ride with somebody again is kept apart from them for this long, on all lines."
    ),
)
NEVER_AGAIN_MANY = policy.declare(
    "rides.never_again_many",  # R15
    policy.Whole(2, 1_000),
    5,
    name=pgettext_lazy("policy name", "Many who say never again"),
    about=_("When so many passengers do not want to ride with one driver again, a reviewer looks at it."),
)
NEVER_AGAIN_WITHIN = policy.declare(
    "rides.never_again_within",  # R15
    policy.Span(1, 366, Unit.DAYS),
    90,
    name=pgettext_lazy("policy name", "Time in which never again counts"),
    about=_("Passengers who said it longer ago do not count towards a look by a reviewer."),
)
MISMATCH_REPORT_AFTER = policy.declare(
    "rides.mismatch_report_after",  # D5
    policy.Span(86_400, 365 * 86_400),
    30 * 86_400,
    name=pgettext_lazy("policy name", "Report of another driver or car"),
    about=_("How long after a trip its passenger can say that driver or car was another one."),
)
TRAIL_KEPT = policy.declare(
    "rides.trail_kept",  # R9
    policy.Span(2 * 366, 10 * 366, Unit.DAYS),  # Interim Measures, art. 27: two years
    3 * 366,
    name=pgettext_lazy("policy name", "Trails of trips"),
    about=_("Trails are kept this long, at least two years as the law asks, and then destroyed."),
)


def city_day(at: datetime) -> tuple[datetime, datetime]:
    """First and last moment of the local day of a time."""
    first = at.astimezone(CITY_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    return first, first + timedelta(days=1) - timedelta(microseconds=1)


def is_late(at: datetime) -> bool:
    """True in the hours in which no hitch owner is sent to a remote pick-up."""
    return policy.value(REMOTE_PICKUP_HOURS, at=at).hold(at.astimezone(CITY_TIME).time())


def score_suffices(least: int, stars: int, count: int) -> bool:
    """True where a score meets a wish in tenths; who has few ratings yet is kept from nobody (R8)."""
    return least == 0 or count < policy.value(LEAST_RATINGS) or stars * 10 >= least * count


# --- Who is 14 to 17 (A9) -------------------------------------------------------------------------

TEEN_HOURS = policy.declare(
    "rides.teen_hours",
    HOURS,
    Hours(time(22), time(6)),
    name=pgettext_lazy("policy name", "No rides of teens"),
    about=_("Who is 14 to 17 does not ride in these hours."),
)
TEEN_TENURE = policy.declare(
    "rides.teen_tenure",
    policy.Span(0, 1_000, Unit.DAYS),
    180,
    name=pgettext_lazy("policy name", "Tenure for teens"),
    about=_("Who is 14 to 17 rides with drivers who were vetted at least so long ago."),
)
TEEN_SCORE = policy.declare(
    "rides.teen_score",
    policy.Whole(10, 50),
    45,
    name=pgettext_lazy("policy name", "Score for teens"),
    about=_(
        "Who is 14 to 17 rides with drivers of at least this score, in tenths; a driver with too few ratings has none."
    ),
)


def may_drive_teens(vetted_at: datetime | None, stars: int, count: int, at: datetime) -> bool:
    """True for a driver of tenure and score; who has too few ratings has none yet."""
    known = vetted_at is not None and at - vetted_at >= policy.span(TEEN_TENURE)
    return known and count >= policy.value(LEAST_RATINGS) and stars * 10 >= policy.value(TEEN_SCORE) * count


def teen_may_ride(start: datetime, seconds: float) -> bool:
    """True where a ride of so many seconds neither begins in the hours kept free, nor ends in or after them."""
    hours, end = policy.value(TEEN_HOURS), start + timedelta(seconds=seconds)
    meets = any(hours.hold(each.astimezone(CITY_TIME).time()) for each in (start, end))
    return not meets and seconds < 8 * 3_600  # longer than the hours kept free are, it could lie around them


def in_share(person: str, passage: str, share: int) -> bool:
    """Whether somebody is among so many of a hundred people, by their code: the same whenever they ask, and still when
    the share grows; others come first in each passage."""
    drawn = hashlib.blake2b(f"{passage}:{person}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn) % 100 < share


# --- What may be done now ------------------------------------------------------------------------
# Each rule gives the error with which a service refuses, asked under its lock; the page says its sentence.

four_eyes.declare(
    "rides.suspension",
    _("The suspension of a line"),
    table="rides.LineSuspension",
    first="proposed_by",
    second="agreed_by",
    law="suspension_two_people",
)


def against_suspension(row: "LineSuspension", account: "Account", key: str) -> DomainError | None:
    """What is against agreeing to a suspension or withdrawing its proposal. Raises `KeyError` for no action.

    What two people agreed to nobody withdraws: a line returns through the relaunch gate alone.
    """
    if not may(account, "lines.suspend"):
        return Forbidden()
    if row.state != SuspensionState.PROPOSED:
        return IllegalTransition()
    own = SecondPersonNeeded() if account.code == row.proposed_by else None
    return {"agree": own, "withdraw": None}[key]


def against_step(trip: "Trip", _account: "Account", key: str) -> DomainError | None:
    """What is against a step of the driver's own trip. Raises `KeyError` for no step.

    Codes that were entered wrong, reminders unread, checks of the pick-up are for the services to answer.
    """
    if key == "board":
        return None if trip.state in BEFORE_BOARDING else StaleState()
    wanted = {"arrive": TripState.ARRIVED, "depart": TripState.IN_PROGRESS, "end": TripState.ENDED}[key]
    return None if may_move(TRIP_TRANSITIONS, trip.state, wanted) else IllegalTransition()


def against_reminder_call(row: "Reminder", account: "Account") -> DomainError | None:
    """What is against writing down a call about a reminder: called once, and nobody who has read it."""
    if not may(account, "night.call"):
        return Forbidden()
    return StaleState() if row.called_at or row.acknowledged_at else None


def against_late_pickup(row: "LatePickup", account: "Account", key: str) -> DomainError | None:
    """What is against an action on a late pick-up: taken once, closed once."""
    if not may(account, "night.call"):
        return Forbidden()
    return StaleState() if row.closed_at or (key == "take" and row.taken_by) else None


# --- What one person may make stricter at once -----------------------------------------------------

# Nobody shuts a line alone by a rule that is for its hours: a suspension takes two (R1).
HOURS_ALONE = 12 * 60


def _minutes(hours: Hours) -> frozenset[int]:
    return frozenset(minute for minute in range(24 * 60) if hours.hold(time(minute // 60, minute % 60)))


def _wider(old: Hours, new: Hours) -> bool:
    return _minutes(old) <= _minutes(new) and len(_minutes(new)) <= HOURS_ALONE


WIDER = policy.Direction(
    _("Hours that begin earlier or end later are safer; one person alone sets at most 12 hours."),
    _wider,
    whole=True,
)
policy.safer(WIDER, CURFEW, REMOTE_PICKUP_HOURS)
policy.safer(policy.LOWER, NEVER_AGAIN_MANY, REMOTE_PICKUP, CODE_TRIES, FAR_SIGN_IN)
policy.safer(policy.HIGHER, TEEN_TENURE, TEEN_SCORE, WATCH_AFTER, WATCH_AFTER_END, CALL_AHEAD)
