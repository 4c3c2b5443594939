"""What an officer asks, as small as it may be: an emergency by the form, and a complete notice."""

from datetime import timedelta
from typing import Any

from core import clock
from core.tests.factories import PDF
from police import notices, papers, services
from police.models import PoliceRequest
from police.services import Question
from police.states import Paper, Query, Urgency

SUPERVISOR = "+8613955550001"


def urgent(query: Query = Query.TRIP, value: str = "", about: Any = None, **changes: Any) -> Question:
    """An emergency by the form, with all that it has to say."""
    given: dict[str, Any] = {
        "danger": "x",
        "why_not_written": "x",
        "supervisor_name": "王所长",
        "supervisor_phone": SUPERVISOR,
        "declared": True,
        "urgency": Urgency.EMERGENCY,
    }
    return Question(query, value, about or clock.now(), **given | changes)


def complete(trip: str, **changes: Any) -> notices.Filled:
    """All that stands on a notice about a trip."""
    at = clock.now()
    given: dict[str, Any] = {
        "number": "乐公（刑）调证字〔2018〕0824 号",
        "organ": "乐清市公安局",
        "case_name": "赵某失踪案",
        "case_number": "A3303822018080824",
        "query_value": trip,
        "wanted": ["trip", "driver"],
        "span_from": at - timedelta(hours=6),
        "span_to": at + timedelta(hours=1),
        "deadline": at.date() + timedelta(days=2),
        "approved_by": "陈局长",
        "first_officer": "韩警官",
        "first_certificate": "331001",
        "second_officer": "林警官",
        "second_certificate": "331002",
        "legal_basis": "《刑事诉讼法》第五十四条",
    }
    return notices.Filled(**given | changes)


def letter_sent(account: Any, given: notices.Filled, key: str = "s") -> list[PoliceRequest]:
    """A notice, sent: its questions."""
    notice = notices.begin(account=account, submission=f"of {given.query_value} {key}")
    # Each scan of a letter is another file.
    letter = PDF + f"\n% {notice.code}".encode()
    read = papers.read(dict.fromkeys(Paper, PDF) | {Paper.LETTER: letter})
    notices.save(account=account, code=notice.code, given=given, papers=read)
    return notices.send(account=account, code=notice.code)


def notice_sent(account: Any, trip: str, key: str = "s", **changes: Any) -> PoliceRequest:
    """The one question of a complete notice about a trip, sent."""
    (asked,) = letter_sent(account, complete(trip, **changes), key)
    return asked


def papers_filed(account: Any, asked: PoliceRequest, *, files: Any = None, **changes: Any) -> PoliceRequest:
    """The papers of an emergency, each another file where it is not said; `{}` sends none."""
    each = {paper: PDF + f"\n% {asked.code} {paper}".encode() for paper in Paper}
    read = papers.read(each | files if files else each if files is None else {})
    given: dict[str, Any] = {"letter_number": "1", "certificates": ["331001", "331002"]}
    return services.file_papers(account=account, code=asked.code, files=read, **given | changes)
