"""A3: every page and every API as each role; another person's name, phone, ID number or photo stands only where the
table allows it."""

import re

import pytest
from django.utils import translation

from accounts.models import Account, EmergencyContact
from complaints.models import Claim, Complaint
from core.permissions import Role
from rides.models import Trip
from rides.tests.factories import hold_out
from tests.test_permissions import PEOPLE, TABLE, ask, things  # noqa: F401 - the fixture with one of everything

pytestmark = pytest.mark.long

MEMBERS = {"passenger", "passenger2", "driver", "driver2"}
# (who looks, whose, what): the driver's verified name is shown to the passenger of a trip that goes on (A3).
ALLOWED = {("passenger", "driver", "name"), ("passenger", "driver2", "name")}
# Staff read masked data; the police read what was released to them, which has tests of its own.
OPEN_TO_ALL = {"", *MEMBERS}


@pytest.fixture
def secrets(people):
    """What is personal of each member: full name, phone as typed and as kept, ID number."""
    found = {}
    for who in MEMBERS:
        account = people(who)
        found[who] = {
            "name": [account.real_name],
            "phone": [account.phone, account.phone.removeprefix("+86")],
            "id": [account.id_number],
        }
    return found


def leaks(text, viewer, secrets):
    plain = re.sub(r"[\s\u00a0-]", "", text)
    for whose, kinds in secrets.items():
        if whose == viewer:
            continue
        for kind, values in kinds.items():
            seen = any(value and value.replace(" ", "") in plain for value in values)
            if seen and (viewer, whose, kind) not in ALLOWED:
                yield f"{kind} of {whose}"


def test_the_names_of_the_cast_can_be_told_apart(secrets):
    """Otherwise the test below could not fail."""
    names = [values["name"][0] for values in secrets.values()]
    assert len(set(names)) == len(names)
    assert all(len(name) >= 2 for name in names)
    assert list(leaks(names[0] + names[1], "nobody", secrets))


@pytest.mark.edges
def test_no_page_and_no_api_shows_another_person(things, signed_in, secrets):  # noqa: F811 - the fixture
    found = []
    for who in sorted(OPEN_TO_ALL):
        client = signed_in(who)
        for method, route, *_rest in TABLE:
            if method != "GET" or route.startswith(("api/v1/schema", "metrics")):
                continue
            answer = ask(client, method, "/" + route.format(**things))
            if answer.status_code != 200 or answer.streaming:
                continue
            viewer = who or "nobody"
            if route.startswith("ride/"):
                continue  # whoever has that key is the passenger; the page has its own test
            if route.startswith("share/"):
                continue  # whoever has the link sees car and driver's name (A3, S4); the page has its own test
            found += [
                f"{route} as {viewer}: {leak}"
                for leak in leaks(answer.content.decode(errors="ignore"), viewer, secrets)
            ]
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.edges
def test_no_photo_of_a_person_leaves_to_anybody_but_staff(things, signed_in):  # noqa: F811 - the fixture
    for who in sorted(set(PEOPLE) - {"agent", "specialist", "supervisor", "vetting", "adjudicator", "admin"}):
        client = signed_in(who)
        for method, route, *_rest in TABLE:
            if method != "GET":
                continue
            answer = ask(client, method, "/" + route.format(**things))
            if answer.status_code == 200 and not answer.streaming and "officer" not in who:
                assert "data:image/jpeg" not in answer.content.decode(errors="ignore"), (who, route)
                assert not answer.headers["content-type"].startswith("image/jpeg"), (who, route)


def test_after_a_day_the_passenger_sees_the_drivers_name_no_more(rides, signed_in, people, noon):
    trip = rides.ended()
    name = people("driver").real_name
    client = signed_in("passenger")
    assert name in client.get(f"/trips/{trip.code}/").content.decode()
    noon.shift(86_401)
    for path in (f"/trips/{trip.code}/", f"/api/v1/trips/{trip.code}/", "/", "/me/shared/", "/api/v1/trips/"):
        page = signed_in("passenger").get(path).content.decode()
        assert name not in page, path
        assert "川A·H0001" not in page, path


def test_before_acceptance_nobody_sees_anything(rides, signed_in, people):
    rides.itinerary()
    trip = rides.booked()
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert people("driver").real_name not in page
    drive = signed_in("driver").get("/drive/").content.decode()
    assert people("passenger").real_name not in drive


def test_two_people_who_ask_look_the_same(rides, signed_in):
    """What an owner is shown of a request differs in its code alone, whoever asks."""
    way, shown = rides.itinerary(), []
    for who in ("passenger", "passenger2"):
        trip = rides.booked(who)
        hold_out(way, trip)
        page = signed_in("driver").get("/drive/").content.decode()
        request = page.partition('<section class="card urgent"')[2].partition("</section>")[0]
        assert trip.code in request
        shown.append(re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", request.replace(trip.code, "")))
    assert shown[0] == shown[1]


def test_neither_side_finds_the_other_again(rides, signed_in, people, noon):
    """No page and no API takes a name or phone of the other side and answers with a person."""
    trip = rides.ended()
    noon.shift(86_401)
    body = signed_in("driver").get(f"/api/v1/trips/{trip.code}/").json()
    assert set(body) == {
        "code", "state", "line", "origin_name", "destination_name", "fare_estimate", "fare", "reminder", "key",
        "passenger", "score",
    }  # fmt: skip
    assert body["passenger"] == "Passenger"


def test_what_i_shared_tells_only_of_me(rides, signed_in, people):
    trip = rides.accepted()
    mine = signed_in("passenger").get("/me/shared/").content.decode()
    assert trip.code in mine
    assert people("driver").real_name not in mine
    his = signed_in("driver").get("/me/shared/").content.decode()
    assert trip.code in his
    assert people("passenger").real_name not in his
    other = signed_in("passenger2").get("/me/shared/").content.decode()
    assert trip.code not in other


# --- Staff: masked, but for the doors that ask for a case or a reason (A5) ------------------------------------------

# Where staff read somebody in the clear, and why that is guarded. `accounts.looks` is asked at each of the first two.
IN_THE_CLEAR = {
    ("POST", "admin/people/passenger/"): "asks for an open case of one's own, or for a sentence",
    ("POST", "admin/workspace/{complaint}/reveal/"): "asks for the same",
    (
        "GET",
        "admin/vetting/applications/{application}/",
    ): "who vets compares what was typed with the photos of the papers; in the journal",
}


@pytest.fixture
def everybodys(people):
    """What is personal of everybody of the cast, colleagues and officers too, and of a caller without an account."""
    found = {}
    with translation.override("zh-hans"):
        roles = {str(role.label) for role in Role}
    for account in Account.objects.all():
        found[account.code] = {
            # One of them is called after their work, which pages name.
            "name": [] if account.real_name in roles else [account.real_name],
            "phone": [account.phone, account.phone.removeprefix("+86")],
            "id": [account.id_number],
        }
    return found


@pytest.fixture
def others(things, everybodys):  # noqa: F811 - the fixture
    """People without an account, each in a place of their own: contacts, riders, who called, who claims."""
    EmergencyContact.objects.update(name="欧阳联系")
    Trip.objects.exclude(rider_kind="self").update(rider_name="欧阳乘坐")
    Complaint.objects.exclude(caller_phone="").update(caller_name="欧阳来电")
    Claim.objects.update(name="欧阳申领", phone="+8613912340099")
    everybodys["others"] = {
        "name": ["欧阳联系", "欧阳乘坐", "欧阳来电", "欧阳申领"],
        "phone": ["13912340099", "13911110008", "13911110007"],
    }
    return everybodys


@pytest.mark.edges
def test_no_page_of_the_console_shows_anybody_in_the_clear(things, signed_in, others):  # noqa: F811 - the fixture
    """Also without a word of a reason at the doors themselves; what is shown there has tests of its own."""
    found = set()
    for who in ("agent", "specialist", "vetting", "adjudicator", "supervisor", "admin"):
        client = signed_in(who)
        for method, route, *_rest in TABLE:
            clear = (method, route) in IN_THE_CLEAR and method == "GET"
            if not route.startswith(("admin/", "live/")) or method not in {"GET", "POST"} or clear:
                continue
            answer = ask(client, method, "/" + route.format(**things))
            if answer.streaming or "json" in answer.headers.get("content-type", ""):
                continue
            found |= {
                f"{method} {route} as {who}: {leak}"
                for leak in leaks(answer.content.decode(errors="ignore"), who, others)
            }
    assert not found, "\n".join(sorted(found))


def test_each_door_that_shows_somebody_is_in_the_list_and_asks(things, signed_in, everybodys):  # noqa: F811 - the fixture
    """Every form of the console once more with a reason of a word, and with a sentence: only the listed ones show more."""
    shown, listed = set(), {route for method, route in IN_THE_CLEAR if method == "POST"}
    client = signed_in("agent2")  # who has no case at all
    for reason, doors in (("x", set()), ("They asked us by phone for a call back", listed)):
        for method, route, *_rest in TABLE:
            if method != "POST" or not route.startswith("admin/"):
                continue
            body = {"field": "phone", "reason": reason, "words": reason}
            answer = ask(client, method, "/" + route.format(**things), body)
            if answer.streaming:
                continue
            if list(leaks(answer.content.decode(errors="ignore"), "agent2", everybodys)):
                assert route in doors, (route, reason)
                shown.add(route)
    assert "admin/people/passenger/" in shown
