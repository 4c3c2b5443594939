"""What safety does when rides say something, and what follows an SOS."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.events import GuardianEnded
from accounts.selectors import guardianship
from accounts.states import GuardianEndedBy
from core import cases, clock, facts, handover, holds, live, retry, timeline
from core.actors import NOBODY, SYSTEM
from core.events import CENTRE, handles
from core.messages import outbox, push
from core.messages.catalogue import Message
from core.recipients import write_to_each
from core.transactions import begins_transaction
from drivers.events import DangerOnStreet, DriverHeld
from drivers.selectors import driver_by_code, is_frozen, report_by_code
from rides.events import (
    BoardingPresumed,
    CancelAttempted,
    MetAfterCancel,
    MismatchReported,
    PickupLate,
    TripAccepted,
    TripCancelled,
    TripEnded,
)
from rides.geometry import distance
from rides.selectors import aboard, follows_trips, name_of_rider, trip_by_code, trips_by_plate
from rides.states import Party
from safety import messages, sentences
from safety.events import DangerShown, SosRaised, SosRepeated
from safety.policies import ended_far
from safety.selectors import (
    called_at,
    contacts_called_for,
    her_metres_at_end,
    incident_to_tell,
    incident_trip,
    incident_trip_if_open,
    is_called_in_silence,
    live_counts,
    open_incidents_about,
    owned_by,
    takers_of_incidents,
    trips_to_follow,
)
from safety.services import (
    act_on_holds,
    add_signal,
    address_of,
    ask_passenger,
    bring_news,
    end_guardians_links,
    offer_own_incidents,
    open_incident,
    push_by_itself,
    share_with,
    share_with_contacts,
    trip_is_over,
)
from safety.states import Origin, SafetyLine, SignalKind

MOST_OF_A_PLATE = 3  # trips under way that bear one plate

if TYPE_CHECKING:
    from accounts.models import Account, EmergencyContact
    from safety.models import Incident


follows_trips(trips_to_follow)


@push.hushes
def is_silent(subject: str) -> bool:
    """While somebody on a trip calls for help in silence, no screen says anything about this trip."""
    return is_called_in_silence(subject)


@handles(GuardianEnded)
def end_links_of_guardian(event: GuardianEnded) -> None:
    """Whom our staff found to be nobody's guardian sees no trip any more (A9)."""
    row = guardianship(event.guardianship)
    if row is not None and event.by == GuardianEndedBy.STAFF:
        end_guardians_links(passenger=row.teen.code, phone=row.phone_index)


@handles(CancelAttempted)
def alert_cancel_aboard(event: CancelAttempted) -> None:
    """An attempt to cancel after boarding is an alert, whoever pressed (R6)."""
    add_signal(
        actor=SYSTEM,
        kind=SignalKind.CANCEL_ABOARD,
        trip=trip_by_code(event.trip),
        facts=facts.of(SignalKind.CANCEL_ABOARD, party=event.party, reason=event.reason),
    )
    ask_passenger(trip=trip_by_code(event.trip))


@handles(TripCancelled)
def alert_cancel_after_meeting(event: TripCancelled) -> None:
    """A cancel after the car had arrived is not simply believed: she is asked, and silence is an answer (R6)."""
    if event.doubted:
        trip = trip_by_code(event.trip)
        add_signal(
            actor=SYSTEM,
            kind=SignalKind.CANCEL_AFTER_MEETING,
            trip=trip,
            facts=facts.of(SignalKind.CANCEL_AFTER_MEETING, party=event.party, reason=event.reason),
        )
        ask_passenger(trip=trip)


@handles(MetAfterCancel)
def alert_met_after_cancel(event: MetAfterCancel) -> None:
    """A driver who says that nobody boarded, and then stands beside her, is not simply believed: she is asked (R6)."""
    kind, trip = SignalKind.CANCEL_AFTER_MEETING, trip_by_code(event.trip)
    why = facts.of(sentences.MET_AFTER_CANCEL, party=event.party, reason=event.reason)
    if add_signal(actor=SYSTEM, kind=kind, trip=trip, facts=why):
        ask_passenger(trip=trip)


@handles(BoardingPresumed)
def ask_who_counts_as_boarded(event: BoardingPresumed) -> None:
    """Nobody said that it is the registered car, and she travels in it: she is asked, and silence is an answer (S5)."""
    if not event.compared:
        kind, trip = SignalKind.BOARDING_PRESUMED, trip_by_code(event.trip)
        if add_signal(actor=SYSTEM, kind=kind, trip=trip, facts=facts.of(kind)):
            ask_passenger(trip=trip)


@handles(MismatchReported)
def alert_mismatch(event: MismatchReported) -> None:
    """Not this car, or not this driver: a specialist's clock runs, whatever the points, and her page says so (D5)."""
    kind, trip = SignalKind.MISMATCH, trip_by_code(event.trip)
    add_signal(
        actor=SYSTEM,
        kind=kind,
        trip=trip,
        incident=open_incident(actor=SYSTEM, origin=Origin.RULE, trip=trip),
        detail=event.what,
        facts=facts.of(kind, what=event.what),
    )


@handles(DangerOnStreet)
def alert_street_report(event: DangerOnStreet) -> None:
    """Somebody on the street tells of grave danger at a car in which somebody travels now: its incident opens, and people
    judge. Nobody proved who tells it, so no score and no stop on orders comes of it (D5+)."""
    report, at = report_by_code(event.report), clock.now()
    for trip in trips_by_plate(report.plate, at)[:MOST_OF_A_PLATE]:
        if trip.ended_at or (trip.cancelled_at and not trip.somebody_may_be_aboard):
            continue
        incident = open_incident(actor=SYSTEM, origin=Origin.RULE, trip=trip)
        timeline.add(
            SafetyLine.STREET_REPORT,
            NOBODY,
            trip=trip.code,
            incident=incident.code,
            words=report.words,
            code=report.code,
        )
        bring_news(incident)


@handles(PickupLate)
def alert_pickup_late(event: PickupLate) -> None:
    """A passenger who waited in the dark does not answer the agent: the safety desk looks for her (R4)."""
    add_signal(
        actor=SYSTEM,
        kind=SignalKind.PICKUP_LATE,
        trip=trip_by_code(event.trip),
        facts=facts.of(SignalKind.PICKUP_LATE),
    )


@handles(TripEnded)
def weigh_end(event: TripEnded) -> None:
    """An end far from the destination, or of which nobody knows where, is a signal; covert holds act where nobody is in the
    car any more.
    """
    trip = trip_by_code(event.trip)
    metres = event.metres if event.metres >= 0 else her_metres_at_end(trip)
    if ended_far(metres, distance(trip.origin, trip.destination)):
        known = metres >= 0
        why = facts.of(SignalKind.ENDED_FAR, metres=metres) if known else facts.of(sentences.ENDED_UNSEEN)
        add_signal(actor=SYSTEM, kind=SignalKind.ENDED_FAR, trip=trip, facts=why)
        ask_passenger(trip=trip)
    act_on_holds(driver=trip.driver)


@handles(TripEnded)
def count_hours_from_end(event: TripEnded) -> None:
    """Recordings are kept for a time from the end of the trip (S7)."""
    trip = trip_by_code(event.trip)
    trip_is_over(trip=trip, at=trip.ended_at or clock.now())


@handles(TripCancelled)
def count_hours_from_cancel(event: TripCancelled) -> None:
    """The same where a trip was cancelled: only a call for help before it was recorded."""
    trip = trip_by_code(event.trip)
    trip_is_over(trip=trip, at=trip.cancelled_at or clock.now())


@handles(TripAccepted)
def share_by_itself(event: TripAccepted) -> None:
    """A car was found: contacts follow the trip where the passenger wants it so (S4)."""
    share_with_contacts(trip=trip_by_code(event.trip))


@handles(DriverHeld)
def act_on_hold(event: DriverHeld) -> None:
    """A hold that began covertly, or a frozen account, acts at once where nobody is in the car (S11, D4)."""
    driver = driver_by_code(event.driver_code)
    acts = event.covert or (driver is not None and is_frozen(driver))
    if acts and aboard(event.driver_code) is None:
        act_on_holds(driver=driver)


@handles(SosRaised)
def alert_contacts(event: SosRaised) -> None:
    """Send the trip to the emergency contacts of whoever tapped SOS (S1, A7)."""
    incident = incident_to_tell(event.incident)
    trip = incident.trip
    if trip is None:
        return

    def alert(contact: "EmergencyContact") -> None:
        _alert(contact, incident, event.party)

    told = write_to_each(
        contacts_called_for(incident, event.party),
        alert,
        about=f"{incident.code}:{event.party}",
        life_safety=True,
        again=CONTACTS,
    )
    timeline.add(SafetyLine.CONTACTS, SYSTEM, trip=trip.code, incident=incident.code, count=told)


@handles(SosRaised, queue=CENTRE, since=2)
def push_call(event: SosRaised) -> None:
    """A call for help goes to the emergency centre, where the rule says so (P12)."""
    push_by_itself(code=event.incident, called=True)


@handles(SosRepeated, queue=CENTRE, since=2)
def push_further_call(event: SosRepeated) -> None:
    """A further tap is told to the centre at once, and where the centre had ended the case it is another one there (P12)."""
    push_by_itself(code=event.incident, called=True)


@handles(DangerShown, queue=CENTRE, since=2)
def push_danger(event: DangerShown) -> None:
    """The same for high risk that the trip itself shows."""
    push_by_itself(code=event.incident)


@handles(SosRaised, queue="default")
def hold_recordings(event: SosRaised) -> None:
    """What was recorded on this trip is evidence from now on (S7). Nothing of it is destroyed within hours: help goes first."""
    trip = incident_trip(event.incident)
    if trip:
        holds.place(actor=SYSTEM, subject=trip, source="sos", case=event.incident)


def _alert(contact: "EmergencyContact", incident: "Incident", party: str) -> None:
    """Promise the message to one contact; the same one is promised once."""
    trip = incident.trip
    if trip is None:
        return
    passenger = party == Party.PASSENGER
    person = trip.passenger if passenger or trip.driver is None else trip.driver.account
    name = name_of_rider(trip) if passenger else person.real_name
    # When this side called: the other one's call may be what opened the incident (S11).
    at, origin, destination = called_at(incident, party), trip.origin_name, trip.destination_name
    call: Message = messages.CalledForHelp(name=name, at=at, origin=origin, destination=destination)
    if passenger and trip.driver:
        share = share_with(trip=trip, party=Party.PASSENGER, contact=contact.pk, phone=contact.phone)
        link = address_of(share.token)
        call = messages.CalledForHelpWhere(
            name=name, at=at, origin=origin, destination=destination, link=link
        )
        if trip.plate_registered and trip.vehicle:
            call = messages.CalledForHelpInCar(
                name=name,
                at=at,
                origin=origin,
                destination=destination,
                plate=trip.plate_registered,
                colour=trip.vehicle.colour,
                model=trip.vehicle.model,
                driver=trip.driver.account.real_name,
                link=link,
            )
    outbox.queue(
        call,
        key=f"sos:{incident.code}:{party}:{contact.pk}",
        to=contact.phone,
        language=person.language,
        subject=incident.code,
    )


@begins_transaction
def _alert_again(key: str) -> None:
    """Whoever could not be written to when the others were; a contact that was taken away meanwhile is not."""
    code, party, pk = key.split(":")
    incident = incident_to_tell(code)
    for contact in contacts_called_for(incident, party):
        if str(contact.pk) == pk:
            _alert(contact, incident, party)


CONTACTS = retry.declare(
    "safety.alert_contacts",
    gettext_lazy("alerting an emergency contact of an SOS"),
    law=retry.LIFE,
    again=_alert_again,
)


@cases.register_case_lookup
def trip_of_incident(code: str) -> str:
    """A live incident is a case in which recordings of its trip may be played."""
    return incident_trip_if_open(code) if code.startswith("I") else ""


@cases.register_open_cases
def incidents_about(subject: str) -> list[cases.OpenCase]:
    """Whoever took a live incident has a case about both sides of its trip."""
    return open_incidents_about(subject)


@cases.register_owners
def owners_of_incidents(code: str) -> list[str]:
    """Who took an incident, or one of this trip, also when it is closed."""
    return takers_of_incidents(code)


def _own_incidents(account: "Account") -> list[handover.Mine]:
    return [
        handover.Mine(row.code, reverse("safety_console:incident", args=[row.code]), row.opened_at)
        for row in owned_by(account)
    ]


@handover.held(
    "incidents",
    gettext_lazy("Incident"),
    column="safety.Incident.taken_by",
    due="incidents",
    order=10,
    permission="incidents.respond",
    marks=("incidents",),
    mine=_own_incidents,
)
def hand_over_incidents(account: "Account", heir: "Account", words: str) -> int:
    """At the end of a shift."""
    return offer_own_incidents(account, heir, words)


@live.mark("live", "open")
def incidents_now() -> tuple[int, int]:
    """How many incidents are not closed, and how many of them nobody has; with a sound when those become more."""
    return live_counts()
