"""Sign-in and one's own data, for native clients."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import exports, leaving, push, services
from accounts.codes import CLOSING, COPY
from accounts.devices import asker_with_device
from accounts.selectors import export_by_code, sessions_of
from accounts.sessions import digest
from core import clock, own_data
from core.access import account_of, check_permission
from core.api import read
from core.errors import NotFound
from core.permissions import needs_second_factor
from core.typed.document import Kind
from core.typed.fields import ID_NUMBER, NAME, PHONE, REAL_NAME, TOKEN, TypedInput, digits


class PhoneInput(serializers.Serializer[Any]):
    phone = TypedInput(PHONE)


class SignInInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=40, help_text="Phone number or account name")
    password = serializers.CharField(max_length=128, required=False)
    code = TypedInput(digits(6), required=False)
    latitude = serializers.FloatField(required=False, min_value=-90, max_value=90, help_text="WGS-84")
    longitude = serializers.FloatField(required=False, min_value=-180, max_value=180)


class TokenInput(serializers.Serializer[Any]):
    token = TypedInput(TOKEN, help_text="Six digits of the authenticator, or a recovery code")


class ContactInput(serializers.Serializer[Any]):
    name = TypedInput(NAME, max_length=40)
    phone = TypedInput(PHONE)


class ContactOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField()
    state = serializers.CharField()


class MeOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    role = serializers.CharField()
    phone = serializers.CharField()
    real_name = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)


class SignedInOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    role = serializers.CharField()
    second_factor = serializers.BooleanField(help_text="True where nothing opens before the second factor")


class SessionOutput(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="What `DELETE /me/sessions/{name}/` calls it")
    browser = serializers.CharField(allow_blank=True)
    network = serializers.CharField(allow_blank=True, help_text="The part of the address that many share")
    begun_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField()
    here = serializers.BooleanField(help_text="True for the session that asks")


class PasswordInput(serializers.Serializer[Any]):
    current = serializers.CharField(max_length=128, trim_whitespace=False)
    new = serializers.CharField(max_length=128, trim_whitespace=False, help_text="At least 10 characters")


class PasswordResetInput(serializers.Serializer[Any]):
    phone = TypedInput(PHONE)
    code = TypedInput(digits(6))
    new = serializers.CharField(max_length=128, trim_whitespace=False, help_text="At least 10 characters")
    token = TypedInput(
        TOKEN,
        required=False,
        help_text="Of staff and police: six digits of the authenticator, or a recovery code",
    )


class RealNameInput(serializers.Serializer[Any]):
    real_name = TypedInput(REAL_NAME)
    id_number = TypedInput(ID_NUMBER)
    document = serializers.ChoiceField(
        Kind.choices, required=False, help_text="Which document it is; without it, the number tells"
    )


class RealNameOutput(serializers.Serializer[Any]):
    state = serializers.CharField()
    why = serializers.CharField()
    asked_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class SignInCodeView(APIView):
    """Ask for a one-time code by SMS."""

    permission_classes = [AllowAny]

    @extend_schema(request=PhoneInput, responses={202: None})
    def post(self, request: Request) -> Response:
        services.request_sign_in_code(**read(PhoneInput, request), asker=asker_with_device(request._request))
        return Response(status=202)


class SignInView(APIView):
    """Sign in by password or by code; the answer sets the session cookie."""

    permission_classes = [AllowAny]

    @extend_schema(request=SignInInput, responses=SignedInOutput)
    def post(self, request: Request) -> Response:
        body = read(SignInInput, request)
        here = (body["latitude"], body["longitude"]) if {"latitude", "longitude"} <= body.keys() else None
        if "code" in body:
            account = services.sign_in_by_code(
                request._request, phone=body["name"], code=body["code"], here=here
            )
        else:
            account = services.sign_in_by_password(
                request._request, name=body["name"], password=body.get("password", ""), here=here
            )
        known = {"code": account.code, "role": account.role, "second_factor": needs_second_factor(account)}
        return Response(SignedInOutput(known).data)


class SecondFactorView(APIView):
    """Show the second factor, for staff and police."""

    @extend_schema(request=TokenInput, responses={204: None})
    def post(self, request: Request) -> Response:
        services.verify_second_factor(
            request._request, account=account_of(request), token=read(TokenInput, request)["token"]
        )
        return Response(status=204)


class MeView(APIView):
    """My own data."""

    @extend_schema(responses=MeOutput)
    def get(self, request: Request) -> Response:
        return Response(MeOutput(check_permission(request)).data)


class RealNameView(APIView):
    """Have my real name verified; the answer comes when the registry has spoken."""

    @extend_schema(request=RealNameInput, responses={202: RealNameOutput})
    def post(self, request: Request) -> Response:
        check = services.ask_real_name(
            account=check_permission(request, "ride"), **read(RealNameInput, request)
        )
        return Response(RealNameOutput(check).data, status=202)

    @extend_schema(responses=RealNameOutput)
    def get(self, request: Request) -> Response:
        last = check_permission(request, "ride").real_name_checks.order_by("-pk").first()
        if last is None:
            raise NotFound
        return Response(RealNameOutput(last).data)


class ContactsView(APIView):
    """My emergency contacts."""

    @extend_schema(request=ContactInput, responses={201: None})
    def post(self, request: Request) -> Response:
        contact = services.add_emergency_contact(
            account=check_permission(request), **read(ContactInput, request)
        )
        return Response({"id": contact.pk, "state": contact.state}, status=201)

    @extend_schema(responses=ContactOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = check_permission(request).emergency_contacts.order_by("pk")
        return Response(
            [{"id": row.pk, "name": row.name, "phone": row.phone, "state": row.state} for row in rows]
        )


class SessionsView(APIView):
    """Where I am signed in, and signing out everywhere, here as well."""

    @extend_schema(responses=SessionOutput(many=True))
    def get(self, request: Request) -> Response:
        here = digest(request._request.session.session_key or "")
        rows = sessions_of(check_permission(request), clock.now())
        found = [
            {
                "name": row.name,
                "browser": row.browser,
                "network": row.network,
                "begun_at": row.begun_at,
                "used_at": row.used_at,
                "here": row.session_key == here,
            }
            for row in rows
        ]
        return Response(SessionOutput(found, many=True).data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Only soon after a sign-in here: otherwise 403 with `sign_in_again`."""
        services.end_own_sessions(
            account=check_permission(request), here=request._request.session.session_key
        )
        services.sign_out(request._request)
        return Response(status=204)


class SessionView(APIView):
    """One place where I am signed in."""

    @extend_schema(operation_id="me_sessions_end", request=None, responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Sign out there, soon after a sign-in here: otherwise 403 with `sign_in_again`. The session that asks always may."""
        services.end_session(
            account=check_permission(request), name=name, here=request._request.session.session_key
        )
        return Response(status=204)


class PasswordView(APIView):
    """My password. Whoever has none yet sets one by a code to the phone."""

    @extend_schema(request=PasswordInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change it; all other sessions end."""
        services.change_password(
            request._request, account=check_permission(request), **read(PasswordInput, request)
        )
        return Response(status=204)


class PasswordCodeView(APIView):
    """Ask for a code by SMS that resets a password."""

    permission_classes = [AllowAny]

    @extend_schema(request=PhoneInput, responses={202: None})
    def post(self, request: Request) -> Response:
        services.request_password_code(**read(PhoneInput, request), asker=asker_with_device(request._request))
        return Response(status=202)


class PasswordResetView(APIView):
    """Set a new password by a code, and for staff and police by their second factor; all sessions end."""

    permission_classes = [AllowAny]

    @extend_schema(request=PasswordResetInput, responses={204: None})
    def post(self, request: Request) -> Response:
        services.reset_password(
            **read(PasswordResetInput, request), asker=asker_with_device(request._request)
        )
        return Response(status=204)


class ConsentOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    purpose = serializers.CharField()
    given = serializers.BooleanField()
    follows = serializers.CharField(help_text="What follows from withdrawing it")
    version = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    fixed = serializers.CharField(
        help_text="Who decides it instead; empty where the person does", allow_blank=True
    )


class ConsentSwitchInput(serializers.Serializer[Any]):
    on = serializers.BooleanField()


class ProofWantedInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(
        choices=[COPY, CLOSING], help_text="What the code is for; it does nothing else"
    )


class ProofInput(serializers.Serializer[Any]):
    code = TypedInput(digits(6), help_text="From the message that `POST /me/data/code/` sends")


class CopyOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    asked_at = serializers.DateTimeField()
    done = serializers.IntegerField(help_text="Topics that are in it, of `of`")
    of = serializers.IntegerField()
    made_at = serializers.DateTimeField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="Topics that could not be read")


class StaysOutput(serializers.Serializer[Any]):
    what = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)
    law = serializers.CharField()


class ScreenInput(serializers.Serializer[Any]):
    endpoint = serializers.CharField(max_length=1000, help_text="Where its push service takes messages")
    p256dh = serializers.CharField(max_length=100, help_text="Its public key, base64url")
    auth = serializers.CharField(max_length=40, help_text="Its secret of 16 bytes, base64url")


class ScreenOutput(serializers.Serializer[Any]):
    key = serializers.CharField(
        allow_blank=True, help_text="`applicationServerKey`, base64url; empty where no screen is told"
    )
    on = serializers.BooleanField()


class ConsentsView(APIView):
    """My consents, as they stand."""

    @extend_schema(responses=ConsentOutput(many=True))
    def get(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        return Response(ConsentOutput(own_data.consents_of(account), many=True).data)


class OneConsentView(APIView):
    """Give or withdraw one of my consents."""

    @extend_schema(request=ConsentSwitchInput, responses={204: None})
    def put(self, request: Request, key: str) -> Response:
        account = check_permission(request, "ride")
        own_data.set_consent(account, key, on=read(ConsentSwitchInput, request)["on"])
        return Response(status=204)


class ScreenView(APIView):
    """Whether this browser's screen is told what is new, as by Web Push (RFC 8030, 8291, 8292)."""

    @extend_schema(responses=ScreenOutput)
    def get(self, request: Request) -> Response:
        check_permission(request, "ride")
        known = {"key": push.public_key(), "on": push.is_on(request._request.session.session_key or "")}
        return Response(ScreenOutput(known).data)

    @extend_schema(request=ScreenInput, responses={204: None})
    def put(self, request: Request) -> Response:
        """Tell it from now on; what is asked is what `PushManager.subscribe` gives."""
        push.subscribe(
            account=check_permission(request, "ride"),
            session_key=request._request.session.session_key or "",
            **read(ScreenInput, request),
        )
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Tell this one no more."""
        push.unsubscribe(
            account=check_permission(request, "ride"), session_key=request._request.session.session_key or ""
        )
        return Response(status=204)


class ProofView(APIView):
    """Send me the code that is asked for a copy, or for closing my account."""

    @extend_schema(request=ProofWantedInput, responses={202: None})
    def post(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        wanted = read(ProofWantedInput, request)
        exports.send_proof(account=account, asker=asker_with_device(request._request), **wanted)
        return Response(status=202)


class CopiesView(APIView):
    """Ask for a copy of all that is kept of me; it is made within a minute and fetched in this session."""

    @extend_schema(request=ProofInput, responses={202: CopyOutput})
    def post(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        row = exports.ask_for_copy(request._request, account=account, **read(ProofInput, request))
        return Response(CopyOutput(row).data, status=202)


class CopyView(APIView):
    """How far a copy of mine is."""

    @extend_schema(responses=CopyOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(CopyOutput(export_by_code(check_permission(request, "ride"), code)).data)


class ClosingView(APIView):
    """What stays of me when I close my account, as far as I may know it; and closing it."""

    @extend_schema(responses=StaysOutput(many=True))
    def get(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        return Response(StaysOutput(leaving.what_stays(account), many=True).data)

    @extend_schema(request=ProofInput, responses={204: None})
    def post(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        leaving.close_account(request._request, account=account, **read(ProofInput, request))
        return Response(status=204)
