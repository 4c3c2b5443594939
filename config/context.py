"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.devices import reader_of
from accounts.models import Account
from core import clock
from core.permissions import may


def site(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)  # what is refused for its host has none: nobody's session was read
    return {
        "safety_line": settings.SAFETY_LINE,
        "liaison_line": settings.LIAISON_LINE,
        "is_demo": settings.STAGE != "production",
        "sandbox_url": settings.SANDBOX_URL if settings.STAGE != "production" else "",
        "page_time": clock.now(),
        # By this a browser's pages know that another one reads: asked where a page says it.
        "reader": lambda: reader_of(request),
        # Calls pop up on whatever page of the console an agent has open.
        "rings_here": request.path.startswith("/admin/")
        and isinstance(user, Account)
        and may(user, "complaints.work"),
    }
