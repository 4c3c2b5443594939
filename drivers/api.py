"""Face checks and going online, for native clients and for the pages' camera."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import check_door
from accounts.states import Role
from core.api import read
from core.errors import InvalidInput
from drivers import services
from drivers.models import Driver
from drivers.policies import DAILY_LINES
from drivers.selectors import driver_of
from drivers.states import FacePurpose


class AskInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=[FacePurpose.ACCEPT, FacePurpose.DAILY, FacePurpose.PICKUP])
    subject = serializers.CharField(
        max_length=20, required=False, default="", allow_blank=True, help_text="The trip, where it is for one"
    )


class AskOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    challenge = serializers.ListField(child=serializers.CharField(), help_text="Poses, in order")
    expires_at = serializers.DateTimeField()


class FramesInput(serializers.Serializer[Any]):
    step0 = serializers.ListField(
        child=serializers.ImageField(), help_text="Frames of the first pose; step1, step2 … follow"
    )


class FramesOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    token = serializers.CharField(help_text="Opens what the check was for, once, for five minutes")


class AppealInput(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=4000)


class AppealOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    due_at = serializers.DateTimeField()


class OnlineInput(serializers.Serializer[Any]):
    line = serializers.ChoiceField(choices=sorted(DAILY_LINES))


class DriverView(APIView):
    """Knows the driver before it reads a body."""

    driver: Driver

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.driver = driver_of(check_door(request, Role.MEMBER))


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
        if purpose != FacePurpose.DAILY and not body["subject"]:
            raise InvalidInput("subject")
        check = services.ask_face_check(driver=self.driver, purpose=purpose, subject=body["subject"])
        return Response(AskOutput(check).data, status=201)


class FaceFramesView(DriverView):
    """The frames of a check; a check that does not pass is 403 with `face_refused` or `face_frozen`."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": FramesInput}, responses=FramesOutput)
    def post(self, request: Request, code: str) -> Response:
        steps = sorted(name for name in request.FILES if name.startswith("step") and name[4:].isdigit())
        steps.sort(key=lambda name: int(name[4:]))
        frames = [[file.read() for file in request.FILES.getlist(name)] for name in steps]
        outcome = services.answer_face_check(driver=self.driver, code=code, frames=frames)
        if outcome.refusal:
            raise outcome.refusal
        return Response({"state": outcome.check.state, "token": outcome.token})


class AppealView(DriverView):
    """Object to one of my holds, once; somebody who had no part in it decides."""

    @extend_schema(request=AppealInput, responses={201: AppealOutput})
    def post(self, request: Request, code: str) -> Response:
        row = services.appeal(driver=self.driver, code=code, words=read(AppealInput, request)["words"])
        return Response(AppealOutput(row).data, status=201)


class OnlineView(DriverView):
    """Go online on a line with a daily check; go offline."""

    @extend_schema(request=OnlineInput, responses={201: None})
    def post(self, request: Request) -> Response:
        spell = services.go_online(driver=self.driver, line=read(OnlineInput, request)["line"])
        return Response({"line": spell.line, "since": spell.began_at}, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        services.go_offline(driver=self.driver)
        return Response(status=204)
