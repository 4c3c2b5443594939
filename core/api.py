"""What all API views share."""

import hmac
import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import authentication, parsers, serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """Session and CSRF token, as in the browser; answers 401 where nobody is signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class JSONParser(parsers.JSONParser):
    """JSON whose texts can be written: half of a surrogate pair is no character, and no answer could name it.

    What is nested deeper than a reader can follow is none either.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            found = super().parse(stream, media_type, parser_context)
            json.dumps(found, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError) as error:
            raise ParseError from error
        return found


class AnyJSONParser(parsers.BaseParser):
    """JSON of a machine that brings what people wrote, and that nobody can ask to bring it again in another form.

    What is no character (half of one that an SMS was cut in, octets of another encoding) is read as a mark in its place, a
    line end inside a text as one, and a byte order mark as none. What is no JSON even so is a fault of the machine.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read()
        try:
            text = content.decode(str((parser_context or {}).get("encoding") or "utf-8"), "replace")
        except (LookupError, UnicodeError):
            text = content.decode(errors="replace")  # it names what encodes no text
        try:
            found = json.loads(text.removeprefix("\ufeff"), strict=False)
            return json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise ParseError from error


def shows_token(request: Any, known: str) -> bool:
    """Whether a machine shows the token that is set for it; where none is set nobody does. Constant time.

    While a token is turned two stand there, with a comma between them, and both are good.
    """
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    good = [hmac.compare_digest(shown, each.encode()) for each in tokens_of(known)]
    return any(good)


def tokens_of(setting: str) -> list[str]:
    """The tokens that a setting names."""
    return [each for each in (part.strip() for part in setting.split(",")) if each]


def read(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body as the serializer reads it; raises DRF's ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
