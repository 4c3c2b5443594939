"""Reports in confidence, whose hour is over."""

from datetime import timedelta

from core import clock
from core.limits import Asker
from governance import concerns
from governance.models import Concern, ConcernLine


def shown_concern(account, submission="s" * 22, words="The brakes of the vans are never looked at"):
    """One that staff read already, as if it had come an hour ago."""
    row = concerns.report(
        account=account, words=words, about="", asks_back=True, barred=[], submission=submission,
        asker=Asker(person=account.code),
    )  # fmt: skip
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    Concern.objects.filter(pk=row.pk).update(shown_from=hour)
    ConcernLine.objects.filter(concern=row).update(at=hour - timedelta(hours=1))
    row.refresh_from_db()
    return row
