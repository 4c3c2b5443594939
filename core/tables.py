"""How long each table of the ground is kept (`core.retention`)."""

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import (
    MESSAGES_KEPT,
    RECORDS_KEPT,
    TRACES_KEPT,
    Ground,
    data,
    destroyed,
    goes_by,
    goes_with,
    let_go,
    nobody,
    stays,
)

EVENTS = data(
    "events",
    pgettext_lazy("kind of data", "What happened, line by line"),
    purpose=_("help, police and complaints see one timeline; who looked at data answers for it"),
    ground=Ground.LAW,
    law=_("E-Commerce Law art. 31; Personal Information Protection Law art. 54 and 56"),
)
MESSAGES = data(
    "messages",
    pgettext_lazy("kind of data", "Messages to you"),
    purpose=_("you are told what concerns you, and it can be shown that you were"),
    ground=Ground.CONTRACT,
    law=_("Cybersecurity Law art. 21: logs of six months"),
    processors=_("providers of text messages, e-mail, WeChat and Weibo"),
)
FILES = data(
    "files",
    pgettext_lazy("kind of data", "Pictures and documents"),
    purpose=_("faces, papers, plates and evidence are what they are said to be"),
    ground=Ground.LAW,
    law=_("Interim Measures on online taxis art. 27"),
    processors=_("storage, which holds them encrypted"),
)
MONEY = data(
    "money",
    pgettext_lazy("kind of data", "Payments"),
    purpose=_("fares, refunds, rewards and claims add up"),
    ground=Ground.LAW,
    law=_("Measures on Accounting Archives art. 14: thirty years; it holds codes and sums, no names"),
    processors=_("the payment provider"),
)

destroyed(
    "core.OutboxEvent",
    EVENTS,
    "codes and facts on their way from one part of the platform to another",
    after=TRACES_KEPT,
    since="delivered_at",
    said="it was delivered",
)
goes_with("core.HandlerRun", EVENTS, "that an event was handled", "core.OutboxEvent")
goes_by(
    "core.FailedWork",
    EVENTS,
    "codes of work that failed",
    "core.forget_failed_work",
    "destroyed 90 days after it was done or dealt with",
)
stays(
    "core.AuditEntry",
    EVENTS,
    "who did what to which code, when and why",
    "it proves what was done, row by row under a tree that outsiders check, and names people by codes that point to"
    " nobody once an account is erased",
)
stays(
    "core.JournalBatch", EVENTS, "order and digests of the journal", "without it the journal proves nothing"
)
stays("core.JournalNode", EVENTS, "digests of the journal", "without it the journal proves nothing")
stays(
    "core.JournalCheckpoint",
    EVENTS,
    "how far the journal had grown, signed",
    "outsiders check the journal by it",
)
stays(
    "core.JournalRefusal",
    EVENTS,
    "why the witness did not sign",
    "it says that the journal was not what it was",
)
let_go(
    "core.TimelineEntry",
    EVENTS,
    "places, words and codes of what happened on a trip or in a case",
    after=RECORDS_KEPT,
    since="at",
    said="the line",
    ends="destroyed",
    trip="trip",
    case="case",
)
destroyed(
    "core.Notification",
    MESSAGES,
    "a recipient and what was written to them",
    after=MESSAGES_KEPT,
    since="created_at",
    said="it was written",
    where=~Q(state__in=["queued", "sending"]),
    trip="subject",
    case="subject",
    thing="subject",
)
goes_by(
    "core.StoredPicture",
    FILES,
    "a picture or document, encrypted in storage",
    "core.pictures",
    "destroyed at the time that was set when it was kept, unless something holds it",
)
for table in ("core.LedgerTransfer", "core.LedgerEntry", "core.Payout"):
    stays(table, MONEY, "codes and sums", "accounts of money are kept for thirty years")
destroyed(
    "core.DataHold",
    EVENTS,
    "codes of trips and cases",
    after=RECORDS_KEPT,
    since=Coalesce("released_at", F("until")),
    said="it ended",
)
destroyed(
    "core.Motion",
    EVENTS,
    "what one of the staff filled in for another to agree",
    after=RECORDS_KEPT,
    since="decided_at",
    said="it was decided",
)
goes_by("core.DoneAct", EVENTS, "digests of acts", "core.forget_acts", "destroyed once nobody says it again")
nobody(
    "core.JobTurn",
    "core.Heartbeat",
    "core.Outage",
    why="processes of the platform",
)
nobody("core.PolicyVersion", why="rules, with the codes of the two of the staff who made them")
