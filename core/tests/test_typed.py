"""What is written in another way is read as the same; what was not meant is not made of it."""

import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_2

from core import typed
from core.codes import new_code

quick = settings(max_examples=40)

_WIDE = {mark: chr(ord(mark) + 0xFEE0) for mark in string.digits + string.ascii_letters}
_UNSEEN = ["\u200b", "\ufeff", "\u200e", "\u00ad", "\u2060"]
_SPACES = ["", "", " ", "\u3000", "\u00a0", *_UNSEEN]


@st.composite
def rewritten(draw, text, *, between=_SPACES, together=0):
    """The same text as other keyboards write it: full width, other capitals, spaces and unseen marks between.

    Between the last marks, so many as are `together`, only what cannot be seen.
    """
    said = []
    for place, mark in enumerate(text):
        how = draw(st.sampled_from(["as it is", "wide", "small"]))
        if how == "small":
            mark = mark.lower()
        if how == "wide":
            mark = _WIDE.get(mark, mark)
        apart = between if place < len(text) - together else _UNSEEN
        said += [mark, draw(st.sampled_from(apart))]
    return draw(st.sampled_from(["", " ", "“", "【"])) + "".join(said) + draw(st.sampled_from(["", " ", "”"]))


MARKS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
plates = st.builds(
    lambda place, letter, marks: f"{place}{letter}·{marks}",
    st.sampled_from("京浙川沪粤晋"),
    st.sampled_from("ABCDEFGHJKLMNOPQRSTUVWXYZ"),
    st.text(MARKS, min_size=5, max_size=5) | st.from_regex(r"\A[DF][0-9]{5}\Z"),
)


@quick
@given(plates, st.data())
def test_a_plate_written_in_another_way_is_the_same_plate(plate, data):
    dot = data.draw(st.sampled_from("·•・‧∙.-—_ ˙。"))
    lookalike = plate[:3].replace("·", dot) + data.draw(
        st.sampled_from([plate[3:], plate[3:].replace("0", "O").replace("1", "I")])
    )
    # A space before the last mark alone would end a plate of five and begin another word.
    said = data.draw(rewritten(lookalike, together=2)) + data.draw(
        st.sampled_from(
            [
                "",
                " 白色",
                "（蓝色轿车）",
                "!",
                "，2人",
                " 3个男的",
                "; 14:30",
                " 2018年",
                "，1人 14点",
                " 110",
            ]
        )
    )
    assert typed.plate.read(said) == typed.plate.read(plate) == plate
    assert typed.plate.key(said) == typed.plate.key(plate)
    assert typed.plate.searched(said)


@pytest.mark.parametrize(
    ("written", "key", "searched"),
    [
        ("川Ａ·Ｈ０００１", "川AH0001", "川AH0001"),
        ("川A・H0001", "川AH0001", "川AH0001"),
        ("川AH00 01", "川AH0001", "川AH0001"),
        ("川a·h0001", "川AH0001", "川AH0001"),
        ("“川A·HOO0I” 蓝色", "川AH0001", "川AH0001"),
        ("車牌：滬A•12345", "沪A12345", "沪A12345"),
        ("川А·Н0001", "川AH0001", "川AH0001"),
        ("川A·H0001 2018年", "川AH0001", "川AH0001"),
        ("川A H0001 2018年", "川AH0001", "川AH0001"),
        ("川A H0001，2人", "川AH0001", "川AH0001"),
        ("川A·H0001，2人", "川AH0001", "川AH0001"),
        ("浙C A6789，2人", "浙CA6789", "浙CA6789"),
        ("浙C A6789，3个男的", "浙CA6789", "浙CA6789"),
        ("浙 C A67 89 2人", "浙CA6789", "浙CA6789"),
        ("浙C D12345，2人", "浙CD12345", "浙CD12345"),
        ("车是浙C A6789, 车上2人", "浙CA6789", "浙CA6789"),
        ("粤Z·1234港", "粤Z1234港", "粤Z1234港"),
        ("浙江C·A6789", "浙CA6789", "浙CA6789"),
        ("浙江省 C A6789", "浙CA6789", "浙CA6789"),
        ("浙江省，C·A6789，2人", "浙CA6789", "浙CA6789"),
        ("內蒙古自治區 A·12345", "蒙A12345", "蒙A12345"),
        ("新疆维吾尔自治区A12345", "新A12345", "新A12345"),
        ("黑龙江A D12345", "黑AD12345", "黑AD12345"),
        ("上海市A12345 上海来的", "沪A12345", "沪A12345"),
        ("浙江C·A6", "浙CA6", "浙CA6"),
        ("浙江省", "浙江省", ""),
        ("尾号 0001", "0001", ""),
        ("H0001", "H0001", "H0001"),
        ("红色的车", "红色的车", ""),
        ("SHOUTED", "SH0UTED", ""),
        ("他 12:30 打我", "1230", ""),
        ("川A·H0001 或 川A·H0002", "川AH0001或川AH0002", ""),
        (" · ", "", ""),
    ],
)
def test_plates_as_people_write_them(written, key, searched):
    assert (typed.plate.key(written), typed.plate.searched(written)) == (key, searched)


@quick
@given(plates, st.data())
def test_a_province_written_in_full_is_the_same_plate(plate, data):
    names = {"京": "北京", "浙": "浙江", "川": "四川", "沪": "上海", "粤": "广东", "晋": "山西"}
    name = data.draw(st.sampled_from([names[plate[0]], {"粤": "廣東"}.get(plate[0], names[plate[0]])]))
    end = data.draw(st.sampled_from(["", "市"] if plate[0] in "京沪" else ["", "省"]))
    said = name + end + data.draw(rewritten(plate[1:], together=2))
    assert typed.plate.read(said) == plate
    assert typed.plate.key(said) == typed.plate.key(plate) == typed.plate.searched(said)


@pytest.mark.parametrize("written", ["", "H0001", "川A·H00", "红色的车", "川A·H0001 川B·H0001"])
def test_what_is_no_whole_plate_is_refused_where_one_is_needed(written):
    with pytest.raises(typed.plate.InvalidPlate):
        typed.plate.read(written)


@quick
@given(st.sampled_from(["T", "I", "O", "L", "C", "R"]), st.sampled_from([8, 10]), st.data())
def test_a_code_written_in_another_way_is_the_same_code(prefix, length, data):
    code = new_code(prefix, length)
    dash = data.draw(st.sampled_from(["", "-", "—", "－", " ", "_", "·"]))
    marks = data.draw(st.sampled_from([code[2:], code[2:].replace("0", "O").replace("1", "l")]))
    assert typed.code.read(data.draw(rewritten(f"{prefix}{dash}{marks}"))) == code


@quick
@given(st.from_regex(r"\A[0-9]{6}\Z"), st.data())
def test_a_code_of_digits_is_found_in_what_was_copied(code, data):
    said = data.draw(rewritten(code, between=["", " ", "-", "\u200b"]))
    assert typed.code.digits(said, 6) == code
    assert typed.code.digits(f"【护航】验证码 {code}，5 分钟内有效", 6) == code


def test_a_code_of_other_length_is_not_cut_to_fit():
    assert typed.code.digits("1234567", 6) == "1234567"
    assert typed.code.digits("", 6) == ""
    assert typed.code.digits("٤٢١٧", 4) == "4217"


def numbered(county, birthday, order):
    body = f"{county}{birthday:%Y%m%d}{order:03}"
    return body + mod_11_2.calc_check_digit(body)


@quick
@given(
    st.from_regex(r"\A[1-9][0-9]{5}\Z"),
    st.dates(date(1900, 1, 1), date(2010, 1, 1)),
    st.integers(0, 999),
    st.data(),
)
def test_a_resident_number_is_right_whatever_its_county(county, birthday, order, data):
    number = numbered(county, birthday, order)
    said = data.draw(rewritten(number)).replace("X", data.draw(st.sampled_from(["X", "x", "Х", "×"])))
    assert typed.document.read(said) == number
    assert typed.document.read(typed.document.shown(number)) == number
    assert typed.document.born(number) == birthday


@pytest.mark.parametrize(
    "number", ["110221197006011238", "330321196506011236", "110224195802031176", "330302199001010013"]
)
def test_people_whom_the_registry_knows_are_not_refused_here(number):
    assert typed.document.read(number) == number


@pytest.mark.parametrize(
    "number",
    [
        "",
        "330302199001010014",
        "33030219900230001X",
        "3303021990010100",
        numbered("330302", date(2200, 1, 1), 1),
    ],
)
def test_what_cannot_be_a_resident_number_is_refused(number):
    with pytest.raises(typed.document.IdNumberWrong):
        typed.document.read(number)


@quick
@given(st.sampled_from("·•・‧∙⋅．。ꞏ⸳◦˙-－–—"), st.sampled_from(["", " "]))
def test_a_middle_dot_is_a_middle_dot(dot, space):
    assert typed.name.read(f"古丽{space}{dot}{space}艾合买提") == "古丽·艾合买提"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王 小明", "王小明"),
        (" Ann \u200b  Lee ", "Ann Lee"),
        ("J. Lee", "J. Lee"),
        ("古丽.艾合买提", "古丽·艾合买提"),
        ("Sean O’Brien", "Sean O'Brien"),
        ("Sean O´Brien", "Sean O'Brien"),
        ("Sean OʼBrien", "Sean O'Brien"),
        ("Mary‑Ann Lee", "Mary-Ann Lee"),
        ("Mary – Ann Lee", "Mary-Ann Lee"),
        ("-Lee-", "Lee"),
    ],
)
def test_names_have_one_form(written, name):
    assert typed.name.read(written) == name


@pytest.mark.parametrize("written", ["", " ", "·", "123", "\u200b"])
def test_what_is_no_name_is_refused(written):
    with pytest.raises(typed.name.NameUnreadable):
        typed.name.read(written)


@pytest.mark.parametrize(
    "written",
    [
        "28.2127, 121.026",
        "121.026, 28.2127",
        "28.2127 121.026",
        "28.2127，121.026",
        "（121.026；28.2127）",
        "北纬28.2127 东经121.026",
        "28.2127°N 121.026°E",
        "lat: 28.2127, lng: 121.026",
        "２８．２１２７、１２１．０２６",
        "28,2127 121,0260",
        "121,0260; 28,2127",
        "28.2127,121.026",
    ],
)
def test_a_place_is_read_in_either_order(written):
    assert typed.place.read(written) == (28.2127, 121.026)
    assert typed.place.read(typed.place.shown(typed.place.read(written))) == (28.2127, 121.026)


@pytest.mark.parametrize(
    "written",
    [
        "30°15'20\"N, 120°10'5\"E",
        "30°15′20″N 120°10′5″E",
        "N30°15'20\" E120°10'5\"",
        "E120°10'5\", N30°15'20\"",
        "120°10'5'' 30°15'20''",
        "30º15’20” 120º10’05”",
        "北纬30度15分20秒，东经120度10分5秒",
        "東經120度10分5秒 北緯30度15分20秒",
        "北纬 30°15'20\"、东经 120°10'5\"",
        "（３０°１５＇２０＂Ｎ，１２０°１０＇５＂Ｅ）",
        "30°15.333333'N 120°10.083333'E",
        "30.255556°N, 120°10'5\"E",
        "纬度：30.255556 经度：120.168056",
        "东经120.168056度 北纬30.255556度",
        "30°15'20.0\" 120°10'5.0\"",
        "30° 15' 20\" N 120° 10' 5\" E",
    ],
)
def test_a_place_is_read_in_minutes_and_seconds(written):
    found = typed.place.read(written)
    assert (round(found[0], 5), round(found[1], 5)) == (30.25556, 120.16806)


@quick
@given(
    st.integers(18 * 3600, 53 * 3600),
    st.integers(74 * 3600, 134 * 3600),
    st.booleans(),
    st.sampled_from([("°", "'", '"'), ("度", "分", "秒"), ("°", "′", "″"), ("° ", "' ", "''")]),
    st.sampled_from([("{}N", "{}E"), ("N {}", "E {}"), ("北纬{}", "东经{}"), ("{}", "{}")]),
    st.sampled_from([", ", " ", "，", ";", "、"]),
)
def test_a_place_in_minutes_and_seconds_is_the_same_place(south, west, turned, marks, sides, apart):
    """Both numbers in whole seconds."""

    def written(seconds, side):
        parts = (seconds // 3600, seconds % 3600 // 60, seconds % 60)
        return side.format("".join(f"{number}{mark}" for number, mark in zip(parts, marks, strict=True)))

    both = [written(south, sides[0]), written(west, sides[1])]
    found = typed.place.read(apart.join(reversed(both) if turned else both))
    assert found == (pytest.approx(south / 3600, abs=1e-7), pytest.approx(west / 3600, abs=1e-7))
    assert typed.place.read(typed.place.shown(found)) == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("written", ["N 3, E 4", "E 4, N 3", "3°N 4°E", "北纬3 东经4"])
def test_what_is_said_to_be_north_is_north_wherever_it_is(written):
    assert typed.place.read(written) == (3.0, 4.0)


@pytest.mark.parametrize(
    "written",
    [
        "30°60'20\"N, 120°10'5\"E",
        "30°15'61\" 120°10'5\"",
        "30°15'20\"S, 120°10'5\"E",
        "南纬30度15分20秒，东经120度10分5秒",
        "北纬120.1 东经30.2",
        "30°15'20\"",
        "30.5°15' 120°10'",
        "",
        "28.2127",
        "1, 2, 3",
        "100, 200",
        "nan, inf",
        "28.2S 121E",
        "梅岙村 28, 121",
        "28.2127 121.0260 2026",
    ],
)
def test_what_is_no_place_is_said_to_be_none(written):
    with pytest.raises(typed.place.PlaceUnreadable):
        typed.place.read(written)


@quick
@given(st.integers(0, 99_999_999_999), st.data())
def test_an_amount_is_read_as_it_is_shown(fen, data):
    around = data.draw(st.sampled_from(["{}", "￥{}", "{} 元", "人民币{}", "RMB {}"]))
    assert typed.money.read(around.format(f"{fen // 100:,}.{fen % 100:02}")) == fen
    assert (
        typed.money.read(data.draw(rewritten(f"{fen / 100:.2f}", between=["", "\u200b"])).strip("“”【"))
        == fen
    )


@pytest.mark.parametrize("written", ["", "12,5", "1.234,50", "-5", "1e3", "五", "1 2", "9" * 30])
def test_what_is_no_amount_is_asked_again(written):
    with pytest.raises(typed.money.AmountUnreadable):
        typed.money.read(written)


@quick
@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.data())
def test_a_day_is_read_as_people_write_it(day, data):
    form = data.draw(
        st.sampled_from(
            ["{0:%Y-%m-%d}", "{0:%Y%m%d}", "{0.year}/{0.month}/{0.day}", "{0.year}年{0.month}月{0.day}日"]
        )
    )
    assert (
        typed.day.read(data.draw(rewritten(form.format(day), between=["", "\u200b", " "])).strip("“”【"))
        == day
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2028年05月", date(2028, 5, 31)),
        ("2028-02", date(2028, 2, 29)),
        ("2010.01.01-2030.01.01", date(2030, 1, 1)),
        ("2020年5月1日至2026年5月1日", date(2026, 5, 1)),
        ("检", None),
        ("长期有效", None),
        ("9999-12-31", None),
    ],
)
def test_until_when(written, day):
    assert typed.day.guess(written) == day


def test_long_term_is_no_day():
    assert typed.day.is_endless("长期有效") and typed.day.is_endless("2010.01.01至長期")
    assert not typed.day.is_endless("2028-05-01")


@quick
@given(st.from_regex(r"\A13[0-9]{9}\Z"), st.data())
def test_a_phone_written_in_another_way_is_the_same(phone, data):
    said = data.draw(rewritten(phone, between=["", "", " ", "-", "\u200b"])).strip("“”【")
    assert typed.phone.read(said) == f"+86{phone}"
    assert typed.phone.read(typed.phone.shown(f"+86{phone}")) == f"+86{phone}"


def test_a_landline_is_shown_as_it_is_dialled():
    assert typed.phone.shown("+8657762310110") == "0577 6231 0110"
    assert typed.phone.shown("+861065203114") == "010 6520 3114"
    assert typed.phone.read(typed.phone.shown("+8657762310110")) == "+8657762310110"


def test_a_vin_has_no_letters_that_look_like_digits():
    assert typed.vin.read("lsvcf6c4 okn OOOOO1".replace(" o", "0")) == "LSVCF6C40KN000001"
    with pytest.raises(typed.vin.VinWrong):
        typed.vin.read("LSVCF6C41KN000001")


@quick
@given(st.text(max_size=40))
def test_no_text_breaks_a_reading(text):
    for kind in (
        typed.plate,
        typed.code,
        typed.name,
        typed.document,
        typed.vin,
        typed.phone,
        typed.money,
        typed.day,
        typed.place,
    ):
        try:
            kind.read(text)
        except typed.InvalidInput as refused:
            assert refused.detail
    once = typed.plate.key(text)
    assert typed.plate.key(once) == once
    assert typed.text.fold(typed.text.fold(text)) == typed.text.fold(text)


def test_traditional_and_simplified_are_one():
    assert typed.text.fold("這個司機騷\u200b擾我") == typed.text.fold("这个司机骚扰我")
