"""Places as somebody looks for them: what is known of a city, what our map has, and where one's own trips went."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pypinyin import lazy_pinyin

from core import typed
from core.formats import place as place_named
from rides import maps
from rides.geometry import Point, distance
from rides.models import City, KnownPlace, OwnPlace, Trip
from rides.selectors.cities import places_of
from rides.states import OwnPlaceKind

if TYPE_CHECKING:
    from accounts.models import Account

KNOWN = "known"
RECENT = 5
NEAR = 100.0  # metres within which two places are one
# What people type for those whose name is ours, whatever language their page has.
_WORDS: dict[str, tuple[str, str]] = {OwnPlaceKind.HOME: ("家", "Home"), OwnPlaceKind.WORK: ("公司", "Work")}


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A place that can be chosen: both names as rows hold them, what it is, and its point in WGS-84."""

    names: str
    kind: str
    latitude: float
    longitude: float
    is_exact: bool = False  # its whole name is what was typed
    title: str = ""  # how the person calls it who keeps it
    code: str = ""  # of what is kept

    def __str__(self) -> str:
        return place_named(self.names)

    @property
    def point(self) -> Point:
        return self.latitude, self.longitude


@lru_cache(maxsize=10_000)
def _keys(name_zh: str, name_en: str) -> tuple[str, ...]:
    """The words by which a place is found: both names, the Chinese one in pinyin, and its first letters."""
    syllables = lazy_pinyin(name_zh, errors="ignore")
    words = (
        name_zh,
        name_en,
        f"{name_zh} {name_en}",
        "".join(syllables),
        "".join(each[0] for each in syllables),
    )
    return tuple(_plain(word) for word in words)


def _plain(words: str) -> str:
    """Folded, without spaces and apostrophes: 'Rui'an', 'rui an' and 'ruian' are one."""
    return typed.text.marks(words)


def _rank(wanted: str, keys: tuple[str, ...]) -> int | None:
    """How well words fit: 0 the whole name, 1 its beginning, 2 within it; none where they do not."""
    zh, en, both, pinyin, initials = keys
    if wanted in keys:
        return 0
    if any(key.startswith(wanted) for key in (zh, en, pinyin, both)):
        return 1
    if wanted in zh or wanted in en or wanted in pinyin or (len(wanted) > 1 and initials.startswith(wanted)):
        return 2
    return None


def search_places(city: City, words: str, *, limit: int = 8) -> list[PlaceFound]:
    """Places of a city for what is being typed: Chinese, pinyin, its first letters, or English; the best first.

    What the city knows stands before what only our map has, and short names before long ones.
    """
    wanted = _plain(words)
    if not wanted:
        return []
    drawn = maps.map_of(city.code)
    on_map = {each.name_zh: each for each in (drawn.named if drawn else ())}
    known = {row.name_zh: row for row in places_of(city)}
    found: list[tuple[tuple[int, bool, int], PlaceFound]] = []
    rows: dict[str, KnownPlace | maps.NamedPoint] = {**on_map, **known}
    for name, row in rows.items():
        keys = _keys(name, row.name_en)
        rank = _rank(wanted, keys)
        if rank is None:
            continue
        kind = on_map[name].kind if name in on_map else KNOWN
        place = PlaceFound(f"{name} {row.name_en}", kind, row.latitude, row.longitude, wanted in keys[:3])
        found.append(((rank, name not in known, len(name)), place))
    return [each for _order, each in sorted(found, key=lambda each: each[0])[:limit]]


def recent_places(account: "Account", city: City, *, limit: int = RECENT) -> list[PlaceFound]:
    """Where the account's own trips of a city went lately, and where they began; each place once, newest first.

    What they keep under a name of their own is none of these, nor is what they wish to see no more.
    """
    return _recent(account, city, _own_rows(account, city), limit)


def _own_rows(account: "Account", city: City) -> list[OwnPlace]:
    """What an account keeps in a city: home, work, then by age."""
    order = [*OwnPlaceKind]
    rows = OwnPlace.objects.filter(account=account, city=city).order_by("pk")
    return sorted(rows, key=lambda row: order.index(OwnPlaceKind(row.kind)))


def _ends_of_trips(account: "Account", city: City) -> Iterator[tuple[str, Point]]:
    """Names and points to which and from which the latest trips went, newest first."""
    rows = Trip.objects.filter(passenger=account, city=city).exclude(destination_name="").order_by("-pk")[:20]
    for trip in rows:
        yield trip.destination_name, trip.destination
        yield trip.origin_name, trip.origin


def _recent(account: "Account", city: City, own: list[OwnPlace], limit: int) -> list[PlaceFound]:
    known, found = [row.point for row in own], list[PlaceFound]()
    for names, point in _ends_of_trips(account, city):
        if all(distance(each, point) > NEAR for each in known):
            known.append(point)
            found.append(PlaceFound(names, "recent", *point))
    return found[:limit]


def _shown(row: OwnPlace) -> PlaceFound:
    title = row.called or str(OwnPlaceKind(row.kind).label)
    return PlaceFound(row.names, row.kind, *row.point, title=title, code=row.code)


def _kept(rows: list[OwnPlace]) -> list[PlaceFound]:
    return [_shown(row) for row in rows if row.kind != OwnPlaceKind.HIDDEN]


def own_places(account: "Account", city: City) -> list[PlaceFound]:
    """Home, work and what else the account keeps in a city, in this order. Nobody else's page may ask for them."""
    return _kept(_own_rows(account, city))


def suggested_places(account: "Account", city: City) -> list[PlaceFound]:
    """What is offered before anything is typed: own places, then recent ones."""
    own = _own_rows(account, city)
    return [*_kept(own), *_recent(account, city, own, RECENT)]


def hidden_places(account: "Account", city: City) -> list[PlaceFound]:
    """What the account wished to see no more, where a trip would bring it back: whoever holds the phone reads no more
    here than among the trips."""
    rows = [row for row in _own_rows(account, city) if row.kind == OwnPlaceKind.HIDDEN]
    ends = [point for _names, point in _ends_of_trips(account, city)] if rows else []
    return [_shown(row) for row in rows if any(distance(row.point, point) <= NEAR for point in ends)]


def own_places_called(account: "Account", city: City, words: str) -> list[PlaceFound]:
    """Own places whose name begins with what is being typed, in either language where the name is ours; exact ones first."""
    wanted = _plain(words)
    if not wanted:
        return []
    found = []
    for each in own_places(account, city):
        keys = tuple(key for key in _keys(*_WORDS.get(each.kind, (each.title, ""))) if key)
        if any(key.startswith(wanted) for key in keys):
            found.append(replace(each, is_exact=wanted in keys[:2]))
    return sorted(found, key=lambda each: not each.is_exact)
