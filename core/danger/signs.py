"""What people draw instead of writing: letters and digits in boxes, and emoji of danger.

Whoever is watched, or has no language of ours, may send nothing else. A sign stands for what it shows, whatever is
written beside it.
"""

from core.danger.lists import RAISED, SEVERE

# 1️⃣ is a digit with a box around it; 🆂 and 🇸 are letters. What else is boxed or circled is plain by NFKC already.
_BOXED: dict[int, str | None] = {0x20E3: None}
_BOXED |= {first + place: chr(ord("a") + place) for first in (0x1F170, 0x1F1E6) for place in range(26)}

# By the reason that they stand for (`core.danger.reading.Reason`).
_GRAVE = {"help": "🆘", "weapon": "🔪🗡🔫💣🪓", "violence": "🩸"}
# One of these may be a turn of speech; two that call for police or an ambulance are a call.
_CALLS = "🚨🚓🚔👮🚑"
_DARK = {"threat": "💀☠⚰", "held": "⛓", "health": "🤕"}
_EMERGENCY = 2

_ALONE = {sign: (reason, SEVERE) for reason, signs in _GRAVE.items() for sign in signs}
_ALONE |= {sign: (reason, RAISED) for reason, signs in (_DARK | {"help": _CALLS}).items() for sign in signs}


def unboxed(text: str) -> str:
    """A text with letters and digits out of their boxes."""
    return text.translate(_BOXED) if not text.isascii() else text


def drawn(text: str) -> list[tuple[str, str, str]]:
    """The emoji of danger in a text, each once: (sign, code of its reason, level)."""
    if text.isascii():
        return []
    there = dict.fromkeys(sign for sign in text if sign in _ALONE)
    call = sum(sign in _CALLS for sign in there) >= _EMERGENCY
    return [(sign, _ALONE[sign][0], SEVERE if call and sign in _CALLS else _ALONE[sign][1]) for sign in there]
