"""The servers of the tests: started for those that need them, kept where somebody asks for it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from config.pytest_stack import digest_of_migrations, needs_servers

pytestmark = pytest.mark.long

SAY_WHAT_RUNS = """
import sys, pytest
from config import pytest_stack
code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]])
print("servers:", len(pytest_stack._servers.running), "ended:", int(code))
"""


def servers_of(*arguments):
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUHANG_", "PYTEST_", "DATABASE_URL", "REDIS_URL"))
    }
    done = subprocess.run(
        [sys.executable, "-c", SAY_WHAT_RUNS, *arguments],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1]


def test_tests_without_a_database_start_no_server():
    assert servers_of("core/tests/test_lines.py") == "servers: 0 ended: 0"


def test_what_is_deselected_starts_nothing():
    assert servers_of("config/tests/test_pytest_stack.py", "-k", "digest") == "servers: 0 ended: 0"


def test_a_database_is_needed_where_a_fixture_or_a_mark_asks_for_it(request):
    assert not needs_servers(request.node)
    for name in ("db", "transactional_db", "live_server"):
        request.node.fixturenames.append(name)
        assert needs_servers(request.node)
        request.node.fixturenames.remove(name)
    request.node.add_marker(pytest.mark.valkey)
    assert needs_servers(request.node)


def test_the_digest_of_migrations_changes_with_the_text_of_one_that_was_applied(tmp_path):
    folder = tmp_path / "core" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("one")
    before = digest_of_migrations(tmp_path)
    assert digest_of_migrations(tmp_path) == before
    (folder / "0001_initial.py").write_text("two")
    assert digest_of_migrations(tmp_path) != before
