"""How long each table of governance is kept (`core.retention`)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import RECORDS_KEPT, Ground, data, emptied, nobody, stays

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
nobody("governance.Ballot", "governance.VoteList", why="what was chosen, without who or when")
stays(
    "governance.Voter",
    VOTES,
    "that a document has voted on a question, as a keyed digest, without who or when",
    "the count of votes is kept for good",
)
COMMENTS = data(
    "comments",
    pgettext_lazy("kind of data", "Comments on public questions"),
    purpose=_("the public reads what others think, once a person looked at it"),
    ground=Ground.CONSENT,
)
emptied(
    "governance.Comment",
    COMMENTS,
    "words as they were written, under a keyed digest of who wrote them; what was published stays",
    after=RECORDS_KEPT,
    since="decided_at",
    said="a person looked at it",
    columns={"words": "", "heard": {}},
)
