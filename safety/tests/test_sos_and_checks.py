"""SOS and welfare checks: taken at once, whoever is down; bad input; two agents; nothing on the driver's phone."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from celery import Celery
from django.db import connection
from django.test import Client

from accounts.services import add_emergency_contact, answer_as_contact
from conftest import Rides
from core import rehearsal
from core.models import AuditEntry, Notification, OutboxEvent, TimelineEntry
from core.privacy import mask_phone
from core.transactions import undone_unless
from drivers.models import Hold
from governance.demo import make_world
from rides.positions import read_batch
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.errors import ActionClosed, AlreadyTaken
from safety.models import Caller, Incident, Signal, SosCall, WelfareCheck
from safety.services import sos


def key(trip, party=Party.PASSENGER):
    return TripKey(trip.code, party, "wenzhou")


def test_one_tap_works_without_a_session_and_a_second_adds_to_the_same_incident(rides, signed_in):
    trip = rides.under_way()
    form = {"key": position_key(trip, Party.PASSENGER), "lat": "28.2", "lon": "121.0"}
    stranger = signed_in("")
    assert stranger.post(f"/trips/{trip.code}/sos/", form).status_code == 302
    assert stranger.post(f"/trips/{trip.code}/sos/", form).status_code == 302
    incident = Incident.objects.get()
    assert (incident.has_sos, incident.score, SosCall.objects.count()) == (True, 110, 2)
    assert stranger.get(f"/trips/{trip.code}/sos/").status_code == 200


def test_a_browser_that_keeps_no_cookie_shows_that_help_was_called_and_lets_her_write(rides):
    """Cookies refused or cleared, no script: each answer is the page itself, which never sends her on to be asked for a key."""
    trip = rides.under_way()
    form = {"key": position_key(trip, Party.PASSENGER)}

    def send(path, **more):
        return Client().post(
            f"/trips/{trip.code}/sos/{path}", form | more, headers={"accept": "text/html,*/*"}
        )

    for answer in (send(""), send("word/", words="他锁了车门"), send("word/", silent="1")):
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'action="/trips/' in page and 'name="words"' in page and 'href="tel:110"' in page
        assert "http-equiv" not in page, "loaded anew it would ask for what this browser does not keep"
    incident = Incident.objects.get()
    assert "他锁了车门" in page
    assert incident.callers.filter(silent=True).exists()
    kept = Client()
    kept.cookies["device"] = "x" * 30
    answer = kept.post(f"/trips/{trip.code}/sos/", form, headers={"accept": "text/html,*/*"})
    assert answer.status_code == 302
    assert "http-equiv" in kept.get(answer.url).content.decode()


def test_the_first_tap_of_a_trip_asks_little_and_says_what_the_next_look_says(
    rides, signed_in, django_assert_max_num_queries
):
    """Each question is a millisecond of all who tap in the same second."""
    trip = rides.under_way()
    body = {"key": position_key(trip, Party.PASSENGER)}
    phone = signed_in("")
    with django_assert_max_num_queries(9):
        first = phone.post(f"/api/v1/trips/{trip.code}/sos/", body, content_type="application/json")
    look = phone.post(f"/api/v1/trips/{trip.code}/sos/words/", body, content_type="application/json")
    assert (first.status_code, look.status_code) == (201, 200)
    assert first.json() == look.json()


def test_each_connection_has_rehearsed_what_the_first_tap_asks(rides):
    """A connection that meets the tables for the first time takes ten times as long: nobody who calls for help pays for it."""
    asked, trip = [], rides.under_way()

    def note(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        services.raise_sos(key=key(trip))
    known = {text for text, _values in rehearsal.statements()}
    others = [sql for sql in asked if sql not in known and "SAVEPOINT" not in sql]
    assert [sql[:30] for sql in others] == ['INSERT INTO "safety_incident" ']
    before = _written()
    with connection.cursor() as cursor:
        for text, values in rehearsal.statements():
            cursor.execute(text, values)
    assert _written() == before


def _written():
    """All that a tap writes, without what is another one each time."""
    told = {}
    for model in (Incident, SosCall, Caller, Signal, Hold, TimelineEntry, AuditEntry, OutboxEvent):
        own = {"id", "code", "incident_id", "digest", "seal", "transaction_id", "epoch"}
        rows = model.objects.order_by("pk").values()
        told[model.__name__] = [
            {
                name: re.sub(r"\b[IH]-\w+", "CODE", repr(value))
                for name, value in row.items()
                if name not in own
            }
            for row in rows
        ]
    return told


@pytest.mark.parametrize("party", [Party.PASSENGER, Party.DRIVER])
def test_the_first_tap_of_a_trip_writes_what_the_long_way_writes(rides, noon, monkeypatch, party):
    """Its rows are written once and together, because so many wait for it; what they say is the same."""
    trip = rides.under_way()
    told = []
    for long in (False, True):
        if long:
            monkeypatch.setattr(
                sos,
                "_first_of_all",
                lambda *given: sos._further(*given[:3], silent=False, known=False, score=given[3])[0],
            )
        with undone_unless():
            services.raise_sos(key=key(trip, party), position=(28.1, 120.8))
            told.append(_written())
    assert told[0] == told[1]
    assert [len(told[0][name]) for name in ("Incident", "SosCall", "Caller", "Signal", "Hold")] == [1] * 5


def test_a_tap_in_an_incident_that_was_there_says_what_the_next_look_says(rides, signed_in, noon):
    """Whatever opened it, and however little was news in it: only what this tap opened is new to everybody."""
    trip = rides.under_way()
    services.file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone="13911110002", words="x", submission="s"
    )
    Incident.objects.update(news=0, news_at=None)
    noon.shift(60)
    body = {"key": position_key(trip, Party.PASSENGER)}
    phone = signed_in("")
    first = phone.post(f"/api/v1/trips/{trip.code}/sos/", body, content_type="application/json")
    look = phone.post(f"/api/v1/trips/{trip.code}/sos/words/", body, content_type="application/json")
    assert first.json() == look.json()


@pytest.mark.parametrize("position", [{"lat": "x", "lon": "y"}, {"lat": "999", "lon": "0"}, {}])
def test_sos_never_waits_for_a_position(rides, signed_in, position):
    trip = rides.under_way()
    signed_in("").post(f"/trips/{trip.code}/sos/", {"key": position_key(trip, Party.PASSENGER), **position})
    assert SosCall.objects.get().latitude is None


def test_a_wrong_key_is_refused(rides, signed_in):
    trip = rides.under_way()
    answer = signed_in("").post(
        f"/api/v1/trips/{trip.code}/sos/",
        {"key": "x"},
        content_type="application/json",
        headers={"accept-language": "en"},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "position_token")
    assert not Incident.objects.exists()


def test_sos_is_kept_while_the_broker_is_down(
    rides, settings, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []

    def down(*args, **kwargs):
        asked.append(args)
        raise ConnectionError("broker")

    monkeypatch.setattr(Celery, "send_task", down)
    trip = rides.under_way()
    with django_capture_on_commit_callbacks(execute=True):
        services.raise_sos(key=key(trip))
    assert asked
    assert Incident.objects.get().has_sos


def test_contacts_are_told_but_not_those_who_refused(rides, people, deliver):
    passenger = people("passenger")
    add_emergency_contact(account=passenger, name="a", phone="13911110001")
    add_emergency_contact(account=passenger, name="b", phone="13911110002")
    secret = re.findall(r"/contact/([^/]+)/", Notification.objects.latest("pk").text)[0]
    answer_as_contact(secret=secret, accepts=False)
    incident = services.raise_sos(key=key(rides.under_way()))
    deliver()
    told = Notification.objects.filter(subject=incident.code)
    assert [row.recipient for row in told] == ["+8613911110001"]
    assert "川A·H0001" in told.get().text


def test_the_page_speaks_of_contacts_only_to_who_has_some(rides, people, signed_in):
    trip = rides.under_way()
    for name in ("passenger", "driver"):
        page = signed_in(name).get(f"/trips/{trip.code}/").content.decode()
        assert "One tap calls our safety staff." in page
        assert "tells your contacts" not in page
        add_emergency_contact(account=people(name), name="a", phone="13911110001")
        assert "tells your contacts" in signed_in(name).get(f"/trips/{trip.code}/").content.decode()


def file(phone="13800000001", words="联系不上", submission="s", reporter="13911110001"):
    return services.file_welfare_check(
        missing_phone=phone, reporter_phone=reporter, words=words, submission=submission
    )


def test_reports_merge_and_raise_the_priority(rides):
    rides.under_way()
    scores = []
    for number in range(3):
        file(submission=str(number))
        scores.append(Incident.objects.get().score)
    assert scores == [70, 80, 90]
    assert WelfareCheck.objects.count() == 3


def test_the_same_form_sent_twice_is_one_report(rides):
    assert file() == file()
    assert WelfareCheck.objects.count() == 1


def test_distress_starts_the_clock_of_s10(rides):
    file(phone="13999998888", words="她发来：救命")
    assert Incident.objects.get().high_risk_at is not None


def test_an_unknown_phone_gets_the_same_answer(rides, signed_in):
    rides.under_way()
    pages = []
    for number, phone in enumerate(("13800000001", "13999998888")):
        body = {
            "missing_phone": phone,
            "reporter_phone": "13911110001",
            "words": "x",
            "submission": f"s{number}",
        }
        answer = signed_in("").post("/api/v1/welfare-checks/", body, content_type="application/json")
        page = signed_in("").get(f"/welfare-check/{answer.json()['secret']}/").content.decode()
        asked = mask_phone(f"+86{phone}")
        assert asked in page  # what they typed themselves stands there
        page = page.replace(asked, "")
        pages.append(
            (
                answer.status_code,
                set(answer.json()),
                re.sub(r"R-\w{8}|welfare-check/\w+|value=\"[^\"]+\"|X-CSRFToken[^}]+", "", page),
            )
        )
    assert pages[0] == pages[1]
    assert Incident.objects.count() == 2


@pytest.mark.parametrize(("code", "expected"), [("000000", "wrong_code"), ("", "wrong_code")])
def test_a_wrong_reporter_code_loses_nothing(rides, code, expected):
    filed = file()
    with pytest.raises(Exception, match=expected):
        services.verify_reporter(secret=filed.secret, code=code)
    assert WelfareCheck.objects.get().verified_at is None


def test_the_right_code_verifies_and_an_expired_one_does_not(rides, noon):
    filed = file()
    digits = re.findall(r"\d{6}", Notification.objects.get().text)[0]
    noon.shift(301)
    with pytest.raises(Exception, match="wrong_code"):
        services.verify_reporter(secret=filed.secret, code=digits)
    noon.shift(-200)
    assert services.verify_reporter(secret=filed.secret, code=digits).verified_at is not None


def test_an_incident_ends_only_with_an_outcome_and_a_second_person(rides, people):
    incident = services.raise_sos(key=key(rides.under_way()))
    with pytest.raises(ActionClosed):
        services.resolve_incident(
            account=people("agent"), code=incident.code, outcome="safe", harm="none", words="x"
        )
    services.take_incident(account=people("specialist"), code=incident.code)
    services.resolve_incident(
        account=people("specialist"), code=incident.code, outcome="safe", harm="none", words="reached her"
    )
    with pytest.raises(ActionClosed):
        services.close_incident(account=people("specialist"), code=incident.code)
    services.close_incident(account=people("supervisor"), code=incident.code)
    assert Incident.objects.get().state == "closed"


@pytest.mark.parametrize("who", ["vetting", "adjudicator", "admin", "officer", "passenger"])
def test_others_do_not_take_incidents(rides, people, who):
    incident = services.raise_sos(key=key(rides.under_way()))
    with pytest.raises(ActionClosed):
        services.take_incident(account=people(who), code=incident.code)


@pytest.mark.django_db(transaction=True)
def test_two_agents_take_one_incident_and_one_is_told_who_was_first(noon):
    from accounts.models import Account

    make_world(password="x")
    people = lambda name: Account.objects.get(code=name)  # noqa: E731
    incident = services.raise_sos(key=key(Rides(people).under_way()))
    gate = Barrier(2)

    def take(name):
        account = people(name)
        gate.wait()
        try:
            return services.take_incident(account=account, code=incident.code).taken_by
        except AlreadyTaken as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(take, ["agent", "agent2"]))
    assert "already_taken" in seen
    assert len(set(seen) & {"agent", "agent2"}) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b'{"crs": "WGS84"}', "malformed_json"),
        (b'{"crs": "NAD27", "pings": []}', "unknown_coordinates"),
        (b'{"crs": "WGS84", "pings": [{"at": %d, "lat": 91, "lon": 0}]}', "position_out_of_range"),
        (b'{"crs": "WGS84", "pings": [{"at": 99999999999, "lat": 1, "lon": 1}]}', "position_from_future"),
        (b'{"crs": "WGS84", "pings": [{"at": 1, "lat": 1, "lon": 1}]}', "position_too_old"),
        (
            b'{"crs": "WGS84", "pings": [' + b",".join([b'{"at": 1, "lat": 1, "lon": 1}'] * 501) + b"]}",
            "batch_too_large",
        ),
    ],
)
def test_bad_batches_are_refused_whole(body, code):
    import time

    from core.errors import DomainError

    with pytest.raises(DomainError) as error:
        read_batch(
            body.replace(b"%d", str(int(time.time())).encode()), TripKey("T-1", Party.DRIVER, "wenzhou")
        )
    assert error.value.code == code


def test_who_tapped_sos_sees_whom_it_told_and_the_other_side_sees_nothing(rides, people, signed_in, deliver):
    """R11: everybody sees what they themselves shared, and nobody learns that the other side called for help."""
    trip = rides.under_way()
    before = signed_in("driver").get("/me/shared/").content.decode()
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110001")
    services.raise_sos(key=key(trip))
    deliver()
    page = signed_in("passenger").get("/me/shared/").content.decode()
    assert "your emergency contacts (1)" in page
    token = r'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"'
    after = signed_in("driver").get("/me/shared/").content.decode()
    assert re.sub(token, "", after) == re.sub(token, "", before)
