"""Every door through which a plate, a phone, a code, … comes in reads it by its kind: the doors are counted here."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from rest_framework import serializers

from core.typed import fields
from core.typed.fields import Day, Moment, MomentInput, Typed, TypedInput

# The name of a field, and of what kind it then has to be.
KINDS = {
    "plate": {"PLATE"},
    "plate_seen": {"PLATE"},
    "phone": {"PHONE", "AS_WRITTEN"},
    "number": {"PHONE"},
    "code": {"CODE", "digits", "SECRET_CODE"},
    "codes": {"CODE"},
    "trip": {"CODE"},
    "case": {"CODE"},
    "into": {"CODE"},
    "complaint": {"CODE"},
    "token": {"digits", "TOKEN"},
    "spoken": {"digits"},
    "real_name": {"REAL_NAME"},
    "name": {"NAME", "REAL_NAME", "AS_WRITTEN"},
    "id_number": {"ID_NUMBER"},
    "yuan": {"YUAN"},
}

# Those that are also what a longer name ends with, such as `missing_phone`.
BEHIND = {"plate", "phone", "name"}

# Doors that read by other means, and why.
ELSEWHERE = {
    "accounts.forms.SignInForm.name": "a phone or an account's name: the service tells which",
    "accounts.api.SignInInput.name": "the same",
    "accounts.forms.PasskeyForm.name": "of a key, not of a person",
    "accounts.forms.ProvedPasskeyForm.name": "the same",
    "complaints.api.CallInput.number": "said by the telephone system; what cannot be read rings all the same",
    "drivers.api.PartInput.number": "which part of a recording, counted by the page",
    "complaints.console.outside.TextsForm.code": "hidden, written by the page",
    "complaints.console.outside.MacroForm.code": "hidden, written by the page",
    "complaints.console.workspace.ViewForm.name": "of a view, not of a person",
    "rides.console.forms.CityForm.code": "a new name, for addresses",
    "police.forms.StationForm.code": "a new name, for addresses",
    "police.forms.NoticeForm.number": "of a paper, as its organ writes it",
    "police.forms.NoticeForm.case_name": "of a case, not of a person",
    "police.api.NoticeInput.number": "of a paper, as its organ writes it",
    "police.api.NoticeInput.case_name": "of a case, not of a person",
    "police.forms.CalledForm.number": "compared figure by figure with what the register prints",
    "rides.api.PlatePhotoInput.token": "handed out to the page, whole",
    "safety.api.CentreInput.case": "the number that 110 gives its own case, compared as it is",
    "safety.api.SoundEndInput.token": "handed out to the page, whole",
    "safety.actions.PoliceCalled.number": "words of staff: also 110, and an extension",
}


def modules():
    for app in apps.get_app_configs():
        if app.name in {
            "core",
            "accounts",
            "drivers",
            "rides",
            "safety",
            "complaints",
            "police",
            "governance",
        }:
            package = importlib.import_module(app.name)
            for found in pkgutil.walk_packages(package.__path__, f"{app.name}."):
                if not re.search(r"\.(tests|migrations|management|drills|typed)\b", found.name):
                    yield importlib.import_module(found.name)


def doors():
    """Every field that somebody fills in: forms, and serializers that read."""
    for module in modules():
        for name, kind in vars(module).items():
            if not isinstance(kind, type) or kind.__module__ != module.__name__:
                continue
            if issubclass(kind, forms.BaseForm):
                declared = getattr(kind, "declared_fields", {})
            elif issubclass(kind, serializers.Serializer) and not name.endswith("Output"):
                declared = kind._declared_fields
            else:
                continue
            for field, made in declared.items():
                yield f"{module.__name__}.{name}.{field}", field, made


def kind_of(made):
    found = getattr(made, "kind", None)
    named = {
        name for name, value in vars(fields).items() if isinstance(value, fields.Kind) and value is found
    }
    return named or ({"digits"} if isinstance(found, fields.Kind) else set())


def expected(field):
    behind = field.rpartition("_")[2]
    return KINDS.get(field) or (KINDS[behind] if behind in BEHIND else None)


def test_every_field_of_a_kind_reads_by_its_kind():
    wrong, counted = {}, 0
    for door, field, made in doors():
        wanted = expected(field)
        if wanted is None or isinstance(made, forms.ChoiceField | serializers.ChoiceField):
            continue
        counted += 1
        if door in ELSEWHERE:
            assert not isinstance(made, Typed | TypedInput), f"{door} is listed for nothing"
        elif not kind_of(made) & wanted:
            wrong[door] = (type(made).__name__, kind_of(made))
    assert not wrong, "\n".join(f"{door}: {found}" for door, found in wrong.items())
    assert counted > 50


def test_nothing_is_listed_that_is_no_door():
    assert set(ELSEWHERE) <= {door for door, _field, _made in doors()}


@pytest.mark.parametrize("made", [Typed, TypedInput])
def test_a_field_gives_what_its_kind_reads(made):
    field = made(fields.PLATE)
    said = field.clean(" 川Ａ・h000l ") if made is Typed else field.run_validation(" 川Ａ・h000l ")
    assert said == "川A·H000L"


# How a plain field of a library reads a number or a time: without bounds, to the end of the calendar.
ENDLESS = (
    forms.DateTimeField,
    forms.DateField,
    forms.TimeField,
    forms.SplitDateTimeField,
    serializers.DateTimeField,
    serializers.DateField,
    serializers.TimeField,
)
NUMBERS = (
    forms.IntegerField,
    forms.FloatField,
    forms.DecimalField,
    serializers.IntegerField,
    serializers.FloatField,
    serializers.DecimalField,
)


def every_field():
    """Every door, those inside of lists and of other serializers as well."""
    for door, _field, made in doors():
        inside = getattr(made, "child", None)
        while inside is not None:
            yield door, inside
            inside = getattr(inside, "child", None)
        yield door, made


def test_every_number_and_every_time_has_bounds():
    found, counted = set(), 0
    for door, made in every_field():
        counted += isinstance(made, ENDLESS + NUMBERS)
        if (
            isinstance(made, ENDLESS)
            and not isinstance(made, Day | Moment | MomentInput)
            and not made_to_be_read(made)
        ):
            found.add(f"{door}: any time")
        if isinstance(made, NUMBERS) and not made_to_be_read(made):
            bounds = {getattr(made, "min_value", None), getattr(made, "max_value", None)}
            if None in bounds:
                found.add(f"{door}: any number")
    assert not found, "\n".join(sorted(found))
    assert counted > 20


def made_to_be_read(made):
    return getattr(made, "read_only", False)


FRONTS = re.compile(r"/(views|api|forms|actions|admin|console)(/|\.py$)")
RAW = {"int", "float", "Decimal", "fromisoformat", "strptime", "isdigit", "isnumeric", "isdecimal"}
# Where what is read so was not typed by anybody, or is read by a rule of its own.
PLAIN = {
    ("safety/views.py", "float"): "a position that came along with a call for help: never refused",
    ("safety/views.py", "int"): "a key of ours",
    ("safety/actions.py", "int"): "one of the choices of the form",
    ("core/console/changes.py", "int"): "a moment of ours",
    ("complaints/console/work.py", "int"): "a moment of ours",
    ("complaints/console/work.py", "float"): "hours: the service refuses what is no shift",
}


def test_no_front_reads_numbers_and_days_by_itself():
    root = Path(__file__).resolve().parents[2]
    found = set()
    for path in sorted(root.glob("*/**/*.py")):
        name = path.relative_to(root).as_posix()
        if (
            name.startswith((".", "sandbox/", "benchmarks/"))
            or "/tests/" in name
            or not FRONTS.search(f"/{name}")
        ):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                asked = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if asked in RAW:
                    found.add((name, asked))
    assert found - set(PLAIN) == set()
