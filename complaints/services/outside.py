"""From outside (C11): calls that the telephone system announces, messages by e-mail, WeChat and Weibo."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.selectors import account_by_code
from complaints.errors import NobodyThere, NotNow, ReasonNeeded
from complaints.models import Call, Complaint, OutsideMessage
from complaints.selectors import complaint_by_code
from complaints.services.intake import Filing, add_to_complaint, file_once, locked, told_already
from complaints.services.timers import note_activity
from complaints.states import LIVE, Category, Source
from core import audit, clock, danger, live, typed
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.permissions import may, require
from core.privacy import blind_index, phone_index
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

CHANNELS = ("email", "wechat", "weibo")


@begins_transaction
def announce_call(*, key: str, number: str, agent: str, rang_at: datetime | None = None) -> Call:
    """The telephone system puts a call through to an agent; the same `key` rings once. Raises `NobodyThere`.

    A number that cannot be read rings all the same, without a history.
    """
    person = account_by_code(agent)
    if person is None or not may(person, "complaints.work"):
        raise NobodyThere("agent")
    try:
        phone = typed.phone.read(number)
    except DomainError:
        phone = ""
    row, _fresh = Call.objects.get_or_create(
        key=key[:64],
        defaults={
            "number": phone or number[:30],
            "number_index": phone_index(phone) if phone else "",
            "agent": person,
            "rang_at": rang_at or clock.now(),
        },
    )
    live.changed_on_commit("console")
    return row


@begins_transaction
def see_call(*, account: "Account", pk: int) -> Call:
    """The agent opens the caller's history: it is personal, and in the journal. Raises `NotFound`."""
    row = Call.objects.select_for_update().filter(pk=pk, agent=account).first()
    if row is None:
        raise NotFound
    if row.seen_at is None:
        row.seen_at = clock.now()
        row.save(update_fields=["seen_at"])
    audit.record(account.actor, "calls.opened", str(pk))
    return row


@begins_transaction
def take_message(
    *, channel: str, key: str, sender: str, words: str, at: datetime | None = None
) -> OutsideMessage:
    """A message from outside is kept before anything else, and read for danger; the same `key` of a channel once.

    Raises `InvalidInput`.
    """
    if channel not in CHANNELS:
        raise InvalidInput("channel")
    if not sender.strip() or not words.strip():
        raise InvalidInput("sender" if not sender.strip() else "words")
    row, new = OutsideMessage.objects.get_or_create(
        key=f"{channel}:{key}"[:120],
        defaults={
            "code": new_code("N"),
            "channel": channel,
            "sender": sender.strip()[:120],
            "words": words.strip()[:4_000],
            "at": at or clock.now(),
            **danger.read(words).columns(),
        },
    )
    if new:
        audit.record(SYSTEM, "outside.message", row.code, channel=channel)
    return row


def _waiting(account: "Account", code: str) -> OutsideMessage:
    require(account, "complaints.work")
    row = OutsideMessage.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    if row.sorted_at is not None:
        raise NotNow(why=str(_("Somebody sorted it already.")))
    return row


def _sorted(
    row: OutsideMessage, account: "Account", complaint: Complaint | None, dismissed: str = ""
) -> None:
    row.complaint, row.sorted_by, row.sorted_at = complaint, account.code, clock.now()
    row.dismissed = dismissed
    row.save(update_fields=["complaint", "sorted_by", "sorted_at", "dismissed"])
    case = complaint.code if complaint else ""
    audit.record(account.actor, "outside.sorted", row.code, case=case, dismissed=bool(dismissed))


@begins_transaction
def file_from_message(*, account: "Account", code: str, category: Category, name: str) -> Complaint:
    """Make a complaint of a message; answers go back by the way it came. Raises `Forbidden`, `NotFound`, `NotNow`."""
    row = _waiting(account, code)
    told = Filing(category, row.words, f"outside:{row.code}")
    case = Complaint(
        source=Source.OUTSIDE,
        caller_name=name.strip()[:60],
        caller_phone=row.sender,
        caller_channel=row.channel,
        caller_index=blind_index(row.sender.lower(), purpose=f"address-{row.channel}"),
    )
    complaint = told_already(case, told) or file_once(account.actor, case, told)
    _sorted(row, account, complaint)
    return complaint


@begins_transaction
def add_message_to(*, account: "Account", code: str, complaint_code: str) -> Complaint:
    """Add a message to a live complaint. Raises `Forbidden`, `NotFound`, `NotNow`."""
    row = _waiting(account, code)
    complaint = locked(complaint_by_code(typed.code.read(complaint_code)).pk)
    if complaint.state not in LIVE:
        raise NotFound
    add_to_complaint(account.actor, complaint, Filing(Category(complaint.category), row.words, ""))
    note_activity(complaint)
    _sorted(row, account, complaint)
    return complaint


@begins_transaction
def dismiss_message(*, account: "Account", code: str, why: str) -> None:
    """It is no complaint, such as an advertisement. Raises `Forbidden`, `NotFound`, `NotNow`, `ReasonNeeded`."""
    row = _waiting(account, code)
    if not why.strip():
        raise ReasonNeeded("why")
    _sorted(row, account, None, dismissed=why.strip()[:200])
