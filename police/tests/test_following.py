"""S19: the officer's page follows the car while the emergency is open, and no longer; nothing of hers is followed."""

import json
from datetime import timedelta

import pytest

from accounts.services import end_sessions
from core import clock
from core.actors import NOBODY
from core.models import AuditEntry
from core.tests.factories import PDF, set_policy
from core.transactions import begins_transaction
from police import services
from police.following import may_follow
from police.models import Officer, ReleaseCopy
from police.selectors import linked_for_officer, request_by_code
from police.services.reviews import suspend_officer
from police.states import Paper, Query
from police.tests.factories import papers_filed, urgent
from rides.models import LatestPosition, Trip
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident, Signal
from safety.services import file_welfare_check, raise_sos
from safety.states import SignalKind

FAR = (28.35, 121.35)


def ask(people, trip, query=Query.TRIP, value=""):
    question = urgent(query, value or trip.code)
    return services.ask_by_form(account=people("officer"), question=question, submission="s")


def sos(trip):
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


def put(trip, party=Party.DRIVER, here=FAR, seconds=4):
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=party,
        defaults={
            "at": clock.now() - timedelta(seconds=seconds),
            "latitude": here[0],
            "longitude": here[1],
            "accuracy": 12.0,
            "speed": 20.0,
        },
    )


def called_back(people, asked):
    services.call_back_for_identity(account=people("agent"), code=asked.code)
    services.release_identity(account=people("supervisor"), code=asked.code)


@pytest.fixture
def followed(rides, people, signed_in):
    """A trip under way with a call for help, released, and its officer's browser."""
    trip = rides.under_way()
    sos(trip)
    put(trip)
    asked = ask(people, trip)
    client = signed_in("officer")
    client.headers = {"accept-language": "en"}
    return trip, asked, client


def part(client, asked):
    return client.get(
        f"/police/requests/{asked.code}/live/", headers={"HX-Request": "true", "accept-language": "en"}
    )


def test_the_page_follows_with_age_accuracy_and_speed_in_words_and_on_the_map(followed):
    trip, asked, client = followed
    offered = client.get(f"/police/requests/{asked.code}/", headers={"accept-language": "en"})
    assert f"/police/requests/{asked.code}/live/" in offered.content.decode()
    page = client.get(f"/police/requests/{asked.code}/live/", headers={"accept-language": "en"})
    text = page.content.decode()
    assert page.status_code == 200
    for word in ("28.35000, 121.35000", "± 12 m", "4 s old", "72 km/h", "Look again", trip.plate_registered):
        assert word in text, word
    assert 'hx-trigger="every 5s"' in text and 'data-map="live-map-data"' in text
    put(trip, here=(28.36, 121.36), seconds=1)
    assert "28.36000, 121.36000" in part(client, asked).content.decode()
    api = client.get(f"/api/v1/police/requests/{asked.code}/live/").json()
    assert (api["end"], api["positions"][0]["lat"]) == (None, 28.36)


def test_each_minute_of_looking_is_a_line_of_the_journal_and_a_copy(followed, noon):
    _trip, asked, client = followed
    for seconds in (0, 5, 20, 60, 5):
        noon.shift(seconds)
        assert part(client, asked).status_code == 200
    lines = AuditEntry.objects.filter(action="police.followed", case=asked.code).order_by("pk")
    minutes = [line.facts["minute"] for line in lines]
    assert len(minutes) == len(set(minutes)) == 2
    assert {line.actor for line in lines} == {"officer"}
    copies = ReleaseCopy.objects.filter(kind="live").order_by("pk")
    assert [line.facts["copy"] for line in lines] == [copy.code for copy in copies]


def test_it_ends_with_the_emergency(followed):
    trip, asked, client = followed
    put(trip)
    Trip.objects.filter(pk=trip.pk).update(state="ended", ended_at=clock.now(), fare=1)
    assert "28.35" in part(client, asked).content.decode()  # an incident is open still
    Incident.objects.filter(trip=trip).update(
        state="closed",
        taken_at=clock.now(),
        taken_by="agent",
        closed_at=clock.now(),
        resolved_by="agent",
        closed_by="supervisor",
        outcome="safe",
        harm="none",
        harm_at=clock.now(),
    )
    over = part(client, asked)
    assert (over.status_code, "28.35" in over.content.decode()) == (286, False)
    assert "The emergency is over" in over.content.decode()
    before = ReleaseCopy.objects.count()
    part(client, asked)
    assert ReleaseCopy.objects.count() == before
    page = client.get(f"/police/requests/{asked.code}/").content.decode()
    assert "/live/" not in page


def test_it_ends_with_a_no_not_ours_and_the_suspension_that_comes_with_it(followed):
    _trip, asked, client = followed
    assert part(client, asked).status_code == 200
    services.review_release(account=_other(), code=asked.code, proper=False)
    gone = part(client, asked)
    assert gone.status_code in {401, 403}
    assert gone.headers["HX-Refresh"] == "true" and not gone.content


def _other():
    from accounts.models import Account

    return Account.objects.get(code="supervisor")


def test_a_closed_pack_is_not_followed_by_an_officer_who_may_come_in_again(followed):
    _trip, asked, _client = followed
    services.review_release(account=_other(), code=asked.code, proper=False)
    Officer.objects.filter(account__code="officer").update(state="active")
    from police import following, selectors

    found = following.follow(actor=asked.officer.account.actor, request=selectors.request_by_code(asked.code))
    assert (found.end, found.positions, found.copy) == ("closed", [], "")


def test_it_ends_with_the_suspension_and_with_the_session(followed, people):
    _trip, asked, client = followed
    begins_transaction(suspend_officer)(
        actor=NOBODY, officer=Officer.objects.get(account__code="officer"), case="x"
    )
    assert part(client, asked).status_code in {401, 403}


def test_it_ends_with_the_session(followed, people):
    _trip, asked, client = followed
    begins_transaction(end_sessions)(actor=NOBODY, account=people("officer"), reason="test")
    gone = part(client, asked)
    assert (gone.status_code, gone.headers["HX-Refresh"]) == (401, "true")


def test_another_officer_follows_nothing(followed, signed_in):
    _trip, asked, _client = followed
    assert part(signed_in("officer2"), asked).status_code == 404


def test_nothing_is_followed_before_the_claim_is_borne_out_or_the_station_reached(rides, people, signed_in):
    trip = rides.under_way()
    put(trip)
    asked = ask(people, trip, Query.PHONE, trip.passenger.phone)
    assert asked.release.grade == "car"
    client = signed_in("officer")
    waits = part(client, asked)
    assert (waits.status_code, "28.35" in waits.content.decode()) == (200, False)
    assert not ReleaseCopy.objects.filter(kind="live").exists()
    sos(trip)
    assert "28.35" in part(client, asked).content.decode()


def test_after_the_call_back_it_is_followed(rides, people, signed_in):
    trip = rides.under_way()
    put(trip)
    asked = ask(people, trip)
    called_back(people, asked)
    assert "28.35" in part(signed_in("officer"), asked).content.decode()


def test_who_files_a_welfare_check_to_follow_her_home_does_not_see_the_door(rides, people, signed_in):
    trip = rides.under_way()
    file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="x", submission="w"
    )
    asked = ask(people, trip, Query.PHONE, trip.passenger.phone)
    assert asked.release.grade == "whole"
    client = signed_in("officer")
    door = (trip.destination_latitude, trip.destination_longitude)
    for party in Party.DRIVER, Party.PASSENGER:
        put(trip, party, (door[0] + 0.001, door[1]))
    text = part(client, asked).content.decode()
    assert "no position of the car" in text and f"{door[0] + 0.001:.4f}" not in text
    put(trip, here=FAR)
    assert "28.35" in part(client, asked).content.decode()


def near_her_door(trip):
    door = (trip.destination_latitude + 0.001, trip.destination_longitude)
    for party in Party:
        put(trip, party, door)
    return f"{door[0]:.4f}"


def test_a_silent_phone_alone_does_not_lead_to_her_door(rides, people, signed_in):
    trip = rides.under_way()
    put(trip, seconds=4 * 3_600)
    put(trip, Party.PASSENGER, seconds=4 * 3_600)
    Trip.objects.filter(pk=trip.pk).update(boarded_at=clock.now() - timedelta(hours=5))
    asked = ask(people, trip)
    assert (asked.release.grade, asked.release.signs) == ("whole", ["silent_phone"])
    LatestPosition.objects.filter(trip=trip, party=Party.PASSENGER).delete()
    door = near_her_door(trip)
    LatestPosition.objects.filter(trip=trip, party=Party.PASSENGER).update(
        at=clock.now() - timedelta(hours=4)
    )
    answer = part(signed_in("officer"), asked)
    assert answer.status_code == 200 and door not in answer.content.decode()


def test_nor_does_the_pack_of_a_phone_that_is_silent_once_the_trip_is_over(rides, people):
    """The same thief, who asks again after the end instead of following: the pack gives no more than the page."""
    trip = rides.ended()
    Signal.objects.create(
        trip=trip, kind=SignalKind["SIGNAL_LOST"], detail="passenger", score=30, at=clock.now()
    )
    door = near_her_door(trip)
    asked = ask(people, trip)
    assert (asked.release.grade, asked.release.signs) == ("whole", ["silent_phone"])
    assert door not in asked.release.pack
    assert json.loads(asked.release.pack)["last_positions"] == []


def test_a_closed_false_alarm_does_not_lead_to_her_door(followed):
    trip, asked, client = followed
    door = near_her_door(trip)
    assert door in part(client, asked).content.decode()
    Incident.objects.filter(trip=trip).update(
        state="closed",
        taken_at=clock.now(),
        taken_by="agent",
        closed_at=clock.now(),
        resolved_by="agent",
        closed_by="supervisor",
        outcome="false_alarm",
        harm="none",
        harm_at=clock.now(),
    )
    assert door not in part(client, asked).content.decode()
    file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="x", submission="w"
    )
    assert door not in part(client, asked).content.decode()
    sos(trip)
    assert door in part(client, asked).content.decode()


def test_her_phone_is_followed_only_while_she_is_aboard_or_where_the_trip_showed_danger(
    rides, people, signed_in
):
    trip = rides.arrived()
    put(trip)
    put(trip, Party.PASSENGER, (28.30, 121.30))
    asked = ask(people, trip)
    called_back(people, asked)
    client = signed_in("officer")
    text = part(client, asked).content.decode()
    assert "28.35" in text and "28.30000" not in text
    sos(trip)
    assert "28.30000" in part(client, asked).content.decode()


def test_an_ordinary_request_is_not_followed(rides, people):
    from police import following
    from police.tests.factories import notice_sent

    asked = notice_sent(people("officer"), rides.under_way().code)
    assert not following.may_follow(asked)


def test_the_pack_of_a_rule_that_is_off_follows_nothing(rides, people, signed_in):
    set_policy("police.emergency_release", False)
    trip = rides.under_way()
    sos(trip)
    asked = ask(people, trip)
    assert part(signed_in("officer"), asked).status_code == 286


def test_papers_that_came_with_another_request_end_it_until_the_station_is_reached(rides, people, signed_in):
    """Released whole at once, and then a letter comes that was another officer's: somebody may have taken the account."""
    theirs = rides.under_way("passenger2", "driver2")
    first = services.ask_by_form(
        account=people("officer2"), question=urgent(Query.TRIP, theirs.code), submission="o"
    )
    papers_filed(people("officer2"), first, files={Paper.LETTER: PDF + b" the letter"})
    trip = rides.under_way()
    sos(trip)
    put(trip)
    asked = ask(people, trip)
    assert asked.release.grade == "whole"
    assert signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/live/").json()["end"] is None
    linked = ask_again(people, trip)
    assert linked_for_officer(request_by_code(asked.code)) == [linked]
    papers_filed(people("officer"), asked, files={Paper.LETTER: PDF + b" the letter"})
    asked = request_by_code(asked.code)
    assert asked.papers_unusual == ["letter_used"]
    shown = signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/live/").json()
    assert (shown["end"], shown["positions"]) == ("not_yet", [])
    assert linked_for_officer(asked) == []


def ask_again(people, trip):
    return services.ask_by_form(
        account=people("officer2"), question=urgent(Query.TRIP, trip.code), submission="again"
    )


def test_whoever_is_let_in_no_more_follows_nothing(followed):
    """By whichever rule: the same one that lets an officer in."""
    _trip, asked, _client = followed
    Officer.objects.update(
        called_back_at=clock.now() - timedelta(days=500), end_told_at=clock.now() - timedelta(days=100)
    )
    assert not may_follow(request_by_code(asked.code))
