"""What checks say: facts that are kept, and the sentence that they make in the reader's language.

A check declares its sentences once, at import: `line` for what was seen, `fault` for what is wrong. Each gives a function
that takes the figures and returns the facts to keep (`core.facts`). So one run of a check serves every language.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import facts
from core.languages import clauses, sentences

Facts = dict[str, Any]
_FIELD = re.compile(r"%\((\w+)\)s")
_faults: set[str] = set()
MOST_NAMED = 5  # codes in one sentence; more are counted
# Fields that name trips, people, incidents or requests: the public reads how many (a driver would find his own trip).
CODES = frozenset({"code", "codes"})
_MORE = re.compile(r" \+(\d+)$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a check may say, by the name of its `rule`; called with the figures it gives the facts to keep."""

    rule: str

    def __call__(self, **values: facts.Fact) -> dict[str, facts.Fact]:
        return facts.of(self.rule, **values)


def line(key: str, text: str, **forms: facts.Form) -> Sentence:
    """Declare what was seen; `text` is an English msgid, marked with `gettext_noop`. Fields without a form stand as they are."""
    return Sentence(
        facts.declare(
            f"board.{key}",
            gettext_lazy(text),
            **{name: forms.get(name, str) for name in _FIELD.findall(text)},
        )
    )


def fault(key: str, text: str, **forms: facts.Form) -> Sentence:
    """Declare what is wrong: a clause without a full stop."""
    _faults.add(f"board.{key}")
    return line(key, text, **forms)


def named(codes: Sequence[str], count: int = 0) -> str:
    """Some of the codes, for a sentence, and how many more there are; `count` says how many where not all are given."""
    more = max(count, len(codes)) - MOST_NAMED
    return ", ".join(codes[:MOST_NAMED]) + (f" +{more}" if more > 0 else "")


def unnamed(each: Facts) -> Facts:
    """The same facts with numbers in place of codes, for the public."""
    return each | {name: _how_many(str(each[name])) for name in CODES & each.keys()}


def _how_many(codes: str) -> str:
    more = _MORE.search(codes)
    count = len(_MORE.sub("", codes).split(", ")) + (int(more[1]) if more else 0)
    return _("%(count)s (not named in public)") % {"count": count}


def told(evidence: Sequence[Facts]) -> str:
    """The sentences of what a check found: what is wrong first, then what was seen."""
    wrong = [facts.say(each) for each in evidence if each.get("rule") in _faults]
    seen = [facts.say(each) for each in evidence if each.get("rule") not in _faults]
    return sentences(clauses(each for each in wrong if each) if any(wrong) else "", *seen)
