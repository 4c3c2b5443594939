"""What pages and answers of ours leave in a browser, which is shared, lent and taken: each key is a row of docs/security.md."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from core.limits import DEVICE_COOKIE
from safety.browsers import PREFIX

ROOT: Path = settings.BASE_DIR
SECTION = (
    (ROOT / "docs/security.md").read_text().split("## What our pages leave in a browser")[1].split("\n## ")[0]
)
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in SECTION.splitlines()
    if line.startswith("| ")
][1:]
KEYS = {key: row[1].strip() for row in ROWS for key in re.findall(r"`([^`]+)`", row[0])}
# What a script keeps something under is a text of its own; what it listens for is none.
KEPT = re.compile(r"""(?<!addEventListener\()["'`](huhang-[a-z-]*|[a-z]+:)["'`]""")
STORES = re.compile(r"\b(localStorage|sessionStorage|indexedDB|caches|document\.cookie|cookieStore)\b")
OUR_COOKIES = {
    "accounts/devices.py": DEVICE_COOKIE,
    "safety/browsers.py": PREFIX,
}


def scripts():
    return {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in sorted((ROOT / "static/js").rglob("*.js"))
    }


def sources():
    for app in (
        "core",
        "accounts",
        "drivers",
        "rides",
        "safety",
        "complaints",
        "police",
        "governance",
        "config",
    ):
        for path in sorted((ROOT / app).rglob("*.py")):
            if "tests" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def test_each_key_of_a_script_is_listed_and_each_listed_key_is_there():
    found = {key for text in scripts().values() if STORES.search(text) for key in KEPT.findall(text)}
    assert {key for key, where in KEYS.items() if where != "cookie"} == found


def test_a_script_keeps_nothing_in_places_that_are_not_listed():
    used = {name for text in scripts().values() for name in STORES.findall(text)}
    assert used == {"localStorage", "sessionStorage", "caches"}


def test_templates_keep_nothing_by_themselves():
    kept = [path.name for path in (ROOT / "templates").rglob("*.html") if STORES.search(path.read_text())]
    assert kept == []


def test_each_cookie_of_an_answer_is_listed():
    given = {name for name, text in sources() if ".set_cookie(" in text}
    assert given == set(OUR_COOKIES)
    django = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME}
    ours = {name.removeprefix("__Host-") for name in {*django, *OUR_COOKIES.values()}}
    assert {key for key, where in KEYS.items() if where == "cookie"} == ours


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_of_each_it_is_said_who_may_find_it_and_what_ends_it(row):
    assert len(row) == 4
    assert all(row)
