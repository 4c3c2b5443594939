"""Commands typed by hand: what stops one from outside is one sentence, whichever command it is."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection, connections, transaction

from config import commands
from config.local import NO_DATABASE, throwaway_environment
from config.stack import free_port
from core.commands import PlatformCommand

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
# Of each command of ours what is typed behind it, and whether it asks the database.
TYPED = {
    "audit_verify": ([], True),
    "board": ([], True),
    "check_lines": ([], False),
    "check_translations": ([], False),
    "create_administrator": (["--name", "王一", "--phone", "13911110001"], True),
    "drill": (["yueqing", "--branch", "nothing"], False),
    "face_pairs": (["/nowhere.csv"], False),
    "grant_rights": ([], True),
    "capacity": (["hitch", "wenzhou"], True),
    "hourly_drill": ([], True),
    "learn_danger": (["/nowhere.tsv"], False),
    "message_templates": ([], False),
    "prepare": ([], True),
    "processing": (["--check"], False),
    "red_team": ([], True),
    "replay_trail": (["/nowhere.csv"], False),
    "retry": ([], True),
    "rotate_keys": ([], True),
    "sbom": ([], False),
    "verify_release": (["--code", "KHXR4M7D"], True),
    "weaknesses": ([], False),
    "wrap_key": ([], False),
}
# Processes that wait for a database that is away; they are no commands that end.
WAITING = {"dispatcher", "journal_witness", "monitor"}
# Asks two people at a terminal, before anything else: police/tests/test_by_hand.py.
AT_TERMINAL = {"police_by_hand"}
OF_OTHERS = {"migrate": ["--no-input"], "showmigrations": [], "dbshell": ["--", "-c", "SELECT 1"]}


def ours():
    return {name for name, whose in get_commands().items() if str(whose).startswith(commands.OURS)}


def test_every_command_of_ours_is_tried():
    assert set(TYPED) | WAITING | AT_TERMINAL == ours()


@pytest.fixture(autouse=True)
def logging_stays():
    """A command sets logging up by itself, here upon streams that end with the test."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers[:] = before


def run(capsys, *typed):
    """How it ends, and what it says to whoever typed it."""
    try:
        ends = commands.main(["manage.py", *typed])
    except SystemExit as ended:
        ends = ended.code
    return ends, capsys.readouterr().err.strip()


@pytest.fixture
def no_database(django_db_blocker, monkeypatch):
    """A port at which nobody listens."""
    monkeypatch.setenv("HUHANG_DEMO_PASSWORD", "x" * 20)
    connections.close_all()
    monkeypatch.setitem(connections.settings["default"], "PORT", str(free_port()))
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.mark.parametrize("name", sorted(name for name, (_typed, asks) in TYPED.items() if asks))
def test_a_database_that_is_away_is_one_sentence(no_database, capsys, name):
    ends, said = run(capsys, name, *TYPED[name][0])
    assert ends == 1
    assert re.fullmatch(r"The database cannot be reached \(DATABASE_URL\): .*Connection refused", said), said


@pytest.mark.parametrize("name", sorted(name for name, (_typed, asks) in TYPED.items() if not asks))
def test_who_asks_no_database_needs_none(no_database, capsys, name):
    ends, said = run(capsys, name, *TYPED[name][0])
    assert said.count("\n") == 0
    assert (ends == 0) == (said == "")


@pytest.mark.parametrize("name", sorted(TYPED))
def test_an_argument_that_there_is_not_is_named(capsys, name):
    ends, said = run(capsys, name, *TYPED[name][0], "--nothing-of-this-name")
    assert ends == 2
    assert said.splitlines()[-1] == f"manage.py {name}: error: unrecognized arguments: --nothing-of-this-name"


@pytest.fixture
def stranger(db):
    """The database as a role that was given nothing."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE stranger")
        cursor.execute("SET LOCAL ROLE stranger")


@pytest.mark.parametrize("name", sorted({name for name, (_typed, asks) in TYPED.items() if asks} - {"board"}))
def test_a_role_that_may_not_is_one_sentence(stranger, monkeypatch, name):
    """`board` shows each measure that it could not check, with its reason in the log."""
    monkeypatch.setenv("HUHANG_DEMO_PASSWORD", "x" * 20)
    undone = transaction.atomic()
    undone._from_testcase = True  # Django's mark for a test's own transaction
    with pytest.raises(Exception) as stopped, undone:
        call_command(name, *TYPED[name][0], skip_checks=True)
    said = commands.sentence(stopped.value)
    assert re.fullmatch(r"The role of DATABASE_URL may not do this \(permission denied for .*", said), said


def test_a_role_that_there_is_not_is_one_sentence(db, settings):
    settings.DATABASE_APP_ROLE = "nobody_of_this_name"
    with pytest.raises(Exception) as stopped, transaction.atomic():
        call_command("grant_rights", skip_checks=True)
    assert commands.sentence(stopped.value).endswith('role "nobody_of_this_name" does not exist.')


def test_tables_of_another_release_are_one_sentence(db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_failedwork RENAME COLUMN first_at TO other")
    with pytest.raises(Exception) as stopped, transaction.atomic():
        call_command("retry", skip_checks=True)
    assert "run `manage.py migrate` as their owner" in commands.sentence(stopped.value)


def test_a_fault_of_ours_keeps_its_traceback():
    assert commands.sentence(ValueError("x")) == ""


# --- Settings ---

SETTINGS = (ROOT / "config" / "settings.py").read_text()
READ = re.findall(r'env\.(\w+)\("(\w+)"(, default=)?', SETTINGS)


@pytest.fixture
def read(monkeypatch):
    """Settings as of an environment."""
    import runpy

    for name in list(os.environ):
        if name.startswith(("HUHANG_", "DATABASE_URL", "REDIS_URL")):
            monkeypatch.delenv(name)
    for name, value in throwaway_environment().items():
        monkeypatch.setenv(name, value)
    return lambda: runpy.run_path(str(ROOT / "config" / "settings.py"))


@pytest.mark.parametrize("name", sorted({name for _kind, name, default in READ if not default}))
def test_a_missing_setting_is_named(read, monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(ImproperlyConfigured) as stopped:
        read()
    assert commands.sentence(stopped.value) == f"{name} is not set: docs/operations.md says what it is"


@pytest.mark.parametrize(
    "name", sorted(name for kind, name, _default in READ if kind not in {"str", "list", "bool"})
)
def test_a_setting_that_cannot_be_read_is_named_and_not_repeated(read, monkeypatch, name):
    monkeypatch.setenv(name, "postgres://x:s3cret@[::1/x" if name == "DATABASE_URL" else "s3cret")
    with pytest.raises(ImproperlyConfigured) as stopped:
        read()
    said = commands.sentence(stopped.value)
    assert said.startswith(f"{name} cannot be read") and "s3cret" not in said


def by_hand(*typed, **changes):
    """A command in a process of its own, with an environment that holds but throw-away secrets and `changes`."""
    ours = ("HUHANG_", "DATABASE_URL", "REDIS_URL")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env = {name: value for name, value in (rest | throwaway_environment() | changes).items() if value}
    return subprocess.run(
        [sys.executable, "manage.py", *typed],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["retry", "migrate"])
def test_a_shell_without_a_setting_is_told_so(name):
    done = by_hand(name, REDIS_URL="")
    assert (done.returncode, done.stderr) == (1, "REDIS_URL is not set: docs/operations.md says what it is\n")


@pytest.mark.parametrize("name", sorted(OF_OTHERS))
def test_commands_of_django_end_so_as_well(name):
    done = by_hand(name, *OF_OTHERS[name], DATABASE_URL=NO_DATABASE.replace("nobody", "somebody"))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 3


def test_a_shell_with_no_settings_at_all_is_told_so(tmp_path):
    done = by_hand("retry")
    assert done.stderr == (
        "There is no database: no settings stand in the environment, and `make run` does not run here.\n"
    )


def test_who_has_read_enough_ends_it():
    read, write = os.pipe()
    os.close(read)
    env = os.environ | throwaway_environment()
    done = subprocess.run(
        [sys.executable, "manage.py", "message_templates"],
        cwd=ROOT,
        env=env,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_demo_says_which_variable_it_lacks(monkeypatch):
    monkeypatch.delenv("HUHANG_DEMO_PASSWORD", raising=False)
    with pytest.raises(CommandError, match=r"^HUHANG_DEMO_PASSWORD is not set\.$"):
        call_command("prepare", skip_checks=True)


# --- Which of them production runs ---


def of_ours():
    return {name: load_command_class(get_commands()[name], name) for name in sorted(ours())}


def of_the_handbook():
    """The first column of its table of commands."""
    text = (ROOT / "docs" / "operations.md").read_text().split("## Commands\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_handbook_names_those_that_production_runs():
    assert of_the_handbook() == {name for name, command in of_ours().items() if command.in_production}
    text = (ROOT / "docs" / "operations.md").read_text()
    said = re.search(r"Of Django's own run (.*?):", text, re.DOTALL)[1]
    assert set(re.findall(r"`(\w+)`", said)) == commands.OF_OTHERS_IN_PRODUCTION - {"help", "version"}


def test_a_command_that_does_not_say_whether_it_is_for_production_is_none():
    for base in of_ours().values():
        assert isinstance(base, PlatformCommand)
    with pytest.raises(TypeError, match="does not say whether production runs it"):
        type("Command", (PlatformCommand,), {})


@pytest.mark.parametrize("name", sorted(TYPED))
def test_what_is_not_for_production_does_nothing_there(settings, name):
    """This test has no database, and whoever asked for one would be told so otherwise."""
    if of_ours()[name].in_production:
        return
    settings.STAGE = "production"
    with pytest.raises(CommandError, match=f"^`{name}` is not for production; nothing was done.$"):
        call_command(name, *TYPED[name][0])


def test_commands_of_others_that_write_past_the_journal_do_nothing_there(settings, capsys):
    settings.STAGE = "production"
    others = set(get_commands()) - ours() - commands.OF_OTHERS_IN_PRODUCTION
    assert {"flush", "createsuperuser", "changepassword", "dumpdata", "loaddata"} <= others
    for name in sorted(others):
        assert run(capsys, name) == (1, f"`{name}` is not for production; nothing was done.")


@pytest.mark.parametrize("changes", [{"HUHANG_STAGE": "production"}, {"HUHANG_STAGE": ""}])
@pytest.mark.parametrize(
    "tool", [["-m", "config.stack", "run"], ["-m", "config.stack", "scratch"], ["-m", "benchmarks"],
             ["-m", "pytest", "core/tests/test_money.py"], ["benchmarks/purge.py"]], ids=" ".join
)  # fmt: skip
def test_tools_of_those_who_write_the_platform_do_nothing_there(tool, changes, tmp_path):
    """A company's shell has its keys; the stage is production where nothing else is said."""
    ours = ("HUHANG_TEST", "PYTEST_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env = rest | throwaway_environment() | {"HUHANG_STATE": str(tmp_path)} | changes
    env = {name: value for name, value in env.items() if value}
    done = subprocess.run(
        [sys.executable, *tool], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    assert "is not for production" in done.stderr and "nothing was done" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_says_production_is_not_given_the_demos_settings():
    done = by_hand("retry", HUHANG_STAGE="production", HUHANG_SECRET_KEY="")
    assert done.stderr == "HUHANG_SECRET_KEY is not set: docs/operations.md says what it is\n"
