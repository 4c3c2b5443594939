"""The live check of what the regulator is told (G11), with its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from complaints.services import punishments
from complaints.states import AccusedAs, Outcome
from governance.checks import ask
from governance.checks.verdicts import verdict
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.regulator.company import BadFile, City, Company, company, is_set_up, reporting_as
from governance.regulator.scores import is_overdue, last_score
from governance.shadow import World
from rides.selectors import all_lines
from rides.states import Line, LineState

DAY = timedelta(days=1)
LOOKS_BACK = timedelta(
    hours=1
)  # each fact of it is looked for; older ones that wait or were refused are counted
ALLOWED = timedelta(minutes=5)  # beyond it a fact is not late but missing
PAYS = timedelta(hours=1, minutes=10)  # a payment may be under way for an hour
POSITION = timedelta(seconds=60)
LATE_AT_MOST = 0.05  # p95 within 60 s is at most one of twenty later

NOT_CONNECTED = fault(
    "feed_nowhere",
    noop("Not connected: no supervision platform is set up, so nothing is reported to the regulator"),
)
BAD_COMPANY = fault("feed_company", noop("The company's file for the regulator cannot be read"))
NO_REGION = fault("feed_cities", noop("Lines that run and are not reported: %(which)s"))
UNTOLD = fault(
    "feed_untold", noop("Facts of the last hour that the regulator did not acknowledge: %(codes)s")
)
UNTOLD_DRIVERS = fault(
    "feed_untold_drivers",
    noop(
        "Drivers who went online or offline in the last hour, and the regulator did not acknowledge it: %(codes)s"
    ),
)
UNTOLD_PUNISHED = fault(
    "feed_untold_punished",
    noop(
        "Drivers against whom something was decided or taken back in the last hour, and the regulator did not acknowledge it: %(codes)s"
    ),
)
WAITING = fault("feed_waiting", noop("Waiting for longer than five minutes: %(count)s"))
REFUSED = fault("feed_refused", noop("Refused, or cannot be true: %(count)s, for %(which)s"))
LATE = fault("feed_late", noop("Later than 60 s in the last day: %(share)s"))
LATE_POSITIONS = fault("feed_late_positions", noop("Positions later than 60 s in the last day: %(share)s"))
BAD_POSITIONS = fault(
    "feed_bad_positions", noop("Positions of the last day that were refused or cannot be true: %(share)s")
)
UNPLACED = fault("feed_unplaced", noop("Cars whose newest position the regulator does not have: %(codes)s"))
NOT_THERE = fault(
    "feed_not_there",
    noop("Of yesterday the regulator has %(theirs)s items, and had acknowledged %(ours)s"),
)
SCORED = line("feed_scored", noop("Of %(day)s the regulator counts %(theirs)s items, as we do %(ours)s."))
UNSCORED = line("feed_unscored", noop("The regulator said of no day how much it has."))
UNHEARD = fault(
    "feed_score_unheard",
    noop("For more than a day the regulator has not said how much it has, though it was told something"),
)
LOST_AT_MOST = 0.01  # what is told at midnight may count for either day
TOLD = line(
    "feed_told",
    noop(
        "Acknowledged in the last day: %(told)s facts and %(positions)s positions; of %(all)s facts of the last hour, %(good)s."
    ),
)


def _not_reported(ours: Company) -> list[str]:
    """Lines that run in cities of ours and are not told; hitch where a city's own rules do not ask for it is none."""
    return [
        f"{row.city.code}/{row.line}"
        for row in all_lines()
        if row.state != LineState.SUSPENDED
        and (
            row.city.code not in ours.cities
            or row.line not in {*ours.cities[row.city.code].lines, Line.HITCH}
        )
    ]


@live_check("G11")
def the_regulator_hears_in_time(at: datetime) -> Found:
    """What should have been told was acknowledged, in time, of every city; nothing waits, and nothing is refused."""
    if not is_set_up():
        return verdict([NOT_CONNECTED()])
    try:
        ours = company()
    except BadFile:
        return verdict([BAD_COMPANY()])
    faults = []
    if which := _not_reported(ours):
        faults.append(NO_REGION(which=named(which)))
    lines = [
        {"city": code, "line": each} for code, city in ours.cities.items() for each in sorted(city.lines)
    ]
    facts = ask.facts_untold(at - LOOKS_BACK, at, lines=lines, within=ALLOWED, pays=PAYS)
    if facts.wrong:
        faults.append(UNTOLD(codes=named(facts.codes, facts.wrong)))
    reported = sorted({line for city in ours.cities.values() for line in city.lines})
    spells = ask.spells_untold(at - LOOKS_BACK, at, lines=reported, within=ALLOWED)
    if spells.wrong:
        faults.append(UNTOLD_DRIVERS(codes=named(spells.codes, spells.wrong)))
    punished = ask.punishments_untold(
        at - LOOKS_BACK, at, lines=reported, outcomes=punishments(), within=ALLOWED
    )
    if punished.wrong:
        faults.append(UNTOLD_PUNISHED(codes=named(punished.codes, punished.wrong)))
    cars = ask.positions_untold(at, lines=lines, within=POSITION)
    if cars.wrong > cars.all * LATE_AT_MOST:
        faults.append(UNPLACED(codes=named(cars.codes, cars.wrong)))
    seen = ask.feed(at - DAY, at, within=ALLOWED)
    if seen.waiting:
        faults.append(WAITING(count=seen.waiting))
    if seen.refused:
        faults.append(REFUSED(count=seen.refused, which=named(seen.causes)))
    if seen.late > seen.told * LATE_AT_MOST:
        faults.append(LATE(share=f"{seen.late / seen.told:.0%}"))
    if seen.late_positions > seen.positions * LATE_AT_MOST:
        faults.append(LATE_POSITIONS(share=f"{seen.late_positions / seen.positions:.0%}"))
    every = seen.positions + seen.refused_positions
    if seen.refused_positions > every * LATE_AT_MOST:
        faults.append(BAD_POSITIONS(share=f"{seen.refused_positions / every:.0%}"))
    score = last_score(at)
    scored = UNSCORED()
    if score:
        scored = SCORED(day=score.day.isoformat(), theirs=score.theirs, ours=score.ours)
        if score.theirs < score.ours * (1 - LOST_AT_MOST):
            faults.append(NOT_THERE(theirs=score.theirs, ours=score.ours))
    elif is_overdue(at):
        faults.append(UNHEARD())
    looked_for = (facts, spells, punished)
    told = TOLD(
        told=seen.told,
        positions=seen.positions,
        all=sum(each.all for each in looked_for),
        good=sum(each.all - each.wrong for each in looked_for),
    )
    return verdict(faults, told, scored, happened=seen.told)


def _connected(world: World) -> None:
    """A company that is connected and reports its one city: nothing is wrong in that world, whatever is outside."""
    world.table(
        "governance.FeedMessage",
        "governance.FeedHour",
        "governance.FeedScore",
        "governance.FeedMark",
        "governance.FeedPosition",
        "rides.LatestPosition",
        "rides.Trip",
        "rides.LineInCity",
        "drivers.OnlineSpell",
        "drivers.VettingCase",
        "complaints.Measure",
    )
    world.within(
        reporting_as(Company("SHADOW", {}, {"shadow": City(330300, frozenset({Line.EXPRESS.value}), {})}))
    )


@breaks("G11", UNTOLD_DRIVERS)
def a_driver_who_goes_online_and_is_not_told(world: World) -> None:
    _connected(world)
    account = world.make("accounts.Account", real_name="影子司机", phone="+8613800009902")
    driver = world.make("drivers.Driver", account_id=account.pk)
    began = world.at - timedelta(minutes=30)
    world.make("drivers.OnlineSpell", driver_id=driver.pk, line=Line.EXPRESS.value, began_at=began)


@breaks("G11", UNTOLD_PUNISHED)
def a_driver_whose_punishment_is_not_told(world: World) -> None:
    _connected(world)
    account = world.make("accounts.Account", real_name="影子司机", phone="+8613800009903")
    world.make("drivers.Driver", account_id=account.pk, lines=[Line.EXPRESS.value])
    world.make(
        "complaints.Measure",
        outcome=Outcome.WARNING.value,
        person_id=account.pk,
        person_as=AccusedAs.DRIVER.value,
        done_at=world.at - timedelta(minutes=30),
    )


@breaks("G11", UNTOLD)
def an_order_that_the_regulator_never_hears_of(world: World) -> None:
    _connected(world)
    city = world.make("rides.City", code="shadow", latitude=28.0, longitude=120.7)
    world.trip(
        Line.EXPRESS.value,
        city_id=city.pk,
        requested_at=world.at - timedelta(minutes=30),
        accepted_at=world.at - timedelta(minutes=20),
    )
