"""Drawn photos of cars from behind with a plate, for demo, tests and benchmarks: as a phone takes them, a step away.

Nothing on them is blank: a car is shaded and reflects, a street has texture, a camera's picture has noise.
"""

import io
import random
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sandbox.glyphs import glyph

WIDE, HIGH = 1000, 700  # of a photo, in pixels
WIDTH, HEIGHT = 560, 170  # of a plate as it is drawn
CAR = (2400, 1750)  # of a car as it is drawn, its plate in the middle of (1200, 1150)
PLATE_AT = (1200, 1150)
PAINTS = ((222, 224, 226), (24, 26, 30), (140, 146, 150), (120, 20, 26), (28, 44, 92), (178, 160, 128))

Array = NDArray[Any]


def _plate(text: str) -> Image.Image:
    green = len(text.replace("·", "")) == 8
    width = WIDTH + 70 * green
    picture = Image.new("RGB", (width, HEIGHT), (120, 190, 130) if green else (20, 60, 160))
    ink = (10, 10, 10) if green else (250, 250, 250)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((6, 6, width - 7, HEIGHT - 7), 12, outline=ink, width=4)
    picture.paste(ink, (18, 30), glyph(text[0]))
    font, step = ImageFont.load_default(size=104), 60 if green else 68
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

    With a `spot`, such as `upper_left`, the plate stands there; each `moment` has a street, a light and a hand of its own.
    """
    return _drawn(plate, blurred, spot, moment)


def _drawn(plate: str, blurred: bool, spot: str, moment: int) -> bytes:
    chance = random.Random(moment)  # noqa: S311 - scenery
    painted = _street(chance)
    _put_car(painted, plate, spot, chance)
    picture = Image.fromarray(_taken(painted, chance))
    ImageDraw.Draw(picture).text(
        (14, HIGH - 28), "SANDBOX", fill=(235, 235, 235), font=ImageFont.load_default(size=18)
    )
    if blurred:
        picture = picture.resize((100, 70)).resize((WIDE, HIGH))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _grain(chance: random.Random, high: int, wide: int, size: float) -> Array:
    """Texture about 0, its spots `size` pixels large."""
    seeded = np.random.default_rng(chance.getrandbits(32))
    small = seeded.normal(0, 1, (int(high / size) + 2, int(wide / size) + 2)).astype(np.float32)
    return cv2.resize(small, (wide, high), interpolation=cv2.INTER_CUBIC)


def _street(chance: random.Random) -> Array:
    """Houses with windows, leaves and asphalt, as nobody sees them twice; RGB as floats."""
    horizon = chance.randint(230, 420)
    picture = Image.new("RGB", (WIDE, HIGH))
    draw = ImageDraw.Draw(picture)
    left = 0
    while left < WIDE:
        wide, shade = chance.randint(70, 240), chance.randint(60, 200)
        draw.rectangle((left, 0, left + wide, horizon), fill=(shade, shade - 8, shade - 20))
        across, down = chance.randint(22, 48), chance.randint(30, 64)
        for x in range(left + 8, left + wide - across // 2, across):
            for y in range(6, horizon - 20, down):
                glass = max(shade - chance.randint(20, 70), 0)
                draw.rectangle((x, y, x + across // 2, y + down // 2), fill=(glass, glass + 6, glass + 14))
        left += wide
    painted = np.asarray(picture, np.float32).copy()
    ground = chance.randint(70, 130)
    painted[horizon:] = ground
    rows = np.linspace(0, 1, HIGH - horizon, dtype=np.float32)[:, None]
    painted[horizon:] += (22 * rows + 9 * _grain(chance, HIGH - horizon, WIDE, 3))[..., None]
    leaves = np.clip(_grain(chance, HIGH, WIDE, chance.randint(50, 120)) - chance.uniform(0.3, 1.2), 0, 0.35)
    leaves[horizon + 30 :] = 0
    green = np.array((46, 74, 36), np.float32) + 22 * _grain(chance, HIGH, WIDE, 7)[..., None]
    cover = (leaves / 0.35)[..., None]
    mixed: Array = painted * (1 - cover) + green * cover
    return mixed


def _car(plate: str, chance: random.Random) -> tuple[Array, Array]:
    """A tail, RGB, and of each pixel how much of it covers what is behind, and how much mirrors; 8 bits all of them.

    Its plate is drawn as large as `_plate` makes it.
    """
    wide, high = CAR
    picture, cover = Image.new("RGB", CAR), Image.new("L", CAR)
    paint = chance.choice(PAINTS)
    draw, mask = ImageDraw.Draw(picture), ImageDraw.Draw(cover)
    roof, belt = chance.randint(60, 200), chance.randint(640, 760)
    slope = chance.randint(260, 420)
    outline = [(120, belt), (slope, roof + 40), (slope + 160, roof), (wide - slope - 160, roof), (wide - slope, roof + 40), (wide - 120, belt), (wide - 70, 1000), (wide - 90, 1420), (wide - 220, 1500), (220, 1500), (90, 1420), (70, 1000)]  # fmt: skip
    mask.polygon(outline, fill=255)
    draw.rectangle((0, 0, wide, high), fill=paint)
    for side in (150, wide - 430):
        mask.rounded_rectangle((side, 1350, side + 280, 1720), 60, fill=255)
        draw.rounded_rectangle((side, 1440, side + 280, 1720), 60, fill=(22, 22, 24))
    draw.polygon([(slope + 60, roof + 110), (wide - slope - 60, roof + 110), (wide - 330, belt - 70), (330, belt - 70)], fill=(38, 44, 50))  # fmt: skip
    draw.rounded_rectangle((90, 1330, wide - 90, 1500), 50, fill=(34, 34, 36))
    lamp = chance.randint(380, 640)
    for left, right in ((110, 110 + lamp), (wide - 110 - lamp, wide - 110)):
        draw.rounded_rectangle((left, belt + 60, right, belt + 250), 50, fill=(140, 16, 22))
        draw.rounded_rectangle((left + 40, belt + 130, right - 60, belt + 180), 24, fill=(214, 170, 160))
    seam = tuple(max(part - 70, 0) for part in paint)
    draw.line([(330, belt + 10), (wide - 330, belt + 10)], fill=seam, width=8)
    draw.arc((500, 880, wide - 500, 1400), 20, 160, fill=seam, width=10)
    draw.ellipse((wide // 2 - 70, belt + 70, wide // 2 + 70, belt + 170), outline=(230, 230, 232), width=16)
    for side in (230, wide - 560):
        draw.rounded_rectangle((side, 1380, side + 330, 1430), 20, fill=(120, 14, 18))
    shown = _plate(plate)
    half = shown.width // 2
    x, y = PLATE_AT
    sunk = chance.randint(15, 60)
    bay = tuple(max(part - sunk, 0) for part in paint)
    draw.rounded_rectangle((x - half - 70, y - 130, x + half + 70, y + 120), 60, fill=bay)
    draw.rounded_rectangle((x - half - 40, y - 150, x + half + 40, y - 112), 16, fill=(205, 208, 212))
    light = chance.uniform(0.82, 1.05)
    lit = shown.point([min(int(level * light), 255) for level in range(256)] * 3)
    picture.paste(lit, (x - half, y - 85))
    mirrors = Image.new("L", CAR, 255)
    mirrors.paste(0, (x - half, y - 85, x - half + shown.width, y - 85 + HEIGHT))
    return np.asarray(picture), np.dstack([np.asarray(cover), np.asarray(mirrors)])


def _put_car(painted: Array, plate: str, spot: str, chance: random.Random) -> None:
    """The car before the street, with its plate in the quarter `spot`, or in the middle, and nearly level."""
    car, kinds = _car(plate, chance)
    size = chance.uniform(300, 360) / WIDTH
    x = {"left": 300, "right": 700}.get(spot.rpartition("_")[2], 500) + chance.randint(-40, 40)
    y = {"upper": 190, "lower": 510}.get(spot.partition("_")[0], 380) + chance.randint(-40, 40)
    tilt, lean = np.radians(chance.uniform(-2, 2)), chance.uniform(-0.02, 0.02)
    c, s = np.cos(tilt) * size, np.sin(tilt) * size
    turn = np.array([[c, -s + lean * size], [s, c]])
    place = np.column_stack([turn, np.array((x, y)) - turn @ np.array(PLATE_AT)])
    seen = cv2.warpAffine(car, place, (WIDE, HIGH)).astype(np.float32)
    kinds = cv2.warpAffine(kinds, place, (WIDE, HIGH)).astype(np.float32) / 255
    over, mirrors = kinds[..., :1], kinds[..., 1]
    # Paint mirrors what is around: lighter upwards, darker below, and clouds and houses in it.
    rows = np.linspace(1, -1, HIGH, dtype=np.float32)[:, None]
    around = 26 * rows + 12 * _grain(chance, HIGH, WIDE, 130) + 6 * _grain(chance, HIGH, WIDE, 18)
    seen += (around * mirrors)[..., None]
    dim = cv2.resize(over, (WIDE // 8, HIGH // 8), interpolation=cv2.INTER_AREA)  # a shadow has no sharp edge
    dim = cv2.resize(cv2.GaussianBlur(np.roll(dim, 5, axis=0), (0, 0), 3), (WIDE, HIGH))[..., None]
    painted *= 1 - 0.45 * dim
    painted += (seen - painted) * over


def _taken(painted: Array, chance: random.Random) -> Array:
    """What a phone makes of it: light that falls from one side, a little blur, noise."""
    y, x = (np.linspace(-1, 1, size, dtype=np.float32) for size in (HIGH, WIDE))
    y = y[:, None]
    light = chance.uniform(0.85, 1.1) + chance.uniform(-0.12, 0.12) * x + chance.uniform(-0.12, 0.12) * y
    seen = cv2.GaussianBlur(painted * light[..., None], (0, 0), chance.uniform(0.5, 0.8))
    noise = np.random.default_rng(chance.getrandbits(32)).standard_normal(seen.shape, np.float32)
    return np.asarray(np.clip(seen + noise * np.float32(chance.uniform(1.5, 4)), 0, 255).astype(np.uint8))
