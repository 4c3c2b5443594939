"""Rows of drivers, one topic per file."""

from drivers.models.applications import Application, VettingDecision
from drivers.models.calls import VideoCall, VideoPart, VideoSignal
from drivers.models.cases import Appeal, VettingCase
from drivers.models.faces import FaceCheck, FaceFrame, FaceTemplate, OnlineSpell, PlatePhoto
from drivers.models.mismatch import MismatchReport, Reward
from drivers.models.people import Bar, Binding, Driver, Hold, Paper, Vehicle
from drivers.models.screening import Screening, ScreeningChunk, ScreeningRun

__all__ = [
    "Appeal",
    "Application",
    "Bar",
    "Binding",
    "Driver",
    "FaceCheck",
    "FaceFrame",
    "FaceTemplate",
    "Hold",
    "MismatchReport",
    "OnlineSpell",
    "Paper",
    "PlatePhoto",
    "Reward",
    "Screening",
    "ScreeningChunk",
    "ScreeningRun",
    "Vehicle",
    "VettingCase",
    "VettingDecision",
    "VideoCall",
    "VideoPart",
    "VideoSignal",
]
