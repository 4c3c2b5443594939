"""Key rotation: everything opens before, between and after, and the old key can go."""

import base64
import os
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Account
from core import pictures, privacy
from core.actors import SYSTEM
from core.rotation import encrypted_columns, rotate_columns


@pytest.fixture
def two_keys(world, settings, db):
    """The world's key, and a newer one; returns both entries."""
    old = settings.FIELD_KEYS[-1]
    new = f"{int(old.split(':')[0]) + 1}:{base64.b64encode(os.urandom(32)).decode()}"
    settings.FIELD_KEYS = [old, new]
    privacy._keys.cache_clear()
    yield old, new
    settings.FIELD_KEYS = [old]
    privacy._keys.cache_clear()


def versions(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT substring({column} FROM 1 FOR 2) FROM {table}")  # noqa: S608 - names of our own
        return {int.from_bytes(bytes(row[0]), "big") for row in cursor.fetchall()}


def test_after_the_rotation_the_old_key_is_needed_no_more(two_keys, settings):
    from django.db import transaction

    settings.FIELD_KEYS = [two_keys[0]]
    privacy._keys.cache_clear()
    with transaction.atomic():
        row = pictures.attach(pictures.store(b"a face"), purpose="x", subject="x", keep_for=timedelta(1))
    settings.FIELD_KEYS = list(two_keys)
    privacy._keys.cache_clear()
    assert Account.objects.get(code="passenger").real_name == "林小雨"
    call_command("rotate_keys", stdout=open(os.devnull, "w"))  # noqa: SIM115, PTH123 - a sink
    newest = privacy.newest_version()
    for table, column in encrypted_columns():
        assert versions(table, column) <= {newest}, (table, column)
    settings.FIELD_KEYS = [two_keys[1]]
    privacy._keys.cache_clear()
    assert Account.objects.get(code="passenger").real_name == "林小雨"
    assert pictures.read(actor=SYSTEM, code=row.code) == b"a face"


def test_a_rotation_that_was_stopped_goes_on(two_keys):
    first = next(rotate_columns(batch=1))
    assert first[2] == 1
    rest = list(rotate_columns(batch=3))
    assert {(table, column) for table, column, _rows in rest} <= set(encrypted_columns())
    assert list(rotate_columns()) == []


def test_whoever_turns_keys_is_told_what_still_needs_the_old_one(two_keys, capsys):
    newest = privacy.newest_version()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_account SET real_name = substring(real_name FROM 1 FOR 2) || '\\x00'::bytea"
            " WHERE code = 'passenger'"
        )
    with pytest.raises(CommandError, match=r"accounts_account\.real_name: 1\)"):
        call_command("rotate_keys")
    assert "can go" not in capsys.readouterr().out
    assert versions("accounts_account", "real_name") == {newest - 1, newest}
    Account.objects.filter(code="passenger").update(real_name="林小雨")
    call_command("rotate_keys")
    assert f"All is under version {newest}" in capsys.readouterr().out


def test_a_value_in_another_column_does_not_open(world):
    stored = privacy.encrypt("林小雨".encode(), context="accounts_account.real_name")
    with pytest.raises(InvalidTag):
        privacy.decrypt(stored, context="accounts_account.phone")
