"""One tap: the call for help, what its sender adds, and the appeal of whose call was called malicious."""

from datetime import datetime
from typing import TYPE_CHECKING

from core import audit, clock, events, facts, policy, timeline
from core.errors import NotFound
from core.transactions import begins_transaction
from rides.geometry import Point
from rides.selectors import trip_by_code, trip_for_help
from rides.states import Party
from rides.tokens import TripKey
from safety import packets
from safety.errors import ActionClosed, ReasonMissing
from safety.events import SosRaised
from safety.models import Incident, MalicePlea, SosCall
from safety.policies import why_not_decide
from safety.selectors import malicious_alarm_of
from safety.services.checks import hear_distress
from safety.services.incidents import add_signal, open_incident, touch
from safety.states import LIVE, Origin, PleaOutcome, SafetyLine, SignalKind

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


def _who(trip: "Trip", party: Party) -> "Account":
    """Who taps on this side of a trip."""
    return trip.driver.account if party == Party.DRIVER and trip.driver else trip.passenger


@begins_transaction
def raise_sos(*, key: TripKey, position: Point | None = None, silent: bool = False) -> Incident:
    """One tap (S1): incident, position and everything that follows from it in one transaction.

    A second tap adds to the same incident. Needs no session: the key of the trip's page is enough.
    """
    return _raise(key, position, silent=silent)


@begins_transaction
def raise_by_packet(*, text: str) -> Incident:
    """A call for help that came as a message, because the phone has no data (S1). The same message again adds nothing.

    Raises `PacketUnreadable`, `NotFound`.
    """
    packet = packets.decode(text)
    trip = trip_by_code(packet.trip)
    known = SosCall.objects.filter(incident__trip=trip, party=packet.party, sent_at=packet.at).first()
    if known:
        return known.incident
    key = TripKey(packet.trip, packet.party, trip.city.code)
    incident = _raise(key, packet.position, silent=packet.silent, sent_at=packet.at)
    timeline.add(
        SafetyLine.PACKET,
        _who(trip, packet.party).actor,
        trip=trip.code,
        incident=incident.code,
        position=packet.position,
        party=packet.party,
        sent_at=packet.at.isoformat(),
    )
    return incident


@policy.read_once()
@timeline.together()
def _raise(
    key: TripKey, position: Point | None, *, silent: bool, sent_at: datetime | None = None
) -> Incident:
    trip = trip_for_help(key.trip)
    person = _who(trip, key.party)
    actor = person.actor
    incident = open_incident(actor=actor, origin=Origin.SOS, trip=trip)
    again = incident.has_sos and incident.sos_calls.filter(party=key.party).exists()
    SosCall.objects.create(
        incident=incident,
        party=key.party,
        at=clock.now(),
        sent_at=sent_at,
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
    )
    line = SafetyLine.SOS_AGAIN if again else SafetyLine.SOS
    timeline.add(line, actor, trip=trip.code, incident=incident.code, position=position, party=key.party)
    changes: dict[str, object] = {"has_sos": True, "silent": incident.silent or silent}
    if not add_signal(
        actor=actor,
        kind=SignalKind.SOS,
        trip=trip,
        incident=incident,
        detail=key.party,
        facts=facts.of(SignalKind.SOS, party=key.party),
        position=position,
        changes=changes,
    ):
        touch(incident, **changes)
    if not again:
        audit.record(actor, "safety.sos", incident.code, case=incident.code, trip=trip.code, party=key.party)
        events.publish(SosRaised(incident=incident.code, party=key.party))
    return incident


@begins_transaction
def add_word(*, key: TripKey, words: str, silent: bool | None = None) -> Incident:
    """After SOS: write a word to the agent, or ask not to be called back. Raises `NotFound` before any SOS."""
    trip = trip_by_code(key.trip)
    incident = (
        Incident.objects.select_for_update()
        .filter(trip=trip, state__in=LIVE, sos_calls__party=key.party)
        .first()
    )
    if incident is None:
        raise NotFound
    person = _who(trip, key.party)
    if words.strip():
        timeline.add(
            SafetyLine.WORD,
            person.actor,
            trip=trip.code,
            incident=incident.code,
            words=words.strip()[:1000],
            party=key.party,
        )
        hear_distress(incident, words)
    touch(incident, silent=incident.silent if silent is None else silent)
    return incident


@begins_transaction
def file_plea(*, key: TripKey, words: str) -> MalicePlea:
    """Whose call for help was called malicious says why it was not (S3); once for each incident.

    Raises `NotFound` where there is none, `ReasonMissing`.
    """
    incident = malicious_alarm_of(key.trip, key.party)
    if incident is None:
        raise NotFound
    if not words.strip():
        raise ReasonMissing("words")
    trip = trip_by_code(key.trip)
    person = _who(trip, key.party)
    plea, new = MalicePlea.objects.get_or_create(
        incident=incident,
        defaults={"account": person.code, "words": words.strip()[:2000], "filed_at": clock.now()},
    )
    if new:
        timeline.add(
            SafetyLine.PLEA, person.actor, trip=trip.code, incident=incident.code, words=words.strip()[:2000]
        )
        audit.record(person.actor, "safety.plea", incident.code, case=incident.code)
    return plea


@begins_transaction
def decide_plea(*, account: "Account", code: str, upheld: bool, words: str) -> MalicePlea:
    """Somebody who neither gave nor reviewed the outcome decides on an appeal. Raises `ActionClosed`, `ReasonMissing`, `NotFound`."""
    plea = (
        MalicePlea.objects.select_for_update(of=("self",))
        .select_related("incident__trip")
        .filter(incident__code=code)
        .first()
    )
    if plea is None:
        raise NotFound
    reason = why_not_decide(plea, account)
    if reason:
        raise ActionClosed(why=str(reason))
    if not words.strip():
        raise ReasonMissing("words")
    plea.decided_at, plea.decided_by = clock.now(), account.code
    plea.upheld, plea.reason = upheld, words.strip()[:1000]
    plea.save(update_fields=["decided_at", "decided_by", "upheld", "reason"])
    trip = plea.incident.trip
    outcome = PleaOutcome.UPHELD if upheld else PleaOutcome.REFUSED
    timeline.add(
        SafetyLine.PLEA_DECIDED,
        account.actor,
        trip=trip.code if trip else "",
        incident=code,
        words=plea.reason,
        plea=outcome,
    )
    audit.record(account.actor, "safety.plea_decided", code, case=code, upheld=upheld)
    return plea
