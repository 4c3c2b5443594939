"""PDF sheets: each character is drawn in a font that has it, and nothing that somebody wrote is markup."""

from core.pdf import Sheet, _fonts, runs

WRITTEN = "护航 Huhang 2026-11-25 · C-7K2M9QX4ZB 保障申请：¥1,200,000.00（complaints.safeguards_cap v0）– «Zoë» 浙C·A6789 50%"


def test_each_character_has_a_glyph():
    known = _fonts()
    found = runs(WRITTEN)
    assert "".join(stretch for _name, stretch in found) == WRITTEN
    missing = [mark for name, stretch in found for mark in stretch if ord(mark) not in known[name]]
    assert missing == []
    assert len({name for name, _stretch in found}) == 2


def test_a_sheet_embeds_both_fonts_and_takes_any_text():
    sheet = Sheet("保障对账单 <b>&", foot=WRITTEN)
    sheet.facts([("<i>", "a & b\n<script>"), ("空", "")])
    sheet.table(["a", "b"], [[WRITTEN, "\u0007😀"]] * 80, [30, None])
    drawn = sheet.draw()
    assert drawn.startswith(b"%PDF-")
    assert drawn.count(b"/FontFile2") == 2
