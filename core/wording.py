"""Our sentences: where each stands in code and templates, what the catalogue says of it, and what no text may do.

No page needs this; `manage.py check_translations` does. A sentence is known by its context and its English. The rules
are those of `docs/wording.md`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gettext import GNUTranslations
from pathlib import Path

import unfold
from babel.messages.pofile import read_po
from django import conf
from django.apps import apps
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]
# Whether a context comes first, and how many forms of the sentence follow.
FUNCTIONS = {
    "gettext": (False, 1),
    "gettext_lazy": (False, 1),
    "gettext_noop": (False, 1),
    "ngettext": (False, 2),
    "ngettext_lazy": (False, 2),
    "pgettext": (True, 1),
    "pgettext_lazy": (True, 1),
    "npgettext": (True, 2),
    "npgettext_lazy": (True, 2),
}
_LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_IN_TEMPLATE = re.compile(rf"\b(n?p?gettext)\(((?:{_LITERAL})(?:,\s*(?:{_LITERAL}))*)", re.S)
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
# What the eye does not read as Chinese or Latin text: values, tags, addresses, plates, and dates in their own form.
_NOT_TEXT = re.compile(
    r"%\(\w+\)s|%%|\{\w+\}|<[^>]+>|https?://\S+|/[\w/-]+/|[一-鿿][A-Z]·[A-Z0-9]+|(?:\d+[年月日])+|\d+[年月日时分]"
)
_HAN = "[一-鿿]"
_TOUCHES = re.compile(rf"{_HAN}[A-Za-z0-9]|[A-Za-z0-9]{_HAN}")
_HALF_WIDTH = re.compile(rf"{_HAN}[,;:!?()'\"]|[,;:!?()'\"]{_HAN}|{_HAN}\.(?!\w)")
_FULL_WIDTH = "，。：；！？（）“”《》、【】"
_SPACED = re.compile(rf" [{_FULL_WIDTH}]|[{_FULL_WIDTH}] ")


@dataclass(frozen=True, order=True)
class Key:
    """What the catalogue knows a sentence by; `plural` is empty where the code has one form."""

    text: str
    context: str = ""
    plural: str = ""

    def __str__(self) -> str:
        return f"{self.text} [{self.context}]" if self.context else self.text


# --- where sentences stand ------------------------------------------------------------------------------------------


def in_code(source: str) -> Iterator[Key]:
    """The sentences that Python marks, by whatever name it imports the functions of `django.utils.translation`."""
    tree = ast.parse(source)
    known = {name: name for name in FUNCTIONS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            known |= {each.asname or each.name: each.name for each in node.names if each.name in FUNCTIONS}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in known:
                function = known[name]
            case ast.Attribute(value=ast.Name(id="translation"), attr=name) if name in FUNCTIONS:
                function = name
            case _:
                continue
        texts = [
            each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if (key := _key(function, texts)) is not None:
            yield key


def in_template(source: str, *, origin: str = "template") -> Iterator[Key]:
    """The sentences of `translate` and `blocktranslate`, with their contexts and plural forms."""
    for match in _IN_TEMPLATE.finditer(templatize(source, origin=origin)):
        texts = [ast.literal_eval(each) for each in re.findall(_LITERAL, match.group(2), re.S)]
        if (key := _key(match.group(1), texts)) is not None:
            yield key


def _key(function: str, texts: list[str]) -> Key | None:
    has_context, forms = FUNCTIONS[function]
    if len(texts) < has_context + forms:
        return None  # what is said is not known before it runs; the sentence is marked where it is written
    context = texts[0] if has_context else ""
    said = texts[1:] if has_context else texts
    return Key(said[0], context, said[1] if forms == 2 else "")


def uses(root: Path) -> dict[Key, set[str]]:
    """Every sentence of ours and the files it stands in."""
    found: dict[Key, set[str]] = {}
    for path, keys in _everywhere(root):
        for key in keys:
            found.setdefault(key, set()).add(path)
    return found


def _everywhere(root: Path) -> Iterator[tuple[str, Iterable[Key]]]:
    for path in code(root):
        yield str(path.relative_to(root)), in_code(path.read_text())
    for path in templates(root):
        yield str(path.relative_to(root)), in_template(path.read_text(), origin=str(path))


def code(root: Path) -> Iterator[Path]:
    """Our Python, without tests and migrations."""
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            if "tests" not in path.parts and "migrations" not in path.parts:
                yield path


def templates(root: Path) -> list[Path]:
    return sorted((root / "templates").rglob("*.html"))


def of_theme() -> set[Key]:
    """The sentences of the console's theme, which ships no Chinese: those that Django itself does not answer.

    Its optional parts (`unfold.contrib`) are not installed here, so nothing of theirs can show.
    """
    answers = [
        GNUTranslations(path.open("rb"))
        for root in [Path(conf.__file__).parent, *(Path(app.path) for app in apps.get_app_configs())]
        if (path := root / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo").exists()
    ]
    root = Path(unfold.__file__).parent
    found: set[Key] = set()
    for path in [*root.rglob("*.py"), *root.rglob("*.html")]:
        if {"contrib", "unfold_crispy"} & set(path.relative_to(root).parts):
            continue
        source = path.read_text()
        found |= set(in_code(source) if path.suffix == ".py" else in_template(source, origin=str(path)))
    return {key for key in found if all(each.gettext(key.text) == key.text for each in answers)}


def catalogues(root: Path) -> dict[str, Path]:
    """Where the sentences of each language stand that pages are shown in, by its code; English is what code is written in."""
    return {
        code: root / "locale" / to_locale(code) / "LC_MESSAGES" / "django.po"
        for code, _name in settings.LANGUAGES
        if code != "en"
    }


def catalogue(path: Path) -> dict[Key, tuple[str, ...]]:
    """What a language says for every sentence, by its key; a sentence with plural forms has one text per form."""
    with path.open("rb") as opened:
        found = {}
        for message in read_po(opened, locale=path.parent.parent.name):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id, "")
            said = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            found[Key(ids[0], message.context or "", ids[1])] = tuple(each or "" for each in said)
    return found


# --- what no text may do ----------------------------------------------------------------------------------------------


def compare(wanted: Iterable[Key], said: dict[Key, tuple[str, ...]]) -> Iterator[str]:
    """What the catalogue lacks, what nothing uses any more, and what lost or gained a placeholder."""
    wanted = set(wanted)
    # The form for one and the form for many are one entry: code with and without plural can share it.
    known = {(key.context, key.text) for key in wanted}
    for key in sorted(wanted):
        found = said.get(key)
        if found is None and not key.plural:
            found = next((said[k] for k in said if (k.context, k.text) == (key.context, key.text)), None)
        if not found or not all(found):
            yield f"not translated: {key}"
    for key in sorted(said):
        if (key.context, key.text) not in known:
            yield f"used nowhere: {key}"
        here = set(_PLACEHOLDER.findall(key.text + key.plural))
        for text in said[key]:
            if text and set(_PLACEHOLDER.findall(text)) != here:
                odd = ", ".join(sorted(here ^ set(_PLACEHOLDER.findall(text))))
                yield f"a placeholder stands on one side only ({odd}): {key}"


def signed(key: Key, texts: tuple[str, ...]) -> Iterator[str]:
    """A message that says its sender in one language and not in the other."""
    if key.text.startswith("Huhang: ") != all(text.startswith("【护航】") for text in texts):
        yield f"signed in one language only: {key}"


def written(text: str) -> Iterator[str]:
    """What is wrong with the letters of a Chinese text: spaces between scripts, and punctuation."""
    bare = _NOT_TEXT.sub("\0", text)
    for match in _TOUCHES.finditer(bare):
        yield f"no space between Chinese and Latin or digits ({match.group()})"
    for match in _HALF_WIDTH.finditer(bare):
        yield f"half-width punctuation beside Chinese ({match.group()})"
    for match in _SPACED.finditer(text):
        yield f"a space beside full-width punctuation ({match.group()})"


def shared(found: dict[Key, set[str]], reviewed: dict[str, str]) -> Iterator[str]:
    """Words that several files share without context, though nobody has said that they mean one thing in all."""
    words = {
        key.text: files
        for key, files in found.items()
        if not key.context and len(files) > 1 and len(key.text.split()) <= 2
    }
    for word in sorted(words.keys() - reviewed.keys()):
        where = ", ".join(sorted(words[word])[:3])
        yield f"one or two words in several files need a context, or a line in locale/shared_words.txt: {word} ({where})"
    for word in sorted(reviewed.keys() - words.keys()):
        yield f"in locale/shared_words.txt, but not in several files: {word}"


def read_reviewed(path: Path) -> dict[str, str]:
    """Word and reason: a line in brackets is the reason of the words that follow.

    Raises ValueError for a word before any reason.
    """
    found: dict[str, str] = {}
    reason = ""
    for line in path.read_text().splitlines():
        if line.startswith("[") and line.endswith("]"):
            reason = line[1:-1].strip()
        elif line.strip() and not line.startswith("#"):
            if not reason:
                raise ValueError(f"no reason for {line}")
            found[line] = reason
    return found


# Inline elements do not part a label from its value; figures (`b`, `.big`), running clocks and small print do.
_OPEN = r"(?:\s*<(?:strong|span|code|a)\b(?![^<>]*(?:data-since|data-age|class=\"big))[^<>]*>)*"
_SAID = r"\{%\s*(?:translate|trans)\s(?:\"[^\"]*\"|'[^']*')(?:\s+context\s+(?:\"[^\"]*\"|'[^']*'))?\s*%\}"
_VALUE = r"\{\{[^}]*\}\}"
_GLUED = re.compile(rf"{_SAID}\s*(?::|\(|（|：|{_OPEN}\s*{_VALUE})|{_VALUE}\s*{_SAID}|%\}}\s*:(?=\s)", re.S)


def glued_in_template(source: str) -> Iterator[tuple[int, str]]:
    """Labels that a colon or a value follows outside the sentence: (line, what stands there).

    Word order and punctuation differ between languages; the value belongs inside a `blocktranslate`.
    """
    source = re.sub(r"\{#.*?#\}", "", source)
    for match in _GLUED.finditer(source):
        yield source.count("\n", 0, match.start()) + 1, re.sub(r"\s+", " ", match.group())


def glued_in_code(source: str) -> Iterator[tuple[int, str]]:
    """The same in Python: a translated text in an f-string or joined by `+`: (line, what stands there)."""
    tree = ast.parse(source)
    known = set(FUNCTIONS)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            known |= {each.asname or each.name for each in node.names if each.name in FUNCTIONS}

    def said(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known

    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=parts):
                inside = any(said(part.value) for part in parts if isinstance(part, ast.FormattedValue))
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                inside = said(left) or said(right)
            case _:
                continue
        if inside:
            yield node.lineno, " ".join((ast.get_source_segment(source, node) or "").split())
