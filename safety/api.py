"""SOS and welfare checks for native clients and partners."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import read
from rides.errors import PositionToken
from rides.tokens import TripKey, read_key
from safety import services
from safety.states import Answer
from safety.views import read_position


class SosInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400, help_text="The key of the trip's page; no session is needed")
    lat = serializers.FloatField(required=False, allow_null=True)
    lon = serializers.FloatField(required=False, allow_null=True)
    silent = serializers.BooleanField(required=False, default=False)


class SosOutput(serializers.Serializer[Any]):
    incident = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)


class AnswerInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=400)
    answer = serializers.ChoiceField(choices=[Answer.FINE, Answer.NOT_WELL])


class CheckInput(serializers.Serializer[Any]):
    missing_phone = serializers.CharField(max_length=30)
    reporter_phone = serializers.CharField(max_length=30)
    words = serializers.CharField(max_length=2000)
    reporter_name = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    relation = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    submission = serializers.CharField(max_length=64, help_text="The same value files once")


class EvidenceInput(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=2000)


class CheckOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    secret = serializers.CharField()
    owned_since = serializers.DateTimeField(allow_null=True)
    police = serializers.CharField()


def _key(body: dict[str, str], code: str) -> TripKey:
    key = read_key(body["key"])
    if key.trip != code:
        raise PositionToken
    return key


class SosView(APIView):
    """Call for help on a trip; again adds to the same incident."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=SosInput, responses={201: SosOutput})
    def post(self, request: Request, code: str) -> Response:
        body = read(SosInput, request)
        position = read_position(str(body.get("lat")), str(body.get("lon")))
        incident = services.raise_sos(key=_key(body, code), position=position, silent=body["silent"])
        return Response({"incident": incident.code, "taken_at": incident.taken_at}, status=201)


class QuestionView(APIView):
    """The passenger's open question; the driver's key never finds one."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=AnswerInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        body = read(AnswerInput, request)
        services.answer_question(key=_key(body, code), answer=Answer(body["answer"]))
        return Response(status=204)


def _show(secret: str) -> dict[str, object]:
    check = services.check_by_secret(secret)
    return {"code": check.code, "secret": secret, "owned_since": check.incident.taken_at, "police": "110"}


class ChecksView(APIView):
    """File a welfare check; the answer is the same for every phone number."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(request=CheckInput, responses={201: CheckOutput})
    def post(self, request: Request) -> Response:
        return Response(_show(services.file_welfare_check(**read(CheckInput, request)).secret), status=201)


class CheckView(APIView):
    """Where my report stands; add what I learned."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(responses=CheckOutput)
    def get(self, request: Request, secret: str) -> Response:
        return Response(_show(secret))

    @extend_schema(request=EvidenceInput, responses=CheckOutput)
    def post(self, request: Request, secret: str) -> Response:
        services.add_evidence(secret=secret, **read(EvidenceInput, request))
        return Response(_show(secret))
