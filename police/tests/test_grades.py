"""What goes out of an emergency at once: the car part always, who the driver is where our own data bear it out (P3a)."""

import json
from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from core import alarms, clock
from core.actions import NotNow
from core.errors import Forbidden
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, TimelineEntry
from police import services
from police.models import IdentityPart, Officer, PoliceRequest, Release
from police.policies import Claim, grade
from police.selectors import identity_waits, release_clocks, request_by_code
from police.states import Grade, GradeReason, Query, Sign, Unusual, Urgency
from police.tests.factories import notice_sent, papers_filed, urgent
from rides.models import LatestPosition, Trip
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident, Signal
from safety.policies import POLICE_CLOCKS, clocks_of
from safety.services import file_welfare_check, raise_sos

ID_NUMBER = "510112199106150034"
NAME, PHONE = "钟大勇", "13800000003"

SIGNS = [
    frozenset(sign for sign, there in zip(Sign, row, strict=True) if there)
    for row in product([False, True], repeat=len(Sign))
]


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("recent", [True, False])
@pytest.mark.parametrize(
    "unusual", [frozenset(), *[frozenset({each}) for each in Unusual], frozenset(Unusual)]
)
def test_the_table_of_all_combinations(verified, declared, recent, unusual):
    for signs in SIGNS:
        given, reason = grade(Claim(verified, declared, recent, signs, unusual))
        assert (given == Grade.NOTHING) == (not verified or not declared)
        whole = verified and declared and recent and bool(signs) and not unusual
        assert (given == Grade.WHOLE) == whole
        assert (reason == GradeReason.BORNE_OUT) == whole
        if verified and declared and not whole:
            assert given == Grade.CAR
            assert (reason == GradeReason.UNUSUAL) == bool(unusual)


def ask(people, trip, who="officer", key="s", **changes):
    return services.ask_by_form(
        account=people(who), question=urgent(Query.TRIP, trip.code, **changes), submission=key
    )


def sos(trip):
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


def pack_of(asked):
    return json.loads(request_by_code(asked.code).release.newest.pack)


def test_where_nothing_speaks_for_danger_the_car_part_goes_out_alone(rides, people):
    asked = ask(people, rides.under_way())
    text = asked.release.pack
    assert (asked.state, asked.release.grade, asked.release.reason) == ("released", "car", "nothing_seen")
    pack = json.loads(text)
    assert (pack["plate_registered"], pack["driver"]) == ("川A·H0001", None)
    assert {"plate_seen", "plate_read", "vehicle", "history", "last_positions"} <= pack.keys()
    assert not [each for each in (ID_NUMBER, NAME, PHONE) if each in text]
    part = asked.release.identity
    assert (part.state, part.due_at - part.asked_at) == ("waiting", timedelta(minutes=5))
    facts = AuditEntry.objects.get(action="police.released").facts
    assert (facts["grade"], facts["why"]) == ("car", "nothing_seen")


def test_with_a_call_for_help_all_goes_out_at_once(rides, people):
    trip = rides.under_way()
    sos(trip)
    asked = ask(people, trip)
    assert (asked.release.grade, asked.release.reason, "sos" in asked.release.signs) == (
        "whole",
        "borne_out",
        True,
    )
    assert pack_of(asked)["driver"]["id_number"] == ID_NUMBER
    assert not IdentityPart.objects.exists()
    assert release_clocks(clock.now() - timedelta(hours=1)).reasons == {GradeReason.BORNE_OUT: 1}


def check(phone="13800000001"):
    return file_welfare_check(missing_phone=phone, reporter_phone="13911110001", words="x", submission="w")


def test_a_welfare_check_bears_it_out(rides, people):
    trip = rides.under_way()
    check()
    assert "welfare_check" in ask(people, trip).release.signs


def test_a_report_code_bears_it_out(rides, people):
    rides.under_way()
    question = urgent(Query.REPORT, check().code)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    assert {"report_code", "welfare_check"} <= set(asked.release.signs)


def test_a_phone_that_is_silent_for_long_bears_it_out(rides, people, noon):
    trip = rides.under_way()
    noon.shift(901)
    assert ask(people, trip).release.signs == ["silent_phone"]


def test_our_own_call_to_a_station_bears_it_out(rides, people):
    trip = rides.under_way()
    services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=urgent(Query.TRIP, trip.code),
        submission="out",
        outbound=True,
    )
    out = PoliceRequest.objects.get(channel="outbound")
    services.record_call_back(account=people("agent"), code=out.code)
    services.confirm_release(account=people("supervisor"), code=out.code)
    assert ask(people, trip).release.signs == ["outbound"]


@pytest.mark.parametrize("then", ["", "refused"])
def test_what_one_agent_opened_bears_nothing_out(rides, people, then):
    trip = rides.under_way()
    out = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=urgent(Query.TRIP, trip.code),
        submission="out",
        outbound=True,
    ).request
    if then:
        services.refuse_request(account=people("agent"), code=out.code, reason="x", why="no_data")
    release = ask(people, trip).release
    assert (release.signs, release.grade) == ([], "car")


def test_nobody_goes_through_her_trips_of_before(rides, people, noon):
    trip = rides.ended()
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.PHONE, people("passenger").phone), submission="now"
    )
    assert asked.state == "released"
    about = clock.now()
    noon.shift(timedelta(days=4))
    past = urgent(Query.PHONE, people("passenger").phone, about)
    asked = services.ask_by_form(account=people("officer"), question=past, submission="then")
    assert asked.trip == trip
    assert (asked.state, Release.objects.count()) == ("escalated", 1)


def test_what_leads_to_one_trip_is_not_pointed_to_another(rides, people):
    trip = rides.under_way()
    asked = notice_sent(people("officer"), trip.code)
    other = rides.accepted("passenger2", "driver2")
    with pytest.raises(NotNow):
        services.point_to_trip(account=people("agent"), code=asked.code, trip_code=other.code)


def test_the_papers_of_a_release_stand(rides, people):
    asked = ask(people, rides.under_way())
    papers_filed(people("officer"), asked)
    papers_filed(people("officer"), asked)
    with pytest.raises(NotNow):
        papers_filed(people("officer"), asked, letter_number="2")


def test_a_signal_of_long_ago_shows_nothing_of_where_she_lives(rides, people, noon):
    trip = rides.ended()
    Signal.objects.create(trip=trip, kind="off_route", score=20, at=clock.now())
    LatestPosition.objects.update_or_create(
        trip=trip,
        party="passenger",
        defaults={
            "at": clock.now(),
            "latitude": trip.destination_latitude,
            "longitude": trip.destination_longitude,
        },
    )
    noon.shift(timedelta(hours=25))
    release = ask(people, trip).release
    assert (release.grade, release.reason) == ("car", "trip_over")
    assert json.loads(release.pack)["last_positions"] == []


def test_nobody_gets_the_identity_part_of_a_pack_that_is_closed_or_of_who_is_suspended(rides, people, noon):
    asked = ask(people, rides.under_way())
    services.call_back_for_identity(account=people("agent"), code=asked.code)
    Officer.objects.update(state="suspended")
    assert identity_waits() == []
    with pytest.raises(NotNow):
        services.release_identity(account=people("supervisor"), code=asked.code)
    Officer.objects.update(state="active")
    assert len(identity_waits()) == 1
    noon.shift(timedelta(hours=73))
    assert identity_waits() == []
    with pytest.raises(NotNow):
        services.release_identity(account=people("supervisor"), code=asked.code)


def test_what_somebody_finds_improper_is_closed_with_all_its_ways(rides, people):
    asked = ask(people, rides.under_way())
    services.review_release(account=people("specialist"), code=asked.code, proper=False)
    release = Release.objects.get(request=asked)
    assert not release.is_open(clock.now())
    assert release.identity.state == "disowned"


def lines_of(trip):
    """What the incident of a trip says of the police."""
    kinds = TimelineEntry.objects.filter(trip=trip.code, kind__startswith="safety.police").order_by("pk")
    return list(kinds.values_list("kind", flat=True))


def still_run(trip):
    """Which clocks of the call to the police nobody has met."""
    return {
        each.key for each in clocks_of(Incident.objects.get(trip=trip)) if each.done is None
    } & POLICE_CLOCKS


def on_the_line(people, trip, **more):
    """A station on the telephone, called back and released by two."""
    asked = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=urgent(Query.TRIP, trip.code),
        submission=f"line {more}",
        **more,
    ).request
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    return asked


def test_a_station_that_rings_and_gets_the_pack_sends_nobody(rides, people, signed_in):
    """Any station may ask about a trip: the clocks of S10 run on, and the call to the police of the place is still to do."""
    trip = rides.under_way()
    sos(trip)
    on_the_line(people, trip)
    assert lines_of(trip) == ["safety.police_given"]
    assert still_run(trip) == POLICE_CLOCKS
    address = f"/admin/incidents/{Incident.objects.get().code}/"
    page = signed_in("agent").get(address, headers={"accept-language": "en"}).content.decode()
    assert "Call the police of the place with the pack" in page
    assert "asked and was given the pack: nobody has said that police are sent" in page


def test_an_emergency_by_the_form_sends_nobody_either(rides, people):
    trip = rides.under_way()
    sos(trip)
    assert ask(people, trip).release.grade == "whole"
    assert lines_of(trip) == ["safety.police_given"]
    assert still_run(trip) == POLICE_CLOCKS


def test_our_own_call_to_a_station_meets_the_clocks(rides, people):
    trip = rides.under_way()
    sos(trip)
    on_the_line(people, trip, outbound=True)
    assert lines_of(trip) == ["safety.police_called"]
    assert still_run(trip) == set()


def test_what_is_improper_told_the_police_nothing(rides, people):
    """The clock of the call to the police runs on: whoever had the pack was not they (S10)."""
    trip = rides.under_way()
    sos(trip)
    called = on_the_line(people, trip, outbound=True)
    assert Incident.objects.get(trip=trip).police_called_at is not None
    services.review_release(account=people("specialist"), code=called.code, proper=False)
    assert Incident.objects.get(trip=trip).police_called_at is None


def test_what_is_improper_of_who_asked_takes_no_call_of_ours_back(rides, people):
    trip = rides.under_way()
    sos(trip)
    asked = ask(people, trip)
    on_the_line(people, trip, outbound=True)
    services.review_release(account=people("specialist"), code=asked.code, proper=False)
    assert Incident.objects.get(trip=trip).police_called_at is not None


def test_a_trip_over_for_more_than_a_day_waits_for_a_call_back(rides, people):
    trip = rides.under_way()
    sos(trip)
    ago = clock.now() - timedelta(hours=24, seconds=1)
    Trip.objects.filter(pk=trip.pk).update(state="ended", ended_at=ago, fare=1)
    assert ask(people, trip).release.reason == "trip_over"


@pytest.fixture
def waiting(rides, people):
    return ask(people, rides.under_way())


def test_it_follows_after_a_call_back_by_two(waiting, people, noon):
    code = waiting.code
    with pytest.raises(NotNow):
        services.release_identity(account=people("supervisor"), code=code)
    services.call_back_for_identity(account=people("specialist"), code=code)
    with pytest.raises(NotNow):  # repeated
        services.call_back_for_identity(account=people("agent"), code=code)
    with pytest.raises(SecondPersonNeeded):
        services.release_identity(account=people("specialist"), code=code)
    with pytest.raises(Forbidden):
        services.release_identity(account=people("agent"), code=code)
    noon.shift(60)
    part = services.release_identity(account=people("supervisor"), code=code)
    pack = pack_of(waiting)
    assert (part.state, pack["driver"]["id_number"], pack["grade"]["reason"]) == (
        "released",
        ID_NUMBER,
        "called_back",
    )
    assert AuditEntry.objects.get(action="police.identity_released").facts["seconds"] == 60
    with pytest.raises(NotNow):  # repeated
        services.release_identity(account=people("supervisor2"), code=code)


def test_whoever_had_a_part_in_the_identity_part_does_not_review_it(waiting, people):
    services.call_back_for_identity(account=people("specialist"), code=waiting.code)
    services.release_identity(account=people("supervisor"), code=waiting.code)
    for who in ("specialist", "supervisor"):
        with pytest.raises(SecondPersonNeeded):
            services.review_release(account=people(who), code=waiting.code, proper=True)
    services.review_release(account=people("agent"), code=waiting.code, proper=True)


def test_a_station_that_knows_nothing_gets_no_identity(waiting, people, signed_in):
    at = f"/admin/police-line/{waiting.code}/do/identity_refuse/"
    assert signed_in("agent").post(at, {"reason": "the station does not know the officer"}).status_code == 302
    assert IdentityPart.objects.get().state == "refused"
    page = signed_in("officer").get(f"/police/requests/{waiting.code}/").content.decode()
    assert "the station does not know the officer" in page and ID_NUMBER not in page
    with pytest.raises(NotNow):
        services.call_back_for_identity(account=people("specialist"), code=waiting.code)


def test_the_database_holds_it(waiting):
    for by in ({"called_back_by": "a", "decided_by": "a"}, {"decided_by": "a"}):
        with pytest.raises(IntegrityError, match="identity_part_takes_two_people"), transaction.atomic():
            IdentityPart.objects.update(
                state="released", called_back_at=clock.now(), decided_at=clock.now(), **by
            )
    with pytest.raises(IntegrityError, match="release_of_identity_is_borne_out"), transaction.atomic():
        Release.objects.update(grade="whole")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_page_and_call_say_what_is_still_to_come_and_why(waiting, signed_in, language):
    client = signed_in("officer")
    client.post("/i18n/setlang/", {"language": language})
    page = client.get(
        f"/police/requests/{waiting.code}/", headers={"accept-language": language}
    ).content.decode()
    said = {"en": ("still to come", "no sign of danger"), "zh-hans": ("身份部分尚待提供", "未见危险迹象")}[
        language
    ]
    assert all(text in page for text in said) and ID_NUMBER not in page
    assert len(page.encode()) < 40 * 1024
    seen = client.get(f"/api/v1/police/requests/{waiting.code}/").json()
    assert (seen["grade"]["given"], seen["grade"]["reason"], seen["grade"]["state"]) == (
        "car",
        "nothing_seen",
        "waiting",
    )
    assert seen["grade"]["due_at"] and seen["pack"]["driver"] is None


def rung(at):
    return {each.key.partition(":")[0]: each for each in alarms.ringing(at)}


def test_it_rings_and_stands_among_what_is_due_until_somebody_calls(waiting, people, signed_in, noon):
    assert "police-identity" in rung(clock.now())
    page = signed_in("specialist").get(f"/admin/police-line/{waiting.code}/").content.decode()
    assert "0577-6231-0110" in page and "no sign of danger" in page
    noon.shift(301)
    assert "overdue" in signed_in("specialist").get("/admin/due/").content.decode()
    services.call_back_for_identity(account=people("specialist"), code=waiting.code)
    second = rung(clock.now())["police-identity"]
    assert second.key.endswith(":second") and "specialist" in second.without
    services.release_identity(account=people("supervisor"), code=waiting.code)
    assert "police-identity" not in rung(clock.now())


def test_two_who_found_the_trip_do_not_stand_for_the_call_back(rides, people):
    trip = rides.under_way()
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.PLATE, "沪A00000"), submission="s"
    )
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=trip.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    assert request_by_code(asked.code).release.grade == "car"


SAID = {"danger": "x", "why_not_written": "x", "declared": "on"}


def test_an_emergency_names_a_supervisor(rides, people, signed_in):
    trip = rides.under_way()
    form = {"query": "trip", "query_value": trip.code, "submission": "f"} | SAID
    page = signed_in("officer").post("/police/emergency/", form)
    assert (page.status_code, PoliceRequest.objects.count()) == (400, 0)
    body = {"query": "trip", "value": trip.code, "urgency": Urgency.EMERGENCY, "submission": "a"} | SAID
    answer = signed_in("officer").post("/api/v1/police/requests/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["supervisor_name"])


def test_nothing_is_ticked_before_it_was_read(people, signed_in):
    for page in ("/police/", "/police/emergency/", "/police/ordinary/"):
        assert "checked" not in signed_in("officer").get(page).content.decode()


def test_who_was_suspended_meanwhile_gets_nothing_by_people_either(rides, people):
    trip = rides.under_way()
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.PLATE, "沪A00000"), submission="s"
    )
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=trip.code)
    Officer.objects.update(state="suspended")
    with pytest.raises(NotNow):
        services.confirm_release(account=people("supervisor"), code=asked.code)
    assert not Release.objects.exists()
