"""What the layout asks of the company and this platform does not hold: a file of the company's own, read when it changes.

`CompanyId`, the company's base data, and each city whose authority it reports to: the code of its region (GB/T 2260), the
lines that are reported there (hitch is no ride-hailing by art. 38 of the Interim Measures: a city's own rules decide), and
the permit as it was issued.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class City:
    """One city of the file."""

    region: int
    lines: frozenset[str]
    permit: dict[str, Any]
    # What the layout asks of fares and the tariff does not say: since when the original one holds, and the city's peak hours.
    fares: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Company:
    """The file, read. `facts` are the fields of `baseInfoCompany` but those that say when they were sent."""

    id: str
    facts: dict[str, Any]
    cities: dict[str, City]
    # A folder with what the company's own register knows of drivers and cars (`governance.regulator.base`); may be empty.
    records: str = ""


_instead: ContextVar[Company | None] = ContextVar("company_of_a_shadow", default=None)


class BadFile(ValueError):
    """The file is not what `docs/regulator.md` says. Says where."""


def is_set_up() -> bool:
    """Whether there is a platform to report to: its address, its key and the company's file."""
    if _instead.get() is not None:
        return True
    return bool(settings.REGULATOR_URL and settings.REGULATOR_KEY and settings.REGULATOR_COMPANY)


@contextmanager
def reporting_as(instead: Company) -> Iterator[None]:
    """Inside, this company is connected, whatever settings and file say: for a check in a world of shadows, which tells
    nobody anything."""
    token = _instead.set(instead)
    try:
        yield
    finally:
        _instead.reset(token)


def company() -> Company:
    """The company as its file says now. Raises `BadFile`, also where there is none."""
    if (instead := _instead.get()) is not None:
        return instead
    path = Path(settings.REGULATOR_COMPANY)
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError as why:
        raise BadFile(f"HUHANG_REGULATOR_COMPANY cannot be read: {why.strerror}") from None


@lru_cache(maxsize=2)
def _read(path: str, _changed: int) -> Company:
    try:
        found = json.loads(Path(path).read_text())
        cities = {
            str(code): City(
                int(city["region"]),
                frozenset(city["lines"]),
                dict(city["permit"]),
                dict(city.get("fares", {})),
            )
            for code, city in found["cities"].items()
        }
        return Company(str(found["CompanyId"]), dict(found["company"]), cities, str(found.get("records", "")))
    except (ValueError, KeyError, TypeError, AttributeError) as why:
        raise BadFile(f"HUHANG_REGULATOR_COMPANY: {type(why).__name__} {why}") from None
