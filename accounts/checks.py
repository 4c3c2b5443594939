"""What production refuses to find among people: the demo's, whose passwords and second factors a page shows."""

from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError, connection

from accounts.demo import CAST
from accounts.models import Account
from core.production import TAG


@register(TAG, deploy=True)
def demo_people(**_options: object) -> list[CheckMessage]:
    """None of the cast is there, also none who was suspended."""
    try:
        if Account._meta.db_table not in connection.introspection.table_names():
            return []
        found = sorted(
            Account.objects.filter(code__in=[part.code for part in CAST]).values_list("code", flat=True)
        )
    except DatabaseError:
        return [
            Warning(
                "The database does not answer: whether demo accounts stand in it was not checked.",
                id="huhang.W002",
            )
        ]
    if not found:
        return []
    return [
        Error(
            f"The database holds demo accounts: {', '.join(found)}. Production begins with an empty one.",
            id="huhang.E007",
        )
    ]
