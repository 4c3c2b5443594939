"""Places as somebody looks for them (N6): both languages, pinyin and its first letters; where one went; where one is."""

import pytest

from rides import selectors
from rides.models import City

SHANGTANG = (28.1535, 120.6905)


@pytest.fixture
def wenzhou(world):
    return City.objects.get(code="wenzhou")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("虹桥", "虹桥镇 Hongqiao"),
        ("虹橋", "虹桥镇 Hongqiao"),  # traditional
        ("hongq", "虹桥镇 Hongqiao"),
        ("wmj", "五马街 Wuma street"),
        ("WuMa", "五马街 Wuma street"),
        ("ruian", "瑞安 Rui'an"),
        ("rui an", "瑞安 Rui'an"),
        ("wenzhoudaxue", "温州大学 Wenzhou University"),  # of the map alone
        ("university", "温州大学 Wenzhou University"),
        ("大龙", "大龙湫 Dalongqiu Waterfall"),
        ("\uff37\uff35\uff2d\uff21", "五马街 Wuma street"),  # full width
    ],
)
def test_a_place_is_found_by_what_people_type(wenzhou, words, first):
    found = selectors.search_places(wenzhou, words)
    assert found
    assert first in [each.names for each in found][:3]


def test_the_whole_name_is_exact_and_letters_of_pinyin_are_not(wenzhou):
    assert selectors.search_places(wenzhou, "柳市")[0].is_exact
    assert next(each.names for each in selectors.search_places(wenzhou, "柳市")) == "柳市 Liushi"
    assert not selectors.search_places(wenzhou, "wmj")[0].is_exact
    assert selectors.search_places(wenzhou, "  ") == []
    assert selectors.search_places(wenzhou, "xyzzy") == []


def test_each_place_is_found_once_and_eight_at_most(wenzhou):
    found = [each.names for each in selectors.search_places(wenzhou, "n")]
    assert len(found) == len(set(found)) == 8


def test_what_only_our_map_has_is_called_by_its_name_within_150_metres(wenzhou):
    assert selectors.place_name(wenzhou, (27.9231, 120.7021)) == "温州大学 Wenzhou University"
    assert "大学" not in selectors.place_name(wenzhou, (27.9290, 120.7021))


def places(client, **said):
    return client.post("/book/places/", {"city": "wenzhou"} | said).content.decode()


def test_the_page_asks_for_words_for_where_one_went_and_for_where_one_is(rides, signed_in):
    rides.booked()
    client = signed_in("passenger")
    assert "温州大学" not in places(client, place="")
    assert "Wenzhou University" in places(client, place="daxue")
    before = places(client, place="", field="origin")
    assert "data-here" in before
    assert "Shangtang" in before
    assert "data-here" not in places(client, place="", field="destination")
    assert "Shangtang" in places(client, lat=SHANGTANG[0], lon=SHANGTANG[1])
    assert "We know no such place" in places(client, place="xyzzy")
    for wrong in ({"lat": "nan", "lon": "1"}, {"lat": "91", "lon": "0"}, {"place": "x" * 61}, {"field": "?"}):
        assert "data-name" not in places(client, **wrong)


def test_where_others_went_is_not_shown(rides, signed_in):
    rides.booked()
    assert "data-name" not in places(signed_in("passenger2"), place="")


def test_pinyin_books_without_scripts_too(rides, signed_in):
    body = {"origin": "wenzhoudaxue", "destination": "上塘", "line": "express", "when": "now", "seats": 1, "rider_kind": "self"}  # fmt: skip
    page = signed_in("passenger").post("/book/prices/", body).content.decode()
    assert "Wenzhou University" in page


def test_each_line_has_its_price_and_minutes_once_both_ends_are_known(world, signed_in):
    body = {
        "origin": "虹桥镇",
        "destination": "",
        "line": "premier",
        "when": "now",
        "seats": 1,
        "rider_kind": "self",
    }
    client = signed_in("passenger")
    half = client.post("/book/prices/", body).content.decode()
    assert half.count("<strong>") == 0
    whole = client.post("/book/prices/", body | {"destination": "上塘"}).content.decode()
    assert whole.count("<strong>") == whole.count('class="minutes"') == 4
    assert 'value="premier"\n        checked' in whole
