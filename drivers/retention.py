"""How long each table of drivers is kept (`core.retention`)."""

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
    nobody,
    stays,
)
from core.tables import FILES, MONEY
from drivers.policies import CERTIFICATES_KEPT

DRIVING = data(
    "driving",
    pgettext_lazy("kind of data", "Papers and vetting of drivers"),
    purpose=_("nobody drives who may not: certificates, screening, holds, appeals"),
    ground=Ground.LAW,
    law=_("Interim Measures on online taxis art. 14, 18 and 27: two years"),
    processors=_("the registries that are asked about drivers"),
)
FACES = data(
    "faces",
    pgettext_lazy("kind of data", "Faces of drivers"),
    purpose=_("who drives is who was vetted"),
    ground=Ground.CONSENT,
    law=_("Personal Information Protection Law art. 28, 29 and 47: deleted with the consent"),
)

goes_by(
    "drivers.Driver",
    DRIVING,
    "licence number, vetted portrait",
    "accounts.erase",
    "emptied with the account; its code stays",
)
stays(
    "drivers.Vehicle",
    DRIVING,
    "plate, model, colour, VIN of a car",
    "it names nobody: whose it was stands in the binding, which goes",
)
destroyed(
    "drivers.Paper",
    DRIVING,
    "number and end of a certificate",
    after=CERTIFICATES_KEPT,
    since="replaced_at",
    said="it was replaced, or its driver left",
    person=("driver__account", "vehicle__bindings__driver__account"),
)
destroyed(
    "drivers.Binding",
    DRIVING,
    "who may drive which car",
    after=RECORDS_KEPT,
    since="ended_at",
    said="it ended",
    person="driver__account",
)
destroyed(
    "drivers.Bar",
    DRIVING,
    "keyed index of a licence, or a plate",
    after=TRACES_KEPT,
    since="lifted_at",
    said="it was lifted",
)
destroyed(
    "drivers.Hold",
    DRIVING,
    "why a driver got no orders",
    after=RECORDS_KEPT,
    since="released_at",
    said="it ended",
    where=Q(appeal=None),
    one_by_one=True,
    person="driver__account",
)
emptied(
    "drivers.Screening",
    DRIVING,
    "what registries answered about a driver",
    after=CERTIFICATES_KEPT,
    since="answered_at",
    said="they answered",
    columns={"answers": ""},
    person="driver__account",
)
nobody("drivers.ScreeningRun", "drivers.ScreeningChunk", why="how far the screening of the fleet is")
emptied(
    "drivers.Application",
    DRIVING,
    "what was typed and read from certificates",
    after=CERTIFICATES_KEPT,
    since="decided_at",
    said="it was decided",
    columns={"given": "", "read": "", "reason": ""},
    also=(
        "drivers.forget_drafts",
        "a draft that was never sent is destroyed `core.messages_kept` (183 days) after it was begun, with its photos",
    ),
    person="driver__account",
)
let_go(
    "drivers.VettingDecision",
    DRIVING,
    "the reason of a decision",
    after=RECORDS_KEPT,
    since="decided_at",
    said="the decision",
    ends="`reason` emptied",
    columns=["reason"],
    person="application__driver__account",
)
emptied(
    "drivers.VettingCase",
    DRIVING,
    "the reason of a decision",
    after=RECORDS_KEPT,
    since="decided_at",
    said="it was decided",
    columns={"reason": ""},
    case="code",
    person="driver__account",
)
emptied(
    "drivers.Appeal",
    DRIVING,
    "words of a driver, the reason of a decision",
    after=RECORDS_KEPT,
    since="decided_at",
    said="it was decided",
    columns={"words": "", "reason": ""},
    case="code",
    person=("hold__driver__account", "decision__application__driver__account"),
)
goes_when_left("drivers.FaceTemplate", FACES, "a protected description of a face; goes also with the consent")
emptied(
    "drivers.FaceCheck",
    FACES,
    "figures of a check",
    after=RECORDS_KEPT,
    since="asked_at",
    said="it was asked for",
    columns={"facts": {}, "score": None},
    trip="subject",
)
goes_with("drivers.VideoCall", FACES, "who called by video, and for how long", "drivers.FaceCheck")
goes_by(
    "drivers.VideoSignal",
    FACES,
    "network addresses of the two browsers of a video call",
    "drivers.end_calls",
    "deleted when the call ends, at the latest a minute after its time is over",
)
goes_with("drivers.VideoPart", FILES, "which file belongs to which recorded video call", "core.StoredPicture")
goes_with("drivers.FaceFrame", FILES, "which picture belongs to which check", "core.StoredPicture")
goes_with("drivers.PlatePhoto", FILES, "a plate as it was read at a pick-up", "core.StoredPicture")
destroyed(
    "drivers.OnlineSpell",
    DRIVING,
    "when somebody drove on a line",
    after=RECORDS_KEPT,
    since="ended_at",
    said="it ended",
    person="driver__account",
)
emptied(
    "drivers.MismatchReport",
    DRIVING,
    "phone and words of who reported a car",
    after=RECORDS_KEPT,
    since="reported_at",
    said="it was reported",
    columns={"phone": "", "words": ""},
    trip="trip",
    case="code",
)
emptied(
    "drivers.Reward",
    MONEY,
    "the reason of a reward",
    after=RECORDS_KEPT,
    since="due_since",
    said="it was due",
    columns={"reason": ""},
    person="case__driver__account",
)
