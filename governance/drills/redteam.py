"""The red team (P11): each hour a false officer tries four ways on the live stack, over HTTP, on marked people.

A trip of people who are nobody has a call for help, which would bear an officer's claim out; what must hold is the rest:
that a stolen session gets the car and nobody's name, that who has a mailbox alone gets nothing, that a letter without its
papers is not sent, and that an address said again opens nothing. Each way has a control, by which is seen that it really
was tried: one that was not is no refusal.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings
from django_otp.oath import totp

from accounts.models import new_seed
from accounts.services import end_drill_account, mark_drill_account
from core import clock
from core.permissions import LIAISON
from drivers.services import PLATE_OF_NOBODY, mark_drill_driver
from governance.drills.hourly import PATIENCE
from governance.drills.world import Surprise, new_key, picture_of_nothing
from police.services import clear_drill_requests, mark_drill_officer, suspend_drill_officer
from police.states import Paper, Tier, Wanted
from rides.selectors import cities, city_by_code, position_key
from rides.services import HOME_OF_NOBODY, mark_drill_trip
from rides.states import Party
from safety.services import close_drill

# Its own people: the drill of the hour is signed in as its passenger, and takes her newest trip.
OFFICER, MAILBOX = "red-team-officer", "red-team-mailbox"
PASSENGER, DRIVER = "red-team-passenger", "red-team-driver"
PASSENGER_NAME, DRIVER_NAME, DRIVER_ID = "演练 drill", "演练·司机", "DRILL-0000-DRIVER"
# Nobody has them: of the numbers that Australia's ACMA sets apart for films and books.
PASSENGER_PHONE, DRIVER_PHONE = "+61491570006", "+61491570156"
# What no false officer may read: who they are, and that anybody called for help or was told of it (S11).
WHO = (PASSENGER_NAME, HOME_OF_NOBODY, DRIVER_NAME, DRIVER_ID, PASSENGER_PHONE, DRIVER_PHONE)
# On a page in English, and in the file.
CALLED = ("SOS by the", "a call for help on the trip", "Messages to emergency contacts")
CALLED_IN_FILE = ("safety.", '"sos"', "handed_over")


class Way(StrEnum):
    """How a false officer tries."""

    SESSION = "stolen_session"
    MAILBOX = "wrong_mailbox"
    LETTER = "forged_letter"
    LINK = "replayed_link"


@dataclass
class Tried:
    """What one way got: nothing, where it was refused."""

    way: Way
    got: list[str] = field(default_factory=list)
    done: bool = False

    def look(self, what: str, answer: httpx.Response, *forbidden: str) -> None:
        """Note each thing that stands in an answer and must not."""
        self.got += [f"{what}: {each}" for each in forbidden if each in answer.text]


class Browser:
    """One browser of somebody, with cookies of its own."""

    def __init__(self, cookies: dict[str, str] | None = None) -> None:
        self.http = httpx.Client(
            base_url=settings.PUBLIC_URL,
            timeout=PATIENCE,
            trust_env=False,
            cookies=cookies,
            headers={"Accept-Language": "en", "Referer": settings.PUBLIC_URL + "/"},
        )

    def get(self, path: str) -> httpx.Response:
        """A page, without following where it leads."""
        return self.http.get(path)

    def submit(self, page: str, body: dict[str, Any], files: Any = None) -> httpx.Response:
        """A form as its page holds it: with what is hidden there."""
        shown = self.http.get(page).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
        token = self.http.cookies.get(settings.CSRF_COOKIE_NAME) or ""
        return self.http.post(page, data=hidden | body, files=files, headers={"X-CSRFToken": token})

    def call(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The interface."""
        token = self.http.cookies.get(settings.CSRF_COOKIE_NAME) or ""
        return self.http.post(path, json=body, headers={"X-CSRFToken": token})

    def sign_in(self, code: str, password: str, seed: str) -> "Browser":
        """By password and second factor. Raises `Surprise`."""
        self.get("/sign-in/")
        for path, body in (
            ("/api/v1/sign-in/", {"name": code, "password": password}),
            ("/api/v1/sign-in/second-factor/", {"token": f"{totp(bytes.fromhex(seed)):06d}"}),
        ):
            answer = self.call(path, body)
            if answer.status_code >= 400:
                raise Surprise(f"{path}: {answer.status_code} {answer.text[:200]}")
        return self

    def stolen(self) -> "Browser":
        """What a thief has who copied the session, and nothing else of this browser."""
        name = settings.SESSION_COOKIE_NAME
        return Browser({name: self.http.cookies.get(name) or ""})


@contextmanager
def officer(code: str, tier: Tier) -> Iterator[Browser]:
    """A marked officer who is signed in; at the end what they asked is cleared away, and they are suspended and closed."""
    password, seed = secrets.token_urlsafe(24), new_seed()
    account = mark_drill_account(code=code, phone="", password=password, role=LIAISON, seed=seed)
    mark_drill_officer(account=account, tier=tier)
    browser = Browser()
    try:
        yield browser.sign_in(code, password, seed)
    finally:
        clear_drill_requests(code=code, words="演练 drill")
        suspend_drill_officer(code=code)
        end_drill_account(code=code)
        browser.http.close()


def play(found: list[Tried]) -> None:
    """Run it once; into `found` goes what each way got, also where a later one could not be tried.

    Raises `Surprise` or an error of HTTP where one could not: it is no refusal.
    """
    passenger = mark_drill_account(
        code=PASSENGER,
        phone=PASSENGER_PHONE,
        password=secrets.token_urlsafe(24),
        real_name=PASSENGER_NAME,
    )
    driver, vehicle = mark_drill_driver(
        account=mark_drill_account(
            code=DRIVER,
            phone=DRIVER_PHONE,
            password=secrets.token_urlsafe(24),
            real_name=DRIVER_NAME,
            id_number=DRIVER_ID,
        )
    )
    city = city_by_code(settings.DRILL_CITY) if settings.DRILL_CITY else cities()[0]
    trip = mark_drill_trip(passenger=passenger, driver=driver, vehicle=vehicle, city=city)
    # Her call bears the claim out: what must keep his name back is how unlike himself the officer asks (P10).
    tapped = Browser().call(
        f"/api/v1/trips/{trip.code}/sos/",
        {"key": position_key(trip, Party.PASSENGER), "lat": city.latitude, "lon": city.longitude},
    )
    if tapped.status_code != 201:
        raise Surprise(f"sos: {tapped.status_code}")
    try:
        with officer(OFFICER, Tier.CALLED_BACK) as own, officer(MAILBOX, Tier.MAILBOX) as mailbox:
            session, link, letter, post = (
                Tried(Way.SESSION),
                Tried(Way.LINK),
                Tried(Way.LETTER),
                Tried(Way.MAILBOX),
            )
            found += [session, link, letter, post]
            thief = own.stolen()
            pack = _ask_with(thief, session, trip.code)
            # Her number may lead to her trips of the runs before as well: what it must not lead to is she.
            _ask_with(thief, session, PASSENGER_PHONE, control="P-")
            _must(thief.get(pack), PLATE_OF_NOBODY)
            link.got += _opens(pack, {"nobody": Browser(), "another officer": mailbox})
            _mailbox(mailbox, post, trip.code)
            _letter(own, letter, trip.code)
            suspend_drill_officer(code=OFFICER)
            link.got += _opens(pack, {"a session that ended": thief, "the officer who was suspended": own})
            session.got += _opens("/police/", {"a session that ended": thief}, "/police/emergency/")
            session.done = link.done = True
    finally:
        close_drill(code=tapped.json()["incident"])


def _question(known: str) -> dict[str, str]:
    return {
        "query_value": known,
        "danger": "drill",
        "why_not_written": "drill",
        "supervisor_name": "演练",
        "supervisor_phone": settings.DRILL_CONTACT_PHONE,
        "declared": "on",
    }


def _must(answer: httpx.Response, there: str) -> httpx.Response:
    if answer.status_code != 200 or there not in answer.text:
        raise Surprise(f"{answer.request.url.path}: {answer.status_code}, not what the control expects")
    return answer


def _asked(browser: Browser, known: str) -> str:
    """The address of an emergency that was taken. Raises `Surprise`."""
    answer = browser.submit("/police/emergency/", _question(known))
    to = str(answer.headers.get("location", ""))
    if answer.status_code != 302 or "/police/requests/" not in to:
        raise Surprise(f"/police/emergency/: {answer.status_code} {to}")
    return to


def _ask_with(thief: Browser, tried: Tried, known: str, *, control: str = PLATE_OF_NOBODY) -> str:
    """Ask with a stolen session, and read all that there is; the address of the pack as a file."""
    page = _asked(thief, known)
    hidden = [each for each in WHO if each != known]  # what they typed stands there as they typed it
    tried.look(f"page by {known[:2]}", _must(thief.get(page), control), *hidden, *CALLED)
    tried.look(f"live by {known[:2]}", thief.get(page + "live/"), *hidden, *CALLED)
    file = thief.get(page + "pack.json")
    tried.look(f"file by {known[:2]}", file, *WHO, *CALLED_IN_FILE)
    return page + "pack.json"


def _mailbox(mailbox: Browser, tried: Tried, trip: str) -> None:
    """Whom only a mailbox vouches for: nothing by rule, and nothing is kept for them."""
    page = _asked(mailbox, trip)
    tried.look("page", _must(mailbox.get(page), "P-"), PLATE_OF_NOBODY, *WHO)
    tried.look("file", mailbox.get(page + "pack.json"), PLATE_OF_NOBODY, *WHO)
    spans = {
        "span_from": "2018-08-24T00:00",
        "span_to": "2018-08-25T00:00",
        "letter_number": "1",
        "legal_basis": "1",
    }
    kept = mailbox.submit("/police/preserve/", {"query_value": trip} | spans)
    if kept.status_code < 400:
        tried.got.append("preservation")
    tried.done = True


def _letter(browser: Browser, tried: Tried, trip: str) -> None:
    """A complete letter of which one certificate is no file that can be read, and a question without any letter. The control
    is the same letter with three good files: it is taken, and cleared away at the end of the run."""
    begun = browser.submit("/police/ordinary/", {"submission": new_key()})
    draft = begun.headers.get("location", "")
    if "/police/ordinary/" not in draft:
        raise Surprise(f"/police/ordinary/: {begun.status_code}")
    files = {paper.value: ("paper.jpg", picture_of_nothing(), "image/jpeg") for paper in Paper}
    forged = files | {Paper.CERTIFICATE_2.value: ("paper.jpg", b"not a picture", "image/jpeg")}
    if _is_sent(browser.submit(draft, _notice(trip), forged)) or _is_sent(browser.get(draft)):
        tried.got.append("the letter was sent")
    taken = browser.submit(draft, _notice(trip), files)
    if not _is_sent(taken):
        raise Surprise(f"{draft}: {taken.status_code}, and the letter was complete")
    body = {
        "query": "trip",
        "value": trip,
        "urgency": "ordinary",
        "legal_basis": "1",
        "submission": new_key(),
    }
    if browser.call("/api/v1/police/requests/", body).status_code < 400:
        tried.got.append("an ordinary question without a letter")
    tried.done = True


def _is_sent(answer: httpx.Response) -> bool:
    return "/police/requests/" in answer.headers.get("location", "")


def _notice(trip: str) -> dict[str, str]:
    """A notice that lacks nothing but its papers."""
    now = clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
    words = ("number", "organ", "case_name", "case_number", "approved_by", "first_officer", "second_officer")
    return dict.fromkeys(words, "演练") | {
        "do": "send",
        "query_value": trip,
        "wanted": Wanted.DRIVER,
        "span_from": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "span_to": f"{now:%Y-%m-%dT%H:%M}",
        "deadline": f"{now + timedelta(days=1):%Y-%m-%d}",
        "first_certificate": "1",
        "second_certificate": "2",
        "legal_basis": "演练",
    }


def _opens(first: str, browsers: dict[str, Browser], *more: str) -> list[str]:
    """For whom an address opens, who must not read it."""
    return [
        f"{name} opened {path.rsplit('/', 1)[-1] or path}"
        for name, browser in browsers.items()
        for path in (first, *more)
        if browser.get(path).status_code == 200
    ]
