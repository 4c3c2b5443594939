"""How long each table of governance is kept (`core.retention`)."""

from core.retention import nobody

nobody(
    "governance.MeasureState",
    "governance.MeasureResult",
    "governance.DrillRun",
    why="what checks and drills found",
)
nobody(
    "governance.GatePassage",
    "governance.Proof",
    "governance.Executive",
    "governance.Reassessment",
    why="how lines return, and who answers for them; of staff alone",
)
nobody("governance.Waiver", why="which promise was let be for a time, and why; of staff alone")
nobody(
    "governance.RuleChange",
    why="rules that were proposed, with the codes of the two of the staff and their reason",
)
nobody(
    "governance.TransparencyReport",
    why="published figures without small counts, with the codes of the two of the staff and what they say changed",
)
