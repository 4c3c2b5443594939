"""What stands on the console's first page: places that the ground draws, filled by panels that apps offer.

An app offers its panels in `APP/console/panels.py`, each a function from the person who looks and the time to rows:

    @panel("claims", _("Claim"), place=DUE, order=80, marks=("claims",), permission="claims.decide")
    def claims(person: Account, at: datetime) -> list[Due]: ...

A panel that cannot be read, or whose rows cannot be drawn, says so in its place; what stands beside it is drawn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core import clock, handover, live, retry
from core.models import FailedWork
from core.permissions import TABLE, may

if TYPE_CHECKING:
    from accounts.models import Account

Text = str | Promise
Query = Callable[["Account", datetime], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where panels stand. `template` draws the frame around their rows, `row` a row where the panel has none of its own.

    `empty` is said where no panel has a row; a place without it is not drawn then. `by_danger` orders all rows of all
    its panels: the gravest first, then the oldest.
    """

    key: str
    title: Text
    template: str
    row: str = ""
    empty: Text = ""
    by_danger: bool = False


NOTICES = Place("notices", "", "console/places/_notices.html")
BURNING = Place(
    "burning",
    _("Burning"),
    "console/places/_burning.html",
    empty=_(
        "Nothing burns. A new incident appears here by itself, with a sound and a number in the tab's title."
    ),
)
FAILED = Place("failed", "", "console/places/_notices.html")
DUE = Place(
    "due",
    _("Due"),
    "console/places/_due.html",
    "console/_due_row.html",
    _("Nothing is due. Requests of the police, severe complaints and reviews with a clock stand here."),
    by_danger=True,
)
MINE = Place(
    "mine",
    _("Mine"),
    "console/places/_mine.html",
    "console/_mine_row.html",
    _("What you take stands here."),
)
STATE = Place("state", _("Lines and promises"), "console/places/_state.html", empty=_("Nothing yet."))
FIGURES = Place(
    "figures",
    _("Figures today"),
    "console/places/_figures.html",
    "console/_figure_row.html",
    _("Nothing yet."),
)


@dataclass(frozen=True, slots=True)
class Strip:
    """Places that are fetched together from one address; `every` so many seconds also when nothing is known to change."""

    key: str
    address: str
    places: tuple[Place, ...]
    every: int = 30
    two: bool = False  # side by side


STRIPS = (
    Strip("burning", "admin/burning/", (BURNING,), every=15),
    Strip("failed", "admin/failed-work/strip/", (FAILED,)),
    Strip("due", "admin/due/", (NOTICES, DUE, MINE)),
    Strip("today", "admin/today/", (STATE, FIGURES), every=60, two=True),
)


# What somebody has, on the page from which it is handed over.
OWN = Strip("own", "", (MINE,))


@dataclass(frozen=True, slots=True)
class Due:
    """A row of what is due: what it is, where it is done, since when it waits or until when it may.

    `level` is `bad` where somebody waits for it or it is about to break a promise, else `warn`. `beside` the code stands
    what tells it from its neighbours; `holder` is who has it, or how far it is. `danger` says what is at stake: 3 a
    life now, 2 somebody who was gravely harmed or could be, 1 what presses otherwise, 0 the rest. `known` is about
    somebody on a trip: it stands before what anybody can send.
    """

    code: str
    link: str
    since: datetime | None = None
    until: datetime | None = None
    what: Text = ""  # instead of the panel's title
    level: str = "warn"
    beside: object = ""
    holder: object = ""
    late: bool = False
    danger: int = 0
    known: bool = False

    @property
    def urgency(self) -> tuple[int, bool, bool, float]:
        """What it is ordered by, the most urgent first: by danger, then who is known, then what is late, then by age."""
        at = self.until or self.since
        danger = max(self.danger, self.level == "bad")
        return -danger, not self.known, not self.late, at.timestamp() if at else 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, what it counts, and what it is compared with."""

    value: object
    about: Text
    beside: Text = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What one app shows in one place, to whoever has its permission."""

    key: str
    title: Text
    place: Place
    order: int
    marks: tuple[str, ...]
    permission: str
    template: str
    query: Query


_offered: dict[str, Panel] = {}


def panel(
    key: str,
    title: Text,
    *,
    place: Place,
    order: int,
    marks: tuple[str, ...],
    permission: str,
    template: str = "",
) -> Callable[[Query], Query]:
    """Function decorator: offer a panel. It is drawn by `order` in its `place`, and anew when one of `marks` moves.

    `title` names each of its rows, `template` draws one as `row`. Raises `ValueError` where another panel has the key, or
    the order in this place, and for a permission that does not exist.
    """
    if permission not in TABLE:
        raise ValueError(f"{key}: no permission {permission!r}")
    if taken := [each.key for each in _offered.values() if (each.place, each.order) == (place, order)]:
        raise ValueError(f"{key}: {taken[0]} has the order {order} in this place")

    def offer(query: Query) -> Query:
        if key in _offered:
            raise ValueError(f"two panels are called {key}")
        _offered[key] = Panel(key, title, place, order, marks, permission, template or place.row, query)
        return query

    return offer


def _offer_mine(kind: handover.Held) -> Panel:
    """What can be somebody's is shown to who has it; what was handed over to them comes by the mark of shifts."""
    return Panel(
        f"my_{kind.key}",
        kind.title,
        MINE,
        kind.order,
        (*kind.marks, "shift"),
        kind.permission,
        MINE.row,
        lambda person, _at: kind.mine(person),
    )


@cache
def _discover() -> None:
    autodiscover_modules("console.panels")
    for kind in handover.kinds().values():
        mine = _offer_mine(kind)
        _offered[mine.key] = mine
        if kind.due not in _offered or _offered[kind.due].place not in {DUE, BURNING}:
            raise ValueError(f"{kind.key}: nothing of what is due or burns is called {kind.due}")
    held = {f"my_{key}" for key in handover.kinds()}
    for each in _offered.values():
        if each.template == MINE.row and each.key not in held:
            raise ValueError(
                f"{each.key}: what is somebody's is said by core.handover.held, which hands it over"
            )
        if unknown := sorted(set(each.marks) - live.names()):
            raise ValueError(f"{each.key}: nothing moves {', '.join(unknown)}: it would not be drawn anew")


@panel(
    "handed_over",
    _("Handed over to me"),
    place=MINE,
    order=5,
    marks=("shift",),
    permission="console.open",
    template="console/_handed_over.html",
)
def _handed_over(person: "Account", at: datetime) -> Iterable[Any]:
    return handover.said_to(person, at)


def offered() -> list[Panel]:
    """All panels of all apps, in the order in which they are drawn. Raises `ValueError` for a mark that nothing moves."""
    _discover()
    return sorted(_offered.values(), key=lambda each: (each.order, each.key))


# --- Reading and drawing ---

READING = retry.declare("core.console_panel", _("Reading a panel of the console"))
_failing: set[str] | None = None  # keys that this process knows to have failed last


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel's rows as markup, or that it failed."""

    panel: Panel
    html: SafeString
    count: int
    failed: bool = False
    urgency: tuple[Any, ...] = ()


def _draw(each: Panel, request: HttpRequest, person: "Account", at: datetime) -> list[Drawn]:
    """A panel's rows together, or one by one where the place orders them.

    Whatever a panel raises is its own: it is logged, counted among failed work, and said in its place.
    """

    def drawn(rows: list[Any]) -> SafeString:
        context = {"rows": rows, "panel": each, "person": person, "now": at}
        return render_to_string("console/_rows.html", context, request)

    try:
        rows = list(each.query(person, at))
        if each.place.by_danger:
            found = [Drawn(each, drawn([row]), 1, urgency=row.urgency) for row in rows]
        else:
            found = [Drawn(each, drawn(rows), len(rows))]
    except Exception as why:  # an app's panel may raise anything
        _failed(each.key, why)
        return [Drawn(each, SafeString(), 0, failed=True)]
    _read(each.key)
    return found


def _failed(key: str, why: Exception) -> None:
    retry.log.error("console.panel_failed", panel=key, error=type(why).__name__, exc_info=why)
    retry.failed(READING, key, why)
    _known_to_fail().add(key)


def _read(key: str) -> None:
    if key in _known_to_fail():
        retry.done(READING, key)
        _known_to_fail().discard(key)


def _known_to_fail() -> set[str]:
    global _failing
    if _failing is None:
        rows = FailedWork.objects.filter(kind=READING.kind, closed_at=None)
        _failing = set(rows.values_list("key", flat=True))
    return _failing


def marks_of(strip: Strip) -> list[str]:
    """What a strip follows, as pages write it."""
    return sorted({f"mark:{name}" for each in offered() if each.place in strip.places for name in each.marks})


def draw(strip: Strip, request: HttpRequest, person: "Account") -> SafeString:
    """The places of a strip with what this person may see, as markup."""
    at = clock.now()
    html = []
    for place in strip.places:
        panels = [each for each in offered() if each.place is place and may(person, each.permission)]
        drawn = [piece for each in panels for piece in _draw(each, request, person, at)]
        if place.by_danger:  # what could not be read stands above all: nobody knows what it is
            drawn.sort(key=lambda each: (not each.failed, each.urgency))
        count, failed = sum(each.count for each in drawn), any(each.failed for each in drawn)
        if count or place.empty or failed:
            context = {"place": place, "drawn": drawn, "count": count, "failed": failed}
            html.append(render_to_string(place.template, context, request))
    return SafeString("".join(html))
