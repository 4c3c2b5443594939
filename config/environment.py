"""Reading the environment: what cannot be read is told by the name of its variable, and never with its value."""

from typing import Any
from warnings import catch_warnings, simplefilter

import environ
from django.core.exceptions import ImproperlyConfigured

ELSEWHERE = "elsewhere:"  # in the place of an address, and then who does what is meant: nothing here does it
KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


class Environment(environ.Env):  # type: ignore[misc]  # untyped library
    """As `environ.Env`. Raises `ImproperlyConfigured` with one sentence for whatever is wrong with a variable."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        if default is self.NOTSET and var not in self.ENVIRON:
            raise ImproperlyConfigured(f"{var} is not set: docs/operations.md says what it is.")
        try:
            return super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except (ValueError, TypeError) as why:
            # What the library found may repeat the value, and many of them are secrets.
            wanted = KINDS.get(cast, "what docs/operations.md says")
            raise ImproperlyConfigured(f"{var} cannot be read: it is not {wanted}.") from why

    def db_url(self, var: str = "DATABASE_URL", *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            with catch_warnings():
                simplefilter(
                    "error"
                )  # in which the library would repeat the address, with the password in it
                found: dict[str, Any] = super().db_url(var, *args, **kwargs)
        except (ValueError, TypeError, UserWarning):
            found = {}
        if found.get("ENGINE") != "django.db.backends.postgresql":
            raise ImproperlyConfigured(f"{var} cannot be read: it is not postgres://USER:PASSWORD@HOST/NAME.")
        return found
