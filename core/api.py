"""What all API views share."""

from typing import Any

from rest_framework import authentication, serializers
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """Session and CSRF token, as in the browser; answers 401 where nobody is signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


def read(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body as the serializer reads it; raises DRF's ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
