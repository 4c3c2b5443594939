"""A dump of the whole database, restored in a fresh cluster: the journal goes on there, and is as sealed as before."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from config.embedded import OWNER_ROLE, POSTGRES_BIN, make_cluster
from config.stack import APP_ROLE, BOARD_ROLE, free_port
from core import audit
from core.actors import SYSTEM
from core.journal.sequence import sequence
from core.models import AuditEntry
from core.tests import horizon

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other_cluster(tmp_path):
    """A second PostgreSQL, fresh; gives its address without the database's name."""
    state, port = tmp_path / "other", free_port()
    make_cluster(state / "postgres", owner_password="of-this-test")
    server = subprocess.Popen(
        [sys.executable, "-m", "config.embedded", "postgres"],
        env=os.environ | {"HUHANG_STATE": str(state), "HUHANG_POSTGRES_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"postgres://{OWNER_ROLE}:of-this-test@127.0.0.1:{port}"
    try:
        while True:
            assert server.poll() is None
            try:
                with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=2) as opened:
                    opened.execute(f"CREATE ROLE {APP_ROLE}")
                    opened.execute(f"CREATE ROLE {BOARD_ROLE} IN ROLE {APP_ROLE}")
                    opened.execute("CREATE DATABASE restored")
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def tool(name, *arguments, **options):
    return subprocess.run([POSTGRES_BIN / name, *arguments], check=True, capture_output=True, **options)


def there(address, command):
    """What a command of the platform says on the other cluster."""
    done = subprocess.run(
        [sys.executable, "-c", command],
        env=os.environ | {"DATABASE_URL": f"{address}/restored", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


RECORD_AND_SEAL = """
import json, time
import django
django.setup()
from django.db import transaction
from core import audit
from core.actors import SYSTEM
from core.journal.sequence import sequence
from core.journal.verify import verify
before = verify()
with transaction.atomic():
    audit.record(SYSTEM, "test.after", "T-after")
until, sealed = time.monotonic() + 60, 0
while sealed < 3 and time.monotonic() < until:
    sealed += sequence()
after = verify()
print(json.dumps([before.ok, sealed, after.ok, after.rows, after.first_bad]))
"""


def test_the_journal_of_a_restored_dump_is_sealed_on_and_verifies(other_cluster, tmp_path):
    call_command("grant_rights")
    with connection.cursor() as cursor:  # far ahead of what a fresh cluster counts
        for _number in range(200):
            cursor.execute("SELECT pg_current_xact_id()")
    for number in range(3):
        with transaction.atomic():
            audit.record(SYSTEM, "test.before", f"T-{number}")
    horizon.passes_now()
    assert sequence() == 3
    for number in range(3, 5):
        with transaction.atomic():
            audit.record(SYSTEM, "test.before", f"T-{number}")
    assert AuditEntry.objects.count() == 5
    settings = connection.settings_dict
    here = re.sub(r"/[^/]*$", f"/{settings['NAME']}", os.environ["DATABASE_URL"])
    dump = tmp_path / "dump.sql"
    tool("pg_dump", "--no-owner", "--file", str(dump), here)
    tool("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump), f"{other_cluster}/restored")
    assert Path(dump).stat().st_size > 10_000
    # Two rows that were not sealed before the dump, and the one that was written after the restore.
    assert there(other_cluster, RECORD_AND_SEAL) == [True, 3, True, 6, ""]
