"""The async lane of rides: positions. No ORM here."""

from django.http import HttpRequest
from django.utils.translation import get_language_from_request, override
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import PROBLEM_TYPE, DomainError
from rides.errors import BatchTooLarge
from rides.positions import append, read_batch
from rides.tokens import read_key

BODY_LIMIT = 256 * 1024


async def take_positions(request: Request) -> Response:
    """`POST /live/positions/` with `Authorization: Bearer KEY`; 202 means that the stream has them."""
    try:
        key = read_key(request.headers.get("authorization", "").removeprefix("Bearer "))
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT:
                raise BatchTooLarge
        batch = read_batch(body, key)
        await append(batch, key.city)
    except DomainError as error:
        with override(_language(request)):
            return JSONResponse(error.problem(), status_code=error.status, media_type=PROBLEM_TYPE)
    return JSONResponse({"accepted": len(batch.pings)}, status_code=202)


def _language(request: Request) -> str:
    """The reader's language, found as Django's pages find it."""
    asked = HttpRequest()
    asked.COOKIES = dict(request.cookies)
    asked.META["HTTP_ACCEPT_LANGUAGE"] = request.headers.get("accept-language", "")
    return get_language_from_request(asked)
