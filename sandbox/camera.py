"""A camera before which invented people sit: drawn by formula, so that no real person's face is in this repository.

A head is painted skin on the depths of an average human head (`head_depth.png`), stretched to where its eyes, nose,
mouth and chin are, and turned in space before a camera with perspective; who somebody is are 80 numbers from 0 to 1 in
`invented_people.json`, chosen so that SFace takes all pairs for strangers. Pictures are marked as sandbox pictures.
"""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision.solids import Solid, Stance, sampled

Plane = NDArray[Any]
SIZE = 480
SHOWN = 480
POSES = {
    "centre": Stance(),
    "left": Stance(yaw=18),
    "right": Stance(yaw=-18),
    "up": Stance(pitch=14),
    "down": Stance(pitch=-14),
    "left_up": Stance(yaw=14, pitch=12),
    "left_down": Stance(yaw=14, pitch=-12),
    "right_up": Stance(yaw=-14, pitch=12),
    "right_down": Stance(yaw=-14, pitch=-12),
    "closer": Stance(nearer=1.35),
}
# Of the average head, in widths of the face: how far its depths reach, how high its crown, eyes, nose, mouth and chin
# are (downwards from the middle), how far to the side the middle of an eye, and what the 16 bits of its picture span.
REACH = (0.9, 1.1)
HEIGHTS = (-0.54, -0.17, 0.073, 0.26, 0.613)
EYE = 0.205
EAR = 1.0  # of a drawn head's half width: where its face ends
DEEP = (-1.0, 0.8)
_Y, _X = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]


@lru_cache(maxsize=1)
def people() -> dict[str, list[float]]:
    """Everybody whom the camera knows."""
    found: dict[str, list[float]] = json.loads((Path(__file__).parent / "invented_people.json").read_text())
    return found


def _bump(x: Plane, y: Plane, cx: float, cy: float, sx: float, sy: float, turn: float = 0.0) -> Plane:
    c, s = np.cos(turn), np.sin(turn)
    u, v = ((x - cx) * c + (y - cy) * s) / sx, ((y - cy) * c - (x - cx) * s) / sy
    return np.asarray(np.exp(-(u * u + v * v)))


def _edge(value: Plane, width: float = 0.02) -> Plane:
    return np.asarray(1 / (1 + np.exp(-np.clip(value / width, -50, 50))))


@lru_cache(maxsize=1)
def _grain() -> Plane:
    fine, coarse = (np.random.default_rng(seed).normal(0, 1, (SIZE, SIZE)) for seed in (5, 6))
    return np.asarray(cv2.GaussianBlur(fine, (0, 0), 1.2)) * 0.35 + cv2.GaussianBlur(coarse, (0, 0), 9) * 0.35


class Head:
    """One invented head: what it looks like from the front, and how far each point stands out."""

    def __init__(self, numbers: list[float]) -> None:
        take = iter(numbers)

        def pick(low: float, high: float) -> float:
            return low + (high - low) * next(take)

        x, y = _X, _Y
        wide, high, jaw = pick(0.42, 0.66), pick(0.60, 0.82), pick(0, 0.5)
        eye, ey, es, eo, tilt = (
            pick(0.15, 0.28),
            pick(-0.2, -0.03),
            pick(0.045, 0.1),
            pick(0.25, 0.75),
            pick(-0.35, 0.35),
        )
        nose, nose_long, nose_wide = pick(0.04, 0.15), pick(0.14, 0.34), pick(0.03, 0.1)
        mouth, my, lip, smile = pick(0.09, 0.26), pick(0.26, 0.46), pick(0.018, 0.08), pick(-0.08, 0.08)
        brow, thick, angle, above = pick(0.06, 0.19), pick(0.008, 0.07), pick(-0.5, 0.5), pick(0.08, 0.2)
        forehead = pick(0.1, 0.55)
        tone, hue = pick(0.2, 1), pick(-0.12, 0.12)
        skin = np.array([0.62 - hue * 0.8, 0.74, 0.94 + hue]) * (0.3 + 0.7 * tone)
        value, red = pick(0.03, 0.6), pick(0, 0.3)
        hair = np.clip(np.array([value * (1 - red), value, value * (1 + red)]), 0, 1)
        x = x + pick(-0.04, 0.04) * np.sin(3 * y)
        side = wide * (1 - jaw * np.clip(y, 0, 1) ** 1.5) * (1 - pick(-0.1, 0.25) * np.clip(-y, 0, 1) ** 1.5)
        inside = 1 - (x / side) ** 2 - ((y - 0.02) / high) ** 2
        ny = ey + nose_long

        # --- how far it stands out ---
        depth = 0.55 * np.sqrt(np.clip(inside, 0, None))
        depth = depth + nose * 1.6 * _bump(x, y, 0, ny, 0.04 + nose_wide, 0.07)
        depth = depth + nose * 0.9 * _bump(x, y, 0, (ey + ny) / 2, 0.02 + nose_wide * 0.6, 0.16)
        socket, ridge, cheek, chin, lips, fold = (
            pick(0, 0.12), pick(0, 0.08), pick(0, 0.09), pick(0, 0.1), pick(0, 0.07), pick(0, 0.06)
        )  # fmt: skip
        for s in (-1, 1):
            depth = (
                depth
                - socket * _bump(x, y, s * eye, ey, 0.12, 0.08)
                + ridge * _bump(x, y, s * eye, ey - 0.12, 0.16, 0.05)
                + cheek * _bump(x, y, s * 0.28, 0.12, 0.14, 0.12)
                - fold * _bump(x, y, s * (0.12 + mouth * 0.5), 0.22, 0.03, 0.14, -s * 0.5)
            )
        depth = depth + lips * _bump(x, y, 0, my, mouth, lip * 1.2) + chin * _bump(x, y, 0, 0.58, 0.15, 0.1)
        rise, run = np.gradient(cv2.GaussianBlur(depth, (0, 0), 4), 2 / SIZE)
        normal = np.dstack([-run, -rise, np.ones_like(depth)])
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        light = np.array([0.15, -0.45, 0.8])
        shade = 0.45 + 0.65 * np.clip(normal @ (light / np.linalg.norm(light)), 0, 1)

        # --- what it is painted with ---
        paint = np.ones((SIZE, SIZE, 3)) * skin

        def lay(cover: Plane, colour: Any) -> None:
            nonlocal paint
            paint = paint * (1 - cover[..., None]) + np.array(colour) * cover[..., None]

        lay(0.5 * pick(0, 1) * _bump(x, y, 0, my, 0.4, 0.3), skin * [0.85, 0.8, 1])
        shadow, iris, lid, bag = pick(0, 0.8), pick(0.1, 1.4), pick(0.2, 1), pick(0, 0.6)
        for s in (-1, 1):
            cx = s * eye
            slanted = y - (x - cx) * s * tilt
            lay(shadow * _bump(x, slanted, cx, ey, 0.11, 0.075), skin * 0.55)
            lay(bag * _bump(x, y, cx, ey + es * 1.1, 0.09, 0.02), skin * 0.6)
            opening = 1 - ((x - cx) / es / 1.25) ** 2 - ((slanted - ey) / (es * eo)) ** 2
            lay(_edge(opening, 0.12), [0.93] * 3)
            around = (x - cx) ** 2 + (y - ey) ** 2
            lay(
                _edge(1 - around / (es * 0.52) ** 2, 0.1) * _edge(opening, 0.12),
                np.clip(np.array([0.25, 0.2, 0.12]) * iris, 0, 1),
            )
            lay(_edge(1 - around / (es * 0.24) ** 2, 0.2) * _edge(opening, 0.1), [0.02] * 3)
            lay(0.9 * _bump(x, y, cx + 0.01, ey - 0.015, 0.011, 0.011), [1, 1, 1])
            lay(lid * 0.9 * np.exp(-(((opening - 0.05) / 0.14) ** 2)) * (slanted < ey + 0.005), skin * 0.2)
            arch = _bump(x, y, cx * 1.05, ey - above - thick * 0.5, brow, thick, s * angle * 0.6)
            lay(0.9 * _edge(arch - 0.45, 0.08), hair * 0.9)
            lay(
                0.8 * _bump(x, y, s * (0.02 + nose_wide * 0.6), ny + 0.05, 0.012 + nose_wide * 0.2, 0.014),
                skin * 0.22,
            )
            lay(0.4 * _bump(x, y, s * (0.05 + nose_wide), ny + 0.03, 0.02, 0.05), skin * 0.5)
        lay(0.5 * _bump(x, y, 0, ny + 0.075, 0.05 + nose_wide, 0.012), skin * 0.4)
        rouge = pick(0.35, 1.1)
        mouth_colour = np.clip(skin * np.array([0.75 * rouge, 0.62 * rouge, 0.95]), 0, 1)
        curved = y - smile * (x / mouth) ** 2
        lay(0.85 * _edge(1 - (x / mouth) ** 2 - ((curved - my) / lip) ** 2, 0.15), mouth_colour)
        lay(
            0.9 * np.exp(-(((curved - my) / 0.008) ** 2)) * _edge(1 - (x / mouth) ** 2, 0.1),
            mouth_colour * 0.3,
        )
        beard, moustache, stubble = (max(0.0, pick(-1, 1)) for _hair in range(3))
        jaw_line = _edge(y - (0.22 + 0.5 * (0.5 - np.abs(x))), 0.05)
        jaw_line = jaw_line * (1 - _edge(1 - (x / (mouth * 1.25)) ** 2 - ((y - my) / (lip * 2)) ** 2, 0.2))
        lay(0.9 * beard * jaw_line, hair * 0.8)
        lay(0.5 * stubble * jaw_line, skin * 0.5)
        lay(
            0.9 * moustache * _edge(_bump(x, y, 0, my - lip - 0.05, mouth * 0.9, 0.05) - 0.4, 0.1), hair * 0.8
        )
        wears_glasses, lens, flat = pick(-1, 1) > 0.35, pick(0.09, 0.16), pick(0.7, 1.3)
        if wears_glasses:
            for s in (-1, 1):
                rim = np.sqrt(((x - s * eye) / lens) ** 2 + ((y - ey) / (lens * 0.8 * flat)) ** 2)
                lay(0.95 * np.exp(-(((rim - 1) / 0.09) ** 2)), [0.06] * 3)
            lay(0.95 * _bump(x, y, 0, ey - 0.01, eye - lens * 0.8, 0.012), [0.06] * 3)
        slope, parting = pick(-0.25, 0.25), pick(-0.6, 0.9)
        lay(_edge(-(y + 0.66 - forehead * 0.35 + parting * x * x + slope * x), 0.04), hair)
        for _mole in range(2):
            mx, mole_y, mole = pick(-0.4, 0.4), pick(-0.3, 0.6), pick(0, 0.03) + 0.001
            lay(0.8 * _bump(x, y, mx, mole_y, mole, mole), skin * 0.3)
        self._wide, self._eye = wide, eye
        self._heights = (0.02 - high, ey, ny, my, 0.02 + high)
        self.mask = _edge(inside, 0.03)
        self.front = np.clip(paint * (1 + 0.25 * _grain()[..., None]) * shade[..., None], 0, 1)
        self.behind = self._behind(
            skin, hair, wide, high, pick(-0.3, 0.7), [pick(0.1, 0.6) for _c in range(3)]
        )

    @staticmethod
    def _behind(skin: Any, hair: Any, wide: float, high: float, long: float, shirt: list[float]) -> Plane:
        hood = _edge(1 - (_X / (wide * 1.13)) ** 2 - ((_Y + 0.10) / (high * 1.1)) ** 2, 0.04) * _edge(
            -(_Y - long), 0.1
        )
        neck, body = _edge(0.28 - np.abs(_X)) * _edge(_Y - 0.3, 0.03), _edge(_Y - 0.78 + 0.25 * _X * _X, 0.03)
        picture = np.ones((SIZE, SIZE, 3)) * np.array([0.75, 0.72, 0.68])
        for cover, colour in ((neck, skin * 0.62), (body, np.array(shirt)), (hood, hair * 0.8)):
            picture = picture * (1 - cover[..., None]) + colour * cover[..., None]
        return np.asarray(picture)

    def solid(self) -> Solid:
        """The head in space."""
        half, ear = SIZE / 2, EAR * self._wide
        side = np.interp(np.abs(_X), (0, self._eye, ear), (0, EYE, 0.5))
        across = np.sign(_X) * (side + np.clip(np.abs(_X) - ear, 0, None) / (2 * ear))
        down = np.interp(_Y, self._heights, HEIGHTS)
        # Beyond crown and chin the depths go on at the face's own scale.
        down = down + (_Y - np.clip(_Y, self._heights[0], self._heights[-1])) / (2 * ear)
        return Solid(
            picture=self.front * 255,
            depth=_depth_of(across, down),
            cover=self.mask,
            behind=self.behind * 255,
            middle=(half, half),
            width=2 * ear * half,
        )


@lru_cache(maxsize=1)
def _average() -> Plane:
    stored = np.asarray(cv2.imread(str(Path(__file__).parent / "head_depth.png"), cv2.IMREAD_UNCHANGED))
    return np.asarray(DEEP[0] + (DEEP[1] - DEEP[0]) * stored.astype(np.float32) / 65535)


def _depth_of(across: Plane, down: Plane) -> Plane:
    """How far an average head stands out there, in widths of the face."""
    average = _average()
    lines, columns = average.shape
    return sampled(
        average,
        (across / REACH[0] + 1) / 2 * (columns - 1),
        (down / REACH[1] + 1) / 2 * (lines - 1),
    )


@lru_cache(maxsize=16)
def _head(name: str) -> Solid:
    return Head(people()[name]).solid()


@lru_cache(maxsize=128)
def frame(name: str, pose: str, number: int = 0, share: float = 1.0) -> bytes:
    """One JPEG of an invented person in a pose, or such a `share` of the way to it; another `number` is another moment.
    Raises `KeyError`."""
    return _drawn(name, pose, number, share)


def _drawn(name: str, pose: str, number: int, share: float) -> bytes:
    stance, chance = POSES[pose], np.random.default_rng(number)
    stance = replace(stance, yaw=share * stance.yaw, pitch=share * stance.pitch)
    picture = _head(name).seen(
        replace(
            stance,
            yaw=stance.yaw + chance.normal(0, 1.5),
            pitch=stance.pitch + chance.normal(0, 1),
            nearer=stance.nearer * chance.normal(1, 0.01),
            shift=(chance.normal(0, 0.01), chance.normal(0, 0.01)),
        )
    )
    picture = cv2.resize(
        picture + chance.normal(0, 3, picture.shape), (SHOWN, SHOWN), interpolation=cv2.INTER_AREA
    )
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    cv2.putText(
        picture,
        f"SANDBOX {name}",
        (8, SHOWN - 8),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.4,
        (40, 40, 40),
        1,
        cv2.LINE_AA,
    )
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1])
