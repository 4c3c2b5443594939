"""Every page, read as somebody who chose Chinese: no English is left but codes, names and what is written in Latin
letters in Chinese too."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin

from accounts.models import Account
from police.models import Agency
from tests.test_permissions import STAFF_ROLES, TABLE, ask, things  # noqa: F401 - the fixture with one of everything

pytestmark = pytest.mark.long

# Written in Latin letters in Chinese too.
LATIN = {
    "SOS",
    "GPS",
    "CSV",
    "PDF",
    "SHA-256",
    "WGS-84",
    "Huhang",
    "English",
    "API",
    "JSON",
    "ID",
    "SMS",
    "OpenStreetMap",
    "px",
}
# What is no text: its content is not read by people, or is a value that a person typed or a name that is not translated.
UNREAD = {"script", "style", "svg", "noscript"}
SAID = {"placeholder", "title", "aria-label", "alt"}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# Font ligatures that draw a picture: never read as words.
PICTURES = re.compile(r"material-symbols")
# What is the same in every language: codes, keys and digests, names of rules, actions and columns of the journal,
# addresses, placeholders of macros, kinds of files, chassis numbers and countries.
CODE = re.compile(
    r"""[A-Z]{1,8}-[A-Z0-9-]+ | M\d+ | v\d+ | [\d/]+ | [0-9a-f]{40,} | [a-z_]+(?:\.[a-z_]+)+ | \w+:[\w:-]+
    | https?://\S+ | \S+@\S+\.\S+ | \{\w+\} | \w+/\w+;\S+ | "\S+" | [A-HJ-NPR-Z0-9]{17} | [A-Z]{2} | face-\d+
    """,
    re.IGNORECASE | re.VERBOSE,
)
KEYS = {"Enter", "Ctrl", "Esc", "esc"}


class Texts(HTMLParser):
    """The texts that a person reads: between tags, and in attributes that browsers show or read out."""

    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        hidden = (
            tag in UNREAD
            or given.get("translate") == "no"
            or PICTURES.search(given.get("class") or "") is not None
        )
        hidden = hidden or (given.get("lang") or "").startswith("en")
        inside = any(each for _tag, each in self.open)
        if not (inside or hidden):
            self.found += [given[name] for name in SAID & given.keys() if given[name]]
            if tag == "input" and given.get("type") in {"submit", "button"}:
                self.found.append(given.get("value", ""))
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag):
        while self.open and any(each == tag for each, _hidden in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data):
        if not any(hidden for _tag, hidden in self.open):
            self.found.append(data)


def english(page, known):
    """Texts without a Chinese letter that have a Latin word that is no code, name or sign."""
    texts = Texts()
    texts.feed(page)
    for text in texts.found:
        said = " ".join(text.split())
        if re.search("[一-鿿]", said):
            continue
        words = [word.strip("()[].,:;·–—+/%“”✔→›‹") for word in said.split()]
        left = [
            word
            for word in words
            if re.search("[A-Za-z]{2}", word) and word.lower() not in known and not CODE.fullmatch(word)
        ]
        if left:
            yield said


def test_no_page_shows_english_to_who_reads_chinese(things, signed_in):  # noqa: F811 - the fixture
    Account.objects.update(language="zh-hans")
    names = [*Account.objects.values_list("code", flat=True), *map(str, things.values()), *LATIN, *KEYS]
    for station in Agency.objects.all():
        names += [
            station.code,
            *station.name_en.replace(",", " ").replace("(", " ").replace(")", " ").split(),
        ]
    known = {name.lower() for name in names}
    table = [
        (route, sorted(allowed))
        for method, route, allowed, *_ in TABLE
        if method == "GET" and allowed and not route.startswith("api/")
    ]
    for model in admin.site._registry:
        base = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        table += [(base, ["supervisor"]), (f"{base}?q=zz", ["supervisor"])]
        pk = model._default_manager.values_list("pk", flat=True).first()
        if pk is not None:
            table.append((f"{base}{pk}/change/", ["supervisor"]))
    clients, found = {}, {}
    for route, allowed in table:
        for who in ("supervisor", "passenger", "driver", allowed[0]):
            if who in allowed:
                break
        client = clients.setdefault(who, signed_in(who))
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"
        client.cookies["django_language"] = "zh-hans"
        path = "/" + route.format(**things)
        answer = ask(client, "GET", path)
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            for text in english(answer.content.decode(), known):
                found.setdefault(text, route)
    assert not found, "\n".join(f"{route}: {text}" for text, route in found.items())
