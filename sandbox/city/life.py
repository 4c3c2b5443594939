"""What the people of the city do all day: a story of each driver, and one of each ride.

They use the platform's API and pages as phones do. What two of them say to each other in the street, such as the
boarding code, goes from hand to hand here; everything else goes through the platform.
"""

import json
import logging
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from governance.drills.world import TRUSTED, House, Person, Surprise, new_key
from sandbox.city.clockwork import Clockwork, Story
from sandbox.city.people import Citizen, citizens
from sandbox.city.ways import PLACES, Point, Way, beside, metres

log = logging.getLogger("sandbox.city")
LINE = "express"
MOST_RIDES = 8  # at the same time
FIRST_RIDES = 4  # these many begin at once, so that a newcomer sees life
BETWEEN_RIDES = 60.0  # seconds between two bookings from then on
STARTS_APART = 20.0  # seconds between two drivers who go to work: each shows a face first
SPEED = (7.0, 12.0)  # metres a second
SENDS_EVERY = 10.0  # seconds between two batches of a driver's phone under way
RIDER_SENDS_EVERY = 30.0
STANDS_EVERY = 40.0  # of a driver who waits: the platform forgets a position that is older than a minute
TRIP_METRES = (2_000.0, 9_000.0)
WAITS_AT_MOST = 240.0  # seconds for a driver, for a car, for a passenger
CAR_COMES_WITHIN = 1200.0
BEFORE = frozenset({"requested", "matched", "accepted", "arrived"})
STOP = 400.0  # seconds of a rest on the way, long enough to be asked about
MOST_COMPLAINTS = 4  # of one start of the city: somebody has to read them
SHARES = {"cancel": 0.08, "rest": 0.05, "complain": 0.04, "lost": 0.03, "rate": 0.8}
TIMEOUT = 60.0
LOST = "我好像把一把黑色雨伞落在后座了，麻烦帮我问一下司机。"
DISPUTE = "路线好像绕了一点，比预估多了几块钱，请帮我看看。"


class NoFace(Exception):
    """The camera did not know a driver twice in a row: a third time would freeze the account, and ring at a desk."""


@dataclass(slots=True)
class Car:
    """A driver at work, as the city knows them."""

    who: Citizen
    place: Point
    doing: str = "away"  # away · waits · to_pickup · waits_pickup · drives
    heading: float = 0.0


@dataclass(slots=True)
class Ride:
    """One order, as both sides know it who stand beside each other."""

    code: str
    rider: Citizen
    origin: Point
    code_said: str = ""  # the boarding code, from mouth to ear
    where: Point | None = None  # of the car, with the rider in it
    cancelled: bool = False

    def is_off(self) -> bool:
        """She cancelled; she may do so between any two steps of the driver."""
        return self.cancelled


def headed(a: Point, b: Point) -> float:
    """Degrees clockwise from north."""
    return Way([a, b]).bearing


class City:
    """Everybody, and what they know of each other."""

    def __init__(self, house: House, shown: Path, *, seed: int | None = None) -> None:
        """`shown` is the file in which the director finds where everybody is."""
        self.house, self.shown = house, shown
        self.chance = random.Random(seed)  # noqa: S311 - nothing secret
        self.clockwork = Clockwork()
        living = [each for each in citizens() if not each.stage]
        self.cars = {
            each.code: Car(each, beside(self.chance.choice(PLACES[each.city]), 50, 400, self.chance))
            for each in living
            if each.plate
        }
        self.riders = [each for each in living if not each.plate]
        self.busy: set[str] = set()
        self.rides: dict[str, Ride] = {}
        self.people: dict[str, Person] = {}
        self.counts = dict.fromkeys(("booked", "ended", "cancelled", "rated", "complained", "asked"), 0)
        self.phones = httpx.Client(
            base_url=house.url, timeout=TIMEOUT, verify=TRUSTED, trust_env=False, event_hooks=self._hooks()
        )

    # --- beginnings ---
    def open(self) -> None:
        """Put everybody on the clock."""
        for number, car in enumerate(self.cars.values()):
            self.clockwork.begin(car.who.code, partial(self.work, car), after=2 + STARTS_APART * number)
        self.clockwork.begin("bookings", self.bookings, after=8)
        self.clockwork.begin("window", self.window)

    def _hooks(self) -> dict[str, list[Callable[..., Any]]]:
        def took(answer: httpx.Response) -> None:
            began = answer.request.extensions.get("began", 0.0)
            pictures = answer.request.headers.get("content-type", "").startswith("multipart/")
            if began and not pictures:  # a face takes its time on the quickest machine
                self.clockwork.answered(time.monotonic() - began)

        def begins(request: httpx.Request) -> None:
            request.extensions["began"] = time.monotonic()

        return {"request": [begins], "response": [took]}

    def person(self, who: Citizen) -> Person:
        """Somebody signed in, who signs in again by themselves when the platform asks for it."""
        found = self.people.get(who.code)
        if found is None:
            found = Person(self.house)
            found.http.event_hooks = self._hooks()
            found.sign_in(who.code)
            self.people[who.code] = found
        return found

    def must(self, answer: httpx.Response) -> Any:
        return Person.must(answer)

    # --- what the director sees ---
    def window(self) -> Story:
        """Write down where everybody is, every few seconds."""
        while True:
            cars = [
                [round(car.place[0], 5), round(car.place[1], 5), car.doing, car.who.city, round(car.heading)]
                for car in self.cars.values()
                if car.doing != "away"
            ]
            waiting = [
                [*ride.origin, ride.rider.city] for ride in list(self.rides.values()) if ride.where is None
            ]
            written = self.shown.with_suffix(".new")
            written.write_text(
                json.dumps(
                    {
                        "at": time.time(),
                        "cars": cars,
                        "waiting": waiting,
                        "counts": self.counts,
                        "slowed": round(self.clockwork.slowed, 1),
                        "processor": round(time.process_time(), 2),
                    }
                )
            )
            written.replace(self.shown)
            yield 3.0

    # --- riders ---
    def bookings(self) -> Story:
        """Let somebody who is free set out now and then, near a car that waits."""
        while True:
            free = [car for car in self.cars.values() if car.doing == "waits"]
            if len(self.rides) < min(MOST_RIDES, len(self.cars)) and free:
                car = self.chance.choice(free)
                found = [
                    each for each in self.riders if each.city == car.who.city and each.code not in self.busy
                ]
                if found:
                    who = self.chance.choice(found)
                    self.busy.add(who.code)
                    origin = beside(car.place, 200, 900, self.chance)
                    self.clockwork.begin(f"ride of {who.code}", partial(self.ride, who, origin))
            few = len(self.rides) < FIRST_RIDES
            yield 15.0 if few else BETWEEN_RIDES * self.chance.uniform(0.6, 1.4)

    def ride(self, who: Citizen, origin: Point) -> Story:
        """From 'where to?' to the stars; whatever goes wrong, who rides is free again afterwards."""
        try:
            yield from self._ride(who, origin)
        except (httpx.HTTPError, Surprise) as why:
            log.warning("%s: %s", who.code, why)
            yield 60.0
        finally:
            self.busy.discard(who.code)
            for code in [code for code, ride in self.rides.items() if ride.rider is who]:
                del self.rides[code]

    def _destination(self, city: str, origin: Point) -> Point:
        least, most = TRIP_METRES
        far = [place for place in PLACES[city] if least <= metres(origin, place) <= most]
        return beside(self.chance.choice(far or PLACES[city]), 50, 500, self.chance)

    def _ride(self, who: Citizen, origin: Point) -> Story:
        me = self.person(who)
        for left in self.must(me.get("/api/v1/trips/")):
            if left["state"] in {"requested", "matched", "accepted", "arrived"}:  # of an earlier start
                me.post(f"/api/v1/trips/{left['code']}/cancel/", {"reason": "changed_plans"})
        yield self.chance.uniform(1, 4)
        destination = self._destination(who.city, origin)
        body = {
            "city": who.city,
            "line": LINE,
            "origin": {"lat": origin[0], "lon": origin[1]},
            "destination": {"lat": destination[0], "lon": destination[1]},
            "seats": 1,
            "client_key": new_key(),
        }
        self.must(
            me.post("/api/v1/estimates/", {key: body[key] for key in ("city", "origin", "destination")})
        )
        yield self.chance.uniform(2, 5)
        trip = self.must(me.post("/api/v1/trips/", body))
        ride = self.rides[trip["code"]] = Ride(trip["code"], who, origin)
        self.counts["booked"] += 1
        began, changes_mind = time.monotonic(), self.chance.random() < SHARES["cancel"]
        state, sent = "requested", 0.0
        while state not in {"ended", "cancelled"}:
            yield 8.0 if ride.where is None else 20.0
            trip = self.must(me.get(f"/api/v1/trips/{ride.code}/"))
            state = trip["state"]
            waited = time.monotonic() - began
            too_long = WAITS_AT_MOST if state in {"requested", "matched"} else CAR_COMES_WITHIN
            if (state in BEFORE and waited > too_long) or (state == "accepted" and changes_mind):
                reason = "changed_plans" if changes_mind else "waited_too_long"
                self.must(me.post(f"/api/v1/trips/{ride.code}/cancel/", {"reason": reason}))
                ride.cancelled = True
                self.counts["cancelled"] += 1
                return
            if state == "arrived" and not ride.code_said:
                yield self.chance.uniform(5, 20)  # she looks for the car, and compares the plate
                ride.code_said = self.must(me.post(f"/api/v1/trips/{ride.code}/confirm-car/"))[
                    "boarding_code"
                ]
            if trip["reminder"]:
                me.post(f"/api/v1/trips/{ride.code}/reminder/")
            if ride.where is not None and time.monotonic() - sent > RIDER_SENDS_EVERY:
                sent = time.monotonic()
                self.send(trip["key"], [ride.where])
                yield from self._answers(me, ride, trip["key"])
        if state == "ended":
            self.counts["ended"] += 1
            yield from self._afterwards(me, ride)

    def _answers(self, me: Person, ride: Ride, key: str) -> Story:
        """'How is the ride?': all is well."""
        asked = me.get(f"/trips/{ride.code}/question/", key=key).text
        if 'name="accident"' in asked:
            yield self.chance.uniform(2, 8)
            self.must(me.submit(f"/trips/{ride.code}/answer/", {"key": key, "accident": "no"}))
        elif "<form" in asked or "<button" in asked:
            yield self.chance.uniform(4, 10)
            self.must(me.post(f"/api/v1/trips/{ride.code}/answer/", {"key": key, "answer": "fine"}))
            self.counts["asked"] += 1

    def _afterwards(self, me: Person, ride: Ride) -> Story:
        yield self.chance.uniform(5, 30)
        if self.chance.random() < SHARES["rate"]:
            stars = self.chance.choices((5, 4, 3, 2), (70, 20, 8, 2))[0]
            self.must(me.post(f"/api/v1/trips/{ride.code}/rating/", {"stars": stars}))
            self.counts["rated"] += 1
        drawn = self.chance.random()
        category = (
            "dispute"
            if drawn < SHARES["complain"]
            else "lost_property"
            if drawn < SHARES["complain"] + SHARES["lost"]
            else ""
        )
        if category and self.counts["complained"] < MOST_COMPLAINTS:
            self.counts["complained"] += 1
            words = LOST if category == "lost_property" else DISPUTE
            body = {"trip": ride.code, "category": category, "words": words, "submission": new_key()}
            self.must(me.post("/api/v1/complaints/", body))

    # --- drivers ---
    def work(self, car: Car) -> Story:
        """A driver's day: online, order after order."""
        car.doing = "away"
        try:
            yield from self._work(car)
        except NoFace:
            log.warning("%s goes home: not known by face", car.who.code)
        finally:
            car.doing = "away"

    def _work(self, car: Car) -> Story:
        me = self.person(car.who)
        yield from self._tidy(me)
        while True:
            duty = yield from self._go_online(me, car)
            car.doing = "waits"
            order = yield from self._wait_for_order(me, car, duty)
            if order:
                try:
                    yield from self._serve(me, car, order)
                finally:
                    if ride := self.rides.get(order["code"]):
                        ride.where = None
            yield self.chance.uniform(5, 20)

    def _tidy(self, me: Person) -> Story:
        """What an earlier start of the city left in the midst comes to its end."""
        for trip in self.must(me.get("/api/v1/driver/"))["trips"]:
            at = f"/api/v1/trips/{trip['code']}"
            if trip["state"] in {"accepted", "arrived"}:
                me.post(f"{at}/cancel/", {"reason": "not_boarded"})
            elif trip["state"] in {"boarded", "in_progress"}:
                me.post(f"{at}/depart/")
                me.post(f"{at}/end/")
            else:
                continue
            yield 1.0

    def _go_online(self, me: Person, car: Car) -> Any:
        body = {"line": LINE, "city": car.who.city, "lat": car.place[0], "lon": car.place[1]}
        answer = me.post("/api/v1/driver/online/", body)
        if answer.status_code == 403 and answer.json().get("code") == "daily_check_needed":
            yield 1.0
            self.show(me, car, "daily")
            answer = me.post("/api/v1/driver/online/", body)
        return self.must(answer)["key"]

    def _wait_for_order(self, me: Person, car: Car, duty: str) -> Any:
        """The trip that was accepted; None where the platform took this driver offline."""
        sent = time.monotonic()
        while True:
            somebody_waits = any(
                ride.rider.city == car.who.city
                and metres(ride.origin, car.place) < 6_000
                and not ride.code_said
                for ride in list(self.rides.values())
            )
            if somebody_waits:
                answer = me.get("/api/v1/driver/offer/")
                if answer.status_code == 200 and answer.content:
                    yield self.chance.uniform(1, 3)
                    taken = me.post(f"/api/v1/driver/offers/{answer.json()['code']}/accept/")
                    if taken.status_code == 200:
                        return taken.json()
            if time.monotonic() - sent > STANDS_EVERY:
                sent = time.monotonic()
                try:
                    self.send(duty, [car.place])
                except Surprise:
                    return None
            yield 5.0 if somebody_waits else 15.0

    def _serve(self, me: Person, car: Car, trip: dict[str, Any]) -> Story:
        """To the pick-up, with face and plate, the code, the way, the end."""
        at, key = f"/api/v1/trips/{trip['code']}", trip["key"]
        route, origin, destination = self._map(me, trip["code"])
        car.doing = "to_pickup"
        ride = self.rides.get(trip["code"])
        yield from self._drive(car, [car.place, origin], key, lambda: bool(ride and ride.is_off()))
        if ride is None or ride.is_off():
            return
        car.doing = "waits_pickup"
        self.send(key, [car.place])
        yield 6.0
        yield from self._show(me, car, trip["code"])
        self.must(me.post(f"{at}/arrive/"))
        began = time.monotonic()
        while not ride.code_said:
            if ride.is_off() or time.monotonic() - began > WAITS_AT_MOST:
                me.post(f"{at}/cancel/", {"reason": "not_boarded"})
                return
            self.send(key, [car.place])
            yield 15.0
        self.must(me.post(f"{at}/board/", {"code": ride.code_said}))
        if self.must(me.get(f"{at}/"))["reminder"]:
            me.post(f"{at}/reminder/")
        self.must(me.post(f"{at}/depart/"))
        car.doing, ride.where = "drives", car.place
        rests = self.chance.random() < SHARES["rest"]
        yield from self._drive(car, [car.place, *route, destination], key, lambda: False, ride, rests=rests)
        self.must(me.post(f"{at}/end/"))
        car.doing = "away"
        yield self.chance.uniform(5, 20)
        if self.chance.random() < SHARES["rate"]:
            me.post(f"{at}/rating/", {"stars": self.chance.choice((5, 5, 5, 4))})

    def show(self, me: Person, car: Car, purpose: str, subject: str = "") -> Any:
        """What a passed face check gives. Raises `NoFace`."""
        for _try in range(2):
            shown = me.show_face(car.who.code, purpose, subject)
            if shown.status_code != 403:
                return self.must(shown)
        if purpose == "pickup":
            me.post(f"/api/v1/trips/{subject}/cancel/", {"reason": "other_side_asked"})
        me.submit("/drive/offline/")
        raise NoFace

    def _map(self, me: Person, code: str) -> tuple[list[Point], Point, Point]:
        """The way that the platform's router drew, and both ends, as the driver's page shows them."""
        page = me.get(f"/trips/{code}/").text
        found = re.search(r'<script id="trip-map"[^>]*>(.*?)</script>', page, re.S)
        if not found:
            raise Surprise(f"no map on the page of {code}")
        drawn = json.loads(found[1])
        origin, destination = ((lat, lon) for lat, lon in drawn["ends"])
        return [(lat, lon) for lat, lon in drawn["route"]], origin, destination

    def _show(self, me: Person, car: Car, code: str) -> Story:
        """Face and plate at the pick-up; another photo where a person would have to look at the first."""
        for _try in range(2):
            passed = self.show(me, car, "pickup", code)
            yield 1.0
            photo = me.upload(
                f"/api/v1/trips/{code}/plate-photo/",
                [("photo", self.house.car(car.who.plate, spot=passed["spot"]))],
                {"token": passed["token"]},
            )
            if self.must(photo)["state"] == "same":
                return
            yield 5.0

    def _drive(
        self,
        car: Car,
        points: list[Point],
        key: str,
        stops: Callable[[], bool],
        ride: Ride | None = None,
        *,
        rests: bool = False,
    ) -> Story:
        """Move along a line on the real clock, and post positions as a phone does."""
        way, gone = Way(points), 0.0
        last = time.monotonic()
        while gone < way.length and not stops():
            yield SENDS_EVERY
            now = time.monotonic()
            took, last = now - last, now
            step = self.chance.uniform(*SPEED) * min(took, 60.0)
            middle, gone = gone + step / 2, gone + step
            before, car.place = car.place, way.at(gone)
            car.heading = headed(before, car.place) if before != car.place else car.heading
            if ride:
                ride.where = car.place
            self.send(key, [way.at(middle), car.place], took / 2)
            if rests and gone > way.length / 2:
                rests, until = False, time.monotonic() + STOP
                while time.monotonic() < until:
                    yield 20.0
                    self.send(key, [car.place])
                last = time.monotonic()

    def send(self, key: str, points: list[Point], every: float = 0.0) -> None:
        """One batch whose last position is now."""
        now = time.time()
        pings = [
            {"at": now - every * (len(points) - 1 - number), "lat": lat, "lon": lon, "accuracy": 8}
            for number, (lat, lon) in enumerate(points)
        ]
        answer = self.phones.post(
            "/live/positions/",
            json={"crs": "WGS84", "pings": pings, "away": False},
            headers={"Authorization": f"Bearer {key}"},
        )
        if answer.status_code != 202:
            raise Surprise(f"positions: {answer.status_code} {answer.text[:120]}")
