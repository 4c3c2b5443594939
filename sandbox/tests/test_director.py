"""The director's page: what can be made to happen, where to look, a clock, and a reset; nobody else's page plays a scene."""

import re
import threading
import time
from types import SimpleNamespace

import httpx
import pytest
from django.test import Client, override_settings

from governance.drills.world import Surprise
from sandbox import director
from sandbox import settings as of_the_sandbox
from sandbox.director import SCENES, Look, Play, Said, Scene, Stage


@pytest.fixture
def stage(monkeypatch, tmp_path):
    from sandbox import stage as page

    found = Stage()
    monkeypatch.setattr(page, "STAGE", found)
    monkeypatch.setattr(director, "STAGE", found)
    own = {name: getattr(of_the_sandbox, name) for name in ("ROOT_URLCONF", "TEMPLATES", "MIDDLEWARE")}
    with override_settings(STATE=tmp_path, ALLOWED_HOSTS=["*"], **own):
        yield found


def waited(look):
    until = time.monotonic() + 60
    while not look() and time.monotonic() < until:
        time.sleep(0.01)
    assert look()


def scene(act):
    return Scene("sos", Said("故事", "story"), Said("一幕", "a scene"), Said("关于", "about"), act)


def test_the_page_has_every_scene_in_both_languages_and_the_two_buttons_of_each(stage):
    client = Client()
    for lang, words in (("zh", "来的是另一辆车"), ("en", "The car is another")):
        page = client.get("/director/", {"lang": lang}).content.decode()
        assert words in page
        for key in SCENES:
            assert f"/director/scenes/{key}/begin/" in page
            assert f"/director/scenes/{key}/reset/" in page
    assert {"sos", "other-car", "not-boarded", "crash", "friend", "officer", "stolen", "fifty"} == set(SCENES)


def test_a_scene_says_what_happened_where_to_look_and_since_when(stage, monkeypatch):
    def act(play, _house):
        play.say("先", "first")
        play.happens("发生", "it happens")
        play.look(Look(Said("客服", "agent"), "/admin/", Said("首页", "first page"), "agent", digits=True))

    monkeypatch.setitem(SCENES, "sos", scene(act))
    client = Client()
    assert client.post("/director/scenes/sos/begin/").status_code == 302
    waited(lambda: stage.plays["sos"].over)
    found = client.get("/director/state.json", {"lang": "en"}).json()
    told = found["stories"][0]["scenes"][0]
    assert (told["state"], told["steps"]) == ("happened", ["first", "it happens"])
    assert told["since"] in {0, 1, 2}
    assert told["looks"][0]["name"] == "agent"
    assert told["looks"][0]["url"].endswith("/admin/")
    client.post("/director/scenes/sos/reset/")
    again = client.get("/director/state.json").json()["stories"][0]["scenes"][0]
    assert (again["state"], again["looks"]) == ("rests", [])


def test_what_fails_is_said_and_its_people_end_what_they_have_open(stage, monkeypatch):
    ended = []

    def act(play, _house):
        play.ends.append(lambda: ended.append(1))
        raise Surprise("no driver of the stage is free")

    monkeypatch.setitem(SCENES, "sos", scene(act))
    stage.run(SCENES["sos"], stage.plays.setdefault("sos", Play(time.time())))
    told = Client().get("/director/state.json").json()["stories"][0]["scenes"][0]
    assert told["state"] == "failed"
    assert "no driver of the stage is free" in told["failed"]
    assert ended


@pytest.mark.parametrize("why", [httpx.ReadTimeout("timed out"), httpx.ConnectError("[Errno 111] refused")])
def test_a_platform_that_does_not_answer_is_told_in_the_readers_language(stage, monkeypatch, why):
    def act(_play, _house):
        raise why

    monkeypatch.setitem(SCENES, "sos", scene(act))
    stage.begin("sos")
    waited(lambda: stage.plays["sos"].over)
    said = stage.plays["sos"].failed
    assert "did not answer" in said.en and "play it again" in said.en
    assert "没有答复" in said.zh and not re.search("[a-z]", said.zh)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"state": "released", "grade": {"given": "car"}}, "the car alone"),
        ({"state": "released", "grade": {"given": "whole"}}, "all of it"),
        ({"state": "escalated", "grade": None}, "a person looks"),
        ({"code": "too_many"}, "nothing was released (too_many)"),
    ],
)
def test_the_answer_to_a_thief_says_what_of_it_was_given(told, said):
    answer = director._answered(told)
    assert said in answer.en and answer.zh


def test_an_officer_who_rings_says_all_that_the_form_asks_and_somebody_else_confirms(monkeypatch):
    class Ride:
        rider = SimpleNamespace(phone="+8613900001010")

        def __init__(self, *_args):
            pass

        arrived = under_way = drive = lambda *_args: None

    monkeypatch.setattr(director, "Trip", Ride)
    monkeypatch.setattr(director.outside, "ring", lambda *_args: "")
    play = Play(time.time())
    director._officer(play, None)
    _at, asked = play.steps[-1]
    for said in asked:
        assert "+8613900001010" in said and director.BADGE in said
    assert play.happened_at
    assert len({look.name for look in play.looks}) > 1, "whoever takes it down does not confirm it"


def test_a_reset_cuts_a_scene_that_is_being_played(stage, monkeypatch):
    ended = threading.Event()

    def act(play, _house):
        play.ends.append(ended.set)
        play.rest(60)

    monkeypatch.setitem(SCENES, "sos", scene(act))
    assert stage.begin("sos")
    assert not stage.begin("sos")
    stage.reset("sos")
    assert ended.wait(60)
    waited(lambda: stage.plays["sos"].over)
    assert stage.begin("sos")
    stage.reset("sos")


class Patient:
    """A driver whose photos the platform cannot read at first, as on a busy machine."""

    def __init__(self, *answers):
        self.answers, self.shown, self.arrived = list(answers), 0, False

    def show_face(self, *_args):
        self.shown += 1
        return httpx.Response(201, json={"spot": "left", "token": f"token-{self.shown}"})

    def upload(self, *_args):
        status, state = self.answers.pop(0)
        request = httpx.Request("POST", "http://platform/plate-photo/")
        return httpx.Response(status, json={"state": state}, request=request)

    def post(self, _path):
        self.arrived = True
        return httpx.Response(200, json={})


@pytest.mark.parametrize(
    ("answers", "faces"),
    [
        ([(503, ""), (503, ""), (201, "same")], 1),  # the face that was shown is good for the next photo
        ([(503, ""), (403, ""), (201, "same")], 2),  # unless it took so long that it has to be shown again
    ],
)
def test_a_driver_sends_the_photo_again_while_the_platform_reads_too_many(stage, monkeypatch, answers, faces):
    monkeypatch.setattr(director, "SHOWN_AGAIN", (0.0, 0.0, 0.0))
    monkeypatch.setattr(Play, "rest", lambda _play, _seconds: None)
    trip = object.__new__(director.Trip)
    trip.play, trip.driver, trip.code = Play(time.time()), Patient(*answers), "T-1"
    trip.car = next(each for each in director.citizens() if each.stage and each.plate)
    trip.house = SimpleNamespace(car=lambda plate, spot: b"photo")
    trip.send = lambda *_told: None
    trip.arrived()
    assert trip.driver.arrived
    assert (trip.driver.answers, trip.driver.shown) == ([], faces)


def test_a_scene_whose_platform_stays_too_busy_says_so_in_a_sentence(stage, monkeypatch):
    monkeypatch.setattr(Play, "rest", lambda _play, _seconds: None)
    asked = []

    def busy():
        asked.append(1)
        request = httpx.Request("POST", "http://platform/face-checks/")
        return httpx.Response(503, json={"code": "busy"}, request=request)

    def act(play, _house):
        director.Person.must(director.repeated(play, busy, 403, 503))

    play = stage.plays["sos"] = Play(time.time())
    stage.run(scene(act), play)
    assert (play.over, len(asked)) == (True, len(director.SHOWN_AGAIN) + 1)
    for lang, words in (("zh", "这台机器可能正忙，请稍候再演一次"), ("en", "this machine may be busy")):
        page = Client().get("/director/", {"lang": lang}).content.decode()
        assert words in page
        assert "503" not in page


def test_what_was_refused_for_another_reason_is_told_as_it_is(monkeypatch):
    monkeypatch.setattr(Play, "rest", lambda _play, _seconds: None)
    refused = httpx.Response(403, request=httpx.Request("POST", "http://platform/face-checks/"))
    assert director.repeated(Play(time.time()), lambda: refused, 403, 503) is refused


def test_two_scenes_never_have_the_same_person(stage):
    one, other = Play(0), Play(0)
    stage.plays = {"sos": one, "crash": other}
    assert stage.takes(one, "stage-driver1")
    assert not stage.takes(other, "stage-driver1")
    one.over = True
    assert stage.takes(other, "stage-driver1")


class Online:
    """A driver or passenger of the stage whom nothing keeps from driving, and to whom nothing is offered."""

    def __init__(self, _house):
        pass

    def sign_in(self, _code):
        return self

    def post(self, path, *_body):
        request = httpx.Request("POST", "http://platform" + path)
        return httpx.Response(200, json={"code": "T-1", "key": "k"}, request=request)

    def get(self, path):
        return httpx.Response(204, request=httpx.Request("GET", "http://platform" + path))

    must = staticmethod(lambda answer: answer.json())


@pytest.fixture
def online(stage, monkeypatch):
    monkeypatch.setattr(director, "Person", Online)
    monkeypatch.setattr(director, "clear", lambda *_who, **_how: None)
    monkeypatch.setattr(director, "told_on_screen", lambda *_who: None)
    monkeypatch.setattr(Play, "rest", lambda _play, _seconds: None)
    return stage


def played(stage, key="sos"):
    def act(play, at):
        director.Trip(play, at)

    play = stage.plays.setdefault(key, Play(time.time()))
    stage.run(scene(act), play)
    return play


def test_a_driver_with_an_open_case_comes_last_and_the_scene_says_what_to_do(online):
    first, *others = (each.code for each in director.citizens() if each.stage and each.plate)
    online.withheld.add(first)
    play = played(online)
    assert others[0] in play.people
    online.plays = {"crash": Play(0, people=set(others))}
    play = played(online)
    assert first in play.people
    assert "close what an earlier scene opened" in play.failed.en
    assert "请先在控制台结案" in Client().get("/director/").content.decode()
    assert [look.role.en for look in play.looks] == ["passenger"]  # the trip never was a driver's


def test_a_scene_whose_driver_was_offered_nothing_asks_another_when_it_is_played_again(online):
    """The stage may have begun anew since a case was opened about the first of them."""
    first, other, *_rest = (each.code for each in director.citizens() if each.stage and each.plate)
    assert first in played(online).people
    online.reset("sos")
    again = played(online)
    assert other in again.people and first not in again.people


def test_an_offer_that_ran_out_is_not_the_end_of_the_scene(online, monkeypatch):
    answers = [409, 200]

    class Slow(Online):
        def get(self, path):
            request = httpx.Request("GET", "http://platform" + path)
            return httpx.Response(200, json={"code": "O-1"}, request=request)

        def post(self, path, *body):
            if path.endswith("/accept/"):
                request = httpx.Request("POST", "http://platform" + path)
                return httpx.Response(answers.pop(0), json={"key": "k"}, request=request)
            return super().post(path, *body)

    monkeypatch.setattr(director, "Person", Slow)
    play = played(online)
    assert (play.failed, answers) == (None, [])
    assert play.steps[-1][1].en.endswith("takes it")


def test_where_all_drivers_are_on_stage_the_page_says_in_its_language_to_reset_a_scene(online):
    drivers = {each.code for each in director.citizens() if each.stage and each.plate}
    online.plays = {"crash": Play(0, people=drivers)}
    played(online)
    for lang, words in (("zh", "请先重置其中一幕"), ("en", "reset one of those first")):
        assert words in Client().get("/director/", {"lang": lang}).content.decode()


def test_another_sites_page_plays_nothing(stage):
    refused = Client().post("/director/scenes/sos/begin/", headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert stage.plays == {}
    assert Client().post("/director/scenes/nothing/begin/").status_code == 404
    assert Client().get("/director/scenes/sos/begin/").status_code == 405


def test_what_the_page_asks_for_is_there(stage):
    asked = re.findall(
        r'(?:href|src)="(/director/assets/[^"]+)"', Client().get("/director/").content.decode()
    )
    assert len(asked) > 1
    assert [each for each in asked if Client().get(each).status_code != 200] == []


def test_only_the_map_is_served(stage):
    client = Client()
    assert client.get("/director/assets/vendor/leaflet/leaflet.js").status_code == 200
    assert client.get("/director/assets/../config/settings.py").status_code == 404
    assert client.get("/director/assets/img/avatar.svg").status_code == 404
