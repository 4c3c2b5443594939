"""'A person has it' is said only from when this report was opened by one, whoever owns the incident."""

import pytest

from core import clock
from rides.models import Trip
from rides.selectors import position_key
from rides.services import ask_again, report_mismatch
from rides.states import Party, PlateCheck
from rides.tokens import TripKey
from safety import selectors, services
from safety.errors import QuestionClosed
from safety.models import Incident, SafetyQuestion, Signal
from safety.policies import clocks_of
from safety.services.questions import expire_questions
from safety.states import Answer, SignalKind

FORM = {"missing_phone": "13800000001", "reporter_phone": "13911110001", "words": "x"}


@pytest.fixture
def owned(rides, people):
    """Somebody has an incident of a trip under way."""
    trip = rides.under_way()
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return services.take_incident(account=people("agent"), code=incident.code)


def test_a_welfare_check_in_an_owned_incident_waits_until_a_person_looked(owned, people, client, noon):
    noon.shift(60)
    answer = client.post(
        "/api/v1/welfare-checks/", FORM | {"submission": "s"}, content_type="application/json"
    ).json()
    assert answer["owned_since"] is None
    page = f"/welfare-check/{answer['secret']}/"
    assert "A person is being called" in client.get(page, headers={"accept-language": "en"}).content.decode()
    noon.shift(70)
    assert selectors.ownership_of_checks(clock.now() - (clock.now() - owned.opened_at)) == (1, 1)
    services.see_news(account=people("agent"), code=owned.code)
    later = client.get(f"/api/v1/welfare-checks/{answer['secret']}/").json()
    assert later["owned_since"].startswith("2026-03-02T04:02:10")
    assert "A specialist took it at" in client.get(page, headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize(
    "looked", [False, True], ids=["nobody looked since", "somebody looked before the mend"]
)
def test_a_correction_that_brings_a_report_to_an_owned_incident_says_whether_it_was_seen(
    owned, people, client, noon, looked
):
    noon.shift(60)
    wrong = FORM | {"missing_phone": "13800000077", "submission": "s"}
    secret = client.post("/api/v1/welfare-checks/", wrong, content_type="application/json").json()["secret"]
    page = f"/welfare-check/{secret}/"
    noon.shift(10)
    if looked:
        services.add_word(key=TripKey(owned.trip.code, Party.PASSENGER, "wenzhou"), words="x")
        services.see_news(account=people("agent"), code=owned.code)
    noon.shift(10)
    client.post(f"{page}mend/", {"missing_phone": FORM["missing_phone"]})
    owned.refresh_from_db()
    assert owned.welfare_checks.exists()
    said = client.get(page, headers={"accept-language": "en"}).content.decode()
    assert "A specialist has the case. Your correction has not been seen yet." in said
    assert "A person is being called" not in said
    assert "We have it" not in said
    noon.shift(10)
    services.see_news(account=people("agent"), code=owned.code)
    said = client.get(page, headers={"accept-language": "en"}).content.decode()
    assert "We have it. A specialist took it at\n          12:01:30" in said or "took it at 12:01:30" in said
    assert "correction" not in said


def test_her_second_tap_waits_by_itself(owned, people, client, noon):
    noon.shift(60)
    trip = owned.trip
    key = position_key(trip, Party.PASSENGER)
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    path, asks = f"/trips/{trip.code}/sos/status/", {"accept-language": "en", "x-trip-key": key}
    page = client.get(path, headers=asks).content.decode()
    assert "has\n          your call (12:00:00)" in page or "has your call (12:00:00)" in page
    assert "Your newest call has not been seen yet" in page
    owned.refresh_from_db()
    news = next(each for each in clocks_of(owned) if each.key == "news")
    assert news.overdue(clock.now() + clock.now().resolution * 60_000_000)
    noon.shift(5)
    services.see_news(account=people("agent"), code=owned.code)
    assert "newest call" not in client.get(path, headers=asks).content.decode()


def test_whoever_takes_it_over_has_looked(owned, people, noon):
    noon.shift(5)
    services.add_word(key=TripKey(owned.trip.code, Party.PASSENGER, "wenzhou"), words="x")
    services.offer_incident(account=people("agent"), code=owned.code, to="agent2", words="x")
    owned.refresh_from_db()
    assert owned.news_at
    services.accept_incident(account=people("agent2"), code=owned.code)
    owned.refresh_from_db()
    assert owned.news_at is None


# --- Not this car ------------------------------------------------------------------------------------------------


@pytest.fixture
def stopped(rides, people, deliver):
    trip = rides.accepted()
    report_mismatch(passenger=people("passenger"), trip_code=trip.code, what=PlateCheck.DIFFERS)
    return trip


def care(client, trip, party=Party.PASSENGER):
    headers = {"accept-language": "en", "x-trip-key": position_key(trip, party)}
    return client.get(f"/trips/{trip.code}/care/", headers=headers).content.decode()


def test_not_this_car_has_a_specialists_clock_whatever_the_points(
    stopped, client, people, deliver, monkeypatch
):
    from core.tests.factories import set_policy
    from safety.policies import THRESHOLD

    set_policy(THRESHOLD, 100)
    assert "Calling a safety specialist" in care(client, stopped)
    deliver()
    incident = Incident.objects.get(trip=stopped)
    assert [each.key for each in clocks_of(incident)] == ["taken"]
    assert Signal.objects.get(incident=incident).kind == SignalKind.MISMATCH
    assert "Calling a safety specialist" in care(client, stopped)
    services.take_incident(account=people("specialist"), code=incident.code)
    assert "looks after it since 12:00:00" in care(client, stopped)
    assert not care(client, stopped, Party.DRIVER).strip()


def test_what_she_called_from_another_phone_opens_from_her_trips_page(rides, signed_in):
    trip = rides.under_way()
    hers, other_side = signed_in("passenger"), signed_in("driver")
    assert not [name for name in hers.cookies if name.startswith("trip_key")]
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), position=None, silent=False)
    assert f'href="/trips/{trip.code}/sos/"' in care(hers, trip)
    assert hers.get(f"/trips/{trip.code}/sos/").status_code == 200
    care(other_side, trip, Party.DRIVER)
    assert not [name for name in other_side.cookies if name.startswith("trip_key")]


def test_another_ride_is_asked_for_once_and_by_her_alone(stopped, people, signed_in):
    hers = signed_in("passenger")
    path = f"/trips/{stopped.code}/status/"
    assert "Another ride is asked for" not in hers.get(path).content.decode()
    for _twice in range(2):
        ask_again(passenger=people("passenger"), trip_code=stopped.code)
    new = Trip.objects.exclude(pk=stopped.pk).get()
    assert (new.line, new.seats, new.origin_name) == (stopped.line, stopped.seats, stopped.origin_name)
    assert "Another ride is asked for" in hers.get(path).content.decode()
    assert signed_in("driver").post(f"/trips/{stopped.code}/again/").status_code == 404


def test_nobody_asks_again_after_another_end(rides, signed_in):
    trip = rides.ended()
    assert signed_in("passenger").post(f"/trips/{trip.code}/again/").status_code == 404


# --- An answer that comes late -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "heard"), [(61, True), (599, True), (700, False)])
def test_an_answer_under_duress_that_comes_late_still_asks_for_help(rides, noon, after, heard):
    trip = rides.under_way()
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    at = clock.now()
    SafetyQuestion.objects.create(
        trip=trip, asked_at=at, expires_at=at + (trip.window_end - trip.window_start) / 50
    )
    noon.shift(after)
    expire_questions(at=clock.now())
    if heard:
        services.answer_question(key=key, answer=Answer.DURESS)
    else:
        with pytest.raises(QuestionClosed):
            services.answer_question(key=key, answer=Answer.DURESS)
    assert Signal.objects.filter(trip=trip, kind=SignalKind.ASKED_FOR_HELP).exists() == heard


@pytest.mark.parametrize("first", [Answer.FINE, Answer.NOT_WELL])
@pytest.mark.parametrize("then", [Answer.NOT_WELL, Answer.DURESS])
def test_who_asks_for_help_after_another_answer_is_heard(rides, noon, first, then):
    """'Fine' slipped, or somebody else pressed it; the other window still shows the question."""
    trip = rides.under_way()
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    at = clock.now()
    SafetyQuestion.objects.create(
        trip=trip, asked_at=at, expires_at=at + (trip.window_end - trip.window_start) / 50
    )
    services.answer_question(key=key, answer=first)
    noon.shift(5)
    services.answer_question(key=key, answer=then)
    waits = Incident.objects.get(trip=trip).news_at  # unseen since the first that asked for help
    assert (clock.now() - waits).total_seconds() == (0 if first == Answer.FINE else 5)
    assert Signal.objects.filter(trip=trip, kind=SignalKind.ASKED_FOR_HELP).exists()
    assert bool(selectors.silent_callers(Incident.objects.get())) == (then == Answer.DURESS)
    noon.shift(1)
    with pytest.raises(QuestionClosed):
        services.answer_question(key=key, answer=Answer.FINE)


@pytest.mark.parametrize(
    ("language", "where"), [("en", "Hongqiao (28.21270"), ("zh-hans", "虹桥镇（28.21270")]
)
def test_she_reads_where_we_know_her_in_words(rides, signed_in, language, where):
    trip = rides.under_way()
    hers = signed_in("passenger")
    hers.cookies["django_language"] = language
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    services.raise_sos(key=key, position=(28.2127, 121.0260), silent=False)
    care(hers, trip)
    assert where in hers.get(f"/trips/{trip.code}/sos/").content.decode()
