"""Facts are stored, sentences rendered: no sentence is put together where rows are written, in whatever language."""

from pathlib import Path

import pytest
from django.conf import settings

from core import stored, wording

ROOT = Path(settings.BASE_DIR)


def sentences(line):
    """What the guard says of a line within a function."""
    body = "\n".join(f"    {each}" for each in line.split("\n"))
    return list(stored.in_code(f"def act():\n{body}", stored.columns() | stored.ARGUMENTS, stored.refusals()))


@pytest.mark.long
def test_no_sentence_is_stored():
    assert list(stored.faults(ROOT, wording.code(ROOT))) == []


def test_it_says_where(tmp_path):
    front, service = tmp_path / "views.py", tmp_path / "services.py"
    for path in (front, service):
        path.write_text('def act():\n    row.closed_reason = f"{a} of {b}"\n    add(words=f"{a} of {b}")\n')
    told = "a sentence that is stored: "
    assert list(stored.faults(tmp_path, [front, service])) == [
        f"views.py:2: {told}row.closed_reason",
        f"services.py:2: {told}row.closed_reason",
        f"services.py:3: {told}add(words=…)",
    ]


def test_every_module_that_writes_is_read():
    read = {str(path.relative_to(ROOT)) for path in stored.files(wording.code(ROOT))}
    assert {
        "safety/services/sos.py",
        "safety/handlers.py",
        "safety/audio.py",
        "core/retry.py",
        "complaints/console/outside.py",
        "safety/monitor/findings.py",
        "rides/api.py",
    } <= read


def test_columns_are_those_that_people_read():
    assert {"reason", "detail", "facts", "citation", "closed_reason"} <= stored.columns()
    assert {"state", "filed_at"}.isdisjoint(stored.columns())


@pytest.mark.parametrize(
    "line",
    [
        'move(row, why=f"{metres} m")',
        'timeline.add(KIND, SYSTEM, words=_("It was cancelled"))',
        'add_signal(why="two phones apart")',
        'Row.objects.create(facts={"why": f"{a} of {b}"})',
        'Row.objects.get_or_create(key=key, defaults={"reason": _("Nobody answered")})',
        'row.reason = f"{who} did nothing"',
        'row.state, row.reason = "done", "It was cancelled"',
        'reason = "%s of %s" % (some, all)\nmove(row, reason=reason)',
        'Row.objects.update(words="{} of {}".format(some, all))',
        'row.words += " and more words"',
    ],
)
def test_the_guard_sees_a_sentence(line):
    assert sentences(line)


@pytest.mark.parametrize(
    "line",
    [
        'move(row, why="taken")',
        'raise NotNow(why=str(_("It is done.")))',
        "add(words=text.strip())",
        'write_to_each(people, about=f"sos:{code}")',
        "row.reason = reason.strip()",
        'log.error("monitor.set_aside", reason=f"{why} of {what}")',
    ],
)
def test_the_guard_lets_facts_and_refusals_pass(line):
    assert not sentences(line)
