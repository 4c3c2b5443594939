"""What the monitor cannot take is set aside here: kept as it came, with its reason, until a person has looked at it.

An entry that cannot be read, a batch that cannot be stored, a trip that cannot be watched, a finding that cannot be
acted on: each is a row of `FailedWork`, and everything beside it goes on. `again` of its kind feeds it back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec
import redis
import structlog
from django.conf import settings
from django.db import DataError, Error, IntegrityError, connection
from django.db.utils import InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _
from redis.typing import EncodableT, FieldT

from core import broker, retry
from rides import selectors
from rides.positions import READABLE, Row, read_stored, rows_from
from safety.errors import NothingAside, StillUnreadable, StillUnwatchable

log = structlog.get_logger()
T = TypeVar("T")
ASIDE = "positions:aside"
ASIDE_LENGTH = 10_000  # entries; the oldest fall off
ROWS_AT_ONCE = 20  # rows of their own in one turn; what is more shares one
PAGE = 1000

Fields = Mapping[bytes, bytes] | Mapping[FieldT, EncodableT]

# KEYS: aside, stream. ARGV: entry of the first, then fields and values of the entry that goes to the second.
PUT_BACK = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
"""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[bytes, bytes]).decode


def database_away(why: Exception) -> bool:
    """True where an error means that nothing can be written now."""
    return isinstance(why, (InterfaceError, OperationalError)) and not (
        connection.connection is not None and connection.is_usable()
    )


def the_platforms_own(why: Exception) -> bool:
    """True for trouble of the database or Valkey as such: no row's fault, so it is waited for.

    A row's own are values that the database refuses, what is too large or too deep for it (SQLSTATE class 54), and
    errors of Python. All else a good row meets as well: a column that is missing, a right that was not granted, a
    database that is read-only.
    """
    if isinstance(why, Error):
        too_large = str(getattr(why.__cause__, "sqlstate", None) or "").startswith("54")
        return not (too_large or isinstance(why, (DataError, IntegrityError)))
    return isinstance(why, redis.RedisError)


def apart(
    items: Sequence[T], act: Callable[[Sequence[T]], object], refuse: Callable[[T, Exception], object]
) -> list[T]:
    """Do `act` for all items at once; where it raises, for its halves, until the guilty ones are found.

    Those go to `refuse`; returns the others. What is the platform's own trouble is raised.
    """
    if not items:
        return []
    try:
        act(items)
    except Exception as why:
        if the_platforms_own(why):
            raise
        if len(items) == 1:
            refuse(items[0], why)
            return []
        half = len(items) // 2
        return apart(items[:half], act, refuse) + apart(items[half:], act, refuse)
    return list(items)


class Quarantine:
    """Where one monitor sets positions aside."""

    def __init__(self, client: "redis.Redis") -> None:
        self.redis = client
        self._keys: set[str] = set()

    def begin_turn(self) -> None:
        """Rows of their own are counted by turns: a flood of bad entries makes no flood of rows."""
        self._keys.clear()

    def set_aside(self, stream: str, where: str, why: "Exception | str", fields: Fields) -> None:
        """Keep an entry that cannot be taken, with its reason. `where` names it on its stream, also when it is read again.

        After this it may be acknowledged.
        """
        where = where.replace("\0", "")
        key = f"{stream}/{where}"
        if key not in self._keys and len(self._keys) >= ROWS_AT_ONCE:
            key = f"{stream}/more"
        known = key in self._keys
        self._keys.add(key)
        reason = why if isinstance(why, str) else f"{type(why).__name__}: {why}"
        log.error("monitor.set_aside", stream=stream, where=where, why=reason)
        kept: dict[FieldT, EncodableT] = {
            b"k": key.encode(errors="replace"),
            b"s": stream.encode(),
            b"w": reason.encode(errors="replace")[:300],
            b"f": _pack(fields),
        }
        self.redis.xadd(ASIDE, kept, maxlen=ASIDE_LENGTH, approximate=True)
        if not known:  # once in a turn: a flood must not take longer than a lease
            retry.failed(ENTRIES, key, reason, needs_person=True)

    def feed_back_known(self) -> None:
        """Entries of a version that nobody knew are read once this release knows it.

        What cannot be fed back stays aside: it is no reason not to read positions.
        """
        known = {b"version " + version for version in READABLE}
        fed: set[str] = set()
        left: set[str] = set()
        for key, (entry_id, row) in _aside(self.redis):
            if row.get(b"w") not in known:
                left.add(key)
                continue
            try:
                fields = _unpack(row[b"f"])
                bad = read_stored(fields)[1]
                if bad:
                    raise StillUnreadable(why=bad[0].why)
                _put_back(self.redis, entry_id, row[b"s"], fields)
                fed.add(key)
            except Exception as why:
                if the_platforms_own(why):
                    raise
                log.exception("monitor.not_fed_back", key=key)
                left.add(key)
        for key in sorted(fed - left):
            retry.done(ENTRIES, key)


def feed_back(key: str) -> int:
    """Put what was set aside under this key on its stream again; how many entries that were.

    The monitor reads them as any other; what it cannot take this time either is set aside anew. Raises `NothingAside`;
    `StillUnreadable` where some cannot be read: those stay aside, the others are fed back all the same.
    """
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=5) as client:
        found = [(entry_id, row) for each, (entry_id, row) in _aside(client) if each == key]
        if not found:
            raise NothingAside
        good, unread = [], []
        for entry_id, row in found:
            try:
                fields = _unpack(row[b"f"])
                bad = read_stored(fields)[1]
            except Exception as why:  # what was kept of it is no entry at all
                unread.append(f"{type(why).__name__}: {why}")
                continue
            if bad:
                unread.append(bad[0].why)
            else:
                good.append((entry_id, row[b"s"], fields))
        if not unread:
            retry.done(ENTRIES, key)
        for entry_id, stream, fields in good:
            _put_back(client, entry_id, stream, fields)
    if unread:
        raise StillUnreadable(why=unread[0])
    return len(good)


def _put_back(client: "redis.Redis", entry_id: bytes, stream: bytes, fields: dict[bytes, bytes]) -> None:
    """Put an entry on its stream again, once: monitors of one deploy start together."""
    pairs = [part for pair in fields.items() for part in pair]
    client.eval(PUT_BACK, 2, ASIDE, stream, entry_id, *pairs)


def set_aside_count() -> float:
    """Entries that are set aside; not a number while Valkey does not answer."""
    return broker.ask(lambda client: float(client.xlen(ASIDE)), float("nan"))


def _aside(client: "redis.Redis") -> Iterator[tuple[str, Row]]:
    """All that is set aside, by key."""
    after = b"-"
    while True:
        rows = rows_from(client, ASIDE, after, count=PAGE)
        for entry_id, row in rows:
            yield row.get(b"k", b"").decode(errors="replace"), (entry_id, row)
        if len(rows) < PAGE:
            return
        after = b"(" + rows[-1][0]


def _act_again(key: str) -> None:
    from safety.monitor.findings import act_again  # brings the compiler with it

    act_again(key)


def _watch_again(code: str) -> None:
    """See whether a trip that could not be watched can be now: the monitor takes it up when its row is changed.

    Raises `StillUnwatchable`.
    """
    from safety.monitor.memory import WatchTable, limits_in_force  # likewise

    marks = [mark for mark in selectors.marks_of([code]) if mark.watched]
    trips, bad = selectors.read_watched([mark.pk for mark in marks], selectors.surroundings())
    wrong = [each.why for each in bad]
    wrong += WatchTable(limits_in_force()).put(trips, {}).values()
    if wrong:
        raise StillUnwatchable(why=f"{type(wrong[0]).__name__}: {wrong[0]}")


# Declared here, where no compiler is needed: pages and workers name them and try them again.
ENTRIES = retry.declare(
    "safety.monitor_entry", _("positions that the monitor could not take"), again=feed_back
)
TRIPS = retry.declare(
    "safety.monitor_trip", _("a trip that the monitor cannot watch as it is"), again=_watch_again
)
FINDINGS = retry.declare(
    "safety.monitor_finding",
    _("something the monitor found and could not raise"),
    law=retry.Law(ceiling=timedelta(minutes=1), patience=timedelta(minutes=1), gives_up=False),
    again=_act_again,
)
LAG = retry.declare("safety.monitor_lag", _("the monitor reads positions late"))
CLOSED = retry.declare("safety.monitor_closed", _("the platform took no positions from phones"))
RULES = retry.declare("safety.monitor_rules", _("the monitor's rules raise an error"))
