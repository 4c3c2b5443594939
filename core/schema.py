"""The API's schema: the same for everybody, so it is made once; and what every call of ours may answer beside its own."""

from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.request import Request

from core.errors import PROBLEM_TYPE
from core.typed.fields import AnyText, Beside

# What a call may be refused with (RFC 9457), and when.
REFUSALS = {
    "400": "What was sent cannot be read; `errors` names the fields.",
    "401": "Nobody is signed in, or the key that was shown is not the right one.",
    "403": "This person may not do it, or not without a second factor or a check.",
    "404": "There is nothing here, or it is not yours to see.",
    "406": "No JSON is accepted.",
    "409": "The rules are against it now; `code` says which.",
    "413": "Too much at once.",
    "415": "The body is of another kind.",
    "429": "Too many attempts.",
    "503": "Our own data, or a service that this needs, cannot be reached at the moment: see `Retry-After`.",
}
WITH_BODY = {"413", "415"}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; never changes its meaning"},
        "detail": {"type": "string", "description": "For people, in the reader's language"},
        "errors": {"description": "By field, where fields are meant"},
    },
    "required": ["type", "title", "status", "code", "detail"],
}


class Session(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers it untyped
    """How somebody is known to the API."""

    target_class = "core.api.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Text(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # as above
    """What a field of text takes: a blank only where one may be sent, and whatever comes where nothing is refused."""

    target_class = "rest_framework.fields.CharField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """As the field says, and what drf-spectacular leaves out."""
        untyped: Any = auto_schema
        said: dict[str, Any] = untyped._map_serializer_field(self.target, direction, bypass_extensions=True)
        if direction != "request":
            return said
        blank = self.target.allow_blank
        if isinstance(self.target, Beside):
            del said["type"]
        elif isinstance(self.target, AnyText):
            said["type"] = ["string", "number", "null"] if blank else ["string", "number"]
        if not blank and "format" not in said and not _has_pattern(self.target):
            said["pattern"] = r"\S"
        return said


def _has_pattern(field: Any) -> bool:
    return any(isinstance(each, RegexValidator) for each in field.validators)


class Files(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # as above
    """A file is sent as one, never as an address."""

    target_class = "rest_framework.fields.FileField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """The bytes of a part of a form."""
        return {"type": "string", "format": "binary"}


class Generator(SchemaGenerator):
    """Makes the schema once a process for each language: it takes a second, and anybody may ask for it."""

    def get_schema(self, request: Request | None = None, public: bool = False) -> dict[str, Any]:
        """The public schema; what one person alone may call is not left out of it."""
        return _made(get_language() or "", self.api_version or "")


@lru_cache(maxsize=8)
def _made(language: str, version: str) -> dict[str, Any]:
    generator = SchemaGenerator(api_version=version or None)  # type: ignore[no-untyped-call]  # as above
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # as above
    return made


def describe_refusals(result: dict[str, Any], **_options: object) -> dict[str, Any]:
    """Postprocessing hook: each call says with which refusals it may answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operation in _operations(result):
        for status, why in REFUSALS.items():
            if status not in WITH_BODY or "requestBody" in operation:
                operation["responses"].setdefault(status, {"description": why, "content": content})
    return result


def part_files(result: dict[str, Any], **_options: object) -> dict[str, Any]:
    """Postprocessing hook: JSON holds no files, so a body of JSON has none of the fields in which a form has them."""
    components = result["components"]["schemas"]
    for operation in _operations(result):
        content = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" not in content or "application/json" not in content:
            continue
        whole = components[content["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        parted = deepcopy(whole)
        for name, kind in whole["properties"].items():
            if kind.get("items", kind).get("format") == "binary":
                del parted["properties"][name]
        content["application/json"] = {"schema": parted}
    return result


def _operations(result: dict[str, Any]) -> list[dict[str, Any]]:
    methods = {"get", "post", "put", "patch", "delete"}
    return [said for path in result["paths"].values() for method, said in path.items() if method in methods]
