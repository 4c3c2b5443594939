"""Fixtures of all tests: the cast, the city, and a booked, accepted or boarded trip made through the services."""

import ast
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, partial, wraps
from itertools import cycle
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
import redis
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection, connections, models
from django.template import Template
from django.test import Client, TransactionTestCase
from django.test.utils import _TestState
from django.utils import timezone, translation
from psycopg import sql

from accounts.models import Account, Authenticator, Session
from accounts.sessions import digest
from config import health, outages
from config.pytest_stack import needs_servers
from core import broker, clock, events, limits
from core.messages.transports import breaker
from core.models import OutboxEvent
from core.tests.flush import empty_tables
from core.tests.replay import Replay
from drivers.selectors import driver_of
from drivers.tests.factories import face_token, ready_for_pickup
from drivers.tests.reading import draw_each_picture_once, read_each_picture_once
from governance.demo import make_world
from rides import open_requests
from rides.models import City, Trip
from rides.services import (
    Journey,
    Place,
    accept_trip,
    arrive,
    board_trip,
    book_trip,
    confirm_car,
    depart,
    end_trip,
    offer_itinerary,
)
from rides.tests.factories import hold_out
from safety.keys import RSA_BITS

WAY_AND_TRIP = 2  # what a trip needs, counted by `Rides`
NOT_KNOWN = -1  # how many rows a world wrote that somebody else made
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PICKUP = Place("虹桥镇 Hongqiao", 28.2127, 121.0260)
GOAL = Place("上塘 Shangtang", 28.1535, 120.6905)
ROUTE = [
    (28.2127, 121.026),
    (28.18, 120.99),
    (28.129, 120.965),
    (28.115, 120.88),
    (28.125, 120.79),
    (28.1535, 120.6905),
]


# How long one example takes says how busy the machine is, not whether what it shows is right.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hashing that is slow on purpose would be most of the suite."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


MIGRATED = "migrated_for_tests"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_keepdb: bool,
    django_db_blocker: Any,
) -> None:
    """Of workers beside each other the first migrates a database, and each has a copy of it: migrations take seconds."""
    if not hasattr(request.config, "workerinput") or django_db_keepdb:
        return
    with django_db_blocker.unblock(), (Path(os.environ["HUHANG_STATE"]) / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [MIGRATED])
            made = cursor.fetchone() is not None
        wanted, name = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
        if not made:
            connection.settings_dict["TEST"] = wanted | {"NAME": MIGRATED}
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = name
        connection.settings_dict["TEST"] = wanted | {"TEMPLATE": MIGRATED}


@pytest.fixture(scope="session", autouse=True)
def quick_reading() -> Iterator[None]:
    """Each distinct face, certificate and car is drawn once, and read by its model once."""
    with pytest.MonkeyPatch.context() as patch:
        draw_each_picture_once(patch)
        read_each_picture_once(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_keys() -> Iterator[None]:
    """A pair of RSA keys takes a second to find: the days of all tests take turns with four."""
    find = rsa.generate_private_key
    known = cycle([lru_cache(maxsize=1)(partial(find, 65537, bits)) for bits in [RSA_BITS] * 4])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rsa, "generate_private_key", lambda *, public_exponent, key_size: next(known)())
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """Django empties all tables after a test that commits, and writes every content type and permission anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_tables())
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_templates(django_test_environment: None) -> Iterator[None]:
    """Django would copy the context of each template, and of each that it includes, for tests that ask for it: none does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", _TestState.saved_data.template_render)  # type: ignore[attr-defined]
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_broker() -> Iterator[None]:
    """On a busy machine the Valkey of all tests answers late: who asks it waits, and counts nothing by itself meanwhile.

    One that a test starts for itself, to stop it, is asked as in production.
    """
    ask, ours = broker._client_of, os.environ.get("REDIS_URL", "none").rsplit("/", 1)[0]
    client = lru_cache(partial(redis.Redis.from_url, socket_connect_timeout=10, socket_timeout=10))

    def client_of(url: str) -> "redis.Redis":
        return client(url) if url.rsplit("/", 1)[0] == ours else ask(url)

    client_of.cache_clear = ask.cache_clear  # type: ignore[attr-defined]  # as the one whose place it takes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "_client_of", client_of)
        yield


@pytest.fixture(scope="session", autouse=True)
def calm_watch() -> Iterator[None]:
    """A web process that lives within a test would see soon that nothing else does, and write so into the test's database.

    That it looks is tried with a pace of its own (config/tests/test_outages.py).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outages, "EVERY", 3_600.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_readiness() -> Iterator[None]:
    """On a busy machine the database answers late, too: what a walk over all pages is told must not depend on it.

    How soon it says that a database hangs is tried with the production's own limit (config/tests/test_health.py).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "WAIT", 60.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def whole_syntax_trees() -> Iterator[None]:
    """Python 3.11 gives up a syntax tree where another thread is at one, or garbage is collected: it is made once more."""
    parse = ast.parse

    def once_more(*args: Any, **kwargs: Any) -> Any:
        try:
            return parse(*args, **kwargs)
        except SystemError:
            return parse(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ast, "parse", once_more)
        yield


@pytest.fixture(autouse=True)
def language_and_zone_of_nobody() -> Iterator[None]:
    """What a test activated for its thread is not the next one's."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Noon of an ordinary day; the clock stands until a test shifts it."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


# Its faces are read by a model and its people saved one by one, which before each test would be a tenth of the suite.
_WORLD = Replay(lambda: make_world(password="a password of tests"))


def _written() -> int:
    """How many rows the transaction of this test has written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0] or 0)


@pytest.fixture
def world(db: None, noon: time_machine.Traveller) -> int:
    """The whole cast, one city, the hitch line; how many rows stand written by then."""
    _WORLD()
    return _written()


_KEPT: dict[Callable[[], None], Replay] = {}


@pytest.fixture
def put_back(world: int) -> Callable[[Callable[[], None]], None]:
    """Make rows by a function that asks nothing of its test, once a process where they are the first of a test, at noon."""

    def begin(make: Callable[[], None]) -> None:
        if not connection.in_atomic_block or clock.now() != NOON or _written() != world:
            make()
        else:
            _KEPT.setdefault(make, Replay(make))()

    return begin


@pytest.fixture
def people(world: int) -> Callable[[str], Account]:
    """An account of the cast by name."""
    return lambda name: Account.objects.get(code=name)


class OpenBrowser(Client):
    """A browser whose page stays open, as a console does all night: however far a test moves the clock, its session is
    in use, and a person whose shift is over has signed in again."""

    used_at: datetime | None = None

    def request(self, **request: Any) -> Any:
        now = timezone.now()
        key = self.cookies.get("sessionid")
        if key and self.used_at and abs(now - self.used_at) > timedelta(seconds=30):
            rows = Session.objects.filter(session_key=digest(key.value), account__isnull=False)
            rows.update(begun_at=now, used_at=now, expire_date=now + timedelta(hours=12))
        self.used_at = now
        return super().request(**request)


@pytest.fixture
def signed_in(people: Callable[[str], Account]) -> Callable[[str], Client]:
    """A browser in which somebody of the cast is signed in, with their second factor; nobody for an empty name."""

    def enter(name: str, *, second_factor: bool = True) -> Client:
        client = OpenBrowser(headers={"accept-language": "en"})
        client.used_at = timezone.now()
        if name:
            account = people(name)
            client.force_login(account)
            device = Authenticator.objects.filter(user=account).first()
            if device and second_factor:
                session = client.session
                session["otp_device_id"] = device.persistent_id
                session.save()
        return client

    return enter


def usual_journey(**changes: Any) -> Journey:
    """From Hongqiao to Shangtang, leaving in ten to sixty minutes, unless a test wants another way."""
    journey = Journey(
        City.objects.get(code="wenzhou"),
        PICKUP,
        GOAL,
        NOON + timedelta(minutes=10),
        NOON + timedelta(minutes=60),
    )
    return replace(journey, **changes)


@pytest.fixture(autouse=True)
def empty_boards(request: pytest.FixtureRequest) -> None:
    """Each test has a database of its own: what a process and its Valkey remember of the last one is forgotten."""
    open_requests.forget()
    breaker.forget()
    limits.forget()
    if needs_servers(request.node):  # how often somebody asked
        broker.ask(lambda client: [client.delete(name) for name in client.scan_iter("limit:*")], None)


def _put_back(make: "Callable[[Rides, str, str], Trip]") -> "Callable[..., Trip]":
    """What is first in a test, in a world that nobody has changed, gives the same rows each time: they are put back.

    A trip made through all its services costs a tenth of a second, and a thousand tests begin with one.
    """
    known: dict[tuple[str, str], tuple[Replay, list[str]]] = {}

    @wraps(make)
    def begin(self: "Rides", passenger: str = "passenger", driver: str = "driver") -> Trip:
        if self.count or not connection.in_atomic_block or clock.now() != NOON or _written() != self.world:
            return make(self, passenger, driver)
        if (passenger, driver) not in known:
            codes: list[str] = []
            known[passenger, driver] = (
                Replay(lambda: codes.append(make(self, passenger, driver).code)),
                codes,
            )
        replay, codes = known[passenger, driver]
        replay()
        self.count = WAY_AND_TRIP
        return Trip.objects.get(code=codes[0])

    return begin


class Rides:
    """Makes trips in the state that a test needs."""

    def __init__(self, people: Callable[[str], Account], world: int = NOT_KNOWN) -> None:
        self.people, self.world = people, world
        self.count = 0

    def booked(self, passenger: str = "passenger", **changes: Any) -> Trip:
        self.count += 1
        wanted: dict[str, Any] = {"journey": usual_journey(), "seats": 1, "client_key": f"trip-{self.count}"}
        return book_trip(passenger=self.people(passenger), **(wanted | changes))

    def itinerary(self, driver: str = "driver", seats: int = 3) -> str:
        self.count += 1
        return offer_itinerary(
            driver=driver_of(self.people(driver)),
            journey=usual_journey(),
            seats=seats,
            client_key=f"way-{self.count}",
            route=ROUTE,
        ).code

    @_put_back
    def accepted(self, passenger: str = "passenger", driver: str = "driver") -> Trip:
        way, trip = self.itinerary(driver), self.booked(passenger)
        who = driver_of(self.people(driver))
        hold_out(way, trip)
        outcome = accept_trip(
            driver=who, trip_code=trip.code, itinerary_code=way, face_token=face_token(who, trip.code)
        )
        assert outcome.refusal is None
        return Trip.objects.get(pk=trip.pk)

    @_put_back
    def arrived(self, passenger: str = "passenger", driver: str = "driver") -> Trip:
        trip = self.accepted(passenger, driver)
        who = driver_of(self.people(driver))
        ready_for_pickup(who, trip.code)
        return arrive(driver=who, trip_code=trip.code)

    @_put_back
    def boarded(self, passenger: str = "passenger", driver: str = "driver") -> Trip:
        trip = self.arrived(passenger, driver)
        confirm_car(passenger=self.people(passenger), trip_code=trip.code)
        outcome = board_trip(
            driver=driver_of(self.people(driver)), trip_code=trip.code, code=trip.boarding_code
        )
        assert outcome.refusal is None
        return Trip.objects.get(pk=trip.pk)

    @_put_back
    def under_way(self, passenger: str = "passenger", driver: str = "driver") -> Trip:
        trip = self.boarded(passenger, driver)
        depart(driver=driver_of(self.people(driver)), trip_code=trip.code)
        return Trip.objects.get(pk=trip.pk)

    @_put_back
    def ended(self, passenger: str = "passenger", driver: str = "driver") -> Trip:
        trip = self.under_way(passenger, driver)
        return end_trip(driver=driver_of(self.people(driver)), trip_code=trip.code)


@pytest.fixture
def rides(people: Callable[[str], Account], world: int) -> Rides:
    return Rides(people, world)


@pytest.fixture
def deliver() -> Callable[[], None]:
    """Deliver all published events now, as the worker does."""

    def run() -> None:
        while True:
            waiting = list(
                OutboxEvent.objects.filter(delivered_at=None, attempts=0).values_list("pk", flat=True)
            )
            if not waiting:
                return
            for event_id in waiting:
                events.EVENTS.attempt(event_id)

    return run


@pytest.fixture
def poison(db: None) -> Iterator[Callable[[models.Model], None]]:
    """Make the database refuse every change of one row: the one bad row of a job."""

    def bite(row: models.Model) -> None:
        table = sql.Identifier(type(row)._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'poisoned row'; END $$"
            )
            cursor.execute(
                sql.SQL(
                    "CREATE TRIGGER poisoned BEFORE UPDATE ON {} FOR EACH ROW WHEN (OLD.id = {})"
                    " EXECUTE FUNCTION poisoned()"
                ).format(table, sql.Literal(row.pk))
            )

    yield bite
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS poisoned CASCADE")


@pytest.fixture
def valkey(settings: Any) -> "Iterator[redis.Redis]":
    """An empty database of Valkey, of this worker alone."""
    url, number = settings.REDIS_URL.rsplit("/", 1)
    settings.REDIS_URL = f"{url}/{int(number) + 1}"
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    yield client
    client.flushdb()
