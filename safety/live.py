"""The async lane of safety: the console's live stream. The ORM is touched only in threads.

One reader per process waits for Valkey's wake-up, at most a second, asks the database what changed and fans out to
its browsers. With Valkey down it simply asks each second.
"""

import json

from starlette.requests import Request
from starlette.responses import Response

from core import lane, live, timeline
from core.access import staff_of_session
from safety import selectors


@lane.in_thread
def _console_state() -> str:
    changed, live_now, open_now = selectors.console_version()
    lines, marks = timeline.newest_of_cases(), live.marks()
    version = f"{changed}|{live_now}|{open_now}"
    return json.dumps(
        {
            "version": version,
            "live": live_now,
            "open": open_now,
            "marks": marks,
            # Pages of cases look again when theirs is among those that changed last.
            "cases": lines[0][0] if lines else 0,
            "touched": sorted({case for _key, case in lines}),
        }
    )


hub = lane.Hub(live.CHANNEL, _console_state)


@lane.in_thread
def _may_listen(session_key: str) -> bool:
    return staff_of_session(session_key) is not None


async def console_stream(request: Request) -> Response:
    """`GET /live/console/`: server-sent events, each with the console's version and counts."""
    if not await _may_listen(request.cookies.get("sessionid", "")):
        return Response(status_code=403)
    return lane.stream(hub, "console", ping=10)
