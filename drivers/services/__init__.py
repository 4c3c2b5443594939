"""The only writer of drivers' rows, one topic per file."""

from drivers.services.appeals import appeal, decide_appeal
from drivers.services.applications import (
    begin_application,
    due_screenings,
    save_fields,
    save_photo,
    settle_screening,
    submit_application,
)
from drivers.services.cases import agree, open_case, open_signal, propose
from drivers.services.faces import (
    FaceOutcome,
    answer_face_check,
    ask_face_check,
    consume_face_token,
    enrol_picture,
    give_face_consent,
    go_offline,
    go_online,
    service_day,
)
from drivers.services.mismatch import (
    Seen,
    decide_reward,
    propose_reward,
    report_from_street,
    report_mismatch,
    sort_report,
)
from drivers.services.papers import chase_expiries, keep_paper
from drivers.services.people import (
    bar_with,
    bind_vehicle,
    end_binding,
    hold_driver,
    lift_bars,
    register_vetted_driver,
    release_hold,
    release_holds_of,
    uncover_holds,
)
from drivers.services.plates import PlateOutcome, decide_plate_photo, send_plate_photo
from drivers.services.runs import begin_run, pause_run, start_run, wants_worker, work_on_run
from drivers.services.vetting import (
    agree_decision,
    ask_registries_again,
    propose_decision,
    return_application,
)
from drivers.services.video import ask_video_check, claim_video_token, decide_video_check

__all__ = [
    "FaceOutcome",
    "PlateOutcome",
    "Seen",
    "agree",
    "agree_decision",
    "answer_face_check",
    "appeal",
    "ask_face_check",
    "ask_registries_again",
    "ask_video_check",
    "bar_with",
    "begin_application",
    "begin_run",
    "bind_vehicle",
    "chase_expiries",
    "claim_video_token",
    "consume_face_token",
    "decide_appeal",
    "decide_plate_photo",
    "decide_reward",
    "decide_video_check",
    "due_screenings",
    "end_binding",
    "enrol_picture",
    "give_face_consent",
    "go_offline",
    "go_online",
    "hold_driver",
    "keep_paper",
    "lift_bars",
    "open_case",
    "open_signal",
    "pause_run",
    "propose",
    "propose_decision",
    "propose_reward",
    "register_vetted_driver",
    "release_hold",
    "release_holds_of",
    "report_from_street",
    "report_mismatch",
    "return_application",
    "save_fields",
    "save_photo",
    "send_plate_photo",
    "service_day",
    "settle_screening",
    "sort_report",
    "start_run",
    "submit_application",
    "uncover_holds",
    "wants_worker",
    "work_on_run",
]
