"""The async lane of rides: positions. No ORM here."""

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
        return JSONResponse(error.problem(), status_code=error.status, media_type=PROBLEM_TYPE)
    return JSONResponse({"accepted": len(batch.pings)}, status_code=202)
