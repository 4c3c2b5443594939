"""PDF sheets with embedded fonts, by ReportLab: a title, lines of facts, tables, texts.

Whatever people are called is drawn: rare characters of names and the letters of Uyghur have fonts of their own, and what
no font has stands as its number, `[U+1F600]`, never as an empty box.
"""

import io
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from arabic_reshaper import ArabicReshaper
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

# The Chinese font has no Latin letters and no digits; those come from a font that ReportLab brings.
CHINESE, LATIN, RARE, ARABIC = "Huhang", "Huhang Latin", "Huhang Rare", "Huhang Arabic"
_FONTS = Path(__file__).parent / "fonts"
# A character is drawn in the first that has it.
FILES = {
    LATIN: "Vera.ttf",
    CHINESE: str(_FONTS / "DroidSansFallbackFull.ttf"),
    RARE: str(_FONTS / "HanaMinNames.ttf"),
    ARABIC: str(_FONTS / "NotoNaskhArabic-Regular.ttf"),
}
MARGIN = 18 * mm
QUIET, LINE = colors.HexColor("#51606f"), colors.HexColor("#d5dde4")
# A mark across each page: dark enough for whoever reads a photograph, light enough to read through. A quarter of a page
# holds some ten of them.
MARK, MARK_SIZE, MARK_EVERY = colors.HexColor("#9aa7b3"), 11, (55 * mm, 24 * mm)
TILE = "mark"
# Letters of Arabic script, joined ones too, with the spaces between them; no digits, which go from left to right.
_LETTER = "[\u0600-\u065f\u066a-\u06ef\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"
_ARABIC_RUN = re.compile(rf"{_LETTER}+(?:\s+{_LETTER}+)*")
_SHAPES = ArabicReshaper({"delete_harakat": False})


_BEYOND = re.compile(r"> <([0-9A-F]{5,6})>")


class _Font(TTFont):  # type: ignore[misc]  # ReportLab has no types
    """A font whose rare characters can be searched and copied: ReportLab writes what lies beyond the first plane of
    Unicode as one number, and readers expect UTF-16."""

    def addObjects(self, doc: Any) -> None:
        known = set(doc.idToObject)
        super().addObjects(doc)
        for key in set(doc.idToObject) - known:
            if key.startswith("toUnicodeCMap:"):
                stream = doc.idToObject[key]
                stream.content = _BEYOND.sub(
                    lambda hit: f"> <{chr(int(hit[1], 16)).encode('utf-16-be').hex().upper()}>",
                    stream.content,
                )


@lru_cache(maxsize=1)
def _fonts() -> dict[str, frozenset[int]]:
    """All fonts, embedded in what is drawn where it uses them, and the characters that each has."""
    for name, path in FILES.items():
        pdfmetrics.registerFont(_Font(name, path))
    return {name: frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in FILES}


# Of single characters nothing of anybody is learnt, and a document asks for the same thousand again and again.
@lru_cache(maxsize=20_000)
def _font_of(mark: str) -> str:
    """The first font that has a character; nothing where none has."""
    return next((name for name, marks in _fonts().items() if ord(mark) in marks), "")


def _drawable(mark: str) -> str:
    """A character that some font has: itself, nothing for what is not drawn, else its number."""
    if _font_of(mark):
        return mark
    return "" if unicodedata.category(mark) in {"Cc", "Cf", "Mn"} else f"[U+{ord(mark):04X}]"


def runs(text: str) -> list[tuple[str, str]]:
    """A text in stretches of one font: each character in the first font that has it, (font, stretch)."""
    return [
        (name, "".join(stretch)) for name, stretch in groupby("".join(map(_drawable, text)), key=_font_of)
    ]


def _joined(letters: re.Match[str]) -> str:
    # The Uyghur e joins like a final heh and never to the letter behind it, which the table of shapes does not know.
    shaped: str = _SHAPES.reshape(letters[0].replace("\u06d5", "\u0647\u200c"))
    return shaped.replace("\u200c", "")[::-1]


def visual(text: str) -> str:
    """A text as it is drawn from left to right: letters of Arabic script joined, and each stretch of them turned round."""
    return _ARABIC_RUN.sub(_joined, text)


def is_right_to_left(text: str) -> bool:
    """By the first letter that has a direction."""
    strong = (unicodedata.bidirectional(mark) for mark in text)
    return next((way for way in strong if way in {"L", "R", "AL"}), "L") != "L"


def _markup(text: str) -> str:
    """A plain text as ReportLab's markup: escaped, each stretch in its font, lines broken where they were."""
    lines = (
        "".join(f'<font name="{name}">{escape(stretch)}</font>' for name, stretch in runs(visual(line)))
        for line in text.split("\n")
    )
    return "<br/>".join(lines)


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    _fonts()
    base = ParagraphStyle("base", fontName=CHINESE, fontSize=10, leading=15, wordWrap="CJK")
    return {
        "text": base,
        "title": ParagraphStyle("title", base, fontSize=17, leading=24, spaceAfter=4),
        "head": ParagraphStyle("head", base, fontSize=12, leading=18, spaceBefore=10, spaceAfter=3),
        "quiet": ParagraphStyle("quiet", base, fontSize=8.5, leading=12, textColor=QUIET),
    }


class _RightToLeft(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A text in Arabic script: its lines begin at the right, and words of other scripts stay as they are."""

    def __init__(self, lines: Sequence[str], style: ParagraphStyle) -> None:
        super().__init__()
        self.texts, self.style = lines, style
        self.drawn: list[str] = []

    def _width(self, text: str) -> float:
        return float(
            sum(pdfmetrics.stringWidth(part, font, self.style.fontSize) for font, part in runs(text))
        )

    def _line(self, words: Sequence[str]) -> str:
        """Words as they stand from left to right: those of other scripts in their order among themselves."""
        groups = [list(group) for _way, group in groupby(words, key=is_right_to_left)]
        return " ".join(visual(" ".join(group)) for group in reversed(groups))

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width, self.drawn = width, []
        for text in self.texts:
            words: list[str] = []
            for word in text.split():
                if words and self._width(self._line([*words, word])) > width:
                    self.drawn.append(self._line(words))
                    words = []
                words.append(word)
            self.drawn.append(self._line(words))
        self.height = self.style.leading * len(self.drawn)
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        self.wrap(width, height)
        fits = int(height // self.style.leading)
        return (
            [_Lines(part, self.style) for part in (self.drawn[:fits], self.drawn[fits:]) if part]
            if fits
            else []
        )

    def draw(self) -> None:
        for number, line in enumerate(self.drawn, 1):
            left = self.width - self._width(line)
            for font, part in runs(line):
                self.canv.setFont(font, self.style.fontSize)
                self.canv.setFillColor(self.style.textColor)
                self.canv.drawString(left, self.height - number * self.style.leading + 3, part)
                left += pdfmetrics.stringWidth(part, font, self.style.fontSize)


class _Lines(_RightToLeft):
    """Lines that are broken and turned round already: a text that goes on on the next page."""

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width, self.drawn = width, list(self.texts)
        self.height = self.style.leading * len(self.drawn)
        return width, self.height


class Sheet:
    """A document that is written from top to bottom and then drawn. Texts are plain: nothing in them is markup."""

    def __init__(self, title: str, *, foot: str, mark: Sequence[str] = (), keywords: str = "") -> None:
        """`mark` are the lines of a watermark that covers each page; `keywords` stand in the file's description."""
        self.title, self.foot, self.mark, self.keywords = title, foot, mark, keywords
        self.parts: list[Flowable] = self._paragraphs(title, "title")

    def _paragraph(self, text: str, style: str) -> Paragraph:
        return Paragraph(_markup(text), _styles()[style])

    def _paragraphs(self, text: str, style: str) -> list[Flowable]:
        """A text, with its lines in Arabic script apart."""
        found: list[Flowable] = []
        for turned, lines in groupby(text.split("\n"), key=is_right_to_left):
            part = list(lines)
            found.append(
                _RightToLeft(part, _styles()[style]) if turned else self._paragraph("\n".join(part), style)
            )
        return found

    def head(self, text: str) -> None:
        self.parts += self._paragraphs(text, "head")

    def text(self, text: str, *, quiet: bool = False) -> None:
        self.parts += self._paragraphs(text, "quiet" if quiet else "text")

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and what they are, in two columns."""
        cells = [[self._paragraphs(name, "quiet"), self._paragraphs(value, "text")] for name, value in rows]
        if cells:
            self.parts.append(self._table(cells, [45 * mm, None], head=False))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float | None]
    ) -> None:
        """A table with a head; widths in millimetres, None for what is left."""
        cells = [[self._paragraphs(name, "quiet") for name in head]]
        cells += [[self._paragraphs(value, "text") for value in row] for row in rows]
        self.parts.append(self._table(cells, [width * mm if width else None for width in widths], head=True))

    def _table(
        self, cells: list[list[list[Flowable]]], widths: list[float | None], *, head: bool
    ) -> Flowable:
        room = A4[0] - 2 * MARGIN - sum(width or 0 for width in widths)
        free = sum(width is None for width in widths)
        table = Table(
            cells,
            colWidths=[width or room / max(free, 1) for width in widths],
            repeatRows=1 if head else 0,
            splitInRow=1,  # a cell that is longer than a page goes on on the next one
        )
        style = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ]
        table.setStyle(TableStyle(style))
        return table

    def picture(self, jpeg: bytes, *, width: float) -> None:
        """A picture that the platform drew itself, so many millimetres wide."""
        image = Image(io.BytesIO(jpeg))
        image.drawWidth, image.drawHeight = width * mm, width * mm * image.imageHeight / image.imageWidth
        image.hAlign = "LEFT"
        self.parts.append(image)

    def gap(self) -> None:
        self.parts.append(Spacer(1, 4 * mm))

    def _cover(self, canvas: Canvas) -> None:
        """The watermark, below what is written: its first line large, the others small.

        A page shows it sixty times. It is drawn once a document, as a form that each place only names (ISO 32000-1, 8.10):
        to draw it anew each time took two thirds of a page's time.
        """
        if not canvas.hasForm(TILE):
            self._draw_tile(canvas)
        across, down = MARK_EVERY
        for row in range(int(A4[1] // down) + 1):
            for column in range(int(A4[0] // across) + 2):
                canvas.saveState()
                canvas.translate((column - (row % 2) / 2) * across + 4 * mm, A4[1] - 8 * mm - row * down)
                canvas.doForm(TILE)
                canvas.restoreState()

    def _draw_tile(self, canvas: Canvas) -> None:
        canvas.beginForm(TILE, -MARK_EVERY[0], -MARK_EVERY[1], 4 * MARK_EVERY[0], MARK_EVERY[1])
        canvas.setFillColor(MARK)
        for number, line in enumerate(self.mark):
            size, at = (MARK_SIZE if number == 0 else 5.5), 0.0
            for font, part in runs(visual(line)):
                canvas.setFont(font, size)
                canvas.drawString(at, -number * 6.5, part)
                at += pdfmetrics.stringWidth(part, font, size)
        canvas.endForm()

    def draw(self) -> bytes:
        """The PDF."""
        written = io.BytesIO()
        document = SimpleDocTemplate(
            written,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=self.title,
            author="Huhang 护航",
            keywords=self.keywords,
            invariant=1,
        )

        def foot(canvas: Canvas, _document: object) -> None:
            self._cover(canvas)
            line = self._paragraph(f"{self.foot} · {canvas.getPageNumber()}", "quiet")
            line.wrapOn(canvas, A4[0] - 2 * MARGIN, 10 * mm)
            line.drawOn(canvas, MARGIN, 8 * mm)

        document.build(list(self.parts), onFirstPage=foot, onLaterPages=foot)
        return written.getvalue()
