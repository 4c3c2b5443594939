"""Applications, face checks, going online and reports, for native clients and for the pages' camera."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Account
from core import typed
from core.access import check_permission
from core.api import read
from core.errors import InvalidInput, NotFound
from core.limits import asker_of
from core.permissions import may
from core.typed.fields import PHONE, PLATE, TypedInput, digits
from drivers import services
from drivers.models import Application, Driver, MismatchReport
from drivers.policies import VIDEO_CONSENT
from drivers.relays import relays_for
from drivers.selectors import (
    call_with,
    driver_of,
    is_enrolled,
    newest_application,
    signals_for,
    standing_decision,
    video_check_of,
)
from drivers.services.applications import check_application, given_of, read_of
from drivers.states import CallSide, CallWord, Certificate, FacePurpose, Line, PlateSpot
from drivers.vision.plates import spot_of


class AskInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=FacePurpose.choices)
    subject = serializers.CharField(
        max_length=20, required=False, default="", allow_blank=True, help_text="The trip, where it is for one"
    )


class AskOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    pose = serializers.CharField(help_text="The first pose; each other is said after it")
    poses = serializers.IntegerField(help_text="How many there are")
    expires_at = serializers.DateTimeField()


class VideoOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SayInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=CallWord.choices)
    body = serializers.CharField(
        max_length=32_768,
        required=False,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="For the other browser: JSON of `round` with `sdp` or `candidate`; a word for trouble",
    )


class SaidOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="Listen to what comes after it; 0 where nothing is kept")
    ice_servers = serializers.ListField(
        child=serializers.DictField(),
        help_text="For `RTCPeerConnection`, after `hello` alone; empty: from browser to browser",
    )


class SignalOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    body = serializers.CharField()


class HeardOutput(serializers.Serializer[Any]):
    signals = SignalOutput(many=True)
    seconds = serializers.IntegerField(help_text="For how many seconds both have seen each other")
    recorded = serializers.BooleanField(help_text="The driver agrees to a recording now")


class PartInput(serializers.Serializer[Any]):
    take = serializers.CharField(max_length=36, help_text="One for each recorder: a random UUID")
    number = serializers.IntegerField(min_value=0, max_value=10_000)
    part = serializers.FileField()


class TakenInput(serializers.Serializer[Any]):
    digest = serializers.RegexField(r"^[0-9a-f]{64}\Z", help_text="SHA-256 of the picture, as hex")
    at = serializers.IntegerField(
        min_value=0, max_value=600_000, help_text="Milliseconds since the pose was said"
    )


class FollowInput(serializers.Serializer[Any]):
    frames = serializers.ListField(child=TakenInput(), min_length=1, max_length=4)


class FollowOutput(serializers.Serializer[Any]):
    pose = serializers.CharField(allow_blank=True, help_text="The next pose; empty after the last")


class FramesInput(serializers.Serializer[Any]):
    step0 = serializers.ListField(
        child=serializers.FileField(),
        min_length=1,
        help_text="Frames of the first pose; step1, step2 … follow",
    )


class FramesOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    token = serializers.CharField(help_text="Opens what the check was for, once, for five minutes")
    spot = serializers.ChoiceField(
        PlateSpot.choices,
        required=False,
        help_text="Before a pick-up: where on the photo of the car its plate has to stand",
    )


class BeginInput(serializers.Serializer[Any]):
    line = serializers.ChoiceField(choices=Line.choices, default=Line.HITCH)


class FieldsInput(serializers.Serializer[Any]):
    line = serializers.ChoiceField(choices=Line.choices, required=False)
    fields_typed = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True),
        help_text="As they stand on the certificates; dates as 2026-05-31, 长期 for a licence without an end",
    )


class FaultOutput(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()


class ApplicationOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    line = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField(help_text="Why it came back or was refused")
    given = serializers.DictField(child=serializers.CharField())
    read = serializers.DictField(help_text="What was read from each photo")
    faults = FaultOutput(many=True)
    enrolled = serializers.BooleanField()


class PhotoInput(serializers.Serializer[Any]):
    photo = serializers.FileField()


class ReporterCodeInput(serializers.Serializer[Any]):
    code = TypedInput(digits(6))


class StreetReportInput(serializers.Serializer[Any]):
    plate = TypedInput(PLATE)
    photo = serializers.FileField(allow_empty_file=True)
    words = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    phone = TypedInput(
        PHONE, required=False, default="", allow_blank=True, help_text="Where nobody is signed in"
    )
    submission = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="The same one reports once; without an account random, 16 characters or more. Danger is taken without it",
    )


class ReportOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    picture_fault = serializers.CharField(
        help_text="Why the photo was not kept (a code), empty where it was. Report again with another one."
    )

    mend_key = serializers.SerializerMethodField(
        help_text="With which plate and phone are put right; empty for whoever has an account"
    )

    def get_mend_key(self, report: MismatchReport) -> str:
        return services.key_of_report(report) if report.can_be_mended else ""


class MendReportInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64)
    plate = TypedInput(PLATE)
    phone = TypedInput(PHONE)


class AppealInput(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=4000)


class AppealOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    due_at = serializers.DateTimeField()


class DriverView(APIView):
    """Knows the driver before it reads a body."""

    driver: Driver

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.driver = driver_of(check_permission(request, "ride"))


class ApplicationView(APIView):
    """My application: how far it is; begin one; keep what I type."""

    @extend_schema(responses=ApplicationOutput)
    def get(self, request: Request) -> Response:
        found = newest_application(driver_of(check_permission(request, "ride")))
        if found is None:
            raise NotFound
        return _said(found)

    @extend_schema(request=BeginInput, responses={201: ApplicationOutput})
    def post(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        return _said(
            services.begin_application(account=account, line=read(BeginInput, request)["line"]), status=201
        )

    @extend_schema(request=FieldsInput, responses=ApplicationOutput)
    def patch(self, request: Request) -> Response:
        account, body = check_permission(request, "ride"), read(FieldsInput, request)
        return _said(
            services.save_fields(
                account=account, typed=body["fields_typed"], line=body.get("line", "")
            )
        )  # fmt: skip


def _said(application: Application, *, status: int = 200) -> Response:
    _found, faults = check_application(application)
    decision = standing_decision(application)
    body = {
        "code": application.code,
        "line": application.line,
        "state": application.state,
        "reason": decision.reason if decision else "" if application.proposed else application.reason,
        "given": given_of(application),
        "read": read_of(application),
        "faults": faults,
        "enrolled": is_enrolled(application.driver),
    }
    return Response(ApplicationOutput(body).data, status=status)


class CertificatePhotoView(APIView):
    """The photo of one certificate; what it says fills the fields that are still empty."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PhotoInput}, responses=ApplicationOutput)
    def post(self, request: Request, kind: str) -> Response:
        account = check_permission(request, "ride")
        if kind not in Certificate.values:
            raise NotFound
        photo = request.FILES.get("photo")
        if photo is None:
            raise InvalidInput("photo")
        return _said(
            services.save_photo(account=account, kind=Certificate(kind), content=photo)
        )  # fmt: skip


class SendApplicationView(APIView):
    """Send my application; 400 `certificates_faulty` carries a sentence and a code for every field."""

    @extend_schema(request=None, responses={202: ApplicationOutput})
    def post(self, request: Request) -> Response:
        return _said(services.submit_application(account=check_permission(request, "ride")), status=202)


class StreetReportsView(APIView):
    """Anybody reports a car that is not what it is registered as."""

    permission_classes = [AllowAny]
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": StreetReportInput}, responses={201: ReportOutput})
    def post(self, request: Request) -> Response:
        body = read(StreetReportInput, request)
        user = request.user
        report = services.report_from_street(
            account=user if isinstance(user, Account) and may(user, "ride") else None,
            phone=body["phone"],
            plate=body["plate"],
            words=body["words"],
            content=body["photo"],
            submission=body["submission"],
            asker=asker_of(request),
        )
        return Response(ReportOutput(report).data, status=201)


class MendReportView(APIView):
    """Whoever reported a car without an account puts plate or phone right, until that phone is proved."""

    permission_classes = [AllowAny]

    @extend_schema(request=MendReportInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        services.mend_report(code=code, asker=asker_of(request), **read(MendReportInput, request))
        return Response(status=204)


class ProveReporterView(APIView):
    """Whoever reported a car without an account shows the code that their phone got; the report then acts."""

    permission_classes = [AllowAny]

    @extend_schema(request=ReporterCodeInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        one_time = read(ReporterCodeInput, request)["code"]
        services.prove_reporter(code=code, one_time=one_time, asker=asker_of(request))
        return Response(status=204)


class VehicleInput(serializers.Serializer[Any]):
    plate = TypedInput(PLATE)


class VehicleView(DriverView):
    """Which of two bound cars I drive now; the next orders are taken with it."""

    @extend_schema(request=VehicleInput, responses={204: None})
    def post(self, request: Request) -> Response:
        services.say_vehicle(driver=self.driver, **read(VehicleInput, request))
        return Response(status=204)


class FaceConsentView(DriverView):
    """I agree to the text on faces."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        services.give_face_consent(driver=self.driver)
        return Response(status=204)


class FaceChecksView(DriverView):
    """Begin a face check; follow the poses within the time and send frames of each."""

    @extend_schema(request=AskInput, responses={201: AskOutput})
    def post(self, request: Request) -> Response:
        body = read(AskInput, request)
        purpose = FacePurpose(body["purpose"])
        if purpose in {FacePurpose.ACCEPT, FacePurpose.PICKUP} and not body["subject"]:
            raise InvalidInput("subject")
        check = services.ask_face_check(driver=self.driver, purpose=purpose, subject=body["subject"])
        said = {"code": check.code, "pose": check.challenge[0], "poses": len(check.challenge)}
        return Response(AskOutput(said | {"expires_at": check.expires_at}).data, status=201)


class FaceNextView(DriverView):
    """Name the pictures of a pose, which are sent when all poses were followed; the answer is the next pose."""

    @extend_schema(request=FollowInput, responses=FollowOutput)
    def post(self, request: Request, code: str) -> Response:
        taken = [services.Taken(**each) for each in read(FollowInput, request)["frames"]]
        followed = services.follow_face_check(driver=self.driver, code=code, taken=taken)
        if followed.refusal:
            raise followed.refusal
        return Response({"pose": followed.pose})


class FaceFramesView(DriverView):
    """The frames of a check; a check that does not pass is 403 with `face_refused` or `face_frozen`."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": FramesInput}, responses=FramesOutput)
    def post(self, request: Request, code: str) -> Response:
        numbers = {name: typed.number.guess(name[4:]) for name in request.FILES if name.startswith("step")}
        steps = sorted((number, name) for name, number in numbers.items() if number is not None)
        frames = [request.FILES.getlist(name) for _number, name in steps]
        outcome = services.answer_face_check(driver=self.driver, code=code, frames=frames)
        if outcome.refusal:
            raise outcome.refusal
        said = {"state": outcome.check.state, "token": outcome.token}
        if outcome.check.purpose == FacePurpose.PICKUP:
            said["spot"] = spot_of(outcome.token).value
        return Response(said)


class VideoChecksView(DriverView):
    """Ask for a reviewer's video call instead of the camera."""

    @extend_schema(request=AskInput, responses={201: VideoOutput})
    def post(self, request: Request) -> Response:
        body = read(AskInput, request)
        check = services.ask_video_check(
            driver=self.driver, purpose=FacePurpose(body["purpose"]), subject=body["subject"]
        )
        return Response(VideoOutput(check).data, status=201)


class VideoCheckView(DriverView):
    """How far it is; after the reviewer's yes, POST gives the token."""

    @extend_schema(responses=VideoOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(VideoOutput(video_check_of(self.driver, code)).data)

    @extend_schema(operation_id="driver_video_checks_collect", request=None, responses=FramesOutput)
    def post(self, request: Request, code: str) -> Response:
        token = services.claim_video_token(driver=self.driver, code=code)
        return Response({"state": video_check_of(self.driver, code).state, "token": token})


NUMBER = {"type": "integer", "minimum": 0, "maximum": typed.number.MOST}


class SayView(APIView):
    """What the two browsers of a video call tell each other, for one side of it."""

    side: CallSide

    def account(self, request: Request) -> Account:
        raise NotImplementedError

    @extend_schema(parameters=[OpenApiParameter("after", NUMBER)], responses=HeardOutput)
    def get(self, request: Request, code: str) -> Response:
        account, after = self.account(request), typed.number.guess(request.query_params.get("after", "0"))
        if after is None:
            raise InvalidInput("after")
        call = call_with(account, code, self.side)
        heard = {
            "signals": [
                {"number": row.pk, "kind": row.kind, "body": row.body}
                for row in signals_for(call, self.side, after)
            ],
            "seconds": call.seconds,
            "recorded": call.check_row.driver.video_consent == VIDEO_CONSENT,
        }
        return Response(HeardOutput(heard).data)

    @extend_schema(request=SayInput, responses=SaidOutput)
    def post(self, request: Request, code: str) -> Response:
        account, body = self.account(request), read(SayInput, request)
        word = CallWord(body["kind"])
        number = services.say_in_call(
            account=account, code=code, side=self.side, word=word, body=body["body"]
        )
        # Whoever begins is a side of this call: nobody else comes so far.
        servers = relays_for(account, call_with(account, code, self.side)) if word == CallWord.HELLO else []
        return Response(SaidOutput({"number": number, "ice_servers": servers}).data)


class DriverSayView(SayView):
    """The driver's side of a video call (WebRTC): the reviewer offers, the driver answers."""

    side = CallSide.DRIVER

    def account(self, request: Request) -> Account:
        """Who drives or has applied."""
        return driver_of(check_permission(request, "ride")).account


class ReviewerSayView(SayView):
    """The reviewer's side of a video call that they took."""

    side = CallSide.REVIEWER

    def account(self, request: Request) -> Account:
        """Who may decide."""
        return check_permission(request, "vetting.decide")


class VideoRecordingView(APIView):
    """Some seconds of a recorded call from the browser of the reviewer who took it, in order; 409 without consent."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PartInput}, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        account, body = check_permission(request, "vetting.decide"), read(PartInput, request)
        services.keep_part(
            account=account, code=code, take=body["take"], number=body["number"], upload=body["part"]
        )
        return Response(status=204)


class AppealView(DriverView):
    """Object to one of my holds, once; somebody who had no part in it decides."""

    @extend_schema(request=AppealInput, responses={201: AppealOutput})
    def post(self, request: Request, code: str) -> Response:
        row = services.appeal(driver=self.driver, code=code, words=read(AppealInput, request)["words"])
        return Response(AppealOutput(row).data, status=201)
