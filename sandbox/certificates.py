"""Drawn photos of the three certificates of invented people, for demo and tests; marked as sandbox pictures."""

import io
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from sandbox.camera import frame
from sandbox.glyphs import write
from sandbox.people import by_face

WIDTH, HEIGHT = 1000, 640
INK, LABEL = (20, 20, 24), (40, 90, 140)
Row = tuple[str, str]


def _born(number: str, person: dict[str, Any]) -> tuple[str, str, str]:
    """Year, month and day, as they stand in the number of an ID card, or beside another."""
    if "born" in person:
        year, month, day = person["born"].split("-")
        return year, month, day
    return number[6:10], number[10:12], number[12:14]


def _id_card(number: str, person: dict[str, Any]) -> tuple[str, list[Row]]:
    year, month, day = _born(number, person)
    return "", [
        ("姓名", person["name"]),
        ("性别", f"{person['sex']}   民族 汉"),
        ("出生", f"{year}年{int(month)}月{int(day)}日"),
        ("住址", person["address"]),
        ("", ""),
        ("公民身份号码", number),
    ]


def _driving_licence(number: str, person: dict[str, Any]) -> tuple[str, list[Row]]:
    licence = person["licence"]
    year, month, day = _born(number, person)
    return "中华人民共和国机动车驾驶证", [
        ("证号", number),
        ("姓名", person["name"]),
        ("住址", person["address"]),
        ("出生日期", f"{year}-{month}-{day}"),
        ("初次领证日期", licence["first_issued"]),
        ("准驾车型", licence["class"]),
        ("有效期限至", licence["valid_until"] or "长期"),
    ]


def _vehicle_licence(person: dict[str, Any], car: int) -> tuple[str, list[Row]]:
    vehicle = person["vehicles"][car]
    return "中华人民共和国机动车行驶证", [
        ("号牌号码", vehicle["plate"].replace("·", "")),
        ("所有人", vehicle["owner"]),
        ("品牌型号", vehicle["model"]),
        ("车辆识别代号", vehicle["vin"]),
        ("注册日期", vehicle["registered_on"]),
        ("核定载客", f"{vehicle['seats'] + 1}人"),
        ("检验有效期至", vehicle["valid_until"]),
    ]


def photo(face: str, kind: str, car: int = 0) -> bytes:
    """A JPEG of `id_card`, `driving_licence` or `vehicle_licence`. Raises `KeyError`, `IndexError`."""
    number, person = by_face(face)
    makers = {
        "id_card": lambda: _id_card(number, person),
        "driving_licence": lambda: _driving_licence(number, person),
        "vehicle_licence": lambda: _vehicle_licence(person, car),
    }
    title, rows = makers[kind]()
    picture = Image.new("RGB", (WIDTH, HEIGHT), (236, 242, 246))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((8, 8, WIDTH - 9, HEIGHT - 9), 28, outline=(120, 150, 170), width=3)
    top = 44
    if title:
        write(picture, (WIDTH / 2 - len(title) * 22, 30), title, 44, INK)
        top = 110
    for label, value in rows:
        start = write(picture, (40, top), label, 32, LABEL) if label else 40
        # An address is wide: it is written smaller beside the portrait.
        size = 26 if label == "住址" else 36
        write(picture, (max(start + 24, 150 if kind == "id_card" else 260), top - 2), value, size, INK)
        top += 84 if kind == "id_card" else 68
    if kind == "id_card":
        portrait = Image.open(io.BytesIO(frame(person["face"], "centre", 4242))).crop((20, 0, 340, 340))
        picture.paste(portrait.resize((330, 350)), (630, 90))
    draw.text(
        (WIDTH - 120, HEIGHT - 40), "SANDBOX", fill=(120, 120, 120), font=ImageFont.load_default(size=18)
    )
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()
