"""What the public is asked, for programs: read by everybody, voted on by members."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock, limits
from core.access import check_permission
from core.api import read
from core.errors import InvalidInput, NotFound
from governance import comments, consultations, counted
from governance.forms import ReceiptForm
from governance.policies import RESULTS, VOTE


class VoteInput(serializers.Serializer[Any]):
    choice = serializers.CharField(max_length=20)
    submission = serializers.CharField(
        max_length=64,
        help_text="Random, 16 characters or more; the same again is answered with the same receipt",
    )


class CommentInput(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=comments.LONGEST)


class CommentOutput(serializers.Serializer[Any]):
    words = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    salt = serializers.CharField(
        help_text="SHA-256 of salt and words is what everybody sees of one not published"
    )
    digest = serializers.CharField()


class VotedOutput(serializers.Serializer[Any]):
    receipt = serializers.CharField(help_text="Handed out here alone: keep it")
    choice = serializers.CharField()


class ReceiptInput(serializers.Serializer[Any]):
    receipt = serializers.CharField(max_length=60)


class ConsultationsView(APIView):
    """Every question that was ever put to the public, with result and answers."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="consultations_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        limits.take(RESULTS, limits.asker_of(request._request))
        return Response({"consultations": [counted.shown(row) for row in counted.consultations()]})


class ConsultationView(APIView):
    """One question, with result, answers and comments."""

    permission_classes = [AllowAny]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        row = counted.consultation_of(slug)
        limits.take(RESULTS, limits.asker_of(request._request))
        return Response(counted.shown(row) | comments.shown(row, clock.now()))


class VoteView(APIView):
    """Cast my one vote. That I voted and what I chose are kept apart."""

    @extend_schema(request=VoteInput, responses={200: VotedOutput})
    def post(self, request: Request, slug: str) -> Response:
        account = check_permission(request, VOTE)
        counted.consultation_of(slug)
        voted = consultations.vote(
            account=account, slug=slug, asker=limits.asker_of(request._request), **read(VoteInput, request)
        )
        answer = Response({"receipt": voted.receipt, "choice": voted.choice.key})
        answer["Cache-Control"] = "no-store"
        return answer


class ReceiptView(APIView):
    """Whether a vote is in the box, for whoever holds its receipt."""

    permission_classes = [AllowAny]

    @extend_schema(request=ReceiptInput, responses={200: VotedOutput})
    def post(self, request: Request, slug: str) -> Response:
        row = counted.consultation_of(slug)
        form = ReceiptForm(read(ReceiptInput, request))
        if not form.is_valid():
            raise InvalidInput("receipt")
        found = consultations.find_receipt(row, form.cleaned_data["receipt"])
        if found is None:
            raise NotFound("receipt")
        return Response({"receipt": found.receipt, "choice": found.option.key})


class CommentView(APIView):
    """Write my one comment; nobody reads it before a person has looked."""

    @extend_schema(request=CommentInput, responses={201: CommentOutput})
    def post(self, request: Request, slug: str) -> Response:
        account = check_permission(request, VOTE)
        row = counted.consultation_of(slug)
        found = comments.comment(account=account, slug=row.slug, **read(CommentInput, request))
        return Response(CommentOutput(found).data, status=201)


class CommentAppealView(APIView):
    """Have somebody else look at my comment that was not published."""

    @extend_schema(request=None, responses={200: CommentOutput})
    def post(self, request: Request, slug: str) -> Response:
        account = check_permission(request, VOTE)
        row = counted.consultation_of(slug)
        return Response(CommentOutput(comments.appeal(account=account, slug=row.slug)).data)
