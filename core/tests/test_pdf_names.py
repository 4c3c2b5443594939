"""Names of every sort are drawn: rare characters, Uyghur from right to left, and never an empty box."""

import io

import pytest
from pypdf import PdfReader

from core.pdf import ARABIC, RARE, Sheet, _fonts, is_right_to_left, runs, visual

UYGHUR = "ياردەم قىلىڭ"


@pytest.mark.parametrize(
    ("name", "font"),
    [
        ("𠮷田", RARE),
        ("㛃", None),
        ("𬭎", RARE),
        ("古丽·艾合买提", None),
        (visual(UYGHUR), ARABIC),
        ("難", None),
    ],
)
def test_each_character_of_a_name_has_a_glyph(name, font):
    known, found = _fonts(), runs(name)
    assert "".join(stretch for _name, stretch in found) == name
    assert all(ord(mark) in known[used] for used, stretch in found for mark in stretch)
    assert font is None or font in {used for used, _stretch in found}


def test_what_no_font_has_stands_as_its_number():
    assert "".join(stretch for _font, stretch in runs("a😀\u0007b")) == "a[U+1F600]b"


def test_letters_of_uyghur_are_joined_and_turned_round():
    # 'chong': initial, medial and final shapes; the last letter stands first from the left.
    assert visual("چوڭ") == "\ufbd3\ufeee\ufb7c"
    # The Uyghur e joins to the letter before it and not to the one behind it.
    assert visual("جەت") == "\ufe95\ufeea\ufe9f"
    assert visual("林小雨 12") == "林小雨 12"
    assert is_right_to_left(UYGHUR)
    assert not is_right_to_left(f"林 {UYGHUR}")


def test_a_sheet_with_names_of_every_sort_can_be_read_again():
    sheet = Sheet("姓名 𠮷田", foot="护航")
    sheet.facts([("姓名", "𠮷田"), ("ئىسمى", UYGHUR), ("Name", "ANNA MARIA KOWALSKA"), ("长", "长" * 40)])
    sheet.text(f"{UYGHUR} 2026-11-27 H1234567801 " * 30)
    sheet.table(["a", "b"], [[UYGHUR, "林 " + UYGHUR]] * 60, [30, None])
    pages = PdfReader(io.BytesIO(sheet.draw())).pages
    text = "".join(page.extract_text() for page in pages)
    assert "𠮷田" in text
    assert visual("قىلىڭ") in text or visual("قىلىڭ")[::-1] in text  # readers turn it round themselves
    assert text.count("2026-11-27") == 30


def test_a_text_from_right_to_left_goes_on_on_the_next_page():
    sheet = Sheet("x", foot="x")
    sheet.text(f"{UYGHUR} " * 1200)
    pages = PdfReader(io.BytesIO(sheet.draw())).pages
    assert len(pages) > 1
    shaped = visual("قىلىڭ")
    read = "".join(page.extract_text() for page in pages)
    assert read.count(shaped) + read.count(shaped[::-1]) == 1200
