"""'Call the police of the place with the pack': it says that we call, where the car was last, and whom to call (S10)."""

import html
import re

import pytest

from core import clock
from police.models import Agency, PoliceRequest
from police.register import searchable
from police.selectors import stations_near
from rides.models import LatestPosition
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

YUEQING = (28.215, 121.022)  # Hongqiao Square
YONGJIA = (28.155, 120.69)


def at(trip, point):
    return LatestPosition.objects.update_or_create(
        trip=trip,
        party=Party.DRIVER,
        defaults={"at": clock.now(), "latitude": point[0], "longitude": point[1]},
    )


def station(code, name):
    return Agency.objects.create(
        code=code,
        name_zh=name,
        name_en=code,
        published_phone="0577-1",
        registered_email="x@police.example",
        search=searchable(code, name, code),
    )


@pytest.fixture
def incident(rides):
    trip = rides.under_way()
    at(trip, YUEQING)
    return raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


def opened(client, incident):
    """The form behind the button on the page of the incident."""
    english = {"accept-language": "en"}
    page = html.unescape(client.get(f"/admin/incidents/{incident.code}/", headers=english).content.decode())
    address = re.findall(r'href="(/admin/police-line/[^"]+)"', page)[0]
    text = html.unescape(client.get(address, headers=english).content.decode())
    return address, text


def value_of(page, name):
    tag = next(each for each in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in each)
    return (re.findall(r'value="([^"]*)"', tag) or [""])[0]


def test_it_says_that_we_call_whom_and_where_the_car_was(incident, signed_in):
    _address, page = opened(signed_in("agent"), incident)
    assert "I take down your station and badge number" not in page
    assert "Please send police" in page
    assert (value_of(page, "agency"), value_of(page, "query_value")) == ("hongqiao", incident.trip.code)
    assert 'href="tel:0577-6231-0110"' in page
    assert "Hongqiao Square" in page
    for name in ("outbound", "why_not_written"):
        assert re.search(rf'<input type="hidden" name="{name}"', page), name


def test_it_opens_a_call_of_ours(incident, signed_in):
    agent = signed_in("agent")
    address, page = opened(agent, incident)
    form = {name: value_of(page, name) for name in ("agency", "query_value", "outbound", "submission")}
    assert agent.post(address, form | {"query": "trip", "badge": ""}).status_code == 400
    assert agent.post(address, form | {"query": "trip", "badge": "331001"}).status_code == 302
    asked = PoliceRequest.objects.get()
    assert (asked.channel, asked.agency.code, asked.trip) == ("outbound", "hongqiao", incident.trip)


def test_who_rings_us_meets_the_form_as_before(incident, signed_in):
    for address in ("/admin/police-line/", "/admin/police-line/?outbound=1&incident=I-NOBODY"):
        page = signed_in("agent").get(address, headers={"accept-language": "en"})
        assert page.status_code == 200
        assert "I take down your station and badge number" in html.unescape(page.content.decode())


def test_where_no_position_came_it_is_where_the_trip_began(incident, signed_in):
    LatestPosition.objects.all().delete()
    _address, page = opened(signed_in("agent"), incident)
    assert "No position came: this is where the trip began." in page


def test_the_nearest_town_s_station_comes_first_and_its_namesake_elsewhere_never(rides):
    trip = rides.under_way()
    station("shanghai", "上海市公安局长宁分局虹桥派出所")
    station("yueqing", "乐清市公安局")
    assert [each.code for each in stations_near(trip, YUEQING)][:2] == ["hongqiao", "yueqing"]
    assert stations_near(trip, YONGJIA)[0].code == "shangtang"
    assert "shanghai" not in {each.code for each in stations_near(trip, YUEQING, limit=50)}
    Agency.objects.exclude(code="shanghai").update(name_zh="x", search="x")
    assert stations_near(trip, YUEQING) == []
