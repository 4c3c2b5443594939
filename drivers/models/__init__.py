"""Rows of drivers, one topic per file."""

from drivers.models.cases import Appeal, VettingCase
from drivers.models.faces import FaceCheck, FaceFrame, FaceTemplate, OnlineSpell, PlatePhoto
from drivers.models.people import Binding, Driver, Hold, Vehicle

__all__ = [
    "Appeal",
    "Binding",
    "Driver",
    "FaceCheck",
    "FaceFrame",
    "FaceTemplate",
    "Hold",
    "OnlineSpell",
    "PlatePhoto",
    "Vehicle",
    "VettingCase",
]
