"""From outside (C11): calls that the telephone system announces, messages by e-mail, WeChat and Weibo, and what comes to
the SOS number (S1)."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.selectors import account_by_code
from complaints.errors import NobodyThere, NotNow, ReasonNeeded
from complaints.models import Call, Complaint, OutsideMessage
from complaints.policies import SAME_TEXT, SOS_TEXTS
from complaints.selectors import complaint_by_code
from complaints.services.intake import Filing, add_to_complaint, file_once, locked, told_already
from complaints.services.timers import note_activity
from complaints.states import LIVE, SMS, Category, Source
from core import audit, clock, danger, idempotency, limits, live, policy, typed
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.limits import Asker
from core.permissions import may, require
from core.privacy import blind_index, phone_index
from core.transactions import begins_transaction
from rides.selectors import phone_of_who_named, trip_under_way_by_contact, trip_under_way_by_phone
from safety.services import check_by_secret, file_welfare_check, raise_by_packet

if TYPE_CHECKING:
    from accounts.models import Account

CHANNELS = ("email", "wechat", "weibo")
LONGEST_KEY, LONGEST_SENDER = 100, 254  # an address of e-mail has 254 letters at most (RFC 5321)


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
    # A `Message-ID` may have nearly a thousand letters (RFC 5322), and those of one host begin alike.
    told = key if len(key) <= LONGEST_KEY else blind_index(key, purpose="message-key")
    row, new = OutsideMessage.objects.get_or_create(
        key=f"{channel}:{told}",
        defaults={
            "code": new_code("N"),
            "channel": channel,
            "sender": sender.strip()[:LONGEST_SENDER],
            "words": words.strip()[:4_000],
            "at": at or clock.now(),
            **danger.read(words).columns(),
        },
    )
    if new:
        audit.record(SYSTEM, "outside.message", row.code, channel=channel)
    return row


def take_packet(*, text: str) -> bool:
    """A packet that was signed on its trip's page calls for help, whoever brings it; False for whatever is none."""
    try:
        raise_by_packet(text=text)
    except DomainError:
        return False
    return True


def take_text(*, text: str, sender: str = "", key: str = "") -> None:
    """An SMS to the SOS number (S1). A packet calls for help as the button does; whatever cannot be taken as one, because it
    is none, was changed, or nobody has its trip, is kept for a person to read. Nothing is refused, and nothing goes back.

    `sender` is the number by which it came and `key` the provider's own of the message, as far as they are known. What a
    provider brings again is one message; of a sender's many, and of many by whomever, those beyond `SOS_TEXTS` are marked.
    What comes by the phone of somebody on a trip, or of their emergency contact, is counted apart from all others, and
    stands before them.
    """
    if not take_packet(text=text):
        phone = typed.phone.guess(sender).number or sender.strip()[:LONGEST_SENDER]
        aboard = trip_under_way_by_phone(phone)
        trip = aboard or trip_under_way_by_contact(phone)
        # The trip's own count: what came by this number while nobody was on a trip has used up none of it.
        asker = Asker(person=trip, known=bool(trip))
        crowd = limits.beyond(SOS_TEXTS, asker, target=phone)
        by_contact, words = trip != aboard, text.strip()[:4_000]
        kept = _keep_text(words, phone, key, trip=trip, by_contact=by_contact, crowd=crowd)
        if not kept and not crowd:
            limits.give_back(SOS_TEXTS, asker, target=phone)


@begins_transaction
def _keep_text(words: str, sender: str, key: str, *, trip: str, by_contact: bool, crowd: bool) -> bool:
    """False where it was brought before: under the same `key`, or as the same words just now, which nobody has sorted yet.

    Where no sender is named, the same words may be two people's: they are one message under the same `key` alone.
    """
    at = clock.now()
    told_by = "\n".join([sender, words])
    same = f"{SMS}:{blind_index(told_by, purpose='sos-text')}:"
    idempotency.alone(same)
    told = same + (idempotency.key_of("complaints.text", "", key)[:32] if key else new_code("N"))
    just_now = Q(at__gt=at - policy.span(SAME_TEXT), sorted_at=None) if sender else Q()
    if OutsideMessage.objects.filter(Q(key=told) | just_now, key__startswith=same).exists():
        return False
    row = OutsideMessage.objects.create(
        code=new_code("N"),
        channel=SMS,
        key=told,
        sender=sender,
        words=words,
        at=at,
        trip=trip,
        by_contact=by_contact,
        from_crowd=crowd,
        **danger.read(words).columns(),
    )
    audit.record(SYSTEM, "outside.message", row.code, channel=SMS)
    return True


def _waiting(account: "Account", code: str) -> OutsideMessage:
    require(account, "complaints.work")
    row = OutsideMessage.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    if row.sorted_at is not None:
        raise NotNow(why=str(_("Somebody sorted it already.")))
    return row


def _sorted(
    row: OutsideMessage,
    account: "Account",
    complaint: Complaint | None,
    dismissed: str = "",
    incident: str = "",
) -> None:
    row.complaint, row.sorted_by, row.sorted_at = complaint, account.code, clock.now()
    row.dismissed, row.incident = dismissed, incident
    row.save(update_fields=["complaint", "sorted_by", "sorted_at", "dismissed", "incident"])
    case = complaint.code if complaint else incident
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
        caller_index=phone_index(row.sender)
        if row.channel == SMS
        else blind_index(row.sender.lower(), purpose=f"address-{row.channel}"),
    )
    complaint = told_already(case, told) or file_once(account.actor, case, told)
    _sorted(row, account, complaint)
    return complaint


@begins_transaction
def _needs_help(account: "Account", code: str) -> OutsideMessage:
    require(account, "incidents.respond")
    return _waiting(account, code)


@begins_transaction
def _helped(account: "Account", code: str, incident: str) -> None:
    _sorted(_waiting(account, code), account, None, incident=incident)


def _missing(row: OutsideMessage) -> str:
    return phone_of_who_named(row.trip, row.sender) if row.by_contact else str(row.sender)


def open_incident_from(*, account: "Account", code: str) -> str:
    """Somebody needs help: a welfare check of whose phone it came by, of who named that phone as their emergency contact, or
    of what a letter says; the incident's code.

    Nothing is sent to whoever wrote: a phone that sounds may betray her. Raises `Forbidden`, `NotFound`, `NotNow`,
    `InvalidInput` where there is neither a number nor a word.
    """
    row = _needs_help(account, code)
    filed = file_welfare_check(
        missing_phone=_missing(row) if row.channel == SMS else "",
        reporter_phone="",
        reporter_name="" if row.channel == SMS else row.sender,
        words=row.words,
        submission=f"outside:{row.code}",
        trip=row.trip,
    )
    incident = check_by_secret(filed.secret).incident.code
    _helped(account, code, incident)
    return incident


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
