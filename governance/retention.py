"""How long each table of governance is kept (`core.retention`)."""

from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import (
    RECORDS_KEPT,
    TRACES_KEPT,
    Ground,
    data,
    destroyed,
    emptied,
    goes_by,
    goes_with,
    nobody,
    stays,
)

LEARNED = data(
    "reviews",
    pgettext_lazy("kind of data", "Reviews of what happened"),
    purpose=_("a death, a severe injury or a broken clock of safety does not happen again"),
    ground=Ground.LIFE,
    law=_("Work Safety Law art. 86: after an accident its causes are found out and remedied"),
)
SPOKEN = data(
    "concerns",
    pgettext_lazy("kind of data", "Reports in confidence"),
    purpose=_("a danger is mended, and whoever reports it is protected"),
    ground=Ground.LAW,
    law=_("Work Safety Law art. 54: who works may report dangers, and is not punished for it"),
)
emptied(
    "governance.Review",
    LEARNED,
    "what happened in a case, why, and what had warned before, as staff wrote it",
    after=RECORDS_KEPT,
    since="done_at",
    said="it was done",
    columns={"facts": "", "causes": "", "warned": ""},
)
nobody("governance.ReviewAction", why="what is done after something happened; everybody reads it")
goes_by(
    "governance.Concern",
    SPOKEN,
    "what somebody reported, and, sealed under a key of its own, who",
    "governance.concerns_over",
    "destroyed, its key first, `governance.concern_kept` (1095 days) after the answer",
)
goes_with("governance.ConcernLine", SPOKEN, "words of whoever reported and of staff", "governance.Concern")
goes_with(
    "governance.ConcernOpening",
    SPOKEN,
    "codes of the two of the staff who opened it, and why",
    "governance.Concern",
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
    "governance.TransparencyReport",
    why="published figures without small counts, with the codes of the two of the staff and what they say changed",
)

REPORTED = data(
    "reported",
    pgettext_lazy("kind of data", "What the regulator was told"),
    purpose=_("orders, trips, cars and quality of service are reported as the law asks"),
    ground=Ground.LAW,
    law=_("Interim Measures on online taxis, art. 30 and 31"),
    processors=_(
        "the ministry's supervision platform: the driver's licence number, phone, plate, times online and what was decided against them, never who travels"
    ),
)
nobody(
    "governance.FeedMark",
    "governance.FeedHour",
    "governance.FeedScore",
    why="how far the regulator's feed is, in figures",
)
destroyed(
    "governance.FeedMessage",
    REPORTED,
    "which trip, driver or car was reported by which interface, and what came of it",
    after=TRACES_KEPT,
    since=Coalesce("acknowledged_at", "refused_at"),
    said="it was told or refused",
)
goes_by(
    "governance.FeedPosition",
    REPORTED,
    "when the car of a trip was reported last",
    "governance.feed_positions",
    "destroyed an hour after the last position was told",
)

VOTES = data(
    "votes",
    pgettext_lazy("kind of data", "Votes on public questions"),
    purpose=_("one person votes once, and anybody can recount"),
    ground=Ground.CONSENT,
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
