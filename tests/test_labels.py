"""Every label that the console can show is Chinese in Chinese: models, columns, filters, choices, Django's and the theme's own."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils.translation import override

OURS = {"core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance"}
LATIN = {"ID", "IP", "VIN", "SOS"}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]
CONSOLE = list(admin.site._registry.values())


def _english(text: object) -> bool:
    words = str(text).strip()
    return bool(re.search(r"[A-Za-z]", words)) and words.isascii() and words not in LATIN


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_model_and_its_fields_have_chinese_names(model):
    with override("zh-hans"):
        labels = {
            "verbose_name": str(model._meta.verbose_name),
            "plural": str(model._meta.verbose_name_plural),
        }
        labels |= {
            field.name: str(field.verbose_name)
            for field in model._meta.fields
            if field.name not in {"id", "pk"}
        }
        labels |= {
            f"{field.name}={value}": str(label)
            for field in model._meta.fields
            for value, label in field.flatchoices
        }
        assert {name: label for name, label in labels.items() if _english(label)} == {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_label_of_a_field_is_english_in_english(model):
    with override("en"):
        assert [field.name for field in model._meta.fields if not str(field.verbose_name).isascii()] == []


@pytest.mark.parametrize("page", CONSOLE, ids=lambda page: page.model._meta.label)
def test_a_list_of_the_console_has_chinese_heads(page):
    with override("zh-hans"):
        heads = {name: label_for_field(name, page.model, page) for name in page.list_display}
        assert {name: head for name, head in heads.items() if _english(head)} == {}
        for name in [*page.list_filter, *(inline.model._meta.verbose_name for inline in page.inlines)]:
            name = name[0] if isinstance(name, tuple) else name
            assert not _english(label_for_field(name, page.model, page)), name


def test_apps_have_chinese_names():
    with override("zh-hans"):
        names = {page.model._meta.app_label: page.model._meta.app_config.verbose_name for page in CONSOLE}
        assert {label: name for label, name in names.items() if _english(name)} == {}
