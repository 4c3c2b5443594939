"""How long each table of governance is kept (`core.retention`)."""

from core.retention import nobody

nobody("governance.MeasureResult", "governance.DrillRun", why="what checks and drills found")
