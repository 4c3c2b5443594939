"""How often somebody may do something: every limit of the platform, counted here and nowhere else.

An app declares its limits beside its other rules; each is a policy, so that a version changes its numbers. What is
counted is a number of times within a span that begins with the first of them: of one person, one device, one address,
one target (a phone, a name, a case), one of these about one target, or of all together. Several bounds of one limit
count together or not at all: what one of them refuses takes no turn of the others.

Two kinds. A `Limit` refuses what comes beyond it. A `Mark` refuses nothing: what may save somebody is taken all the
same, and says of itself that it came beyond. `take` does not take a `Mark`.

Who shares an address (a carrier, a proxy, a family) shares its bound, which is therefore wide. Whoever a target belongs
to (`Asker.known`) is counted apart from everybody else, so that no stranger uses up what is theirs. A phone that keeps
no cookie has no device, and is bound by the others alone. Tries at one secret are counted in that secret's own row.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from core import broker, clock, policy
from core.errors import DomainError, TooMany
from core.privacy import blind_index

if TYPE_CHECKING:
    import redis

log = structlog.get_logger()
DEVICE_COOKIE = "device"
MOST, LONGEST = 10_000_000, 7 * 86_400


class Per(TextChoices):
    """Of whom a bound counts."""

    PERSON = "person", pgettext_lazy("limit", "of one person")
    DEVICE = "device", pgettext_lazy("limit", "of one device")
    ADDRESS = "address", pgettext_lazy("limit", "of one address")
    TARGET = "target", pgettext_lazy("limit", "about one phone, name or case")
    PAIR = "pair", pgettext_lazy("limit", "of one person or address about one target")
    ALL = "all", pgettext_lazy("limit", "of all together")


WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as that is known. `device` is what a cookie says: anybody can make one up, nobody can guess one.

    `known`: the target is this asker's own, because they were signed in to it on this device before. A service says so
    of the target that it knows; nobody is known in general.
    """

    address: str = ""
    device: str = ""
    person: str = ""
    known: bool = False

    def owner_if(self, known: bool) -> "Asker":
        """The same, and whether the target is theirs."""
        return replace(self, known=known)


NOBODY = Asker()


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Says of what comes beyond that it did, and refuses nothing."""

    policy: policy.Policy[dict[str, int]]
    per: tuple[Per, ...]
    # Counted in this process alone, so that no store says who asked, and when.
    here: bool = False

    def __str__(self) -> str:
        return self.policy.key


@dataclass(frozen=True, slots=True, eq=False)
class Limit(Mark):
    """Refuses what comes beyond, with its own error."""

    error: type[DomainError] = TooMany


_declared: dict[str, Mark] = {}


def declare(
    key: str,
    bounds: Mapping[Per, int],
    *,
    within: int,
    name: str | Promise,
    about: str | Promise,
    error: type[DomainError] = TooMany,
    here: bool = False,
) -> Limit:
    """Declare a limit at import time: so many times within so many seconds. `name` and `about` as of any policy.

    What is counted `here` is counted by each process by itself and kept nowhere: for what nobody may learn of.
    """
    limit = Limit(_policy(key, bounds, within, name, about), tuple(bounds), here, error)
    _declared[key] = limit
    return limit


def mark(
    key: str, bounds: Mapping[Per, int], *, within: int, name: str | Promise, about: str | Promise
) -> Mark:
    """Declare a mark, for what is never refused."""
    found = _declared[key] = Mark(_policy(key, bounds, within, name, about), tuple(bounds))
    return found


def declared() -> dict[str, Mark]:
    """All limits and marks, by key."""
    return dict(_declared)


def _policy(
    key: str, bounds: Mapping[Per, int], within: int, name: str | Promise, about: str | Promise
) -> policy.Policy[dict[str, int]]:
    return policy.declare(key, kind_of(bounds), dict(bounds) | {WITHIN: within}, name=name, about=about)


def kind_of(bounds: Iterable[Per]) -> policy.Table[int]:
    """How many of each bound, and within how many seconds."""
    kinds: dict[str, policy.Kind[int]] = dict.fromkeys(bounds, policy.Whole(1, MOST))
    labels: dict[str, str | Promise] = {per.value: per.label for per in bounds}
    return policy.Table(
        kinds | {WITHIN: policy.Span(1, LONGEST)}, labels | {WITHIN: pgettext_lazy("limit", "within")}
    )


# --- Who asks ------------------------------------------------------------------------------------


def address_of(request: Any) -> str:
    """Where a request comes from, behind as many proxies of ours as `HUHANG_PROXIES` says.

    Each of them writes at the end of `X-Forwarded-For` whom it was asked by. What stands before that was written by the
    asker, and counts for nothing.
    """
    nearest = str(request.META.get("REMOTE_ADDR", "")) or "unknown"
    passed = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    if not 0 < settings.PROXIES <= len(passed):
        return nearest
    written = passed[-settings.PROXIES].strip()
    return written if _is_address(written) else nearest


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def network_of(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or the 64 bits before their own of an IPv6 one (RFC 6177)."""
    if not _is_address(address):
        return address
    whole = ip_address(address)
    if whole.version == 6 and whole.ipv4_mapped:
        return str(whole.ipv4_mapped)
    return str(whole) if whole.version == 4 else whole.exploded[:19]


def roughly(address: str) -> str:
    """An address without its end: `203.0.113.*`, `2001:db8:1:*`. Empty where it is none."""
    try:
        whole = ip_address(address)
    except ValueError:
        return ""
    if whole.version == 4:
        return f"{whole}".rpartition(".")[0] + ".*"
    return ":".join(f"{int(part, 16):x}" for part in whole.exploded.split(":")[:3]) + ":*"


def device_cookie(request: Any) -> str:
    """The number in the browser's cookie; empty where it has none."""
    found = str(request.COOKIES.get(DEVICE_COOKIE, ""))
    return found if 20 <= len(found) <= 60 else ""


def asker_of(request: Any) -> Asker:
    """Who sent this request."""
    user = getattr(request, "user", None)
    person = str(user.code) if user is not None and user.is_authenticated else ""
    return Asker(address_of(request), device_cookie(request), person)


# --- Counting ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counter:
    key: str
    most: int


@dataclass(frozen=True, slots=True)
class _Full:
    """Which of the counters is full, and for how many milliseconds."""

    index: int
    wait: int


def take(limit: Limit, asker: Asker, *, target: str = "", field: str = "") -> None:
    """Count once. Raises the limit's error, at `field`, where one of its bounds is reached: then nothing is counted."""
    full, per = _ask(limit, asker, target, _TAKE)
    if full is not None:
        log.warning("limits.reached", limit=str(limit), per=per)
        error = limit.error(field)
        error.retry_after = max(1, -(-full.wait // 1_000))
        raise error


def beyond(mark: Mark, asker: Asker, *, target: str = "") -> bool:
    """Count once; True for what comes beyond a bound. It refuses nothing: the caller goes on, with less around it."""
    full, per = _ask(mark, asker, target, _TAKE)
    if full is not None:
        log.info("limits.beyond", limit=str(mark), per=per)
    return full is not None


def give_back(limit: Mark, asker: Asker, *, target: str = "") -> None:
    """Uncount what was counted once: a sign-in that was right after all, a form that was not taken."""
    _ask(limit, asker, target, _GIVE_BACK)


@contextmanager
def turn(
    limit: Limit, asker: Asker, *, target: str = "", field: str = "", danger: bool = False
) -> Iterator[bool]:
    """Count what goes well: whatever raises inside gives its turn back, so that a wrong form uses up nobody's.

    What tells of `danger` is never refused; the value says whether it came beyond. Raises the limit's error otherwise.
    """
    crowd = False
    if danger:
        crowd = beyond(limit, asker, target=target)
    else:
        take(limit, asker, target=target, field=field)
    try:
        yield crowd
    except BaseException:
        if not crowd:
            give_back(limit, asker, target=target)
        raise


def _ask(mark: Mark, asker: Asker, target: str, mode: str) -> tuple[_Full | None, str]:
    bounds = policy.value(mark.policy)
    pers = [(per, who) for per in mark.per if (who := _whom(per, asker, target))]
    if not pers:
        return None, ""
    # The key tells nobody who it was; all of one limit lie on one server of a cluster, so that they count together.
    counters = [
        _Counter(f"limit:{{{mark}}}:{per}:{blind_index(who, purpose='limit')[:24]}", bounds[per])
        for per, who in pers
    ]
    at, within = int(clock.now().timestamp() * 1_000), bounds[WITHIN] * 1_000
    answer = (
        None if mark.here else broker.ask(lambda client: _in_valkey(client, counters, at, within, mode), None)
    )
    if answer is None:
        # Nobody waits for it, and nobody is let through without end: each process counts by itself meanwhile.
        answer = _here.count(counters, at, within, mode)
    index, wait = answer
    return (_Full(index - 1, wait), pers[index - 1][0].value) if index else (None, "")


def _whom(per: Per, asker: Asker, target: str) -> str:
    """By what a bound counts this asker; empty where it does not count them."""
    own = (asker.device or asker.person) if asker.known else ""
    match per:
        case Per.PERSON:
            return asker.person
        case Per.DEVICE:
            return asker.device
        case Per.ADDRESS:
            return own or network_of(asker.address)
        case Per.TARGET:
            return f"{target} {own}" if target and own else target
        case Per.PAIR:
            whoever = own or asker.person or network_of(asker.address)
            return f"{target} {whoever}" if target and whoever else ""
        case Per.ALL:
            return "" if own else "all"


_TAKE, _GIVE_BACK = "take", "give back"
# ARGV: now, span in milliseconds, mode, then how many each key may count. Answers which key is full, from 1 on, and for
# how long; 0 where none is. The time is ours and not the server's, so that a drill's clock counts too.
_SCRIPT = """
local now, within, mode = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local counts = {}
for i, key in ipairs(KEYS) do
  local row = redis.call('HMGET', key, 'count', 'ends')
  local count, ends = tonumber(row[1] or 0), tonumber(row[2] or 0)
  if ends <= now or ends > now + within then count, ends = 0, now + within end
  if mode == 'take' and count >= tonumber(ARGV[3 + i]) then return {i, ends - now} end
  counts[i] = {count, ends}
end
for i, key in ipairs(KEYS) do
  local count, ends = counts[i][1], counts[i][2]
  if mode == 'take' then count = count + 1 else count = math.max(0, count - 1) end
  redis.call('HSET', key, 'count', count, 'ends', ends)
  redis.call('PEXPIRE', key, within)
end
return {0, 0}
"""


def _in_valkey(
    client: "redis.Redis", counters: list[_Counter], at: int, within: int, mode: str
) -> tuple[int, int]:
    keys, most = [each.key for each in counters], [each.most for each in counters]
    index, wait = client.register_script(_SCRIPT)(keys=keys, args=[at, within, mode, *most])
    return int(index), int(wait)


class _Here:
    """The same counts in this process alone, while Valkey does not answer; the oldest make room."""

    ROOM = 50_000

    def __init__(self) -> None:
        self.rows: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self.lock = threading.Lock()

    def count(self, counters: list[_Counter], at: int, within: int, mode: str) -> tuple[int, int]:
        with self.lock:
            found = []
            for index, counter in enumerate(counters, 1):
                count, ends = self.rows.get(counter.key, (0, 0))
                if ends <= at or ends > at + within:
                    count, ends = 0, at + within
                if mode == _TAKE and count >= counter.most:
                    return index, ends - at
                found.append((counter.key, count, ends))
            for key, count, ends in found:
                self.rows[key] = (count + 1 if mode == _TAKE else max(0, count - 1), ends)
                self.rows.move_to_end(key)
            while len(self.rows) > self.ROOM:
                self.rows.popitem(last=False)
        return 0, 0

    def forget(self) -> None:
        with self.lock:
            self.rows.clear()


_here = _Here()


def forget() -> None:
    """Begin anew, as a new process does."""
    _here.forget()
