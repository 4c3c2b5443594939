"""Letters as a station prints and scans them: one form, filled in, and what becomes of a paper on its way."""

import io
import random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.pdf import CHINESE, FILES

WIDE, HIGH = 1240, 1754  # A4 at 150 dpi
HAN = "张王李赵陈杨黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕失踪案盗窃诈骗交通肇事故意伤害"


def letter(seed):
    """A filled-in form as a grey picture; seeds differ in number, case, date and what is asked."""
    chance = random.Random(seed)
    picture = Image.new("L", (WIDE, HIGH), 255)
    draw = ImageDraw.Draw(picture)

    def words(most):
        return "".join(chance.choice(HAN) for _each in range(chance.randint(4, most)))

    def line(left, top, size, text, fill=0):
        draw.text((left, top), text, font=ImageFont.truetype(FILES[CHINESE], size), fill=fill)

    line(380, 150, 52, "乐清市公安局")
    line(380, 240, 60, "调取证据通知书")
    line(620, 340, 32, f"乐公（刑）调证字〔20{chance.randint(10, 30)}〕{chance.randint(1000, 9999)} 号")
    body = [
        "杭州护航科技有限公司：",
        "    根据《中华人民共和国刑事诉讼法》第五十四条之规定，我局侦办的",
        f"    {words(8)} 案需调取你处下列有关证据：",
        f"    {words(14)}，{words(14)}",
        f"    车牌 浙C{chance.randint(10000, 99999)} 的行程、{words(9)}、{words(8)}",
        f"    {words(20)}",
        "    伪造证据、隐匿证据或者毁灭证据的，将受法律追究。",
        f"承办人：{words(5)} {words(5)}    联系电话：0577-{chance.randint(10000000, 99999999)}",
    ]
    for number, text in enumerate(body):
        line(150, 450 + 80 * number, 34, text)
    line(
        800, 1300, 36, f"20{chance.randint(10, 30)} 年 {chance.randint(1, 12)} 月 {chance.randint(1, 28)} 日"
    )
    draw.ellipse((800, 1120, 1090, 1410), outline=90, width=8)
    line(880, 1250, 40, "公安局", 90)
    return picture


def scanned(picture, seed, *, slant=1.0, cut=0.03, scale=0.6, noise=8.0, shade=40.0):
    """On a scanner once more: turned by some degrees, cut at its edges, smaller, grained, with a shadow."""
    chance = np.random.default_rng(seed)
    seen = np.asarray(picture).astype(np.float32)
    turn = cv2.getRotationMatrix2D((WIDE / 2, HIGH / 2), chance.uniform(-slant, slant), 1.0)
    seen = cv2.warpAffine(seen, turn, (WIDE, HIGH), borderValue=255)
    top, bottom, left, right = (int(each) for each in chance.uniform(0, cut, 4) * HIGH)
    seen = seen[top : HIGH - bottom, left : WIDE - right]
    seen = cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = (
        seen * 0.9 + 10 - np.linspace(0, shade, seen.shape[1])[None, :] + chance.normal(0, noise, seen.shape)
    )
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))


def pressed(picture):
    """The same picture, pressed hard."""
    return scanned(picture, 0, slant=0, cut=0, noise=0, shade=0)


def jpeg(picture, quality=40):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def pdf(picture):
    file = io.BytesIO()
    picture.convert("RGB").save(file, "PDF", resolution=150)
    return file.getvalue()
