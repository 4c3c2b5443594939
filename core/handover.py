"""The end of a shift: all that somebody has goes to one colleague in one transaction, so that nothing is left behind.

An app says in its `handlers.py` how what is somebody's with it is handed over, as a joining service:

    @handover.part("complaints")
    def hand_over_complaints(account: Account, heir: Account, words: str) -> int: ...
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core import audit, live
from core.errors import InvalidInput
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

Part = Callable[["Account", "Account", str], int]
_parts: dict[str, Part] = {}


def part(key: str) -> Callable[[Part], Part]:
    """Function decorator: hand over what an app knows as somebody's; returns how many. Raises `ValueError` for a key that is taken."""

    def offer(service: Part) -> Part:
        if key in _parts:
            raise ValueError(f"two apps hand over {key}")
        _parts[key] = service
        return service

    return offer


@begins_transaction
def hand_over_all(*, account: "Account", heir: "Account | None", words: str) -> int:
    """Everything of `account` to `heir`, with what they must know; all of it, or nothing where one part is refused.

    Returns how many cases. Raises `InvalidInput` for nobody, oneself, or nothing said, and what a part raises.
    """
    if heir is None or heir.pk == account.pk or not heir.is_active:
        raise InvalidInput("to")
    if not words.strip():
        raise InvalidInput("words")
    count = sum(_parts[key](account, heir, words.strip()) for key in sorted(_parts))
    audit.record(account.actor, "shift.handed_over", account.code, to=heir.code, cases=count)
    return count


live.moves("", "shift.")  # each case that goes writes a line of its own
