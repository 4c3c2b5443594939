"""The door of the supervision platform, over HTTP.

`POST {HUHANG_REGULATOR_URL}/{interface}/`, `Authorization: Bearer` with `HUHANG_REGULATOR_KEY`, a JSON object of
`CompanyId`, `Source` ("0"), `IPCType` (the interface) and `items`, a list. 200 answers `{"results": [...]}`, one for each
item in its order: `{"taken": true}`, also for an item that was taken before, or `{"taken": false, "field": ..., "why": ...}`.

One attempt of three seconds: who calls repeats it by the law of `core.retry`.
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings

from core import outside
from core.outside import NoDoor, OutsideDown, Unasked
from governance.regulator.layout import Wrong

_WORD = re.compile(r"\w{1,40}", re.ASCII)


class Silent(OutsideDown):
    """No answer that says something of each item: nobody knows whether the platform has them."""

    code = "regulator_silent"


class Resting(Silent):
    """It was not asked: the interface was silent a moment ago."""


def tell(
    company: str, kind: str, items: Sequence[dict[str, Any]], *, alone: bool = False
) -> list[Wrong | None]:
    """What the platform says of each item: None where it has it. Raises `Silent`. Call it outside of transactions.

    Each interface has a breaker, so that one which is dead silences no other; `alone` has one of its own, so that an item
    which is never answered keeps its neighbours from nothing.
    """
    body = {"CompanyId": company, "Source": "0", "IPCType": kind, "items": list(items)}
    try:
        said, _headers = outside.tell(
            f"regulator:{kind}:alone" if alone else f"regulator:{kind}",
            f"{settings.REGULATOR_URL.rstrip('/')}/{kind}/",
            json.dumps(body, ensure_ascii=False).encode(),
            headers={"Authorization": f"Bearer {settings.REGULATOR_KEY}"},
        )
        results = json.loads(said)["results"]
        if not isinstance(results, list) or len(results) != len(items):
            raise Silent
        return [_read(each) for each in results]
    except Unasked:
        raise Resting from None
    except (OutsideDown, ValueError, KeyError, TypeError, AttributeError):
        raise Silent from None


def score(company: str, day: date) -> int | None:
    """How many items the platform has of a day: `POST …/score/` answers `{"taken": N}`; None where it has no such door.

    Raises `Silent`.
    """
    try:
        said, _headers = outside.tell(
            "regulator's score",
            f"{settings.REGULATOR_URL.rstrip('/')}/score/",
            json.dumps({"CompanyId": company, "day": day.isoformat()}).encode(),
            headers={"Authorization": f"Bearer {settings.REGULATOR_KEY}"},
        )
        return max(int(json.loads(said)["taken"]), 0)
    except NoDoor:
        return None
    except (OutsideDown, ValueError, KeyError, TypeError):
        raise Silent from None


def _read(result: Any) -> Wrong | None:
    if result.get("taken") is True:
        return None
    if result.get("taken") is not False:
        raise ValueError("an answer that says neither")
    field, why = str(result.get("field", "")), str(result.get("why", ""))
    # What stands on pages and in rows are words: whatever else an answer holds is theirs.
    return Wrong(field if _WORD.fullmatch(field) else "-", why if _WORD.fullmatch(why) else "theirs")
