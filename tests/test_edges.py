"""What nobody means, sent to every address, query, form and call of ours by somebody who may use it: never a 500, never a hang."""

import json
import re
import sys
from html.parser import HTMLParser
from time import process_time
from urllib.parse import quote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.http import QueryDict
from django.urls import reverse

from core import broker
from core.actions import ACTION_SETS
from core.permissions import roles_who
from core.schema import Generator
from core.tests import bad
from core.tests.test_bad_values import CHINESE
from tests.doors import posts_of, undone
from tests.test_permissions import (  # noqa: F401 - two are fixtures
    KEYED,
    MODELS,
    ROWS,
    STAFF_ROLES,
    TABLE,
    kept_board,
    people_who,
    things,
)

pytestmark = pytest.mark.edges

# What is sent in each field of a query by itself, all others as they should be.
WORST = ["\x00", "²", "9" * 5_000, "0001-01-01T00:00", "9999-12-31"]
LONG = 3.0  # seconds of work for one answer


class Edges:
    """Somebody of each role who asks, and what went wrong inside."""

    def __init__(self, things, signed_in):  # noqa: F811 - the fixture
        self.things, self.signed_in, self.clients = things, signed_in, {}
        self.found, self.raised, self.count = {}, [], 0

    def note(self, sender, **_signal):
        self.raised.append(repr(sys.exception())[:200])

    def ask(self, who, method, path, what, *, data=None, **more):
        """One request whose effects are undone; kept where it is a fault, under `what`."""
        if who not in self.clients:
            self.clients[who] = self.signed_in(who)
            self.clients[who].raise_request_exception = False
        self.raised.clear()
        if self.count % 8 == 0:  # how often somebody asked is not what is tried here
            broker.ask(lambda found: [found.delete(name) for name in found.scan_iter("limit:*")], None)
        began = process_time()
        with undone():
            answer = getattr(self.clients[who], method.lower())(path, data, **more)
        took = process_time() - began
        self.count += 1
        # 503 is a service outside the company that does not answer here.
        if answer.status_code >= 500 and answer.status_code != 503:
            self.found[what] = f"{answer.status_code} {self.raised}"
        elif took > LONG:
            self.found[what] = f"{took:.1f} s"
        return answer

    def entries(self):
        """(method, route, one person who may) of every address of ours."""
        for method, route, allowed, *_body in TABLE:
            if allowed and not route.startswith("sign-out"):
                yield method, route, "passenger" if "passenger" in allowed else sorted(allowed)[-1]
        for method, route in KEYED:
            yield method, route, "passenger"
        for kind, (name, own) in ROWS.items():
            desk = ACTION_SETS[kind]
            for key, action in list(desk.actions.items())[:1]:
                allowed = people_who(action.permission) & (own or people_who(action.permission))
                at = reverse(desk.route, args=[self.things[name], key]).lstrip("/")
                yield "POST", at.replace(str(self.things[name]), f"{{{name}}}"), sorted(allowed)[-1]
        for model in MODELS:
            reader = min(STAFF_ROLES & set(map(str, roles_who(f"{model.split('/')[0]}.read"))))
            yield "GET", f"admin/{model}/", reader
            yield "GET", f"admin/{model}/{{play}}/change/", reader

    def pages(self):
        """(path, who, its HTML) of every page of ours."""
        for method, route, who in self.entries():
            if method != "GET" or route.startswith(("api/", "health", "metrics", "favicon")):
                continue
            path = "/" + route.format(**self.things)
            answer = self.ask(who, "GET", path, path)
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                yield path, who, answer.content.decode()


@pytest.fixture
def edges(things, kept_board, signed_in):  # noqa: F811 - the fixtures
    """Whatever was a fault fails the test at its end, all of them at once."""
    found = Edges(things, signed_in)
    got_request_exception.connect(found.note)
    yield found
    got_request_exception.disconnect(found.note)
    assert not found.found, "\n".join(f"{asked}: {why}" for asked, why in found.found.items())


PATHS = ["%00", "A-%00", "²", "9" * 400, "x" * 2_000, "%ED%A0%80", "%F0%9F%99%88", "-1", "C-1%0A", "9" * 19]


def test_no_part_of_an_address_is_a_fault(edges):
    for method, route, who in edges.entries():
        for name in re.findall(r"\{(\w+)\}", route.partition("?")[0]):
            for written in PATHS:
                part = written if "%" in written else quote(written)
                path = "/" + re.sub(rf"\{{{name}\}}", part, route, count=1).format(**edges.things)
                answer = edges.ask(who, method, path, f"{method} {route} {name}={written[:12]}", data={})
                assert "%00" not in written or answer.status_code in {401, 403, 404}, (
                    path,
                    answer.status_code,
                )


class _Queries(HTMLParser):
    """By path what a page asks for in query strings: its links' and its GET forms' names."""

    def __init__(self, at):
        super().__init__()
        self.at, self.form, self.found = at, None, {}

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        for address in (given.get("href"), given.get("hx-get")):
            if address and "?" in address:
                parts = urlsplit(address)
                self.found.setdefault(parts.path or self.at, set()).update(QueryDict(parts.query))
        if tag == "form":
            gets = (given.get("method") or "get").lower() == "get"
            self.form = (given.get("action") or self.at).split("?")[0] if gets else None
        if self.form and given.get("name") and tag in {"input", "select", "textarea", "button"}:
            self.found.setdefault(self.form, set()).add(given["name"])

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None


# Names that no page writes in a link of its own before something is there to link to.
ALSO = {"page", "p", "q", "o", "e", "after", "case", "next", "period", "day", "call", "code", "text", "video"}


def shape(path):
    return re.sub(r"[A-Z]{1,2}-[0-9A-Z]+|(?<=/)[\w-]{20,}(?=/)|(?<=/)\d+(?=/)", "*", path)


def test_no_query_is_a_fault(edges):
    done = set()
    for path, who, page in edges.pages():
        parser = _Queries(path.split("?")[0])
        parser.feed(page)
        parser.found.setdefault(parser.at, set()).update(ALSO)
        for at, names in parser.found.items():
            if not at.startswith("/") or at.startswith(("/static/", "/sandbox/")):
                continue
            fresh = sorted(name for name in names if (shape(at), name) not in done)
            done.update((shape(at), name) for name in fresh)
            tried = [dict.fromkeys(fresh, value) for value in bad.TYPED if fresh]
            tried += [{name: value} for name in fresh if name not in ALSO for value in WORST]
            for query in tried:
                asked = "&".join(query)
                value = next(iter(query.values()))
                edges.ask(who, "GET", at, f"GET {at}?{asked}={value[:12]!r} as {who}", data=query)


def refusals_of(page):
    """The sentences that stand at the fields of a form, and in its head."""
    lists = re.findall(r'<ul class="errorlist[^"]*"[^>]*>(.*?)</ul>', page, re.S)
    return [
        re.sub(r"<[^>]+>", "", each).strip()
        for found in lists
        for each in re.findall(r"<li>(.*?)</li>", found, re.S)
    ]


@pytest.mark.timeout(1800)
def test_no_field_of_a_form_is_a_fault(edges):
    done, refused = set(), 0
    for path, who, page in edges.pages():
        for at, typed in posts_of(page, path.split("?")[0]):
            at = urlsplit(at).path or path
            if (shape(at), *sorted(typed)) in done or at.startswith(("/sign-out", "/i18n")):
                continue
            done.add((shape(at), *sorted(typed)))
            secret = {"csrfmiddlewaretoken", "key"}
            # In all of its fields at once, which a form names together, and each in each field by itself.
            several = [*bad.TYPED, [], ["x", "\x00"], SimpleUploadedFile("a.txt", b"x")]
            tried = [
                (str(value), {name: each if name in secret else value for name, each in typed.items()})
                for value in several
            ]
            for name in sorted(set(typed) - secret):
                tried += [(f"{name}={value[:12]!r}", typed | {name: value}) for value in bad.TYPED]
            for what, data in tried:
                what = f"POST {at} {what[:80]} as {who}"
                answer = edges.ask(who, "POST", at, what, data=data, headers={"accept-language": "zh-hans"})
                if answer.headers.get("content-type", "").startswith("text/html"):
                    for said in refusals_of(answer.content.decode()):
                        refused += 1
                        if not CHINESE.search(said) or len(said) > 300:
                            edges.found[what] = said[:200]
    assert refused > 100


def operations():
    """(method, path, {property: an example}) of every call of the schema that takes a body."""
    made = Generator(api_version="1").get_schema(public=True)
    for path, methods in made["paths"].items():
        for method, said in methods.items():
            body = said.get("requestBody", {}).get("content", {})
            if body:
                kind = next(iter(body.values()))["schema"]
                yield (
                    method,
                    path,
                    {name: example(each, made) for name, each in properties(kind, made).items()},
                )


def properties(kind, made):
    return resolved(kind, made).get("properties", {})


def resolved(kind, made):
    for each in [kind, *kind.get("allOf", []), *kind.get("oneOf", [])]:
        if "$ref" in each:
            return made["components"]["schemas"][each["$ref"].rpartition("/")[2]]
    return kind


def example(kind, made):
    kind = resolved(kind, made)
    if kind.get("enum"):
        return kind["enum"][0]
    match kind.get("type"):
        case "object":
            return {name: example(each, made) for name, each in kind.get("properties", {}).items()}
        case "array":
            return [example(kind["items"], made)]
        case "integer" | "number":
            return kind.get("minimum", 1)
        case "boolean":
            return True
        case _ if kind.get("format") == "date-time":
            return "2026-03-02T12:30:00+08:00"
        case _:
            return "x"


def test_no_field_of_a_call_is_a_fault(edges):
    asked = {
        (method, re.sub(r"\{\w+\}", "{}", route)): (route, who)
        for method, route, who in edges.entries()
        if route.startswith("api/")
    }
    for method, path, fields in operations():
        method, flat = method.upper(), re.sub(r"\{\w+\}", "{}", path.lstrip("/"))
        if (method, flat) not in asked:
            continue
        route, who = asked[method, flat]
        at = "/" + route.format(**edges.things)
        for name in fields:
            for value in bad.JSON:
                others = json.dumps({key: each for key, each in fields.items() if key != name})
                body = others[:-1] + (", " if len(others) > 2 else "") + f'"{name}": {value}}}'
                what = f"{method} {route} {name}={value[:12]} as {who}"
                edges.ask(who, method, at, what, data=body, content_type="application/json")
