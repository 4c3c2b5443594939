"""What remains of the table 'what a thief gets' (docs/police.md): many at once, guessed codes, and staff who help a thief."""

import pytest

from core import clock, policy
from core.errors import Forbidden
from core.four_eyes import SecondPersonNeeded
from core.models import Notification
from police import services
from police.errors import LinkClosed
from police.models import Officer, PoliceRequest, Release
from police.policies import SPOKEN_TRIES
from police.services import Question
from police.states import Grade, GradeReason, Query
from police.tests.factories import urgent
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

MANY = 50


def test_fifty_emergencies_in_a_minute_from_one_station(rides, people, noon):
    """Each is taken, for one of them may be true; beyond the usual number nobody's name goes out without a call, and beyond
    the officer's own bound nothing goes out by rule at all: people decide."""
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    asked = []
    for number in range(MANY):
        noon.shift(1)
        asked.append(
            services.ask_by_form(
                account=people("officer"), question=urgent(Query.TRIP, trip.code), submission=f"{number}"
            )
        )
    assert PoliceRequest.objects.count() == MANY
    named = [row for row in asked if row.state == "released" and row.release.grade == Grade.WHOLE]
    assert len(named) == 3 and named == asked[:3]
    for row in asked[3:]:
        assert "station_rate" in row.unusual
        assert row.state == "escalated" or row.release.reason == GradeReason.UNUSUAL
    # The station and the supervisor are asked of each whether it was theirs: one 'no' ends it.
    told = Notification.objects.filter(key__startswith="owning:")
    assert told.count() == 2 * sum(row.state == "released" for row in asked)


@pytest.fixture
def by_link(rides, people):
    """A pack that left by a one-time link: (secret, its release)."""
    trip = rides.under_way()
    asked = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="331777",
        question=Question(Query.TRIP, trip.code, clock.now(), why_not_written="x"),
        submission="s",
    ).request
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    note = Notification.objects.get(key=f"pack:{asked.code}")
    secret = note.text.partition("/police/packs/")[2].split("/")[0]
    return secret, Release.objects.get(request=asked)


def test_a_spoken_code_is_not_found_by_trying(by_link, client):
    """Whoever reads the station's mail has the link and not the call: after a few tries it opens to nobody."""
    secret, release = by_link
    wrong = f"{(int(release.spoken_code) + 1) % 1_000_000:06d}"
    for _each in range(policy.value(SPOKEN_TRIES)):
        assert services.open_link(secret=secret, spoken=wrong).refusal is not None
    with pytest.raises(LinkClosed):
        services.open_link(secret=secret, spoken=release.spoken_code)
    assert client.get(f"/police/packs/{secret}/").status_code != 200


def test_an_agent_in_league_with_an_officer_needs_a_second_person_and_the_stations_mailbox(rides, people):
    """They may say together that a call was made that nobody made: what it leads to goes to the registered address and
    nowhere else, and not before somebody whom neither chose has confirmed it."""
    trip, agent = rides.under_way(), people("agent")
    asked = services.open_phone_request(
        account=agent,
        agency_code="shangtang",
        badge="331777",
        question=Question(Query.TRIP, trip.code, clock.now(), why_not_written="x"),
        submission="s",
    ).request
    services.record_call_back(account=agent, code=asked.code)
    with pytest.raises((SecondPersonNeeded, Forbidden)):
        services.confirm_release(account=agent, code=asked.code)
    assert not Release.objects.exists()
    services.confirm_release(account=people("supervisor"), code=asked.code)
    sent = Notification.objects.filter(subject=asked.code, key__startswith="pack:")
    assert [row.recipient for row in sent] == [asked.agency.registered_email]
    # Nor does the agent look at it afterwards, as one of the two who say that it was proper.
    with pytest.raises((SecondPersonNeeded, Forbidden)):
        services.review_release(account=agent, code=asked.code, proper=True)
    assert Officer.objects.filter(badge_number="331777").count() == 0
