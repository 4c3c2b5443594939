"""One picture of a face, as somebody holds a print of it before a camera: bent, held closer, moved by a hand.

A sheet that is bent around an upright axis shows its middle displaced to one side, while its edges stay: so does a head
that turns, for whoever looks at the nose between the eyes only.
"""

import cv2
import numpy as np

FACE = 0.5  # of the picture's width
CLOSER = 1.25
SWAY = 0.004  # of the picture's width, by which a hand moves


def bent(picture: bytes, pose: str, share: float, *, moment: int) -> bytes:
    """A JPEG of the print as `pose` asks for it; `share` of the face's width is how far its middle is displaced.

    Another `moment` is another position of the hand. Raises `ValueError` for what is no picture.
    """
    sheet = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if sheet is None:
        raise ValueError("not a picture")
    height, width = sheet.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle_x, middle_y, face = width / 2, height / 2, FACE * width
    if pose in {"left", "right"}:
        way = share * face * (1 if pose == "left" else -1)
        x = x - way * np.exp(-(((x - middle_x) / (0.3 * face)) ** 2))
    if pose == "closer":
        x, y = middle_x + (x - middle_x) / CLOSER, middle_y + (y - middle_y) / CLOSER
    hand = np.random.default_rng(moment).normal(0, SWAY * width, 2)
    shown = cv2.remap(
        sheet,
        (x + hand[0]).astype(np.float32),
        (y + hand[1]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return bytes(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])
