"""The catalogue: everything the company says is declared whole, and nothing leaves that is not declared."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from core.messages import catalogue, outbox
from core.messages.catalogue import Code, Kind, Message, Moment
from core.models import Notification
from core.tests.factories import Said, say

ROOT = Path(settings.BASE_DIR)
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
HOME = "core/messages/"


def all_entries():
    return [entry for entry in catalogue.entries() if entry.app != "test"]


@pytest.mark.parametrize("entry", all_entries(), ids=lambda entry: entry.code)
def test_each_message_is_whole_in_both_languages(entry):
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = entry.text()
        assert set(PLACEHOLDER.findall(said[language])) == {f"%({name})s" for name in entry.kinds}
    if PLACEHOLDER.sub("", said["en"]).strip():
        assert said["en"] != said["zh-hans"], "a sentence without its Chinese"
        assert said["en"].startswith("Huhang: ") and said["zh-hans"].startswith("【护航】")


@pytest.mark.parametrize("entry", all_entries(), ids=lambda entry: entry.code)
def test_each_message_stands_where_its_code_says(entry):
    assert entry.message.__module__ == f"{entry.app}.messages"


def test_nothing_is_declared_by_halves():
    assert list(catalogue.faults()) == []


def test_nothing_is_declared_that_nobody_says():
    """It would stand in the list of what we say, and be approved by a provider, and nobody would ever be told."""
    words = {path: set(re.findall(r"\w+", source)) for path, source in sources()}
    unsaid = [
        entry.code
        for entry in all_entries()
        if not any(
            entry.message.__name__ in said
            for path, said in words.items()
            if path != f"{entry.app}/messages.py"
        )
    ]
    assert unsaid == []


@pytest.fixture
def forgotten():
    """What a test declares is not known to the next one."""
    known = set(catalogue._known)
    yield
    for code in set(catalogue._known) - known:
        del catalogue._known[code]


def test_a_sentence_and_its_values_are_compared(forgotten):
    class Halved(Message, code="test.halved", text="Of %(code)s at %(at)s"):
        code: Code

    assert [fault for fault in catalogue.faults() if "test.halved" in fault]


def test_what_cannot_be_written_is_refused_at_import(forgotten):
    with pytest.raises(TypeError):

        class Bare(Message, code="test.bare", text="%(at)s"):
            at: datetime

    with pytest.raises(ValueError):

        class Second(Message, code="test.said", text="x"):
            pass

    with pytest.raises(ValueError):

        class Pigeon(Message, code="test.pigeon", text="x", channels=("pigeon",)):
            pass


def test_values_are_written_in_the_readers_language_and_kept_beside_the_text(db, forgotten):
    class Dated(Message, code="test.dated", text="%(code)s %(at)s"):
        code: Code
        at: Moment

    at = datetime(2018, 8, 24, 6, 0, tzinfo=UTC)
    for language, text in (
        ("zh-hans", "【护航】T-1 2018年8月24日 14:00"),
        ("en", "Huhang: T-1 24 Aug 2018 14:00"),
    ):
        with transaction.atomic(), override("en" if language == "zh-hans" else "zh-hans"):
            outbox.queue(Dated(code="T-1", at=at), key=language, to="+8613800000001", language=language)
        row = Notification.objects.get(key=language)
        assert (row.text, row.message, row.language) == (text, "test.dated", language)
        assert row.values()["at"] in text


def test_a_message_leaves_by_its_channels_alone(db):
    from accounts.messages import OneTimeCodeSent

    with pytest.raises(ValueError), transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="1"), key="k", to="a@b.example", language="en", channel="email")


def test_a_key_promises_once(db):
    for words in ("first", "second"):
        with transaction.atomic():
            say(words=words)
    assert Notification.objects.get().text == "Huhang: first"


@pytest.mark.parametrize(
    ("kind", "written", "fits"),
    [
        (Kind("x", longest=3), "abc", "abc"),
        (Kind("x", longest=3), "abcd", None),
        (Kind("x", longest=3, cut=True), "abcd", "ab…"),
    ],
)
def test_what_a_template_cannot_hold_is_cut_or_refused(kind, written, fits):
    assert kind.fit(written) == fits


def test_a_template_is_the_sentence_without_its_signature():
    from accounts.messages import OneTimeCodeSent

    assert OneTimeCodeSent.entry.template("zh-hans").startswith("验证码")
    assert "${code}" in OneTimeCodeSent.entry.template("en")
    assert Said.entry.template("en") == "${words}"


# --- Nobody builds text for a channel elsewhere -----------------------------------------------------------------


def sources():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            relative = str(path.relative_to(ROOT))
            if "/tests/" not in relative and "/migrations/" not in relative:
                yield relative, path.read_text()


def imported_messages(tree):
    """By what names a module knows `APP.messages` and the classes in it."""
    modules, classes = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module in APPS:
                modules |= {each.asname or each.name for each in node.names if each.name == "messages"}
            elif node.module.endswith(".messages") and node.module.split(".")[0] in APPS:
                classes |= {each.asname or each.name for each in node.names if each.name[:1].isupper()}
    return modules, classes


GETTEXT = {"_", "gettext", "pgettext", "ngettext", "npgettext", "gettext_lazy", "pgettext_lazy", "sentences"}


def _built(node):
    """A sentence that is put together on the spot."""
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            if any(isinstance(each, ast.Constant) and " " in str(each.value) for each in part.values):
                return True
        elif (
            (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in GETTEXT)
            or (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod))
            or (isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value.strip())
        ):
            return True
    return False


def offences(path, source):
    """What a module does that only the catalogue, `APP/messages.py` and the outbox may do."""
    tree = ast.parse(source)
    modules, classes = imported_messages(tree)
    at_home = path.startswith(HOME)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and not path.startswith(HOME + "transports/"):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            if any(name.split(".")[0] == "apprise" for name in names):
                yield "apprise is used"
        if isinstance(node, ast.ClassDef) and not path.endswith("/messages.py") and not at_home:
            bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
            if "Message" in bases:
                yield f"{node.name} is declared outside of APP/messages.py"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if not at_home and re.fullmatch(
            r"Notification(\.objects\.(bulk_)?(create|get_or_create|update_or_create))?", called
        ):
            yield f"a row of the outbox is made by hand: {called}"
        root = called.split(".")[0]
        if (root in modules or called in classes) and any(_built(each.value) for each in node.keywords):
            yield f"a sentence is built for {called}"


@pytest.mark.parametrize("path", [path for path, _source in sources()])
def test_nobody_builds_text_for_a_channel(path):
    assert list(offences(path, (ROOT / path).read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import apprise",
        "from apprise import Apprise",
        "class Told(Message, code='x', text='y'): pass",
        "class Told(catalogue.Message, code='x', text='y'): pass",
        "Notification.objects.create(text='x')",
        "Notification(text='x')",
        "from rides import messages\nmessages.LineSuspended(reason=f'{a} because {b}')",
        "from rides.messages import LineSuspended\nLineSuspended(reason=_('It is late') % {})",
        "from rides import messages\nmessages.LineSuspended(reason='it is late')",
    ],
)
def test_the_guard_sees_it(source):
    assert list(offences("rides/services/lines.py", source))


@pytest.mark.parametrize(
    "source",
    [
        "from rides import messages\nmessages.LineSuspended(line=Line(row.line), reason=row.reason)",
        "from django.contrib import messages\nmessages.success(request, _('It is done.'))",
        "Notification.objects.filter(state='sent')",
    ],
)
def test_the_guard_lets_ordinary_code_pass(source):
    assert list(offences("rides/services/lines.py", source)) == []
