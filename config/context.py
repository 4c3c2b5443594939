"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from complaints.policies import WORKERS
from core import clock


def house(request: HttpRequest) -> dict[str, Any]:
    return {
        "safety_line": settings.SAFETY_LINE,
        "liaison_line": settings.LIAISON_LINE,
        "is_demo": settings.STAGE != "production",
        "sandbox_url": settings.SANDBOX_URL if settings.STAGE != "production" else "",
        "page_time": clock.now(),
        # Calls pop up on whatever page of the console an agent has open.
        "rings_here": request.path.startswith("/admin/") and getattr(request.user, "role", "") in WORKERS,
    }
