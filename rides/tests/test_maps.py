"""The maps that we draw ourselves (R10): what is on them, and the ways along their roads."""

import gzip
import json
import re
from itertools import combinations

import pytest

from rides import demo, maps, roads, routing
from rides.geometry import distance, route_length
from rides.models import Trip
from rides.routing import Source

PLACES = {"wenzhou": demo.WENZHOU, "zhengzhou": demo.ZHENGZHOU}
KINDS = {
    *("sea", "land", "river", "water", "lake", "green", "town_area", "rail", "road"),
    *("city", "district", "town", "landmark", "station", "airport"),
}


def features(code):
    return json.loads((maps.FOLDER / f"{code}.json").read_text())["features"]


@pytest.fixture
def by_road(settings):
    settings.ROUTER_URL = "roads"


@pytest.mark.parametrize("code", PLACES)
def test_a_map_is_light_whole_and_named_in_both_languages(code):
    raw = (maps.FOLDER / f"{code}.json").read_bytes()
    assert len(gzip.compress(raw)) < 60 * 1024
    for feature in features(code):
        said = feature["properties"]
        assert said["kind"] in KINDS
        assert bool(said.get("zh")) == bool(said.get("en")), said
        assert said["kind"] != "road" or said["class"] in roads.SPEEDS
        shape = feature["geometry"]
        if shape["type"] == "Polygon":
            assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in shape["coordinates"])
    assert {"road", "rail", "district", "station", "airport", "landmark"} <= {
        feature["properties"]["kind"] for feature in features(code)
    }


@pytest.mark.parametrize("code", PLACES)
def test_each_known_place_is_on_the_map_by_its_name_and_near_a_road(code):
    drawn = maps.map_of(code)
    for zh, en, latitude, longitude in PLACES[code]:
        named = maps.named_at(code, (latitude, longitude))
        assert named is not None
        assert drawn.covers((latitude, longitude))
        assert named.names == f"{zh} {en}"
        assert roads._roads(code).door((latitude, longitude)).metres < 1_500


@pytest.mark.parametrize("code", PLACES)
def test_from_each_place_to_each_other_there_is_a_way_as_long_and_quick_as_one_by_car(code, by_road):
    for first, second in combinations(PLACES[code], 2):
        start, end = first[2:], second[2:]
        straight = distance(start, end)
        if straight < 2_500:
            continue
        for a, b in ((start, end), (end, start)):
            found = routing.route([a, b])
            assert found.source == Source.ROADS, (first, second)
            assert straight <= found.metres < 2.2 * straight + 2_000, (first, second, found.metres / straight)
            assert 25 < found.metres / found.seconds * 3.6 < 90, (first, second)
            assert (found.points[0], found.points[-1]) == (a, b)
            assert route_length(found.points) == pytest.approx(found.metres, rel=0.15)


def test_a_way_along_our_roads_is_named_as_what_it_is_and_asked_once(by_road):
    start, end = (28.2127, 121.0260), (28.1535, 120.6905)
    roads.leg.cache_clear()
    found = routing.route([start, end])
    assert len(found.points) > 10
    assert not routing.is_drawn(found.source)  # main roads alone: who takes another has not left the way
    assert routing.follows_roads(found.source)
    assert routing.route([start, end]) == found
    assert roads.leg.cache_info().hits == 1
    by_stops = routing.route([start, (28.1290, 120.9650), end])
    assert by_stops.source == Source.ROADS
    assert by_stops.metres == pytest.approx(
        routing.route([start, (28.1290, 120.9650)]).metres + routing.route([(28.1290, 120.9650), end]).metres
    )


@pytest.mark.parametrize(
    "ends",
    [
        [(30.25, 120.15), (30.30, 120.20)],  # no map of Hangzhou
        [(28.2127, 121.0260), (34.75, 113.66)],  # one end on each map
        [(28.2127, 121.0260), (28.2130, 121.0270)],  # nearer on foot than by the road
        [(27.65, 121.40), (28.1535, 120.6905)],  # in the sea
    ],
)
def test_beside_the_maps_the_estimate_stands_in(ends, by_road):
    assert routing.route(ends).source == Source.GREAT_CIRCLE


def test_the_booking_says_that_our_map_drew_the_way(rides, signed_in, by_road):
    body = {"origin": "虹桥镇", "destination": "上塘", "line": "express", "when": "now", "seats": 1, "rider_kind": "self"}  # fmt: skip
    client = signed_in("passenger")
    assert "by the main roads of our map" in client.post("/book/prices/", body).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"when": "later", "window_start": "2026-03-03T18:30"}, "there about 3 Mar"),
        ({"when": "later"}, ""),
    ],
)
def test_the_arrival_of_a_later_ride_is_counted_from_its_departure(rides, signed_in, by_road, typed, said):
    body = {
        "origin": "虹桥镇",
        "destination": "上塘",
        "line": "express",
        "seats": 1,
        "rider_kind": "self",
    } | typed
    page = signed_in("passenger").post("/book/prices/", body).content.decode()
    assert "by the main roads of our map" in page
    assert said in page if said else "there about" not in page


def drawn_by(answer, name="trip-map"):
    return json.loads(re.search(rf'id="{name}"[^>]*>(.*?)</script>', answer.content.decode())[1])


def test_a_part_that_comes_anew_leaves_out_the_way_that_the_page_has(signed_in, rides):
    trip = rides.under_way()
    way = [[28 + n / 1000, 121.0] for n in range(1_000)]
    Trip.objects.filter(pk=trip.pk).update(planned_route=way)
    client, address = signed_in("passenger"), f"/trips/{trip.code}/status/"
    first = drawn_by(client.get(f"/trips/{trip.code}/"))
    assert first["route"] == way
    again = client.get(address, {"way": first["way"]})
    assert "route" not in drawn_by(again)
    assert len(again.content) < 10_000
    for asked in ({}, {"way": "another"}, {"way": ""}):
        assert drawn_by(client.get(address, asked))["route"] == way
    Trip.objects.filter(pk=trip.pk).update(planned_route=way[:500])
    assert drawn_by(client.get(address, {"way": first["way"]}))["route"] == way[:500]
