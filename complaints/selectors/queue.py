"""The queue of the workspace: pages by key, never by number, so that the millionth row costs as much as the first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.selectors import account_by_phone
from complaints import words
from complaints.errors import FilterUnknown
from complaints.models import Complaint, SavedView, Statement
from complaints.models.cases import LIVE_STATES
from complaints.states import Category, ComplaintState, Level, Side, StatementState
from core import typed
from core.errors import DomainError
from core.privacy import phone_index
from core.reads import Read

if TYPE_CHECKING:
    from accounts.models import Account

PAGE = 25
SHOWN = ("code", "category", "level", "state", "due_at", "filed_at", "plates", "from_crowd", "owner__code")
COUNT_LIMIT = 1_000  # a count above is shown as '1000+': nobody needs the rest, and counting it costs


# What each filter may say; `late` and `text` are free.
FILTERS: dict[str, frozenset[str]] = {
    "whose": frozenset({"mine", "nobody", "all"}),
    "state": frozenset({"live", "heard", "second", "appealed", "over", "all"}),
    "level": frozenset({"", *Level.values}),
    "category": frozenset({"", *Category.values}),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a view of the queue shows. `whose`: mine, nobody, all; `state`: live, heard, second, appealed, over, all."""

    whose: str = "all"
    state: str = "live"
    level: str = ""
    category: str = ""
    late: bool = False
    text: str = ""

    def __post_init__(self) -> None:
        """Raises `FilterUnknown`: what is not known must not show everything, as if that were what was asked for."""
        for name, known in FILTERS.items():
            value = getattr(self, name)
            if value not in known:
                raise FilterUnknown(value=value[:40])

    def query(self) -> str:
        """As the end of an address; what is as usual is left out."""
        usual = Filter()
        return urlencode(
            {
                name: "1" if value is True else value
                for name in self.__slots__
                if (value := getattr(self, name)) != getattr(usual, name)
            }
        )

    @classmethod
    def of_query(cls, query: str) -> "Filter":
        """From the end of an address; what is not said is as usual. Raises `FilterUnknown`."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        return cls(
            **{name: given[name] for name in FILTERS if name in given},
            late=given.get("late") == "1",
            text=given.get("text", "")[:100].strip(),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue; `after` is the key of the next one, empty where there is none."""

    rows: list[Complaint]
    after: str


OF_LIVE = frozenset({"live", "heard", "second", "appealed"})  # views of what is not over
# The condition of the queue's indexes, written in the statement itself. Values travel beside it, and a plan that the database
# keeps for any value cannot know that a state is one of these: it would read all complaints there ever were.
_LIVE = ", ".join(f"'{state}'" for state in LIVE_STATES)
_IS_LIVE = RawSQL(f"complaints_complaint.state IN ({_LIVE})", [], output_field=BooleanField())  # noqa: S611 - words of ours


def _of_state(rows: QuerySet[Complaint], state: str) -> QuerySet[Complaint]:
    if state in OF_LIVE:
        rows = rows.filter(_IS_LIVE)
    match state:
        case "live":
            return rows
        case "heard":
            mine = Statement.objects.filter(complaint=OuterRef("pk"), round=OuterRef("round"))
            waited = mine.filter(state=StatementState.ASKED)
            return rows.filter(
                Exists(mine.filter(side=Side.ACCUSED)), ~Exists(waited), state=ComplaintState.OPEN
            )
        case "second":
            return rows.filter(state=ComplaintState.PROPOSED)
        case "appealed":
            return rows.filter(state=ComplaintState.APPEALED)
        case "over":
            return rows.filter(state__in=[ComplaintState.DECIDED, ComplaintState.FINAL])
        case "all":
            return rows
        case _:
            raise ValueError(state)


def _of_text(rows: QuerySet[Complaint], text: str) -> QuerySet[Complaint]:
    """By code, by phone, by plate or a part of it, or by words, whatever the text looks like."""
    code = typed.code.read(text)
    if code.startswith(("C-", "T-")):
        coded = rows.filter(Q(code=code) | Q(trip__code=code))
        # A word of eleven letters may look like a code without its dash.
        if "-" in text or coded.exists():
            return coded
    try:
        phone = typed.phone.read(text) if sum(mark.isdigit() for mark in text) >= 7 else ""
    except DomainError:
        phone = ""
    if phone:
        found = account_by_phone(phone)
        people = Q(caller_index=phone_index(phone))
        if found:
            people |= Q(complainant=found) | Q(accused=found)
        return rows.filter(people)
    plate = typed.plate.searched(text)
    if plate:
        return rows.filter(plates__contains=plate)
    query = words.query(text)
    if not query:
        return rows.none()
    return rows.annotate(found=RawSQL("search @@ %s::tsquery", [query])).filter(found=True)


def rows_of(wanted: Filter, account: "Account", at: datetime) -> QuerySet[Complaint]:
    """The complaints of a view, in no order yet."""
    rows = _of_state(Complaint.objects.all(), wanted.state)
    if wanted.whose == "mine":
        rows = rows.filter(owner=account)
    elif wanted.whose == "nobody":
        rows = rows.filter(owner=None)
    if wanted.level:
        rows = rows.filter(level=wanted.level)
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.late:
        rows = rows.filter(due_at__lt=at)
    return _of_text(rows, wanted.text) if wanted.text else rows


def _is_key(text: str) -> bool:
    """True for a number that is a key, or microseconds of some time of ours: what somebody typed may be neither."""
    return text.isdecimal() and len(text) <= 17


def _after(after: str, at: datetime) -> Q | None:
    """What comes after the last row of a page: `1_`, where that was one of a crowd, its limit or `none`, its key."""
    crowd = after.startswith("1_") and after.count("_") == 2
    due, _dash, key = after.removeprefix("1_" if crowd else "").partition("_")
    if not _is_key(key):
        return None
    if due == "none":
        rest = Q(due_at=None, id__gt=int(key))
    elif _is_key(due):
        moment = datetime.fromtimestamp(0, tz=at.tzinfo) + timedelta(microseconds=int(due))
        rest = Q(due_at__gt=moment) | Q(due_at=moment, id__gt=int(key)) | Q(due_at=None)
    else:
        return None
    rest &= Q(from_crowd=crowd)
    return rest if crowd else rest | Q(from_crowd=True)


def page_of(wanted: Filter, account: "Account", at: datetime, *, after: str = "") -> Page:
    """One page: what is live by its nearest limit, what is over by its age; search results by their age."""
    # What a line shows and no more: nothing encrypted is opened, no way of a trip is read.
    rows = rows_of(wanted, account, at).select_related("owner").only(*SHOWN)
    by_limit = wanted.state in OF_LIVE and not wanted.text
    if by_limit:
        rows = rows.order_by("from_crowd", F("due_at").asc(nulls_last=True), "id")
        if found_after := _after(after, at):
            rows = rows.filter(found_after)
    else:
        rows = rows.order_by("-id")
        if _is_key(after):
            rows = rows.filter(id__lt=int(after))
    found = list(rows[: PAGE + 1])
    if len(found) <= PAGE:
        return Page(found, "")
    last = found[PAGE - 1]
    if not by_limit:
        return Page(found[:PAGE], str(last.pk))
    epoch = datetime.fromtimestamp(0, tz=at.tzinfo)
    due = f"{(last.due_at - epoch) // timedelta(microseconds=1)}" if last.due_at else "none"
    return Page(found[:PAGE], f"{'1_' if last.from_crowd else ''}{due}_{last.pk}")


def count_of(wanted: Filter, account: "Account", at: datetime) -> int:
    """How many there are, counted up to `COUNT_LIMIT`."""
    return rows_of(wanted, account, at)[:COUNT_LIMIT].count()


_VIEWS = Read(
    lambda pk: SavedView.objects.select_related("owner").filter(Q(owner_id=pk) | Q(shared=True)), int
)


def saved_views(account: "Account") -> list[SavedView]:
    """One's own views, then those that others share."""
    rows = _VIEWS.all(account.pk)
    return sorted(rows, key=lambda view: (view.owner_id != account.pk, view.name))


_DUE_SOON = Read(
    lambda pk: (
        Complaint.objects.live()
        .select_related("owner")
        .filter(Q(owner_id=pk) | Q(owner=None), due_at__isnull=False)
        .order_by("due_at")[:10]
    ),
    int,
)
_OWNED = Read(
    lambda pk: (
        Complaint.objects.live().filter(owner_id=pk).order_by(F("due_at").asc(nulls_last=True), "pk")[:20]
    ),
    int,
)


def due_soon(account: "Account") -> list[Complaint]:
    """What of one's own, or of nobody's, falls due next, for the first page: ten at most."""
    return _DUE_SOON.all(account.pk)


def severe_without_owner(*, limit: int = 50) -> list[Complaint]:
    """Severe complaints that nobody has taken, oldest first."""
    rows = Complaint.objects.undecided().counted().filter(level=Level.SEVERE, owner=None)
    return list(rows.only("code", "round", "filed_at").order_by("filed_at")[:limit])


def complaints_with_news(*, limit: int = 50) -> list[Complaint]:
    """Those in which grave words wait that nobody looked at, oldest first; what rings because nobody has it is not repeated."""
    rows = Complaint.objects.live().counted().filter(news_at__isnull=False).select_related("owner")
    rows = rows.exclude(
        owner=None, level=Level.SEVERE, state__in=[ComplaintState.OPEN, ComplaintState.PROPOSED]
    )
    return list(rows.only("code", "news_at", "owner__code").order_by("news_at")[:limit])


def complaints_about(code: str, *, limit: int = 8) -> list[Complaint]:
    """The newest complaints about somebody."""
    rows = Complaint.objects.counted().filter(accused__code=code)
    return list(rows.only("code", "category", "level", "state", "filed_at").order_by("-pk")[:limit])


def owned_complaints(account: "Account") -> list[Complaint]:
    """What somebody has taken and is not done with, the first due first: twenty at most."""
    return _OWNED.all(account.pk)
