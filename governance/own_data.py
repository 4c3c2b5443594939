"""What is somebody's own of public questions: what they wrote. What they voted nobody can tell, we neither."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.own_data import Json, part
from governance.comments import own_comment
from governance.counted import consultations
from governance.retention import COMMENTS

if TYPE_CHECKING:
    from accounts.models import Account


@part("comments", COMMENTS.label)
def comment_rows(account: "Account") -> Iterator[Json]:
    """Their comments, and what became of them."""
    for row in consultations():
        found = own_comment(account, row)
        if found is not None:
            yield {
                "kind": "comment",
                "question": row.slug,
                "words": found.words,
                "sent_at": found.sent_at,
                "state": found.state,
                "reason": found.reason,
                "salt": found.salt,
                "digest": found.digest,
            }
