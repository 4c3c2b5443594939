"""How many pictures of a plate on a sheet (D11+) pass for a photo of the car, and how many honest photos do.

    python benchmarks/pasted_plates.py [FOLDER] [--tries 200] [--seed 1] [--only honest,white] [--keep FOLDER]

Honest are the drawn photos of the sandbox or, with a `FOLDER` of real photos of cars, windows cut from them so that a
plate stands in the quarter asked for. Whoever attacks has such a photo of another moment and lays it, or a part of it,
where the plate was asked to stand. A line of JSON per kind: tried, taken for the registered plate by the machine
alone (`same`), sent to a person for the sheet (`sheet`), and what was refused or sent to a person anyhow (`unread`,
`elsewhere`), with the largest rate that 95 % certainty leaves open (Clopper and Pearson): of `same` for an attack, of
`sheet` for the honest.
"""

import argparse
import io
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.local import throwaway_environment

os.environ.update(throwaway_environment())
import django

django.setup()

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import beta

from drivers.states import PlateSpot
from drivers.vision import eyes, plates
from sandbox.plates import photo

Array = NDArray[Any]
Box = tuple[float, float, float, float]
Chance = np.random.Generator

SIZES = ((1000, 700), (1000, 750), (720, 1000))  # of what a phone sends, in pixels
PLATES = ("川A·H0001", "粤B·D12345", "浙C·D0002", "京N·8K3C5")
LONGEST = 1100  # pixels of a real photo
EARLIER = 40  # photos from which attacks are made


class Way(StrEnum):
    """`WHITE`, `TINTED`: a whole photo of the car on a sheet of one colour; `SHADED`: one that grows darker; `CLOSE`: what
    lies about the plate; `BARE`: the plate alone; `CORNER`: flush in its corner; `BAND`: from one edge to the other;
    `SOFT`: with edges that fade; `PRINT`: on paper before a camera; `DESK`: paper that lies on wood; `BLURRED`: on its own
    enlargement out of focus; `COLLAGE`: on another photo."""

    WHITE = "white"
    TINTED = "tinted"
    SHADED = "shaded"
    CLOSE = "close"
    BARE = "bare"
    CORNER = "corner"
    BAND = "band"
    SOFT = "soft"
    PRINT = "print"
    DESK = "desk"
    BLURRED = "blurred"
    COLLAGE = "collage"


HONEST = "honest"


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo (RGB) with its plate and where that stands, as shares of the picture from its upper left."""

    picture: Array
    plate: str
    box: Box


def read(picture: Array) -> plates.Reading:
    """What the platform reads of it, without a process of its own."""
    return plates.best_of(msgspec.convert(eyes.plates(Image.fromarray(picture)), plates.Said))


def drawn(spot: PlateSpot, chance: Chance) -> Shot:
    """An honest photo of the sandbox."""
    plate = PLATES[chance.integers(len(PLATES))]
    content = photo(plate, spot=spot, moment=int(chance.integers(1 << 40)))
    picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    return Shot(picture, plate, _box(picture))


def _box(picture: Array) -> Box:
    return read(picture).box or (0.3, 0.4, 0.7, 0.6)


class Folder:
    """Real photos in which one plate was read surely."""

    def __init__(self, folder: Path) -> None:
        self.shots = []
        for path in sorted(folder.iterdir()):
            picture = cv2.imread(str(path))
            if picture is None:
                continue
            scale = min(LONGEST / max(picture.shape[:2]), 1.0)
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:, :, ::-1]
            reading = read(picture)
            if reading.box and reading.is_sure(0.8):
                self.shots.append(Shot(picture, reading.plate, reading.box))

    def window(self, spot: PlateSpot, chance: Chance) -> Shot:
        """A part of one of them, with the plate in this quarter."""
        while True:
            shot = self.shots[chance.integers(len(self.shots))]
            high, wide = shot.picture.shape[:2]
            left, top, right, bottom = np.array(shot.box) * (wide, high, wide, high)
            size = np.array(SIZES[chance.integers(len(SIZES))], float)
            size *= (right - left) / chance.uniform(0.15, 0.42) / size[0]
            x, y = _asked(spot, chance)
            corner = np.array(((left + right) / 2, (top + bottom) / 2)) - size * (x, y)
            end = corner + size
            if (corner < 0).any() or end[0] > wide or end[1] > high or corner[0] > left or end[0] < right:
                continue
            (x0, y0), (x1, y1) = corner.astype(int), end.astype(int)
            cut = np.ascontiguousarray(shot.picture[y0:y1, x0:x1])
            box = np.array((left - x0, top - y0, right - x0, bottom - y0)) / np.tile((x1 - x0, y1 - y0), 2)
            left, top, right, bottom = (float(each) for each in box)
            return Shot(cut, shot.plate, (left, top, right, bottom))


def _asked(spot: PlateSpot, chance: Chance) -> tuple[float, float]:
    """Where in the picture somebody puts the plate who is asked for a quarter."""
    x = 0.3 if spot.endswith("left") else 0.7
    y = 0.28 if spot.startswith("upper") else 0.72
    return x + chance.uniform(-0.06, 0.06), y + chance.uniform(-0.1, 0.1)


# --- Attacks ---


def pasted(way: Way, shot: Shot, other: Shot, spot: PlateSpot, chance: Chance) -> Array:
    """The picture that somebody sends who has `shot`, and another photo, and is asked for this quarter."""
    wide, high = SIZES[chance.integers(len(SIZES))]
    part, box = _part(way, shot, chance)
    x, y = _asked(spot, chance)
    widths = (0.14, 0.3) if way in {Way.WHITE, Way.TINTED, Way.SHADED, Way.SOFT, Way.BLURRED} else (0.2, 0.4)
    scale = chance.uniform(*widths) * wide / ((box[2] - box[0]) * part.shape[1])
    middle = np.array(((box[0] + box[2]) / 2 * part.shape[1], (box[1] + box[3]) / 2 * part.shape[0]))
    place = np.column_stack([np.eye(2) * scale, np.array((x * wide, y * high)) - middle * scale])
    shown = cv2.warpAffine(part, place, (wide, high), flags=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.warpAffine(np.ones(part.shape[:2], np.float32), place, (wide, high), flags=cv2.INTER_AREA)
    if way == Way.SOFT:
        thin = cv2.erode(cover, np.ones((25, 25)), borderValue=1)
        cover = cv2.GaussianBlur(thin, (0, 0), 8) * cover
    sheet = _sheet(way, shot, other, (wide, high), chance)
    laid = shown * cover[..., None] + sheet * (1 - cover[..., None])
    if way == Way.PRINT:
        laid = _before_camera(laid, 1.0, chance)
    if way == Way.DESK:
        laid = _before_camera(laid, chance.uniform(0.8, 0.92), chance)
    return _sent(laid)


def _part(way: Way, shot: Shot, chance: Chance) -> tuple[Array, Box]:
    """What is laid on the sheet, and where its plate stands in it."""
    high, wide = shot.picture.shape[:2]
    left, top, right, bottom = shot.box
    long, tall = right - left, bottom - top
    match way:
        case Way.BARE:
            around = (0.02, 0.05, 0.02, 0.05)
        case Way.CLOSE | Way.PRINT | Way.DESK:
            around = tuple(chance.uniform(0.08, 0.8, 4) * (1, 1.5, 1, 1.5))
        case Way.BAND:
            around = (9.0, *chance.uniform(0.4, 2.5, 1), 9.0, *chance.uniform(0.4, 2.5, 1))
        case Way.CORNER:
            around = tuple(chance.uniform(0.3, 1.5, 4))
        case Way.WHITE | Way.TINTED | Way.SHADED | Way.SOFT | Way.BLURRED | Way.COLLAGE:
            return shot.picture, shot.box
    x0, y0 = max(left - around[0] * long, 0), max(top - around[1] * tall, 0)
    x1, y1 = min(right + around[2] * long, 1), min(bottom + around[3] * tall, 1)
    part = shot.picture[int(y0 * high) : int(y1 * high), int(x0 * wide) : int(x1 * wide)]
    box = (np.array(shot.box) - (x0, y0, x0, y0)) / (x1 - x0, y1 - y0, x1 - x0, y1 - y0)
    left, top, right, bottom = (float(each) for each in box)
    return np.ascontiguousarray(part), (left, top, right, bottom)


def _sheet(way: Way, shot: Shot, other: Shot, size: tuple[int, int], chance: Chance) -> Array:
    """What lies behind."""
    wide, high = size
    y, x = np.mgrid[0 : 1 : high * 1j, 0 : 1 : wide * 1j].astype(np.float32)
    match way:
        case Way.COLLAGE:
            return cv2.resize(other.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        case Way.BLURRED:
            large = cv2.resize(shot.picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
            return cv2.GaussianBlur(large, (0, 0), chance.uniform(15, 40))
        case Way.SHADED:
            light, dark = chance.uniform(150, 250, 3), chance.uniform(40, 150, 3)
            across = (x * chance.uniform(0, 1) + y * chance.uniform(0, 1))[..., None]
            return np.asarray(light + (dark - light) * across / max(float(across.max()), 0.1))
        case Way.TINTED | Way.CORNER | Way.BAND:
            return np.full(
                (high, wide, 3),
                chance.uniform(0, 255, 3) if chance.random() < 0.5 else chance.uniform(0, 255),
            )
        case Way.WHITE | Way.CLOSE | Way.BARE | Way.SOFT | Way.PRINT | Way.DESK:
            return np.full((high, wide, 3), chance.uniform(225, 255))


def _before_camera(laid: Array, size: float, chance: Chance) -> Array:
    """Paper as a camera sees it: askew, lit from a side, not quite sharp, with noise; of a `size` below 1 it lies on wood."""
    high, wide = laid.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    middle = np.array((wide, high)) / 2
    tilt = np.radians(chance.uniform(-6, 6))
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    grown = size if size < 1 else 1.12
    seen = (corners - middle) @ turn.T * grown + middle + chance.uniform(-0.03, 0.03, (4, 2)) * (wide, high)
    bent = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    paper = cv2.warpPerspective(laid.astype(np.float32), bent, (wide, high), flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.ones((high, wide), np.float32), bent, (wide, high))[..., None]
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    grain = cv2.resize(chance.normal(0, 1, (high // 2, 12)).astype(np.float32), (wide, high))
    wood = np.array((150, 110, 74)) + 18 * grain[..., None]
    light = chance.uniform(0.7, 1.0) + chance.uniform(-0.12, 0.12) * x + chance.uniform(-0.12, 0.12) * y
    shown = (paper * cover + wood * (1 - cover)) * light[..., None]
    shown = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), chance.uniform(0.6, 1.2))
    return np.asarray(shown + chance.normal(0, chance.uniform(1.5, 5), shown.shape))


def _sent(picture: Array) -> Array:
    """As it comes in: pressed as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=88)
    return np.asarray(Image.open(out).convert("RGB"))


# --- Counting ---


def outcome(picture: Array, plate: str, spot: PlateSpot) -> str:
    """What becomes of it, by the declared limits."""
    reading = read(picture)
    if reading.middle and not plates.stands_at(reading.middle, spot):
        return "elsewhere"
    if reading.plate != re.sub(r"\W", "", plate) or not reading.is_sure(0.85):
        return "unread"
    return "sheet" if reading.is_on_a_sheet(plates.Sheets()) else "same"


def shots(kind: str, folder: Folder | None, chance: Chance) -> tuple[Array, str, PlateSpot]:
    make = folder.window if folder else drawn
    spot = list(PlateSpot)[chance.integers(len(PlateSpot))]
    if kind == HONEST:
        shot = make(spot, chance)
        return _sent(shot.picture), shot.plate, spot
    shot, other = (_kept(make, int(number)) for number in chance.integers(EARLIER, size=2))
    return pasted(Way(kind), shot, other, spot, chance), shot.plate, spot


@lru_cache(maxsize=EARLIER)
def _kept(make: Callable[[PlateSpot, Chance], Shot], number: int) -> Shot:
    """A photo that whoever attacks has from before."""
    chance = np.random.default_rng([EARLIER, number])
    return make(list(PlateSpot)[number % len(PlateSpot)], chance)


def bound(count: int, of: int) -> float:
    """The largest rate that 95 % certainty leaves open."""
    return 1.0 if count >= of else float(beta.ppf(0.95, count + 1, of - count))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    folder = Folder(chosen.folder) if chosen.folder else None
    kinds = [HONEST, *(each.value for each in Way)]
    for kind in chosen.only.split(",") if chosen.only else kinds:
        counted: Counter[str] = Counter()
        for number in range(chosen.tries):
            chance = np.random.default_rng([chosen.seed, kinds.index(kind), number])
            picture, plate, spot = shots(kind, folder, chance)
            found = outcome(picture, plate, spot)
            counted[found] += 1
            if chosen.keep:
                Image.fromarray(picture).save(chosen.keep / f"{kind}-{number:03d}-{found}.jpg")
        wrong = counted["sheet"] if kind == HONEST else counted["same"]
        print(
            json.dumps(
                {
                    "name": kind,
                    "tried": chosen.tries,
                    **counted,
                    "bound_of_sheet" if kind == HONEST else "bound_of_same": round(
                        bound(wrong, chosen.tries), 4
                    ),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
