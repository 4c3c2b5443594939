"""What nobody means, in each field of each form and call by itself: it is read, or refused by a sentence in the reader's
language. `tests/test_edges.py` sends the same to the addresses themselves."""

import json
import re
from copy import deepcopy

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from rest_framework import serializers

from core.errors import DomainError
from core.tests import bad
from core.tests.test_typed_doors import doors

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sentences(found):
    """Each sentence of what DRF raises, however deep."""
    if isinstance(found, dict):
        found = found.values()
    elif not isinstance(found, list):
        return [str(found)]
    return [each for part in found for each in sentences(part)]


def said_of_typed(field, value):
    """What is said of what was typed into a field of a form; nothing where it was read."""
    if isinstance(field.widget, forms.MultiWidget):
        value = [value] * len(field.widget.widgets)
    elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        value = [value]
    elif isinstance(field, forms.FileField):
        value = None  # what is no file is not there: a browser's text is not looked at
    try:
        deepcopy(field).clean(value)
    except ValidationError as refused:
        return refused.messages
    return []


def said_of_sent(field, value):
    """The same of a field of a call."""
    try:
        deepcopy(field).run_validation(value)  # as each serializer has its own
    except DomainError as refused:
        return [str(refused.detail)]
    except serializers.ValidationError as refused:
        return sentences(refused.detail)
    except serializers.SkipField:
        return []
    return []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_field_reads_or_says_what_is_wrong(db, language):
    faults, asked, refused = {}, 0, 0
    sent = [json.loads(each) for each in bad.JSON]
    with translation.override(language):
        for door, _name, field in doors():
            form = isinstance(field, forms.Field)
            for value in bad.TYPED if form else sent:
                asked += 1
                try:
                    said = said_of_typed(field, value) if form else said_of_sent(field, value)
                except Exception as fault:
                    faults[door, repr(value)[:30]] = repr(fault)
                    continue
                refused += bool(said)
                for sentence in said:
                    shown = sentence.replace(str(value), "")
                    if bool(CHINESE.search(shown)) != (language != "en") or len(sentence) > 300:
                        faults[door, repr(value)[:30]] = sentence[:200]
    assert not faults, "\n".join(f"{at}: {why}" for at, why in faults.items())
    assert asked > 5_000
    assert refused > 1_000
