"""Rows of governance, one topic for each file."""

from governance.models.board import DrillRun, Executive, MeasureResult, MeasureState, Proof, Waiver
from governance.models.concerns import Concern, ConcernLine, ConcernOpening
from governance.models.consultations import (
    Ballot,
    Comment,
    Consultation,
    ConsultationAnswer,
    Option,
    VoteList,
    Voter,
)
from governance.models.feed import FeedHour, FeedMark, FeedMessage, FeedPosition, FeedScore
from governance.models.gate import GatePassage, Reassessment
from governance.models.reviews import Review, ReviewAction
from governance.models.rules import RuleChange
from governance.models.transparency import TransparencyReport

__all__ = [
    "Ballot",
    "Comment",
    "Concern",
    "ConcernLine",
    "ConcernOpening",
    "Consultation",
    "ConsultationAnswer",
    "DrillRun",
    "Executive",
    "FeedHour",
    "FeedMark",
    "FeedMessage",
    "FeedPosition",
    "FeedScore",
    "GatePassage",
    "MeasureResult",
    "MeasureState",
    "Option",
    "Proof",
    "Reassessment",
    "Review",
    "ReviewAction",
    "RuleChange",
    "TransparencyReport",
    "VoteList",
    "Voter",
    "Waiver",
]
