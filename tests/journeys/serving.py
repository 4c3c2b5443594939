"""Pages of the platform in a browser without a stack: Django's test client answers, and what it cannot is kept."""

import json
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route

HOST = "http://localhost:8999"  # a secure context, so that the page may ask for place and sound


@dataclass
class Served:
    """A browser window whose requests this test's own database answers.

    `batches` are the positions that the page sent, `loads` the pages that it loaded whole; while `down`, nothing arrives.
    With `policy` pages come with their content policy, too.
    """

    client: Client
    batches: list[dict[str, Any]] = field(default_factory=list)
    chunks: int = 0
    loads: list[str] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    down: bool = False
    policy: bool = False
    context: Context = field(default_factory=copy_context)

    def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(HOST)
        if self.down:
            route.abort()
        elif path.startswith("/static/"):
            # Of the console's theme, too, which is no file of ours.
            route.fulfill(path=finders.find(path.removeprefix("/static/").partition("?")[0]))
        elif path.startswith("/live/"):
            self._take(route, path)
        else:
            if request.is_navigation_request():
                self.loads.append(path)
            if request.method == "POST":
                self.posted.append(path)
            self._ask(route, path)

    def _take(self, route: Route, path: str) -> None:
        if path == "/live/positions/":
            self.batches.append(json.loads(route.request.post_data or "{}"))
            route.fulfill(status=202, json={"accepted": 1})
        elif path == "/live/audio/":
            self.chunks += 1
            route.fulfill(status=202, json={"kept": 1})
        else:
            route.fulfill(status=204)  # no stream: the page asks by itself

    def _ask(self, route: Route, path: str) -> None:
        request = route.request
        headers = {
            name: value for name, value in request.headers.items() if name.startswith(("hx-", "x-trip-key"))
        }
        # The browser's callbacks run in a context of their own, which would have a connection of its own.
        answer = self.context.copy().run(
            self.client.generic,
            request.method,
            path,
            request.post_data_buffer or b"",
            content_type=request.headers.get("content-type", ""),
            headers={**headers, "accept-language": "en"},
        )
        if answer.has_header("Location"):
            # Where a browser is sent on it would not ask this test again: the page goes there by itself.
            page = f"<script>location.replace({json.dumps(answer.headers['Location'])})</script>"
            route.fulfill(content_type="text/html", body=page)
            return
        headers = {"content-type": answer.headers.get("Content-Type", "")}
        if self.policy:
            headers["content-security-policy"] = answer.headers["Content-Security-Policy"]
        route.fulfill(status=answer.status_code, headers=headers, body=answer.content)


def window(browser: Browser, served: Served, **options: Any) -> Page:
    """A window on `served`, a phone's unless `viewport` says otherwise."""
    context = browser.new_context(
        **{"viewport": {"width": 360, "height": 740}, "base_url": HOST, "service_workers": "block", **options}
    )
    context.route("**/*", served.answer)
    return context.new_page()
