"""PDF sheets with an embedded Chinese font, by ReportLab: a title, lines of facts, tables, texts."""

import io
from collections.abc import Sequence
from functools import lru_cache
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

FONT = "Huhang"
MARGIN = 18 * mm
QUIET, LINE = colors.HexColor("#51606f"), colors.HexColor("#d5dde4")


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(TTFont(FONT, str(Path(__file__).parent / "fonts" / "DroidSansFallbackFull.ttf")))
    base = ParagraphStyle("base", fontName=FONT, fontSize=10, leading=15, wordWrap="CJK")
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
        return Paragraph(escape(text).replace("\n", "<br/>"), _styles()[style])

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
            canvas.setFont(FONT, 8)
            canvas.setFillColor(QUIET)
            canvas.drawString(MARGIN, 10 * mm, self.foot)
            canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(canvas.getPageNumber()))

        document.build(list(self.parts), onFirstPage=foot, onLaterPages=foot)
        return written.getvalue()
