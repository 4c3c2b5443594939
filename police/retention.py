"""How long each table of police is kept (`core.retention`)."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import (
    RECORDS_KEPT,
    Ground,
    data,
    emptied,
    goes_when_left,
    goes_with,
    let_go,
    named,
    nobody,
    stays,
)
from police.policies import OPEN_FOR
from police.states import REQUEST_TRANSITIONS

POLICE = data(
    "police",
    pgettext_lazy("kind of data", "What authorities asked"),
    purpose=_("police get at once what they may have, and each answer can be looked at afterwards"),
    ground=Ground.LAW,
    law=_(
        "E-Commerce Law art. 25, Interim Measures on online taxis art. 27, Personal Information Protection Law art. 13 no. 3 and art. 54"
    ),
    processors=_("police stations that asked"),
)
OVER = Q(state__in=REQUEST_TRANSITIONS.ends)

nobody("police.Agency", why="stations as the public register has them")
goes_when_left("police.Officer", POLICE, "number of a police officer, and the head who confirmed them")
named("police.PoliceRequest", "trip__code")
emptied(
    "police.PoliceRequest",
    POLICE,
    "what was asked with, letters and numbers of officers",
    after=RECORDS_KEPT,
    since="asked_at",
    said="it was asked",
    columns={
        "badge_number": "",
        "query_value": "",
        "phone_index": "",
        "supervisor_name": "",
        "supervisor_phone": "",
        "refusal": "",
        "letter_number": "",
        "certificates": "",
        "danger": "",
        "why_not_written": "",
    },
    where=OVER,
    trip="trip__code",
    case="code",
)
emptied(
    "police.Notice",
    POLICE,
    "a case and two officers, as a notice names them",
    after=RECORDS_KEPT,
    since="saved_at",
    said="it was saved last",
    columns={"filled": ""},
    trip="requests__trip__code",
    case="requests__code",
)
goes_with("police.NoticeFile", POLICE, "which file belongs to which notice", "core.StoredPicture")
# A pack is a copy for one purpose: its trip's data have holds of their own, and the hold that each request places on
# its trip keeps no pack. What must keep one names the request itself.
let_go(
    "police.Release",
    POLICE,
    "the pack as it was released",
    after=OPEN_FOR,
    since="released_at",
    said="it was released",
    ends="`pack` and `spoken_code` emptied; its digest stays",
    trip="request__code",
    columns=["pack", "spoken_code"],
)
emptied(
    "police.IdentityPart",
    POLICE,
    "the pack as it was after a call-back",
    after=OPEN_FOR,
    since="asked_at",
    said="it was asked",
    columns={"pack": "", "refusal": ""},
    trip="release__request__code",
)
emptied(
    "police.ReferenceCode",
    POLICE,
    "that somebody let the police have an incident of her own, and which request used it",
    after=RECORDS_KEPT,
    since="made_at",
    said="it was made",
    columns={"digest": None},
    trip="incident__trip__code",
)
emptied(
    "police.ReleaseError",
    POLICE,
    "what went wrong with a release, and why",
    after=RECORDS_KEPT,
    since="found_at",
    said="it was found",
    columns={"cause": "", "remedy": ""},
    trip="request__trip__code",
    case="request__code",
)
emptied(
    "police.Preservation",
    POLICE,
    "what was to be preserved, and by which letter",
    after=RECORDS_KEPT,
    since="asked_at",
    said="it was asked",
    columns={"letter_number": "", "query_value": "", "renewal_reason": ""},
)
stays("police.StationAnswer", POLICE, "what a station answered, by a link", "codes; it proves who was asked")
emptied(
    "police.ReleaseCopy",
    POLICE,
    "the files that were handed over, and who read what when",
    after=OPEN_FOR,
    since="release__released_at",
    said="it was released",
    columns={"content": ""},
    trip="release__request__code",
)
emptied(
    "police.ReleaseNotice",
    POLICE,
    "on which day somebody is told, and why it was put off",
    after=RECORDS_KEPT,
    since="told_at",
    said="they were told",
    columns={"later_reason": ""},
    trip="release__request__trip__code",
)
stays("police.ReleaseReview", POLICE, "who of the staff looked at a release", "codes; it proves the review")
