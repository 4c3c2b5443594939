"""Reports in confidence, whose hour is over, and reviews."""

from datetime import timedelta

from core import clock
from core.limits import Asker
from governance import concerns
from governance.models import Concern, ConcernLine, Review


def shown_concern(account, submission="s" * 22, words="从来没有人检查面包车的刹车"):
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


def reviewed(subject):
    """A review of a death, written by one and with an action: another may finish it."""
    at = clock.now()
    row = Review.objects.create(
        code="RV-00000001", kind="death", subject=subject, matter=subject, happened_at=at, opened_at=at,
        due_at=at + timedelta(days=14), facts="x", causes="x", warned="x", written_by="specialist",
    )  # fmt: skip
    row.actions.create(
        code="RA-00000001", words_zh="x", words_en="x", owner="safety", due=at.date(), shows="rule",
        named="rides.near", target=1, added_by="specialist", added_at=at,
    )  # fmt: skip
    return row


def published_review(subject):
    """One of an injury that two people finished, with two actions that everybody reads."""
    at = clock.now()
    row = Review.objects.create(
        code="RV-00000002", kind="injury", subject=subject, matter=subject, happened_at=at, opened_at=at,
        due_at=at + timedelta(days=14), facts="x", causes="x", warned="x", written_by="specialist", state="done",
        done_by="supervisor", done_at=at,
    )  # fmt: skip
    for number in (2, 3):
        row.actions.create(
            code=f"RA-0000000{number}", words_zh="x", words_en="x", owner="safety", due=at.date(), shows="rule",
            named="rides.near", target=1, added_by="specialist", added_at=at,
        )  # fmt: skip
    return row
