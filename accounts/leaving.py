"""Somebody closes their account (A6, PIPL art. 47): nobody signs in any more, at once; what nothing keeps goes at once; who
it was goes on the day on which no law, no case and no hold keeps it.

What is said beforehand holds what they may know. What they may not know yet (a case that somebody else opened, a hold, a
question of the police) keeps as well, and no page and no date shows it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts import messages
from accounts.codes import CLOSING
from accounts.exports import prove
from accounts.models import Account
from accounts.services import end_sessions, sign_out
from core import audit, clock, jobs, own_data
from core.actors import SYSTEM
from core.errors import NotFound
from core.limits import asker_of
from core.messages import outbox
from core.own_data import Kept
from core.privacy import EncryptedTextField
from core.transactions import begins_transaction

AGAIN = timedelta(days=1)  # what nobody can know the end of is looked at each day


def what_stays(account: Account) -> list[Kept]:
    """What stays of somebody who leaves now, as far as they may know it; of one thing the longest time."""
    found: dict[tuple[str, str], Kept] = {}
    for each in own_data.kept_of(account, clock.now()):
        key = (str(each.what), str(each.law))
        known = found.get(key)
        if each.said and (known is None or _longer(each, known)):
            found[key] = each
    return list(found.values())


def _longer(one: Kept, other: Kept) -> bool:
    return other.until is not None and (one.until is None or one.until > other.until)


def close_account(request: HttpRequest, *, account: Account, code: str) -> None:
    """Close one's own account, by a code that was sent for it; this and all other sessions end.

    Raises `WrongCode`, `TooManyCodes`, `Forbidden`, and what keeps it from being closed now.
    """
    if why := own_data.why_not_close(account):
        raise why
    prove(account=account, purpose=CLOSING, code=code, asker=asker_of(request))
    _close(account)
    sign_out(request)


@begins_transaction
def _close(account: Account) -> None:
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.closed_at is not None:
        raise NotFound
    if why := own_data.why_not_close(locked):
        raise why
    at, phone, language = clock.now(), locked.phone, locked.language
    own_data.end_for(locked, at)
    locked.closed_at = locked.erase_at = at
    locked.is_active = locked.shares_trips = False
    locked.set_unusable_password()
    locked.save(update_fields=["closed_at", "erase_at", "is_active", "shares_trips", "password"])
    end_sessions(actor=locked.actor, account=locked)
    audit.record(locked.actor, "accounts.closed", locked.code)
    outbox.queue(
        messages.AccountClosed(at=at, line=settings.SAFETY_LINE),
        key=f"closed:{locked.code}",
        to=phone,
        language=language,
    )


# --- The day on which the rest goes --------------------------------------------------------------


def _due(at: datetime, limit: int) -> list[int]:
    rows = Account.objects.filter(closed_at__isnull=False, erased_at=None, erase_at__lte=at)
    return list(rows.order_by("erase_at", "pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _erase(pk: int, at: datetime) -> bool:
    """Erase who it was, or put it off for as long as something keeps it."""
    row = Account.objects.select_for_update().filter(pk=pk, erased_at=None, erase_at__lte=at).first()
    if row is None:
        return False
    until = [each.until for each in own_data.kept_of(row, at) if each.names]
    keep = [each for each in until if each is None or each > at]
    if keep:
        days = [each for each in keep if each is not None]
        row.erase_at = max(days) if len(days) == len(keep) else at + AGAIN
        row.save(update_fields=["erase_at"])
        return False
    own_data.erase_for(row, at)
    personal = [each.name for each in Account._meta.concrete_fields if isinstance(each, EncryptedTextField)]
    Account.objects.filter(pk=pk).update(
        **dict.fromkeys(personal, ""),
        phone_index=f"gone:{row.code}",
        id_index=None,
        person_index="",
        document="",
        verified_at=None,
        erased_at=at,
    )
    audit.record(SYSTEM, "accounts.erased", row.code)
    return True


ERASING = jobs.rows(
    "accounts.erase",
    gettext_lazy("erasing people who closed their account"),
    due=_due,
    act=_erase,
    key=int,
)
