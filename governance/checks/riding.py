"""Live checks of rides: what they show, when they run, which lines run, who may drive them. Each has its breaker."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.translation import gettext_noop as noop

from accounts.selectors import real_name_share
from complaints.selectors import INTERLOCK
from core import policy
from core.formats import moment, place
from governance.checks import ask
from governance.checks.verdicts import (
    NO_LAW,
    SPAN,
    columns_like,
    laws,
    trigger_always_stands,
    unique_stands,
    verdict,
)
from governance.evidence import Facts, fault, line, named
from governance.gate import night_assessment, reassessment_of
from governance.measures import Found, breaks, live_check
from governance.models import GatePassage, MeasureResult
from governance.policies import NIGHT_ASSESSED_WITHIN
from governance.shadow import World, drawn
from governance.states import PassageState, Status
from police.selectors import releases_without_plate
from rides.curfew import CURFEW
from rides.selectors import (
    CARD_AFTER,
    lines_going,
    newest_with_driver,
    places_with_numbers,
    real_names_from,
    suspended_rows,
)
from rides.shown import api_body, trip_context
from rides.states import Line, Party

if TYPE_CHECKING:
    from rides.models import Trip

# --- No tags, no comments, nothing of each other ------------------------------------------------------------

# What the tables of people and trips would hold if tags, comments or a switch to show more came back.
WORDS = "comment|remark|review_text|tag|label|note|feedback|nickname|avatar|portrait|is_public|public_profile|visib"
ROOM = fault("room_for_words", noop("There is room for words again: %(columns)s"))
NUMBERED = fault("places_with_numbers", noop("Places named with numbers: %(codes)s"))
NO_WORDS = line(
    "no_words",
    noop("Ratings are a number from 1 to 5, messages one of a list; no field takes words or tags."),
)


@live_check("M01")
def no_tags_no_comments(at: datetime) -> Found:
    """Ratings are numbers, messages are of the list, and no table of rides has room for tags or comments."""
    faults = laws("rating_is_1_to_5", "message_is_of_the_list")
    if columns := columns_like(WORDS, "rides"):
        faults.append(ROOM(columns=named(columns)))
    if codes := places_with_numbers(at - SPAN):
        faults.append(NUMBERED(codes=named(codes)))
    return verdict(faults, NO_WORDS())


@breaks("M01", ROOM)
def a_comment_comes_back(world: World) -> None:
    world.table("rides.Rating", also="comment text")


SWITCH = fault("switch_or_picture", noop("A switch or a picture for others: %(columns)s"))
SHOWN = fault("personal_shown", noop("Personal data of the other side on: %(codes)s"))
NOTHING_PERSONAL = line(
    "nothing_personal",
    noop("On %(count)s of the newest trips page and API of each side showed nothing personal of the other."),
)


@live_check("M02")
def personal_data_for_oneself(at: datetime) -> Found:
    """What each side's page and API really say of the newest trips holds nobody else's name, phone or photo."""
    columns = columns_like(WORDS, "accounts", "rides")
    faults = [SWITCH(columns=named(columns))] if columns else []
    trips = newest_with_driver(at - SPAN)
    shown = [row.code for row in trips if _driver_sees_passenger(row) or _passenger_sees_too_long(row, at)]
    if shown:
        faults.append(SHOWN(codes=named(shown)))
    return verdict(faults, NOTHING_PERSONAL(count=len(trips)), happened=len(trips))


def _driver_sees_passenger(trip: "Trip") -> bool:
    page = drawn(render_to_string("rides/_driver_trip_status.html", trip_context(trip, Party.DRIVER)))
    said = page + str(api_body(trip, Party.DRIVER))
    person = trip.passenger
    return any(secret and secret in said for secret in (person.real_name, person.phone, trip.rider_name))


def _passenger_sees_too_long(trip: "Trip", at: datetime) -> bool:
    over = trip.ended_at or trip.cancelled_at
    if over is None or at - over <= CARD_AFTER or trip.driver is None:
        return False
    page = drawn(render_to_string("rides/_trip_status.html", trip_context(trip, Party.PASSENGER)))
    said = page + str(api_body(trip, Party.PASSENGER))
    return any(secret and secret in said for secret in (trip.driver.account.real_name, trip.plate_registered))


@breaks("M02", SHOWN)
def the_drivers_page_says_her_name(world: World) -> None:
    name = world.trip().passenger.real_name
    world.spoil_pages(lambda page: page + name)


# --- The night ---------------------------------------------------------------------------------------------

NIGHT = (time(22), time(6))  # as promised, whatever rule is in force
SHORT_CURFEW = fault("short_curfew", noop("The curfew in force is only %(from)s to %(to)s"))
BY_NIGHT = fault("departing_by_night", noop("Departing in the curfew: %(codes)s"))
DEPARTURES = line(
    "departures_by_night",
    noop("%(bad)s of %(all)s accepted hitch trips in 30 days depart between 22:00 and 06:00."),
)


@live_check("M04")
def curfew(at: datetime) -> Found:
    """No hitch trip of the last 30 days departs between 22:00 and 06:00, and the curfew in force is at least as long."""
    hours = policy.value(CURFEW)
    faults = []
    if not (hours.from_ <= NIGHT[0] and hours.to >= NIGHT[1] and hours.from_ > hours.to):
        said = {"from": hours.from_.isoformat("minutes"), "to": hours.to.isoformat("minutes")}
        faults.append(SHORT_CURFEW(**said))
    found = ask.hitch_by_night(at - SPAN)
    if found.wrong:
        faults.append(BY_NIGHT(codes=named(found.codes, found.wrong)))
    return verdict(faults, DEPARTURES(bad=found.wrong, all=found.all), happened=found.all)


@breaks("M04", BY_NIGHT)
def a_hitch_departs_at_eleven(world: World) -> None:
    world.trip(departed_at=world.at.replace(hour=15))  # 23:00 in China


UNREMINDED = fault("unreminded", noop("Departed unreminded: %(codes)s"))
REMINDED = line(
    "reminded",
    noop(
        "%(good)s of %(all)s trips in 30 days that may run past 22:00 left after both had read the reminder or were called."
    ),
)


@live_check("M05")
def night_reminders(at: datetime) -> Found:
    """Every hitch trip that was estimated to run past 22:00 left only after both sides had been reminded."""
    found = ask.night_unreminded(at - SPAN)
    faults = [UNREMINDED(codes=named(found.codes, found.wrong))] if found.wrong else []
    return verdict(faults, REMINDED(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("M05", UNREMINDED)
def a_car_leaves_before_anybody_was_reminded(world: World) -> None:
    world.table("rides.Reminder")
    world.trip(departed_at=world.at, window_end=world.at.replace(hour=15))


NEVER_ASSESSED = fault("night_never_assessed", noop("No assessment of hitch at night is on record"))
ASSESSED_LONG_AGO = fault(
    "night_assessed_long_ago",
    noop("Hitch at night was assessed last on %(at)s, and not since"),
    at=lambda at: moment(str(at), "date"),
)
ASSESSED = line(
    "night_assessed",
    noop("Two people signed the assessment of %(at)s; it stands on this page."),
    at=lambda at: moment(str(at), "date"),
)


@live_check("M32")
def the_night_goes_on_being_assessed(at: datetime) -> Found:
    """Whether hitch can be made safe at night was assessed lately, by two people, in public."""
    faults = laws("reassessment_takes_two_people")
    row = night_assessment()
    if row is None:
        return verdict([*faults, NEVER_ASSESSED()])
    if at > row.at + policy.span(NIGHT_ASSESSED_WITHIN):
        faults.append(ASSESSED_LONG_AGO(at=row.at.isoformat()))
    return verdict(faults, ASSESSED(at=row.at.isoformat()))


@breaks("M32", ASSESSED_LONG_AGO)
def nobody_looks_at_the_night_again(world: World) -> None:
    world.make("governance.Reassessment", line="hitch", of_night=True, at=world.at - timedelta(days=400))


# --- The hitch line ----------------------------------------------------------------------------------------


def _places(names: object) -> str:
    return ", ".join(place(name) for name in str(names).split("|"))


RUNS_UNOPENED = fault(
    "hitch_runs", noop("The hitch line runs in %(cities)s, and no gate has opened it"), cities=_places
)
OPENED = line("hitch_opened", noop("The gate let the hitch line return in %(count)s cities."))
SUSPENDED = line("hitch_suspended", noop("The hitch line runs in no city."))


GATE_LAWS = (
    "line_returns_by_the_gate",
    "line_is_not_made_anew",
    "lines_are_not_emptied",
    "passage_moves_by_the_gate",
    "passages_are_not_emptied",
)


@live_check("M06")
def suspended_until_all_is_done(at: datetime) -> Found:
    """The hitch line runs in no city that the relaunch gate did not open; where it never began there is nothing to suspend."""
    faults = [NO_LAW(law=name) for name in trigger_always_stands(*GATE_LAWS)]
    opened = set(
        GatePassage.objects.filter(
            line=Line.HITCH, state__in=[PassageState.PROBATION, PassageState.DONE]
        ).values_list("code", "city")
    )
    going = [row for row in lines_going() if row.line == Line.HITCH]
    unopened = [row.city.names for row in going if (row.passage, row.city.code) not in opened]
    if unopened:
        faults.append(RUNS_UNOPENED(cities="|".join(unopened)))
    waiting = [row for row in suspended_rows() if row.line == Line.HITCH]
    seen = OPENED(count=len(going)) if going else SUSPENDED()
    return verdict(faults, seen, happened=len(going) + len(waiting))


@breaks("M06", RUNS_UNOPENED)
def hitch_is_switched_on(world: World) -> None:
    world.table("governance.GatePassage")
    city = world.make("rides.City", name_zh="影子城")
    world.make("rides.LineInCity", line="hitch", city_id=city.pk, state="running")


NOT_REASSESSED = fault(
    "not_reassessed",
    noop("No reassessment of the business model and the product logic is on record"),
)
REASSESSED = line(
    "reassessed",
    noop(
        "Two people signed the reassessment of %(at)s; its questions, findings and decision stand on this page."
    ),
    at=lambda at: moment(str(at), "date"),
)


@live_check("M31")
def reassessed(at: datetime) -> Found:
    """The business model and the product logic were reassessed, and what was found is published."""
    row = reassessment_of(Line.HITCH)
    return verdict([NOT_REASSESSED()]) if row is None else verdict([], REASSESSED(at=row.at.isoformat()))


@breaks("M31", NOT_REASSESSED)
def nothing_is_recorded(world: World) -> None:
    world.table("governance.Reassessment")


PICKED = fault("hitch_picked", noop("Taken by an owner to whom it was not held out: %(codes)s"))
OFFERED_ALONE = line(
    "hitch_offered",
    noop(
        "%(good)s of %(all)s hitch trips accepted in 30 days were held out to their owner one at a time, by lot or by the passenger's choice."
    ),
)


@live_check("R2+")
def owners_do_not_pick(at: datetime) -> Found:
    """Each accepted hitch request had been held out to its owner, who by a law of the database has one at a time."""
    faults = [NO_LAW(law=name) for name in unique_stands("one_open_proposal_per_owner")]
    found = ask.hitch_picked(at - SPAN)
    if found.wrong:
        faults.append(PICKED(codes=named(found.codes, found.wrong)))
    return verdict(faults, OFFERED_ALONE(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("R2+", PICKED)
def an_owner_takes_whom_they_like(world: World) -> None:
    world.table("rides.Proposal")
    world.trip()


# --- Names -------------------------------------------------------------------------------------------------

UNNAMED = fault("hitch_unnamed", noop("Hitch ordered without a verified real name: %(codes)s"))
UNNAMED_LATER = fault(
    "unnamed_after_day",
    noop("Ridden without a verified real name although every line needs it since %(day)s: %(codes)s"),
    day=lambda day: moment(str(day), "date"),
)
NO_STEP = fault("no_step_in_real_names", noop("No step in 30 days: %(then)s %% then, %(now)s %% now"))
NAMED = line(
    "real_names",
    noop(
        "%(done)s of %(all)s members have a verified real name; hitch asks for it before the first request."
    ),
)
STEP = 0.0005  # a twentieth of a per cent is a step


@live_check("M20")
def real_names(at: datetime) -> Found:
    """The share of members whose real name is verified; red where one without rode hitch, where one
    without rode at all after the day of the rule, or where 30 days made no step."""
    done, everybody = real_name_share()
    seen = NAMED(done=done, all=everybody)
    if not everybody:
        return Found(Status.NONE, (seen,))
    share = done / everybody
    faults: list[Facts] = []
    found = ask.hitch_unnamed(at - SPAN)
    if found.wrong:
        faults.append(UNNAMED(codes=named(found.codes, found.wrong)))
    day = real_names_from()
    if at >= day:
        late = ask.unnamed_on_other_lines(max(day, at - SPAN))
        if late.wrong:
            faults.append(UNNAMED_LATER(day=day.isoformat(), codes=named(late.codes, late.wrong)))
    then = _share_before("M20", at - SPAN)
    if share < 1.0 and then is not None and share < then + STEP:
        faults.append(NO_STEP(then=f"{100 * then:.1f}", now=f"{100 * share:.1f}"))
    if faults:
        return Found(Status.FAIL, (*faults, seen), share)
    return Found(Status.PASS if share == 1.0 else Status.PROGRESS, (seen,), share)


def _share_before(measure: str, at: datetime) -> float | None:
    """The share that was written down last before a time, within a week of it."""
    rows = MeasureResult.objects.filter(
        measure=measure, checked_at__lte=at, checked_at__gte=at - timedelta(days=7), share__isnull=False
    )
    return rows.order_by("-checked_at").values_list("share", flat=True).first()


@breaks("M20", UNNAMED)
def somebody_without_a_name_rides(world: World) -> None:
    world.trip(requested_at=world.at)


@breaks("M20", UNNAMED_LATER)
def somebody_without_a_name_rides_after_the_day(world: World) -> None:
    world.make(
        "core.PolicyVersion",
        key="rides.real_name_from",
        number=1,
        value="2018-09-01",
        effective_from=world.at - timedelta(days=60),
    )
    world.within(policy.read_anew())
    world.trip("express", requested_at=world.at - timedelta(minutes=20), boarded_at=world.at)


# --- Complaints and plates ---------------------------------------------------------------------------------

NO_INTERLOCK = fault("interlock_off", noop("The interlock is off"))
LOOSE = fault("severe_without_hold", noop("Open severe complaints without a hold: %(codes)s"))
ACCEPTED = fault("accepted_under_complaint", noop("Accepted with an open severe complaint: %(codes)s"))
ORDERS = line(
    "orders_under_complaint",
    noop("%(bad)s of %(all)s orders in 30 days were accepted by a driver with an open severe complaint."),
)


@live_check("M29")
def complaint_holds(at: datetime) -> Found:
    """No open severe complaint without a hold, and no order accepted while one was open."""
    faults = [] if policy.value(INTERLOCK) else [NO_INTERLOCK()]
    if loose := ask.severe_without_hold():
        faults.append(LOOSE(codes=named(loose)))
    found = ask.accepted_under_complaint(at - SPAN, at)
    if found.wrong:
        faults.append(ACCEPTED(codes=named(found.codes, found.wrong)))
    return verdict(faults, ORDERS(bad=found.wrong, all=found.all), happened=found.all)


@breaks("M29", ACCEPTED)
def an_accused_driver_takes_an_order(world: World) -> None:
    world.table("drivers.Hold")
    trip = world.trip(accepted_at=world.at - timedelta(minutes=5))
    world.make(
        "complaints.Complaint",
        state="open",
        level="severe",
        accused_as="driver",
        accused_id=trip.driver.account_id,
        stopped_at=world.at - timedelta(hours=1),
    )


NOT_COMPARED = fault("not_compared", noop("%(count)s boardings without the plate compared"))
PLATES_LACKING = fault("plates_lacking", noop("Releases without both plates: %(codes)s"))
COMPARED = line(
    "compared", noop("In %(good)s of %(all)s boardings in 30 days the passenger compared the plate.")
)
PRESUMED = line(
    "presumed",
    noop("%(count)s were presumed by both phones driving off together: nobody said what plate the car had."),
)


@live_check("M30")
def plate_seen(at: datetime) -> Found:
    """In every boarding of the last 30 days she compared the plate, and every release carries both plates.

    A boarding that is presumed is no plate compared: the promise is kept in part.
    """
    faults = laws("trip_boarded_after_plate_was_compared")
    found = ask.boardings(at - SPAN)
    if found.neither:
        faults.append(NOT_COMPARED(count=found.neither))
    if lacking := releases_without_plate(at - SPAN):
        faults.append(PLATES_LACKING(codes=named(lacking)))
    seen = [COMPARED(good=found.compared, all=found.all)]
    if found.presumed:
        seen.append(PRESUMED(count=found.presumed))
    if found.presumed and not faults:
        return Found(Status.PROGRESS, tuple(seen), found.compared / found.all)
    return verdict(faults, *seen, happened=found.all)


@breaks("M30", NOT_COMPARED)
def somebody_boards_without_a_plate(world: World) -> None:
    world.table("police.Release")
    world.trip(boarded_at=world.at)
