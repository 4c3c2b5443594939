"""What stands on every answer, whichever lane gives it: pages, files, streams, positions, and the word that our own data
cannot be reached. Django's middleware sees its own pages alone, so the last hand that an answer goes through sees to it.
"""

from csp.utils import build_policy
from django.conf import settings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": settings.SECURE_REFERRER_POLICY.encode(),
}
# A page may ask for the first three by itself; what stands in a frame, and all else that browsers give, may not.
# Only what browsers know is named: of another name they warn on each page (Bluetooth asks nobody but by a person's tap).
PERMISSIONS = (
    b"camera=(self), microphone=(self), geolocation=(self), accelerometer=(), display-capture=(),"
    b" gyroscope=(), hid=(), magnetometer=(), midi=(), payment=(), serial=(), usb=()"
)


def headed(app: ASGIApp) -> ASGIApp:
    """The same application, whose answers carry what browsers ask before they trust one, where it did not say otherwise."""
    always = dict(ALWAYS)
    if settings.SECURE_HSTS_SECONDS:
        always[b"strict-transport-security"] = (
            f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains".encode()
        )
    of_pages = {
        b"content-security-policy": build_policy().encode(),
        b"permissions-policy": PERMISSIONS,
    }

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower(): value for name, value in message.get("headers", [])}
                more = dict(always)
                kind = said.get(b"content-type", b"")
                if kind.startswith(b"text/html"):
                    more |= of_pages
                elif scope["path"].startswith("/api/") and b"json" in kind:
                    # Opened by hand in a browser it is kept as a file of this name and never read as a page.
                    more[b"content-disposition"] = b'attachment; filename="api.json"'
                more = {name: value for name, value in more.items() if name not in said}
                message = {**message, "headers": [*message.get("headers", []), *more.items()]}
            await send(message)

        await app(scope, receive, give if scope["type"] == "http" else send)

    return application
