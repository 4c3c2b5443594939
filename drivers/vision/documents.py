"""What stands on a photographed certificate, as a model reads it: to prefill a form and to compare with what was typed.

Readings are hints: a difference is shown to the applicant and to the reviewer, and decides nothing.
"""

import re

from core import typed
from core.reader.door import Upload
from drivers.certificates import tidy
from drivers.states import Certificate
from drivers.vision.plates import read_lines

ID_NUMBER = re.compile(r"\d{17}[\dX]")
DAY = re.compile(r"\d{4}[-./年]\d{1,2}(?:[-./月]\d{1,2}|月?)")
CLASS = re.compile(r"^(?:A[123]|B[12]|C[1-6])(?:[A-E]\d?)*$")
# The label that stands before a value, on the same line or above it.
LABELS = {
    Certificate.ID_CARD: {"name": "姓名", "id_number": "号码"},
    Certificate.DRIVING_LICENCE: {
        "name": "姓名",
        "licence_number": "证号",
        "licence_class": "准驾车型",
        "licence_first": "初次领证日期",
        "licence_until": "有效期限",
    },
    Certificate.VEHICLE_LICENCE: {
        "plate": "号牌号码",
        "owner": "所有人",
        "model": "品牌型号",
        "vin": "车辆识别代号",
        "registered_on": "注册日期",
        "vehicle_until": "检验有效期至",
    },
}


def read_certificate(
    kind: Certificate, content: "Upload | bytes", *, side: int = 0
) -> tuple[dict[str, str], bytes]:
    """Field → text for what could be made out, and the picture drawn anew. Raises as `drivers.vision.plates.read_lines`."""
    seen, drawn = read_lines(content, side=side)
    return fields_of(kind, seen), drawn


def fields_of(kind: Certificate, seen: list[tuple[str, float]]) -> dict[str, str]:
    """Field → text, of lines with their certainty from top to bottom."""
    lines = [re.sub(r"\s", "", text) for text, certainty in seen if certainty >= 0.5]
    found: dict[str, str] = {}
    for field, label in LABELS[kind].items():
        value = _value_of(field, _after(label, lines))
        if value:
            found[field] = tidy(field, value)
    for field, pattern in (("id_number", ID_NUMBER), ("licence_number", ID_NUMBER)):
        if field in LABELS[kind] and field not in found:
            anywhere = next((hit.group() for line in lines if (hit := pattern.search(line.upper()))), "")
            if anywhere:
                found[field] = anywhere
    if kind == Certificate.VEHICLE_LICENCE:
        for line in lines:
            marks = re.sub(r"[·•.\-:：]", "", line.upper())
            if "plate" not in found and typed.plate.FORM.match(marks):
                found["plate"] = tidy("plate", marks)
            if "vin" not in found and typed.vin.FORM.match(marks):
                found["vin"] = marks
    return found


def _after(label: str, lines: list[str]) -> list[str]:
    """What follows a label: the rest of its line, then the next two lines."""
    for number, line in enumerate(lines):
        if label in line:
            return [line.split(label, 1)[1].lstrip(":："), *lines[number + 1 : number + 3]]
    return []


def _value_of(field: str, candidates: list[str]) -> str:
    for text in candidates:
        marks = text.upper()
        match field:
            case "id_number" | "licence_number":
                hit = ID_NUMBER.search(marks)
                if hit:
                    return hit.group()
            case "licence_first" | "registered_on":
                hit = DAY.search(text)
                if hit and (day := typed.day.guess(hit.group())):
                    return day.isoformat()
            case "licence_until" | "vehicle_until":
                if typed.day.NO_END in text:
                    return typed.day.NO_END
                days = [day for hit in DAY.findall(text) if (day := typed.day.guess(hit))]
                if days:
                    return days[-1].isoformat()
            case "licence_class":
                if CLASS.match(marks):
                    return marks
            case "vin":
                if typed.vin.FORM.match(re.sub(r"[^A-Z0-9]", "", marks)):
                    return re.sub(r"[^A-Z0-9]", "", marks)
            case "plate":
                plate = re.sub(r"[·•.\-]", "", marks)
                if typed.plate.FORM.match(plate):
                    return plate
            case "name" | "owner" | "model":
                if text:
                    return text
            case _:
                raise KeyError(field)  # nobody has said what may stand in it
    return ""


def differences(given: dict[str, str], read: dict[str, str]) -> dict[str, str]:
    """Fields whose photo says something else than was typed: field → what was read."""
    return {
        field: text
        for field, text in read.items()
        if given.get(field) and not says_the_same(given[field], text)
    }


def says_the_same(one: str, other: str) -> bool:
    """Whether two writings of a field mean one thing: days, and what has no end, however they are written."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    if typed.day.is_endless(text):
        return typed.day.NO_END
    day = typed.day.guess(text)
    return day.isoformat() if day else typed.text.marks(text)
