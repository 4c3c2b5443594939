"""How moments, spans, distances, sums and places are written, in both languages, and that nothing else writes them."""

import ast
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from core import clock, formats

ROOT = Path(settings.BASE_DIR)
AT = datetime(2026, 11, 26, 6, 3, 5, tzinfo=UTC)  # 14:03:05 in Shanghai
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]


@pytest.fixture(autouse=True)
def in_the_year(monkeypatch):
    monkeypatch.setattr("core.clock.now", lambda: AT)


@pytest.mark.parametrize(
    ("form", "zh", "en"),
    [
        ("minute", "11月26日 14:03", "26 Nov 14:03"),
        ("second", "11月26日 14:03:05", "26 Nov 14:03:05"),
        ("full", "2026年11月26日 14:03:05", "26 Nov 2026 14:03:05"),
        ("date", "11月26日", "26 Nov"),
        ("time", "14:03", "14:03"),
        ("clock", "14:03:05", "14:03:05"),
        ("hour", "14", "14"),
    ],
)
def test_a_moment_in_each_form(form, zh, en):
    with override("zh-hans"):
        assert formats.moment(AT, form) == zh
    with override("en"):
        assert formats.moment(AT, form) == en


def test_the_year_is_said_where_it_is_another():
    with override("zh-hans"):
        assert formats.moment(AT - timedelta(days=365)) == "2025年11月26日 14:03"
        assert formats.moment(date(2027, 3, 1)) == "2027年3月1日"
        # The last evening of the year in Shanghai is still this year, though it is the next one nowhere yet.
        assert formats.moment(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == "12月31日 23:59"
        assert formats.moment(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "2027年1月1日 00:00"
    with override("en"):
        assert formats.moment(AT - timedelta(days=365)) == "26 Nov 2025 14:03"


def test_a_moment_of_a_document_and_none():
    with override("zh-hans"):
        assert formats.moment("2026-11-26T14:03:05+08:00") == "11月26日 14:03"
        assert formats.moment("2025-03-01") == "2025年3月1日"
        assert (formats.moment(None), formats.moment("")) == ("", "")
    with pytest.raises(KeyError):
        formats.moment(AT, "iso")


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "0 秒", "0 s"),
        (45, "45 秒", "45 s"),
        (60, "1 分钟", "1 min"),
        (750, "12 分 30 秒", "12 min 30 s"),
        (3 * 3600 + 300, "3 小时 05 分", "3 h 05 min"),
        (71 * 3600 + 54 * 60, "71 小时 54 分", "71 h 54 min"),
        (timedelta(days=12, hours=4), "12 天 4 小时", "12 d 4 h"),
    ],
)
def test_a_span_in_words(seconds, zh, en):
    with override("zh-hans"):
        assert formats.span(seconds) == zh
    with override("en"):
        assert formats.span(seconds) == en


def test_a_span_that_runs():
    with override("zh-hans"):
        assert [formats.span(each, "clock") for each in (7, 750, 3660)] == ["0:07", "12:30", "1 小时 01 分"]


def test_distances_and_sums():
    with override("zh-hans"):
        assert (formats.distance(350.4), formats.distance(1234)) == ("350 米", "1.2 公里")
        assert (formats.money(30000), formats.money(-12345678)) == ("300.00 元", "-123,456.78 元")
        assert (formats.minutes(20), formats.minutes(400), formats.seconds(2.46)) == (
            "1 分钟",
            "7 分钟",
            "2.5 秒",
        )
    with override("en"):
        assert (formats.distance(350.4), formats.distance(1234)) == ("350 m", "1.2 km")
        assert (formats.money(30000), formats.money(-12345678)) == ("¥300.00", "-¥123,456.78")


@pytest.mark.parametrize(
    ("stored", "zh", "en"),
    [
        ("虹桥镇 Hongqiao", "虹桥镇", "Hongqiao"),
        ("温州南站 Wenzhou South station", "温州南站", "Wenzhou South station"),
        ("T3 航站楼 Terminal 3", "T3 航站楼", "Terminal 3"),
        ("虹桥镇 Hongqiao, 东北 NE 1.2 km", "虹桥镇东北方向 1.2 公里", "Hongqiao, 1.2 km NE"),
        ("虹桥镇 Hongqiao, 北 N 840 m", "虹桥镇北方向 840 米", "Hongqiao, 840 m N"),
        ("28.2127, 121.0260", "28.2127, 121.0260", "28.2127, 121.0260"),
        ("上塘", "上塘", "上塘"),
        ("a", "a", "a"),
    ],
)
def test_a_place_in_one_language(stored, zh, en):
    with override("zh-hans"):
        assert formats.place(stored) == zh
    with override("en"):
        assert formats.place(stored) == en


def test_templates_have_the_same_functions():
    page = Template(
        "{% load huhang %}{{ at|moment }}|{{ at|moment:'time' }}|{{ n|span }}|{{ n|distance }}|{{ n|money }}|{{ p|place }}"
    )
    with override("zh-hans"):
        assert page.render(Context({"at": AT, "n": 3900, "p": "上塘 Shangtang"})) == (
            "11月26日 14:03|14:03|1 小时 05 分|3.9 公里|39.00 元|上塘"
        )


# What machines read: `<time datetime>`, addresses and the values of form fields.
MACHINE = re.compile(r"""(?:datetime|href|value)="[^"]*\|date:'(?:c|Y-m-d)'""")


def test_no_template_writes_a_moment_by_itself():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            said = re.sub(r"""="[^"]*\|(?:date|time):'[^"]*\"""", "", line) if MACHINE.search(line) else line
            if re.search(r"\|(?:date|time)\b", said):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


@pytest.mark.parametrize("unit", ["s", "min", "h", "km", "m", "CNY"])
def test_no_template_writes_a_unit_by_itself(unit):
    glued = re.compile(rf"\}}\}}\s?{unit}\b(?![\w-])")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for match in glued.finditer(
            re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", path.read_text(), flags=re.S)
        )
    ]
    assert found == []


# Keys, file names, form fields and tables that are also CSV: read by machines.
# A line of the operators' terminal, in UTC.
EXACT = {
    ("complaints/console/work.py", "%Y"),
    ("complaints/console/work.py", "%Y-%m"),
    ("complaints/console/work.py", "%Y-%m-%d"),
    ("complaints/selectors/reports.py", "%Y-%m"),
    ("complaints/selectors/reports.py", "%Y-%m-%d"),
    ("complaints/services/shifts.py", "%Y-%m-%d"),
    ("governance/checks/help.py", "%Y%m%d"),
    ("governance/transparency/owed.py", "%Y-%m"),
    ("police/register.py", "%Y%m%d"),  # into a key
    ("safety/keys.py", "%Y%m%d"),
    ("complaints/console/work.py", "%H:%M"),
    ("core/typed/fields.py", "%Y-%m-%dT%H:%M"),
    ("core/typed/fields.py", "%Y-%m-%d"),
    ("complaints/services/claims.py", "%Y%m%d%H%M%S"),
    ("complaints/services/rulings.py", "%Y%m%d%H%M"),
    ("complaints/services/shifts.py", "%Y%m%d%H"),
    ("governance/regulator/layout.py", "%Y%m%d%H%M%S"),  # as the regulator's platform reads it
    ("governance/regulator/layout.py", "%Y%m%d"),
    ("governance/regulator/base.py", "%Y%m%d"),
    ("governance/comments.py", "%Y-%m-%d"),  # into a digest
    ("governance/drills/redteam.py", "%Y-%m-%d"),  # as a browser types it
    ("governance/drills/redteam.py", "%Y-%m-%dT%H:%M"),
}


def test_no_code_writes_a_moment_by_itself():
    found = set()
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts) or path.match("core/formats.py"):
                continue
            tree = ast.parse(path.read_text())
            texts = {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
            found |= {
                (str(path.relative_to(ROOT)), text) for text in texts if re.search(r"%[YHm]|%d(?!\+)", text)
            }
    assert found == EXACT


def test_a_time_on_a_page_says_from_where_it_counts_on(noon):
    """Since, and left or overdue: the page of whoever waits goes on without a request, and says by itself what is late."""
    at = clock.now()
    noon.move_to(at, tick=False)
    spans = {"since": -67, "due": 90, "late": -5}
    moments = {name: at + timedelta(seconds=each) for name, each in spans.items()}
    page = Template("{% load huhang %}{{ since|ago }}|{{ due|until }}|{{ late|until }}")
    with override("en"):
        drawn = page.render(Context(moments))
    assert drawn.split("|") == [
        '<span data-age="67">1:07</span>',
        '<span data-left="90">1:30 left</span>',
        '<span class="bad" data-left="-5">0:05 overdue</span>',
    ]
