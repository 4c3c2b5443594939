"""A question put to the public, and people who vote."""

from datetime import timedelta

from accounts.models import Account
from core import clock
from core.limits import Asker
from governance.comments import comment, remove
from governance.consultations import Asked, vote
from governance.models import Consultation, Option
from governance.states import CommentReason

KEY = "sixteen letters at least "
ASKED = Asked(
    slug="women-ride", title_zh="题", title_en="题", background_zh="背景", background_en="背景",
    options="yes | 同意 | Yes\nno | 不同意 | No", days=14,
)  # fmt: skip


def question(slug="dogs", *, days=14, begun=timedelta(hours=1), **more):
    """One that is open now."""
    at = clock.now() - begun
    row = Consultation.objects.create(
        slug=slug,
        title_zh="可以带狗吗？",
        title_en="May dogs ride?",
        background_zh="背景",
        background_en="背景",
        opens_at=at,
        closes_at=at + timedelta(days=days),
        asked_by="admin",
        agreed_by="supervisor",
        **more,
    )
    for place, (key, zh, en) in enumerate([("yes", "可以", "Yes"), ("no", "不可以", "No")]):
        Option.objects.create(consultation=row, key=key, zh=zh, en=en, place=place)
    return row


def citizen(number, **more):
    """Somebody of the public whose real name is verified."""
    return Account.objects.create(
        code=f"citizen{number}",
        phone=f"+86139{number:08d}",
        phone_index=f"phone{number}",
        id_index=f"document{number}",
        verified_at=clock.now(),
        created_at=clock.now(),
        **more,
    )


def votes(account, choice="yes", *, slug="dogs", key=KEY, asker=None):
    asker = asker or Asker(f"10.0.{account.pk % 250}.{account.pk // 250 % 250}")
    return vote(account=account, slug=slug, choice=choice, submission=key, asker=asker)


def removed_comment(people, slug="dogs"):
    """One that an agent did not publish; its author may have somebody else look."""
    row = comment(account=people("passenger"), slug=slug, words="x")
    return remove(account=people("agent"), code=row.code, reason=CommentReason.ELSEWHERE)
