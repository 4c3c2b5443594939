"""Every sentence that promises something to a person is listed with the test that holds it (docs/promises-on-pages.md).

Found in templates, code and scripts alike (`core.wording`): of what people read who are not staff, each sentence that has a
word of a promise; on the pages of who rides and who calls for help also each that speaks of people at all.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from core import wording

ROOT: Path = settings.BASE_DIR
# What staff read, and what names rules, rows and findings: it says what is, and is held by what it names.
OF_STAFF = re.compile(
    r"templates/(console|admin|unfold)/|\w+/(console|actions|checks|transparency|regulator|drills|journal|heartbeat"
    r"|simulations|monitor|danger|policies|models|states|retention|practice|admin|demo|limits|macros|rosters|safeguards"
    r"|motions|holds|alarms|apps|tables|retry|staffing|gate|claims|evidence|measures|reviews|relaunch|services)\b"
    r"|police/documents/|config/console"
)
FOLDERS = ("templates/rides/", "templates/safety/")
# Pages of drivers and of booking: nobody there is told what our people do for them at this moment.
OTHERS = {"driver_trip.html", "_driver_trip_status.html", "_driver_actions.html", "_orders.html", "drive.html"} | {
    "online.html", "pickup.html", "face.html", "home.html", "welcome.html", "call.html", "_place_fields.html",
    "_places.html", "_prices.html", "_stars.html",
}  # fmt: skip
PEOPLE = re.compile(
    r"\b(specialist|agent|staff|persons?|hears?|listens?|police|we|looked for|asked|reach|sent|keeps?|calls you)\b"
    r"|somebody|nobody|no more orders",
    re.IGNORECASE,
)
PROMISES = re.compile(
    r"\b(will|within|never|nobody|no one|only you|at once|on (its|the) day|by (itself|themselves|ourselves)|decides?"
    r"|(is|are|be|were|gets?) (told|sent|deleted|destroyed|forgotten|called|erased|written to)"
    r"|we (call|tell|send|write|delete|forget|keep|look|ask|answer|pay|lose)"
    r"|(calls?|tells?|answers?|reads?|looks?|writes?)( (to|at|for|after))? (you|it|them|each|your)"
    r"|(a person|somebody|a specialist|a reviewer|an agent|our staff) (is|are|reads|looks|calls|answers|has))\b",
    re.IGNORECASE,
)
# A script says what its page gave it; a sentence of its own would have no Chinese.
SENTENCE = re.compile(r"""(["'`])[A-Z][a-z]+(?: [a-z]+){3,}[^"'`]*\1""")
LINES = (ROOT / "docs/promises-on-pages.md").read_text().splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES if line.startswith("| ")][
    1:
]
SAYS_NOTHING = {line.removeprefix("- ") for line in LINES if line.startswith("- ")}


def plain(text: str) -> str:
    """As it stands in the list: on one line, what is filled in by its name."""
    return re.sub(r"%\((\w+)\)s", r"{{ \1 }}", re.sub(r"\s+", " ", text)).strip().replace("%%", "%")


@cache
def sentences() -> dict[str, set[str]]:
    """Each sentence that people read who are not staff, and where."""
    found: dict[str, set[str]] = {}
    for key, places in wording.uses(ROOT).items():
        read = {place for place in places if not OF_STAFF.match(place)}
        for text in (key.text, key.plural) if read else ():
            if text:
                found.setdefault(plain(text), set()).update(read)
    return found


def speaks_of_people(text: str, places: set[str]) -> bool:
    pages = {Path(place).name for place in places if place.startswith(FOLDERS)}
    return bool(pages - OTHERS) and PEOPLE.search(text) is not None


@cache
def names_in(path: str) -> set[str]:
    text = (ROOT / path).read_text()
    if path.endswith(".js"):
        return set(re.findall(r'test\("([^"]+)"', text))
    return set(re.findall(r"^ *(?:async )?def (test_\w+)\(", text, re.M))


def test_every_sentence_that_promises_something_has_its_line():
    listed = {row[0] for row in ROWS} | SAYS_NOTHING
    missing = {
        text: sorted(places)[0]
        for text, places in sentences().items()
        if text not in listed and (PROMISES.search(text) or speaks_of_people(text, places))
    }
    assert not missing, "\n".join(f"{where}: {text}" for text, where in sorted(missing.items()))


def test_every_line_is_said_somewhere():
    assert not ({row[0] for row in ROWS} | SAYS_NOTHING) - set(sentences())


def test_nothing_is_both_a_promise_and_none():
    assert not {row[0] for row in ROWS} & SAYS_NOTHING


def test_scripts_promise_nothing_of_their_own():
    found = {
        f"{path.relative_to(ROOT)}: {said[0]}"
        for path in sorted((ROOT / "static/js").rglob("*.js"))
        for said in SENTENCE.finditer(re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M))
        if PROMISES.search(said[0])
    }
    assert not found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_every_line_has_a_test(row):
    _sentence, why, test = row
    path, _, name = test.partition("::")
    assert why
    assert name in names_in(path)
