"""Colours of the pages of people: one sheet names them, and what lies on what can be read by day and by night (WCAG 2.2)."""

import re
from itertools import accumulate
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
ONES = [path for path in sorted(CSS.glob("*.css")) if path.name not in {"colours.css", "console.css"}]
SAID = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{3,8})\b")
TEXT, SHAPE = 4.5, 3.0  # success criteria 1.4.3 and 1.4.11

# What is written on what.
WRITTEN = [
    *((ink, paper) for ink in ("ink", "quiet", "accent", "danger", "warn") for paper in ("paper", "card")),
    *((ink, paper) for ink in ("ink", "quiet", "accent") for paper in ("accent-soft", "danger-soft", "warn-soft")),
    *((ink, "field") for ink in ("ink", "quiet")),
    *(("on-fill", fill) for fill in ("accent-fill", "danger-fill", "blue-fill", "from-fill", "to-fill", "stage", "map-ref")),
    ("danger", "accent-soft"), ("danger", "danger-soft"), ("blue", "card"),
    *((ink, paper) for ink in ("map-ink", "map-road-ink") for paper in ("map-land", "map-town")),
    ("map-ink", "map-water"), ("map-ink", "map-green"), ("map-water-ink", "map-water"), ("map-green-ink", "map-green"), ("quiet", "map-land"),
]  # fmt: skip
# Shapes that one has to see: edges of fields, marks of a state, what was driven, the button of SOS.
SEEN = [
    *((mark, paper) for mark in ("edge", "focus") for paper in ("paper", "card", "field")),
    *((mark, "card") for mark in ("accent", "danger", "warn", "none", "danger-fill", "accent-fill")),
    *((way, land) for way in ("map-way", "map-passenger", "map-sos") for land in ("map-land", "map-town", "map-water", "map-green")),
    ("map-way", "map-way-case"),
]  # fmt: skip


def modes() -> dict[str, dict[str, str]]:
    text = (CSS / "colours.css").read_text()
    day, night = text.split("@media")
    by_day = dict(SAID.findall(day))
    return {"day": by_day, "night": by_day | dict(SAID.findall(night))}


def light(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    digits = colour.lstrip("#")
    if len(digits) in {3, 4}:
        digits = "".join(each * 2 for each in digits)
    parts = [int(digits[each : each + 2], 16) / 255 for each in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["day", "night"])
@pytest.mark.parametrize(("pairs", "least"), [(WRITTEN, TEXT), (SEEN, SHAPE)])
def test_what_lies_on_what_can_be_read(mode, pairs, least):
    colours = modes()[mode]
    found = {f"{a} on {b}": round(contrast(colours[a], colours[b]), 2) for a, b in pairs}
    assert {name: ratio for name, ratio in found.items() if ratio < least} == {}


@pytest.mark.parametrize("mode", ["day", "night"])
def test_the_button_of_sos_is_red(mode):
    red, green, blue = (int(modes()[mode]["danger-fill"][at : at + 2], 16) for at in (1, 3, 5))
    assert red > 3 * max(green, blue)


def test_a_known_pair_is_computed_as_the_standard_does():
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_no_other_sheet_names_a_colour_and_each_that_is_used_is_there():
    colours = modes()
    assert len(ONES) > 5
    for path in ONES:
        text = path.read_text()
        assert (
            re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:color|background|fill): (?:white|black)\b", text) == []
        ), path.name
        for used in set(re.findall(r"var\(--([a-z-]+)\)", text)) - {"step"}:
            assert used in colours["day"], f"{path.name}: --{used}"


def test_each_colour_of_the_day_that_would_blind_at_night_has_another():
    """What is paper by day is dark by night, and no name is known at night alone."""
    by_day, by_night = modes().values()
    assert by_day.keys() == by_night.keys()
    papers = {b for _a, b in WRITTEN if not b.endswith("-fill") and b not in {"stage", "map-ref"}} | {
        "map-street",
        "map-primary",
    }
    assert {name for name in papers if light(by_night[name]) > 0.1} == set()


def test_no_script_of_people_paints_by_itself():
    folder = Path(settings.BASE_DIR) / "static" / "js"
    ours = [
        path
        for path in folder.rglob("*.js")
        if path.relative_to(folder).parts[0] not in {"console", "charts.js"}
    ]
    assert len(ours) > 20
    assert [path.name for path in ours if re.search(r"""["'`]#[0-9a-f]{3,6}\b""", path.read_text())] == []


@pytest.mark.parametrize("address", ["/", "/sign-in/", "/practice/sos/", "/without-network/en/"])
def test_a_page_of_people_follows_the_hour(client, world, address):
    html = client.get(address).content.decode()
    assert "data-night" in html.split("<head>")[0]
    assert "css/colours.css" in html


def test_the_console_keeps_its_own(signed_in, world):
    html = signed_in("agent").get("/admin/").content.decode()
    assert "data-night" not in html
    assert "css/colours.css" in html  # for its maps


def preludes(text: str) -> list[str]:
    """What stands before each brace that opens: selectors, or the condition of an at-rule."""
    return [re.split("[};]", before)[-1].strip() for before in without_comments(text).split("{")[:-1]]


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", sorted(CSS.rglob("*.css")), ids=lambda path: path.name)
def test_no_sheet_loses_a_rule(path):
    """A browser drops without a word what it cannot read: an at-rule within selectors, a brace too many."""
    text = path.read_text()
    depths = list(accumulate(1 if each == "{" else -1 for each in re.findall("[{}]", without_comments(text))))
    assert depths[-1] == min(depths) == 0
    found = preludes(text)
    assert [each for each in found if not each or "@" in each[1:] or each[0] == "," or each[-1] == ","] == []


def test_tiles_of_a_source_lie_where_they_belong_by_day_and_night():
    found = preludes((CSS / "tiles.css").read_text())
    assert ".leaflet-layer, .leaflet-tile, .leaflet-tile-container" in found
    assert any(each.startswith("@media") for each in found)
