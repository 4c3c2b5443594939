"""How long each table of complaints is kept (`core.retention`)."""

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import PAST_APPEAL, ClaimState
from core.retention import (
    MESSAGES_KEPT,
    RECORDS_KEPT,
    TRACES_KEPT,
    Ground,
    data,
    destroyed,
    emptied,
    goes_when_left,
    goes_with,
    let_go,
    named,
    nobody,
    stays,
)
from core.tables import FILES

CASES = data(
    "cases",
    pgettext_lazy("kind of data", "Complaints and claims"),
    purpose=_("what went wrong is heard, decided and made good"),
    ground=Ground.CONTRACT,
    law=_("Civil Code art. 188: claims are possible for three years; E-Commerce Law art. 31"),
    processors=_("providers of text messages, e-mail, WeChat and Weibo"),
)
CARE = data(
    "care",
    pgettext_lazy("kind of data", "Greetings and care"),
    purpose=_("you are greeted, and called after a case, where you want it"),
    ground=Ground.CONSENT,
    law=_("Personal Information Protection Law art. 56: proof of a consent for three years"),
)
WORK = data(
    "work",
    pgettext_lazy("kind of data", "Work of the staff"),
    purpose=_("rosters, training and figures of the staff"),
    ground=Ground.CONTRACT,
    law=_("Labour Contract Law art. 50: two years after the contract ends"),
)
OVER = Q(state__in=PAST_APPEAL)
OF_OVER = Q(complaint__state__in=PAST_APPEAL)

# What messages name, where they do not name the trip.
named("complaints.Complaint", "trip__code")
named("complaints.Accident", "trip__code")
named("complaints.Claim", "accident__trip__code")

emptied(
    "complaints.Complaint",
    CASES,
    "words, and name and phone of who has no account",
    after=RECORDS_KEPT,
    since=Coalesce("decided_at", F("filed_at")),
    said="it was decided",
    columns={
        "words": "",
        "caller_name": "",
        "caller_phone": "",
        "caller_index": "",
        "search": None,
        "secret": "",
    },
    where=OVER,
    trip="trip__code",
    case="code",
)
goes_with("complaints.Evidence", FILES, "which file belongs to which case", "core.StoredPicture")
goes_with("complaints.Assignment", WORK, "who of the staff had a case", "complaints.Complaint")
emptied(
    "complaints.Accident",
    CASES,
    "place and words of an accident",
    after=RECORDS_KEPT,
    since="opened_at",
    said="it was recorded",
    columns={"place": "", "words": ""},
    where=~Q(claims__state__in=[ClaimState.OPEN, ClaimState.PROPOSED]),
    trip="trip__code",
    case="code",
)
emptied(
    "complaints.Claim",
    CASES,
    "name and phone of who claims",
    after=RECORDS_KEPT,
    since=Coalesce("settled_at", F("decided_at")),
    said="it was decided",
    columns={"name": "", "phone": "", "phone_index": "", "reason": "", "secret": ""},
    trip="accident__trip__code",
    case="code",
)
goes_with("complaints.ClaimPaper", FILES, "which document belongs to which claim", "core.StoredPicture")
emptied(
    "complaints.Satisfaction",
    CARE,
    "a score from 1 to 5, and the secret of the page that asks for it",
    after=TRACES_KEPT,
    since="asked_at",
    said="it was asked; the score stays, without a name",
    columns={"secret": ""},
)
emptied(
    "complaints.CareTask",
    CARE,
    "what to do for somebody, and what came of it",
    after=RECORDS_KEPT,
    since="done_at",
    said="it was done",
    columns={"words": "", "outcome": ""},
    trip="complaint__trip__code",
)
destroyed(
    "complaints.CareConsent",
    CARE,
    "that somebody wished to be greeted",
    after=RECORDS_KEPT,
    since="withdrawn_at",
    said="it was withdrawn",
    person="account",
)
nobody("complaints.Campaign", "complaints.Macro", "complaints.Article", why="texts of the staff for many")
goes_with("complaints.Timer", CASES, "limits of a case", "complaints.Complaint")
goes_with("complaints.Pause", CASES, "when a limit did not run", "complaints.Complaint")
goes_when_left("complaints.TeamMember", WORK, "in which team somebody is")
goes_when_left("complaints.SavedView", WORK, "a filter of the queue")
destroyed(
    "complaints.Call",
    CASES,
    "the number of who called",
    after=MESSAGES_KEPT,
    since="rang_at",
    said="it rang",
    person="number_index:phone_index",
)
emptied(
    "complaints.OutsideMessage",
    CASES,
    "sender and words of a message from outside",
    after=RECORDS_KEPT,
    since="at",
    said="it came",
    columns={"sender": "", "words": "", "trip": ""},
    where=Q(complaint=None) | OF_OVER,
    trip="complaint__trip__code",
    case="complaint__code",
)
emptied(
    "complaints.Statement",
    CASES,
    "what a side was asked and answered",
    after=RECORDS_KEPT,
    since="asked_at",
    said="it was asked",
    columns={"question": "", "words": ""},
    where=OF_OVER,
    trip="complaint__trip__code",
    case="complaint__code",
)
let_go(
    "complaints.Decision",
    CASES,
    "the reason of a decision",
    after=RECORDS_KEPT,
    since="at",
    said="the decision",
    ends="`reason` emptied",
    where=OF_OVER,
    trip="complaint__trip__code",
    case="complaint__code",
    columns=["reason"],
)
stays("complaints.Measure", CASES, "codes of what a decision did", "what was done for good stays in force")
emptied(
    "complaints.Appeal",
    CASES,
    "words of who appeals",
    after=RECORDS_KEPT,
    since="decided_at",
    said="it was decided",
    columns={"words": ""},
    where=OF_OVER,
    trip="complaint__trip__code",
    case="complaint__code",
)
destroyed(
    "complaints.Shift",
    WORK,
    "when somebody works",
    after=RECORDS_KEPT,
    since="ends_at",
    said="it ended",
)
nobody("complaints.RosterGap", why="hours and numbers of a roster")
destroyed(
    "complaints.PracticeRun",
    WORK,
    "answers and points of an exercise",
    after=RECORDS_KEPT,
    since="begun_at",
    said="it began",
)
emptied(
    "complaints.WorkSummary",
    WORK,
    "words of the staff about their own work",
    after=RECORDS_KEPT,
    since="submitted_at",
    said="it was given",
    columns={"judgement": "", "learned": "", "skills": "", "goals": "", "reply": ""},
)
