"""What all API views share."""

import hmac
from typing import Any

from rest_framework import authentication, serializers
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """Session and CSRF token, as in the browser; answers 401 where nobody is signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


def shows_token(request: Any, known: str) -> bool:
    """Whether a machine shows the token that is set for it; where none is set nobody does. Constant time."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(known) and hmac.compare_digest(shown.encode(), known.encode())


def read(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body as the serializer reads it; raises DRF's ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
