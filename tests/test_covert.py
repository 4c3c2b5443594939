"""S11: nothing that the driver can open, press or ask betrays the passenger.

Two worlds begin as one, by clock and by chance. In the second the passenger calls for help, complains, is looked for,
and police ask. Then her driver does in both whatever his pages allow and what anybody may: every route of the
permission table with a body that means something, each on its own and in an order, as himself and without a session.
Status, headers, every byte and the number of questions to the database must be the same. Nothing is normalised:
tokens come out of the same chance.
"""

import io
import json
import os
import random
import re
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import timedelta
from time import monotonic
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from PIL import Image

from accounts.looks import record_person_read
from accounts.seen import TELLING
from complaints.services import file_complaint
from complaints.states import Category
from conftest import GOAL, PICKUP
from core import broker, clock
from core.actions import ACTION_SETS
from core.actors import SYSTEM
from core.errors import NotFound
from core.models import DataHold, Notification
from drivers.models import Driver, Hold
from drivers.selectors import driver_of
from drivers.services import hold_driver
from drivers.states import HoldKind
from drivers.tests.factories import face_token, passed_check
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides import open_requests
from rides.models import Trip
from rides.selectors import position_key
from rides.services import accept_trip, cancel_trip, confirm_car, end_trip, give_to_others, report_mismatch
from rides.services.positions import PhoneFixes, store_positions
from rides.services.upkeep import LOST
from rides.states import CancelReason, Party, PlateCheck
from rides.tests.factories import hold_out
from rides.tokens import DUTY, TripKey
from rides.trails import Fix
from safety import services, views
from safety.models import EmergencyPush, Incident, RecordingPlay, SafetyQuestion, TripShare, WelfareCheck
from safety.services import raise_sos, sos
from safety.services.stops import QUIET_HOLDS
from safety.states import Answer, CentreWord, RecordingPurpose, SignalKind
from safety.tests.factories import agree, begin
from tests.test_permissions import KEYED, TABLE, route_of

pytestmark = pytest.mark.long

HER_PLACE = (28.2031, 121.0123)
CITY = {"city": "wenzhou"}
HERE = {"lat": 28.2, "lon": 121.0}
WAY = CITY | {
    "origin": {"lat": PICKUP.latitude, "lon": PICKUP.longitude},
    "destination": {"lat": GOAL.latitude, "lon": GOAL.longitude},
    "window_start": "2026-03-02T12:10:00+08:00",
    "window_end": "2026-03-02T13:00:00+08:00",
    "client_key": "again",
}
WORDS = {"category": "other", "words": "x", "submission": "d" * 16}
STRANGER = {"name": "x", "phone": "13911110077"}
WORRIED = {"missing_phone": "13800000001", "reporter_phone": "13911110055", "words": "x", "submission": "w"}
CAR = {"plate": "{plate}", "words": "x", "submission": "r" * 16}
ANOTHER_CAR = {"plate": "浙C·B2345", "words": "x", "submission": "o" * 16}
# What a driver, or anybody with a second phone, would send, where the permission table names no body.
BODIES = {
    "api/v1/itineraries/": WAY | {"seats": 2},
    "api/v1/trips/": WAY | {"line": "hitch"},
    "api/v1/estimates/": WAY,
    "api/v1/driver/online/": CITY | HERE | {"line": "express"},
    "api/v1/driver/video-checks/": {"purpose": "daily", "subject": ""},
    "api/v1/driver/video-checks/{video}/call/": {"kind": "hello"},
    "drive/video/{video}/recording/": {"agreed": "1"},
    "api/v1/driver/face-checks/": {"purpose": "accept", "subject": "{waiting}"},
    "api/v1/trips/{trip}/cancel/": {"reason": "not_boarded"},
    "api/v1/trips/{trip}/board/": {"code": "{code}"},
    "api/v1/welfare-checks/": WORRIED,
    "api/v1/complaints/": WORDS | {"trip": "{trip}"},
    "api/v1/street-complaints/": WORDS | STRANGER | {"plate": "{plate}"},
    "api/v1/mismatch-reports/": CAR | {"phone": "13911110077"},
    "api/v1/me/contacts/": {"name": "x", "phone": "13911110078"},
    "api/v1/me/score/": {"least": 45},
    "api/v1/sign-in/code/": {"phone": "13800000001"},
    "welfare-check/": WORRIED,
    "trips/{trip}/complaint/": WORDS,
    "trips/{trip}/cancel/": {"reason": "not_boarded"},
    "complain/": WORDS | STRANGER | {"plate": "{plate}"},
    "report-a-car/": CAR | {"phone": "13911110077"},
    "drive/online/": CITY | HERE | {"line": "express"},
    "drive/": CITY | {"origin": "虹桥镇 Hongqiao", "destination": "上塘 Shangtang", "seats": 2, "detour_km": 4}
    | {"window_start": "2026-03-02T12:20", "window_end": "2026-03-02T13:00", "client_key": "way"},
    "sign-in/code/": {"phone": "13800000001"},
    "drive/face-consent/": {"video_call": "1", "purpose": "daily", "subject": ""},
    "api/v1/trips/{trip}/sos/": {"silent": False} | HERE,
    "trips/{trip}/sos/": {"lat": "28.2", "lon": "121.0"},
    "trips/{trip}/sos/word/": {"words": "x", "silent": "0"},
    "trips/{trip}/recording/": {"agreed": "0"},
    "trips/{trip}/answer/": {"answer": "fine"},
    "api/v1/trips/{trip}/answer/": {"answer": "fine"},
    "api/v1/trips/{trip}/accident/": {"answer": "no"},
    "api/v1/trips/{trip}/recording/": {"agreed": False},
}  # fmt: skip
FORM_TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b")
SECRET = re.compile(r"\b[0-9a-f]{32}\b")
MADE = re.compile(r"\b(?:I|M|R|C|W|E|K|V)-[0-9A-Z]{8,10}\b")
# Which line of the journal his own one is, of all that the platform wrote: its size is public each minute.
LINE = re.compile(r"(?<=/me/data/looks/)\d+(?=/)")
NOISE = 8  # questions to the database: two milliseconds, of which a network makes a hundred
# Where he looks after each thing that he did.
LOOKS = ("/drive/orders/", "/api/v1/driver/")
EVERYWHERE = (
    *LOOKS,
    "/drive/",
    "/complaints/",
    "/me/shared/",
    "/me/data/looks/",
    "/trips/{trip}/",
    "/trips/{trip}/sos/",
    "/trips/{trip}/recording/",
    "/drive/requests/{waiting}/face/?itinerary={itinerary}",
    "/api/v1/trips/{trip}/",
    "/api/v1/itineraries/{itinerary}/request/",
    "/api/v1/driver/offer/",
)  # fmt: skip


@contextmanager
def taken_back():
    """What happens inside has not happened."""
    block = transaction.atomic()
    block._from_testcase = True  # Django's mark for a test's own transaction: durable services begin inside
    with block:
        yield
        transaction.set_rollback(True)
    open_requests.forget()


@contextmanager
def cookies_kept(client):
    """What happens inside signs this browser out of nothing, and leaves no mark in it."""
    before = deepcopy(client.cookies)
    yield
    client.cookies = before


@contextmanager
def chance(seed):
    """Every token, code and nonce of what happens inside comes out of one seed."""
    source = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", source.randbytes)
        patch.setattr(random, "_urandom", source.randbytes)
        yield


def photo():
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "grey").save(buffer, "JPEG")
    return SimpleUploadedFile("car.jpg", buffer.getvalue(), "image/jpeg")


def filled(value, things):
    match value:
        case str():
            return value.format_map(things)
        case dict():
            return {name: filled(each, things) for name, each in value.items()}
        case _:
            return value


class Blank(dict):
    """An object that the driver has not got: he can only guess."""

    def __missing__(self, name):
        return "X-0"


def routes():
    """(method, path, body) of everything that there is, with what this driver has in hand."""
    for method, route, _allowed, *body in TABLE:
        if route in {"sign-out/", "api/v1/schema/"}:  # it ends this walk; it is made of the code alone
            continue
        yield method, route, body[0] if body else BODIES.get(route, {})
    for method, route in KEYED:
        yield method, route, BODIES.get(route, {"words": "x"}) | {"key": "{key}"}
    for desk in ACTION_SETS.values():
        for key in desk.actions:
            body = {"boarding_code": "{code}", "code": "{code}"} if desk.kind == "driven_trip" else {}
            row = {"driven_trip": "{trip}", "hold": "{hold}"}.get(desk.kind, "X-0")
            yield "POST", route_of(desk).replace("{row}", row).replace("{action}", key), body


def ask(client, method, path, body):
    """What one request is answered, and how many questions the database was asked for it."""
    asked = []

    def count(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    files = path.startswith(("/report-a-car", "/api/v1/mismatch-reports"))
    as_json = path.startswith("/api/") and method != "GET" and not files
    kind = {"content_type": "application/json"} if as_json else {}
    if method == "GET":  # a key stands in no address
        kind["headers"] = {"x-trip-key": body.get("key", "")}
        body = {name: value for name, value in body.items() if name != "key"}
    if files and method == "POST":
        body = body | {"photo": photo()}
    with chance(f"{method} {path} {json.dumps(body, default=str)}"), connection.execute_wrapper(count):
        answer = getattr(client, method.lower())(path, body or None, **kind)
    body = known(answer.content.decode(errors="replace"))
    head = {name: known(value) for name, value in answer.headers.items()}
    if "Content-Length" in head:  # of what is compared: a line's number has two digits or three
        head["Content-Length"] = str(len(body.encode()))
    cookies = sorted(each.OutputString() for each in answer.cookies.values())
    return answer.status_code, head, cookies, body, len(asked)


def known(text):
    """A body without nonces: forms' tokens, and the codes of what has just been made."""
    return LINE.sub("line", MADE.sub("made", SECRET.sub("secret", FORM_TOKEN.sub("token", text))))


def walk(scene, looks=LOOKS, *, staff=True):
    """Every route once, each from the same state, and after each what the driver sees.

    Doors of staff and police are closed to him as they are to anybody; without `staff` they are not tried again.
    """
    seen, things = {}, scene.things
    forget_rates()
    for method, route, body in routes():
        for who, client in scene.clients.items():
            if route.startswith(("admin/", "police/")) and not (who and staff):
                continue
            name = (who, method, route)
            with taken_back(), cookies_kept(client):
                if "{waiting}/accept" in route:
                    somebody_takes_it(scene)
                path = "/" + filled(route, things)
                given = {"key": things["key"]} if method == "GET" and (method, route) in KEYED else {}
                seen[name] = ask(client, method, path, filled(body, things) if method != "GET" else given)
                acts = method != "GET" and seen[name][0] < 400
                for look in looks if who and acts else ():
                    seen[(*name, look)] = ask(client, "GET", filled(look, things), {})
    return seen


def somebody_takes_it(scene):
    """Another owner is quicker."""
    who, way = driver_of(scene.people("driver2")), scene.rides.itinerary("driver2")
    code = scene.waiting.code
    assert not accept_trip(
        driver=who, trip_code=code, itinerary_code=way, face_token=face_token(who, code)
    ).refusal


def forget_rates():
    """How often somebody asked is counted in Valkey, which takes nothing back."""
    broker.ask(lambda client: [client.delete(name) for name in client.scan_iter("limit:*")], None)


def topics():
    """Which open pages would be woken by what has been done so far."""
    return {each[1].topic for each in connection.run_on_commit if hasattr(each[1], "topic")}


def his_topics(things):
    return {f"trip:{things['trip']}", f"side:{things['trip']}/driver", f"trip:{DUTY}driver"}


def differences(one, other):
    """What differs, in words: the first thing of each answer."""
    for name in sorted(one.keys() & other.keys()):
        (status, head, cookies, body, asked), (status2, head2, cookies2, body2, asked2) = (
            one[name],
            other[name],
        )
        where = " ".join(name)
        if status != status2:
            yield f"{where}: {status} / {status2}"
        elif body != body2:
            at = next((n for n, (a, b) in enumerate(zip(body, body2, strict=False)) if a != b), 0)
            yield f"{where}: {body[max(0, at - 60) : at + 120]!r} / {body2[max(0, at - 60) : at + 120]!r}"
        elif (head, cookies) != (head2, cookies2):
            yield f"{where}: {head} {cookies} / {head2} {cookies2}"
        elif abs(asked - asked2) > NOISE:
            yield f"{where}: {asked} / {asked2} questions to the database"


def old_look(people, noon):
    """Long ago somebody of the staff opened his page, and he was told."""
    noon.shift(timedelta(days=-100))
    record_person_read(account=people("supervisor"), person=people("driver"))
    noon.shift(timedelta(days=100))
    TELLING.run(at=clock.now() - timedelta(days=1))
    assert people("driver").looks_told_until is not None


@pytest.fixture
def scene(rides, people, signed_in, deliver, settings, tmp_path, noon):
    """A driver with somebody in the car, a request along his way, and a day's check for the other lines."""
    settings.RECORDING_KEYS = str(tmp_path / "keys")
    old_look(people, noon)
    past = rides.ended()
    trip = rides.under_way()
    waiting = rides.booked("passenger2")
    hold_out(trip.itinerary.code, waiting)
    agree(trip)
    begin(trip)
    driver = driver_of(people("driver"))
    Driver.objects.filter(pk=driver.pk).update(lines=["hitch", "express"])
    passed_check(driver, "daily", clock.now().astimezone().date().isoformat())
    now = clock.now().timestamp()
    store_positions(
        [
            PhoneFixes(trip.pk, Party.PASSENGER, [Fix(now, *HER_PLACE)], False),
            PhoneFixes(trip.pk, Party.DRIVER, [Fix(now, 28.2, 121.0)], False),
        ]
    )
    deliver()
    things = Blank(
        trip=trip.code,
        waiting=waiting.code,
        itinerary=trip.itinerary.code,
        ended=past.code,
        late=trip.code,
        malicious=trip.code,
        key=position_key(trip, Party.DRIVER),
        code=trip.boarding_code,
        plate=trip.plate_registered,
        face_token=face_token(driver, waiting.code),
        share_number=1,
        contact=1,
        call=1,
        play=1,
        claim_paper=1,
        failed_work=1,
        run=1,
    )
    clients = {"driver": signed_in("driver"), "": signed_in("")}
    for client in clients.values():
        client.get("/")
    return SimpleNamespace(
        things=things, clients=clients, trip=trip, past=past, waiting=waiting, rides=rides, people=people,
        deliver=deliver, clock=noon,
    )  # fmt: skip


def she_calls(scene):
    """Everything at once that the passenger, her friends, the company and the police can do while she is aboard."""
    people, trip = scene.people, scene.trip
    her = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    incident = services.raise_sos(key=her, position=HER_PLACE, silent=True)
    services.add_word(key=her, words="救命")
    services.ask_110(key=her)
    phone = begin(trip, RecordingPurpose.SOS)
    services.note_listening(account=people("agent"), code=phone.code)
    services.share_trip(key=her)
    services.file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110001", words="救命", submission="s"
    )
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category.HARASSMENT,
        words="救命",
        submission="c",
    )
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    scene.deliver()
    services.answer_question(key=her, answer=Answer.DURESS)
    cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    report_mismatch(passenger=people("passenger"), trip_code=trip.code, what=PlateCheck.OTHER_DRIVER)
    services.take_incident(account=people("agent"), code=incident.code)
    services.write_to_caller(account=people("agent"), code=incident.code, party=Party.PASSENGER, words="x")
    ask_by_form(account=people("officer"), question=urgent(Query.TRIP, trip.code), submission="p")
    scene.deliver()
    push = EmergencyPush.objects.get()
    services.hear_centre(key=push.key, number="110-1", said=CentreWord.DISPATCHED)
    for rows in (
        EmergencyPush,
        Incident,
        SafetyQuestion,
        TripShare,
        WelfareCheck,
        RecordingPlay,
        DataHold,
        Hold,
    ):
        assert rows.objects.exists(), rows


def nothing(_scene):
    """The other world."""


def both(scene, act, look):
    """What `look` finds without and with what she does."""
    found, numbers = [], sequences()
    for each in (nothing, act):
        set_back(numbers)
        with taken_back():
            before, written = topics(), to_him(scene)
            each(scene)
            assert not (topics() - before) & his_topics(scene.things)
            scene.clock.shift(timedelta(seconds=90))
            found.append(look())
            scene.clock.shift(timedelta(seconds=-90))
            assert to_him(scene) == written
    return found


def sequences():
    """Where each table's numbers stand: no rollback takes them back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences")
        return cursor.fetchall()


def set_back(numbers):
    with connection.cursor() as cursor:
        for name, last in numbers:
            cursor.execute("SELECT setval(%s, %s, %s)", [name, last or 1, last is not None])


def to_him(scene):
    """Every message to his phone that leaves today."""
    rows = Notification.objects.filter(not_before__lt=clock.now() + timedelta(hours=10)).order_by("pk")
    return [row.key for row in rows if row.recipient == scene.people("driver").phone]


@pytest.mark.edges
def test_no_route_tells_him_while_she_is_aboard(scene):
    without, with_ = both(scene, she_calls, lambda: walk(scene))
    assert without.keys() == with_.keys() and len(without) > 450
    found = list(differences(without, with_))
    assert not found, "\n".join(found)


@pytest.mark.edges
def test_nothing_tells_him_after_she_has_got_out(scene):
    """Seconds after the end nobody is in the car any more, and the hold and the complaint are hers alone to know."""

    def look():
        end_trip(driver=driver_of(scene.people("driver")), trip_code=scene.trip.code)
        scene.deliver()
        run(QUIET_HOLDS)
        return walk(scene, looks=(), staff=False)

    without, with_ = both(scene, she_calls, look)
    found = list(differences(without, with_))
    assert not found, "\n".join(found)


def run(job):
    """One turn of a job that runs from time to time."""
    assert not job.run(at=clock.now()).failed


def steps(scene, acts, *, others_are_quicker):
    """What he is answered and sees when he does several things one after the other."""
    client, seen = scene.clients["driver"], {}
    for number, (route, body) in enumerate(acts):
        if others_are_quicker and (route, body) == ACCEPT and ACCEPT not in acts[:number]:
            somebody_takes_it(scene)
        path = "/" + filled(route, scene.things)
        seen[str(number), route] = ask(client, "POST", path, filled(body, scene.things))
        scene.deliver()
        run(QUIET_HOLDS)
        for look in EVERYWHERE:
            seen[str(number), route, look] = ask(
                client, "GET", filled(look, scene.things), {"key": scene.things["key"]}
            )
        scene.clock.shift(timedelta(seconds=20))
    scene.clock.shift(timedelta(seconds=-20 * len(acts)))
    return seen


ACCEPT = ("api/v1/trips/{waiting}/accept/", {"itinerary": "{itinerary}", "face_token": "{face_token}"})
END = ("api/v1/trips/{trip}/end/", {})
ONLINE = ("api/v1/driver/online/", BODIES["api/v1/driver/online/"])
OWN_SOS = ("api/v1/trips/{trip}/sos/", {"key": "{key}"})
OWN_WORD = ("trips/{trip}/sos/word/", {"key": "{key}", "words": "x", "silent": "0"})
ANOTHER_WAY = ("api/v1/itineraries/", BODIES["api/v1/itineraries/"])
ORDERS = {
    "takes the next before the end": [ACCEPT, END, ONLINE],
    "takes the next after the end": [END, ONLINE, ANOTHER_WAY, ACCEPT, ACCEPT],
    "calls for help himself": [OWN_SOS, OWN_WORD, END],
}


@pytest.mark.parametrize("acts", ORDERS.values(), ids=ORDERS)
def test_whatever_he_does_in_whatever_order_he_sees_the_same(scene, acts):
    """The next request is lost to him as one that somebody else took a moment before, and stands on no list (D15)."""
    without, with_ = both(
        scene, she_calls, lambda: steps(scene, acts, others_are_quicker=not Incident.objects.exists())
    )
    found = list(differences(without, with_))
    assert not found, "\n".join(found)


@pytest.fixture
def his_next_trip(scene, signed_in):
    """He has accepted another passenger's request, and nobody is in his car."""
    end_trip(driver=driver_of(scene.people("driver")), trip_code=scene.trip.code)
    scene.deliver()
    who = driver_of(scene.people("driver"))
    outcome = accept_trip(
        driver=who,
        trip_code=scene.waiting.code,
        itinerary_code=scene.things["itinerary"],
        face_token=scene.things["face_token"],
    )
    assert outcome.refusal is None
    return scene.waiting


HER_CANCEL = (
    "/drive/",
    "/drive/orders/",
    "/trips/{trip}/",
    "/trips/{trip}/status/",
    "/api/v1/trips/{trip}/",
    "/api/v1/trips/{trip}/messages/",
    "/api/v1/driver/",
)  # fmt: skip
AFTER_IT = (("cancel", {"reason": "not_boarded"}), ("arrive", {}), ("board", {"code": "1234"}), ("end", {}))


def test_a_trip_that_goes_to_others_is_to_him_one_that_its_passenger_cancelled(scene, his_next_trip):
    """A row that vanished, or stood on his list again, would say 'held'; and so would one whose end somebody else drove."""
    trip, client = his_next_trip, scene.clients["driver"]
    driver = driver_of(scene.people("driver"))

    def she_cancels():
        cancel_trip(
            account=scene.people("passenger2"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS
        )

    def it_goes_to_others():
        she_calls_nobody_is_aboard(scene)
        give_to_others(actor=SYSTEM, driver=driver)
        assert Trip.objects.get(pk=trip.pk).driver is None

    seen = []
    for act in (she_cancels, it_goes_to_others):
        with taken_back():
            act()
            pages = {path: ask(client, "GET", path.format(trip=trip.code), {}) for path in HER_CANCEL}
            for what, body in AFTER_IT:
                with taken_back():
                    pages[what] = ask(client, "POST", f"/api/v1/trips/{trip.code}/{what}/", body)
            scene.clock.shift(timedelta(minutes=30))
            LOST.run(at=clock.now())
            pages |= {
                f"later {path}": ask(client, "GET", path.format(trip=trip.code), {}) for path in HER_CANCEL
            }
            scene.clock.shift(timedelta(minutes=-30))
            seen.append({("his", path): answer for path, answer in pages.items()})
    found = list(differences(*seen))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("hers", [False, True])
@pytest.mark.parametrize("door", ["/trips/{}/sos/", "/api/v1/trips/{}/sos/"])
def test_his_own_call_is_answered_after_the_same_time_whether_she_called_before(rides, signed_in, monkeypatch, hers, door):  # fmt: skip
    """The first call of a trip is written by a shorter way: his clock would tell him of hers."""
    waited, trip = [], rides.under_way()
    monkeypatch.setattr("safety.services.sos.sleep", waited.append)
    if hers:
        raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    began = monotonic()
    body = {"key": position_key(trip, Party.DRIVER)}
    of_api = {"content_type": "application/json"} if "api" in door else {}
    answer = signed_in("").post(door.format(trip.code), body, **of_api)
    assert answer.status_code in {201, 302}
    took = monotonic() - began
    (rest,) = waited
    assert took + rest >= sos.EVEN
    assert took < 30 or rest == 0


@pytest.mark.parametrize("stands", ["arrived", "accepted"])
def test_help_called_before_boarding_takes_nothing_from_the_page_of_who_may_stand_before_her(scene, rides, signed_in, stands):  # fmt: skip
    """No code was entered and no phone says that they met, nor need he say that he is there: she may sit in his car."""
    make = getattr(rides, stands)
    trip, client = make(passenger="passenger2", driver="driver2"), signed_in("driver2")
    scene.deliver()
    seen = []
    for calls in (False, True):
        with taken_back():
            if calls:
                her = TripKey(trip.code, Party.PASSENGER, "wenzhou")
                services.raise_sos(key=her, position=HER_PLACE, silent=True)
                scene.deliver()
                run(QUIET_HOLDS)
                assert Trip.objects.get(pk=trip.pk).driver == driver_of(scene.people("driver2"))
                assert Hold.objects.open().filter(driver=trip.driver, covert=True).exists()
            pages = {path: ask(client, "GET", path.format(trip=trip.code), {}) for path in HER_CANCEL}
            for what, body in AFTER_IT:
                with taken_back():
                    pages[what] = ask(client, "POST", f"/api/v1/trips/{trip.code}/{what}/", body)
            seen.append({("his", path): answer for path, answer in pages.items()})
    found = list(differences(*seen))
    assert not found, "\n".join(found)


def she_calls_nobody_is_aboard(scene):
    """A severe complaint after the trip: it stops his orders."""
    hold_driver(
        actor=SYSTEM, driver=driver_of(scene.people("driver")), kind=HoldKind.COMPLAINT, source="C-1",
        citation="x", covert=True,
    )  # fmt: skip


def test_a_trip_of_tomorrow_does_not_go_at_the_second_at_which_she_complains(scene, his_next_trip):
    trip, driver = his_next_trip, driver_of(scene.people("driver"))
    start = clock.now() + timedelta(hours=5)
    Trip.objects.filter(pk=trip.pk).update(window_start=start, window_end=start + timedelta(hours=1))
    she_calls_nobody_is_aboard(scene)
    assert give_to_others(actor=SYSTEM, driver=driver) == 0
    run(QUIET_HOLDS)
    assert Trip.objects.get(pk=trip.pk).driver == driver
    scene.clock.shift(timedelta(hours=3))
    run(QUIET_HOLDS)
    assert Trip.objects.get(pk=trip.pk).driver is None


def test_the_next_day_he_is_told_without_a_time(scene, signed_in):
    she_calls(scene)
    end_trip(driver=driver_of(scene.people("driver")), trip_code=scene.trip.code)
    scene.deliver()
    page = signed_in("driver").get("/drive/").content.decode()
    assert "You cannot accept orders now" not in page
    scene.clock.shift(timedelta(hours=33))
    run(QUIET_HOLDS)
    page = signed_in("driver").get("/drive/").content.decode()
    assert "an open severe complaint" in page and "12:0" not in page and "2026-03-02" not in page


@pytest.fixture
def at_the_pickup(scene, rides):
    """The car is there, she has compared the plate, and her phone has never said where she is."""
    trip = rides.arrived(passenger="passenger2", driver="driver2")
    confirm_car(passenger=scene.people("passenger2"), trip_code=trip.code)
    scene.deliver()
    return trip


def test_after_a_cancel_his_page_holds_nothing_of_her_and_his_key_dies(scene, at_the_pickup, signed_in):
    trip, client = at_the_pickup, signed_in("driver2")
    key = position_key(trip, Party.DRIVER)
    now = clock.now().timestamp()
    store_positions([PhoneFixes(trip.pk, Party.PASSENGER, [Fix(now, *HER_PLACE)], False)])
    pages = (f"/trips/{trip.code}/", f"/trips/{trip.code}/status/", f"/api/v1/trips/{trip.code}/", "/drive/")
    for path in pages:
        assert b"28.2031" not in client.get(path).content, path
    cancel_trip(account=scene.people("passenger2"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    scene.deliver()
    for path in pages:
        page = client.get(path).content
        assert b"28.2031" not in page and b"trip-map" not in page, path
    scene.clock.shift(timedelta(minutes=61))
    for path in (f"/trips/{trip.code}/sos/status/", f"/trips/{trip.code}/offline/"):
        assert client.get(path, headers={"x-trip-key": key}).status_code == 401


class SlowMachine:
    """A clock that goes on only by what is worked and slept."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr("safety.services.sos.monotonic", lambda: self.now)
        monkeypatch.setattr("safety.services.sos.sleep", self.work)

    def work(self, seconds):
        self.now += seconds


@pytest.mark.parametrize("refused", [False, True])
def test_his_call_takes_the_same_time_on_a_machine_that_needs_longer_than_that(monkeypatch, refused):
    took, machine = [], SlowMachine(monkeypatch)
    for longer in (1.2, 1.8):
        began = machine.now
        with suppress(NotFound), sos.in_even_time(Party.DRIVER):
            machine.work(sos.EVEN * longer)
            if refused:
                raise NotFound
        took.append(machine.now - began)
    assert took == pytest.approx([2 * sos.EVEN] * 2)


def test_the_page_that_answers_his_call_is_drawn_within_the_even_time(rides, signed_in, monkeypatch):
    """It shows more questions to the database, or fewer, by what was found."""
    took, machine, trip = [], SlowMachine(monkeypatch), rides.under_way()
    drawn = views._sos_page
    for longer in (0.2, 0.7):
        monkeypatch.setattr(
            views,
            "_sos_page",
            lambda *given, longer=longer: (machine.work(sos.EVEN * longer), drawn(*given))[1],
        )
        began = machine.now
        body = {"key": position_key(trip, Party.DRIVER)}
        answer = signed_in("").post(f"/trips/{trip.code}/sos/", body, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        took.append(machine.now - began)
    assert took == pytest.approx([sos.EVEN] * 2)
