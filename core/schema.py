"""The API's schema: the same for everybody, so it is made once."""

from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request


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
