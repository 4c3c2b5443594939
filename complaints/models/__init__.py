"""Rows of complaints, one topic for each file."""

from complaints.models.cases import Assignment, Complaint, Evidence
from complaints.models.clocks import Pause, TeamMember, Timer
from complaints.models.desk import Article, Call, Macro, OutsideMessage, SavedView
from complaints.models.rulings import Appeal, Decision, Measure, Statement

__all__ = [
    "Appeal",
    "Article",
    "Assignment",
    "Call",
    "Complaint",
    "Decision",
    "Evidence",
    "Macro",
    "Measure",
    "OutsideMessage",
    "Pause",
    "SavedView",
    "Statement",
    "TeamMember",
    "Timer",
]
