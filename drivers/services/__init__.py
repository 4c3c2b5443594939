"""The only writer of drivers' rows, one topic per file."""

from drivers.services.appeals import appeal, decide_appeal
from drivers.services.cases import agree, open_case, propose
from drivers.services.faces import (
    FaceOutcome,
    answer_face_check,
    ask_face_check,
    ask_video_call,
    consume_face_token,
    enrol_picture,
    give_face_consent,
    go_offline,
    go_online,
)
from drivers.services.people import (
    bind_vehicle,
    end_binding,
    hold_driver,
    register_vetted_driver,
    release_hold,
    release_holds_of,
    uncover_holds,
)
from drivers.services.plates import PlateOutcome, decide_plate_photo, send_plate_photo

__all__ = [
    "FaceOutcome",
    "PlateOutcome",
    "agree",
    "answer_face_check",
    "appeal",
    "ask_face_check",
    "ask_video_call",
    "bind_vehicle",
    "consume_face_token",
    "decide_appeal",
    "decide_plate_photo",
    "end_binding",
    "enrol_picture",
    "give_face_consent",
    "go_offline",
    "go_online",
    "hold_driver",
    "open_case",
    "propose",
    "register_vetted_driver",
    "release_hold",
    "release_holds_of",
    "send_plate_photo",
    "uncover_holds",
]
