"""Live checks of who drives: faces, certificates, screening, bindings, mismatches. Each has its breaker."""

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_noop as noop

from core import policy
from drivers.board_selectors import (
    FACE_ACCEPT,
    FACE_REFUSE,
    FACE_TOKEN_LIFE,
    MISMATCH_REWARD,
    REWARD_WITHIN,
    SCREENED_WITHIN,
    Shown,
    answered_mismatches,
    attacks_shown,
    bindings_over_the_law,
    fleet_screening,
    living_shown,
    rewards_late,
    unproven_certificates,
)
from drivers.selectors import newest_run, run_progress
from drivers.services.mismatch import PAYABLE
from governance.checks import ask
from governance.checks.verdicts import NO_LAW, SPAN, laws, shared, trigger_stands, unique_stands, verdict
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.shadow import World
from governance.states import Status
from rides.selectors import mismatches_since
from rides.states import TripState

# --- Faces -------------------------------------------------------------------------------------------------

LOWEST_ACCEPT = 0.40  # the least likeness for which error rates were measured (docs/faces.md)
RED_TEAM_RESTS = timedelta(hours=3)  # it shows pictures each hour
LIKENESS = fault("likeness_too_low", noop("The likeness in force is only %(value)s"))
OPENS_LONG = fault("token_lives_long", noop("A check opens orders for %(seconds)s s"))
PASSING = fault("pictures_pass", noop("Pictures that pass the face check: %(kinds)s"))
RED_TEAM_GONE = fault(
    "red_team_rests", noop("No picture was shown to the face check for hours: the red team does not run")
)
NOBODY_READ = fault(
    "attacks_unread",
    noop("No picture that was shown to the face check for hours could be read: nobody knows what passes"),
)
LIVING_REFUSED = fault(
    "living_refused", noop("The face check refused somebody alive: what it refuses besides says nothing")
)
FACELESS = fault("accepted_faceless", noop("Accepted without a face: %(codes)s"))
FACES = line(
    "accepted_with_face",
    noop("%(good)s of %(all)s hitch orders in 30 days were accepted with a face check of their own."),
)


@live_check("M03")
def face_before_orders(at: datetime) -> Found:
    """Every hitch order of the last 30 days was accepted with a face token, at thresholds that were measured, and the
    red team's newest picture of each kind was refused, and whom it showed alive passed. Other lines ask once a day (M10)."""
    since = at - SPAN
    faults = laws("face_token_only_when_passed")
    if policy.value(FACE_ACCEPT) < LOWEST_ACCEPT or policy.value(FACE_REFUSE) > policy.value(FACE_ACCEPT):
        faults.append(LIKENESS(value=policy.value(FACE_ACCEPT)))
    if policy.value(FACE_TOKEN_LIFE) > 300:
        faults.append(OPENS_LONG(seconds=policy.value(FACE_TOKEN_LIFE)))
    shown = attacks_shown(since)
    if passing := sorted(kind for kind, each in shown.items() if each.read == Shown.PASSED):
        faults.append(PASSING(kinds=", ".join(passing)))
    # A red team that does nothing any more finds nothing; where it never ran, nobody knows what passes.
    always = datetime.min.replace(tzinfo=UTC)
    ever = shown or attacks_shown(always)
    living = living_shown(since) or living_shown(always)
    due = at - RED_TEAM_RESTS
    if ever and (max(each.at for each in ever.values()) < due or (living is not None and living[1] < due)):
        faults.append(RED_TEAM_GONE())
    elif ever and max((each.read_at or always for each in ever.values()), default=always) < due:
        faults.append(NOBODY_READ())
    # A check that refuses everybody refuses attacks too.
    if living is not None and not living[0]:
        faults.append(LIVING_REFUSED())
    found = ask.hitch_without_face(since)
    if found.wrong:
        faults.append(FACELESS(codes=named(found.codes, found.wrong)))
    seen = FACES(good=found.all - found.wrong, all=found.all)
    return verdict(faults, seen, happened=found.all if ever and living else 0)


@breaks("M03", FACELESS)
def an_order_without_a_face(world: World) -> None:
    world.table("drivers.FaceCheck")
    world.trip()


DAYLESS = fault("online_without_face", noop("%(count)s spells online without the day's check"))
DAYS = line(
    "online_with_face", noop("%(good)s of %(all)s times online in 30 days began after the day's face check.")
)


@live_check("M10")
def face_each_day(at: datetime) -> Found:
    """Every online spell of the last 30 days stands on a passed check of the same service day."""
    found = ask.spells_without_face(at - SPAN)
    faults = [DAYLESS(count=found.wrong)] if found.wrong else []
    return verdict(faults, DAYS(good=found.all - found.wrong, all=found.all), happened=found.all)


@breaks("M10", DAYLESS)
def online_on_yesterdays_face(world: World) -> None:
    driver = world.trip().driver
    check = world.make(
        "drivers.FaceCheck", driver_id=driver.pk, purpose="daily", state="passed", subject="2018-05-05"
    )
    world.make("drivers.OnlineSpell", driver_id=driver.pk, face_check_id=check.pk, began_at=world.at)


# --- Mismatches --------------------------------------------------------------------------------------------

NO_CONSEQUENCE = fault("no_consequence", noop("Reported without consequence: %(codes)s"))
STOPPED = line(
    "mismatch_stopped",
    noop("%(good)s of %(all)s reports in 30 days stopped the trip, held the driver and opened a case."),
)


@live_check("M09")
def zero_tolerance(at: datetime) -> Found:
    """Every mismatch reported before boarding in the last 30 days stopped the trip, held the driver and opened a case."""
    faults = laws("trip_boarded_after_plate_was_compared")
    reports = mismatches_since(at - SPAN)
    answered = answered_mismatches([code for code, _state, _at in reports])
    loose = [code for code, state, _at in reports if code not in answered or state != TripState.CANCELLED]
    if loose:
        faults.append(NO_CONSEQUENCE(codes=named(loose)))
    return verdict(faults, STOPPED(good=len(reports) - len(loose), all=len(reports)), happened=len(reports))


@breaks("M09", NO_CONSEQUENCE)
def another_car_and_nothing_follows(world: World) -> None:
    world.table("drivers.MismatchReport", "drivers.VettingCase", "drivers.Hold")
    world.trip(state="cancelled", plate_check="differs", cancelled_at=world.at)


NO_REWARD = fault("no_reward", noop("The reward in force is nothing"))
LATE_REWARDS = fault("rewards_late", noop("Confirmed and not rewarded in time: %(codes)s"))
LEDGER_WRONG = fault("ledger_wrong", noop("The ledger does not add up: %(codes)s"))
REWARDED = line(
    "rewarded", noop("%(paid)s rewards approved for %(all)s confirmed mismatches that somebody reported.")
)
NEWEST_TRANSFERS = 50_000  # looked at in each round; the trigger proves all that were written


@live_check("M11")
def rewards(at: datetime) -> Found:
    """A confirmed mismatch pays its first reporter once, in time, and the ledger adds up."""
    faults = laws("reward_two_people")
    if policy.value(MISMATCH_REWARD) <= 0:
        faults.append(NO_REWARD())
    missing = unique_stands("drivers_reward_case_id_key", "drivers_reward_report_id_key")
    faults += [NO_LAW(law=name) for name in missing + trigger_stands("ledger_entries_sum_to_zero")]
    count, late = rewards_late(at - policy.span(REWARD_WITHIN))
    if late:
        faults.append(LATE_REWARDS(codes=named(late)))
    booked = ask.rewards_not_booked(PAYABLE)
    wrong = booked.codes + ask.unbalanced_of_newest(NEWEST_TRANSFERS)
    if wrong:
        faults.append(LEDGER_WRONG(codes=named(wrong)))
    return verdict(faults, REWARDED(paid=booked.all, all=count), happened=count)


@breaks("M11", LEDGER_WRONG)
def a_reward_that_no_ledger_knows(world: World) -> None:
    world.table("core.LedgerTransfer", "core.LedgerEntry", "drivers.VettingCase")
    report = world.make("drivers.MismatchReport")
    world.make("drivers.Reward", report_id=report.pk, state="approved", fen=50_000)


# --- Screening ---------------------------------------------------------------------------------------------

BARRED = fault("barred_drive", noop("Barred by a registry and not held: %(codes)s"))
SCREENED = line(
    "screened", noop("%(done)s of %(all)s vetted drivers were screened with the police registry in time.")
)


@live_check("M07")
def background(at: datetime) -> Found:
    """Every vetted driver was screened with the police in time, and nobody whom that bars may drive."""
    fleet = fleet_screening(at - policy.span(SCREENED_WITHIN))
    barred = fleet.driving_although_barred
    faults = [BARRED(codes=named(barred))] if barred else []
    return shared(faults, fleet.screened, fleet.vetted, SCREENED(done=fleet.screened, all=fleet.vetted))


@breaks("M07", BARRED)
def a_barred_driver_drives(world: World) -> None:
    world.table("drivers.Hold", "drivers.VettingCase")
    driver = world.trip().driver
    type(driver).objects.filter(pk=driver.pk).update(state="vetted")
    world.make(
        "drivers.Screening", driver_id=driver.pk, state="answered", verdict="bar", answered_at=world.at
    )


UNPROVEN = fault("unproven", noop("Not confirmed at the source: %(codes)s"))
PROVEN = line(
    "proven",
    noop("%(good)s of %(all)s vetted drivers have three certificates that the registries confirmed."),
)


@live_check("M08")
def three_certificates(at: datetime) -> Found:
    """Identity, driving licence and vehicle licence of every vetted driver were confirmed at their source."""
    faults = laws("driver_vetted_has_a_licence", "screening_answered_has_a_result")
    count, unproven = unproven_certificates()
    if unproven:
        faults.append(UNPROVEN(codes=named(unproven)))
    return verdict(faults, PROVEN(good=count - len(unproven), all=count), happened=count)


@breaks("M08", UNPROVEN)
def certificates_that_nobody_confirmed(world: World) -> None:
    world.table("drivers.Screening")
    driver = world.trip().driver
    type(driver).objects.filter(pk=driver.pk).update(state="vetted")


NEVER_SCREENED = fault("never_screened", noop("The fleet was never screened"))
LATE_RUN = fault("run_late", noop("The run is late"))
LONG_AGO = line(
    "run_long_ago",
    noop("It ended %(days)s days ago: whoever came since then was not in it, and nothing newer shows it."),
)
RUN = line(
    "run",
    noop(
        "%(done)s of %(all)s drivers screened in run %(run)s; %(bar)s held, %(review)s for a person to look at."
    ),
)
SET_ASIDE = line("run_aside", noop("%(n)s could not be screened."))


@live_check("M16")
def fleet_again(at: datetime) -> Found:
    """The newest screening of the fleet is done, or how much of it is left; red when it is late or there was none.

    It proves what it found for as long as every other check looks back; a screening of last year proves nothing today.
    """
    run = newest_run()
    if run is None:
        return Found(Status.FAIL, (NEVER_SCREENED(),), 0.0)
    progress = run_progress(run)
    share = min(1.0, progress.done / run.drivers) if run.drivers else None
    seen = [RUN(done=progress.done, all=run.drivers, run=run.code, bar=progress.bar, review=progress.review)]
    if progress.aside:
        seen.append(SET_ASIDE(n=len(progress.aside)))
    # Whom the run set aside is part of the fleet: until they are screened it is not done.
    finished = None if progress.aside else run.finished_at
    if at - run.started_at > policy.span(SCREENED_WITHIN) or (finished or at) > run.due_at:
        return Found(Status.FAIL, (LATE_RUN(), *seen), share)
    if finished is None:
        return Found(Status.PROGRESS, tuple(seen), share)
    if finished < at - SPAN:
        return Found(Status.NONE, (*seen, LONG_AGO(days=(at - finished).days)), share)
    return verdict([], *seen, happened=run.drivers)


@breaks("M16", LATE_RUN)
def a_run_that_is_late(world: World) -> None:
    world.table("drivers.Screening")
    world.make(
        "drivers.ScreeningRun",
        state="running",
        drivers=10,
        started_at=world.at - SPAN,
        due_at=world.at - SPAN,
    )


# --- Bindings ----------------------------------------------------------------------------------------------

OVER = fault(
    "bindings_over",
    noop("%(cars)s drivers have more than two vehicles, %(persons)s vehicles more than three persons"),
)
BOUND = line(
    "bindings",
    noop("%(count)s bindings; one licence for each account, two vehicles and three persons at most."),
)


@live_check("M23")
def bindings(at: datetime) -> Found:
    """The constraints of D3 stand, and no binding breaks them."""
    faults = laws("two_vehicles_per_driver_three_persons_per_vehicle")
    missing = unique_stands(
        "one_vehicle_in_each_place_of_a_driver",
        "one_person_in_each_place_of_a_vehicle",
        "drivers_driver_licence_index_key",
        "drivers_driver_account_id_key",
        "one_open_application_per_driver",
    )
    faults += [NO_LAW(law=name) for name in missing]
    count, cars, persons = bindings_over_the_law()
    if cars or persons:
        faults.append(OVER(cars=cars, persons=persons))
    return verdict(faults, BOUND(count=count), happened=count)


@breaks("M23", OVER)
def a_driver_with_three_cars(world: World) -> None:
    driver = world.trip().driver
    for place in (1, 2, 3):
        vehicle = world.make("drivers.Vehicle", plate=f"影·{place}")
        world.make("drivers.Binding", driver_id=driver.pk, vehicle_id=vehicle.pk, vehicle_place=place)
