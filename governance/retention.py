"""How long each table of governance is kept (`core.retention`)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import Ground, data, nobody, stays

VOTES = data(
    "votes",
    pgettext_lazy("kind of data", "Votes on public questions"),
    purpose=_("one person votes once, and anybody can recount"),
    ground=Ground.CONSENT,
)

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
    "governance.Consultation",
    "governance.Option",
    "governance.ConsultationAnswer",
    why="what the public was asked and answered; of staff alone",
)
nobody("governance.Ballot", why="what was chosen, without who or when")
stays(
    "governance.Voter",
    VOTES,
    "that a document has voted on a question, as a keyed digest, without who or when",
    "the count of votes is kept for good",
)
