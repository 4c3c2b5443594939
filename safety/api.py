"""SOS and welfare checks for native clients and partners."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import centre, typed
from core.api import read
from core.errors import Forbidden, NotFound
from core.limits import asker_of
from core.machines import note_refused
from core.typed.fields import AnyText
from rides.errors import PositionToken
from rides.selectors import check_key, trip_by_code
from rides.tokens import TripKey, read_key
from safety import keys, selectors, services
from safety.states import AccidentAnswer, Answer, CallerPhrase, CentreWord, Origin, RecordingPurpose
from safety.views import KEY_HEADER, is_crowd, read_position

if TYPE_CHECKING:
    from safety.models import Incident


KEY_HELP = "The key of the trip's page; no session is needed"


class _Degrees(serializers.FloatField):
    """A coordinate that comes along with a call for help, which is never refused for it: what cannot be read is none."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """None for what is no number on the globe."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError:
            return None


class _Silent(serializers.BooleanField):
    """Whether she can be called back. What cannot be read is taken for the word that keeps her phone quiet."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """True for what is no answer."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError:
            return True


class _Shown(serializers.IntegerField):
    """What her screen shows, which comes along with her words: what is no number reports nothing."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """0 for what is no number of a message."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError:
            return 0


class SosInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400, help_text=KEY_HELP)
    lat = _Degrees(required=False, allow_null=True, min_value=-90, max_value=90)
    lon = _Degrees(required=False, allow_null=True, min_value=-180, max_value=180)
    silent = _Silent(required=False, default=False)


class WrittenOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    from_staff = serializers.BooleanField()
    phrase = serializers.CharField(allow_blank=True)
    text = serializers.CharField(help_text="Phrase and words, in the language that was asked for")
    at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(
        allow_null=True, help_text="When the other end had it before its eyes: a person, or this side's page"
    )


class SosOutput(serializers.Serializer[Any]):
    incident = serializers.CharField()
    taken_at = serializers.DateTimeField(
        allow_null=True, help_text="When a person looked at this side's call for help; null where nobody has"
    )
    waits_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when a tap waits for a person; null where all were looked at"
    )
    silent = serializers.BooleanField(help_text="Whether this side's phone must not ring")
    heard_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when somebody hears this side's live sound; null where nobody does"
    )
    written = WrittenOutput(many=True)


class WordsInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400)
    words = AnyText(required=False, default="", allow_blank=True)
    phrase = serializers.ChoiceField(
        choices=CallerPhrase.choices, required=False, default="", allow_blank=True
    )
    silent = _Silent(required=False, allow_null=True, default=None)
    submission = AnyText(required=False, default="", allow_blank=True, help_text="The same value writes once")
    shown = _Shown(
        required=False,
        default=0,
        min_value=0,
        max_value=typed.number.MOST,
        help_text="Number of the newest message on the screen",
    )


class AnswerInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400)
    answer = serializers.ChoiceField(choices=[Answer.FINE, Answer.NOT_WELL, Answer.DURESS])


class AskedOutput(serializers.Serializer[Any]):
    asks = serializers.ChoiceField(
        choices=["", "ride", "accident"],
        help_text="'ride' is answered at `answer/`, 'accident' at `accident/`; empty where nothing is asked",
    )
    until = serializers.DateTimeField(allow_null=True, help_text="Until when it is asked")


class AccidentInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400, help_text=KEY_HELP)
    answer = serializers.ChoiceField(choices=AccidentAnswer.choices)


class AccidentOutput(serializers.Serializer[Any]):
    accident = serializers.BooleanField(
        help_text="Whether this side told of an accident: 120 is to be offered then"
    )


class CheckInput(serializers.Serializer[Any]):
    missing_phone = AnyText(required=False, default="", allow_blank=True)
    reporter_phone = AnyText(required=False, default="", allow_blank=True)
    words = AnyText(required=False, default="", allow_blank=True)
    reporter_name = AnyText(required=False, default="", allow_blank=True)
    relation = AnyText(required=False, default="", allow_blank=True)
    submission = AnyText(
        required=False,
        default="",
        allow_blank=True,
        help_text="The same report with the same value is filed once",
    )


class EvidenceInput(serializers.Serializer[Any]):
    words = AnyText()


class MendInput(serializers.Serializer[Any]):
    missing_phone = AnyText(required=False, default="", allow_blank=True)
    reporter_phone = AnyText(required=False, default="", allow_blank=True)


class CheckOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    secret = serializers.CharField()
    owned_since = serializers.DateTimeField(allow_null=True)
    police = serializers.CharField()
    missing_doubted = serializers.BooleanField(help_text="The missing person's number may be wrong: mend it")
    reporter_doubted = serializers.BooleanField(help_text="Your own may be wrong")


def _key(body: dict[str, str], code: str) -> TripKey:
    key = read_key(body["key"])
    if key.trip != code:
        raise PositionToken
    check_key(key)
    return key


class SosView(APIView):
    """Call for help on a trip; again adds to the same incident."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=SosInput, responses={201: SosOutput})
    def post(self, request: Request, code: str) -> Response:
        body = read(SosInput, request)
        position = read_position(str(body.get("lat")), str(body.get("lon")))
        key = _key(body, code)
        with services.in_even_time(key.party):
            incident = services.raise_sos(key=key, position=position, silent=body["silent"])
            first = incident.origin == Origin.SOS and incident.news == 1  # no tap but this one has opened it
            said = _just_opened(incident) if first else _call(key)
        return Response(said, status=201)


def _just_opened(incident: "Incident") -> dict[str, object]:
    """As `_call`, without asking: what one tap has opened nobody has seen, answered or heard yet."""
    return {
        "incident": incident.code,
        "taken_at": None,
        "waits_since": incident.opened_at,
        "silent": False,
        "heard_since": None,
        "written": [],
    }


def _call(key: TripKey) -> dict[str, object]:
    """What one side may know of its call for help. Raises `NotFound`."""
    call = selectors.sos_of_side(key.trip, key.party)
    if call is None:
        raise NotFound
    return {
        "incident": call.incident.code,
        "taken_at": call.seen_at,
        "waits_since": call.waits_since,
        "silent": call.silent,
        "heard_since": selectors.heard_since(key.trip, key.party),
        "written": [
            {
                "number": each.number,
                "from_staff": bool(each.message.staff),
                "phrase": each.message.phrase,
                "text": each.message.said,
                "at": each.message.at,
                "seen_at": each.seen_at,
            }
            for each in selectors.thread_of(call.incident, key.party)
        ],
    }


class WordsView(APIView):
    """What is written between a caller and staff, both ways; with nothing but the key it is read."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=WordsInput, responses=SosOutput)
    def post(self, request: Request, code: str) -> Response:
        body = read(WordsInput, request)
        key = _key(body, code)
        if body["shown"]:
            services.note_shown(key=key, last=body["shown"])
        if body["words"] or body["phrase"] or body["silent"] is not None:
            services.add_word(
                key=key,
                words=body["words"],
                phrase=body["phrase"],
                silent=body["silent"],
                submission=body["submission"],
            )
        return Response(_call(key))


class QuestionView(APIView):
    """The passenger's open question; the driver's key never finds one."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=AnswerInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        body = read(AnswerInput, request)
        services.answer_question(key=_key(body, code), answer=Answer(body["answer"]))
        return Response(status=204)


class AskedView(APIView):
    """What one side of a trip is asked now; the driver's is asked about an accident alone."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(
        parameters=[OpenApiParameter(KEY_HEADER, location="header", required=True, description=KEY_HELP)],
        responses=AskedOutput,
    )
    def get(self, request: Request, code: str) -> Response:
        """The key is in the header: an address is kept by logs and histories."""
        key = _key({"key": request.headers.get(KEY_HEADER, "")}, code)
        now = selectors.asked_now(trip_by_code(code), key.party)
        asks = "accident" if now.accident else "ride" if now.ride else ""
        return Response({"asks": asks, "until": now.until})


class AccidentView(APIView):
    """Whether there was an accident, as one side says: it was asked, and the other's answer is its own."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=AccidentInput, responses=AccidentOutput)
    def post(self, request: Request, code: str) -> Response:
        body = read(AccidentInput, request)
        told = services.answer_about_accident(key=_key(body, code), answer=AccidentAnswer(body["answer"]))
        return Response({"accident": told})


class SoundInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400, help_text=KEY_HELP)
    purpose = serializers.ChoiceField(choices=RecordingPurpose.choices)
    day = serializers.CharField(max_length=8, help_text="Of the key of the day")
    wrapped = serializers.CharField(
        max_length=1000, help_text="The recording's AES-256 key, wrapped with RSA-OAEP (SHA-256), base64"
    )
    mime = serializers.CharField(max_length=60)


class SoundOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    token = serializers.CharField(help_text="Opens POST /live/audio/ for this recording's chunks")
    slice_ms = serializers.IntegerField()


class SoundKeyOutput(serializers.Serializer[Any]):
    day = serializers.CharField()
    spki = serializers.CharField(help_text="RSA public key, SubjectPublicKeyInfo, base64")


class SoundEndInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=400)
    last = serializers.IntegerField(
        min_value=-1, max_value=200_000, help_text="Number of the last chunk, -1 for none"
    )


class ConsentInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400)
    agreed = serializers.BooleanField()


class KeyInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400)


class ShareOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    address = serializers.CharField()


class OutsideWordsOutput(serializers.Serializer[Any]):
    incident = serializers.CharField()


class _Open(APIView):
    """A key in the body is the authority; no session is needed."""

    permission_classes = [AllowAny]
    authentication_classes = []


class SoundKeyView(_Open):
    """The key of the day, to which a phone wraps the key of its recording."""

    @extend_schema(responses=SoundKeyOutput)
    def get(self, request: Request) -> Response:
        found = keys.public_key()
        return Response({"day": found.day, "spki": found.spki})


class SoundView(_Open):
    """Begin a recording: live after SOS, or the whole trip with both sides' consent."""

    @extend_schema(request=SoundInput, responses={201: SoundOutput})
    def post(self, request: Request, code: str) -> Response:
        body = read(SoundInput, request)
        begun = services.begin_recording(
            key=_key(body, code),
            purpose=RecordingPurpose(body["purpose"]),
            day=body["day"],
            wrapped=body["wrapped"],
            mime=body["mime"],
        )
        return Response({"code": begun.code, "token": begun.token, "slice_ms": begun.slice_ms}, status=201)


class SoundEndView(_Open):
    """End a recording; chunks up to the last one may still come."""

    @extend_schema(request=SoundEndInput, responses={204: None})
    def post(self, request: Request) -> Response:
        body = read(SoundEndInput, request)
        services.end_recording(code=services.recording_of_token(body["token"]), last=body["last"])
        return Response(status=204)


class ConsentView(_Open):
    """Agree to the recording of this trip, refuse, or withdraw; the ride does not depend on it."""

    @extend_schema(request=ConsentInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        body = read(ConsentInput, request)
        services.answer_recording(key=_key(body, code), agreed=body["agreed"])
        return Response(status=204)


class SharesView(_Open):
    """Make a link to this trip for friends and family."""

    @extend_schema(request=KeyInput, responses={201: ShareOutput})
    def post(self, request: Request, code: str) -> Response:
        share = services.share_trip(key=_key(read(KeyInput, request), code))
        return Response({"number": share.pk, "address": services.address_of(share.token)}, status=201)


class ShareView(_Open):
    """End a link."""

    @extend_schema(
        parameters=[OpenApiParameter(KEY_HEADER, location="header", required=True, description=KEY_HELP)],
        responses={204: None},
    )
    def delete(self, request: Request, code: str, number: int) -> Response:
        """The key is in the header: what a `DELETE` has in its body has no meaning, and may be dropped on its way."""
        shown = request.headers.get(KEY_HEADER)
        body = (
            {"key": shown} if shown else read(KeyInput, request)
        )  # where a client sends it in the body still
        services.revoke_share(key=_key(body, code), number=number)
        return Response(status=204)


def _show(secret: str) -> dict[str, object]:
    check = services.check_by_secret(secret)
    return {
        "code": check.code,
        "secret": secret,
        "owned_since": selectors.check_owned(check).seen_at,
        "police": "110",
        "missing_doubted": check.missing_doubted,
        "reporter_doubted": check.reporter_doubted,
    }


class ChecksView(APIView):
    """File a welfare check; the answer is the same for every phone number, and nothing about it is refused."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=CheckInput, responses={201: CheckOutput})
    def post(self, request: Request) -> Response:
        filed = services.file_welfare_check(
            **read(CheckInput, request), from_crowd=is_crowd(request), asker=asker_of(request)
        )
        return Response(_show(filed.secret), status=201)


class CheckView(APIView):
    """Where my report stands; add what I learned."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(responses=CheckOutput)
    def get(self, request: Request, secret: str) -> Response:
        return Response(_show(secret))

    @extend_schema(operation_id="welfare_checks_add", request=EvidenceInput, responses=CheckOutput)
    def post(self, request: Request, secret: str) -> Response:
        services.add_evidence(secret=secret, **read(EvidenceInput, request))
        return Response(_show(secret))

    @extend_schema(request=MendInput, responses=CheckOutput)
    def patch(self, request: Request, secret: str) -> Response:
        """Put right a number that was read wrongly."""
        services.mend_check(
            secret=secret,
            **read(MendInput, request),
            from_crowd=is_crowd(request),
            asker=asker_of(request),
        )
        return Response(_show(secret))


class CentreInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64, help_text="What we sent the case under")
    case = serializers.CharField(max_length=40, help_text="The centre's own number of it")
    said = serializers.ChoiceField(choices=CentreWord.choices)


class CentreView(APIView):
    """The emergency centre (110) says how far a case is. Its body is signed (`core.centre`); again is harmless."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(request=CentreInput, responses={200: None})
    def post(self, request: Request) -> Response:
        try:
            centre.check_signed(request.headers.get(centre.HEADER, ""), request.body)
        except Forbidden:
            note_refused(request, "emergency centre")
            raise
        given = read(CentreInput, request)
        services.hear_centre(key=given["key"], number=given["case"], said=CentreWord(given["said"]))
        return Response(status=200)
