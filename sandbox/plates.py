"""Drawn photos of cars from behind with a plate, for demo and tests."""

import io
import random

from PIL import Image, ImageDraw, ImageFont

from sandbox.glyphs import glyph

WIDTH, HEIGHT = 560, 170


def _plate(text: str, narrower: int = 0) -> Image.Image:
    green = len(text.replace("·", "")) == 8
    width = WIDTH + 70 * green
    picture = Image.new("RGB", (width, HEIGHT), (120, 190, 130) if green else (20, 60, 160))
    ink = (10, 10, 10) if green else (250, 250, 250)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((6, 6, width - 7, HEIGHT - 7), 12, outline=ink, width=4)
    picture.paste(ink, (18, 30), glyph(text[0]))
    font, step = ImageFont.load_default(size=104), (62 if green else 70) - narrower
    at = 128.0
    for mark in text[1:]:
        if mark == "·":
            draw.ellipse((at - 2, 78, at + 12, 92), fill=ink)
            at += 22
            continue
        draw.text((at, 26), mark, fill=ink, font=font)
        at += step
    return picture


def photo(plate: str, *, blurred: bool = False, spot: str = "", moment: int = 0) -> bytes:
    """A JPEG of a car's tail with this plate, such as `川A·H0001`; `blurred` as from a moving hand. Raises `KeyError`.

    With a `spot`, such as `upper_left`, the car stands there, before another street at each `moment`.
    """
    picture = Image.new("RGB", (1000, 700), (150, 160, 165))
    if spot:
        _street(picture, moment)
        _car(picture, plate, spot, moment)
    else:
        _whole_car(picture, plate)
    ImageDraw.Draw(picture).text(
        (14, 672), "SANDBOX", fill=(235, 235, 235), font=ImageFont.load_default(size=18)
    )
    if blurred:
        picture = picture.resize((100, 70)).resize((1000, 700))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _whole_car(picture: Image.Image, plate: str) -> None:
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 560, 1000, 700), fill=(90, 90, 92))
    draw.rounded_rectangle((110, 120, 890, 600), 60, fill=(205, 208, 212))
    draw.rounded_rectangle((200, 150, 800, 300), 40, fill=(60, 70, 80))
    for left in (130, 770):
        draw.rounded_rectangle((left, 330, left + 100, 390), 14, fill=(170, 30, 30))
    picture.paste(_plate(plate), (220, 400))


def _street(picture: Image.Image, moment: int) -> None:
    """Walls, windows and sky, as nobody sees them twice."""
    chance, draw = random.Random(moment), ImageDraw.Draw(picture)  # noqa: S311 - scenery
    for left in range(0, 1000, 111):
        for top in range(0, 700, 87):
            shade = chance.randint(60, 220)
            draw.rectangle((left, top, left + 111, top + 87), fill=(shade, shade, min(shade + 12, 255)))


def _car(picture: Image.Image, plate: str, spot: str, moment: int) -> None:
    chance, draw = random.Random(~moment), ImageDraw.Draw(picture)  # noqa: S311 - scenery
    shown = _plate(plate, narrower=5)
    x = (310 if spot.endswith("left") else 690) + chance.randint(-12, 12)
    y = (210 if spot.startswith("upper") else 500) + chance.randint(-30, 30)
    half, shade = shown.width // 2, chance.randint(150, 225)
    draw.rounded_rectangle(
        (x - half - 40, y - 110, x + half + 40, y + 110), 40, fill=(shade, shade + 3, shade + 6)
    )
    picture.paste(shown, (x - half, y - 85))
