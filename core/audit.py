"""The journal's one door for writers: one line beside the rows that it is about, in the same transaction.

What becomes of a line afterwards, its place in the tree and how outsiders check it, is `core.journal`. The platform's
database role may not UPDATE, DELETE or TRUNCATE here.
"""

from datetime import datetime
from typing import Any

from core import clock, inserts, live
from core.actors import Actor
from core.journal import rows
from core.models import AuditEntry
from core.transactions import joins_transaction


@joins_transaction
def record(
    actor: Actor,
    action: str,
    subject: str = "",
    *,
    case: str = "",
    reason: str = "",
    at: datetime | None = None,
    **facts: Any,
) -> None:
    """Write one line with the caller's rows. `facts` hold codes and figures, no personal data."""
    said = rows.Said(at or clock.now(), actor.code, actor.role, action, subject, case, reason, facts)
    seal = rows.seal_of(said)
    entry = AuditEntry(**said._asdict(), seal=seal, digest=rows.leaf_of(said, seal).hex())
    inserts.keep(entry)
    live.wrote(action)
