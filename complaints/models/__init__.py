"""Rows of complaints, one topic for each file."""

from complaints.models.care import Campaign, CareConsent, CareTask, Satisfaction
from complaints.models.cases import Assignment, Complaint, Evidence
from complaints.models.claims import Accident, Claim, ClaimPaper
from complaints.models.clocks import Pause, TeamMember, Timer
from complaints.models.desk import Article, Call, Macro, OutsideMessage, SavedView
from complaints.models.rulings import Appeal, Decision, Measure, Statement
from complaints.models.work import PracticeRun, RosterGap, Shift, WorkSummary

__all__ = [
    "Accident",
    "Appeal",
    "Article",
    "Assignment",
    "Call",
    "Campaign",
    "CareConsent",
    "CareTask",
    "Claim",
    "ClaimPaper",
    "Complaint",
    "Decision",
    "Evidence",
    "Macro",
    "Measure",
    "OutsideMessage",
    "Pause",
    "PracticeRun",
    "RosterGap",
    "Satisfaction",
    "SavedView",
    "Shift",
    "Statement",
    "TeamMember",
    "Timer",
    "WorkSummary",
]
