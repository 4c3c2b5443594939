"""Rows of safety, one topic for each file."""

from safety.models.accidents import AccidentQuestion
from safety.models.helping import Acknowledgement, HelpMessage, PlacedCall
from safety.models.incidents import (
    AutomatedCall,
    Caller,
    Incident,
    MaliceAppeal,
    SafetyQuestion,
    Signal,
    SosCall,
    WelfareCheck,
)
from safety.models.pushes import EmergencyPush
from safety.models.recordings import (
    Recording,
    RecordingConsent,
    RecordingKey,
    RecordingPlay,
    RecordingReceipt,
    RecordingRefusal,
)
from safety.models.shares import TripShare

__all__ = [
    "AccidentQuestion",
    "Acknowledgement",
    "AutomatedCall",
    "Caller",
    "EmergencyPush",
    "HelpMessage",
    "Incident",
    "MaliceAppeal",
    "PlacedCall",
    "Recording",
    "RecordingConsent",
    "RecordingKey",
    "RecordingPlay",
    "RecordingReceipt",
    "RecordingRefusal",
    "SafetyQuestion",
    "Signal",
    "SosCall",
    "TripShare",
    "WelfareCheck",
]
