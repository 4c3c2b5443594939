"""What is asked for again by the same person, because the answer was lost, is answered with what is: it changes nothing
more, and nobody is told that it failed when it worked."""

import json
import re
from datetime import timedelta

import pytest

from core import clock, idempotency
from core.actions import ACTION_SETS
from core.models import DoneAct
from core.permissions import may
from drivers.selectors import driver_of
from drivers.tests.factories import face_token, ready_for_pickup
from rides.models import Trip
from rides.services import confirm_car
from rides.tests.factories import hold_out
from tests.doors import digests, files_as, fillings, find, perform, sent_as, staff, undone
from tests.test_permissions import ROWS, TABLE, things  # noqa: F401 - one is a fixture

pytestmark = pytest.mark.long

MUTED = {"core_doneact"}  # who knocks again leaves nothing else

# Each time it is something new that is said, sent or asked, or no case is changed by it.
NEW_EACH_TIME = {
    "api/v1/trips/{trip}/messages/": "one may say a phrase twice",
    "api/v1/trips/{trip}/relay-number/": "a number that is asked for",
    "api/v1/trips/": "by its key: tests/test_once.py",
    "api/v1/itineraries/": "by its key: tests/test_once.py",
    "api/v1/police/requests/": "by its key: tests/test_once.py",
    "api/v1/complaints/": "by its key: tests/test_once.py",
    "api/v1/complaints/{complaint}/more/": "further words",
}
CASES = re.compile(r"api/v1/(trips|itineraries|driver/offers|driver/holds|police|complaints)/")
STEPS = {"accept", "arrive", "confirm-car", "board", "depart", "end", "cancel", "mismatch"}


def send(client, method, path, body=None):
    more = {"data": json.dumps(body or {}), "content_type": "application/json"}
    return getattr(client, method.lower())(path, **more)


def changed(before, after):
    return {table for table in after if before[table] != after[table]} - MUTED


def twice(client, method, path, body=None):
    """The answers to the same call, made twice, and the tables that the second one changed."""
    one = send(client, method, path, body)
    before = digests()
    again = send(client, method, path, body)
    return one, again, changed(before, digests())


# --- The trip, step by step ---------------------------------------------------------------------------------


def accepting(rides, people):
    way, trip = rides.itinerary(), rides.booked()
    hold_out(way, trip)
    return trip, {"itinerary": way, "face_token": face_token(driver_of(people("driver")), trip.code)}


def arriving(rides, people):
    trip = rides.accepted()
    ready_for_pickup(driver_of(people("driver")), trip.code)
    return trip, None


def boarding(rides, people):
    trip = rides.arrived()
    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    return trip, {"code": trip.boarding_code}


WALK = [
    ("accept", "driver", accepting),
    ("arrive", "driver", arriving),
    ("confirm-car", "passenger", lambda rides, _people: (rides.arrived(), None)),
    ("board", "driver", boarding),
    ("depart", "driver", lambda rides, _people: (rides.boarded(), None)),
    ("end", "driver", lambda rides, _people: (rides.under_way(), None)),
    ("cancel", "passenger", lambda rides, _people: (rides.accepted(), {"reason": "changed_plans"})),
    ("cancel", "driver", lambda rides, _people: (rides.accepted(), {"reason": "changed_plans"})),
    ("mismatch", "passenger", lambda rides, _people: (rides.arrived(), {"what": "car"})),
]


@pytest.mark.parametrize(("step", "who", "prepare"), WALK, ids=[f"{step} by {who}" for step, who, _ in WALK])
def test_a_step_of_a_trip_said_again_is_answered_with_what_is(rides, people, signed_in, step, who, prepare):
    trip, body = prepare(rides, people)
    path = f"/api/v1/trips/{trip.code}/{step}/"
    one, again, more = twice(signed_in(who), "POST", path, body)
    assert (one.status_code, again.status_code) == (200, 200), again.content.decode()
    assert again.json() == one.json()
    assert not more


def test_steps_of_a_trip_sent_late_are_answered_with_what_is(rides, people, signed_in):
    """After each step all that came before it once more, as a phone sends them that had no network."""
    trip, body = accepting(rides, people)
    done = []
    for step, who, prepare in [
        ("accept", "driver", lambda: body),
        ("arrive", "driver", lambda: ready_for_pickup(driver_of(people("driver")), trip.code) and None),
        ("confirm-car", "passenger", lambda: None),
        ("board", "driver", lambda: {"code": Trip.objects.get(pk=trip.pk).boarding_code}),
        ("depart", "driver", lambda: None),
        ("end", "driver", lambda: None),
    ]:
        done.append((step, who, prepare()))
        for each, person, sent in [done[-1], *done]:
            answer = send(signed_in(person), "POST", f"/api/v1/trips/{trip.code}/{each}/", sent)
            assert answer.status_code == 200, (each, "after", step, answer.content.decode())
    assert Trip.objects.get(pk=trip.pk).state == "ended"


def test_what_the_other_side_did_is_no_repeat(rides, signed_in):
    trip = rides.accepted()
    path, body = f"/api/v1/trips/{trip.code}/cancel/", {"reason": "changed_plans"}
    assert send(signed_in("passenger"), "POST", path, body).status_code == 200
    assert send(signed_in("driver"), "POST", path, body).status_code == 409
    assert send(signed_in("driver"), "POST", f"/api/v1/trips/{trip.code}/arrive/").status_code == 409


def test_a_wrong_code_said_again_is_wrong_again(rides, people, signed_in):
    trip, _body = boarding(rides, people)
    wrong = {"code": "0000" if trip.boarding_code != "0000" else "1111"}
    for time in (1, 2):
        assert (
            send(signed_in("driver"), "POST", f"/api/v1/trips/{trip.code}/board/", wrong).status_code == 400
        )
        assert Trip.objects.get(pk=trip.pk).wrong_codes == time
        page = signed_in("driver").post(f"/drive/trips/{trip.code}/board/", wrong)
        assert page.status_code == 400
        Trip.objects.filter(pk=trip.pk).update(wrong_codes=time)


def test_the_page_of_a_driver_says_it_twice(rides, people, signed_in):
    trip, body = boarding(rides, people)
    for _time in range(2):
        assert signed_in("driver").post(f"/drive/trips/{trip.code}/board/", body).status_code == 302
    for step in ("depart", "depart", "end", "end"):
        assert signed_in("driver").post(f"/drive/trips/{trip.code}/{step}/", {"do": "1"}).status_code == 302


def test_an_order_left_to_others_twice_is_left_once(things, signed_in):  # noqa: F811 - the fixture
    path = f"/api/v1/driver/offers/{things['offer']}/decline/"
    one, again, more = twice(signed_in("driver2"), "POST", path)
    assert (one.status_code, again.status_code, more) == (204, 204, set())


def test_a_pose_whose_answer_was_lost_is_said_again(people, signed_in, noon):
    """Eight poses, each over a network that may lose the answer: named again, the same pictures hear the same pose."""
    ask = send(
        signed_in("driver"), "POST", "/api/v1/driver/face-checks/", {"purpose": "accept", "subject": "T-1"}
    )
    path = f"/api/v1/driver/face-checks/{ask.json()['code']}/next/"
    for number in range(ask.json()["poses"]):
        noon.shift(2)
        named = [{"digest": f"{number}{each}".zfill(64), "at": 400 + each * 200} for each in range(2)]
        one, again, more = twice(signed_in("driver"), "POST", path, {"frames": named})
        assert (one.status_code, again.status_code, more) == (200, 200, set()), again.content.decode()
        assert again.json() == one.json()


# --- Every other call about a case ---------------------------------------------------------------------------


def calls(things):  # noqa: F811 - the fixture
    for method, route, allowed, *given in TABLE:
        if method == "GET" or not CASES.match(route):
            continue
        if route in NEW_EACH_TIME or route.rstrip("/").rpartition("/")[2] in STEPS:
            continue
        body = {
            name: value.format(**things) if isinstance(value, str) else value
            for each in given
            for name, value in each.items()
        }
        yield method, route, "passenger" if "passenger" in allowed else sorted(allowed)[-1], body


def test_every_call_about_a_case_is_answered_twice(things, signed_in):  # noqa: F811 - the fixture
    wrong, counted = {}, 0
    for method, route, who, body in calls(things):
        with undone():
            one, again, more = twice(signed_in(who), method, "/" + route.format(**things), body)
        if one.status_code >= 300:
            continue  # not now: its own tests say when
        counted += 1
        if again.status_code >= 300 or more:
            wrong[f"{method} {route}"] = (one.status_code, again.status_code, more)
    assert not wrong, wrong
    assert counted >= 8


# --- Every action of the console -----------------------------------------------------------------------------


def test_every_action_done_again_by_the_same_person_is_answered(things, people):  # noqa: F811 - the fixture
    known = {"case": things["incident"], "into": things["complaint"]}
    refused, counted = [], 0
    everybody = [*staff(), people("passenger"), people("driver"), people("driver2")]
    for kind, (name, _own) in ROWS.items():
        desk, code = ACTION_SETS[kind], str(things[name])
        for action in desk.actions.values():
            for person in everybody:
                if (row := find(desk, code, person)) is None:
                    continue
                done = None
                for typed, files in fillings(desk.form(action, row, person), known)[:6]:
                    if files:
                        continue
                    with undone():
                        done = perform(desk, code, action, person, typed, files)
                        if done and not perform(desk, code, action, person, typed, files):
                            refused.append(f"{kind}.{action.key} by {person.code}: {typed}")
                    if done:
                        counted += 1
                        break
                if done:
                    break
    assert not refused, "\n".join(refused)
    assert counted > 40


def fresh(files):
    """Files as they were before somebody read them."""
    for file in files.values():
        file.seek(0)
    return files


def another(desk, code, action, known):
    """Do any other act with this row, by whoever may; its key where one can be done here."""
    for other in desk.actions.values():
        for person in staff() if other is not action else ():
            if not may(person, other.permission) or (row := find(desk, code, person)) is None:
                continue
            for typed, files in fillings(desk.form(other, row, person), known)[:2]:
                if perform(desk, code, other, person, typed, files, row):
                    return other.key
                row = find(desk, code, person)
    return ""


def late(desk, code, action, everybody, known):
    """Whether it was done here; then something else; then the same once more, which is to be answered.

    Where the row of this world is past the action, it counts as done: only that somebody did it is kept.
    """
    acting = [
        (each, row) for each in everybody if may(each, action.permission) and (row := find(desk, code, each))
    ]
    tries = [(who, *each) for who, row in acting for each in fillings(desk.form(action, row, who), known)[:6]]
    for person, typed, files in tries:
        with undone():
            if perform(desk, code, action, person, typed, fresh(files)):
                other = another(desk, code, action, known)
                assert find(desk, code, person) is None or perform(
                    desk, code, action, person, typed, fresh(files)
                ), f"{desk.kind}.{action.key} after {other!r} by {person.code}: {typed}"
                return bool(other)
    person, typed, files = tries[0]
    with undone():
        form = desk.form(action, find(desk, code, person), person, sent_as(typed), files_as(fresh(files)))
        form.is_valid()
        idempotency.remember(desk.kind, code, idempotency.act_of(action.key, person.code, code, form.sent()))
        if not another(desk, code, action, known):
            idempotency.remember(desk.kind, code, idempotency.act_of("another", person.code, code, {}))
        assert perform(desk, code, action, person, typed, fresh(files)), f"{desk.kind}.{action.key}: {typed}"
    return False


def test_every_action_sent_again_after_another_is_answered(things, people):  # noqa: F811 - the fixture
    """In the order of a phone that sends late: one act, any other, the first once more. All that are registered."""
    known = {"case": things["incident"], "into": things["complaint"]}
    everybody = [*staff(), people("passenger"), people("driver"), people("driver2")]
    walked, really = set(), set()
    for kind, (name, _own) in ROWS.items():
        desk = ACTION_SETS[kind]
        for action in desk.actions.values():
            walked.add((kind, action.key))
            if late(desk, str(things[name]), action, everybody, known):
                really.add((kind, action.key))
    assert walked == {(kind, key) for kind, desk in ACTION_SETS.items() for key in desk.actions}
    assert len(really) > 30


def test_what_somebody_else_did_meanwhile_is_no_repeat(things, people):  # noqa: F811 - the fixture
    desk, code = ACTION_SETS["incident"], things["incident"]
    take = desk.action("take")
    assert perform(desk, code, take, people("agent"), {"do": "1"}, {})
    assert perform(desk, code, take, people("agent"), {"do": "1"}, {})
    assert not perform(desk, code, take, people("agent2"), {"do": "1"}, {})
    assert DoneAct.objects.filter(kind="incident").count() == 1


def said(desk, code, action, person, typed):
    """What the console answers to whoever does it."""
    row = find(desk, code, person)
    return desk.perform(action, row, person, desk.form(action, row, person, sent_as(typed)))


def test_who_says_it_late_is_told_what_stands_against_it_now(things, people):  # noqa: F811 - the fixture
    desk, code = ACTION_SETS["incident"], things["incident"]
    take, note = desk.action("take"), desk.action("note")
    assert said(desk, code, take, people("agent"), {"do": "1"}) is None
    assert said(desk, code, take, people("agent"), {"do": "1"}) is None
    assert perform(desk, code, note, people("agent"), {"words": "x"}, {})
    before = digests()
    late = said(desk, code, take, people("agent"), {"do": "1"})
    assert desk.against(take, find(desk, code, people("agent")), people("agent")) in late
    assert not changed(before, digests())


def test_what_was_taken_back_is_done_again(things, people):  # noqa: F811 - the fixture
    desk, code = ACTION_SETS["screening_run"], things["run"]
    pause, resume = desk.action("pause"), desk.action("resume")
    first, second = people("vetting"), people("supervisor")
    for _time in range(2):
        assert said(desk, code, pause, first, {"do": "1"}) is None
        assert find(desk, code, first).state == "paused"
        assert said(desk, code, pause, first, {"do": "1"}) is None
        assert said(desk, code, resume, second, {"do": "1"}) is None
        assert find(desk, code, first).state != "paused"
    assert DoneAct.objects.filter(kind="screening_run", row=code).count() == 4


def test_a_day_later_nothing_is_said_again(things, people, noon):  # noqa: F811 - the fixture
    desk, code = ACTION_SETS["incident"], things["incident"]
    assert perform(desk, code, desk.action("take"), people("agent"), {"do": "1"}, {})
    noon.shift(idempotency.REMEMBERED)
    assert perform(desk, code, desk.action("take"), people("agent"), {"do": "1"}, {})
    noon.shift(timedelta(seconds=1))
    assert not perform(desk, code, desk.action("take"), people("agent"), {"do": "1"}, {})
    assert idempotency.forget_old(at=clock.now()) == 1
