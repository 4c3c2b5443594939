"""A recorded trip through the rules by `manage.py replay_trail`: what it says, and in which form."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils.translation import override

pytestmark = pytest.mark.long

START = 1_535_086_800.0  # 2018-08-24 13:00 in Wenzhou
METRE = 1 / 111_195


@pytest.fixture
def told(tmp_path):
    """What the command answers for a trail of (seconds, metres to the north, metres to the east)."""

    def play(way, *options, language="zh-hans"):
        lines = ["lat,lon,time"]
        for second, north, east in way:
            at = datetime.fromtimestamp(START + second, tz=UTC).isoformat()
            lines.append(f"{28 + north * METRE},{121 + east * METRE / 0.8829},{at}")
        path = tmp_path / "trail.csv"
        path.write_text("\n".join(lines))
        out = StringIO()
        with override(language):
            call_command("replay_trail", str(path), *options, "--json", stdout=out)
        return json.loads(out.getvalue())

    return play


def ride(seconds, speed=12):
    """To the north with a wait at lights, a bend, and the noise of a logger."""
    north = 0.0
    for second in range(0, seconds, 5):
        north += 0 if 300 <= second < 420 else speed * 5
        yield second, north, 40 * (second % 60) / 60 + (150 if second > 600 else 0)


@pytest.mark.django_db
def test_an_ordinary_ride_raises_nothing(told):
    answer = told(ride(1200))
    assert (answer["signals"], answer["incident_at"]) == ([], None)
    assert answer["pings"] == 240


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "why"),
    [("zh-hans", "停在一处 5 分钟（司机手机）"), ("en", "5 min at one place (driver's phone)")],
)
def test_a_long_stop_is_told_with_points_and_time_in_the_readers_language(told, language, why):
    way = list(ride(600))
    last = way[-1]
    stand = [(last[0] + second, last[1], last[2]) for second in range(5, 320, 5)]
    # Both phones of the replay stand there: it is one signal.
    (signal,) = told(way + stand, language=language)["signals"]
    assert signal.keys() == {"kind", "at", "score", "why"}
    assert (signal["kind"], signal["score"]) == ("long_stop", 20)
    assert signal["at"] == "2018-08-24T13:14:50+08:00"
    assert signal["why"].replace("乘客", "司机").replace("passenger", "driver") == why


@pytest.mark.django_db
def test_a_ride_that_leaves_its_way_and_goes_silent_opens_an_incident(told, tmp_path):
    planned = tmp_path / "planned.csv"
    planned.write_text(f"lat,lon\n28.0,121.0\n{28 + 20_000 * METRE},121.0\n")
    way = list(ride(600))
    away = [(600 + second, way[-1][1], second * 14) for second in range(5, 600, 5)]
    answer = told([*way, *away, (1500, way[-1][1], 8400)], "--route", str(planned))
    assert {each["kind"] for each in answer["signals"]} >= {"off_route", "signal_lost"}
    assert answer["incident_at"]
