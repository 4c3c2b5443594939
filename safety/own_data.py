"""What safety keeps of somebody, for themselves (`core.own_data`): what they said, tapped and wrote; nothing of the other
side of a trip, and nothing that staff wrote about it."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.selectors import is_known_child, is_known_teen
from core import clock, formats, policy
from core.own_data import Consent, Json, consent, did, ends_with, part
from rides.states import OWN_PHONE, Party
from safety.models import (
    AccidentQuestion,
    HelpMessage,
    MaliceAppeal,
    Recording,
    RecordingConsent,
    RecordingRefusal,
    SafetyQuestion,
    SosCall,
    TripShare,
)
from safety.policies import RECORDING_KEPT, RECORDING_TEXT
from safety.retention import HELP, SOUND
from safety.services import set_recording

if TYPE_CHECKING:
    from accounts.models import Account


def _switch_recording(account: "Account", on: bool) -> None:
    set_recording(account=account, on=on)


@consent("recording", switch=_switch_recording)
def recording(account: "Account") -> Consent | None:
    """Whether they may be asked for the recording of a trip; each trip is agreed to by itself."""
    at = clock.now()
    if is_known_child(account, at):
        return None  # a guardian books, and agrees or not
    if is_known_teen(account, at):
        return _of_teen()
    refusal = RecordingRefusal.objects.filter(account=account).first()
    last = RecordingConsent.objects.filter(_own(account, "trip__")).order_by("-pk").first()
    text = policy.in_force(RECORDING_TEXT)
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    shown = refusal or last
    return Consent(
        "recording",
        _("Sound recordings of trips"),
        text.value[language],
        refusal is None and last is not None and last.audio,
        _(
            "You are not asked any more, and a recording that runs now stops. What was recorded before is destroyed after"
            " its %(time)s, because the other side agreed to it too. After a call for help sound is sent without a question."
        )
        % {"time": formats.span(policy.span(RECORDING_KEPT))},
        version=shown.version if shown else text.citation,
        at=shown.at if shown else None,
        state=_state(refusal, last),
        asked=refusal is None,
        withdraw=_("Never record my trips"),
        agree=_("Ask me on each trip"),
    )


def _of_teen() -> Consent:
    text = policy.in_force(RECORDING_TEXT)
    return Consent(
        "recording",
        _("Sound recordings of trips"),
        _(
            "Each of your trips is recorded with sound, encrypted, and destroyed after %(time)s where nothing happened."
            " Nobody hears it unless there is a case about the trip."
        )
        % {"time": formats.span(policy.span(RECORDING_KEPT))},
        True,
        "",
        version=text.citation,
        state=_("Your guardian agrees to it for you, when they confirm."),
        fixed=_("You cannot switch it off. It ends when your guardian is not your guardian any more."),
    )


def _state(refusal: RecordingRefusal | None, last: RecordingConsent | None) -> Promise:
    """How it stands. Who was never asked has agreed to nothing."""
    if refusal is not None:
        return _("You are never recorded, and not asked.")
    if last is None:
        return _("You are asked on each trip; you have not agreed to any yet.")
    return (
        _("You are asked on each trip. Last time you agreed.")
        if last.audio
        else _("You are asked on each trip. Last time you said no.")
    )


def _own(account: "Account", trip: str, at: str = "at") -> Q:
    """Rows of this account's own side of a trip: what was a driver's before them is not theirs, nor what somebody did
    for whom they booked it."""
    hers = Q(**{f"{trip}passenger": account, f"{trip}rider_kind__in": OWN_PHONE, "party": Party.PASSENGER})
    since = {f"{at}__gte": F(f"{trip}accepted_at")}
    return hers | Q(**{f"{trip}driver__account": account, "party": Party.DRIVER}, **since)


@part("help", HELP.label)
def help_rows(account: "Account") -> Iterator[Json]:
    """Own calls for help, answers, words and links."""
    for call in SosCall.objects.filter(_own(account, "incident__trip__")).order_by("pk"):
        yield {"kind": "sos", "at": call.at, "latitude": call.latitude, "longitude": call.longitude}
    asked = SafetyQuestion.objects.filter(trip__passenger=account, trip__rider_kind__in=OWN_PHONE)
    for question in asked.select_related("trip").annotate(heard=F("call__state")).order_by("pk"):
        yield {
            "kind": "are_you_all_right",
            "trip": question.trip.code,
            "asked_at": question.asked_at,
            "answer": question.answer,
            "answered_at": question.answered_at,
            "by_telephone": question.heard or "",
        }
    for side, mine in (
        (Party.PASSENGER, Q(trip__passenger=account, trip__rider_kind__in=OWN_PHONE)),
        (Party.DRIVER, Q(trip__driver__account=account, asked_at__gte=F("trip__accepted_at"))),
    ):
        for about in AccidentQuestion.objects.filter(mine).select_related("trip").order_by("pk"):
            yield {
                "kind": "was_there_an_accident",
                "trip": about.trip.code,
                "asked_at": about.asked_at,
                "answer": getattr(about, side),
            }
    written = HelpMessage.objects.filter(_own(account, "incident__trip__"), staff="").order_by("pk")
    for message in written:
        yield {
            "kind": "word",
            "at": message.at,
            "phrase": message.phrase,
            "words": message.words,
        }
    for appeal in MaliceAppeal.objects.filter(account=account.code).order_by("pk"):
        yield {"kind": "appeal", "words": appeal.words, "filed_at": appeal.filed_at, "upheld": appeal.upheld}
    for share in (
        TripShare.objects.filter(_own(account, "trip__", "created_at")).select_related("trip").order_by("pk")
    ):
        yield {
            "kind": "shared",
            "trip": share.trip.code,
            "with": "contact" if share.contact else "link",
            "created_at": share.created_at,
            "revoked_at": share.revoked_at,
        }


@part("sound", SOUND.label)
def sound_rows(account: "Account") -> Iterator[Json]:
    """Own answers, and recordings of the own phone. The sound itself has two voices, and is in no file of one."""
    for answer in (
        RecordingConsent.objects.filter(_own(account, "trip__")).select_related("trip").order_by("pk")
    ):
        yield {
            "kind": "answer",
            "trip": answer.trip.code,
            "agreed": answer.audio,
            "version": answer.version,
            "at": answer.at,
        }
    for row in (
        Recording.objects.filter(_own(account, "trip__", "begun_at")).select_related("trip").order_by("pk")
    ):
        yield {
            "kind": "recording",
            "trip": row.trip.code,
            "begun_at": row.begun_at,
            "ended_at": row.ended_at,
            "destroyed_at": row.destroyed_at,
        }


@ends_with
def sharing_ends(account: "Account", at: datetime) -> None:
    """Links of theirs open nothing any more."""
    links = list(TripShare.objects.filter(_own(account, "trip__", "created_at")).values_list("pk", flat=True))
    TripShare.objects.filter(pk__in=links, revoked_at=None).update(revoked_at=at)
    RecordingRefusal.objects.filter(account=account).delete()


# --- What they did themselves, as the journal has it

did(
    {
        "safety.recording_allowed": _("You agreed that trips are recorded."),
        "safety.recording_refused": _("You refused that trips are recorded."),
    }
)
