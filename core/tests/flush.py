"""Take away what a test committed."""

from django.db import connection, transaction
from psycopg import sql

# Written when the tables were made, and the same for every test.
KEPT = {"django_content_type", "auth_permission"}


def empty_tables() -> None:
    """Delete all rows of all tables but `KEPT`; sequences go on.

    Waits, as TRUNCATE would, for whoever still writes. Only tables that hold rows are touched, without their triggers:
    TRUNCATE makes a new file for each of hundreds of tables and indexes.
    """
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    tables = [sql.Identifier(name) for name in sorted(names)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.SQL(", ").join(tables))
        )
        cursor.execute(
            sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
                    sql.Literal(name), sql.Identifier(name)
                )
                for name in sorted(names)
            )
        )
        filled_names = [name for (name,) in cursor.fetchall()]
        filled = [sql.Identifier(name) for name in filled_names]
        cursor.execute("SET LOCAL session_replication_role = replica")  # no order among foreign keys
        # Laws that hold for replicas as well let nobody forget.
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'"
            " WHERE t.tgenabled = 'A' AND c.relname = ANY(%s)",
            [filled_names],
        )
        always = [(sql.Identifier(table), sql.Identifier(law)) for table, law in cursor.fetchall()]
        for table, law in always:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(table, law))
        for table in filled:
            cursor.execute(sql.SQL("DELETE FROM {}").format(table))
        for table, law in always:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(table, law))
