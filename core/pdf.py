"""PDF sheets with an embedded Chinese font, by ReportLab: a title, lines of facts, tables, texts."""

import io
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

# The Chinese font has no Latin letters and no digits; those come from a font that ReportLab brings.
CHINESE, LATIN = "Huhang", "Huhang Latin"
MARGIN = 18 * mm
QUIET, LINE = colors.HexColor("#51606f"), colors.HexColor("#d5dde4")


@lru_cache(maxsize=1)
def _fonts() -> dict[str, frozenset[int]]:
    """Both fonts, embedded in what is drawn, and the characters that each has."""
    files = {LATIN: "Vera.ttf", CHINESE: str(Path(__file__).parent / "fonts" / "DroidSansFallbackFull.ttf")}
    for name, path in files.items():
        pdfmetrics.registerFont(TTFont(name, path))
    return {name: frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in files}


def runs(text: str) -> list[tuple[str, str]]:
    """A text in stretches of one font: each character in the first font that has it, (font, stretch)."""
    known = _fonts()

    def font_of(mark: str) -> str:
        return next((name for name, marks in known.items() if ord(mark) in marks), CHINESE)

    return [(name, "".join(stretch)) for name, stretch in groupby(text, key=font_of)]


def _markup(text: str) -> str:
    """A plain text as ReportLab's markup: escaped, each stretch in its font, lines broken where they were."""
    lines = (
        "".join(f'<font name="{name}">{escape(stretch)}</font>' for name, stretch in runs(line))
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


class Sheet:
    """A document that is written from top to bottom and then drawn. Texts are plain: nothing in them is markup."""

    def __init__(self, title: str, *, foot: str) -> None:
        self.title, self.foot = title, foot
        self.parts: list[Flowable] = [self._paragraph(title, "title")]

    def _paragraph(self, text: str, style: str) -> Paragraph:
        return Paragraph(_markup(text), _styles()[style])

    def head(self, text: str) -> None:
        self.parts.append(self._paragraph(text, "head"))

    def text(self, text: str, *, quiet: bool = False) -> None:
        self.parts.append(self._paragraph(text, "quiet" if quiet else "text"))

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and what they are, in two columns."""
        cells = [[self._paragraph(name, "quiet"), self._paragraph(value, "text")] for name, value in rows]
        if cells:
            self.parts.append(self._table(cells, [45 * mm, None], head=False))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float | None]
    ) -> None:
        """A table with a head; widths in millimetres, None for what is left."""
        cells = [[self._paragraph(name, "quiet") for name in head]]
        cells += [[self._paragraph(value, "text") for value in row] for row in rows]
        self.parts.append(self._table(cells, [width * mm if width else None for width in widths], head=True))

    def _table(self, cells: list[list[Paragraph]], widths: list[float | None], *, head: bool) -> Flowable:
        room = A4[0] - 2 * MARGIN - sum(width or 0 for width in widths)
        free = sum(width is None for width in widths)
        table = Table(
            cells, colWidths=[width or room / max(free, 1) for width in widths], repeatRows=1 if head else 0
        )
        style = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ]
        table.setStyle(TableStyle(style))
        return table

    def gap(self) -> None:
        self.parts.append(Spacer(1, 4 * mm))

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
            invariant=1,
        )

        def foot(canvas: Canvas, _document: object) -> None:
            line = self._paragraph(f"{self.foot} · {canvas.getPageNumber()}", "quiet")
            line.wrapOn(canvas, A4[0] - 2 * MARGIN, 10 * mm)
            line.drawOn(canvas, MARGIN, 8 * mm)

        document.build(list(self.parts), onFirstPage=foot, onLaterPages=foot)
        return written.getvalue()
