"""Key rotation: what an older key encrypted is encrypted again under the newest, a batch at a time, while all goes on."""

from collections.abc import Iterator
from itertools import islice

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from core import retry
from core.models import StoredPicture
from core.privacy import EncryptedTextField, decrypt, encrypt, newest_version


def encrypted_columns() -> list[tuple[str, str]]:
    """(table, column) of every encrypted field of the platform."""
    return [
        (model._meta.db_table, str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def rotate_columns(*, batch: int = 500) -> Iterator[tuple[str, str, int]]:
    """Bring every column to the newest key; yields (table, column, rows) for each batch, so that it can be stopped."""
    for table, column in encrypted_columns():
        after = 0
        while found := _rotate_batch(table, column, batch, after):
            done, after = found
            if done:
                yield table, column, done


@transaction.atomic
def _rotate_batch(table: str, column: str, batch: int, after: int) -> tuple[int, int] | None:
    """How many values of a batch were brought to the newest key, and the last row of it; None where none is left.

    A value that does not open is set aside for a person, who needs the key that it names.
    """
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    newest, context = newest_version().to_bytes(2, "big"), f"{table}.{column}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT id, {column} FROM {table} WHERE id > %s AND substring({column} FROM 1 FOR 2) <> %s"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
            ).format(**names),
            [after, newest, batch],
        )
        rows = cursor.fetchall()
        done = 0
        for row_id, stored in rows:
            try:
                again = encrypt(decrypt(bytes(stored), context=context), context=context)
            except (InvalidTag, KeyError, ValueError) as why:
                retry.failed(VALUES, f"{context}:{row_id}", why, needs_person=True)
                continue
            cursor.execute(
                sql.SQL("UPDATE {table} SET {column} = %s WHERE id = %s").format(**names), [again, row_id]
            )
            done += 1
    return (done, rows[-1][0]) if rows else None


def rotate_pictures() -> int:
    """Bring every kept picture to the newest key; returns how many were written again.

    The new file lies beside the old one before the row points to it, so a crash loses nothing.
    """
    done = 0

    def rotate(row: StoredPicture) -> None:
        nonlocal done
        done += _rotate_picture(row)

    rows = StoredPicture.objects.filter(destroyed_at=None).order_by("pk").iterator()
    while part := list(islice(rows, 500)):
        retry.each(PICTURES, part, rotate, key=lambda row: str(row.pk), begins=True)
    return done


def _rotate_picture(row: StoredPicture) -> bool:
    storage = storages["pictures"]
    with storage.open(row.name) as stored:
        content = stored.read()
    if content[:2] == newest_version().to_bytes(2, "big"):
        return False
    name = f"{row.name}-{newest_version()}"
    storage.save(name, ContentFile(encrypt(decrypt(content, context=row.name), context=name)))
    if StoredPicture.objects.filter(pk=row.pk, name=row.name, destroyed_at=None).update(name=name):
        storage.delete(row.name)
        return True
    storage.delete(name)  # destroyed meanwhile
    return False


def left_over() -> dict[str, int]:
    """How many values and pictures still need another key than the newest, by column; empty when the others can go.

    Rows that another transaction held were passed over, and what does not open waits for the key that it names.
    """
    newest, found = newest_version().to_bytes(2, "big"), {}
    for table, column in encrypted_columns():
        names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT count(*) FROM {table} WHERE substring({column} FROM 1 FOR 2) <> %s").format(
                    **names
                ),
                [newest],
            )
            found[f"{table}.{column}"] = int(cursor.fetchone()[0])
    found["pictures"] = sum(
        map(_needs_another_key, StoredPicture.objects.filter(destroyed_at=None).iterator())
    )
    return {what: count for what, count in found.items() if count}


def _needs_another_key(row: StoredPicture) -> bool:
    try:
        with storages["pictures"].open(row.name) as stored:
            return bool(stored.read(2) != newest_version().to_bytes(2, "big"))
    except FileNotFoundError:  # no key opens what is not there
        return False


VALUES = retry.declare("core.rotate_values", _("bringing a stored value to the newest key"))
PICTURES = retry.declare(
    "core.rotate_pictures", _("bringing a stored picture to the newest key"), law=retry.Law(gives_up=False)
)
