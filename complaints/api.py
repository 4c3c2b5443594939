"""Complaints for native clients."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import check_door
from accounts.states import Role
from complaints import selectors, services
from complaints.states import Category
from core.api import read


class ComplaintInput(serializers.Serializer[Any]):
    trip = serializers.CharField(max_length=20)
    category = serializers.ChoiceField(choices=Category.choices)
    words = serializers.CharField(max_length=4000)
    submission = serializers.CharField(max_length=64, help_text="The same value files once")


class ComplaintOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    category = serializers.CharField()
    filed_at = serializers.DateTimeField()


class ComplaintsView(APIView):
    """File a complaint about one of my trips."""

    @extend_schema(request=ComplaintInput, responses={201: ComplaintOutput})
    def post(self, request: Request) -> Response:
        account, body = check_door(request, Role.MEMBER), read(ComplaintInput, request)
        complaint = services.file_complaint(
            account=account,
            trip_code=body["trip"],
            category=Category(body["category"]),
            words=body["words"],
            submission=body["submission"],
        )
        return Response(ComplaintOutput(complaint).data, status=201)


class ComplaintView(APIView):
    """My complaint and where it stands."""

    @extend_schema(responses=ComplaintOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(ComplaintOutput(selectors.own_complaint(check_door(request, Role.MEMBER), code)).data)
