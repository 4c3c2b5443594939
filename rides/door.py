"""Whether phones can reach us. The lane that takes positions says each second that it is open, also when nobody posts.

It says so into Valkey, by Valkey's own clock: whatever keeps positions out (no lane, a machine that was off, no Valkey)
keeps these signs out as well. A time without one is a gap, written down by whoever opens again. A phone that was silent
in it was not.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis.asyncio
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger()
OPENED = "positions:open"  # when the door was open last: Unix seconds of Valkey's clock
GAPS = "positions:gaps"  # "began over" in Unix seconds, by the second of them
EVERY = 1.0
GAP = 5.0  # seconds; a shorter time without a sign is a busy machine
KEPT = 24 * 3600.0
MOST = 200

Gap = tuple[float, float]

# KEYS: opened, gaps. ARGV: seconds since this process said so last, -1 where it never did; the shortest gap; how long
# gaps are kept, and how many. Its own steady clock tells a gap from a step of Valkey's clock.
SAY = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local last = tonumber(redis.call('GET', KEYS[1]))
local own = tonumber(ARGV[1])
local began = last
if own >= 0 then
  began = now - own
  if last and last > began then began = last end
end
if began and now - began > tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[2], now, string.format('%.3f %.3f', began, now))
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[4])
end
redis.call('SET', KEYS[1], string.format('%.3f', now))
return now
"""


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of the door. Times are Unix seconds of Valkey's clock.

    `opened` is when it was open last; None where no lane ever said so. `gaps` are the times in which it was closed.
    """

    now: float
    opened: float | None
    gaps: dict[bytes, Gap]

    @property
    def closed_since(self) -> float | None:
        """Since when it is closed; None where it is open, and where nothing is known."""
        if self.opened is None or self.now - self.opened <= GAP:
            return None
        return self.opened


class Sign:
    """What one process of the lane says."""

    def __init__(self, client: "redis.asyncio.Redis") -> None:
        self.redis = client
        self.said: float | None = None

    async def say(self) -> None:
        """The door is open now; where it was not for a while, that is written down. Raises what Valkey's client does."""
        own = -1.0 if self.said is None else time.monotonic() - self.said
        arguments = [repr(own), repr(GAP), repr(KEPT), repr(MOST)]
        await self.redis.eval(SAY, 2, OPENED, GAPS, *arguments)
        self.said = time.monotonic()


@asynccontextmanager
async def kept_open(
    client: Callable[[], "redis.asyncio.Redis"], then: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Say each second that the door is open, for as long as this lasts, and do `then` whenever that was heard."""
    task = asyncio.create_task(_say_on(Sign(client()), then))
    try:
        yield
    finally:
        # A cancellation that meets a call about to time out is taken for its time-out, and it goes on: once more then.
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=1.0)
        if not task.cancelled() and (why := task.exception()):
            log.warning("door.ended", why=type(why).__name__)


async def _say_on(sign: Sign, then: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await sign.say()
            await then()
        except (RedisError, OSError) as why:
            log.warning("door.not_said", why=type(why).__name__)
        await asyncio.sleep(EVERY)


def gap_of(seconds: float) -> "tuple[str, float]":
    """A gap that ends now, as a member of `GAPS` and its score: phones were refused for so long."""
    now = time.time()
    return f"{now - seconds:.3f} {now:.3f}", now


def look(client: "redis.Redis") -> Door:
    """What is known of the door now. Raises what Valkey's client does."""
    with client.pipeline(transaction=True) as pipe:
        pipe.time()
        pipe.get(OPENED)
        pipe.zrange(GAPS, 0, -1)
        (seconds, micro), opened, members = pipe.execute()
    gaps = {member: _read(member) for member in members}
    return Door(seconds + micro / 1e6, float(opened) if opened else None, gaps)


def _read(member: bytes) -> Gap:
    began, over = member.split()
    return float(began), float(over)
