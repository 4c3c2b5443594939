"""What the monitor found and what is done about it: a signal, a meeting, a boarding.

A finding that its service refuses is tried again by the retry law; no life-safety finding is given up.
"""

import msgspec
import redis
from django.conf import settings

from rides import services
from rides.selectors import trip_by_code
from safety.errors import NothingAside
from safety.monitor import memory
from safety.monitor.memory import Detection
from safety.monitor.shards import found_of
from safety.services import report_finding

VERSION = 1
_pack = msgspec.msgpack.Encoder(enc_hook=lambda number: number.item()).encode  # numpy's numbers as Python's
_unpack = msgspec.msgpack.Decoder(tuple[int, str, Detection]).decode


def key_of(code: str, seen: Detection) -> str:
    """What makes a finding the same one when it is found again."""
    return f"{code}/{seen.rule}/{seen.detail}"


def pack(code: str, seen: Detection) -> bytes:
    """A finding that is not acted on yet, for whoever takes over."""
    return _pack((VERSION, code, seen))


def unpack(packed: bytes) -> tuple[str, Detection]:
    """Raises `ValueError` for one of another release."""
    version, code, seen = _unpack(packed)
    if version != VERSION:
        raise ValueError(f"version {version}")
    return code, seen


def act_on(code: str, seen: Detection) -> None:
    """Do what follows from a finding. Doing it again changes nothing. Raises what the services raise."""
    if seen.kind is not None:
        report_finding(
            trip_code=code,
            kind=seen.kind,
            detail=seen.detail,
            facts=seen.facts,
            position=seen.position,
        )
        return
    here = seen.position or trip_by_code(code).destination
    match seen.rule:
        case memory.MEETING:
            services.record_meeting(trip_code=code, position=here)
        case memory.TOGETHER:
            services.presume_boarded(trip_code=code, position=here)
        case _:
            raise ValueError(f"nothing is known to follow from {seen.rule}")


def act_again(key: str) -> None:
    """Act on a finding now that failed before, by the key of its row. Raises `NothingAside`, and what services raise."""
    stream, _slash, name = key.partition("/")
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=5) as client:
        packed = client.hget(found_of(stream), name)
        if packed is None:
            raise NothingAside
        act_on(*unpack(packed))
        client.hdel(found_of(stream), name)
