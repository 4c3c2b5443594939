"""How grave a text is, why, and in which language nobody could tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from core import policy
from core.danger import signs, weights
from core.danger.lists import DANGER_WORDS, RAISED, SEVERE, mask, phrases
from core.danger.pieces import sorts, stem
from core.danger.texts import as_meant
from core.typed.text import CJK, fold

ORDINARY = "ordinary"
UNKNOWN_LANGUAGE = _lazy("Language not recognised: a person reads it now")


class Reason(models.TextChoices):
    """Why a text was raised. `PHRASE` is a phrase of the policy, `WORDING` what only the whole says."""

    HELP = "help", pgettext_lazy("danger reason", "a call for help")
    FEAR = "fear", pgettext_lazy("danger reason", "fear, or must not be heard")
    VIOLENCE = "violence", pgettext_lazy("danger reason", "violence")
    WEAPON = "weapon", pgettext_lazy("danger reason", "a weapon")
    THREAT = "threat", pgettext_lazy("danger reason", "a threat, or death")
    HELD = "held", pgettext_lazy("danger reason", "held or locked in")
    TAKEN = "taken", pgettext_lazy("danger reason", "taken away, another way, a lonely place")
    SEXUAL = "sexual", pgettext_lazy("danger reason", "a sexual deed or demand")
    FOLLOWED = "followed", pgettext_lazy("danger reason", "followed or watched")
    ROBBED = "robbed", pgettext_lazy("danger reason", "robbed")
    DRUGGED = "drugged", pgettext_lazy("danger reason", "drugged")
    MISSING = "missing", pgettext_lazy("danger reason", "cannot be reached")
    LIFE = "life", pgettext_lazy("danger reason", "wants to die")
    HEALTH = "health", pgettext_lazy("danger reason", "hurt or ill")
    DRIVING = "driving", pgettext_lazy("danger reason", "dangerous driving")
    LEFT = "left", pgettext_lazy("danger reason", "put out on the way")
    INSULT = "insult", pgettext_lazy("danger reason", "insulted or refused for who they are")
    MISMATCH = "mismatch", pgettext_lazy("danger reason", "another car or driver")
    PHRASE = "phrase", pgettext_lazy("danger reason", "a phrase of the list")
    WORDING = "wording", pgettext_lazy("danger reason", "the wording as a whole")


SURENESS = policy.declare(
    "core.danger_sureness",  # C2, S10
    policy.Table(
        dict.fromkeys((SEVERE, RAISED), policy.Real(0.01, 1.0)),
        {
            SEVERE: pgettext_lazy("danger words", "severe"),
            RAISED: pgettext_lazy("danger words", "raised"),
        },
    ),
    {SEVERE: 0.75, RAISED: 0.45},
    name=pgettext_lazy("policy name", "Sureness of danger"),
    about=_lazy(
        "From which sureness on the weights of what is said raise a text: to severe, where it tells of grave danger, and "
        "to raised, where it tells of any harm. Lower finds more and more in vain; 1 leaves the list of phrases alone."
    ),
)

policy.safer(policy.LOWER, SURENESS)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that raised a text, as they were understood, and the reason they stand for."""

    text: str
    reason: Reason
    level: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: `level` is severe, raised or ordinary; `pieces` say why; false `understood` asks for a person."""

    level: str
    pieces: tuple[Piece, ...]
    understood: bool

    @property
    def reasons(self) -> list[Reason]:
        """Each reason once, heaviest first."""
        return list(dict.fromkeys(piece.reason for piece in self.pieces))

    @property
    def calls(self) -> bool:
        """Whether a person should look: it was raised, or nobody knows what it says."""
        return self.level != ORDINARY or not self.understood

    def columns(self) -> dict[str, Any]:
        """The columns of a `core.models.Heard`."""
        return {"danger": self.level, "heard": self.facts()}

    def facts(self) -> dict[str, Any]:
        """What a line of the timeline keeps of it: codes, no words. Empty where nothing calls."""
        kept: dict[str, Any] = {}
        if self.level != ORDINARY:
            kept |= {"danger": self.level, "danger_reasons": [str(reason) for reason in self.reasons]}
        return kept if self.understood else kept | {"danger_unread": True}


def read(text: str) -> Reading:
    """Read a text by the policies in force."""
    lists, sure = policy.value(DANGER_WORDS), policy.value(SURENESS)
    text = signs.unboxed(text)
    folded = fold(text)
    said = as_meant(folded)
    weighed = weights.weigh(mask(said, lists))
    level = ORDINARY
    if weighed.severe >= sure[SEVERE]:
        level = SEVERE
    elif weighed.harm >= sure[RAISED]:
        level = RAISED
    listed = [Piece(word, Reason.PHRASE, of) for of, word in phrases(folded, lists)]
    drawn = [Piece(sign, Reason(reason), of) for sign, reason, of in signs.drawn(folded)]
    raised = [_piece(word, sort, level) for word, sort in weighed.said] if level != ORDINARY else []
    if level != ORDINARY and not raised:
        raised = [Piece(text.strip()[:20], Reason.WORDING, level)]
    levels = {level, *(piece.level for piece in (*listed, *drawn))}
    gravest = next(each for each in (SEVERE, RAISED, ORDINARY) if each in levels)
    found = sorted([*listed, *drawn, *raised], key=lambda piece: piece.level != SEVERE)
    return Reading(gravest, tuple(found), _is_understood(text, said, drawn=bool(drawn)))


def _piece(word: str, sort: str, level: str) -> Piece:
    return Piece(word, Reason(sorts()[sort].reason) if sort else Reason.WORDING, level)


def found(text: str) -> list[tuple[str, str]]:
    """The words that raise a text, each with its class, gravest first."""
    return [(piece.level, piece.text) for piece in read(text).pieces]


def is_severe(text: str) -> bool:
    """Whether somebody may be in danger by these words."""
    return read(text).level == SEVERE


LEVELS = {
    SEVERE: pgettext_lazy("danger of words", "danger"),
    RAISED: pgettext_lazy("danger of words", "look at it"),
}


def said_of(facts: Mapping[str, Any]) -> str:
    """What `Reading.facts()` kept, in the reader's language: how grave and why, or that nobody could read it."""
    labels, parts = dict(Reason.choices), []
    if facts.get("danger") in LEVELS:
        parts = [
            LEVELS[facts["danger"]],
            *(labels.get(code, code) for code in facts.get("danger_reasons", ())),
        ]
    if facts.get("danger_unread"):
        parts.append(UNKNOWN_LANGUAGE)
    return " · ".join(map(str, parts))


# --- Language -------------------------------------------------------------------------------------

_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_CHARACTERS = re.compile(f"{CJK.pattern}+")
_NEITHER_LETTER_NOR_SPACE = re.compile(r"[^a-z\s]+")
_COMMONEST = """
a an the and or but if so then than that this these those there here it its i im ive id me my mine we us our
you your he him his she her they them their who what when where why how is are was were be been am do does did
done dont didnt doesnt have has had not no yes ok okay can cant could couldnt will wont would wouldnt should
shall may might must to of in on at by for from with without into out off up down over under after before
again about as all any some one two please pls plz thank thanks hi hello hey sorry help good bad great nice
very too just only now today driver car ride trip taxi phone call need want go going get got come back home
late wait time money app
"""
# Of these, what other languages write as well proves nothing: `no me deja salir`, `il me suit`.
_BOTH = "a i an am is as at do he me my no on or so to us in of it its was been all any one but"
_SHARED = frozenset(map(stem, _BOTH.split()))
# The commonest words of Spanish, Portuguese, French, Italian, German, Dutch, Malay and Tagalog that English has not.
_ELSEWHERE = """
el la los las un una uno unos del al de que por con para su sus mi mis te se lo le les y o muy pero como esta estoy
estan este ese eso tengo tiene quiere quiero puedo puede ayuda ayudame ayudenme auxilio socorro favor miedo coche carro
policia conductor chofer cuchillo pistola matar salir bajar
os um uma do da dos das em na no nos nao ele ela eu meu minha voce com me motorista faca ajuda ajude socorre tem
je tu il elle nous vous ils mon ma mes moi ne pas plus est et les des du au aux en dans sur avec pour qui ce cette suis
ai as sont secours aidez aide chauffeur voiture vite peur couteau
sono sei siamo non mio mia gli della nel di che aiuto aiutatemi vuole macchina autista coltello uccidere
ich er sie wir ihr ist sind nicht kein und oder der das den dem ein eine einen mich mir mit auf aus hilfe fahrer
messer bitte
ik hij zij wij niet een het mij uit naar mes bestuurder
tolong saya dia aku tidak mau punya sopir pisau saklolo tulungan ako niya ayaw
nisaidie dereva
"""
_FOREIGN = frozenset(_ELSEWHERE.split()) - frozenset(_COMMONEST.split())
_COMMON = frozenset(map(stem, _COMMONEST.split()))
_ENOUGH = 3  # words or letters to judge a language by
_ONE_IN = 4  # words of a text that are English where it is


@cache
def _english() -> frozenset[str]:
    """Stems of English words: the commonest, and all that the lexicon and the weights know."""
    weighed = {key.removeprefix("word ") for key in weights.weights() if key.startswith("word ")}
    listed = {stem(part) for sort in sorts().values() for word in sort.words for part in word.split("_")}
    known = {word for entry in weighed for word in entry.split()} | listed | _COMMON
    return frozenset(word for word in known if word.isascii()) - _SHARED - _FOREIGN


def _is_understood(text: str, said: str, *, drawn: bool = False) -> bool:
    """False where a text is neither Chinese nor English, as far as its letters and, as meant, commonest words tell.

    Latin letters have to show that they are English: a share of the words is, and no more of them are another language's.
    One or two words, such as names of places, are known unless they are another language's. A text without any letter
    or digit says something that nobody reads, but where it is `drawn` in signs that are known.
    """
    letters = "".join(_LETTERS.findall(text))
    if text.strip() and not letters and not _DIGIT.search(said) and not CJK.search(said):
        return drawn
    chinese = len("".join(_CHARACTERS.findall(letters)))
    words = _LATIN.findall(text)
    latin = sum(map(len, words))
    foreign = len(letters) - chinese - latin
    if foreign >= _ENOUGH and foreign * 4 >= len(letters):
        return False
    if chinese or not words or CJK.search(said):
        return True
    plain = _NEITHER_LETTER_NOR_SPACE.sub("", said).split()
    english = sum(stem(word) in _english() for word in plain)
    elsewhere = sum(word in _FOREIGN for word in plain) + sum(not word.isascii() for word in words)
    if elsewhere > english:
        return False
    if english and not elsewhere:  # then what is shared is English as well
        english += sum(stem(word) in _SHARED for word in plain)
    return len(words) < _ENOUGH or english * _ONE_IN >= len(words)
