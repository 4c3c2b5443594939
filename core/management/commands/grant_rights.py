from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from core.commands import PlatformCommand

# Rows that may be written and never rewritten, whoever asks; beside each table what may become known of a row later.
APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "core_auditentry": (),
    "core_journalbatch": (),
    "core_journalnode": (),
    "core_journalcheckpoint": ("anchored_at", "cosignature", "cosigned_at", "stamp"),
    "core_journalrefusal": (),
    "core_policyversion": ("ended_at",),
    "core_ledgertransfer": (),
    "core_ledgerentry": (),
    "core_timelineentry": (),
    "drivers_vettingdecision": (),
    "accounts_look": ("proper", "words", "answered_by", "answered_at"),
    "safety_recordingplay": ("told_at",),
    "safety_recordingreceipt": ("erased_at",),
    "complaints_decision": ("in_force", "told_complainant_at", "told_accused_at"),
    "governance_consultation": ("counted_at", "list_sha256", "result"),
    "governance_option": (),
    "governance_voter": (),
    "governance_ballot": (),
    "governance_votelist": (),
    "governance_consultationanswer": (),
    "police_release": ("wrong_codes", "opened_at", "disowned_at"),
    "police_releasereview": (),
    "governance_transparencyreport": (
        "counting_since",
        "tables_done",
        "figures",
        "digest",
        "state",
        "agreed_by",
        "decided_at",
        "version",
        "paper_zh",
        "paper_en",
    ),
}

# What only the worker that checks the board writes: whoever serves pages shows it, and cannot make a promise look kept.
BOARD_ALONE = ("governance_measurestate", "governance_measureresult")


class Command(PlatformCommand):
    in_production = True
    help = (
        "Give the platform's database role what it needs, on journal and ledgers only the right to read and append, and on"
        " the board's states only the right to read: the role of the worker that checks it writes them."
    )

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
            for table, later in APPEND_ONLY.items():
                names = {"table": sql.Identifier(table), "role": role}
                cursor.execute(
                    sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}").format(**names)
                )
                if later:
                    columns = sql.SQL(", ").join(map(sql.Identifier, later))
                    statement = "GRANT UPDATE ({columns}) ON {table} TO {role}"
                    cursor.execute(sql.SQL(statement).format(columns=columns, **names))
            board = sql.Identifier(settings.DATABASE_BOARD_ROLE)
            for table in BOARD_ALONE:
                names = {"table": sql.Identifier(table), "role": role, "board": board}
                for statement in (
                    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {role}",
                    "GRANT INSERT, UPDATE ON {table} TO {board}",
                ):
                    cursor.execute(sql.SQL(statement).format(**names))
