"""Text with Chinese marks on drawn pictures: 179 glyphs of Noto Sans CJK (OFL) as a picture, which readings were measured
on; any other mark comes from the font of PDFs.

`glyphs.txt` names the marks in the order of their cells in `glyphs.png`, 16 a row, 112 pixels square.
"""

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL, COLUMNS = 112, 16


@lru_cache(maxsize=1)
def _sheet() -> tuple[dict[str, int], Image.Image]:
    here = Path(__file__).parent
    marks = (here / "glyphs.txt").read_text().strip()
    return {mark: place for place, mark in enumerate(marks)}, Image.open(here / "glyphs.png").convert("L")


def glyph(mark: str) -> Image.Image:
    """One Chinese mark as a mask of 112 pixels. Raises `KeyError` for a mark that is not on the sheet."""
    places, sheet = _sheet()
    left, top = places[mark] % COLUMNS * CELL, places[mark] // COLUMNS * CELL
    return sheet.crop((left, top, left + CELL, top + CELL))


@lru_cache(maxsize=16)
def _font(size: int, *, chinese: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if chinese:
        return ImageFont.truetype(Path(__file__).parents[1] / "core/fonts/DroidSansFallbackFull.ttf", size)
    return ImageFont.load_default(size=size)


def write(
    picture: Image.Image, at: tuple[float, float], text: str, size: int, ink: tuple[int, int, int]
) -> float:
    """Write a line from its upper left corner; returns where it ends."""
    draw, places = ImageDraw.Draw(picture), _sheet()[0]
    left, top = at
    for mark in text:
        if mark in places:
            picture.paste(ink, (round(left), round(top)), glyph(mark).resize((size, size)))
            left += size
        else:
            font = _font(round(size * 0.95), chinese=ord(mark) >= 0x2E80)
            draw.text((left, top + size * 0.06), mark, fill=ink, font=font)
            left += draw.textlength(mark, font=font)
    return left
