"""Reads about who calls and what came from outside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Max, Q, When

from accounts.models import Account as AccountRow
from accounts.selectors import account_by_code
from complaints.models import Article, Call, Complaint, OutsideMessage
from complaints.policies import RINGS_FOR
from complaints.states import SMS
from core import cases, clock, policy, typed
from core.errors import NotFound
from core.reads import Read
from rides.selectors import trips_as_passenger
from safety.selectors import incidents_of_person

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip
    from safety.models import Incident

ON_THE_LINE = timedelta(hours=1)


def ringing(account: "Account") -> Call | None:
    """The newest call put through to somebody that they have not looked at yet."""
    since = clock.now() - policy.span(RINGS_FOR)
    return Call.objects.filter(agent=account, seen_at=None, rang_at__gt=since).order_by("-rang_at").first()


def number_of_call(account: "Account", pk: int) -> str:
    """The number of a call that was put through to somebody; empty for another's."""
    call = Call.objects.filter(agent=account, pk=pk).first()
    return call.number if call else ""


def newest_call() -> int:
    """The key of the newest call: open consoles look again when it changes."""
    return Call.objects.aggregate(newest=Max("pk"))["newest"] or 0


def calls_of_last_hour(subject: str) -> list[cases.OpenCase]:
    """Calls from the number of an account that an agent answered within the last hour."""
    person = account_by_code(subject) if cases.may_be_account(subject) else None
    if person is None:
        return []
    at = clock.now()
    rows = Call.objects.filter(
        number_index=person.phone_index, seen_at__gte=at - ON_THE_LINE, rang_at__gte=at - ON_THE_LINE
    )
    return [
        cases.OpenCase(f"call {pk}", frozenset({agent}), readers="complaints.work")
        for pk, agent in rows.values_list("pk", "agent__code").order_by("pk")
    ]


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of a number: an account, its trips and incidents, complaints by and about it, earlier calls."""

    call: Call
    account: "Account | None"
    trips: "list[Trip]"
    incidents: "list[Incident]"
    complaints: list[Complaint]
    calls: int


def caller_of(call: Call) -> Caller:
    """The history that opens with a call (C11)."""
    account = (
        AccountRow.objects.filter(phone_index=call.number_index, is_active=True).first()
        if call.number_index
        else None
    )
    mine = Q(caller_index=call.number_index) if call.number_index else Q(pk__in=[])
    if account:
        mine |= Q(complainant=account) | Q(accused=account)
    return Caller(
        call,
        account,
        trips_as_passenger(account, limit=5) if account else [],
        incidents_of_person(account) if account else [],
        list(Complaint.objects.select_related("owner").filter(mine).order_by("-pk")[:10]),
        Call.objects.filter(number_index=call.number_index).count() if call.number_index else 1,
    )


_URGENT = Case(
    When(danger="severe", then=0),
    When(Q(heard__danger_unread=True) | Q(channel=SMS), then=1),
    When(danger="raised", then=2),
    default=3,
)
# Anybody can write by any number; by that of somebody on a trip, or of whom they named, hardly anybody but they.
_NOBODYS = Case(When(~Q(trip=""), then=False), default=True)
SHOWN = 50
_WAITING = Read(
    lambda: OutsideMessage.objects.filter(sorted_at=None).order_by(
        "from_crowd", _NOBODYS, _URGENT, "at", "pk"
    )[:SHOWN]
)
_MESSAGE = Read(lambda code: OutsideMessage.objects.filter(code=code), str)


def waiting_messages() -> list[OutsideMessage]:
    """Messages from outside that nobody sorted yet: those by the phone of somebody on a trip or of their emergency
    contact first, then those of danger, then what nobody could read and what came to the SOS number, then by age; those
    of a crowd below all others. Fifty at most.
    """
    return _WAITING.all()


def more_waiting(shown: int) -> int:
    """How many wait beside those that are `shown`, where these are all that a page has room for."""
    return OutsideMessage.objects.filter(sorted_at=None).count() - shown if shown == SHOWN else 0


def outside_that_rings(*, limit: int = 50) -> list[OutsideMessage]:
    """Of the messages that nobody sorted yet, those that speak of danger, and those to the SOS number that are not some of
    many; those by the phone of somebody on a trip first, those of a crowd last, of each those of danger first, by age.
    """
    rings = Q(danger="severe") | Q(channel=SMS, from_crowd=False)
    rows = OutsideMessage.objects.filter(rings, sorted_at=None).order_by(
        "from_crowd", _NOBODYS, _URGENT, "at", "pk"
    )
    return list(rows.only("code", "at", "danger", "trip", "by_contact", "from_crowd")[:limit])


def message_by_code(code: str) -> OutsideMessage:
    """Raises `NotFound`."""
    return _MESSAGE.the(code)


def articles(text: str = "") -> list[Article]:
    """Current guides, those that hold a text in either language where one is given."""
    rows = Article.objects.filter(current=True)
    for word in typed.text.fold(text).split():
        rows = rows.filter(
            Q(title_zh__icontains=word)
            | Q(title_en__icontains=word)
            | Q(body_zh__icontains=word)
            | Q(body_en__icontains=word)
        )
    return list(rows.order_by("category", "code"))


def article_versions(code: str) -> list[Article]:
    """Every version of a guide, newest first. Raises `NotFound`."""
    rows = list(Article.objects.filter(code=code).order_by("-number"))
    if not rows:
        raise NotFound
    return rows


def repeat_contacts(since: datetime, until: datetime) -> tuple[int, int]:
    """(people who complained in a time, of whom more than once)."""
    counted: dict[str, int] = {}
    rows = Complaint.objects.counted().filter(filed_at__gte=since, filed_at__lt=until)
    for account, caller in rows.values_list("complainant_id", "caller_index"):
        key = f"a{account}" if account else f"c{caller}"
        counted[key] = counted.get(key, 0) + 1
    return len(counted), sum(count > 1 for count in counted.values())
