"""Plates of cars (GA 36): a province, the letter of the place, five marks, or six for a new-energy car.

No mark behind the letter of the place is I or O, so both are read as the digits that they look like.
"""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat, simple

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# As they are written in full, the longer of two first.
_NAMES = {
    "内蒙古": "蒙", "黑龙江": "黑", "内蒙": "蒙", "北京": "京", "天津": "津", "上海": "沪", "重庆": "渝", "河北": "冀",
    "河南": "豫", "云南": "云", "辽宁": "辽", "湖南": "湘", "安徽": "皖", "山东": "鲁", "新疆": "新", "江苏": "苏",
    "浙江": "浙", "江西": "赣", "湖北": "鄂", "广西": "桂", "甘肃": "甘", "山西": "晋", "陕西": "陕", "吉林": "吉",
    "福建": "闽", "贵州": "贵", "广东": "粤", "青海": "青", "西藏": "藏", "四川": "川", "宁夏": "宁", "海南": "琼",
}  # fmt: skip
_MARK = "[A-HJ-NP-Z0-9]"
# Of cars that carry passengers, without dot.
FORM = re.compile(rf"^[{_PROVINCES}][A-HJ-Z](?:{_MARK}{{5}}|[A-HJK]{_MARK}[0-9]{{4}}|[0-9]{{5}}[A-HJK])$")
# Of any car, in a text whose O and I are digits already; the letter of the place may be one of them.
_WHOLE = re.compile(
    rf"[{_PROVINCES}][A-HJ-NP-Z0](?:[A-HJK]{_MARK}[0-9]{{4}}|[0-9]{{5}}[A-HJK]|{_MARK}{{4}}(?:{_MARK}|[学挂警港澳]))"
    r"(?![A-Z0-9])"
)
LONGEST = 8  # marks of a plate
_RUN = re.compile(rf"[{_PROVINCES}]?[A-Z0-9]+")
_DIGITS = str.maketrans("OI〇零|", "01001")
# Letters of other scripts that are drawn like ours: Cyrillic, then Greek.
_LOOKS_LIKE = str.maketrans(
    "АВЕКМНОРСТУХІЅЈ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "ABEKMHOPCTYXISJ" + "ABEZHIKMNOPTYX",
)
# Signs that stand between the letter of the place and the marks, or in their midst; all others part words, as a space does.
_JOINS = re.compile(r"[·•・‧∙.\-—–‐‑−_˙。﹒．●⋅᛫․]")
_PARTS = re.compile(r"[^\w\s]")
_SPACES = re.compile(r"\s+")
_FULL = re.compile(rf"({'|'.join(_NAMES)})(?:省|市|(?:壮族|回族|维吾尔)?自治区)?\s*(?=[A-HJ-NP-Z0])")
_BEGINS = re.compile(rf"([{_PROVINCES}])\s*([A-HJ-NP-Z0])")


class InvalidPlate(InvalidInput):
    code, sentence = (
        "plate_wrong",
        _(
            "This is not a plate: a province, a letter and five marks, or six for a new-energy car. Example: 浙C·A6789"
        ),
    )


def _marks(text: str) -> str:
    marks = simple(flat(text)).upper().translate(_LOOKS_LIKE).translate(_DIGITS)
    parts = _PARTS.sub(" ", _JOINS.sub("", marks)).strip()
    return _FULL.sub(lambda name: _NAMES[name[1]], parts)


def _wholes(marks: str) -> set[str]:
    """The plates in a text. What stands in one without a space is one word of it; of those with spaces the first one that
    is whole at the end of a word: a year or a number of people may follow."""
    return set(_WHOLE.findall(marks)) or {
        found
        for begin in _BEGINS.finditer(marks)
        if (found := _joined("".join(begin.groups()), marks[begin.end() :]))
    }


def _joined(plate: str, rest: str) -> str:
    for word in rest.split():
        plate += word
        if found := _WHOLE.match(plate):
            return found[0]
        if len(plate) > LONGEST:
            break
    return ""


def _whole(marks: str) -> str:
    found = _wholes(marks)
    return found.pop() if len(found) == 1 else ""


def key(text: str) -> str:
    """A plate, or what somebody saw of one, as plates are compared: `川AH0001`; empty where nothing was written.

    Colours, quotes and words around it do not count. Raises nothing: where no mark can be made out, the words themselves.
    """
    marks = _marks(text)
    squeezed = _SPACES.sub("", marks)
    if whole := _whole(marks):
        return whole
    several = len(_wholes(marks)) > 1  # of which none is meant more than the others
    return squeezed if several else max(_RUN.findall(squeezed), key=len, default="") or squeezed


def searched(text: str) -> str:
    """The key of what may be a plate or a part of one and nothing else; empty for other words."""
    marks = _marks(text)
    # A digit that is one: SHOUTED is a word, though it could be read as SH0UTED.
    alone = bool(_RUN.fullmatch(marks)) and any(map(str.isdigit, flat(text)))
    return _whole(marks) or (marks if alone and 3 <= len(marks) <= 8 else "")


def shown(text: str) -> str:
    """`川A·H0001`; a part of a plate as its key."""
    marks = key(text)
    if not _WHOLE.fullmatch(marks):
        return marks
    return f"{marks[0]}{marks[1].replace('0', 'O')}·{marks[2:]}"


def read(text: str, *, field: str = "plate") -> str:
    """A whole plate as it is kept: `川A·H0001`. Raises `InvalidPlate`."""
    found = _whole(_marks(text))
    if not found:
        raise InvalidPlate(field)
    return shown(found)
