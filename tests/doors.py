"""All that staff can do in the console, found from the registries and the resolver, for tests that try everything.

Nothing here is a list by hand: a desk, an action or an address that is added is tried as well.
"""

import itertools
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, partial
from html.parser import HTMLParser

from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from accounts.models import Account
from core.errors import DomainError
from core.permissions import may, roles_who
from core.tests.factories import PDF

MOST = 2  # combinations tried for one action on one row, beside each value of each field once
MOST_ROWS = 6  # of one table
OURS = {"accounts", "complaints", "core", "drivers", "governance", "police", "rides", "safety"}
WORDS = "because it is so"


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is undone, services that begin transactions included."""
    outer = transaction.atomic()
    outer._from_testcase = True  # Django's mark for a test's own transaction
    with outer:
        yield
        transaction.set_rollback(True)


# --- Rows --------------------------------------------------------------------------------------------------------


def codes() -> dict[str, list[str]]:
    """By table what its rows may be called in an address: their code, or their number where they have none."""
    found = {}
    for model in apps.get_models():
        if model.__module__.partition(".")[0] not in OURS:
            continue
        names = {field.name for field in model._meta.get_fields()}
        column = "code" if "code" in names else "pk"
        rows = model._default_manager.order_by("pk").values_list(column, flat=True)
        found[model._meta.label] = [str(value) for value in rows[:MOST_ROWS]]
    return found


def rows(desks, people, tables=None) -> list[tuple]:
    """Every (desk, code) that somebody of `people` can act on.

    `tables` keeps which tables are whose desk's, for whoever asks again in an equal world.
    """
    found, known = {}, codes()
    tables = {} if tables is None else tables
    for desk in desks:
        acting = [
            each for each in people if any(may(each, action.permission) for action in desk.actions.values())
        ]
        is_found = cache(
            partial(_is_found, desk, people=acting)
        )  # tables without codes have the same numbers
        if desk.kind not in tables:
            # A table none of whose first rows it finds is another desk's.
            tables[desk.kind] = [
                label for label, table in known.items() if any(is_found(code) for code in table[:4])
            ]
        for label in tables[desk.kind]:
            for code in known[label]:
                if is_found(code):
                    found[desk.kind, code] = desk, code
    return list(found.values())


def _is_found(desk, code, people) -> bool:
    found = (find(desk, code, person) for person in people)
    return any(row is not None and desk.code(row) == code for row in found)


def find(desk, code, person):
    try:
        return desk.find(code, person)
    except DomainError:
        return None


# --- Forms -------------------------------------------------------------------------------------------------------


def values(name, field, known) -> list:
    """What one may fill in: all choices, or words, numbers and times that the field takes."""
    if isinstance(field, forms.MultipleChoiceField):
        return [[value] for value in _choices(field)] or [None]
    if isinstance(field, forms.ChoiceField):
        return _choices(field) or [None]
    if isinstance(field, forms.BooleanField):
        return ["on", None]
    if isinstance(field, forms.FileField):
        return [SimpleUploadedFile("a.pdf", PDF)] if field.required else [None]
    if isinstance(field, forms.DateTimeField):
        return [(timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")]
    if isinstance(field, forms.DateField):
        return [timezone.localdate().isoformat()]
    if isinstance(field, forms.IntegerField | forms.DecimalField | forms.FloatField):
        return ["1", "99999"]
    if re.match(r"(days|yuan)\b", name):
        return ["3", "9999"]
    return [known[name], WORDS] if name in known else [WORDS]


def _choices(field) -> list[str]:
    found = []
    for value, label in field.choices:
        found += [key for key, _name in label] if isinstance(label, list | tuple) else [value]
    return [str(value) for value in found if value != ""]


def fillings(form, known) -> list[tuple[dict, dict]]:
    """(what is typed, files) for a form, every choice of it among them."""
    names = list(form.fields)
    choices = [values(name, form.fields[name], known) for name in names]
    every = list(itertools.islice(itertools.product(*choices), 4_000))
    some = random.Random(1).sample(every, MOST) if len(every) > MOST else every
    # Each value of each field once, whatever the sample left out.
    some += [
        tuple(other if index == at else each[0] for index, each in enumerate(choices))
        for at, several in enumerate(choices)
        for other in several
    ]
    filled = []
    for combination in {repr(each): each for each in some}.values():
        typed, files = {}, {}
        for name, value in zip(names, combination, strict=True):
            if isinstance(value, SimpleUploadedFile):
                files[name] = value
            elif value is not None:
                typed[name] = value
        filled.append((typed, files))
    return filled


# --- Doing ---------------------------------------------------------------------------------------------------------


def sent_as(typed) -> QueryDict:
    """As a browser sends it."""
    given = QueryDict(mutable=True)
    for name, value in typed.items():
        given.setlist(name, value if isinstance(value, list) else [value])
    return given


def files_as(files) -> MultiValueDict:
    """As a browser sends them."""
    return MultiValueDict({name: [each] for name, each in files.items()})


def perform(desk, code, action, person, typed, files, row=None) -> bool:
    """Do it as the console does; False where it is refused. `row` where it was read a moment ago and nothing was done since."""
    row = find(desk, code, person) if row is None else row
    if row is None:
        return False
    form = desk.form(action, row, person, sent_as(typed), files_as(files))
    try:
        desk.perform(action, row, person, form)
    except DomainError:
        return False
    return True


def try_everything(person, desks, targets, known, look=lambda *_step: None) -> int:
    """Every action that this person may try, on every row, with every choice; returns how many were done.

    `look(desk, code, key, typed)` is told of each that was done.
    """
    done = 0
    for desk, code in targets:
        if desk not in desks:
            continue
        for action in desk.actions.values():
            if not may(person, action.permission):
                continue
            row = find(desk, code, person)
            if row is None:
                break
            filled = fillings(desk.form(action, row, person), known)
            # Where the rule is against it, the service is asked once all the same.
            for typed, files in filled[:1] if desk.against(action, row, person) else filled:
                if perform(desk, code, action, person, typed, files, row):
                    done += 1
                    look(desk, code, action.key, typed)
                row = None
    return done


# --- Addresses without a registry ----------------------------------------------------------------------------------


class _Forms(HTMLParser):
    """Every form of a page that posts, with what can be filled in."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at, self.found, self.form, self.select = at, [], None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            posts = (given.get("method") or "").lower() == "post"
            self.form = (
                {"action": given.get("action") or self.at, "fields": {}, "buttons": []} if posts else None
            )
            if self.form:
                self.found.append(self.form)
        if self.form is None:
            return
        name, value = given.get("name"), given.get("value", "")
        match tag:
            case "button" if name:
                self.form["buttons"].append((name, value))
            case "input" if name and given.get("type") in {"radio", "checkbox"}:
                self.form["fields"].setdefault(name, []).append(value or "on")
            case "input" if name and given.get("type") != "file":
                self.form["fields"][name] = [value or WORDS]
            case "textarea" if name:
                self.form["fields"][name] = [WORDS]
            case "select" if name:
                self.select = self.form["fields"].setdefault(name, [])
            case "option" if self.select is not None and value:
                self.select.append(value)

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        if tag == "select":
            self.select = None


def posts_of(page: str, at: str) -> list[tuple[str, dict]]:
    """(address, what is typed) for each form of a page, each of its buttons and choices once."""
    parser = _Forms(at)
    parser.feed(page)
    found = []
    for form in parser.found:
        base = {name: several[0] for name, several in form["fields"].items() if several}
        tried = [base]
        tried += [base | {name: value} for name, several in form["fields"].items() for value in several[1:9]]
        buttons = [{name: value} for name, value in form["buttons"]] or [{}]
        found += [(form["action"].split("?")[0], typed | button) for typed in tried for button in buttons]
    return found


# --- What is in the database ----------------------------------------------------------------------------------------

# The journal, sessions, looks and readings of a release grow by asking alone; pages that are looked at are no act.
GROWS = {"core_auditentry", "accounts_session", "accounts_look", "police_releasecopy"}


def digests() -> dict[str, tuple]:
    """Of each table how many rows it has, and one digest over all of them."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if not model._meta.managed or model._meta.proxy or table in GROWS:
                continue
            cursor.execute(  # names of our own tables
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t"  # noqa: S608
            )
            found[table] = cursor.fetchone()
    return found


def staff() -> list[Account]:
    """One person of each role that opens the console, by code."""
    roles = roles_who("console.open")
    everybody = Account.objects.filter(role__in=roles).order_by("code")
    return list({person.role: person for person in reversed(everybody)}.values())
