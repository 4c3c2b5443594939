"""Every sentence on a page that promises something is listed with the test that holds it (docs/promises-on-pages.md)."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
FOLDERS = ("templates/rides", "templates/safety")
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
SAID = re.compile(
    r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')|{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate""",
    re.DOTALL,
)
LINES = (ROOT / "docs/promises-on-pages.md").read_text().splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES if line.startswith("| ")][
    1:
]
SAYS_NOTHING = {line.removeprefix("- ") for line in LINES if line.startswith("- ")}


def sentences() -> dict[str, str]:
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.html")):
            if path.name in OTHERS:
                continue
            for said in SAID.finditer(path.read_text()):
                text = re.sub(r"\s+", " ", next(part for part in said.groups() if part)).strip()
                found[text] = path.name
    return found


@cache
def names_in(path: str) -> set[str]:
    text = (ROOT / path).read_text()
    if path.endswith(".js"):
        return set(re.findall(r'test\("([^"]+)"', text))
    return set(re.findall(r"^ *(?:async )?def (test_\w+)\(", text, re.M))


def test_every_sentence_that_promises_something_has_its_line():
    listed = {row[0] for row in ROWS} | SAYS_NOTHING
    missing = {
        text: where for text, where in sentences().items() if PEOPLE.search(text) and text not in listed
    }
    assert not missing, "\n".join(f"{where}: {text}" for text, where in missing.items())


def test_every_line_is_on_a_page():
    assert not ({row[0] for row in ROWS} | SAYS_NOTHING) - set(sentences())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_every_line_has_a_test(row):
    _sentence, why, test = row
    path, _, name = test.partition("::")
    assert why
    assert name in names_in(path)
