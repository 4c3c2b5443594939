"""Key rotation: what an older key encrypted is encrypted again under the newest, a batch at a time, while all goes on."""

from collections.abc import Iterator

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from psycopg import sql

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
        while done := _rotate_batch(table, column, batch):
            yield table, column, done


@transaction.atomic
def _rotate_batch(table: str, column: str, batch: int) -> int:
    names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    newest, context = newest_version().to_bytes(2, "big"), f"{table}.{column}"
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT id, {column} FROM {table} WHERE substring({column} FROM 1 FOR 2) <> %s"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
            ).format(**names),
            [newest, batch],
        )
        rows = cursor.fetchall()
        for row_id, stored in rows:
            again = encrypt(decrypt(bytes(stored), context=context), context=context)
            cursor.execute(
                sql.SQL("UPDATE {table} SET {column} = %s WHERE id = %s").format(**names), [again, row_id]
            )
    return len(rows)


def rotate_pictures() -> int:
    """Bring every kept picture to the newest key; returns how many were written again.

    The new file lies beside the old one before the row points to it, so a crash loses nothing.
    """
    done, storage = 0, storages["pictures"]
    newest = newest_version().to_bytes(2, "big")
    for row in StoredPicture.objects.filter(destroyed_at=None).order_by("pk").iterator():
        with storage.open(row.name) as stored:
            content = stored.read()
        if content[:2] == newest:
            continue
        name = f"{row.name}-{newest_version()}"
        storage.save(name, ContentFile(encrypt(decrypt(content, context=row.name), context=name)))
        if StoredPicture.objects.filter(pk=row.pk, name=row.name, destroyed_at=None).update(name=name):
            storage.delete(row.name)
            done += 1
        else:
            storage.delete(name)  # destroyed meanwhile
    return done
