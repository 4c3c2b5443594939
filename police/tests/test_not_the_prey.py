"""Whoever asks by a woman's number learns nothing about her: not her name, phone, home, nor another trip of hers (P3b).

An officer's account is sold. Its thief knows her number, and asks in every way there is; all that the account can read
is then searched for what is hers.
"""

import json
from datetime import timedelta

import pytest

from accounts.services import add_emergency_contact
from core import clock, typed
from core.errors import DomainError
from police import services
from police.models import PoliceRequest, Release
from police.states import Query, Urgency
from police.tests.factories import complete, letter_sent, urgent
from rides.models import LatestPosition, Trip
from rides.states import Party
from rides.tokens import TripKey
from safety.services import file_welfare_check, raise_sos

pytestmark = pytest.mark.long

RIDER, RIDER_NAME = "+8613977770009", "欧阳晓雨"
FRIEND = "+8613911110001"


def told_of(person):
    """What is hers, in the ways in which it may be written."""
    phone = typed.phone.read(person.phone)
    return {phone, phone[3:], typed.phone.shown(phone), person.real_name}


def everything_read(signed_in, who="officer"):
    """All that the account can read: list, page, pack, answers of the interface, and linked requests of both."""
    client = signed_in(who)
    texts = [client.get("/police/").content.decode(), client.get("/api/v1/police/requests/").content.decode()]
    for row in PoliceRequest.objects.filter(officer__account__code=who):
        for path in (
            f"/police/requests/{row.code}/",
            f"/police/requests/{row.code}/pack.json",
            f"/api/v1/police/requests/{row.code}/",
        ):
            answers = [client.get(path, headers={"accept-language": each}) for each in ("en", "zh-hans")]
            texts += [answer.content.decode() for answer in answers]
    return "\n".join(texts)


@pytest.fixture
def her_trip(rides, people):
    """She is aboard; her friend is her contact, and an earlier trip of hers is over."""
    old = rides.under_way()
    Trip.objects.filter(pk=old.pk).update(
        state="ended", ended_at=clock.now() - timedelta(hours=3), fare=1, destination_name="她家小区 Her Home"
    )
    trip = rides.under_way()
    Trip.objects.filter(pk=trip.pk).update(
        origin_name="她家小区 Her Home",
        rider_kind="other",
        rider_name=RIDER_NAME,
        rider_phone=RIDER,
    )
    add_emergency_contact(account=people("passenger"), name="周知己", phone=FRIEND)
    return Trip.objects.get(pk=trip.pk), old


def ask_every_way(people, her, trip, report):
    place = f"{trip.origin_latitude}, {trip.origin_longitude}"
    asked = [
        (Query.PHONE, her.phone),
        (Query.PHONE, her.phone[3:]),
        (Query.PHONE, RIDER),
        (Query.PHONE, FRIEND),
        (Query.TRIP, trip.code),
        (Query.PLATE, trip.plate_registered),
        (Query.REPORT, report),
        (Query.PLACE, place),
    ]
    for number, (query, value) in enumerate(asked):
        for urgency in Urgency:
            question = urgent(query, value)
            key = f"{number}{urgency}"
            if urgency == Urgency.ORDINARY:
                given = {"query": query.value, "query_value": value, "wanted": ["trip", "driver", "vehicle"]}
                letter_sent(people("officer"), complete("", **given), key)
                continue
            services.ask_by_form(account=people("officer"), question=question, submission=key)


@pytest.mark.parametrize("danger", [False, True])
def test_no_way_of_asking_returns_what_is_hers(rides, people, signed_in, her_trip, danger):
    trip, old = her_trip
    her = people("passenger")
    report = file_welfare_check(
        missing_phone=her.phone, reporter_phone=FRIEND, words="她叫欧阳晓雨", submission="w"
    )
    if danger:
        raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    ask_every_way(people, her, trip, report.code)
    texts = everything_read(signed_in)
    assert trip.plate_registered in texts
    hers = told_of(her) | {
        RIDER,
        RIDER[3:],
        RIDER_NAME,
        FRIEND,
        FRIEND[3:],
        "周知己",
        "Her Home",
        "她家小区",
        old.code,
    }
    assert not {each for each in hers if each and each in texts}


def test_who_is_in_no_trip_and_who_does_not_exist_read_alike(people, signed_in):
    texts = []
    for number, phone in enumerate([people("passenger").phone, "+8613700000000"]):
        asked = services.ask_by_form(
            account=people("officer"), question=urgent(Query.PHONE, phone), submission=f"{number}"
        )
        page = signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").json()
        texts.append({name: value for name, value in page.items() if name not in {"code", "asked_at"}})
    assert texts[0] == texts[1]
    assert texts[0]["state"] == "escalated"


def at(trip, party, latitude, longitude):
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=party,
        defaults={
            "at": clock.now(),
            "latitude": latitude,
            "longitude": longitude,
            "accuracy": 8,
            "speed": 12,
        },
    )


def positions(people, trip, key="s", query=Query.TRIP, value=None, who="officer"):
    question = urgent(query, trip.code if value is None else value)
    asked = services.ask_by_form(account=people(who), question=question, submission=key)
    return json.loads(asked.release.pack)["last_positions"]


def test_the_car_is_told_with_age_accuracy_and_speed(rides, people, noon):
    trip = rides.under_way()
    at(trip, "driver", 28.2, 121.0)
    noon.shift(30)
    (row,) = positions(people, trip)
    assert (row["phone"], row["age"], row["accuracy"], row["speed"]) == ("driver", 30, 8, 12)


def test_before_she_boards_her_phone_is_not_the_car(rides, people):
    trip = rides.accepted()
    at(trip, "passenger", 28.2, 121.0)
    assert positions(people, trip) == []


def test_where_she_was_let_out_is_not_told(rides, people):
    trip = rides.under_way()
    at(trip, "driver", trip.destination_latitude, trip.destination_longitude)
    Trip.objects.filter(pk=trip.pk).update(state="ended", ended_at=clock.now(), fare=1)
    assert positions(people, trip) == []
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    assert positions(people, trip, "again")


@pytest.mark.parametrize("state", ["accepted", "under_way"])
def test_by_her_number_nobody_reads_her_door_off_the_car(rides, people, state):
    """He stands before her house, or has just brought her home: no later question of anybody leads there either."""
    trip = getattr(rides, state)()
    here = trip.origin if state == "accepted" else trip.destination
    at(trip, "driver", *here)
    her = trip.passenger.phone
    assert positions(
        people, trip, "plate", Query.PLATE, trip.plate_registered
    )  # who knows the car only finds the car
    assert positions(people, trip, "her", Query.PHONE, her) == []
    for number, (query, value) in enumerate(((Query.TRIP, trip.code), (Query.PLATE, trip.plate_registered))):
        assert positions(people, trip, f"{number}", query, value) == []
        assert positions(people, trip, f"{number}", query, value, "officer2") == []
    at(trip, "driver", 28.5, 121.5)
    assert positions(people, trip, "away", Query.PHONE, her)


def test_by_her_number_all_is_told_once_she_calls_or_the_station_was_called(rides, people):
    trip = rides.under_way()
    at(trip, "driver", *trip.destination)
    report = file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone=FRIEND, words="x", submission="w"
    )
    assert (
        positions(people, trip, "told", Query.PHONE, trip.passenger.phone) == []
    )  # anybody could have filed it
    assert report.code
    rung = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="331777",
        question=services.Question(Query.PHONE, trip.passenger.phone, clock.now(), why_not_written="x"),
        submission="line",
    ).request
    services.record_call_back(account=people("agent"), code=rung.code)
    services.confirm_release(account=people("supervisor"), code=rung.code)
    assert json.loads(Release.objects.get(request=rung).pack)["last_positions"]
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    assert positions(people, trip, "sos", Query.PHONE, trip.passenger.phone)


def test_an_answer_that_cannot_be_read_says_nothing_of_anybody(people):
    with pytest.raises(DomainError, match="query_unreadable"):
        services.ask_by_form(account=people("officer"), question=urgent(Query.PHONE, "her"), submission="s")
