"""The phrases of the policy: what always raises a text, and what is harmless wherever it stands.

Phrases are for what staff have met and want found from now on, in the same words; the wordings nobody has thought of
are for the weights (`core.danger.weights`).
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from core import policy
from core.danger.texts import plain
from core.policy.kinds import Reading
from core.policy.units import Later
from core.typed.text import CJK, fold

SEVERE, RAISED, HARMLESS = "severe", "raised", "harmless"
_SIGNS = {"(": "(?:", ")": ")", "|": "|", "…": r"\w{0,4}?", "*": "[a-z]*", "$": "$", " ": r"\s+"}
_PARTS = re.compile(r"([()|…*$ ])")
# A harmless phrase leaves a character behind that no word has: what stood around it neither joins nor parts.
_BLANK = "物"
# What stands right before a phrase that is denied.
_DENIED = re.compile(
    r"(?:没|没有|没人|没有人|无人|不是|并未|从未|\b(?:not|no|nobody|never|(?:did|was|is)n.?t)\s+)$"
)
_BEFORE = 12  # characters in which a denial stands


def _expression(word: str) -> str:
    """A word of the list as an expression: (a|b), … and * are its signs, anything else stands for itself."""
    return "".join(_SIGNS.get(part) or re.escape(fold(part)) for part in _PARTS.split(word))


def _openings(word: str) -> list[tuple[str, str]]:
    """(character, expression of what follows) for each way a word can begin: (杀|砍)价 with 杀 or with 砍.

    No character where it begins with a sign.
    """
    if word[:1] != "(":
        letters = _PARTS.split(word, maxsplit=1)[0]
        said = fold(letters)
        return [(said[:1], re.escape(said[1:]) + _expression(word[len(letters) :]))]
    depth, options, begun = 0, [], 1
    for place, sign in enumerate(word):
        depth += (sign == "(") - (sign == ")")
        if (depth == 1 and sign == "|") or depth == 0:
            options.append(word[begun:place])
            begun = place + 1
        if depth == 0:
            break
    return [opening for option in dict.fromkeys(options) for opening in _openings(option + word[begun:])]


class Wordings(policy.Words):
    """Words in the signs of this list; a text that is no expression is refused on writing and not read."""

    LONGEST = 600

    def read(self, raw: Any, default: list[str], reading: Reading) -> list[str]:
        words = super().read(raw, default, reading)
        for word in words:
            try:
                re.compile(_expression(word))
            except re.error:
                reading.wrong("wrong_type", Later(lambda: _("Its brackets do not pair.")))
                return default
            if not all(first for first, _rest in _openings(f"({word})")):
                reading.wrong("wrong_type", Later(lambda: _("A phrase begins with a letter or a character.")))
                return default
        return words


LABELS = {
    SEVERE: pgettext_lazy("danger words", "severe"),
    RAISED: pgettext_lazy("danger words", "raised"),
    HARMLESS: pgettext_lazy("danger words", "harmless phrases"),
}
DANGER_WORDS = policy.declare(
    "core.danger_words",  # C2, S10
    policy.Table(
        dict.fromkeys((SEVERE, RAISED, HARMLESS), Wordings()),
        LABELS,
    ),
    {
        SEVERE: [
            "救命", "救救我", "jiuming", "(帮|替|快|求)(我|她|他|)(报警|报个警|叫警察)", "别挂电话", "(杀|砍|捅)死(我|她)", "要杀(我|她|人)",
            "同归于尽", "(持|拔|掏|抽|亮|举)(着|出|了|)(一|)(把|)(刀|匕首|枪)", "(拿|用)…(指|顶|抵|架|捅)(着|了|住|在|)(我|她)", "电(击|棍)",
            "反锁", "锁死", "锁(着|住|上|了|死)(车|)门", "锁车门", "门(锁住|锁上|锁死|锁着|被锁|反锁)",
            "(不让|不准|不许|不肯|不放|唔俾|唔畀)(我|她|他|)(下车|下去|下来|走|离开|出来|出去|落车|上楼)", "才(让|放)(我|)(走|下车)", "喊停",
            "(解|扯|撕)(开|了|)(我|她)(的|)(扣|衣|裤|裙|内)", "跟(着|在|了)(我|她)(后面|身后|回|到|上|进|下车|一路|走了)", "打(了我|我了)",
            "割腕", "活(着|)(没意思|够了)", "help me", "(let (me|her|us) out|gunpoint|knifepoint)",
            "knife$", "(send|call|get) (the |)(police|cops)", "into the (mountain*|forest|woods|bush)",
        ],
        RAISED: ["歧视", "毒驾", "疲劳驾驶", "闯(了…|…个|)红灯", "逆行", "harass*", "discriminat*", "racist", "drunk driv*"],
        HARMLESS: [
            "打死(我|)也", "(杀|砍)价", "杀(毒|熟|青|个回马枪)", "(玩具|水|道具|充电|加油|油|喷|仿真|奶油)(手|)枪", "枪灰", "(水果|剃须|修眉|菜|指甲|美工|折叠)刀",
            "刀(叉|削面|具)", "(行程|物流|订单|位置)跟踪", "跟踪(页面|行程|链接)", "骚扰(电话|拦截)", "锁屏", "车锁坏", "车窗锁住", "(小孩|孩子|儿童|小朋友)的",
            "儿童(安全|)(座椅|锁|票)", "我(喝酒|喝了酒|喝多)", "(我|孩子|宝宝)睡着", "打(我|你|他|她)(的|爸|妈|)(电话|手机|号码|客服)", "打我…电话",
            "(上车点|定位|小区|公司|住|这里|那里|位置)…偏僻", "害怕(赶不上|迟到|错过|堵车|来不及)", "带(我|她)去(加油|医院|机场|车站|火车站|洗车)", "救命(稻草|恩人)", "急救包", "不开门发票", "绑(我|他|她|我的|他的)(的|)(号|卡|手机|账号)", "绿灯", "(到|去|从|在)酒店(的|出发|接)", "按我(的|说|要求)",
            "推(我|)(的|)行李", "拖(我|)(的|)行李", "追(着我|)…(还给|手机还)", "笑(死|喷)", "(气|累|热|冷|冻|堵|困|急|晒|吓|疼)死", "生死",
            "药(店|房|品|盒)", "脱鞋", "抱(着|了)(我|她)(的|家|妈|儿|女|孩)", "打我…(热线|前台)",
            "help me (find|get|with|contact|change|cancel|book|pay|load|carry|reach|locate|understand|out)",
            "(toy|nail|glue|water|heat) gun*", "kill for", "kill* (my|the|some) (battery|phone|time)",
            "killer (view|deal|price)*", "(traffic|parking) (was|is) murder", "(kitchen|steak|butter) kni*",
            "knife set*", "set of kni*", "by accident", "child* seat*", "following the gps*",
            "pulled (my|the) (bag*|suitcase*)", "hit my (bag*|suitcase*|phone)", "held me up", "stop following",
            "app crash*", "主动帮忙", "heart attack*", "hit me with", "push* me to (give|rate|pay|cancel)",
            "force* me to (pay|cancel|give|rate|add|walk|wait|take)",
            "let me out (at|on|in|near|far|too|early|before|a|two)",
        ],
    },
    name=pgettext_lazy("policy name", "Danger words"),
    about=_lazy(
        "Phrases that raise whatever comes in and never lower it. (a|b) stands for either, … for up to four characters, and "
        "an English word may end in *. Harmless phrases are not looked into."
    ),
)  # fmt: skip

policy.safer(
    policy.Direction(
        _lazy("More phrases are safer, and fewer harmless ones."),
        lambda old, new: (
            all(set(old[level]) <= set(new[level]) for level in (SEVERE, RAISED))
            and set(new[HARMLESS]) <= set(old[HARMLESS])
        ),
        whole=True,
    ),
    DANGER_WORDS,
)

Lists = Mapping[str, Sequence[str]]  # by severe, raised, harmless


@lru_cache(maxsize=16)
def _finder(words: tuple[str, ...]) -> re.Pattern[str]:
    """Several phrases looked for at once: of those that fit at a place, the one that stands first in the list.

    The characters that phrases begin with stand bare in front, each once. So `re` itself passes over what begins none
    and tries only those that begin so: a try from Python for each such character would be most of a reading.
    """
    rests: dict[str, list[str]] = {}
    for word in words:
        # Not \b: a Chinese character beside a Latin one is a border for people.
        before, after = ("", "") if CJK.search(word) else ("(?<![a-z]{})", "(?![a-z])")
        for first, rest in _openings(f"({word})"):
            first = re.escape(first)
            rests.setdefault(first, []).append(before.format(first) + rest + after)
    return re.compile("|".join(f"{first}(?:{'|'.join(many)})" for first, many in rests.items()))


def mask(said: str, lists: Lists) -> str:
    """A text without its harmless phrases."""
    kept, after = [], 0
    for match in _finder(tuple(lists[HARMLESS])).finditer(said):
        kept += [said[after : match.start()], _BLANK]
        after = match.end()
    return "".join([*kept, said[after:]])


def phrases(folded: str, lists: Lists) -> list[tuple[str, str]]:
    """(class, words) of the phrases that a folded text holds and does not deny, gravest first, each once."""
    said = mask(plain(folded), lists)
    found: dict[tuple[str, str], None] = {}
    for level in (SEVERE, RAISED):
        for match in _finder(tuple(lists[level])).finditer(said):
            one = level, match.group(0)
            if one not in found and not _DENIED.search(said[max(0, match.start() - _BEFORE) : match.start()]):
                found[one] = None
    return list(found)
