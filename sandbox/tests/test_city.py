"""The city: one person's failure is theirs, it gives way to a slow platform, and it lives nowhere but in the demo."""

import json
import random
import subprocess
import sys

import httpx
import pytest
from stdnum.iso7064 import mod_11_2

from config.stack import Stack
from core.typed import plate
from governance.drills.world import House
from sandbox import camera, messages
from sandbox.city import __main__ as process
from sandbox.city.clockwork import BACK_OFF, Clockwork
from sandbox.city.life import City
from sandbox.city.people import citizens, rows
from sandbox.city.ways import PLACES, Way, beside, metres


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


def pass_time(work, clock, seconds):
    until = clock.at + seconds
    while clock.at < until:
        for due in work.due():
            work.step(*due)
        clock.at += 1


def test_one_persons_failure_stops_only_itself_and_is_tried_again_later_each_time():
    clock, seen = Clock(), {"well": 0, "ill": []}
    work = Clockwork(now=clock)

    def well():
        while True:
            seen["well"] += 1
            yield 10.0

    def ill():
        seen["ill"].append(clock.at)
        raise RuntimeError("no")
        yield 1.0

    work.begin("well", well)
    work.begin("ill", ill)
    pass_time(work, clock, 400)
    assert seen["well"] == 40
    pauses = [later - before for before, later in zip(seen["ill"], seen["ill"][1:], strict=False)]
    assert 3 <= len(pauses) <= 6
    assert pauses == sorted(pauses)
    assert max(pauses) <= BACK_OFF[1] * 1.3


def test_a_slow_platform_gets_fewer_requests():
    clock, steps = Clock(), []

    def story():
        while True:
            steps.append(clock.at)
            yield 10.0

    work = Clockwork(now=clock)
    work.begin("story", story)
    pass_time(work, clock, 100)
    quick = len(steps)
    for _answer in range(60):
        work.answered(5.0)
    assert work.slowed > 5
    steps.clear()
    pass_time(work, clock, 100)
    assert len(steps) <= quick / 4


def test_a_platform_that_is_down_costs_the_city_nothing_but_patience(tmp_path, monkeypatch):
    house = House(url="http://127.0.0.1:9", sandbox="http://127.0.0.1:9", password="x", patience=0.2)
    city, clock = City(house, tmp_path / "city.json", seed=1), Clock()
    city.clockwork = Clockwork(now=clock)
    tried = []
    monkeypatch.setattr(httpx.Client, "send", lambda *_a, **_k: tried.append(1) or _down())
    city.open()
    pass_time(city.clockwork, clock, 600)
    assert json.loads((tmp_path / "city.json").read_text())["cars"] == []
    assert 0 < len(tried) < 10 * len(city.cars)


def _down():
    raise httpx.ConnectError("down")


def test_the_registries_know_everybody_and_numbers_are_right():
    people = rows()
    assert 55 <= len(people) <= 65
    for name in ("code", "phone", "id_number", "name"):
        assert len({row[name] for row in people}) == len(people)
    assert all(mod_11_2.is_valid(row["id_number"]) for row in people)
    driving = [row for row in people if "vehicles" in row]
    assert len(driving) >= 9
    assert sum(row["stage"] for row in driving) == 5
    for row in driving:
        assert row["code"] in camera.people()
        assert plate.read(row["vehicles"][0]["plate"])


def test_somebody_comes_along_a_way_by_metres():
    way = Way([(28.0, 120.0), (28.01, 120.0), (28.01, 120.02)])
    assert way.at(0) == (28.0, 120.0)
    assert way.at(10**9) == (28.01, 120.02)
    gone = [metres(way.at(step), way.at(step + 10)) for step in range(0, 1500, 100)]
    assert all(9.5 < each < 10.5 for each in gone)
    chance = random.Random(1)
    assert all(190 < metres(place, beside(place, 200, 300, chance)) < 310 for place in PLACES["wenzhou"] * 5)


@pytest.mark.parametrize(
    ("stage", "setting", "ends"),
    [("production", "on", 1), ("scratch", "on", 0), ("local", "off", 0), ("", "on", 1)],
)
def test_it_lives_in_the_demo_alone(stage, setting, ends, tmp_path):
    env = {"HUHANG_CITY": setting, "HUHANG_STATE": str(tmp_path)} | ({"HUHANG_STAGE": stage} if stage else {})
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.city"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == ends
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("stage", "setting", "lives"),
    [("local", None, True), ("local", "off", False), ("scratch", None, False), ("production", None, False)],
)
def test_the_stack_starts_it_for_who_looks_at_the_demo_alone(stage, setting, lives, tmp_path):
    stack = Stack(tmp_path, stage=stage, ports={})
    stack.env = {"HUHANG_CITY": setting} if setting else {}
    assert stack.has_city is lives


def test_in_the_demo_it_lives(monkeypatch):
    monkeypatch.setenv("HUHANG_STAGE", "local")
    monkeypatch.delenv("HUHANG_CITY", raising=False)
    assert process.why_not() == ""


def test_messages_to_the_city_bury_nothing_and_end(tmp_path, settings):
    settings.STATE = tmp_path
    living = next(each for each in citizens() if not each.stage)
    staged = next(each for each in citizens() if each.stage)
    for number in range(500):
        messages.keep({"channel": "sms", "to": living.phone, "key": f"k{number}", "text": "车到了", "at": ""})
    messages.keep({"channel": "sms", "to": staged.phone, "key": "s", "text": "123456", "at": ""})
    assert [row["key"] for row in messages.all_messages()] == ["s"]
    assert len(messages.to_the_city()) == 200
