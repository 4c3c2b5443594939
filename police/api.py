"""Requests of liaison officers for stations with a system of their own."""

import base64
from dataclasses import fields
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
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
from police import following, notices, papers, selectors, services
from police.documents import services as documents
from police.documents.states import CopyKind
from police.models import PoliceRequest
from police.policies import EMERGENCY_SAYS, identity_part, missing_papers, number_on_letter, signs_told
from police.services import Question
from police.states import (
    NEXT_STEP,
    FollowingEnd,
    Grade,
    GradeReason,
    IdentityState,
    NoticePart,
    Paper,
    PaperNeeded,
    Query,
    RefusalCode,
    RequestState,
    Sign,
    Urgency,
    Wanted,
)
from police.views import check_officer


class PoliceRequestInput(serializers.Serializer[Any]):
    query = serializers.ChoiceField(choices=Query.choices)
    value = serializers.CharField(max_length=60)
    about = MomentInput(required=False, help_text="The time that it concerns; now where left out")
    urgency = serializers.ChoiceField(
        choices=Urgency.choices, help_text="What is no emergency is asked by a notice: `police/notices/`"
    )
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


class PaperFileInput(serializers.Serializer[Any]):
    paper = serializers.ChoiceField(choices=Paper.choices)
    content = serializers.CharField(
        max_length=12 * 1024 * 1024, help_text="Base64 of a JPEG, PNG, WebP, HEIC or PDF, up to 8 MB"
    )


class PapersInput(serializers.Serializer[Any]):
    letter_number = serializers.CharField(max_length=40)
    certificates = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=2, max_length=2
    )
    legal_basis = serializers.CharField(
        max_length=200, required=False, default="", help_text="Where the request did not say it yet"
    )
    files = PaperFileInput(
        many=True, required=False, default=list, help_text="The letter and both certificates, each once"
    )


class FurtherInput(serializers.Serializer[Any]):
    query = serializers.ChoiceField(choices=Query.choices, required=False, default="")
    query_value = serializers.CharField(max_length=80)
    about = MomentInput(required=False)
    until = MomentInput(required=False)
    wanted = serializers.ListField(
        child=serializers.ChoiceField(choices=Wanted.choices), min_length=1, max_length=len(Wanted)
    )


class NoticeInput(serializers.Serializer[Any]):
    """All that stands on a notice to hand over evidence, as the form asks it."""

    submission = serializers.CharField(max_length=64, help_text="The same value begins one notice")
    number = serializers.CharField(max_length=60)
    organ = serializers.CharField(max_length=80)
    case_name = serializers.CharField(max_length=120)
    case_number = serializers.CharField(max_length=60)
    questions = serializers.ListField(
        child=FurtherInput(),
        min_length=1,
        max_length=notices.MOST_QUESTIONS,
        help_text="One to ten, each with what is known and wanted",
    )
    span_from = MomentInput()
    span_to = MomentInput()
    deadline = MomentInput(help_text="Its day counts")
    approved_by = TypedInput(NAME, max_length=40)
    first_officer = TypedInput(NAME, max_length=40)
    first_certificate = serializers.CharField(max_length=40)
    second_officer = TypedInput(NAME, max_length=40)
    second_certificate = serializers.CharField(max_length=40)
    legal_basis = serializers.CharField(max_length=200)
    files = PaperFileInput(many=True, help_text="The letter and both certificates")


class QuestionOutput(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Of the request that this question is")
    number = serializers.IntegerField()
    state = serializers.CharField()
    wanted = serializers.ListField(child=serializers.ChoiceField(choices=Wanted.choices))
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class NoticeOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=NoticePart.choices),
        help_text="What a machine finds missing; nothing was asked where it is not empty",
    )
    questions = QuestionOutput(many=True)


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
    refused_for = serializers.ChoiceField(choices=RefusalCode.choices, allow_blank=True)
    refusal = serializers.CharField(help_text="Of what was refused: the reason in words")
    next_step = serializers.CharField(help_text="What can be done then, in the reader's language")
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
        for row in selectors.linked_for_officer(asked)
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
        **_refusal(asked),
        "grade": _grade(asked) if released else None,
        "pack": _pack(request, asked) if released and asked.release.is_open(clock.now()) else None,
        "sha256": asked.release.newest.digest if released else None,
    }


def _refusal(asked: PoliceRequest) -> dict[str, Any]:
    refused = asked.state == RequestState.REFUSED
    code = asked.refused_for if refused else ""
    return {
        "refused_for": code,
        "refusal": str(asked.refusal) if refused else "",
        "next_step": str(NEXT_STEP[RefusalCode(code)]) if code else "",
    }


def _grade(asked: PoliceRequest) -> dict[str, Any]:
    release, part = asked.release, identity_part(asked)
    return {
        "given": release.grade,
        "reason": release.reason,
        "reason_text": release.get_reason_display(),
        "signs": signs_told(asked),
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


class NoticesView(OfficerView):
    """Ask an ordinary question by a notice, with as much as the form asks; each question is a request of its own."""

    @extend_schema(request=NoticeInput, responses={201: NoticeOutput, 200: NoticeOutput})
    def post(self, request: Request) -> Response:
        body = read(NoticeInput, request)
        account = check_permission(request, "police.ask")
        notice = notices.begin(account=account, submission=body["submission"])
        if notice.sent_at is None:
            body["deadline"] = timezone.localtime(body["deadline"]).date()
            first, *further = [notices.Further(**dict(each)) for each in body["questions"]]
            given = notices.Filled(
                **{each.name: body[each.name] for each in fields(notices.Filled) if each.name in body},
                query=first.query,
                query_value=first.query_value,
                about=first.about,
                until=first.until,
                wanted=first.wanted,
                further=further,
            )
            files = _read(body["files"])
            if lacks := notices.save(account=account, code=notice.code, given=given, papers=files):
                found = {"code": notice.code, "missing": [part.value for part in lacks], "questions": []}
                return Response(found, status=200)
        notices.send(account=account, code=notice.code)
        questions = [
            {
                "code": row.code,
                "number": number_on_letter(row),
                "state": row.state,
                "wanted": row.wanted,
                "due_at": selectors.answer_due(row),
                "decided_at": row.decided_at,
            }
            for row in notices.told_of(notice)
        ]
        return Response({"code": notice.code, "missing": [], "questions": questions}, status=201)


def _read(files: list[dict[str, Any]]) -> dict[Paper, papers.Read]:
    return papers.read({Paper(each["paper"]): _file(each) for each in files})


def _file(given: dict[str, Any]) -> "ContentFile[bytes]":
    try:
        return ContentFile(base64.b64decode(given["content"], validate=True), name=given["paper"])
    except ValueError:
        raise InvalidInput("files") from None


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
        body = read(PapersInput, request)
        selectors.own_request(selectors.officer_of(account, clock.now()), code)  # before its files are read
        files = _read(body.pop("files"))
        return Response(_show(request, services.file_papers(account=account, code=code, files=files, **body)))
