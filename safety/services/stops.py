"""Who may be dangerous gets no next passenger, and sees nothing of it (D15, S11)."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from core import jobs
from core.actors import SYSTEM, Actor
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import covert_holds, covert_holds_behind, is_frozen, told_from
from drivers.services import hold_driver, open_case, release_holds_of, tell_of_hold
from drivers.states import CaseKind, HoldKind
from rides.selectors import aboard
from rides.services import give_to_others
from rides.states import BEFORE_BOARDING, Party
from safety.models import Incident
from safety.policies import STOP_RULE
from safety.states import LIVE, IncidentOutcome

if TYPE_CHECKING:
    from drivers.models import Driver
    from rides.models import Trip

# These say nothing of a trip: their driver may know of them as soon as nobody is in the car.
OF_NO_TRIP = frozenset({HoldKind.SCREENING, HoldKind.FACE, HoldKind.STAFF})
# An outcome that says that nothing was wrong with the driver.
CLEARS = frozenset({IncidentOutcome.SAFE, IncidentOutcome.FALSE_ALARM, IncidentOutcome.MALICIOUS})


@joins_transaction
def stop_next_order(*, incident: Incident, actor: Actor, first: bool = False) -> None:
    """The driver of an incident's trip gets no next order until its outcome, given by two people, clears it (D15).

    `first` where this transaction opened the incident.
    """
    driver = incident.trip.driver if incident.trip else None
    if driver:
        _stop(driver, incident.code, actor, first=first)


@joins_transaction
def review_covertly(*, trip: "Trip", actor: Actor, source: str) -> None:
    """A driver whom the police ask about gets no next order until two people have decided the vetting case (D15, P9)."""
    if trip.driver is None or trip.passenger.is_drill:
        return  # the drill of the hour needs its driver again, and nobody decides its cases
    case = open_case(driver=trip.driver, kind=CaseKind.POLICE, subject=trip.code, actor=actor, source=source)
    _stop(trip.driver, case.code, actor)


def _stop(driver: "Driver", source: str, actor: Actor, *, first: bool = False) -> None:
    hold_driver(
        actor=actor,
        driver=driver,
        kind=HoldKind.SAFETY,
        source=source,
        citation=STOP_RULE,
        covert=True,
        first=first,
    )


@joins_transaction
def end_stop(*, incident: Incident, actor: Actor) -> None:
    """Two people have given an incident its outcome: orders come again where it clears the driver.

    What the police have stays stopped, and is decided as a vetting case.
    """
    trip = incident.trip
    if trip is None or trip.driver is None:
        return
    if incident.outcome not in CLEARS:
        review_covertly(trip=trip, actor=actor, source=incident.code)
    reason = str(incident.outcome)
    release_holds_of(actor=actor, source=incident.code, reason=reason, proposed_by=incident.resolved_by)


@joins_transaction
def act_on_holds(*, driver: "Driver | None") -> None:
    """When nobody is in the car, a covert hold gives the trips that have not begun to others, and so does a freeze after
    failed face checks: who cannot show a face arrives nowhere, and may be somebody else (D4).

    What a hold has to do with a trip is told not before the next day (S11).
    """
    if driver is None:
        return
    quiet, frozen = covert_holds(driver), is_frozen(driver)
    if not (quiet or frozen) or _she_may_be_with(driver):
        return
    for hold in quiet:
        if hold.kind in OF_NO_TRIP:
            tell_of_hold(hold=hold)
    give_to_others(actor=SYSTEM, driver=driver, unproved=frozen)


def _she_may_be_with(driver: "Driver") -> bool:
    """True where somebody may be in this driver's car, or called for help before the pick-up and was not reached since.

    A driver who never says that he is there carries somebody in a trip that still stands as accepted.
    """
    if aboard(driver.account.code):
        return True
    called = Incident.objects.filter(
        state__in=LIVE, trip__driver=driver, trip__state__in=BEFORE_BOARDING, sos_calls__party=Party.PASSENGER
    ).distinct()
    return any(incident.answer(incident.safe_check_at) is None for incident in called)


@begins_transaction
def _look_again(pk: int, at: datetime) -> bool:
    """One covert hold: it acts where nobody is in the car any more, and is told when its time has come."""
    hold = next(iter(covert_holds(pk=pk)), None)
    if hold is None or _she_may_be_with(hold.driver):
        return False
    live = Incident.objects.filter(code=hold.source, state__in=LIVE).exists()
    told = hold.kind in OF_NO_TRIP or not (live or at < told_from(hold.opened_at, hold.code))
    if told:
        tell_of_hold(hold=hold)
    give_to_others(actor=SYSTEM, driver=hold.driver)
    return told


# They stay due until the next day however often they are looked at.
QUIET_HOLDS = jobs.walk(
    "safety.quiet_holds",
    gettext_lazy("giving trips of stopped drivers to others, and telling drivers the next day"),
    behind=covert_holds_behind,
    act=_look_again,
    key=int,
)
