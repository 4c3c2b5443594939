"""The parts of addresses: each is read once, at the edge, and what cannot be of its kind is no address of ours.

`path("trips/<code:code>/", …)`: nothing else stands between the slashes of our own addresses, so that no view and no
query meets what was never written by us. `core/tests/test_addresses.py` walks over all routes.
"""

import re
from typing import Any

from django.urls import register_converter

from core.typed import code

_CODE = re.compile(r"[A-Z]{1,2}-[0-9A-Z]{1,12}")


class Code:
    """An opaque code, in any way of writing that `core.typed.code` reads: without dash, in small letters, full width."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        found = code.read(value[:80])
        if not _CODE.fullmatch(found):
            raise ValueError
        return found

    def to_url(self, value: str) -> str:
        return value


class Side(Code):
    """One side of a trip: `T-7K2M9QX4ZB:passenger`."""

    def to_python(self, value: str) -> str:
        trip, colon, party = value.partition(":")
        if not colon or not re.fullmatch(r"[a-z]{1,20}", party):
            raise ValueError
        return f"{super().to_python(trip)}:{party}"


class Number:
    """The number of a row, as far as the database counts."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int | str) -> str:
        return str(value)


class _Marks:
    """A word of plain letters that is taken as it stands."""

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


class Row(_Marks):
    """The number of a row, where other rows of the kind have codes."""

    regex = "[0-9]{1,18}"


class Person(_Marks):
    """The code of an account: staff's are their names."""

    regex = r"[A-Za-z0-9._@-]{1,20}"


class Name(_Marks):
    """The name of something that is written by staff: a macro, a guide."""

    regex = r"[A-Za-z0-9_-]{1,40}"


class Word(_Marks):
    """What is done, or with what: a word of ours."""

    regex = r"[a-z0-9]+(?:[_-][a-z0-9]+){0,7}"


class Rule(_Marks):
    """The key of a rule: `rides.curfew`."""

    regex = r"[a-z]{2,20}\.[a-z0-9_]{2,60}"


class Secret(_Marks):
    """What only those know to whom the address was given: a random token, or a signed key."""

    regex = r"[A-Za-z0-9_:.~=-]{16,400}"


for _kind in (Code, Side, Number, Row, Person, Name, Word, Rule, Secret):
    register_converter(_kind, _kind.__name__.lower())
