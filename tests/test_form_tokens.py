"""Every form that is sent carries the token without which it is refused; the test client asks for none."""

import re
from functools import lru_cache
from pathlib import Path

TEMPLATES = Path(__file__).parents[1] / "templates"
TOKEN = re.compile(r"\{%\s*csrf_token\s*%\}")
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", re.S)
INCLUDE = re.compile(r"\{%\s*include\s+(?P<what>\S+)(?P<rest>[^%]*)%\}")
POSTS = re.compile(r"<form\b(?:[^>%{]|\{[{%].*?[%}]\}|[%{])*?method=[\"']post[\"'].*?</form>", re.S | re.I)


def _named(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


@lru_cache
def _source(name: str) -> str:
    path = TEMPLATES / name
    return COMMENT.sub("", path.read_text()) if path.exists() else ""  # the others are a package's own


def _included(source: str) -> list[tuple[str, bool]]:
    """Each template that is included by its name, and whether it sees only what it is given."""
    return [
        (found["what"].strip("\"'"), bool(re.search(r"\bonly\s*$", found["rest"].strip())))
        for found in INCLUDE.finditer(source)
        if found["what"][0] in "\"'"
    ]


@lru_cache
def _bears_token(name: str) -> bool:
    source = _source(name)
    return bool(TOKEN.search(source)) or any(_bears_token(inner) for inner, _only in _included(source))


ALL = sorted(map(_named, TEMPLATES.rglob("*.html")))


def test_what_is_included_with_nothing_else_needs_no_token() -> None:
    """`only` takes the token away, and the form that comes out is refused by the server alone."""
    deaf = {
        f"{name} includes {inner}"
        for name in ALL
        for inner, only in _included(_source(name))
        if only and _bears_token(inner)
    }
    assert deaf == set()


def test_each_form_that_is_sent_has_a_token() -> None:
    bare = {
        f"{name}: {form[:120]}"
        for name in ALL
        for form in POSTS.findall(_source(name))
        if not TOKEN.search(form)
        and not any(_bears_token(inner) for inner, only in _included(form) if not only)
    }
    assert bare == set()
    assert sum(len(POSTS.findall(_source(name))) for name in ALL) > 100  # the pattern still finds them
