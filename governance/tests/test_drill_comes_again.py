"""A drill's phone is as patient as a person's: where it is told to come again, it does, when it was told."""

import time

import httpx
import pytest

from governance.drills.world import House, Person

BUSY = httpx.Response(503, json={"code": "reader_busy"}, headers={"Retry-After": "60"})
AWAY = httpx.Response(503, json={"code": "stores_down"}, headers={"Retry-After": "2"})
READ = httpx.Response(200, json={"token": "x"})


@pytest.fixture
def slept(monkeypatch):
    """Seconds that passed by sleeping alone, one entry for each sleep."""
    passed: list[float] = []
    monkeypatch.setattr(time, "sleep", passed.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(passed))
    return passed


def sent(*answers, patience=180.0):
    """What becomes of pictures that are answered so, one answer after the other."""
    waiting = iter(answers)
    person = Person(House(url="http://127.0.0.1", sandbox="", password="", patience=patience))
    return person.until_read(lambda: next(waiting))


def test_pictures_go_once_more_when_the_answer_said_so(slept):
    assert sent(BUSY, BUSY, READ) is READ
    assert slept == [60, 60]


def test_patience_has_an_end(slept):
    assert sent(*[BUSY] * 9) is BUSY
    assert slept == [60, 60, 60]


@pytest.mark.parametrize("answer", [AWAY, READ, httpx.Response(403, json={"code": "face_refused"})])
def test_every_other_answer_stands(slept, answer):
    assert sent(answer, READ) is answer
    assert slept == []
