"""The console's live stream, in the async lane. The ORM is touched only in threads.

One reader per process waits for Valkey's wake-up, at most a second, asks the database what changed and fans out to
its browsers. With Valkey down it simply asks each second.
"""

import json
from functools import partial

from django.conf import settings
from starlette.requests import Request
from starlette.responses import Response

from core import lane, live
from core.access import staff_of_session
from core.console.changes import Changes
from core.errors import Forbidden

FOLLOWED = 60  # names that one page may follow
changes = Changes()
_looks = lane.Counted(changes.look)
hub = lane.Hub(live.CHANNEL, lane.in_thread(_looks), clock=lambda: _looks.seconds)


@lane.in_thread
def _may_listen(session_key: str) -> bool:
    return staff_of_session(session_key) is not None


async def console_stream(request: Request) -> Response:
    """`GET /live/console/?follow=NAME…`: server-sent events, each one JSON object.

    `marks` has the number of each mark that is asked (`core.live.mark`), `changed` when each followed name changed
    last, in milliseconds since 1970: the code of a case, trip or person, or `mark:` and a mark that panels follow.
    """
    session = request.cookies.get(settings.SESSION_COOKIE_NAME, "")
    if not await _may_listen(session):
        return lane.refusal(request, Forbidden())
    names = request.query_params.getlist("follow")[:FOLLOWED]

    def said() -> str:
        return json.dumps({"marks": changes.marks, "changed": changes.of(names)})

    return lane.stream(hub, "console", ping=10, said=said, door=lane.Door(partial(_may_listen, session)))
