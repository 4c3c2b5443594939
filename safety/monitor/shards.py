"""The shards of the position streams among several monitors: leases, and what is remembered under their guard.

A monitor reads and writes a shard only while it holds the shard's lease; each write asks for the lease in the same step
of Valkey. What is remembered of a trip, what was found and not acted on yet, and the acknowledgement of the positions
that both come from are one such step. So whoever takes a shard over goes on where the last one was.
"""

import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import redis
import structlog

from rides.positions import all_streams

log = structlog.get_logger()
GROUP = "monitor"
MONITORS = "monitor:alive"
WANTING = "monitor:wanting"
LEASE_SECONDS = 5  # what a killed monitor delays at most
LEASE_MS = LEASE_SECONDS * 1000
LEASE_EVERY = 1.0
# A loop that has not moved for so long hangs for good: its shards are better off with somebody else.
HUNG_SECONDS = 60.0
CONSUMER_SILENT_MS = 600_000  # whoever read nothing for ten minutes is gone, or can come back as somebody new
# A shard that nobody took for so long is nobody's part, whoever says that he lives.
FREE_SECONDS = 2.0 * LEASE_SECONDS
AT_ONCE = 5000  # trips in one step of Valkey, which serves nobody else meanwhile

# KEYS: alive, wanting, leases. ARGV: name, seconds, milliseconds, 1 where it has less than its part. All by Valkey's own
# clock, because machines' clocks differ; what lies ahead of it comes from before it stepped back. Returns how many
# monitors live, how many others have less than their part, and the numbers of leases that are free.
BEAT = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZADD', KEYS[1], now, ARGV[1])
if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], now, ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
for i = 1, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], now + ARGV[2], '+inf')
end
local free = {}
for i = 3, #KEYS do
  local left = redis.call('PTTL', KEYS[i])
  if left == -2 then free[#free + 1] = i - 3 end
  if left > tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end
return {redis.call('ZCARD', KEYS[1]), redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4]), free}
"""
# KEYS: lease. ARGV: name, milliseconds. Renews the lease, or lets it end soon, where it is ours.
RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
# KEYS: lease, stream, memory, found. ARGV: name, group, then four lists, each after its length: (trip, bytes, …)
# remembered, (key, bytes, …) found and not acted on, keys acted on, entries finished.
SETTLE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local at = 3
local function each(step, act)
  local last = at + tonumber(ARGV[at])
  for i = at + 1, last, step do act(i) end
  at = last + 1
end
each(2, function(i) redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end)
each(2, function(i) redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end)
each(1, function(i) redis.call('HDEL', KEYS[4], ARGV[i]) end)
each(1, function(i) redis.call('XACK', KEYS[2], ARGV[2], ARGV[i]) end)
return 1
"""
# KEYS: lease, memory. ARGV: name, trips.
FORGET = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
return 1
"""
# KEYS: lease, stream. ARGV: name, group, milliseconds. Cuts the stream before the oldest entry that some group has not
# finished. Each start of a monitor leaves a consumer in the group: one that has been silent for so long and has nothing
# unfinished goes. A monitor that lives and reads again gets a new one of its name.
TRIM = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[2], ARGV[2])) do
  local known = {}
  for i = 1, #consumer, 2 do known[consumer[i]] = consumer[i + 1] end
  local silent = tonumber(known['idle']) > tonumber(ARGV[3])
  if silent and tonumber(known['pending']) == 0 and known['name'] ~= ARGV[1] then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[2], ARGV[2], known['name'])
  end
end
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local ms, seq
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
  local known = {}
  for i = 1, #group, 2 do known[group[i]] = group[i + 1] end
  local a, b
  if tonumber(known['pending']) > 0 then
    a, b = parts(redis.call('XPENDING', KEYS[2], known['name'])[2])
  else
    a, b = parts(known['last-delivered-id'])
    b = b + 1
  end
  if not ms or a < ms or (a == ms and b < seq) then ms, seq = a, b end
end
if not ms then return 0 end
return redis.call('XTRIM', KEYS[2], 'MINID', '=', string.format('%.0f-%.0f', ms, seq))
"""


def lease_of(stream: str) -> str:
    """The key of a shard's lease; its value is the name of who holds it."""
    return f"monitor:lease:{stream}"


def memory_of(stream: str) -> str:
    """The hash of what is remembered of a shard's trips, by code."""
    return f"monitor:memory:{stream}"


def found_of(stream: str) -> str:
    """The hash of what was found on a shard and not acted on yet, by key."""
    return f"monitor:found:{stream}"


class Shards:
    """The part of the shards that one monitor holds. The loop's thread uses it; `kept_alive` adds a thread."""

    def __init__(self, client: "redis.Redis", name: str) -> None:
        self.redis = client
        self.name = name
        self.owned: set[str] = set()
        self.leased = 0.0
        self._pulse = time.monotonic()
        self._wanting = False
        self._free: dict[str, float] = {}  # since when a shard is seen without a lease
        self._say = client.register_script(BEAT)
        self._renew = client.register_script(RENEW)
        self._settle = client.register_script(SETTLE)
        self._forget = client.register_script(FORGET)
        self._trim = client.register_script(TRIM)

    def let_go(self) -> None:
        """Hold nothing from now on; the leases end by themselves."""
        self.owned = set()
        self.leased = 0.0

    def share(self) -> set[str]:
        """Renew the leases on the shards that are this monitor's part, take free ones, give back what is too much.

        Does something once a second. Returns the shards that are newly ours: also one that was lost and is taken again
        within this call.
        """
        self.pulse()
        now = time.monotonic()
        if now - self.leased < LEASE_EVERY and self.owned:
            return set()
        self.leased = now
        alive, wanting, free = self._beat()
        self._free = {stream: self._free.get(stream, now) for stream in free}
        part = -(-len(all_streams()) // alive)
        kept = [stream for stream in sorted(self.owned) if self._renew_one(stream)]
        # Only what somebody lacks is given back: it would be nobody's otherwise.
        too_much = kept[part:] if wanting else []
        for stream in too_much:
            self._renew([lease_of(stream)], [self.name, 1])
        owned = set(kept).difference(too_much)
        for stream in all_streams():
            wanted = len(owned) < part or now - self._free.get(stream, now) > FREE_SECONDS
            if wanted and stream not in kept and self._take(stream):
                owned.add(stream)
        self.owned = owned
        if self._wanting != (len(owned) < part):
            self._wanting = len(owned) < part
            self._beat()
        return owned.difference(kept)

    def pulse(self) -> None:
        """The loop moves."""
        self._pulse = time.monotonic()

    def hold(self) -> None:
        """Renew the leases in the midst of a long turn, once a second; `share` looks later what came of it."""
        self.pulse()
        if time.monotonic() - self.leased >= LEASE_EVERY:
            for stream in list(self.owned):
                self._renew_one(stream)

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the leases each second whatever a turn takes, for as long as the loop moves at all."""
        ended = threading.Event()
        thread = threading.Thread(target=self._keep_alive, args=(ended,), name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _keep_alive(self, ended: threading.Event) -> None:
        while not ended.wait(LEASE_EVERY):
            still = time.monotonic() - self._pulse
            if still > HUNG_SECONDS:
                log.error("monitor.hangs", seconds=round(still))
                continue
            try:
                self._beat()
                for stream in list(self.owned):
                    self._renew_one(stream)
            except redis.RedisError as why:
                log.warning("monitor.leases", why=type(why).__name__)

    def _beat(self) -> tuple[int, int, list[str]]:
        """Say that this monitor lives, and whether it has less than its part.

        Returns how many live, how many others have less than their part, and the shards that nobody holds.
        """
        streams = all_streams()
        keys = [MONITORS, WANTING, *map(lease_of, streams)]
        alive, wanting, free = self._say(keys, [self.name, LEASE_SECONDS, LEASE_MS, int(self._wanting)])
        return max(int(alive), 1), int(wanting), [streams[int(number)] for number in free]

    def _take(self, stream: str) -> bool:
        """Take a lease that is free, or that is still ours from before something was down."""
        free = self.redis.set(lease_of(stream), self.name, nx=True, px=LEASE_MS)
        return bool(free) or self._renew_one(stream)

    def _renew_one(self, stream: str) -> bool:
        return bool(self._renew([lease_of(stream)], [self.name, LEASE_MS]))

    # --- what is kept under a lease ---

    def settle(
        self,
        stream: str,
        *,
        remembered: Mapping[str, bytes],
        found: Mapping[str, bytes],
        acted: Collection[str],
        entries: Collection[bytes],
    ) -> bool:
        """Save and acknowledge in one step; False where the lease is not ours any more, and nothing was done."""
        trips = list(remembered.items())
        first, rest = trips[:AT_ONCE], trips[AT_ONCE:]
        # A trip's memory says that something was found, so what was found goes first; positions that are read again
        # change nothing, so they go last.
        steps: list[tuple[list[tuple[str, bytes]], Mapping[str, bytes], Collection[str], Collection[bytes]]]
        if rest:
            parts = [trips[start : start + AT_ONCE] for start in range(0, len(trips), AT_ONCE)]
            steps = [([], found, acted, []), *((part, {}, (), ()) for part in parts), ([], {}, (), entries)]
        else:
            steps = [(first, found, acted, entries)]
        for memory, new, old, finished in steps:
            lists = (_flat(memory), _flat(new.items()), list(old), list(finished))
            arguments = [part for each in lists for part in (len(each), *each)]
            keys = [lease_of(stream), stream, memory_of(stream), found_of(stream)]
            if not self._settle(keys, [self.name, GROUP, *arguments]):
                return False
        return True

    def remembered(self, stream: str, codes: list[str]) -> dict[str, bytes]:
        """What is remembered of these trips; those of which nothing is are left out."""
        values = self.redis.hmget(memory_of(stream), codes) if codes else []
        return {code: value for code, value in zip(codes, values, strict=True) if isinstance(value, bytes)}

    def found(self, stream: str) -> dict[str, bytes]:
        """What was found on a shard and not acted on yet."""
        rows = cast(dict[bytes, bytes], self.redis.hgetall(found_of(stream)))
        return {key.decode(): value for key, value in rows.items()}

    def forget(self, stream: str, codes: Iterable[str]) -> None:
        """What is remembered of these trips is needed no more."""
        gone = list(codes)
        for start in range(0, len(gone), AT_ONCE):
            self._forget([lease_of(stream), memory_of(stream)], [self.name, *gone[start : start + AT_ONCE]])

    def forget_all_but(self, stream: str, live: Collection[str]) -> int:
        """Drop what is remembered of trips that ended while nobody watched; how many there were."""
        rows = self.redis.hscan_iter(memory_of(stream), count=1000, no_values=True)
        gone = [code for code in (row.decode() for row in rows) if code not in live]
        self.forget(stream, gone)
        return len(gone)

    def trim(self, stream: str) -> int:
        """Cut off what every group has finished; how many entries that were."""
        return int(self._trim([lease_of(stream), stream], [self.name, GROUP, CONSUMER_SILENT_MS]))


def _flat(pairs: Iterable[tuple[str, bytes]]) -> list[str | bytes]:
    return [part for pair in pairs for part in pair]
