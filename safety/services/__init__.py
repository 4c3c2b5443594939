"""The only writers of safety's rows, one topic for each file."""

from safety.services.checks import (
    FiledCheck,
    add_evidence,
    check_by_secret,
    file_welfare_check,
    verify_reporter,
)
from safety.services.desk import (
    add_note,
    close_incident,
    excuse_police_call,
    let_holds_show,
    note_police_called,
    record_call,
    record_police_call,
    record_safe_check,
    resolve_incident,
    send_back,
    take_incident,
)
from safety.services.incidents import add_signal, open_incident
from safety.services.questions import answer_question, ask_passenger, expire_questions, report_finding
from safety.services.sos import add_word, raise_sos

__all__ = [
    "FiledCheck",
    "add_evidence",
    "add_note",
    "add_signal",
    "add_word",
    "answer_question",
    "ask_passenger",
    "check_by_secret",
    "close_incident",
    "excuse_police_call",
    "expire_questions",
    "file_welfare_check",
    "let_holds_show",
    "note_police_called",
    "open_incident",
    "raise_sos",
    "record_call",
    "record_police_call",
    "record_safe_check",
    "report_finding",
    "resolve_incident",
    "send_back",
    "take_incident",
    "verify_reporter",
]
