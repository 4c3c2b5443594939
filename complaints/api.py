"""Complaints for native clients."""

from typing import Any, NoReturn

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints import selectors, services
from complaints.actions.own import OWN
from complaints.models import Complaint
from complaints.services import Caller, File, Filing, Missing
from complaints.states import OVER, Category, Side
from core.access import check_permission
from core.api import AnyJSONParser, JSONParser, read, shows_token
from core.errors import Forbidden
from core.limits import asker_of
from core.machines import check_token, note_refused
from core.typed.fields import CODE, NAME, PHONE, PLATE, AnyText, Beside, TypedInput
from rides.errors import PositionToken

WORDS = "May be left out where the category alone is grave: danger, harassment, violence, mismatch"


class ComplaintInput(serializers.Serializer[Any]):
    trip = TypedInput(CODE)
    category = serializers.ChoiceField(choices=Category.choices)
    words = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, allow_null=True, default="", help_text=WORDS
    )
    submission = serializers.CharField(max_length=64, help_text="The same value files once")
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        help_text="multipart/form-data only; up to 10",
    )


class StreetComplaintInput(serializers.Serializer[Any]):
    category = serializers.ChoiceField(choices=Category.choices)
    words = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, allow_null=True, default="", help_text=WORDS
    )
    plate = TypedInput(PLATE, required=False, default="")
    name = TypedInput(NAME, max_length=60)
    phone = TypedInput(PHONE)
    submission = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Random, 16 characters or more; the same value files once. Danger is taken without it",
    )


class FurtherWordsInput(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=4000)
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        help_text="multipart/form-data only; up to 10",
    )


class StatementOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    question = serializers.CharField()
    due_at = serializers.DateTimeField()


class ComplaintOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    side = serializers.CharField()
    state = serializers.CharField()
    category = serializers.CharField()
    filed_at = serializers.DateTimeField(allow_null=True, help_text="For whoever filed it")
    due_at = serializers.DateTimeField(allow_null=True)
    finding = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    statement = StatementOutput(allow_null=True)
    appeal_until = serializers.DateTimeField(allow_null=True)


class KeptOutput(ComplaintOutput):
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="For each file that was not kept, why (a code); send it again as `more`",
    )


class StreetComplaintOutput(ComplaintOutput):
    secret = serializers.CharField(help_text="Whoever has it follows the complaint without an account")


def _said(complaint: Complaint, side: Side) -> dict[str, Any]:
    root = complaint.merged_into or complaint
    decision = selectors.decision_in_force(root) if root.state in OVER else None
    return ComplaintOutput(
        {
            "code": complaint.code,
            "side": side,
            "state": root.state,
            "category": complaint.category,
            # To the accused the minute would say of which moment it speaks (S11).
            "filed_at": complaint.filed_at if side == Side.COMPLAINANT else None,
            "due_at": root.due_at if side == Side.COMPLAINANT else None,
            "finding": decision.finding if decision else "",
            "reason": decision.reason if decision else "",
            "statement": selectors.statements_of(root).get(side)
            if selectors.speaks_for(complaint, root)
            else None,
            "appeal_until": selectors.appeal_until(root) if decision else None,
        }
    ).data


def _files(body: dict[str, Any]) -> list[File | Missing]:
    return services.read_files(body.get("files") or [])


def _answer(said: dict[str, Any], files: list[File | Missing], status: int = 200) -> Response:
    return Response(said | {"missing": [fault.code for fault in services.missing(files)]}, status=status)


class ComplaintsView(APIView):
    """My complaints, and those about which I am asked; file one about a trip of mine."""

    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(responses=ComplaintOutput(many=True))
    def get(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        return Response([_said(row, side) for row, side in selectors.my_cases(account)])

    @extend_schema(request=ComplaintInput, responses={201: KeptOutput})
    def post(self, request: Request) -> Response:
        account, body = check_permission(request, "ride"), read(ComplaintInput, request)
        files = _files(body)
        complaint = services.file_complaint(
            account=account,
            trip_code=body["trip"],
            category=Category(body["category"]),
            words=body["words"] or "",
            submission=body["submission"],
            files=files,
        )
        return _answer(_said(complaint, Side.COMPLAINANT), files, 201)


class ComplaintView(APIView):
    """My complaint, or one about which I am asked, and where it stands."""

    @extend_schema(responses=ComplaintOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(_said(*selectors.my_case(check_permission(request, "ride"), code)))


class ComplaintActView(APIView):
    """Add words and files to a complaint (`more`), give the statement that was asked for, or appeal the decision."""

    parser_classes = (JSONParser, MultiPartParser)

    @extend_schema(operation_id="complaints_act", request=FurtherWordsInput, responses=KeptOutput)
    def post(self, request: Request, code: str, what: str) -> Response:
        account, body = check_permission(request, "ride"), read(FurtherWordsInput, request)
        action, case = OWN.action(what), OWN.find(code, account)
        files = _files(body)
        OWN.do(action, case, account, {"words": body["words"], "uploads": files})
        return _answer(_said(*selectors.my_case(account, code)), files)


class StreetComplaintsView(APIView):
    """Complain without an account. The answer's `secret` follows it; a code to the phone proves the phone."""

    permission_classes = (AllowAny,)

    @extend_schema(request=StreetComplaintInput, responses={201: StreetComplaintOutput})
    def post(self, request: Request) -> Response:
        body = read(StreetComplaintInput, request)
        complaint = services.file_from_street(
            caller=Caller(body["name"], body["phone"]),
            plate=body["plate"],
            told=Filing(Category(body["category"]), body["words"] or "", body["submission"]),
            asker=asker_of(request),
        )
        said = _said(complaint, Side.COMPLAINANT) | {"secret": complaint.secret}
        return Response(said, status=201)


# --- Adapters: the telephone system, and the gateway of e-mail, WeChat and Weibo ------------------


class _Machine(APIView):
    """For a machine that shows its token; whoever else asks is refused."""

    authentication_classes = ()
    parser_classes = (AnyJSONParser,)
    permission_classes = (AllowAny,)
    token = ""

    def check(self, request: Request) -> None:
        """Raises `Forbidden`."""
        door = f"{self.token.removesuffix('_TOKEN').lower()} in"
        check_token(request, getattr(settings, self.token), door=door, error=Forbidden)


class CallInput(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=64, help_text="The telephone system's own number of the call")
    number = serializers.CharField(max_length=30)
    agent = serializers.CharField(max_length=20, help_text="To whom it is put through")


class CallsView(_Machine):
    """The telephone system puts a call through: the caller's history pops up for the agent (C11)."""

    token = "TELEPHONE_TOKEN"  # noqa: S105 - the name of a setting

    @extend_schema(request=CallInput, responses={201: None})
    def post(self, request: Request) -> Response:
        self.check(request)
        services.announce_call(**read(CallInput, request))
        return Response(status=201)


class OutsideMessageInput(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=["email", "wechat", "weibo"])
    key = AnyText(help_text="The channel's own number of the message")
    sender = AnyText(help_text="Where an answer goes")
    words = AnyText()


class OutsideMessagesView(_Machine):
    """A message from outside; the same `key` of a channel is kept once (C11)."""

    token = "OUTSIDE_TOKEN"  # noqa: S105 - the name of a setting

    @extend_schema(request=OutsideMessageInput, responses={201: None})
    def post(self, request: Request) -> Response:
        self.check(request)
        services.take_message(**read(OutsideMessageInput, request))
        return Response(status=201)


class TextInput(serializers.Serializer[Any]):
    text = AnyText(allow_blank=True)
    sender = Beside(help_text="By which number it came, as far as known")
    key = Beside(help_text="The provider's own number of the message")


class TextsView(_Machine):
    """An SMS to the SOS number (S1): a packet opens an incident as the button does, whatever else it is a person reads.

    The answer is the same for all: some providers send it back to the phone.
    """

    def refuse(self, request: Request) -> NoReturn:
        """Staff hear of it at once where it brings a text. A packet that its trip's own secret signed calls for help all the
        same: whoever brings it adds nothing to it. Raises `PositionToken`."""
        try:
            text = read(TextInput, request)["text"]
        except APIException:
            note_refused(request, "sms in")
            raise PositionToken from None
        try:
            services.take_packet(text=text)
        finally:
            note_refused(request, "sms in", at_once=True)
        raise PositionToken

    @extend_schema(request=TextInput, responses={201: None})
    def post(self, request: Request) -> Response:
        if not shows_token(request, settings.SMS_IN_TOKEN):
            self.refuse(request)
        services.take_text(**read(TextInput, request))
        return Response(status=201)
