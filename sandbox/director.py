"""The director: lets people of the stage act through the platform's public doors, and says where to look.

A scene is played in a thread of its own, by people who have accounts like anybody (`city_people.json`, `stage`). What
has happened is remembered here alone; the platform does not know that a scene is one.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import httpx

from governance.drills.rides import emergency
from governance.drills.world import TRUSTED, House, Person, Surprise, new_key
from sandbox import outside, push
from sandbox.city.people import citizens
from sandbox.city.ways import Point, Way

log = logging.getLogger("sandbox.director")
TIMEOUT = 60.0
ORIGIN, DESTINATION = (28.0185, 120.6545), (28.0167, 120.6830)  # 五马街 → 温州站
CAR_AWAY = 0.0012  # degrees of latitude between the car and the pick-up when the order comes
SPEED = 12.0  # metres a second
GOES_ON = 600.0  # seconds in which the phones of a scene go on after what happened
COMPLAINTS = 50
SHOWN_AGAIN = (2.0, 20.0, 40.0)  # seconds before a face is shown, or a photo is sent, again
FORGED_PLATE = "浙C·Z9999"
BADGE = "331777"  # of the officer who rings


class Said(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


NO_ANSWER = Said(
    f"平台 {TIMEOUT:.0f} 秒内没有答复：这台机器可能正忙，请稍候再演一次",
    f"the platform did not answer within {TIMEOUT:.0f} seconds: this machine may be busy; play it again in a while",
)

TOO_BUSY = Said(
    "平台多次答复忙不过来：这台机器可能正忙，请稍候再演一次",
    "the platform said again and again that it has too much to do: this machine may be busy; play it again in a while",
)


class Look(NamedTuple):
    """Where to look, as whom: `name` signs in at `/sign-in/`, with digits of `/codes/` where `digits`."""

    role: Said
    path: str
    what: Said
    name: str = ""
    digits: bool = False


class Cut(Exception):
    """The scene was reset while it was played."""


class Unplayable(Exception):
    """A scene cannot be played now; whoever watches reads why, and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = Said(zh, en)


@dataclass(slots=True)
class Play:
    """One run of a scene. Times are Unix seconds."""

    begun_at: float
    happened_at: float = 0.0
    steps: list[tuple[float, Said]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    failed: Said | None = None
    over: bool = False
    people: set[str] = field(default_factory=set)
    ends: list[Callable[[], None]] = field(default_factory=list)
    cut: threading.Event = field(default_factory=threading.Event)

    def say(self, zh: str, en: str) -> None:
        """Write a step down. Raises `Cut` where the scene was reset."""
        if self.cut.is_set():
            raise Cut
        self.steps.append((time.time(), Said(zh, en)))

    def rest(self, seconds: float) -> None:
        """Let time pass. Raises `Cut`."""
        if self.cut.wait(seconds):
            raise Cut

    def happens(self, zh: str, en: str) -> None:
        """What the scene is about happens now."""
        self.say(zh, en)
        self.happened_at = time.time()

    def look(self, *looks: Look) -> None:
        self.looks += looks


def house() -> House:
    """The platform beside this sandbox."""
    return House(
        url=os.environ.get("HUHANG_PUBLIC_URL", "http://127.0.0.1:8000"),
        sandbox=os.environ.get("HUHANG_SANDBOX_URL", "http://127.0.0.1:8001"),
        password=os.environ.get("HUHANG_DEMO_PASSWORD", ""),
        patience=TIMEOUT,
    )


AGENT = Said("客服", "agent")
SPECIALIST = Said("安全专员", "safety specialist")
PASSENGER = Said("乘客", "passenger")
DRIVER = Said("司机", "driver")
VETTING = Said("审核员", "vetting reviewer")
FRIEND = Said("亲友（无需账号）", "friend (no account)")
OFFICER = Said("警官", "officer")
SUPERVISOR = Said("主管", "supervisor")
CONSOLE = Look(
    SPECIALIST,
    "/admin/",
    Said("控制台首页：谁在响铃", "first page of the console: what rings"),
    "specialist",
    digits=True,
)


# --- A trip on the stage -----------------------------------------------------------------------------------


class Trip:
    """A ride of a passenger and a driver of the stage, from booking as far as a scene needs it."""

    def __init__(self, play: Play, at: House) -> None:
        self.play, self.house = play, at
        self.phones = httpx.Client(base_url=at.url, timeout=TIMEOUT, verify=TRUSTED, trust_env=False)
        self.code = ""
        self.keys: dict[str, str] = {}
        self.way = Way([ORIGIN, DESTINATION])
        self.gone = 0.0
        with STAGE.casting:  # an order of one scene is not for the driver of another
            self.car, self.driver = self._driver()
            self.rider, self.passenger = self._passenger()
            self._accepted()

    def _driver(self) -> tuple[Any, Person]:
        """The first of the stage's drivers whom nothing keeps from driving; what an earlier scene left is ended.

        While a case about a trip is open its driver goes online like anybody and is offered nothing: they come last.
        """
        why = ""
        drivers = [each for each in citizens() if each.stage and each.plate]
        for who in sorted(drivers, key=lambda each: each.code in STAGE.withheld):
            if not STAGE.takes(self.play, who.code):
                continue
            person = Person(self.house).sign_in(who.code)
            clear(person, driving=True)
            stand = (ORIGIN[0] + CAR_AWAY, ORIGIN[1])
            body = {"line": "premier", "city": who.city, "lat": stand[0], "lon": stand[1]}
            answer = person.post("/api/v1/driver/online/", body)
            if answer.status_code == 403 and answer.json().get("code") == "daily_check_needed":
                self.play.say(f"{who.code} 每日人脸核验", f"{who.code} shows a face, as once a day")
                show(self.play, person, who.code, "daily")
                answer = person.post("/api/v1/driver/online/", body)
            if answer.status_code < 400:
                self.play.ends.append(partial(clear, person, driving=True))
                return who, person
            self.play.people.discard(who.code)
            why = str(answer.json().get("message") or answer.json().get("code"))
        if why:
            raise Unplayable(f"台上没有司机能出车：{why}", f"no driver of the stage may drive: {why}")
        raise Unplayable(
            "台上的司机都在其他场景里：请先重置其中一幕",
            "every driver of the stage is in another scene: reset one of those first",
        )

    def _passenger(self) -> tuple[Any, Person]:
        for who in (each for each in citizens() if each.stage and not each.plate):
            if STAGE.takes(self.play, who.code):
                person = Person(self.house).sign_in(who.code)
                clear(person, driving=False)
                self.play.ends.append(partial(clear, person, driving=False))
                return who, person
        raise Unplayable(
            "台上的乘客都在其他场景里：请先重置其中一幕",
            "every passenger of the stage is in another scene: reset one of those first",
        )

    def _accepted(self) -> None:
        """Booked and taken."""
        for person in (self.passenger, self.driver):
            told_on_screen(person, self.house)
        self.play.say(f"{self.rider.code} 叫了一辆专车", f"{self.rider.code} books a premier ride")
        origin, destination = ({"lat": point[0], "lon": point[1]} for point in (ORIGIN, DESTINATION))
        body = {
            "city": self.rider.city,
            "line": "premier",
            "origin": origin,
            "destination": destination,
            "seats": 1,
            "client_key": new_key(),
        }
        trip = Person.must(self.passenger.post("/api/v1/trips/", body))
        self.code, self.keys["passenger"] = trip["code"], trip["key"]
        self.play.look(
            Look(PASSENGER, f"/trips/{self.code}/", Said("她的行程页", "her trip's page"), self.rider.code)
        )
        taken = None
        for _try in range(60):
            offer = self.driver.get("/api/v1/driver/offer/")
            if offer.status_code == 200 and offer.content:
                answer = self.driver.post(f"/api/v1/driver/offers/{offer.json()['code']}/accept/")
                if answer.status_code != 409:  # it ran out while it was read: the next one is looked for
                    taken = Person.must(answer)
                    break
            self.play.rest(1.0)
        if taken is None:
            STAGE.withheld.add(self.car.code)
            raise Unplayable(
                f"一分钟内没有给 {self.car.code} 派单：若先前一幕的事件或案件未结，请先在控制台结案；"
                "再演一次，会先请另一位司机",
                f"{self.car.code} was offered nothing within a minute: close what an earlier scene opened about them"
                " in the console, or play it again, which asks another driver first",
            )
        STAGE.withheld.discard(self.car.code)
        self.keys["driver"] = taken["key"]
        self.play.say(f"{self.car.code} 接单", f"{self.car.code} takes it")
        seen = Said("司机看到的行程页", "the trip as the driver sees it")
        self.play.look(Look(DRIVER, f"/trips/{self.code}/", seen, self.car.code))

    def arrived(self) -> None:
        """At the pick-up, face and plate checked."""
        self.send("driver", ORIGIN)
        self.play.rest(4.0)
        at = f"/api/v1/trips/{self.code}"
        for _try in range(3):
            shown = show(self.play, self.driver, self.car.code, "pickup", self.code)
            photo = self.house.car(self.car.plate, spot=shown["spot"])
            sends = partial(
                self.driver.upload, f"{at}/plate-photo/", [("photo", photo)], {"token": shown["token"]}
            )
            answer = repeated(self.play, sends, 503)
            # 403: the face was shown too long ago, so it is shown once more.
            if answer.status_code != 403 and Person.must(answer)["state"] == "same":
                break
            self.play.rest(2.0)
        Person.must(self.driver.post(f"{at}/arrive/"))
        self.play.say(
            "人脸与车牌核验通过，司机到达上车点", "face and plate pass; the driver is at the pick-up"
        )

    def under_way(self) -> None:
        """She compared the plate, told the code, and the car drives."""
        at = f"/api/v1/trips/{self.code}"
        told = Person.must(self.passenger.post(f"{at}/confirm-car/"))
        Person.must(self.driver.post(f"{at}/board/", {"code": told["boarding_code"]}))
        for person in (self.passenger, self.driver):
            if Person.must(person.get(f"{at}/"))["reminder"]:
                person.post(f"{at}/reminder/")
        Person.must(self.driver.post(f"{at}/depart/"))
        self.play.say(
            "乘客核对车牌、报出上车码，出发", "she compares the plate, tells the code, and they set off"
        )
        self.drive(20.0)

    def drive(self, seconds: float, *sides: str, moves: bool = True) -> None:
        """Move for so long; both phones tell it unless `sides` names one."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.play.rest(5.0)
            before = self.gone
            self.gone += SPEED * 5.0 if moves else 0.0
            points = [self.way.at((before + self.gone) / 2), self.way.at(self.gone)]
            for side in sides or ("driver", "passenger"):
                self.send(side, *points)

    def send(self, side: str, *points: Point) -> None:
        now = time.time()
        pings = [
            {"at": now - 2.5 * (len(points) - 1 - number), "lat": lat, "lon": lon, "accuracy": 8}
            for number, (lat, lon) in enumerate(points)
        ]
        self.phones.post(
            "/live/positions/",
            json={"crs": "WGS84", "pings": pings, "away": False},
            headers={"Authorization": f"Bearer {self.keys[side]}"},
        )

    def call_for_help(self) -> str:
        """One tap; the incident's code."""
        where = self.way.at(self.gone)
        body = {"key": self.keys["passenger"], "lat": where[0], "lon": where[1]}
        return str(Person.must(self.passenger.post(f"/api/v1/trips/{self.code}/sos/", body))["incident"])


def repeated(play: Play, ask: Callable[[], httpx.Response], *later: int) -> httpx.Response:
    """What comes of asking, and of asking again where the answer is one of `later`: as the page asks people to.

    Raises `Unplayable` where the platform has too much to do (503) to the last.
    """
    for pause in SHOWN_AGAIN:
        answer = ask()
        if answer.status_code not in later:
            return answer
        play.rest(pause)
    answer = ask()
    if answer.status_code == 503:
        raise Unplayable(*TOO_BUSY)
    return answer


def show(play: Play, person: Person, face: str, purpose: str, subject: str = "") -> Any:
    """What a passed face check gives; shown again where the camera did not know them at the first, or where so many
    pictures were read that theirs was not."""
    return Person.must(repeated(play, partial(person.show_face, face, purpose, subject), 403, 409, 503))


def told_on_screen(person: Person, at: House) -> None:
    """As by the button of their page: the phone's screen tells what is new, and what it showed stands in the inbox."""
    keys = push.new_phone(at.sandbox)
    person.put("/api/v1/me/screen/", {"endpoint": keys["endpoint"], **keys["keys"]})


def clear(person: Person, *, driving: bool) -> None:
    """End what an earlier scene left of somebody's trips."""
    trips = (
        Person.must(person.get("/api/v1/driver/"))["trips"]
        if driving
        else Person.must(person.get("/api/v1/trips/"))
    )
    for trip in trips:
        at = f"/api/v1/trips/{trip['code']}"
        match trip["state"]:
            case "requested" | "matched" | "accepted" | "arrived":
                person.post(f"{at}/cancel/", {"reason": "changed_plans" if not driving else "not_boarded"})
            case "boarded" | "in_progress" if driving:
                person.post(f"{at}/depart/")
                person.post(f"{at}/end/")
    if driving:
        person.submit("/drive/offline/")


def incident(code: str, what: Said) -> Look:
    return Look(SPECIALIST, f"/admin/incidents/{code}/", what, "specialist", digits=True)


# --- Scenes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scene:
    """What can be made to happen; `story` groups scenes on the page."""

    key: str
    story: Said
    title: Said
    about: Said
    act: Callable[[Play, House], None]


def _sos(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    trip.under_way()
    code = trip.call_for_help()
    play.happens(f"她按下 SOS：{code}", f"she taps SOS: {code}")
    play.look(
        CONSOLE,
        incident(code, Said("事件页：接手、回拨、听现场", "the incident: take it, call back, listen")),
    )
    trip.drive(GOES_ON)


def _other_car(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    body = {"what": "car", "plate_seen": FORGED_PLATE}
    Person.must(trip.passenger.post(f"/api/v1/trips/{trip.code}/mismatch/", body))
    play.happens(
        f"她说来的车是 {FORGED_PLATE}，不是这辆；行程停止，司机停止接单",
        f"she says that the car is {FORGED_PLATE}: the trip stops, and so do the driver's orders",
    )
    play.look(
        Look(
            VETTING,
            "/admin/vetting/",
            Said("审核台：车证不符的案件", "vetting desk: the case of the mismatch"),
            "vetting",
            digits=True,
        ),
        CONSOLE,
    )


def _not_boarded(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    trip.drive(6.0, moves=False)
    Person.must(trip.driver.post(f"/api/v1/trips/{trip.code}/cancel/", {"reason": "not_boarded"}))
    play.happens(
        "司机取消订单，称“乘客未上车”，两部手机却一起开走（2018 年 8 月 24 日 14:10）",
        "the driver cancels as ‘not boarded’, and both phones drive off together (24 August 2018, 14:10)",
    )
    play.look(CONSOLE)
    trip.drive(GOES_ON)


def _crash(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    trip.under_way()
    code = trip.call_for_help()
    body = {"key": trip.keys["passenger"], "words": "追尾了，司机受伤，我没事", "submission": new_key()}
    Person.must(trip.passenger.post(f"/api/v1/trips/{trip.code}/sos/words/", body))
    play.happens(
        f"追尾：车停住，司机手机无声，她求助并写明情况：{code}",
        f"a crash: the car stands, the driver's phone falls silent, she calls for help and says so: {code}",
    )
    play.look(
        CONSOLE,
        incident(
            code, Said("事件页：她写了什么，车停在哪里", "the incident: what she wrote, where the car stands")
        ),
        Look(
            AGENT,
            f"/admin/accidents/?trip={trip.code}",
            Said("登记事故，她的保障由此开始", "write the accident down: her safeguards begin"),
            "agent",
            digits=True,
        ),
    )
    trip.drive(GOES_ON, "passenger", moves=False)


def _friend(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    trip.under_way()
    answer = httpx.post(
        at.url + "/api/v1/welfare-checks/",
        json={
            "missing_phone": trip.rider.phone,
            "reporter_phone": "+8613900002001",
            "reporter_name": "小朱",
            "relation": "friend",
            "words": "她上车后发消息说害怕，现在电话打不通，车往山上开。",
            "submission": secrets.token_hex(12),
        },
        timeout=TIMEOUT,
        trust_env=False,
    )
    filed = Person.must(answer)
    play.happens("朋友报平安核查，没有账号", "a friend files a welfare check, without an account")
    secret = filed.get("secret") or filed.get("link", "").rstrip("/").rsplit("/", 1)[-1]
    play.look(
        CONSOLE,
        Look(FRIEND, f"/welfare-check/{secret}/", Said("朋友看到的进度", "what the friend sees of it")),
    )
    trip.drive(GOES_ON)


def _officer(play: Play, at: House) -> None:
    trip = Trip(play, at)
    trip.arrived()
    trip.under_way()
    failed = outside.ring("0577-6231-0110", "agent")
    if failed:
        raise Surprise(failed)
    play.happens("虹桥派出所来电，转给 agent", "Hongqiao station rings, put through to `agent`")
    phone = trip.rider.phone
    play.say(
        f"民警说：“虹桥派出所，警号 {BADGE}。家里人联系不上手机号 {phone} 的乘客，她现在在哪辆车上？”",
        f"the officer says: ‘Hongqiao station, badge {BADGE}. The family cannot reach the passenger of {phone}:"
        " which car is she in?’",
    )
    play.look(
        Look(AGENT, "/admin/", Said("来电卡片", "the card of the call"), "agent", digits=True),
        Look(
            AGENT,
            "/admin/police-line/",
            Said(
                "“警方来电”：填单、回拨公布号码、第二人确认",
                "police on the line: form, call back the published number, a second person",
            ),
            "agent",
            digits=True,
        ),
        Look(
            SPECIALIST,
            "/admin/",
            Said(
                "第二人：在首页“限时待办”里打开并确认",
                "the second person: opens it under ‘Due’ and confirms",
            ),
            "specialist",
            digits=True,
        ),
    )
    trip.drive(GOES_ON)


def _answered(told: dict[str, Any]) -> Said:
    """What an answer to a request comes to: its state alone does not say that half of it waits."""
    given = (told.get("grade") or {}).get("given")
    match told.get("state"), given:
        case "released", "car":
            return Said(
                "只提供车辆部分，司机身份须先回拨派出所",
                "the car alone; who drives it waits until the station is called back",
            )
        case "released", _:
            return Said("已全部提供", "all of it was released")
        case ("escalated" | "asked", _) | ("released", "nothing"):
            return Said("没有提供，转人工先核实", "nothing was released; a person looks into it first")
        case _:
            code = str(told.get("state") or told.get("code"))
            return Said(f"没有提供（{code}）", f"nothing was released ({code})")


def _stolen(play: Play, at: House) -> None:
    thief = Person(at).sign_in("officer2")
    play.say("有人用 officer2 的账号登录", "somebody signs in with the account of officer2")
    phones = [each.phone for each in citizens() if each.stage]
    said = Said("", "")
    for number in range(6):
        answer = thief.post("/api/v1/police/requests/", emergency("phone", phones[number % len(phones)]))
        said = _answered(answer.json())
        if number == 0:
            play.happens(
                "短时间内连查多人，都称紧急", "asks about one person after another, each an emergency"
            )
    play.say(f"第六次的答复：{said.zh}", f"the answer to the sixth: {said.en}")
    play.look(
        Look(
            AGENT,
            "/admin/police-line/",
            Said("警方请求：哪些被拦下先回拨", "police requests: which wait for a call-back"),
            "agent",
            digits=True,
        ),
        Look(
            SUPERVISOR,
            "/admin/stations/",
            Said("停用该账号", "suspend the account"),
            "supervisor",
            digits=True,
        ),
        Look(OFFICER, "/police/", Said("窃用者看到的", "what the thief sees"), "officer2", digits=True),
    )


WORDS = (
    "司机绕路，多收了十几块。",
    "空调不开，态度很差。",
    "行李箱落在车上了，请联系司机。",
    "等了二十分钟才到。",
    "车里有烟味，请处理。",
)
GRAVE = "司机锁车门不让我下车，还动手，我很害怕。"


def _fifty(play: Play, _at: House) -> None:
    for number in range(COMPLAINTS):
        words = (
            GRAVE if number == COMPLAINTS * 3 // 5 else f"{WORDS[number % len(WORDS)]}（第 {number + 1} 封）"
        )
        failed = outside.write("email", f"writer{number + 1}@example.org", words)
        if failed:
            raise Surprise(failed)
        if number == 0:
            play.happens("五十封来信，一封接一封", "fifty letters, one after another")
        play.rest(0.3)
    play.say("其中一封说的是危险", "one of them is about danger")
    play.look(
        Look(
            AGENT,
            "/admin/outside/",
            Said("站外来信：哪一封排在最前", "letters from outside: which one stands first"),
            "agent",
            digits=True,
        ),
        Look(AGENT, "/admin/workspace/", Said("投诉队列", "the queue of complaints"), "agent", digits=True),
        Look(
            SUPERVISOR,
            "/admin/",
            Said("主管看到的积压", "the backlog as a supervisor sees it"),
            "supervisor",
            digits=True,
        ),
    )


ABOARD = Said("在车上", "On the way")
PICKUP = Said("上车时", "At the pick-up")
OUTSIDE = Said("家人与警方", "Family and police")
DESK = Said("客服", "Customer service")
SCENES = {
    scene.key: scene
    for scene in (
        Scene("sos", ABOARD, Said("乘客按下 SOS", "A passenger taps SOS"), Said("行程中的一次求助：从她的手机到专员的耳机。", "One call for help on the way: from her phone to a specialist's ear."), _sos),
        Scene("crash", ABOARD, Said("撞车", "A crash"), Said("车停住，一部手机无声，她写下发生了什么。", "The car stands, one phone is silent, and she writes what happened."), _crash),
        Scene("not-boarded", ABOARD, Said("14:10“未上车”", "‘Not boarded’ at 14:10"), Said("订单取消了，车却带着她开走：监控约一分钟内发现。", "The order is cancelled and the car drives off with her: the monitor sees it in about a minute."), _not_boarded),
        Scene("other-car", PICKUP, Said("来的是另一辆车", "The car is another"), Said("她不上车；司机当即停止接单。演完需两人结案，该司机才能再上台。", "She does not get in; the driver is held at once, and comes back on stage when two people close the case."), _other_car),
        Scene("friend", OUTSIDE, Said("朋友担心她", "A friend worries"), Said("没有账号，只有她的手机号。", "No account, only her phone number."), _friend),
        Scene("officer", OUTSIDE, Said("警官来电", "An officer rings"), Said("先回拨公布的号码，再由第二人确认。", "First the published number is called back, then a second person confirms."), _officer),
        Scene("stolen", OUTSIDE, Said("警官账号被盗", "A stolen officer account"), Said("连查多人，个个“紧急”：从第几次起要先回拨？", "One person after another, each ‘an emergency’: from which on is the station called first?"), _stolen),
        Scene("fifty", DESK, Said("五十件投诉", "Fifty complaints"), Said("同时来信，其中一封关乎安危：它排在哪里？", "All at once, one about danger: where does it stand?"), _fifty),
    )
}  # fmt: skip


# --- The stage -----------------------------------------------------------------------------------------------


class Stage:
    """What is played now, by key of the scene."""

    def __init__(self) -> None:
        self.plays: dict[str, Play] = {}
        self._lock = threading.Lock()
        self.casting = threading.Lock()
        self.withheld: set[str] = set()  # whose scene opened a case, until they take an order again

    def begin(self, key: str) -> bool:
        """Play a scene; False where it is being played."""
        with self._lock:
            known = self.plays.get(key)
            if known and not known.over:
                return False
            play = self.plays[key] = Play(time.time())
        threading.Thread(target=self.run, args=(SCENES[key], play), daemon=True).start()
        return True

    def takes(self, play: Play, code: str) -> bool:
        """Let a scene have somebody of the stage; False where another has them."""
        with self._lock:
            if any(code in other.people for other in self.plays.values() if not other.over):
                return False
            play.people.add(code)
            return True

    def run(self, scene: Scene, play: Play) -> None:
        """Play a scene to its end, or until it is cut; its people then end what they have open."""
        try:
            scene.act(play, house())
        except Cut:
            log.info("%s: reset", scene.key)
        except Unplayable as why:
            log.warning("%s: %s", scene.key, why)
            play.failed = why.why
        except httpx.TransportError as why:
            log.warning("%s: %s: %s", scene.key, type(why).__name__, why)
            play.failed = NO_ANSWER
        except (Surprise, httpx.HTTPError, KeyError, ValueError) as why:
            log.warning("%s: %s", scene.key, why)
            said = str(why)[:300] or type(why).__name__
            play.failed = Said(said, said)
        if play.happened_at:
            self.withheld |= play.people
        for end in play.ends:
            try:
                end()
            except (Surprise, httpx.HTTPError) as why:
                log.warning("%s: %s", scene.key, why)
        play.over = True

    def reset(self, key: str) -> None:
        """Cut a scene; its people end their trip. What it opened at the desks stays there: staff close it."""
        with self._lock:
            play = self.plays.get(key)
            if play and play.over:
                del self.plays[key]
        if play:
            play.cut.set()


STAGE = Stage()
