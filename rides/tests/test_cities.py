"""Cities and lines that begin: one adds a city, two open a line, from when it runs, and what stays the relaunch gate's."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from core import clock, motions
from core.errors import Forbidden
from core.models import Motion
from rides import selectors, services
from rides.errors import LineExists, LineSuspendedEverywhere
from rides.models import City, KnownPlace, LineInCity, Trip
from rides.services import cities
from rides.states import Line, LineState

CITY = {
    "do": "city", "code": "taizhou", "name_zh": "台州", "name_en": "Taizhou", "latitude": "28.66", "longitude": "121.42",
    "radius_km": "60",
}  # fmt: skip


def post(client, **typed):
    return client.post("/admin/cities/", typed)


def opening(**changes):
    until = clock.now().date() + timedelta(days=200)
    return {
        "do": "opening",
        "line": "express",
        "city": "taizhou",
        "permit_number": "TZ-1",
        "permit_until": until,
    } | changes


def agree(client, action="agree"):
    motion = Motion.objects.latest("pk")
    return client.post(reverse("rides_console:motion_act", args=[motion.code, action]), {"do": "1"})


def runs(line=Line.EXPRESS, code="taizhou", later=0):
    return selectors.line_runs(line, City.objects.get(code=code), clock.now() + timedelta(seconds=later))


def test_a_city_is_added_by_one_and_a_line_opened_by_two(noon, world, signed_in):
    first, second = signed_in("supervisor"), signed_in("admin")
    assert post(first, **CITY).status_code == 302
    assert City.objects.get(code="taizhou").radius == 60_000
    assert post(first, do="place", city="taizhou", name_zh="台州站", name_en="Taizhou station", latitude="28.63", longitude="121.27").status_code == 302  # fmt: skip
    assert KnownPlace.objects.filter(city__code="taizhou").count() == 1
    answer = post(first, **opening())
    assert answer.status_code == 302, answer.content.decode()
    assert agree(first).status_code == 409
    assert not runs()
    assert agree(second).status_code == 302
    assert runs()
    assert "Express" in first.get("/admin/cities/").content.decode()


def test_a_line_runs_from_its_moment_on(noon, world, signed_in):
    post(signed_in("supervisor"), **CITY)
    at = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    post(signed_in("supervisor"), **opening(at=at))
    agree(signed_in("admin"))
    assert not runs()
    assert runs(later=2 * 86_400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "wenzhou"}, {"code": "台州"}, {"latitude": "91"}, {"latitude": "nan"}, {"longitude": ""}, {"radius_km": "0"},
        {"radius_km": "99999"}, {"name_zh": ""},
    ],
)  # fmt: skip
def test_a_city_that_cannot_be_is_refused(world, signed_in, wrong):
    assert post(signed_in("admin"), **CITY | wrong).status_code in {400, 409}
    assert City.objects.count() == 2


def test_a_line_that_has_a_state_there_is_the_gates(noon, world, signed_in, people):
    LineInCity.objects.filter(line="express", city__code="wenzhou").update(state=LineState.SUSPENDED)
    answer = post(signed_in("supervisor"), **opening(city="wenzhou"))
    assert answer.status_code == 409
    with pytest.raises(LineExists):
        given = cities.Opening(Line.EXPRESS, "wenzhou", "x", clock.now().date())
        motions.propose(account=people("admin"), kind=cities.OPENING, given=given)


def test_a_line_suspended_everywhere_begins_in_no_new_city(noon, world, signed_in, people):
    post(signed_in("supervisor"), **CITY)
    LineInCity.objects.filter(line="hitch").update(state=LineState.SUSPENDED)
    given = cities.Opening(Line.HITCH, "taizhou", "x", clock.now().date())
    with pytest.raises(LineSuspendedEverywhere):
        motions.propose(account=people("admin"), kind=cities.OPENING, given=given)


def test_a_line_suspended_before_the_second_person_agrees_does_not_begin(noon, world, signed_in, people):
    post(signed_in("supervisor"), **CITY)
    post(signed_in("supervisor"), **opening(line="hitch"))
    LineInCity.objects.filter(line="hitch").update(state=LineState.SUSPENDED)
    assert agree(signed_in("admin")).status_code == 409
    assert not LineInCity.objects.filter(city__code="taizhou").exists()


def test_a_permit_is_renewed_by_two(noon, world, signed_in):
    until = clock.now().date() + timedelta(days=700)
    wanted = {"do": "permit", "row": "express:wenzhou", "permit_number": "WZ-2", "permit_until": until}
    assert post(signed_in("admin"), **wanted).status_code == 302
    agree(signed_in("supervisor"))
    row = LineInCity.objects.get(line="express", city__code="wenzhou")
    assert (row.permit_number, row.permit_until, row.state) == ("WZ-2", until, LineState.RUNNING)
    assert post(signed_in("admin"), **wanted | {"permit_until": "2018-01-01"}).status_code == 400


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "adjudicator"])
def test_others_plan_no_city(world, signed_in, people, who):
    assert post(signed_in(who), **CITY).status_code == 403
    with pytest.raises(Forbidden):
        services.add_place(account=people(who), city="wenzhou", name_zh="x", name_en="x", at=(28.0, 120.0))


def test_a_button_that_is_none_does_nothing(world, signed_in):
    assert post(signed_in("admin"), do="x").status_code == 400


def test_a_line_that_was_never_opened_in_a_city_is_not_called_suspended(noon, world, signed_in):
    LineInCity.objects.filter(line="express").delete()
    LineInCity.objects.filter(line="premier").update(suspends_at=clock.now())
    page = signed_in("passenger").get("/").content.decode()
    labels = page.split('<label class="line"')
    said = {
        line: next(
            re.findall(r">\s*([^<>]+?)\s*</span>", each) for each in labels if f'value="{line}"' in each
        )
        for line in ("express", "premier")
    }
    assert said == {"express": ["not offered here"], "premier": ["suspended here"]}


def order(client, path="/", **typed):
    said = {"city": "wenzhou", "origin": "虹桥镇", "destination": "上塘", "line": "hitch", "when": "now", "seats": 1,
            "rider_kind": "self", "client_key": "typed"}  # fmt: skip
    return client.post(path, said | typed)


@pytest.mark.parametrize("part", ["wenzhoudaxue", "wenzhou uni", "镇"])
def test_part_of_a_name_is_asked_back_and_orders_nothing(world, signed_in, part):
    client = signed_in("passenger")
    answer = order(client, destination=part)
    assert answer.status_code == 400
    assert "Which one do you mean?" in answer.content.decode()
    assert not Trip.objects.exists()
    looked = order(client, destination="wenzhoudaxue", prices="1")
    assert "Wenzhou University" in looked.content.decode()
    assert "Which one do you mean?" not in looked.content.decode()
    assert not Trip.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"destination": "温州大学"},  # of the map alone
        {"destination": "wenzhou university"},
        {"destination": "wenzhoudax", "destination_lat": "27.9231", "destination_lon": "120.7021"},
    ],
)
def test_a_whole_name_or_a_point_is_ordered(world, signed_in, typed):
    assert order(signed_in("passenger"), **typed).status_code == 302
    assert Trip.objects.get().destination_name
