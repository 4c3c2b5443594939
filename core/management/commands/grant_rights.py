from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg import sql

# Rows that may be written and never rewritten, whoever asks.
APPEND_ONLY = [
    "core_auditentry",
    "core_auditseal",
    "core_policyversion",
    "core_ledgertransfer",
    "core_ledgerentry",
    "drivers_vettingdecision",
]


class Command(BaseCommand):
    help = "Give the platform's database role what it needs, and on the journal only the right to read and append."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        role = sql.Identifier(settings.DATABASE_APP_ROLE)
        with connection.cursor() as cursor:
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {role}",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            ):
                cursor.execute(sql.SQL(statement).format(role=role))
            for table in APPEND_ONLY:
                statement = "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"
                cursor.execute(sql.SQL(statement).format(table=sql.Identifier(table), role=role))
