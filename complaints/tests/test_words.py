"""Danger words raise and never lower (C2); the search finds Chinese and a dump tells nothing (C4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints import words
from complaints.models import Complaint
from complaints.selectors import Filter, page_of
from complaints.states import LEVEL_OF, RANK, Category, Level
from core import clock, danger, policy
from core.policy import read_once
from core.tests.factories import set_policy


@pytest.mark.parametrize(
    ("category", "text", "level"),
    [
        (Category.DISPUTE, "绕路了，多收了二十块", "ordinary"),
        (Category.DISPUTE, "他说要杀了我，救命", "severe"),
        (Category.DISPUTE, "他 锁 上 车 门", "severe"),
        (Category.OTHER, "锁。车，门", "severe"),
        (Category.OTHER, "Please HELP ME, he locked the doors", "severe"),
        (Category.OTHER, "ｋｎｉｆｅ", "severe"),
        (Category.OTHER, "he was harassing everybody", "severe"),
        (Category.OTHER, "a skilled driver, helpful, beginning to end", "ordinary"),
        (Category.OTHER, "请打我电话", "ordinary"),
        (Category.LOST_PROPERTY, "充电枪忘在车上了", "ordinary"),
        (Category.LOST_PROPERTY, "I left my phone, he never answered", "ordinary"),
        (Category.DISPUTE, "他好像喝酒了", "raised"),
        (Category.DISCRIMINATION, "", "raised"),
        (Category.DANGER, "没事", "severe"),
    ],
)
def test_words_raise_the_class_and_never_lower_it(db, category, text, level):
    assert words.level_of(category, text) == level


@pytest.mark.django_db
@given(text=st.text(max_size=60), category=st.sampled_from(list(Category)))
def test_no_words_lower_a_category(text, category):
    with read_once():
        assert RANK[words.level_of(category, text)] >= RANK[LEVEL_OF[category]]


def test_the_policy_that_holds_decides(db):
    set_policy(danger.DANGER_WORDS, policy.value(danger.DANGER_WORDS) | {"severe": ["香蕉"]})
    set_policy(danger.SURENESS, {"severe": 1.0, "raised": 1.0})
    assert words.level_of(Category.OTHER, "香蕉") == Level.SEVERE
    assert words.level_of(Category.OTHER, "救命") == Level.ORDINARY


def found(people, text, **more):
    rows = page_of(Filter(state="all", text=text, **more), people("agent"), clock.now()).rows
    return {row.code for row in rows}


def test_the_search_finds_chinese_words_plates_phones_and_codes(rides, people, cases):
    one = cases.ended(words="司机一路上说下流的话，还绕路，我的手机号是13911112222")
    other = cases.filed(
        rides.ended(passenger="passenger2", driver="driver2"), who="passenger2", words="He smoked and shouted"
    )
    assert found(people, "绕路") == found(people, "下流的话 司机") == {one.code}
    assert found(people, "SHOUTED") == {other.code}
    assert found(people, "绕路 shouted") == set()
    assert found(people, one.code.lower()) == found(people, one.trip.code) == {one.code}
    assert found(people, one.plates[1:6]) == {one.code}
    assert found(people, people("passenger2").phone) == {other.code}
    assert found(people, people("driver").phone) == {one.code}
    # A number that was only written into the words is not in the index of words.
    assert found(people, "13911112222") == set()
    assert found(people, "，。！") == set()


def test_a_dump_of_the_search_tells_no_word(rides, cases):
    filed = cases.ended(words="司机骚扰 driver")
    filed.refresh_from_db()
    assert filed.search
    assert "司机" not in filed.search
    assert "driver" not in filed.search
    assert Complaint.objects.filter(search__isnull=False).count() == 1
