"""Words of complaints: which raise the class, and how they are found again.

The search keeps keyed digests of words instead of the words: a text is cut by jieba (the cut for searches, which gives
the parts of long words too), each word is put through HMAC-SHA256, and a `tsvector` holds the digests with their
places. Whoever has a dump learns how often some word occurs, not which. Numbers of phones and documents are cut out
before, so that they can only be found through their own indexes.
"""

import re
import unicodedata
from functools import lru_cache

import rjieba
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import LEVEL_OF, RANK, Category, Level
from core import policy
from core.privacy import blind_index

DANGER_WORDS = policy.declare(
    "complaints.danger_words",  # C2
    policy.Table.of([Level.SEVERE, Level.RAISED], policy.Words()),
    {
        "severe": [
            "救命", "救我", "杀了", "杀我", "弄死", "砍死", "捅我", "捅人", "捅了", "持刀", "拿刀", "刀子", "持枪", "手枪", "绑架", "绑我",
            "囚禁", "锁车门", "锁上车门", "不让我下车", "不让下车", "强奸", "强暴", "迷奸", "猥亵", "性骚扰",
            "摸我", "强吻", "脱衣", "殴打", "打人", "打了我", "掐我", "威胁我", "跟踪", "尾随", "下药", "自杀", "偏僻",
            "help me", "save me", "kill*", "murder*", "stab*", "knife", "gun", "kidnap*", "abduct*", "locked the door*",
            "lock me", "let me out", "rape*", "rapist", "molest*", "grope*", "groping", "touched me", "kissed me",
            "harass*", "assault*", "beat me", "hit me", "punch*", "strangl*", "threaten*", "follow* me", "stalk*",
            "drugged", "suicid*", "remote place",
        ],
        "raised": [
            "歧视", "残疾", "导盲犬", "种族", "艾滋", "醉酒", "喝酒", "酒驾", "吸毒", "疲劳驾驶", "打瞌睡", "闯红灯",
            "超速", "车祸", "撞车", "受伤", "流血", "孕妇", "小孩", "儿童", "未成年",
            "discriminat*", "racist", "disab*", "guide dog*", "drunk*", "drinking", "asleep", "speeding", "red light",
            "crash*", "accident*", "injur*", "bleed*", "pregnan*", "child*",
        ],
    },
    name=pgettext_lazy("policy name", "Danger words"),
    about=_("Words that raise a complaint's class and never lower it; an English word may end in *."),
)  # fmt: skip
_CJK = re.compile(r"[㐀-鿿豈-﫿]")
# Phones, ID numbers and other long numbers: 7 digits or more, also written with spaces or dashes between them.
_NUMBERS = re.compile(r"\+?\d(?:[ \-]?\d){6,}[Xx]?")
_LATIN = re.compile(r"[a-z0-9]")


def plain(text: str) -> str:
    """A text as it is compared: NFKC, lower case, and nothing between Chinese characters that hides a word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(rf"(?<={_CJK.pattern})[\s\W_]+(?={_CJK.pattern})", "", folded)


@lru_cache(maxsize=8)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for word in words:
        known = plain(word.rstrip("*"))
        escaped = re.escape(known).replace(r"\ ", r"\s+").replace(r"\*", r"\w*")
        if _CJK.search(known):
            parts.append(escaped)
        else:
            parts.append(rf"\b{escaped}" + (r"\w*" if word.endswith("*") else r"\b"))
    return re.compile("|".join(parts) or r"(?!)")


def dangers(text: str) -> list[tuple[Level, str]]:
    """Which words of the policy in force a text holds, and the class that each stands for, gravest first."""
    lists, said = policy.value(DANGER_WORDS), plain(text)
    return [
        (Level(level), match.group(0))
        for level in (Level.SEVERE, Level.RAISED)
        for match in _pattern(tuple(lists[level])).finditer(said)
    ]


def level_of(category: Category, text: str) -> Level:
    """The class by category; words raise any class and never lower one."""
    return max([LEVEL_OF[category], *(level for level, _word in dangers(text))], key=lambda each: RANK[each])


def _digest(word: str) -> str:
    return blind_index(word, purpose="complaint-word")[:18]


def _cut(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", _NUMBERS.sub(" ", text)).casefold()
    return [word for word in rjieba.cut_for_search(folded) if _CJK.search(word) or _LATIN.search(word)]


def lexemes(text: str) -> str:
    """The text as PostgreSQL's `tsvector` literal of digests with places; at most 16 383 words count."""
    return " ".join(f"'{_digest(word)}':{place}" for place, word in enumerate(_cut(text)[:16_383], start=1))


def vector(text: str) -> RawSQL:
    """The value of a search column for this text."""
    return RawSQL("%s::tsvector", [lexemes(text)])


def query(text: str) -> str:
    """A `tsquery` literal that finds texts with all words of this one; empty where nothing can be looked for."""
    return " & ".join(f"'{digest}'" for digest in dict.fromkeys(_digest(word) for word in _cut(text)))
