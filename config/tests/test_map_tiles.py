"""A source of map tiles by settings: checked at start, named by the policy of pages, and drawn in the system it is in."""

import json
import os
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template

from config.local import throwaway_environment
from config.tests.test_production import ROOT, faults, real  # noqa: F401 - a fixture

TILES = "https://{s}.tiles.example.com/{z}/{x}/{y}.png"


@pytest.fixture
def read(monkeypatch):
    """Settings as of an environment."""
    import runpy

    for name in list(os.environ):
        if name.startswith(("HUHANG_", "DATABASE_URL", "REDIS_URL")):
            monkeypatch.delenv(name)
    for name, value in throwaway_environment().items():
        monkeypatch.setenv(name, value)
    return lambda: runpy.run_path(str(ROOT / "config" / "settings.py"))


def images(found):
    return found["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["img-src"]


def test_without_a_source_pages_load_pictures_of_nobody_else(read):
    assert not [each for each in images(read()) if "://" in each]


def test_the_policy_follows_the_source(read, monkeypatch):
    monkeypatch.setenv("HUHANG_MAP_TILES", TILES)
    monkeypatch.setenv("HUHANG_MAP_ATTRIBUTION", "© Example maps")
    assert [each for each in images(read()) if "://" in each] == ["https://*.tiles.example.com"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HUHANG_MAP_TILES", "https://tiles.example.com/map.png", "HUHANG_MAP_TILES is https"),
        ("HUHANG_MAP_TILES", "https://a.example.com; script-src */{z}/{x}/{y}", "HUHANG_MAP_TILES is https"),
        ("HUHANG_MAP_TILES", "ftp://tiles.example.com/{z}/{x}/{y}.png", "HUHANG_MAP_TILES is https"),
        ("HUHANG_MAP_ATTRIBUTION", " ", "HUHANG_MAP_ATTRIBUTION is empty"),
        ("HUHANG_MAP_CRS", "BD09", "HUHANG_MAP_CRS is WGS84 or GCJ02"),
    ],
)
def test_a_source_that_makes_no_sense_stops_the_start(read, monkeypatch, name, value, said):
    monkeypatch.setenv("HUHANG_MAP_TILES", TILES)
    monkeypatch.setenv("HUHANG_MAP_ATTRIBUTION", "© Example maps")
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=said):
        read()


def test_production_takes_tiles_over_https_alone(real):  # noqa: F811
    real.MAP_TILES = "http://tiles.example.com/{z}/{x}/{y}.png"
    assert [re.match("HUHANG_MAP_TILES is not https", each) is not None for each in faults()] == [True]


def test_pages_say_what_their_maps_are_drawn_on(settings):
    def said():
        page = Template("{% load maps %}{% base_map %}").render(Context())
        return json.loads(re.search(r">(.*)<", page)[1])

    assert [each[4] for each in said()["maps"]] == [
        "/static/maps/wenzhou.json",
        "/static/maps/zhengzhou.json",
    ]
    settings.MAP_TILES, settings.MAP_CRS, settings.MAP_ATTRIBUTION = (
        TILES,
        "GCJ02",
        "© Example </script> maps",
    )
    assert said() == {
        "tiles": TILES,
        "crs": "GCJ02",
        "by": "© Example </script> maps",
        "css": "/static/css/tiles.css",
    }
