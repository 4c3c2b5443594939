"""The time of an authority (RFC 3161), over HTTP: for the seal on releases to the police and for checkpoints of the journal."""

import asyncio

from asn1crypto import cms, tsp
from django.conf import settings
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from core import outside
from core.errors import DomainError

WITHIN = 1.0  # seconds for the time authority: a signed PDF is there in three
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class NotStamped(Exception):
    """The time authority gave no time stamp: it is asked again later."""


class Authority(TimeStamper):
    """The time authority of the settings, or one at another address, asked so many seconds."""

    def __init__(self, address: str = "", within: float = 0.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of pyHanko
        self.address, self.within = address or settings.TIME_URL, within or WITHIN

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """The time stamp. Raises `TimestampRequestError`, also for an answer to another question, or without a token."""
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except (ValueError, TypeError, KeyError, AttributeError) as why:
            raise TimestampRequestError("no time stamp of ours") from why

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        try:
            found = outside.exchange(
                "time", self.address, req.dump(), sends=QUERY, takes=REPLY, within=self.within
            )
            return tsp.TimeStampResp.load(found, strict=True)
        except (DomainError, ValueError) as why:
            raise TimestampRequestError("no time stamp") from why


def token(digest: bytes) -> bytes:
    """The time stamp over a SHA-256 digest, DER. Raises `NotStamped`."""
    try:
        return bytes(asyncio.run(Authority().async_timestamp(digest, "sha256")).dump())
    except TimestampRequestError as why:
        raise NotStamped from why
