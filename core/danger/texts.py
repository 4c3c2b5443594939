"""A text as it is meant: widths, capitals, traditional characters, what stands between characters, what hides a word."""

import re
import unicodedata

from core.typed.text import CJK

_C = CJK.pattern

# Written by sound, so that whoever reads along does not read it: 救命 as 救名, jiuming, jm.
_BY_SOUND = {
    "救名": "救命", "救民": "救命", "救鸣": "救命", "旧命": "救命", "报井": "报警", "抱警": "报警", "爆警": "报警", "保警": "报警",
    "非里": "非礼", "帮架": "绑架", "邦架": "绑架", "杀银": "杀人", "沙人": "杀人", "强歼": "强奸", "强间": "强奸", "墙奸": "强奸",
    "蔷奸": "强奸", "强j": "强奸", "弓虽女干": "强奸", "弓虽奸": "强奸", "女干": "奸", "木仓": "枪",
}  # fmt: skip
_PINYIN = {
    "jiuming": "救命", "baojing": "报警", "qiangjian": "强奸", "bangjia": "绑架", "sharen": "杀人", "feili": "非礼",
    "jiuwo": "救我", "lairen": "来人",
}  # fmt: skip
_INITIALS = {"qj": "强奸", "jm": "救命", "bj": "报警"}
# One syllable between or beside Chinese characters.
_SYLLABLES = {
    "sha": "杀", "dao": "刀", "da": "打", "mo": "摸", "jian": "奸", "ming": "命", "jing": "警", "jia": "架", "qiang": "枪",
    "ta": "他", "wo": "我", "bang": "绑", "si": "死",
}  # fmt: skip
# A whole message in pinyin, one syllable a word: read by its sound, where several characters have it by the gravest.
_SPOKEN = {
    "ta": "他", "wo": "我", "mo": "摸", "da": "打", "dao": "刀", "you": "有", "kuai": "快", "lai": "来", "bei": "被",
    "bang": "绑", "le": "了", "bie": "别", "dian": "电", "hua": "话", "ting": "听", "jian": "见", "suo": "锁", "che": "车",
    "men": "门", "bu": "不", "rang": "让", "xia": "下", "ba": "把", "zai": "在", "li": "里", "gan": "赶", "jin": "紧",
    "ganjin": "赶紧", "ren": "人", "sha": "杀", "jiu": "救", "ming": "命", "bao": "报", "jing": "警", "qiang": "枪", "pa": "怕",
    "hai": "害", "si": "死", "yao": "要", "shou": "手", "ji": "机", "shouji": "手机", "qin": "亲", "tuo": "脱", "ku": "裤",
    "siji": "司机", "gei": "给", "zou": "走", "shan": "山", "shang": "上", "gen": "跟", "zhe": "着", "nv": "女", "er": "儿",
    "mei": "没", "hui": "回", "jia": "家", "dianhua": "电话", "haipa": "害怕", "chemen": "车门",
}  # fmt: skip
_SYLLABLE = re.compile(r"(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:[aeiouv]|[aeiou]{2,3}|[aeiouv]{1,2}ng?|er)")


def _either(words: dict[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_SOUND = re.compile(_either(_BY_SOUND))
_SPELT = re.compile(
    r"(?<![a-z])(?:jiu ?ming|bao ?jing|qiang ?jian|bang ?jia|sha ?ren|fei ?li|jiu ?wo|lai ?ren)(?![a-z])"
)
_FIRST = re.compile(r"(?<![a-z])qj(?![a-z])|(?<=我)bj(?![a-z])")
_INSIDE = re.compile(rf"(?:(?<={_C})|(?<={_C} ))({_either(_SYLLABLES)})(?![a-z])")
_BEFORE = re.compile(rf"(?<![a-z])({_either(_SYLLABLES)})(?={_C})")
# What is looked for stands in front of what must stand before it: `re` then passes over all other characters at once.
_SIGN = r"[\s*\-_.·~^|/+=#@&]"
_BETWEEN = re.compile(rf"{_SIGN}(?<={_C}{_SIGN}){_SIGN}*(?={_C})")
_ALL_SIGNS = re.compile(rf"[\W_](?<={_C}[\W_])[\W_]*(?={_C})")
_LATIN = re.compile(r"[a-z]")
_POLICE = re.compile(r"1(?<![\d号牌尾]1)\s?1\s?0(?![\d号指])|9(?<![\d#]9)11(?!\d)")
_ADDRESS = re.compile(r"(?:number|gate|号|no\.?) ?(?:110|911)")
_LETTERS = re.compile(r"(?<![a-z])(?:[a-z] ){2,8}[a-z](?![a-z])")
# An accent is no letter by itself, and comes after the Latin ones; most of a text is told by its number alone.
_NO_ACCENT = re.compile(r"[\x00-\u02ff\u3400-\u9fff\w]+")


def plain(folded: str) -> str:
    """A folded text with nothing between Chinese characters that hides a word: spaces, signs, ends of lines."""
    return _ALL_SIGNS.sub("", folded) if CJK.search(folded) else folded


def as_meant(folded: str) -> str:
    """A folded text whose evasions are undone: pinyin, sounds, initials, letters apart. Commas and stops stay."""
    said = _without_accents(folded.replace("'", "").replace("’", "").replace("‘", ""))
    if not _ADDRESS.search(said):
        said = _POLICE.sub("报警", said)
    if _LATIN.search(said):
        said = _in_characters(said)
    if not CJK.search(said):
        return said
    said = _BETWEEN.sub("", said)
    return _SOUND.sub(lambda found: _BY_SOUND[found.group(0)], said)


def _without_accents(said: str) -> str:
    """Without accents; each sign that may be one is asked about once, however often it stands there."""
    said = unicodedata.normalize("NFKD", said)
    accents = {ord(sign): None for sign in set(_NO_ACCENT.sub("", said)) if unicodedata.combining(sign)}
    return said.translate(accents) if accents else said


def _in_characters(said: str) -> str:
    """Latin letters as the characters that they are written for."""
    said = _SPELT.sub(lambda found: _PINYIN[found.group(0).replace(" ", "")], said)
    said = _LETTERS.sub(lambda found: found.group(0).replace(" ", ""), said)
    said = _INITIALS.get(said.strip(), said)
    if not CJK.search(said):
        return _as_spoken(said)
    said = _FIRST.sub(lambda found: _INITIALS[found.group(0)], said)
    said = _INSIDE.sub(lambda found: _SYLLABLES[found.group(1)], said)
    return _BEFORE.sub(lambda found: _SYLLABLES[found.group(1)], said)


def _as_spoken(said: str) -> str:
    """A message that is pinyin throughout, as characters; any other as it is."""
    words = said.split()
    known = [word for word in words if word in _SPOKEN]
    if (
        len(words) < 2
        or len(known) < 2
        or not {"ta", "wo", "bei", "kuai", "sha", "jiu", "ganjin", "bie"} & set(known)
    ):
        return said
    if not all(_SYLLABLE.fullmatch(word) or word in _SPOKEN for word in words):
        return said
    return "".join(_SPOKEN.get(word, word) for word in words)
