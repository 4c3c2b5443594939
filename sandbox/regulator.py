"""The ministry's supervision platform in small: it takes items of each interface, checks their layout, and scores the company.

The layout is the published one, which both sides have as a file; how it is checked is the sandbox's own. It can be told to
hang, to answer with a status, to refuse an interface or to be dead by one, and to say nothing where an item names a code.
"""

import hmac
import json
import os
import threading
import time
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

SHANGHAI = ZoneInfo("Asia/Shanghai")
LAYOUT = Path(__file__).resolve().parent.parent / "governance" / "regulator" / "layout.json"
DEFAULTS: dict[str, Any] = {
    "hang": 0.0,
    "status": 200,
    "refuse": {},
    "silent_on": "",
    "dead": "",
    "forgets": 0,
}
MOMENTS = {  # by which field an item says when it happened
    "orderCreate": "OrderTime", "orderMatch": "DistributeTime", "orderCancel": "CancelTime", "operateDepart": "DepTime",
    "operateLogin": "LoginTime", "operateLogout": "LogoutTime",
    "operateArrive": "DestTime", "ratedPassenger": "EvaluateTime", "ratedPassengerComplaint": "ComplaintTime",
    "ratedDriverPunish": "PunishTime", "positionVehicle": "PositionTime",
}  # fmt: skip
LATE = 60  # seconds
KNOWN, SHOWN, MOST = 20_000, 20, 1_000
_lock = threading.Lock()
_seen: "dict[str, OrderedDict[str, None]]" = {}


def _path(name: str) -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _read(name: str) -> dict[str, Any]:
    path = _path(name)
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def behave(wanted: dict[str, Any]) -> None:
    """From now on; what is not named is as at first. Raises `ValueError` for another name."""
    if unknown := set(wanted) - set(DEFAULTS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    _path("regulator_behaviour.json").write_text(json.dumps(wanted))


def answer(kind: str, raw: bytes, authorization: str) -> tuple[int, dict[str, Any]]:
    """(status, body) of a request of the company's."""
    manner = DEFAULTS | _read("regulator_behaviour.json")
    time.sleep(float(manner["hang"]))
    if manner["status"] != 200:
        return int(manner["status"]), {}
    if manner["dead"] == kind:
        return 500, {}
    key = os.environ.get("HUHANG_REGULATOR_KEY", "")
    if not key or not hmac.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
        return 401, {"error": "key"}
    layout = json.loads(LAYOUT.read_text())
    if kind not in layout:
        return 404, {"error": "no such interface"}
    try:
        body = json.loads(raw)
        items = body["items"]
        named = body["IPCType"] == kind and bool(body["CompanyId"])
        if not named or not isinstance(items, list) or not 0 < len(items) <= MOST:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return 400, {"error": "CompanyId, Source, IPCType and items are expected"}
    if manner["silent_on"] and manner["silent_on"] in raw.decode():
        return 500, {}
    fields = layout[kind]["fields"]
    wrong = [manner["refuse"].get(kind) or _wrong(fields, each, body["CompanyId"]) for each in items]
    with _lock:
        _write_down(kind, items, wrong)
    return 200, {
        "results": [
            {"taken": False, "field": why[0], "why": why[1]} if why else {"taken": True} for why in wrong
        ]
    }


def _wrong(fields: list[Any], item: Any, company: str) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        return "-", "no_object"
    names = [name for name, *_rest in fields]
    for name in item:
        if name not in names:
            return name, "unknown_field"
    if item.get("CompanyId") != company:
        return "CompanyId", "other_company"
    for name, required, written, length in fields:
        value = item.get(name)
        if value in (None, ""):
            if required:
                return name, "required"
            continue
        if not _fits(value, written, int(length)):
            return name, "ill_formed"
    for name, value in item.items():
        if name.endswith("Latitude") and not 3_000_000 < value < 54_000_000:
            return name, "outside"
        if name.endswith("Longitude") and not 73_000_000 < value < 136_000_000:
            return name, "outside"
    return None


def _fits(value: Any, written: str, length: int) -> bool:
    if written == "text":
        return isinstance(value, str) and len(value) <= length
    if written == "clock":
        return (
            isinstance(value, str)
            and len(value) == length
            and value.isdigit()
            and value < "2400"
            and value[2] < "6"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if written in ("code", "digit", "moment", "day"):
        if not isinstance(value, int) or len(str(value)) != length:
            return False
        form = {"moment": "%Y%m%d%H%M%S", "day": "%Y%m%d"}.get(written)
        try:
            return form is None or datetime.strptime(str(value), form).year >= 1900  # noqa: DTZ007 - read, not kept
        except ValueError:
            return False
    return len(str(abs(value))) <= length


def _since(kind: str, item: dict[str, Any]) -> float:
    """For how many seconds it has been true."""
    value = item.get(MOMENTS.get(kind, ""))
    if value is None:
        return 0.0
    if kind == "positionVehicle":
        return time.time() - float(value)
    at = datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    return time.time() - at.timestamp()


def _write_down(kind: str, items: list[Any], wrong: list[Any]) -> None:
    known = _read("regulator.json")
    day = f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    counts = known.setdefault(day, {}).setdefault(
        kind, {"taken": 0, "again": 0, "late": 0, "refused": 0, "last": [], "why": {}}
    )
    seen = _seen.setdefault(f"{_path(kind)}", OrderedDict())
    for item, why in zip(items, wrong, strict=True):
        if why:
            counts["refused"] += 1
            said = ":".join(why)
            counts["why"][said] = counts["why"].get(said, 0) + 1
            continue
        same = json.dumps(item, sort_keys=True)
        if same in seen:
            counts["again"] += 1
            continue
        seen[same] = None
        while len(seen) > KNOWN:
            seen.popitem(last=False)
        counts["taken"] += 1
        counts["late"] += _since(kind, item) > LATE
        counts["last"] = [*counts["last"], item][-SHOWN:]
    for old in sorted(known)[:-7]:
        del known[old]
    _path("regulator.json").write_text(json.dumps(known, ensure_ascii=False))


def score(raw: bytes, authorization: str) -> tuple[int, dict[str, Any]]:
    """(status, body): how many items of a day are here."""
    manner = DEFAULTS | _read("regulator_behaviour.json")
    if manner["status"] != 200:
        return int(manner["status"]), {}
    if manner["dead"] == "score":
        return 500, {}
    key = os.environ.get("HUHANG_REGULATOR_KEY", "")
    if not key or not hmac.compare_digest(authorization.encode(), f"Bearer {key}".encode()):
        return 401, {"error": "key"}
    try:
        day = str(json.loads(raw)["day"])
    except (ValueError, KeyError, TypeError):
        return 400, {"error": "a day is expected"}
    kinds = days().get(day, {}).values()
    return 200, {"taken": max(sum(row["taken"] + row["again"] for row in kinds) - int(manner["forgets"]), 0)}


def days() -> dict[str, Any]:
    """By day (Asia/Shanghai) and interface: what was taken, again, late and refused, and why, with the last items."""
    return _read("regulator.json")
