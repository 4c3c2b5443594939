"""Danger in what people write: what is missed, what is found in vain, how words are hidden, and how long it takes."""

import random
import re
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from django.utils.translation import override

from core import danger
from core.danger import learn, weights
from core.danger.texts import as_meant
from core.tests.factories import set_policy
from core.typed.text import CJK

WORDINGS = Path(__file__).with_name("wordings")
# What the weights were learned from, and what nobody looked at while they were made (`docs/danger.md`).
LEARNED = ("first", "learned")
KEPT_APART = ("unseen", "fresh")


def wordings(name):
    return learn.wordings(WORDINGS / f"{name}.tsv")


def level(text):
    return danger.read(text).level


def rates(name):
    """The shares of harm raised, of grave made severe, of ordinary made severe, of ordinary raised at all."""
    told = [(each.level, level(each.text)) for each in wordings(name)]
    harm = [got for meant, got in told if meant != "ordinary"]
    grave = [got for meant, got in told if meant == "severe"]
    ordinary = [got for meant, got in told if meant == "ordinary"]
    return (
        sum(got != "ordinary" for got in harm) / len(harm),
        sum(got == "severe" for got in grave) / len(grave),
        sum(got == "severe" for got in ordinary) / len(ordinary),
        sum(got != "ordinary" for got in ordinary) / len(ordinary),
    )


def test_the_sets_are_large_and_each_wording_stands_in_one_of_them_once():
    every = [each for name in (*LEARNED, *KEPT_APART) for each in wordings(name)]
    assert len(wordings("first")) >= 480
    for name in KEPT_APART:
        assert sum(each.level != "ordinary" for each in wordings(name)) >= 100
        assert sum(each.level == "ordinary" for each in wordings(name)) >= 100
    assert len({each.text for each in every}) == len(every)
    assert min(Counter(each.level for each in wordings("first")).values()) >= 50


@pytest.mark.long
def test_both_error_rates_stay_within_their_bounds_on_what_was_learned(db):
    told = [(each.level, level(each.text)) for each in wordings("first")]
    found, many = Counter(told), Counter(meant for meant, _got in told)
    missed = sum(n for (meant, got), n in found.items() if meant == "severe" and got != "severe")
    in_vain = sum(n for (meant, got), n in found.items() if meant == "ordinary" and got != "ordinary")
    assert missed / many["severe"] <= 0.05, f"{missed} of the dangers are missed"
    assert found["raised", "ordinary"] / many["raised"] <= 0.02
    assert in_vain / many["ordinary"] <= 0.01, f"{in_vain} ordinary wordings are raised"
    harm, grave, in_vain, _raised = rates("learned")
    assert harm >= 0.97
    assert grave >= 0.95
    assert in_vain <= 0.01


@pytest.mark.parametrize("name", KEPT_APART)
def test_harm_that_nobody_had_looked_at_is_raised_and_little_of_the_ordinary_made_severe(db, name):
    harm, grave, in_vain, raised = rates(name)
    assert harm >= 0.90, f"{harm:.1%} of the harm is raised"
    assert grave >= 0.80, f"{grave:.1%} of the grave is severe"
    assert in_vain <= 0.04, f"{in_vain:.1%} of the ordinary is severe"
    assert raised <= 0.16, f"{raised:.1%} of the ordinary is raised"


def test_the_weights_are_those_that_the_wordings_give():
    told = learn.wordings(*(WORDINGS / f"{name}.tsv" for name in ("learned", "first")))
    learned = learn.learn(told)
    kept = weights.weights()
    assert learned.keys() == kept.keys()
    worst = max(abs(learned[key][which] - kept[key][which]) for key in kept for which in (0, 1))
    assert worst < 0.02, "run manage.py learn_danger with these files again"


@pytest.mark.parametrize(
    "text",
    [
        "孩子的玩具手枪忘在车上", "水果刀子落在后备箱", "Could you help me find my umbrella", "killing time", "请打我电话",
        "充电枪", "绑定手机", "行程跟踪不准", "杀价", "打死我也不坐了",
    ],
)  # fmt: skip
def test_harmless_wordings_are_ordinary(db, text):
    assert level(text) == "ordinary"


@pytest.mark.parametrize(
    "text",
    [
        "救命",
        "救 命",
        "救\r\n命",
        "救，命！",
        "救*命",
        "jiuming",
        "救ming",
        "ｈｅｌｐ　ｍｅ",
        "HELP ME",
        "h e l p  m e",
        "司機綁架我",
        "司機強姦我",
        "他性騷擾我",
        "司機綁架我，鎖車門不讓我下車",
        "他跟著我回家",
        "他说kill me now",
        "不讓我下車",
        "ta you dao kuai lai",
        "他要qj我",
        "弓虽女干",
    ],
)
def test_nothing_hides_a_word(db, text):
    assert danger.is_severe(text)


@pytest.mark.parametrize(
    ("grave", "harmless"),
    [
        ("他打我了", "他没有打我"),
        ("司机摸我大腿", "司机没摸我大腿"),
        ("司机绑架了一个女孩", "电影里司机绑架了一个女孩，很好看"),
        ("he hit me in the face", "he did not hit me"),
        ("he locked the doors and won't let me out", "he did not lock the doors"),
        ("he stabbed me", "the movie was about a man who stabbed a man, great plot"),
    ],
)
def test_what_is_denied_or_told_of_a_film_is_not_severe(db, grave, harmless):
    assert level(grave) == "severe"
    assert level(harmless) != "severe"


def test_a_harmless_phrase_hides_nothing_beside_it(db):
    assert danger.is_severe("他拿水果刀指着我")
    assert danger.is_severe("玩具手枪，可是他打我了")


def test_a_line_of_danger_is_heard_in_a_long_text_of_praise(db):
    praise = "师傅人很好，车里很干净，一路很稳，谢谢。" * 40
    assert level(praise) == "ordinary"
    assert level(f"{praise}他锁上车门不让我下车，还摸我大腿。{praise}") == "severe"


def test_an_ordinary_text_stays_ordinary_however_long(db):
    ordinary = [each.text for each in wordings("learned") if each.level == "ordinary"]
    random.Random(1).shuffle(ordinary)
    texts = ["。".join(ordinary[at : at + 8]) for at in range(0, 400, 8)]
    assert sum(level(text) == "severe" for text in texts) / len(texts) <= 0.12


def test_the_reasons_say_who_did_what_and_in_the_readers_language(db):
    read = danger.read("司机用刀顶着我的腰")
    assert danger.Reason.WEAPON in read.reasons
    assert any("刀" in piece.text for piece in read.pieces)
    for language, said in (("en", "danger · "), ("zh-hans", "有危险 · ")):
        with override(language):
            assert danger.said_of(read.facts()).startswith(said)
    assert danger.read("谢谢师傅").facts() == {}


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("운전사가 문을 잠갔어요", False),
        ("Водитель не выпускает меня", False),
        ("السائق لا يسمح لي بالنزول", False),
        ("le chauffeur refuse de me laisser descendre", False),
        ("tài xế không cho tôi xuống xe", False),
        ("運転手が降ろしてくれない", False),
        ("he will not let me out of the car", True),
        ("司机不让我下车", True),
        ("ta mo wo", True),
        ("hlep", True),
        ("川A·H0001", True),
        ("", True),
    ],
)
def test_what_is_neither_chinese_nor_english_asks_for_a_person(db, text, understood):
    read = danger.read(text)
    assert read.understood is understood
    if not understood:
        assert read.calls
        assert str(danger.UNKNOWN_LANGUAGE) in danger.said_of(read.facts())


def took(text):
    """CPU seconds of a reading: the best of three, for other processes share the machine."""
    best = 9.0
    for _ in range(3):
        began = time.process_time()
        danger.read(text)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize(
    "text", ["字", "他打我不让", "he hit me with a knife and ", "a", " ", "h e ", "（", "打(…"]
)
def test_twenty_thousand_characters_are_read_in_fifty_milliseconds(db, text):
    danger.read(text)
    assert took((text * 20_000)[:20_000]) < 0.05


def test_the_time_grows_with_the_length_alone(db):
    said = random.Random(1)
    signs = "的我他了不在司机车人有这到说打手开门是你一个来上去下让给，。 abhe"
    short, long = ("".join(said.choices(signs, k=many)) for many in (5_000, 20_000))
    danger.read(short)
    assert took(long) < 8 * took(short)


def test_the_version_in_force_decides(db):
    value = {"severe": ["(香|大)蕉", "ba* split"], "raised": ["橙"], "harmless": ["香蕉皮"]}
    set_policy(danger.DANGER_WORDS, value)
    set_policy(danger.SURENESS, {"severe": 1.0, "raised": 1.0})
    assert danger.is_severe("香蕉")
    assert danger.is_severe("大 蕉")
    assert danger.is_severe("Banana split")
    assert not danger.is_severe("香蕉皮")
    assert not danger.is_severe("没有香蕉")
    assert not danger.is_severe("救命")


def test_a_phrase_is_found_whichever_way_it_begins(db):
    value = {
        "severe": ["((香|大)|小|)蕉园", "橘|柚", "ba(r|)", "(n|ba)t"],
        "raised": ["橙"],
        "harmless": ["香蕉皮"],
    }
    set_policy(danger.DANGER_WORDS, value)
    set_policy(danger.SURENESS, {"severe": 1.0, "raised": 1.0})
    for text in ("香蕉园", "大蕉园", "小蕉园", "蕉园", "橘", "柚", "bar", "ba", "bat", "nt"):
        assert danger.found(text) == [("severe", text)]
    for text in ("蕉", "barn", "aba", "ant"):
        assert danger.found(text) == []


def test_no_accent_hides_a_word(db):
    accents = "".join(filter(unicodedata.combining, map(chr, range(sys.maxunicode + 1))))
    assert as_meant(f"救{accents}命 h{accents}elp") == "救命 help"
    assert danger.is_severe("h\u00e9l\u0323p me")


def test_what_stands_where_two_stretches_of_a_long_text_meet_is_heard(db):
    for before in range(30, 70):
        assert level("好" * before + "他拿刀指着我" + "好" * 90) == "severe"


@pytest.mark.parametrize("phrase", ["(香|大蕉", "…刀", "(|香)"])
def test_a_list_whose_brackets_do_not_pair_or_that_begins_with_a_sign_is_refused(phrase):
    value = {"severe": [phrase], "raised": ["橙"], "harmless": ["皮"]}
    _read, faults = danger.DANGER_WORDS.read(value)
    assert [fault.where for fault in faults] == ["severe"]


@pytest.mark.parametrize(
    "text",
    [
        "🆘🔪🚗😭", "🆘", "🆘🆘🆘", "📍🚔🚨🆘", "‼️🆘‼️ 1️⃣1️⃣0️⃣", "1️⃣1️⃣0️⃣", "💀🔪 司机", "车里有🔫", "🙏🙏 please 🔪", "🆂🅾🆂", "🇸🇴🇸",
        "救命🆘", "🗡️🩸", "📍🚔🚨", "the driver is very nice 🔪", "👮🏻‍♀️🚨",
    ],
)  # fmt: skip
def test_emoji_of_danger_are_read_as_words(db, text):
    read = danger.read(text)
    assert read.level == "severe"
    assert read.pieces


@pytest.mark.parametrize(
    ("text", "meant"), [("🚨", "raised"), ("💀", "raised"), ("谢谢司机👍😊", "ordinary")]
)
def test_one_that_may_be_a_turn_of_speech_is_raised_and_a_smile_is_not(db, text, meant):
    read = danger.read(text)
    assert (read.level, read.understood) == (meant, True)


@pytest.mark.parametrize("text", ["🙏🙏😭", "???", "……", "📍🚗", "_"])
def test_what_holds_no_word_is_read_by_a_person(db, text):
    assert not danger.read(text).understood
    assert danger.read(text).calls


@pytest.mark.parametrize("text", ["", " ", "123", "13911110001", "ok", "T-1", "好"])
def test_nothing_or_a_number_asks_for_nobody(db, text):
    assert danger.read(text).understood


@pytest.mark.parametrize(
    "text",
    [
        "ayúdame, me está secuestrando", "Au secours, il me viole", "Ayúdenme por favor, el conductor no me deja bajar del coche",
        "Aidez-moi, le chauffeur ne me laisse pas descendre", "no me deja salir", "me quiere matar", "il est ivre et il me frappe",
        "Socorro, o motorista não me deixa sair do carro", "me ajuda por favor", "ele tem uma faca", "mi vuole uccidere",
        "Help, hij laat me niet uit de auto", "er hat ein Messer", "tolong, sopir tidak mau berhenti", "toi dang bi bat coc",
        "Giúp tôi với, tài xế không cho tôi xuống xe", "ayuda", "socorro", "au secours", "ayúdame", "aidez moi",
        "saklolo po, ayaw niya akong pababain", "on me suit dans la voiture",
    ],
)  # fmt: skip
def test_a_language_of_latin_letters_that_is_not_english_is_not_known(db, text):
    assert not danger.read(text).understood


def test_english_is_known_as_english(db):
    """Of what nobody looked at none, and of all hardly any, is taken for another language."""
    told = {
        name: [each.text for each in wordings(name) if not CJK.search(each.text)]
        for name in (*LEARNED, *KEPT_APART)
    }
    strange = {
        name: [text for text in texts if not danger.read(text).understood and re.search("[a-z]", text)]
        for name, texts in told.items()
    }
    assert not strange["unseen"] and not strange["fresh"]
    assert sum(map(len, strange.values())) <= 1, strange


@pytest.mark.parametrize(
    "text",
    [
        "Zhang Wei",
        "Starbucks Guomao",
        "Hotel California",
        "the driver took me from Rue de la Paix to the airport",
    ],
)
def test_names_and_places_are_no_other_language(db, text):
    assert danger.read(text).understood
