"""Requests of liaison officers for stations with a system of their own."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.access import account_of, check_permission
from core.api import read
from core.errors import InvalidInput
from core.limits import asker_of
from core.typed.fields import NAME, PHONE, MomentInput, TypedInput
from police import following, selectors, services
from police.documents import services as documents
from police.documents.states import CopyKind
from police.models import PoliceRequest
from police.policies import EMERGENCY_SAYS, identity_part, missing_papers
from police.services import Question
from police.states import FollowingEnd, Grade, GradeReason, IdentityState, PaperNeeded, Query, Sign, Urgency
from police.views import check_officer


class PoliceRequestInput(serializers.Serializer[Any]):
    query = serializers.ChoiceField(choices=Query.choices)
    value = serializers.CharField(max_length=60)
    about = MomentInput(required=False, help_text="The time that it concerns; now where left out")
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    until = MomentInput(required=False, help_text="Where a place is asked about: the end of the time")
    legal_basis = serializers.CharField(max_length=200, required=False, default="")
    submission = serializers.CharField(max_length=64, help_text="The same value asks once")
    danger = serializers.CharField(
        max_length=500, required=False, default="", help_text="An emergency needs it: who is in danger"
    )
    why_not_written = serializers.CharField(
        max_length=200, required=False, default="", help_text="An emergency needs it: why not in writing"
    )
    supervisor_name = TypedInput(
        NAME, max_length=40, required=False, default="", help_text="An emergency needs it"
    )
    supervisor_phone = TypedInput(PHONE, required=False, default="", help_text="An emergency needs it")
    declared = serializers.BooleanField(
        required=False, default=False, help_text="An emergency needs it: that life is in danger"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An emergency says by a call what it says by the form."""
        if attrs["urgency"] == Urgency.EMERGENCY:
            for name in EMERGENCY_SAYS:
                if not attrs[name]:
                    raise InvalidInput(name)
        return attrs


class PapersInput(serializers.Serializer[Any]):
    letter_number = serializers.CharField(max_length=40)
    certificates = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=2, max_length=2
    )
    legal_basis = serializers.CharField(
        max_length=200, required=False, default="", help_text="Where the request did not say it yet"
    )


class LinkedOutput(serializers.Serializer[Any]):
    agency = serializers.CharField()
    asked_at = serializers.DateTimeField()
    state = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)


class PoliceRequestBriefOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class IdentityOutput(serializers.Serializer[Any]):
    given = serializers.ChoiceField(choices=Grade.choices, help_text="What went out at once")
    reason = serializers.ChoiceField(choices=GradeReason.choices)
    reason_text = serializers.CharField(help_text="The reason in the reader's language")
    signs = serializers.ListField(child=serializers.ChoiceField(choices=Sign.choices))
    state = serializers.ChoiceField(
        choices=IdentityState.choices, allow_null=True, help_text="Null where it did not have to wait"
    )
    due_at = serializers.DateTimeField(allow_null=True)
    refusal = serializers.CharField()


class PoliceRequestOutput(PoliceRequestBriefOutput):
    papers_due_at = serializers.DateTimeField(allow_null=True)
    papers_at = serializers.DateTimeField(allow_null=True)
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=PaperNeeded.choices),
        help_text="What an ordinary request still lacks before it can be released",
    )
    linked = LinkedOutput(many=True)
    grade = IdentityOutput(allow_null=True)
    pack = serializers.DictField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)


def _show(request: Request, asked: PoliceRequest) -> dict[str, Any]:
    released = asked.state == "released"
    linked = [
        {
            "agency": str(row.agency),
            "asked_at": row.asked_at,
            "state": row.state,
            "decided_at": row.decided_at,
        }
        for row in selectors.linked_requests(asked)
    ]
    return {
        "code": asked.code,
        "state": asked.state,
        "asked_at": asked.asked_at,
        "decided_at": asked.decided_at,
        "papers_due_at": asked.papers_due_at,
        "papers_at": asked.papers_at,
        "missing": [str(paper) for paper in missing_papers(asked)],
        "linked": linked,
        "grade": _grade(asked) if released else None,
        "pack": _pack(request, asked) if released and asked.release.is_open(clock.now()) else None,
        "sha256": asked.release.newest.digest if released else None,
    }


def _grade(asked: PoliceRequest) -> dict[str, Any]:
    release, part = asked.release, identity_part(asked)
    return {
        "given": release.grade,
        "reason": release.reason,
        "reason_text": release.get_reason_display(),
        "signs": release.signs,
        "state": part.state if part else None,
        "due_at": part.due_at if part else None,
        "refusal": part.refusal if part else "",
    }


def _pack(request: Request, asked: PoliceRequest) -> dict[str, Any]:
    read = documents.read_page(actor=account_of(request).actor, request=asked, kind=CopyKind.API)
    return documents.marked(read.pack, read.copied)


class OfficerView(APIView):
    """Checks the officer by itself, so that each denial is recorded."""

    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_officer(request)
        check_permission(request, "police.ask")


class RequestsView(OfficerView):
    """My requests; ask. An emergency that leads to one trip answers with the pack, or its car part."""

    @extend_schema(responses=PoliceRequestBriefOutput(many=True))
    def get(self, request: Request) -> Response:
        officer = selectors.officer_of(check_permission(request, "police.ask"), clock.now())
        return Response(PoliceRequestBriefOutput(selectors.requests_of(officer), many=True).data)

    @extend_schema(request=PoliceRequestInput, responses={201: PoliceRequestOutput})
    def post(self, request: Request) -> Response:
        body = read(PoliceRequestInput, request)
        question = Question(
            Query(body["query"]),
            body["value"],
            body.get("about") or clock.now(),
            Urgency(body["urgency"]),
            body["legal_basis"],
            body.get("until"),
            **{name: body[name] for name in EMERGENCY_SAYS},
        )
        asked = services.ask_by_form(
            account=check_permission(request, "police.ask"),
            question=question,
            submission=body["submission"],
            device=asker_of(request).device,
        )
        return Response(_show(request, asked), status=201)


class RequestView(OfficerView):
    """One of my requests; another's is 404."""

    @extend_schema(responses=PoliceRequestOutput)
    def get(self, request: Request, code: str) -> Response:
        officer = selectors.officer_of(check_permission(request, "police.ask"), clock.now())
        return Response(_show(request, selectors.own_request(officer, code)))


class PositionOutput(serializers.Serializer[Any]):
    phone = serializers.CharField(help_text="`driver` or `passenger`")
    at = serializers.DateTimeField()
    age = serializers.IntegerField(help_text="Seconds, at `at` of the answer")
    lat = serializers.FloatField()
    lon = serializers.FloatField()
    accuracy = serializers.FloatField(allow_null=True, help_text="Metres")
    speed = serializers.FloatField(allow_null=True, help_text="Metres per second")


class LiveOutput(serializers.Serializer[Any]):
    end = serializers.ChoiceField(
        choices=FollowingEnd.choices, allow_null=True, help_text="Why nothing is shown; null while the car is"
    )
    end_text = serializers.CharField(help_text="The same in the reader's language")
    at = serializers.DateTimeField(allow_null=True)
    plate = serializers.CharField()
    state = serializers.CharField(help_text="Of the trip; empty at an end")
    positions = PositionOutput(many=True)
    copy = serializers.CharField(help_text="Whose minute of looking this is, as the journal has it")


class LiveView(OfficerView):
    """The car as it drives, while the emergency is open; each minute of asking is in the journal."""

    @extend_schema(responses=LiveOutput)
    def get(self, request: Request, code: str) -> Response:
        account = check_permission(request, "police.ask")
        asked = selectors.own_request(selectors.officer_of(account, clock.now()), code)
        found = following.follow(actor=account.actor, request=asked)
        return Response(
            {
                "end": found.end,
                "end_text": found.end.label if found.end else "",
                "at": found.at,
                "plate": found.plate,
                "state": found.state,
                "positions": found.positions,
                "copy": found.copy,
            }
        )


class PapersView(OfficerView):
    """Letter of introduction and two certificates."""

    @extend_schema(request=PapersInput, responses=PoliceRequestOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "police.ask")
        return Response(
            _show(request, services.file_papers(account=account, code=code, **read(PapersInput, request)))
        )
