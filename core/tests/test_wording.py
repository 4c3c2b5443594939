"""What `check_translations` refuses: each rule with a text that breaks it, and one that may look so and does not."""

import pytest
from django.conf import settings

from core import wording
from core.management.commands.check_translations import _faults
from core.wording import Key, compare, glued_in_code, glued_in_template, in_code, in_template, shared, written


def test_sentences_are_known_by_context_and_form_by_whatever_name_they_are_marked():
    found = set(
        in_code(
            """
from django.utils import translation
from django.utils.translation import gettext as _, gettext_noop, npgettext, pgettext_lazy as named
_("a"); gettext_noop("b"); named("time", "taken"); npgettext("sum", "one", "many", n); translation.gettext("c")
_(unknown); other("not ours"); ngettext_lazy("one more", "more", n)
"""
        )
    )
    assert found == {
        Key("a"),
        Key("b"),
        Key("taken", "time"),
        Key("one", "sum", "many"),
        Key("c"),
        Key("one more", "", "more"),
    }


def test_templates_say_context_and_plural():
    found = set(
        in_template(
            '{% load i18n %}{% translate "a" %}{% translate "taken" context "time" as when %}'
            '{% blocktranslate trimmed count n=k context "sum" %}{{ n }}\n one{% plural %}{{ n }} many{% endblocktranslate %}'
        )
    )
    assert found == {Key("a"), Key("taken", "time"), Key("%(n)s one", "sum", "%(n)s many")}


@pytest.mark.parametrize(
    ("wanted", "said", "fault"),
    [
        ({Key("a")}, {}, "not translated: a"),
        ({Key("a")}, {Key("a"): ("",)}, "not translated: a"),
        ({Key("a", "time")}, {Key("a"): ("甲",)}, "not translated: a [time]"),
        ({Key("a")}, {Key("a"): ("甲",), Key("a", "time"): ("乙",)}, "used nowhere: a [time]"),
        ({Key("one", "", "many")}, {Key("one"): ("一",)}, "not translated: one"),
        (
            {Key("%(n)s a")},
            {Key("%(n)s a"): ("甲",)},
            "a placeholder stands on one side only (%(n)s): %(n)s a",
        ),
        ({Key("a")}, {Key("a"): ("%(n)s 甲",)}, "a placeholder stands on one side only (%(n)s): a"),
        (
            {Key("{agent} a")},
            {Key("{agent} a"): ("甲",)},
            "a placeholder stands on one side only ({agent}): {agent} a",
        ),
    ],
)
def test_the_catalogue_has_what_is_used_and_nothing_else(wanted, said, fault):
    assert fault in list(compare(wanted, said))


def test_a_form_for_one_and_a_form_for_many_share_an_entry():
    said = {Key("%(n)s seat", "", "%(n)s seats"): ("%(n)s 座",)}
    assert not list(compare({Key("%(n)s seat", "", "%(n)s seats"), Key("%(n)s seat")}, said))


def test_a_message_says_who_sends_it_in_both_languages():
    assert list(wording.signed(Key("Huhang: a"), ("甲",)))
    assert list(wording.signed(Key("a"), ("【护航】甲",)))
    assert not list(wording.signed(Key("Huhang: a"), ("【护航】甲",)))


@pytest.mark.parametrize(
    "text",
    [
        "保留30天",
        "点SOS",
        "SOS按钮",
        "等待,稍后",
        "位置: 虹桥",
        "申请(草稿)",
        "已完成.",
        "好的 ，谢谢",
        "他说'好'",
    ],
)
def test_chinese_keeps_its_distance_and_its_punctuation(text):
    assert list(written(text))


@pytest.mark.parametrize(
    "text",
    [
        "保留 30 天",
        "2018年8月24日下午",
        "%(n)s次",
        "上浮 20%%。",
        "例如：浙C·A6789",
        '<a href="/police/">查询表单</a>，https://example.com/a?b=c',
        "向 95% 的人",
        "请用 SOS。",
    ],
)
def test_what_only_looks_like_a_fault(text):
    assert not list(written(text))


def test_a_word_of_several_files_needs_a_context_or_a_reason():
    found = {
        Key("hold"): {"a.py", "b.html"},
        Key("a long sentence here"): {"a.py", "b.py"},
        Key("once"): {"a.py"},
    }
    assert "hold" in next(iter(shared(found, {})))
    assert not list(shared(found, {"hold": "one thing"}))
    assert not list(shared({Key("hold", "driver hold"): {"a.py", "b.html"}}, {}))
    assert "gone" in next(iter(shared({}, {"gone": "was shared once"})))


def test_a_reviewed_word_has_a_reason(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# note\n\n[an act]\nOpen\nClose\n")
    assert wording.read_reviewed(path) == {"Open": "an act", "Close": "an act"}
    path.write_text("Open\n")
    with pytest.raises(ValueError, match="Open"):
        wording.read_reviewed(path)


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "Reason" %}: {{ reason }}',
        '{% translate "Reason" context "hold" %}:',
        '{% translate "since" %}\n  {{ at|date:"H:i" }}',
        '{% translate "plate" %} <strong>{{ plate }}</strong>',
        '{{ minutes }} {% translate "min" %}',
        '{% translate "Listen live" %} (l)',
        "{% translate 'Code' %}：{{ code }}",
    ],
)
def test_no_value_stands_outside_its_sentence(source):
    assert list(glued_in_template(source))


@pytest.mark.parametrize(
    "source",
    [
        "{% blocktranslate with at=at %}since {{ at }}{% endblocktranslate %}",
        '<dt>{% translate "Reason" %}</dt><dd>{{ reason }}</dd>',
        '<b>{{ n }}</b>{% translate "held" %}',
        '{% translate "Call" %} <span class="big" data-since="{{ at }}">{{ at|ago }}</span>',
        '<h2>{% translate "Complaints" %} <small>{{ count }}</small></h2>',
        '{% translate "Reason:" %}<ul>',
    ],
)
def test_a_label_may_stand_beside_a_figure(source):
    assert not list(glued_in_template(source))


@pytest.mark.parametrize(
    "source", ["f\"{_('Reason')}: {why}\"", '_("Late. ") + evidence', 'text + _("Late.")']
)
def test_code_joins_no_sentences_by_hand(source):
    source = "from django.utils.translation import gettext as _\n" + source
    assert [line for line, _what in glued_in_code(source)] == [2]
    assert not list(glued_in_code('x = "a" + b\ny = f"{a}: {b}"\n'))


@pytest.mark.long
def test_our_own_sentences_keep_the_rules():
    """The command of `make check`, so that whoever runs only the tests learns it too."""
    from django.core.management import call_command

    call_command("check_translations")
    assert (settings.BASE_DIR / "locale" / "shared_words.txt").exists()


def test_a_language_without_a_catalogue_is_refused(settings):
    """Its pages would be English, and nothing else would say so."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("fr", "Français")]
    assert next(_faults(settings.BASE_DIR, {})) == (
        "fr: every sentence would be English: no locale/fr/LC_MESSAGES/django.po"
    )
