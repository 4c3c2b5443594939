"""What people write about public questions: one comment each, looked at by a person before anybody reads it (G4+).

No replies, no votes on words, a fair order: by lot, drawn anew each day and the same for everybody. What is not published
keeps its date, the reason and a digest in public; its author may have somebody else look.
"""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core import audit, clock, danger, four_eyes, idempotency
from core.codes import new_code
from core.errors import DomainError, Forbidden, InvalidInput, NotFound, refuse
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction
from governance.consultations import marks_of
from governance.errors import CommentedAlready, CommentLookedAt, NotOpen, NotVerifiedToVote, TellsWho
from governance.models import Comment, Consultation
from governance.policies import MODERATE, VOTE
from governance.states import (
    COMMENT_TRANSITIONS,
    GONE_COMMENTS,
    SHOWN_COMMENTS,
    CommentReason,
    CommentState,
)

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST = 1_000
# Numbers of phones and documents however they are parted, plates, mail and chat addresses. A person looks all the same.
TELLS_WHO = re.compile(
    r"(?:\d[\s\-·.]*){7,}|[\u4e00-\u9fff]\s*[A-Z][\s·.\-]*[A-Z0-9]{5,6}(?![A-Z0-9])|\S+@\S+\.\S+|https?://|www\.",
    re.IGNORECASE,
)


def tells_who(words: str) -> bool:
    """Whether there is a number, plate or address in it, in whatever width it was typed."""
    return TELLS_WHO.search(unicodedata.normalize("NFKC", words)) is not None


def _writers(account: "Account", slug: str) -> list[str]:
    return marks_of(account, slug, purpose="comment")


@begins_transaction
def comment(*, account: "Account", slug: str, words: str) -> Comment:
    """Write one's one comment; the same words again are the same comment.

    Raises `NotFound`, `Forbidden`, `NotVerifiedToVote`, `NotOpen`, `CommentedAlready`, `InvalidInput`.
    """
    require(account, VOTE)
    if account.is_drill:
        raise Forbidden
    words, writers, at = words.strip(), _writers(account, slug), clock.now()
    if not 0 < len(words) <= LONGEST:
        raise InvalidInput("words")
    for writer in sorted(writers):
        idempotency.alone(f"comment:{writer}")
    row = Consultation.objects.filter(slug=slug).first()
    if row is None:
        raise NotFound
    known = Comment.objects.filter(writer__in=writers).first()
    if known is not None:
        if known.words != words:
            raise CommentedAlready
        return known
    if not row.opens_at <= at < row.closes_at:
        raise NotOpen
    salt = secrets.token_hex(16)
    return Comment.objects.create(
        code=new_code("W"),
        consultation=row,
        writer=writers[0],
        words=words,
        salt=salt,
        digest=hashlib.sha256(f"{salt}{words}".encode()).hexdigest(),
        sent_at=at,
        **danger.read(words).columns(),
    )


def own_comment(account: "Account", row: Consultation) -> Comment | None:
    """What somebody wrote about a question."""
    try:
        return Comment.objects.filter(writer__in=_writers(account, row.slug)).first()
    except NotVerifiedToVote:
        return None


def comment_by_code(code: str) -> Comment:
    """Raises `NotFound`."""
    row = Comment.objects.select_related("consultation").filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def published(row: Consultation, at: datetime) -> list[Comment]:
    """In the order of the day, by lot."""
    found = Comment.objects.filter(consultation=row, state__in=SHOWN_COMMENTS)
    return sorted(found, key=lambda each: hashlib.sha256(f"{at:%Y-%m-%d}{each.code}".encode()).digest())


def gone(row: Consultation) -> list[Comment]:
    """What was not published, the oldest first."""
    return list(Comment.objects.filter(consultation=row, state__in=GONE_COMMENTS).order_by("decided_at"))


def shown(row: Consultation, at: datetime) -> dict[str, Any]:
    """What everybody may read, for programs."""
    return {
        "comments": [{"words": each.published} for each in published(row, at)],
        "comments_not_published": [
            {
                "at": each.decided_at and each.decided_at.isoformat(),
                "reason": each.reason,
                "sha256": each.digest,
            }
            for each in gone(row)
        ],
    }


def to_look_at() -> list[Comment]:
    """What waits for a person: what sounds of danger first, then the oldest."""
    rows = Comment.objects.filter(state__in=[CommentState.WAITING, CommentState.APPEALED])
    gravest = {"severe": 0, "raised": 1}
    found = rows.select_related("consultation").order_by("pk")
    return sorted(found, key=lambda row: gravest.get(row.danger, 2))


def that_ring() -> list[Comment]:
    """Those in grave words at which nobody looked, oldest first."""
    rows = Comment.objects.filter(state=CommentState.WAITING, danger="severe")
    return list(rows.only("code", "sent_at").order_by("sent_at")[:50])


def standing() -> list[Comment]:
    """The newest that are published, which a person may still take down."""
    rows = Comment.objects.filter(state=CommentState.PUBLISHED).select_related("consultation")
    return list(rows.order_by("-decided_at")[:50])


def against(row: Comment, person: "Account", key: str) -> DomainError | None:
    """What is against `publish`, `remove`, `restore` or `uphold`. Raises `KeyError` for no action."""
    at_once = None if row.state == CommentState.WAITING else CommentLookedAt()
    own = four_eyes.SecondPersonNeeded() if row.decided_by == person.code else None
    appeal = own if row.state == CommentState.APPEALED else CommentLookedAt()
    removable = row.state in {CommentState.WAITING, CommentState.PUBLISHED}
    return {
        "publish": at_once,
        "remove": None if removable else CommentLookedAt(),
        "restore": appeal,
        "uphold": appeal,
    }[key]


def _locked(account: "Account", code: str, key: str) -> Comment:
    require(account, MODERATE)
    row = Comment.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    refuse(against(row, account, key))
    return row


def _clean(words: str) -> str:
    words = words.strip()
    if not 0 < len(words) <= LONGEST:
        raise InvalidInput("words")
    if tells_who(words):
        raise TellsWho("words")
    return words


@begins_transaction
def publish(*, account: "Account", code: str, words: str) -> Comment:
    """Let everybody read it, without what tells who somebody is.

    Raises `NotFound`, `Forbidden`, `CommentLookedAt`, `InvalidInput`, `TellsWho`.
    """
    row = _locked(account, code, "publish")
    move(
        row,
        COMMENT_TRANSITIONS,
        CommentState.PUBLISHED,
        published=_clean(words),
        decided_by=account.code,
        decided_at=clock.now(),
    )
    audit.record(account.actor, "governance.comment_published", code, digest=row.digest)
    return row


@begins_transaction
def remove(*, account: "Account", code: str, reason: CommentReason) -> Comment:
    """Do not publish it, or no longer. Raises `NotFound`, `Forbidden`, `CommentLookedAt`."""
    row = _locked(account, code, "remove")
    move(
        row,
        COMMENT_TRANSITIONS,
        CommentState.REMOVED,
        published="",
        reason=reason.value,
        decided_by=account.code,
        decided_at=clock.now(),
    )
    audit.record(account.actor, "governance.comment_removed", code, reason=reason.value, digest=row.digest)
    return row


@begins_transaction
def appeal(*, account: "Account", slug: str) -> Comment:
    """Its author has somebody else look, once. Raises `NotFound`, `NotVerifiedToVote`, `CommentLookedAt`."""
    row = Comment.objects.select_for_update().filter(writer__in=_writers(account, slug)).first()
    if row is None:
        raise NotFound
    if row.state == CommentState.APPEALED:
        return row
    if row.state != CommentState.REMOVED:
        raise CommentLookedAt
    move(row, COMMENT_TRANSITIONS, CommentState.APPEALED)
    return row


@begins_transaction
def restore(*, account: "Account", code: str, words: str) -> Comment:
    """Another person publishes it after all.

    Raises `NotFound`, `Forbidden`, `CommentLookedAt`, `SecondPersonNeeded`, `InvalidInput`, `TellsWho`.
    """
    row = _locked(account, code, "restore")
    four_eyes.another(account.code, row.decided_by)
    move(row, COMMENT_TRANSITIONS, CommentState.RESTORED, published=_clean(words), answered_by=account.code)
    audit.record(account.actor, "governance.comment_restored", code, digest=row.digest)
    return row


@begins_transaction
def uphold(*, account: "Account", code: str) -> Comment:
    """Another person leaves it unpublished. Raises `NotFound`, `Forbidden`, `CommentLookedAt`, `SecondPersonNeeded`."""
    row = _locked(account, code, "uphold")
    four_eyes.another(account.code, row.decided_by)
    move(row, COMMENT_TRANSITIONS, CommentState.UPHELD, answered_by=account.code)
    audit.record(account.actor, "governance.comment_upheld", code, digest=row.digest)
    return row
