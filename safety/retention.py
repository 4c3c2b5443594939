"""How long each table of safety is kept (`core.retention`)."""

from django.db.models import Q
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
    goes_when_left,
    goes_with,
    let_go,
    named,
    nobody,
)
from rides.states import OVER
from safety.states import IncidentState

HELP = data(
    "help",
    pgettext_lazy("kind of data", "Calls for help and incidents"),
    purpose=_("somebody in danger is helped, and it can be learned from"),
    ground=Ground.LIFE,
    law=_("E-Commerce Law art. 31 and 38; Civil Code art. 188: claims are possible for three years"),
    processors=_("the telephone relay; emergency services"),
)
SOUND = data(
    "sound",
    pgettext_lazy("kind of data", "Recordings of trips"),
    purpose=_("what happened in a car can be heard, where both sides agreed or somebody called for help"),
    ground=Ground.CONSENT,
    law=_("kept 72 hours after the trip, longer only for a case"),
    processors=_("storage, which holds them encrypted"),
)
CLOSED = Q(incident__state=IncidentState.CLOSED)

# What messages name, where they do not name the trip.
named("safety.Incident", "trip__code")
named("safety.WelfareCheck", "incident__trip__code")

emptied(
    "safety.Incident",
    HELP,
    "keyed index of a missing person's phone",
    after=RECORDS_KEPT,
    since="closed_at",
    said="it was closed",
    columns={"missing_index": ""},
    trip="trip__code",
    case="code",
)
for table, what in (
    ("safety.Caller", "which side called, and when it was called back"),
    ("safety.Signal", "figures that spoke for danger"),
    ("safety.SafetyQuestion", "'Are you all right?', and the answer"),
    ("safety.AccidentQuestion", "'Has there been an accident?', and both answers"),
    ("safety.AutomatedCall", "an automated call about such a question, and the key that was pressed"),
    ("safety.Acknowledgement", "who of the staff looked"),
    ("safety.PlacedCall", "a call through the relay"),
):
    goes_with(table, HELP, what, "rides.Trip")
emptied(
    "safety.SosCall",
    HELP,
    "where somebody called for help",
    after=RECORDS_KEPT,
    since="at",
    said="the call",
    columns={"latitude": None, "longitude": None},
    where=CLOSED,
    trip="incident__trip__code",
    case="incident__code",
)
emptied(
    "safety.WelfareCheck",
    HELP,
    "names and phones of a missing person and of who worries",
    after=RECORDS_KEPT,
    since="filed_at",
    said="it was filed",
    columns={
        "missing_phone": "",
        "missing_written": "",
        "reporter_written": "",
        "reporter_phone": "",
        "reporter_index": "",
        "reporter_name": "",
        "relation": "",
        "secret": "",
    },
    where=CLOSED,
    trip="incident__trip__code",
    case="incident__code",
)
emptied(
    "safety.EmergencyPush",
    HELP,
    "the link that the emergency centre opened",
    after=TRACES_KEPT,
    since="closed_at",
    said="it was closed there",
    columns={"secret": ""},
    case="incident__code",
)
emptied(
    "safety.MaliceAppeal",
    HELP,
    "words of who called for help",
    after=RECORDS_KEPT,
    since="decided_at",
    said="it was decided",
    columns={"words": "", "reason": ""},
    trip="incident__trip__code",
    case="incident__code",
)
emptied(
    "safety.HelpMessage",
    HELP,
    "words between who called for help and the staff",
    after=RECORDS_KEPT,
    since="at",
    said="they were written",
    columns={"words": ""},
    where=CLOSED,
    trip="incident__trip__code",
    case="incident__code",
)
destroyed(
    "safety.RecordingConsent",
    SOUND,
    "whether one side agreed to the recording of a trip",
    after=RECORDS_KEPT,
    since="at",
    said="the answer",
    trip="trip__code",
)
goes_when_left("safety.RecordingRefusal", SOUND, "that somebody is never to be recorded")
goes_by(
    "safety.Recording",
    SOUND,
    "sound, as encrypted chunks in storage",
    "safety.destroy_recordings",
    "destroyed `safety.recording_kept` (72 hours) after the trip, unless something holds it; the row stays as a receipt",
)
goes_by(
    "safety.RecordingKey",
    SOUND,
    "the key of a recording",
    "safety.destroy_recordings",
    "destroyed with the recording",
)
nobody("safety.RecordingReceipt", why="digests of what was destroyed")
let_go(
    "safety.RecordingPlay",
    SOUND,
    "who of the staff listened, with which reason",
    after=RECORDS_KEPT,
    since="at",
    said="it was played",
    ends="destroyed",
    trip="recording__trip__code",
)
emptied(
    "safety.TripShare",
    HELP,
    "the link to a trip, and a contact's phone",
    after=TRACES_KEPT,
    since="created_at",
    said="it was made",
    columns={"token": "", "contact_phone": ""},
    where=Q(trip__state__in=OVER),
    trip="trip__code",
)
